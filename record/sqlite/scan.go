package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/nospim/nospim"
)

// page is how many enforced records are read at once.
const page = 256

// Scan implements record.Store. What this process has appended is written first. Enforced records come in the order of Kept;
// among them those of allowed events in the order in which they were appended, which differs from it by the few
// milliseconds between the two, and by up to half a second where several processes append.
//
// Nothing is locked or open while fn runs: it may use the store, and take its time. What is kept after Scan began is not seen.
func (s *Store) Scan(ctx context.Context, since time.Time, fn func(r *nospim.Record) error) error {
	return s.scan(ctx, since, "", fn)
}

// scan is Scan that passes over rows and chunks in which a name does not stand; with "" over none.
func (s *Store) scan(ctx context.Context, since time.Time, name string, fn func(r *nospim.Record) error) error {
	s.flush(ctx)
	rows, allows, err := s.cursors(ctx, nanos(since))
	if err != nil {
		return fmt.Errorf("scanning the records: %w", err)
	}
	if name != "" {
		quoted, err := json.Marshal(name)
		if err != nil {
			return fmt.Errorf("scanning the records: %w", err)
		}
		rows.name, allows.name = quoted, []byte(name)
	}
	for {
		row, err := rows.peek(ctx)
		if err != nil {
			return fmt.Errorf("scanning the records: %w", err)
		}
		allow, err := allows.peek(ctx)
		if err != nil {
			return fmt.Errorf("scanning the records: %w", err)
		}
		switch {
		case row == nil && allow == nil:
			return nil
		case allow == nil, row != nil && !allow.Kept.Before(row.Kept):
			rows.current = nil
			err = fn(row)
		default:
			allows.current = nil
			err = fn(allow)
		}
		if err != nil {
			return err
		}
	}
}

// cursors begin behind the last record before since and end at the last record there is now.
func (s *Store) cursors(ctx context.Context, since int64) (*rowCursor, *allowCursor, error) {
	rows := &rowCursor{db: s.reader, kept: since, id: math.MinInt64}
	allows := &allowCursor{db: s.reader, since: stamp(since), kept: since, id: math.MinInt64}
	err := s.reader.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(id), 0) FROM records), (SELECT coalesce(max(id), 0) FROM chunks)`).
		Scan(&rows.last, &allows.last)
	return rows, allows, err
}

// rowCursor goes through the enforced records, a page at a time.
type rowCursor struct {
	db       *sql.DB
	kept, id int64  // the last one read
	last     int64  // the last one to read
	name     []byte // what has to stand in it, as JSON
	page     [][]byte
	ended    bool
	current  *nospim.Record
}

// peek returns the next record, nil at the end; taking it is setting current to nil.
func (c *rowCursor) peek(ctx context.Context) (*nospim.Record, error) {
	if c.current != nil {
		return c.current, nil
	}
	for len(c.page) == 0 && !c.ended {
		if err := c.turn(ctx); err != nil {
			return nil, err
		}
	}
	if len(c.page) == 0 {
		return nil, nil //nolint:nilnil // the end
	}
	var err error
	c.current, err = parseRecord(c.page[0])
	c.page = c.page[1:]
	return c.current, err
}

func (c *rowCursor) turn(ctx context.Context) error {
	rows, err := c.db.QueryContext(ctx, `SELECT kept, id, body FROM records WHERE (kept, id) > (?, ?) AND id <= ? ORDER BY kept, id LIMIT ?`,
		c.kept, c.id, c.last, page)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	read := 0
	for ; rows.Next(); read++ {
		var body []byte
		if err := rows.Scan(&c.kept, &c.id, &body); err != nil {
			return err
		}
		if bytes.Contains(body, c.name) {
			c.page = append(c.page, body)
		}
	}
	c.ended = read < page
	return rows.Err()
}

// allowCursor goes through the records in the chunks, a chunk at a time.
type allowCursor struct {
	db       *sql.DB
	since    time.Time
	kept, id int64  // the last chunk read
	last     int64  // the last chunk to read
	name     []byte // what has to stand in it; a string stands in full where a chunk has it first
	plain    []byte
	chunk    *decoder
	ended    bool
	record   nospim.Record
	current  *nospim.Record // nil or &record
}

// peek returns the next record, nil at the end; taking it is setting current to nil.
func (c *allowCursor) peek(ctx context.Context) (*nospim.Record, error) {
	for c.current == nil && !c.ended {
		if c.chunk == nil {
			err := c.turn(ctx)
			if c.ended = errors.Is(err, sql.ErrNoRows); c.ended {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		if c.chunk == nil {
			continue // the name does not stand in it
		}
		ok, err := c.chunk.next(&c.record)
		switch {
		case err != nil:
			return nil, fmt.Errorf("chunk %d: %w", c.id, err)
		case !ok:
			c.chunk = nil
		case !c.record.Kept.Before(c.since):
			c.current = &c.record
		}
	}
	return c.current, nil
}

// turn opens the next chunk.
func (c *allowCursor) turn(ctx context.Context) error {
	var data []byte
	err := c.db.QueryRowContext(ctx, `SELECT last_kept, id, data FROM chunks WHERE (last_kept, id) > (?, ?) AND id <= ?
		ORDER BY last_kept, id LIMIT 1`, c.kept, c.id, c.last).Scan(&c.kept, &c.id, &data)
	if err != nil {
		return err
	}
	if c.plain, err = s2.Decode(c.plain[:cap(c.plain)], data); err != nil {
		return fmt.Errorf("chunk %d: %w", c.id, errors.Join(errChunk, err))
	}
	if !bytes.Contains(c.plain, c.name) {
		return nil
	}
	c.chunk, err = newDecoder(string(c.plain))
	return err
}
