package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// PutComplaint implements record.Store.
func (s *Store) PutComplaint(ctx context.Context, c *record.Complaint) (added bool, err error) {
	if c.Service == "" || c.EventID == "" || c.By == "" {
		return false, &nospim.InputError{Field: "complaint", Problem: "names no service, event or reporter"}
	}
	err = s.write(ctx, "keeping a report", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO complaints (service, event_id, source, by, about, refers, proof, reason, weight, why, at, outcome)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			c.Service, c.EventID, string(c.Source), c.By, c.About, c.Refers, string(c.Proof), c.Reason, c.Weight, c.Why, nanos(c.At), string(c.Outcome))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if added = n > 0; err != nil || !added {
			return err
		}
		return note(ctx, tx, record.Audit{At: c.At, By: c.By, Action: "report", Object: c.About, Reason: string(c.Proof)})
	})
	return added, err
}

// Complaints implements record.Store.
func (s *Store) Complaints(ctx context.Context, f record.ComplaintFilter) ([]record.Complaint, error) {
	var row int64
	if f.ID != "" {
		var err error
		switch row, err = parseID("r-", f.ID); {
		case errors.Is(err, nospim.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		}
	}
	return all(ctx, s.reader, "listing reports", func(rows *sql.Rows) (c record.Complaint, err error) {
		var id, at int64
		err = rows.Scan(&id, &c.Service, &c.EventID, &c.Source, &c.By, &c.About, &c.Refers, &c.Proof, &c.Reason, &c.Weight, &c.Why, &at, &c.Outcome)
		c.ID, c.At = "r-"+strconv.FormatInt(id, 10), stamp(at)
		return c, err
	}, `SELECT id, service, event_id, source, by, about, refers, proof, reason, weight, why, at, outcome FROM complaints
		WHERE (?1 = '' OR service = ?1) AND (?2 = '' OR by = ?2) AND (?3 = '' OR about = ?3) AND (?4 = 0 OR id = ?4) AND at >= ?5
		ORDER BY id DESC LIMIT ?6`, f.Service, f.By, f.About, row, nanos(f.Since), cmp.Or(max(f.Limit, 0), 1000))
}

// DecideComplaint implements record.Store.
func (s *Store) DecideComplaint(ctx context.Context, id string, o record.Outcome, by, reason string) error {
	switch o {
	case record.Confirmed, record.Dismissed, "":
	default:
		return &nospim.InputError{Field: "outcome", Problem: "is " + strconv.Quote(string(o)) + "; a report may be confirmed or dismissed"}
	}
	row, err := parseID("r-", id)
	if err != nil {
		return fmt.Errorf("deciding about a report: %w", err)
	}
	return s.write(ctx, "deciding about a report", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE complaints SET outcome = ? WHERE id = ?`, string(o), row)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(err, fmt.Errorf("%s: %w", strconv.Quote(id), nospim.ErrNotFound))
		}
		return note(ctx, tx, record.Audit{At: time.Now(), By: by, Action: "report." + cmp.Or(string(o), "undecide"), Object: id, Reason: reason})
	})
}

// Instruct implements record.Store.
func (s *Store) Instruct(ctx context.Context, o nospim.Order, most int, within time.Duration, by, reason string) (made bool, err error) {
	switch {
	case o.Do != nospim.OrderForward && o.Do != nospim.OrderThank:
		return false, &nospim.InputError{Field: "do", Problem: "is " + strconv.Quote(string(o.Do)) + "; a report may be forwarded, or somebody thanked"}
	case o.Service == "" || o.Sender == "" || o.EventID == "" || len(o.Recipients) == 0:
		return false, &nospim.InputError{Field: "order", Problem: "names no service, sender, event or recipient"}
	}
	recipients, err := json.Marshal(o.Recipients)
	if err != nil {
		return false, fmt.Errorf("instructing: %w", err)
	}
	err = s.write(ctx, "instructing", func(tx *sql.Tx) error {
		now := time.Now()
		res, err := tx.ExecContext(ctx, `INSERT INTO orders (service, do, event_id, sender, recipients, made, text, raw)
			SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE (SELECT count(*) FROM orders WHERE service = ?1 AND do = ?2 AND made > ?9) < ?10
			ON CONFLICT DO NOTHING`,
			o.Service, string(o.Do), o.EventID, o.Sender, string(recipients), nanos(now), o.Text, o.Raw, nanos(now.Add(-within)), most)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if made = n > 0; err != nil || !made {
			return err
		}
		return note(ctx, tx, record.Audit{At: now, By: by, Action: "report." + string(o.Do), Object: o.Sender, Reason: reason})
	})
	return made, err
}

// PutAbuseContact implements record.Store.
func (s *Store) PutAbuseContact(ctx context.Context, c record.AbuseContact) error {
	if c.Domain == "" {
		return &nospim.InputError{Field: "domain", Problem: "is required"}
	}
	if c.Addresses == nil {
		c.Addresses = []string{}
	}
	addresses, err := json.Marshal(c.Addresses)
	if err != nil {
		return fmt.Errorf("keeping an abuse contact: %w", err)
	}
	return s.write(ctx, "keeping an abuse contact", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO abuse_contacts (domain, addresses, problem, asked) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET addresses = excluded.addresses, problem = excluded.problem, asked = excluded.asked`,
			c.Domain, string(addresses), c.Problem, nanos(c.Asked))
		return err
	})
}

// AbuseContacts implements record.Store.
func (s *Store) AbuseContacts(ctx context.Context) ([]record.AbuseContact, error) {
	return all(ctx, s.reader, "listing abuse contacts", func(rows *sql.Rows) (c record.AbuseContact, err error) {
		var (
			addresses []byte
			asked     int64
		)
		if err := rows.Scan(&c.Domain, &addresses, &c.Problem, &asked); err != nil {
			return c, err
		}
		if err := json.Unmarshal(addresses, &c.Addresses); err != nil {
			return c, fmt.Errorf("reading the abuse contact of %s: %w", c.Domain, err)
		}
		c.Asked = stamp(asked)
		return c, nil
	}, `SELECT domain, addresses, problem, asked FROM abuse_contacts ORDER BY domain`)
}
