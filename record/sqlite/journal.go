package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/nospim/nospim/record"
)

// own is by whom the journal says that nospim itself did something.
const own = "nospim"

// Mention implements record.Store.
func (s *Store) Mention(ctx context.Context, action, object, reason string, every time.Duration) (added bool, err error) {
	err = s.write(ctx, "noting in the journal", func(tx *sql.Tx) error {
		now := time.Now()
		if added = true; every > 0 {
			err := tx.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM audit WHERE by = 'nospim' AND action = ? AND object = ? AND at > ?)`,
				action, object, nanos(now.Add(-every))).Scan(&added)
			if err != nil || !added {
				return err
			}
		}
		return note(ctx, tx, record.Audit{At: now, By: own, Action: action, Object: object, Reason: reason})
	})
	return added && err == nil, err
}

// News implements record.Store. Lines have IDs in the order of their commits: there is one writer at a time.
func (s *Store) News(ctx context.Context, after int64, limit int) ([]record.Audit, error) {
	return all(ctx, s.reader, "reading on in the journal", func(rows *sql.Rows) (a record.Audit, err error) {
		var at int64
		if err := rows.Scan(&a.ID, &at, &a.By, &a.Action, &a.Object, &a.Reason); err != nil {
			return a, err
		}
		a.At = stamp(at)
		return a, nil
	}, `SELECT id, at, by, action, object, reason FROM audit WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
}

// Bookmark implements record.Store.
func (s *Store) Bookmark(ctx context.Context, name string) (id int64, err error) {
	err = s.reader.QueryRowContext(ctx, `SELECT value FROM bookmarks WHERE name = ?`, name).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		if err != nil {
			return 0, fmt.Errorf("looking up a bookmark: %w", err)
		}
		return id, nil
	}
	err = s.write(ctx, "making a bookmark", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO bookmarks (name, value) SELECT ?, coalesce(max(id), 0) FROM audit WHERE true ON CONFLICT DO NOTHING`, name)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT value FROM bookmarks WHERE name = ?`, name).Scan(&id)
	})
	return id, err
}

// SetBookmark implements record.Store. It never goes back: of several readers under one name, the one that read on furthest counts.
func (s *Store) SetBookmark(ctx context.Context, name string, id int64) error {
	return s.write(ctx, "moving a bookmark", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO bookmarks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)`, name, id)
		return err
	})
}
