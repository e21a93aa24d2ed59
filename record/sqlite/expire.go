package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// step is how many rows one transaction of Expire changes: others write between two of them.
const step = 500

// Expire implements record.Store. Of allows it deletes whole chunks, as soon as all in one are old enough, and counts their
// records. Held messages that were settled go with the enforced records of their time, as do their orders; what still
// waits, and the journal, stay.
func (s *Store) Expire(ctx context.Context, now time.Time, allow, enforced, hold time.Duration) (int64, error) {
	if err := s.endLists(ctx, now); err != nil {
		return 0, fmt.Errorf("ending list entries: %w", err)
	}
	var total int64
	for _, e := range []struct {
		keep time.Duration
		step func(ctx context.Context, tx *sql.Tx, before, now time.Time) (int64, bool, error)
	}{
		{hold, expireHeld},
		{hold, deleteWaiting},
		{allow, deleteChunks},
		{enforced, deleteRecords},
		{enforced, deleteHeld},
		{enforced, deleteLabels},
		{enforced, deleteOrders},
		{enforced, deleteCampaigns},
		{enforced, deleteComplaints},
		{enforced, deleteChallenges},
	} {
		more := e.keep > 0
		for more {
			var n int64
			err := s.write(ctx, "expiring records", func(tx *sql.Tx) (err error) {
				n, more, err = e.step(ctx, tx, now.Add(-e.keep), now)
				return err
			})
			if err != nil {
				return total, err
			}
			total += n
		}
	}
	return total, nil
}

func expireHeld(ctx context.Context, tx *sql.Tx, before, now time.Time) (int64, bool, error) {
	ids, err := numbers(ctx, tx, `SELECT id, 1 FROM held WHERE state = 'held' AND since < ? ORDER BY id LIMIT ?`, before)
	if err != nil {
		return 0, false, err
	}
	for _, r := range ids {
		if err := settle(ctx, tx, r.id, nospim.HoldExpired, "nospim", "nobody decided in time", now); err != nil {
			return 0, false, err
		}
		err := note(ctx, tx, record.Audit{At: now, By: "nospim", Action: settleActions[nospim.HoldExpired], Object: heldID(r.id), Reason: "nobody decided in time"})
		if err != nil {
			return 0, false, err
		}
	}
	return int64(len(ids)), len(ids) == step, nil
}

func deleteChunks(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	return deleteRows(ctx, tx, `SELECT id, count FROM chunks WHERE last_kept < ? ORDER BY last_kept LIMIT ?`, `DELETE FROM chunks WHERE id = ?`, before)
}

func deleteRecords(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	return deleteRows(ctx, tx, `SELECT id, 1 FROM records WHERE kept < ? ORDER BY kept LIMIT ?`, `DELETE FROM records WHERE id = ?`, before)
}

// deleteHeld deletes held messages that were settled, and by the schema their orders, carried out or not.
func deleteHeld(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	return deleteRows(ctx, tx, `SELECT id, 1 FROM held WHERE state <> 'held' AND settled < ? ORDER BY id LIMIT ?`, `DELETE FROM held WHERE id = ?`, before)
}

// deleteLabels deletes labels that ended so long ago that nothing remembers what they overruled. They are not counted.
func deleteLabels(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	_, err := tx.ExecContext(ctx, `DELETE FROM labels WHERE max(until, at) < ?`, nanos(before))
	return 0, false, err
}

// deleteOrders deletes orders of no held message, carried out or not. They are not counted.
func deleteOrders(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	_, err := tx.ExecContext(ctx, `DELETE FROM orders WHERE made < ?`, nanos(before))
	return 0, false, err
}

// deleteCampaigns deletes campaigns that nobody has heard of, or decided about, for long. They are not counted.
func deleteCampaigns(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	_, err := tx.ExecContext(ctx, `DELETE FROM campaigns WHERE max(last, decided) < ?`, nanos(before))
	return 0, false, err
}

// deleteComplaints deletes reports, and what domains said long ago. They are not counted.
func deleteComplaints(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	if _, err := tx.ExecContext(ctx, `DELETE FROM complaints WHERE at < ?`, nanos(before)); err != nil {
		return 0, false, err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM abuse_contacts WHERE asked < ?`, nanos(before))
	return 0, false, err
}

// deleteChallenges deletes challenges that are long over. They are not counted.
func deleteChallenges(ctx context.Context, tx *sql.Tx, before, _ time.Time) (int64, bool, error) {
	_, err := tx.ExecContext(ctx, `DELETE FROM challenges WHERE until < ?`, nanos(before))
	return 0, false, err
}

func deleteRows(ctx context.Context, tx *sql.Tx, selectRows, deleteRow string, before time.Time) (int64, bool, error) {
	rows, err := numbers(ctx, tx, selectRows, before)
	if err != nil {
		return 0, false, err
	}
	var total int64
	for _, r := range rows {
		if _, err := tx.ExecContext(ctx, deleteRow, r.id); err != nil {
			return 0, false, err
		}
		total += r.count
	}
	return total, len(rows) == step, nil
}

// counted is a row and how many records it stands for.
type counted struct{ id, count int64 }

func numbers(ctx context.Context, tx *sql.Tx, query string, before time.Time) ([]counted, error) {
	return all(ctx, tx, "looking what is old", func(rows *sql.Rows) (r counted, err error) {
		err = rows.Scan(&r.id, &r.count)
		return r, err
	}, query, nanos(before), step)
}
