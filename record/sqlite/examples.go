package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/nospim/nospim/record"
)

// Teach implements record.Store.
func (s *Store) Teach(ctx context.Context, e *record.Example) error {
	return s.write(ctx, "keeping an example", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO examples (service, event_id, by, source, spam, base, words, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET spam = excluded.spam, at = excluded.at, revoked = 0 WHERE spam <> excluded.spam OR revoked <> 0`,
			e.Service, e.EventID, e.By, string(e.Source), e.Spam, e.Base, packWords(e.Words), nanos(e.At))
		if err != nil || e.Source == record.FromSample {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		what := "honest"
		if e.Spam {
			what = "spam"
		}
		return note(ctx, tx, record.Audit{At: e.At, By: e.By, Action: "learned.teach", Object: "event " + e.EventID + " at " + e.Service + " is " + what})
	})
}

// Examples implements record.Store.
func (s *Store) Examples(ctx context.Context, service string) ([]record.Example, error) {
	return all(ctx, s.reader, "reading examples", func(rows *sql.Rows) (e record.Example, err error) {
		var (
			words []byte
			at    int64
		)
		if err := rows.Scan(&e.ID, &e.Service, &e.EventID, &e.By, &e.Source, &e.Spam, &e.Base, &words, &at); err != nil {
			return e, err
		}
		e.Words, e.At = unpackWords(words), stamp(at)
		return e, nil
	}, `SELECT id, service, event_id, by, source, spam, base, words, at FROM examples
		WHERE revoked = 0 AND (? = '' OR service = ?) ORDER BY id`, service, service)
}

// Taught implements record.Store.
func (s *Store) Taught(ctx context.Context) (n int64, err error) {
	if err := s.reader.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'examples'`).Scan(&n); err != nil {
		return 0, fmt.Errorf("reading the revision of examples: %w", err)
	}
	return n, nil
}

// Unlearn implements record.Store.
func (s *Store) Unlearn(ctx context.Context, service string, after int64, by, reason string) (n int64, err error) {
	err = s.write(ctx, "revoking examples", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE examples SET revoked = 1 WHERE service = ? AND id > ? AND revoked = 0 AND source <> 'sample'`, service, after)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return note(ctx, tx, record.Audit{
			At: time.Now(), By: by, Action: "learned.rollback", Object: fmt.Sprintf("%d examples at %s after %d", n, service, after), Reason: reason,
		})
	})
	return n, err
}

func packWords(words []uint32) []byte {
	b := make([]byte, 0, 4*len(words))
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func unpackWords(b []byte) []uint32 {
	words := make([]uint32, 0, len(b)/4)
	for ; len(b) >= 4; b = b[4:] {
		words = append(words, binary.LittleEndian.Uint32(b))
	}
	return words
}
