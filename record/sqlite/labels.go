package sqlite

import (
	"context"
	"database/sql"
	"errors"
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
func (s *Store) Labels(ctx context.Context) (list []record.Labelling, err error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT entity, name, until, at, by, reason FROM labels ORDER BY entity, name`)
	if err != nil {
		return nil, fmt.Errorf("reading labels: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			l         record.Labelling
			entity    []byte
			until, at int64
		)
		if err := rows.Scan(&entity, &l.Name, &until, &at, &l.By, &l.Reason); err != nil {
			return nil, fmt.Errorf("reading labels: %w", err)
		}
		if err := l.Entity.UnmarshalText(entity); err != nil {
			return nil, fmt.Errorf("reading the label %s: %w", l.Name, err)
		}
		l.Until, l.At = stamp(until), stamp(at)
		list = append(list, l)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading labels: %w", err)
	}
	return list, nil
}
