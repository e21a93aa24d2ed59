package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// heldRow is what table held has beyond the columns of a record, as JSON.
type heldRow struct {
	recipients, event, verdict, content string
	only                                string // the recipient, where there is just one
}

// content is what people wrote. It is kept apart, to be deleted without touching the rest.
type content struct {
	Body  string   `json:"body,omitempty"`
	Raw   string   `json:"raw,omitempty"`
	Links []string `json:"links,omitempty"`
}

const (
	insertHeld = `INSERT INTO held (service, event_id, sender, recipients, since, event, verdict, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
)

// newHeldRow takes the event with what people wrote from r, and without it from bare.
func newHeldRow(r *nospim.Record, bare *nospim.Event) (*heldRow, error) {
	ids := make([]string, len(r.Event.Recipients))
	for i := range ids {
		ids[i] = r.Event.Recipients[i].ID
	}
	var h heldRow
	if len(ids) == 1 {
		h.only = ids[0]
	}
	for _, p := range []struct {
		to *string
		of any
	}{
		{&h.recipients, ids},
		{&h.event, bare},
		{&h.verdict, &r.Verdict},
		{&h.content, &content{Body: r.Event.Body, Raw: r.Event.Raw, Links: r.Event.Links}},
	} {
		b, err := json.Marshal(p.of)
		if err != nil {
			return nil, err
		}
		*p.to = string(b)
	}
	return &h, nil
}

// heldQuery selects held messages. A state is written out, for there are indexes of what waits alone.
func heldQuery(f *record.HeldFilter) (string, []any, error) {
	where, args := "", []any{}
	and := func(condition string, values ...any) {
		where, args = where+" AND "+condition, append(args, values...)
	}
	for _, id := range []struct{ id, compare string }{{f.ID, "id = ?"}, {f.After, "id > ?"}} {
		if id.id == "" {
			continue
		}
		n, err := parseID("h-", id.id)
		if err != nil {
			return "", nil, err
		}
		and(id.compare, n)
	}
	switch f.State {
	case "":
	case nospim.HoldHeld:
		and("state = 'held'")
	default:
		and("state = ?", string(f.State))
	}
	if f.Service != "" {
		and("service = ?", f.Service)
	}
	if f.Sender != "" {
		and("sender = ?", f.Sender)
	}
	if f.Recipient != "" {
		and("(recipient = ? OR recipient IS NULL AND EXISTS (SELECT 1 FROM json_each(recipients) AS r WHERE r.value = ?))", f.Recipient, f.Recipient)
	}
	return "SELECT id, state, event, verdict, content, since, settled, by, reason FROM held WHERE true" + where + " ORDER BY id LIMIT ?",
		append(args, cmp.Or(max(f.Limit, 0), 1000)), nil
}

// Held implements record.Store.
func (s *Store) Held(ctx context.Context, f record.HeldFilter) ([]nospim.Held, error) {
	query, args, err := heldQuery(&f)
	switch {
	case errors.Is(err, nospim.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return all(ctx, s.reader, "listing held messages", scanHeld, query, args...)
}

func scanHeld(rows *sql.Rows) (h nospim.Held, err error) {
	var (
		id, since               int64
		settled                 sql.NullInt64
		event, verdict, written []byte
	)
	if err := rows.Scan(&id, &h.State, &event, &verdict, &written, &since, &settled, &h.By, &h.Reason); err != nil {
		return h, err
	}
	h.ID, h.Since = heldID(id), stamp(since)
	if settled.Valid {
		h.Settled = stamp(settled.Int64)
	}
	var c content
	for _, p := range []struct {
		from []byte
		to   any
	}{{event, &h.Event}, {verdict, &h.Verdict}, {written, &c}} {
		if p.from == nil {
			continue
		}
		if err := json.Unmarshal(p.from, p.to); err != nil {
			return h, err
		}
	}
	h.Event.Body, h.Event.Raw, h.Event.Links = c.Body, c.Raw, c.Links
	return h, nil
}

func heldID(row int64) string { return "h-" + strconv.FormatInt(row, 10) }

// parseID returns the number in an ID such as h-12; an ID that is none names nothing.
func parseID(prefix, id string) (int64, error) {
	digits, ok := strings.CutPrefix(id, prefix)
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 || digits[0] == '+' {
		return 0, fmt.Errorf("%s: %w", strconv.Quote(id), nospim.ErrNotFound)
	}
	return n, nil
}

// Settle implements record.Store. Doing it again after an error is safe: it is done once, and then says ErrConflict.
func (s *Store) Settle(ctx context.Context, id string, to nospim.HoldState, by, reason string) error {
	switch to {
	case nospim.HoldReleased, nospim.HoldRefused, nospim.HoldExpired:
	default:
		return &nospim.InputError{Field: "state", Problem: "is " + strconv.Quote(string(to)) + "; a held message may be released, refused or expired"}
	}
	n, err := parseID("h-", id)
	if err != nil {
		return fmt.Errorf("settling a held message: %w", err)
	}
	return s.write(ctx, "settling a held message", func(tx *sql.Tx) error {
		if err := release(ctx, tx, n, to, by, reason); err != nil {
			return fmt.Errorf("%s: %w", strconv.Quote(id), err)
		}
		return nil
	})
}

// settleActions are the words of the journal.
var settleActions = map[nospim.HoldState]string{
	nospim.HoldReleased: "held.release", nospim.HoldRefused: "held.refuse", nospim.HoldExpired: "held.expire",
}

// settle moves a held message on, once. Only a released one is needed any longer as it was written.
func settle(ctx context.Context, tx *sql.Tx, id int64, to nospim.HoldState, by, reason string, now time.Time) error {
	res, err := tx.ExecContext(ctx, `UPDATE held SET state = ?1, settled = ?2, by = ?3, reason = ?4,
		content = CASE ?1 WHEN 'released' THEN content END WHERE id = ?5 AND state = 'held'`,
		string(to), nanos(now), by, reason, id)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	var state string
	err = tx.QueryRowContext(ctx, `SELECT state FROM held WHERE id = ?`, id).Scan(&state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nospim.ErrNotFound
	case err != nil:
		return err
	}
	return fmt.Errorf("is %s: %w", state, nospim.ErrConflict)
}
