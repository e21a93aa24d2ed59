package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// PutCampaigns implements record.Store.
func (s *Store) PutCampaigns(ctx context.Context, seen []record.Campaign) error {
	return s.write(ctx, "keeping campaigns", func(tx *sql.Tx) error {
		for i := range seen {
			if err := putCampaign(ctx, tx, &seen[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func putCampaign(ctx context.Context, tx *sql.Tx, c *record.Campaign) error {
	seen, err := json.Marshal(&c.Campaign)
	if err != nil {
		return err
	}
	names, err := json.Marshal(numbersOf(c.Names))
	if err != nil {
		return err
	}
	// The latest decision about any of those that are one now; a row for it to stand in.
	_, err = tx.ExecContext(ctx, `INSERT INTO campaigns (id, last, seen, names, standing, decided, by, reason)
		SELECT ?1, ?2, ?3, ?4, standing, decided, by, reason FROM (
			SELECT standing, decided, by, reason FROM campaigns WHERE id = ?1 OR id IN (SELECT value FROM json_each(?4))
			UNION ALL SELECT '', 0, '', '') ORDER BY decided DESC LIMIT 1
		ON CONFLICT DO UPDATE SET last = excluded.last, seen = excluded.seen, names = excluded.names,
			standing = excluded.standing, decided = excluded.decided, by = excluded.by, reason = excluded.reason`,
		int64(c.ID), nanos(c.Last), string(seen), string(names))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM campaigns WHERE id <> ?1 AND id IN (SELECT value FROM json_each(?2))`, int64(c.ID), string(names))
	return err
}

func numbersOf(names []nospim.CampaignID) []int64 {
	n := make([]int64, len(names))
	for i, name := range names {
		n[i] = int64(name)
	}
	return n
}

// Campaigns implements record.Store.
func (s *Store) Campaigns(ctx context.Context) ([]record.Campaign, error) {
	return all(ctx, s.reader, "reading campaigns", scanCampaign, `SELECT id, seen, names, standing, decided, by, reason FROM campaigns ORDER BY last DESC, id`)
}

func scanCampaign(rows *sql.Rows) (c record.Campaign, err error) {
	var (
		id, decided int64
		seen, names []byte
		numbers     []int64
	)
	if err := rows.Scan(&id, &seen, &names, &c.Standing, &decided, &c.By, &c.Reason); err != nil {
		return c, err
	}
	standing := c.Standing
	if err := errors.Join(json.Unmarshal(seen, &c.Campaign), json.Unmarshal(names, &numbers)); err != nil {
		return c, err
	}
	c.ID, c.Standing = nospim.CampaignID(id), standing
	for _, n := range numbers {
		c.Names = append(c.Names, nospim.CampaignID(n))
	}
	if decided != 0 {
		c.Decided = stamp(decided)
	}
	return c, nil
}

// standingActions are the words of the journal.
var standingActions = map[nospim.Standing]string{
	nospim.Condemned: "campaign.condemn", nospim.Spared: "campaign.spare", "": "campaign.undecide",
}

// DecideCampaign implements record.Store.
func (s *Store) DecideCampaign(ctx context.Context, name nospim.CampaignID, standing nospim.Standing, by, reason string) error {
	action, ok := standingActions[standing]
	if !ok {
		return &nospim.InputError{Field: "standing", Problem: "is " + string(standing) + "; a campaign may be condemned or spared"}
	}
	return s.write(ctx, "deciding about a campaign", func(tx *sql.Tx) error {
		now := time.Now()
		id := int64(name)
		err := tx.QueryRowContext(ctx, `SELECT id FROM campaigns WHERE id = ?1 OR EXISTS (SELECT 1 FROM json_each(names) WHERE value = ?1)
			ORDER BY id <> ?1, id LIMIT 1`, id).Scan(&id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO campaigns (id, last, seen, names, standing, decided, by, reason) VALUES (?, ?, '{}', '[]', ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET standing = excluded.standing, decided = excluded.decided, by = excluded.by, reason = excluded.reason`,
			id, nanos(now), string(standing), nanos(now), by, reason)
		if err != nil {
			return err
		}
		return note(ctx, tx, record.Audit{At: now, By: by, Action: action, Object: name.String(), Reason: reason})
	})
}

// Retract implements record.Store.
func (s *Store) Retract(ctx context.Context, messages []nospim.Order, by, reason string) (made int, err error) {
	err = s.write(ctx, "ordering messages back", func(tx *sql.Tx) error {
		made = 0
		now := time.Now()
		insert, err := tx.PrepareContext(ctx, `INSERT INTO orders (service, do, event_id, sender, recipients, wire_id, made) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`)
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		for i := range messages {
			n, err := retract(ctx, insert, &messages[i], now)
			if err != nil {
				return err
			}
			made += n
		}
		if made == 0 {
			return nil
		}
		return note(ctx, tx, record.Audit{At: now, By: by, Action: "campaign.retract", Object: fmt.Sprintf("%d messages", made), Reason: reason})
	})
	if err != nil {
		return 0, err
	}
	return made, nil
}

func retract(ctx context.Context, insert *sql.Stmt, o *nospim.Order, now time.Time) (int, error) {
	if o.Recipients == nil {
		o.Recipients = []string{}
	}
	recipients, err := json.Marshal(o.Recipients)
	if err != nil {
		return 0, err
	}
	res, err := insert.ExecContext(ctx, o.Service, string(nospim.OrderRetract), o.EventID, o.Sender, string(recipients), o.WireID, nanos(now))
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}
