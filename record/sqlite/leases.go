package sqlite

import (
	"context"
	"database/sql"
	"time"
)

// Lease implements record.Store. Leases that are over are deleted on the way, so that the table stays as small as what is going on.
func (s *Store) Lease(ctx context.Context, name, holder string, now, until time.Time) (has bool, err error) {
	err = s.write(ctx, "taking a lease", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM leases WHERE until <= ?`, nanos(now)); err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, `INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET until = excluded.until WHERE leases.holder = excluded.holder`, name, holder, nanos(until))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		has = n > 0
		return err
	})
	return has && err == nil, err
}
