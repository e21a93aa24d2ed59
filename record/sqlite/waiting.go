package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// WithLimits bounds what waits. Without it nothing does.
func WithLimits(l record.Limits) Option {
	return func(s *Store) { s.limits = l }
}

// full returns the limit that the held message of a record has passed, nil when it may wait.
func (s *Store) full(ctx context.Context, tx *sql.Tx, k *kept) (*record.FullError, error) {
	r, only := &k.row, k.held.only
	for _, l := range []struct {
		name  string
		most  int
		of    string
		query string
		args  []any
	}{
		{"pair", s.limits.Pair, r.sender, `SELECT coalesce(max(n), 0) FROM waiting WHERE service = ? AND recipient = ? AND sender = ?`, []any{r.service, only, r.sender}},
		{"recipient", s.limits.Recipient, only, `SELECT coalesce(sum(n), 0) FROM waiting WHERE service = ? AND recipient = ?`, []any{r.service, only}},
		{
			"sender", s.limits.Sender, r.sender, `SELECT count(*) FROM (SELECT 1 FROM held WHERE sender = ? AND service = ? AND state = 'held' LIMIT ?)`,
			[]any{r.sender, r.service, s.limits.Sender},
		},
		{"total", s.limits.Total, "", `SELECT value FROM meta WHERE key = 'waiting'`, nil},
	} {
		if l.most <= 0 || only == "" && (l.name == "pair" || l.name == "recipient") {
			continue
		}
		var n int
		if err := tx.QueryRowContext(ctx, l.query, l.args...).Scan(&n); err != nil {
			return nil, fmt.Errorf("counting what waits: %w", err)
		}
		if n >= l.most {
			return &record.FullError{Limit: l.name, Most: l.most, Of: l.of}, nil
		}
	}
	return nil, nil
}

// late is how long after somebody was let in messages may come that were judged before that was known everywhere.
const late = 2 * time.Second

// letIn releases a message at once that was judged while its sender was being let in: nobody would look for it any more.
func letIn(ctx context.Context, tx *sql.Tx, k *kept, id int64) error {
	if k.held.only == "" {
		return nil
	}
	var at, until int64
	err := tx.QueryRowContext(ctx, `SELECT at, until FROM labels WHERE entity = ? AND name = ?`,
		nospim.Pair(k.row.sender, k.held.only).String(), nospim.LabelLetIn).Scan(&at, &until)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case until < k.row.kept || k.row.kept-at > int64(late):
		return nil
	}
	return release(ctx, tx, id, nospim.HoldReleased, k.held.only, string(nospim.LetIn))
}

// release settles a held message in every respect: its order where it is released, and its line in the journal.
func release(ctx context.Context, tx *sql.Tx, id int64, to nospim.HoldState, by, reason string) error {
	now := time.Now()
	if err := settle(ctx, tx, id, to, by, reason, now); err != nil {
		return err
	}
	if to == nospim.HoldReleased {
		if err := orderDelivery(ctx, tx, id); err != nil {
			return err
		}
	}
	return note(ctx, tx, record.Audit{At: now, By: by, Action: settleActions[to], Object: heldID(id), Reason: reason})
}

// Waiting implements record.Store.
func (s *Store) Waiting(ctx context.Context, f record.WaitingFilter) ([]nospim.Waiting, error) {
	if f.Service == "" || f.Recipient == "" {
		return nil, &nospim.InputError{Field: "recipient", Problem: "is required, with its service"}
	}
	return s.waiting(ctx, "looking what waits", `SELECT service, recipient, sender, n, (SELECT since FROM held WHERE id = first),
		(SELECT json_group_array(id) FROM (SELECT id FROM held AS h
			WHERE h.state = 'held' AND h.service = w.service AND h.recipient = w.recipient AND h.sender = w.sender ORDER BY id LIMIT ?))
		FROM waiting AS w WHERE service = ? AND recipient = ? AND (? = '' OR sender = ?) AND n > 0 ORDER BY first LIMIT ? OFFSET ?`,
		record.MostWaitingIDs, f.Service, f.Recipient, f.Sender, f.Sender, cmp.Or(max(f.Limit, 0), 1000), max(f.Offset, 0))
}

// Unnoticed implements record.Store.
func (s *Store) Unnoticed(ctx context.Context, service string, now time.Time, limit int) ([]nospim.Waiting, error) {
	return s.waiting(ctx, "looking of what nobody was told", `SELECT service, recipient, sender, n, (SELECT since FROM held WHERE id = first), '[]'
		FROM waiting WHERE service = ? AND told <= ? AND n > 0 ORDER BY told, first LIMIT ?`, service, nanos(now), limit)
}

func (s *Store) waiting(ctx context.Context, doing, query string, args ...any) ([]nospim.Waiting, error) {
	return all(ctx, s.reader, doing, func(rows *sql.Rows) (w nospim.Waiting, err error) {
		var (
			since int64
			ids   []byte
			n     []int64
		)
		if err := rows.Scan(&w.Service, &w.Recipient, &w.Sender, &w.Count, &since, &ids); err != nil {
			return w, err
		}
		if err := json.Unmarshal(ids, &n); err != nil {
			return w, err
		}
		w.Since = stamp(since)
		for _, id := range n {
			w.IDs = append(w.IDs, heldID(id))
		}
		return w, nil
	}, query, args...)
}

// CountWaiting implements record.Store.
func (s *Store) CountWaiting(ctx context.Context) (n int64, err error) {
	if err := s.reader.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'waiting'`).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting what waits: %w", err)
	}
	return n, nil
}

// Noticed implements record.Store.
func (s *Store) Noticed(ctx context.Context, w nospim.Waiting, until time.Time) error {
	return s.write(ctx, "keeping that somebody was told", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE waiting SET told = ? WHERE service = ? AND recipient = ? AND sender = ?`,
			nanos(until), w.Service, w.Recipient, w.Sender)
		return err
	})
}

// DecideWaiting implements record.Store.
func (s *Store) DecideWaiting(ctx context.Context, d record.WaitingDecision) (n int, err error) {
	if d.To != nospim.HoldReleased && d.To != nospim.HoldRefused {
		return 0, &nospim.InputError{Field: "state", Problem: "is " + string(d.To) + "; what waits may be released or refused"}
	}
	err = s.write(ctx, "deciding about what waits", func(tx *sql.Tx) error {
		ids, err := pairIDs(ctx, tx, &d)
		if err != nil {
			return err
		}
		if n = len(ids); n == 0 {
			return nospim.ErrNotFound
		}
		for _, id := range ids {
			if err := release(ctx, tx, id, d.To, d.By, d.Reason); err != nil {
				return err
			}
		}
		if d.Label.Name == "" {
			return nil
		}
		return putLabel(ctx, tx, &d.Label, time.Now())
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// pairIDs returns the held messages of a sender that wait for a recipient, oldest first.
func pairIDs(ctx context.Context, tx *sql.Tx, d *record.WaitingDecision) ([]int64, error) {
	return all(ctx, tx, "looking what a sender has waiting", scanNumber, `SELECT id FROM held WHERE state = 'held' AND service = ? AND recipient = ? AND sender = ? ORDER BY id`,
		d.Service, d.Recipient, d.Sender)
}

// deleteWaiting forgets who was told of what waits no longer, when that is over. They are not counted.
func deleteWaiting(ctx context.Context, tx *sql.Tx, _, now time.Time) (int64, bool, error) {
	_, err := tx.ExecContext(ctx, `DELETE FROM waiting WHERE n <= 0 AND told <= ?`, nanos(now))
	return 0, false, err
}
