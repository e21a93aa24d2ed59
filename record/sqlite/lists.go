package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Lists implements record.Store. The order is by kind, value, block before allow, service.
func (s *Store) Lists(ctx context.Context) ([]nospim.ListEntry, error) {
	return all(ctx, s.reader, "reading the lists", func(rows *sql.Rows) (e nospim.ListEntry, err error) {
		var added, until int64
		if err := rows.Scan(&e.Kind, &e.Value, &e.Allow, &e.Service, &e.Note, &added, &e.By, &until, &e.Publish); err != nil {
			return e, err
		}
		e.Added, e.Until = stamp(added), moment(until)
		return e, nil
	}, `SELECT kind, value, allow, service, note, added, by, until, publish FROM lists ORDER BY kind, value, allow, service`)
}

// PutList implements record.Store. An entry without a time is added now.
func (s *Store) PutList(ctx context.Context, e nospim.ListEntry) error {
	return s.write(ctx, "adding a list entry", func(tx *sql.Tx) error {
		now := time.Now()
		if e.Added.IsZero() {
			e.Added = now
		}
		until := int64(0)
		if !e.Until.IsZero() {
			until = nanos(e.Until)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO lists (kind, value, allow, service, note, added, by, until, publish) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET note = excluded.note, added = excluded.added, by = excluded.by, until = excluded.until, publish = excluded.publish`,
			string(e.Kind), e.Value, e.Allow, e.Service, e.Note, nanos(e.Added), e.By, until, e.Publish)
		if err != nil {
			return err
		}
		return note(ctx, tx, record.Audit{At: now, By: e.By, Action: "lists.add", Object: listObject(e), Reason: e.Note})
	})
}

// RemoveList implements record.Store.
func (s *Store) RemoveList(ctx context.Context, e nospim.ListEntry, by string) error {
	return s.write(ctx, "removing a list entry", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM lists WHERE kind = ? AND value = ? AND allow = ? AND service = ?`,
			string(e.Kind), e.Value, e.Allow, e.Service)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			return nospim.ErrNotFound
		}
		return note(ctx, tx, record.Audit{At: time.Now(), By: by, Action: "lists.remove", Object: listObject(e)})
	})
}

// listObject names an entry in the journal: "block domain x.example", "allow account ada@chat.example at chat.example".
func listObject(e nospim.ListEntry) string {
	object := "block "
	if e.Allow {
		object = "allow "
	}
	object += string(e.Kind) + " " + e.Value
	if e.Service != "" {
		object += " at " + e.Service
	}
	return object
}

// note adds a line to the journal.
func note(ctx context.Context, tx *sql.Tx, a record.Audit) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO audit (at, by, action, object, reason) VALUES (?, ?, ?, ?, ?)`,
		nanos(a.At), a.By, a.Action, a.Object, a.Reason)
	return err
}

// Audit implements record.Store.
func (s *Store) Audit(ctx context.Context, since time.Time) ([]record.Audit, error) {
	return all(ctx, s.reader, "reading the journal", func(rows *sql.Rows) (a record.Audit, err error) {
		var at int64
		if err := rows.Scan(&at, &a.By, &a.Action, &a.Object, &a.Reason); err != nil {
			return a, err
		}
		a.At = stamp(at)
		return a, nil
	}, `SELECT at, by, action, object, reason FROM audit WHERE at >= ? ORDER BY at, id`, nanos(since))
}

// Listed implements record.Store.
func (s *Store) Listed(ctx context.Context) (int64, error) {
	var n int64
	if err := s.reader.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'lists'`).Scan(&n); err != nil {
		return 0, fmt.Errorf("reading the revision of the lists: %w", err)
	}
	return n, nil
}

// endLists removes the entries whose time is up.
func (s *Store) endLists(ctx context.Context, now time.Time) error {
	over := 0
	err := s.reader.QueryRowContext(ctx, `SELECT count(*) FROM lists WHERE until <> 0 AND until <= ?`, nanos(now)).Scan(&over)
	if err != nil || over == 0 {
		return err
	}
	all, err := s.Lists(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		if !e.Over(now) {
			continue
		}
		if err := s.RemoveList(ctx, e, "nospim"); err != nil && !errors.Is(err, nospim.ErrNotFound) {
			return err
		}
	}
	return nil
}

// Revision implements record.Store.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	var n int64
	if err := s.revision.QueryRowContext(ctx).Scan(&n); err != nil {
		return 0, fmt.Errorf("reading the revision: %w", err)
	}
	return n, nil
}

// Salt implements record.Store.
func (s *Store) Salt(ctx context.Context) (salt [16]byte, err error) {
	b, err := s.readSalt(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = s.write(ctx, "making the salt", func(tx *sql.Tx) error {
			fresh := make([]byte, len(salt))
			_, _ = rand.Read(fresh) // never fails
			_, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('salt', ?) ON CONFLICT DO NOTHING`, fresh)
			return err
		})
		if err != nil {
			return salt, err
		}
		b, err = s.readSalt(ctx)
	}
	if err != nil {
		return salt, fmt.Errorf("reading the salt: %w", err)
	}
	if len(b) != len(salt) {
		return salt, fmt.Errorf("reading the salt: it has %d bytes, not %d", len(b), len(salt))
	}
	copy(salt[:], b)
	return salt, nil
}

func (s *Store) readSalt(ctx context.Context) (b []byte, err error) {
	err = s.reader.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'salt'`).Scan(&b)
	return b, err
}
