package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Account implements record.Store. It reads what Scan reads and decodes only rows and chunks in which the account's name stands.
func (s *Store) Account(ctx context.Context, service, account string, since time.Time, fn func(r *nospim.Record) error) error {
	if account == "" {
		return &nospim.InputError{Field: "account", Problem: "is required"}
	}
	return s.scan(ctx, since, account, func(r *nospim.Record) error {
		if !record.Party(r, service, account) {
			return nil
		}
		return fn(r)
	})
}

// Ask implements record.Store.
func (s *Store) Ask(ctx context.Context, o nospim.Order, every time.Duration, by, reason string) (made bool, err error) {
	switch {
	case o.Do != nospim.OrderNotify && o.Do != nospim.OrderChallenge:
		return false, &nospim.InputError{Field: "do", Problem: "is " + strconv.Quote(string(o.Do)) + "; somebody may be notified or challenged"}
	case o.Service == "" || o.Sender == "" || o.EventID == "":
		return false, &nospim.InputError{Field: "order", Problem: "names no service, sender or event"}
	}
	recipients, err := json.Marshal([]string{o.Sender})
	if err != nil {
		return false, fmt.Errorf("asking an account: %w", err)
	}
	err = s.write(ctx, "asking an account", func(tx *sql.Tx) error {
		now := time.Now()
		// One writer at a time: nobody asks between the look and the insert.
		res, err := tx.ExecContext(ctx, `INSERT INTO orders (service, do, event_id, sender, recipients, made, text)
			SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS
			(SELECT 1 FROM orders WHERE service = ?1 AND do = ?2 AND sender = ?4 AND text IS NOT NULL AND made > ?8) ON CONFLICT DO NOTHING`,
			o.Service, string(o.Do), o.EventID, o.Sender, string(recipients), nanos(now), o.Text, nanos(now.Add(-every)))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if made = n > 0; err != nil || !made {
			return err
		}
		return note(ctx, tx, record.Audit{At: now, By: by, Action: "account.ask", Object: o.Sender, Reason: reason})
	})
	return made, err
}
