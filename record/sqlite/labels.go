package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/nospim/nospim/record"
)

// PutLabel implements record.Store.
func (s *Store) PutLabel(ctx context.Context, l record.Labelling) error {
	return s.write(ctx, "keeping a label", func(tx *sql.Tx) error {
		now := time.Now()
		if l.At.IsZero() {
			l.At = now
		}
		return putLabel(ctx, tx, &l, now)
	})
}

// putLabel keeps what was decided about a label, and says so in the journal.
func putLabel(ctx context.Context, tx *sql.Tx, l *record.Labelling, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO labels (entity, name, until, at, by, reason) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET until = excluded.until, at = excluded.at, by = excluded.by, reason = excluded.reason`,
		l.Entity.String(), l.Name, nanos(l.Until), nanos(l.At), l.By, l.Reason)
	if err != nil {
		return err
	}
	action := "label.set"
	if l.Lifts() {
		action = "label.lift"
	}
	return note(ctx, tx, record.Audit{At: now, By: l.By, Action: action, Object: l.Name + " of " + l.Entity.String(), Reason: l.Reason})
}

// Labels implements record.Store.
func (s *Store) Labels(ctx context.Context) ([]record.Labelling, error) {
	return all(ctx, s.reader, "reading labels", func(rows *sql.Rows) (l record.Labelling, err error) {
		var (
			entity    []byte
			until, at int64
		)
		if err := rows.Scan(&entity, &l.Name, &until, &at, &l.By, &l.Reason); err != nil {
			return l, err
		}
		if err := l.Entity.UnmarshalText(entity); err != nil {
			return l, fmt.Errorf("reading the label %s: %w", l.Name, err)
		}
		l.Until, l.At = stamp(until), stamp(at)
		return l, nil
	}, `SELECT entity, name, until, at, by, reason FROM labels ORDER BY entity, name`)
}
