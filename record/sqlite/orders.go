package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nospim/nospim"
)

// orderDelivery tells the connector of a held message's service to deliver it.
func orderDelivery(ctx context.Context, tx *sql.Tx, held int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO orders (service, do, held) SELECT service, ?, id FROM held WHERE id = ?`,
		string(nospim.OrderDeliver), held)
	return err
}

// Orders implements record.Store.
func (s *Store) Orders(ctx context.Context, service, after string) ([]nospim.Order, error) {
	var last int64
	if after != "" {
		var err error
		if last, err = parseID("o-", after); err != nil {
			return nil, &nospim.InputError{Field: "after", Problem: "is no ID of an order, such as " + orderID(12)}
		}
	}
	return all(ctx, s.reader, "listing orders", func(rows *sql.Rows) (nospim.Order, error) {
		o, err := scanOrder(rows)
		o.Service = service
		return o, err
	}, `SELECT o.id, o.do, coalesce(h.event_id, o.event_id), coalesce(h.sender, o.sender),
		coalesce(h.recipients, o.recipients), h.content, coalesce(o.text, ''), coalesce(o.wire_id, ''), coalesce(o.raw, '')
		FROM orders AS o LEFT JOIN held AS h ON h.id = o.held WHERE o.state = 'due' AND o.service = ? AND o.id > ? ORDER BY o.id`, service, last)
}

func scanOrder(rows *sql.Rows) (o nospim.Order, err error) {
	var (
		id                  int64
		recipients, written []byte
		c                   content
	)
	if err := rows.Scan(&id, &o.Do, &o.EventID, &o.Sender, &recipients, &written, &o.Text, &o.WireID, &o.Raw); err != nil {
		return o, err
	}
	o.ID = orderID(id)
	if err := json.Unmarshal(recipients, &o.Recipients); err != nil {
		return o, err
	}
	if written != nil {
		if err := json.Unmarshal(written, &c); err != nil {
			return o, err
		}
		o.Raw = c.Raw
	}
	return o, nil
}

func orderID(row int64) string { return fmt.Sprintf("o-%012d", row) }

// Ack implements record.Store. A success also ends an order that had failed: it was carried out after all.
func (s *Store) Ack(ctx context.Context, id, failure string) error {
	n, err := parseID("o-", id)
	if err != nil {
		return fmt.Errorf("acknowledging an order: %w", err)
	}
	return s.write(ctx, "acknowledging an order", func(tx *sql.Tx) error {
		var state string
		var held sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT state, held FROM orders WHERE id = ?`, n).Scan(&state, &held)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("%s: %w", strconv.Quote(id), nospim.ErrNotFound)
		case err != nil:
			return err
		case failure == "" && state != "done":
			return endDelivery(ctx, tx, n, held)
		case failure != "" && state == "due":
			_, err = tx.ExecContext(ctx, `UPDATE orders SET state = 'failed', failure = ?, raw = NULL WHERE id = ?`, failure, n)
			return err
		}
		return nil
	})
}

// endDelivery ends an order that was carried out; nothing of what people wrote is needed any longer.
func endDelivery(ctx context.Context, tx *sql.Tx, id int64, held sql.NullInt64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = 'done', failure = '', raw = NULL WHERE id = ?`, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE held SET state = 'delivered', content = NULL WHERE id = ?`, held)
	return err
}
