package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// keptChanges is how many changes of feeds are told one by one; who has missed more reads the feeds anew.
const keptChanges = 10_000

// Feeds implements record.Store.
func (s *Store) Feeds(ctx context.Context) ([]record.Feed, error) {
	return all(ctx, s.reader, "reading the feeds", func(rows *sql.Rows) (f record.Feed, err error) {
		var synced int64
		err = rows.Scan(&f.Name, &f.Kind, &f.Allow, &f.Service, &f.Node, &f.Weight, &f.Origin, &f.Items, &synced, &f.Trouble)
		f.Synced = moment(synced)
		return f, err
	}, `SELECT name, kind, allow, service, node, weight, origin, items, synced, trouble FROM feeds ORDER BY name`)
}

// moment is a time of a column in which 0 means never.
func moment(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return stamp(nanos)
}

// PutFeed implements record.Store.
func (s *Store) PutFeed(ctx context.Context, f record.Feed, by string) error {
	if f.Name == "" || strings.ContainsAny(f.Name, "\n\x00") || f.Weight <= 0 || f.Weight > 1 {
		return &nospim.InputError{Field: "feed", Problem: "has no name on one line, or a weight that is not above 0 to 1"}
	}
	return s.write(ctx, "keeping a feed", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO feeds (name, kind, allow, service, node, weight, origin) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, allow = excluded.allow, service = excluded.service, node = excluded.node,
			weight = excluded.weight, origin = excluded.origin
			WHERE (kind, allow, service, node, weight, origin) IS NOT
			(excluded.kind, excluded.allow, excluded.service, excluded.node, excluded.weight, excluded.origin)`,
			f.Name, string(f.Kind), f.Allow, f.Service, f.Node, f.Weight, f.Origin)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return errors.Join(changed(ctx, tx, f.Name, ""),
			note(ctx, tx, record.Audit{At: time.Now(), By: by, Action: "feeds.put", Object: f.Name}))
	})
}

// RemoveFeed implements record.Store.
func (s *Store) RemoveFeed(ctx context.Context, name, by string) error {
	var feed int64
	err := s.write(ctx, "removing a feed", func(tx *sql.Tx) error {
		var err error
		if feed, err = feedID(ctx, tx, name); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM feeds WHERE id = ?`, feed); err != nil {
			return err
		}
		return errors.Join(changed(ctx, tx, name, ""),
			note(ctx, tx, record.Audit{At: time.Now(), By: by, Action: "feeds.remove", Object: name}))
	})
	if err != nil {
		return err
	}
	return s.sweepFills(ctx)
}

// feedID finds a feed, or returns nospim.ErrNotFound.
func feedID(ctx context.Context, tx *sql.Tx, name string) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id FROM feeds WHERE name = ?`, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nospim.ErrNotFound
	}
	return id, err
}

// NoteFeed implements record.Store.
func (s *Store) NoteFeed(ctx context.Context, name string, synced time.Time, trouble string) error {
	at := int64(0)
	if !synced.IsZero() {
		at = nanos(synced)
	}
	return s.write(ctx, "noting the state of a feed", func(tx *sql.Tx) error {
		var before int64
		err := tx.QueryRowContext(ctx, `SELECT synced FROM feeds WHERE name = ?`, name).Scan(&before)
		if errors.Is(err, sql.ErrNoRows) {
			return nospim.ErrNotFound
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE feeds SET synced = max(synced, ?), trouble = ? WHERE name = ?`, at, trouble, name); err != nil {
			return err
		}
		if before == 0 && at != 0 { // it counts from now on, also when it is empty
			return changed(ctx, tx, name, "")
		}
		return nil
	})
}

// changed adds a line to what changed, and deletes the oldest.
func changed(ctx context.Context, tx *sql.Tx, feed, item string) error {
	res, err := tx.ExecContext(ctx, `INSERT INTO feed_changes (feed, item, at) VALUES (?, ?, ?)`, feed, item, nanos(time.Now()))
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM feed_changes WHERE id <= ?`, id-keptChanges)
	return err
}

// ChangeFeed implements record.Store.
func (s *Store) ChangeFeed(ctx context.Context, name string, add []record.FeedItem, gone []string) error {
	for i := range add {
		if err := add[i].Validate(); err != nil {
			return fmt.Errorf("changing a feed: %w", err)
		}
	}
	return s.write(ctx, "changing a feed", func(tx *sql.Tx) error {
		var fill int64
		err := tx.QueryRowContext(ctx, `SELECT fill FROM feeds WHERE name = ?`, name).Scan(&fill)
		if errors.Is(err, sql.ErrNoRows) {
			return nospim.ErrNotFound
		}
		if err == nil && fill == 0 { // never filled
			fill, err = newFill(ctx, tx, name)
			if err == nil {
				_, err = tx.ExecContext(ctx, `UPDATE feeds SET fill = ? WHERE name = ?`, fill, name)
			}
		}
		if err != nil {
			return err
		}
		delta := 0
		for _, value := range gone {
			n, err := edit(ctx, tx, name, fill, "-"+value)
			if err != nil {
				return err
			}
			delta += n
		}
		for _, i := range add {
			n, err := edit(ctx, tx, name, fill, line(i))
			if err != nil {
				return err
			}
			delta += n
		}
		_, err = tx.ExecContext(ctx, `UPDATE feeds SET items = items + ? WHERE name = ?`, delta, name)
		return err
	})
}

// line is an item as it stands in a chunk, without its line break.
func line(i record.FeedItem) string {
	if i.Strangers {
		return "~" + i.Value
	}
	return "=" + i.Value
}

// item reads a line.
func item(line string) record.FeedItem {
	return record.FeedItem{Value: line[1:], Strangers: line[0] == '~'}
}

// edit puts a line into the chunk where it belongs, or takes a value out of it when the line begins with -. It returns by how many the
// items became more.
func edit(ctx context.Context, tx *sql.Tx, feed string, fill int64, line string) (int, error) {
	value, gone := line[1:], line[0] == '-'
	var (
		id   int64
		data []byte
	)
	err := tx.QueryRowContext(ctx, `SELECT id, data FROM feed_chunks WHERE fill = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1`, fill, value).Scan(&id, &data)
	if errors.Is(err, sql.ErrNoRows) { // before the first chunk
		err = tx.QueryRowContext(ctx, `SELECT id, data FROM feed_chunks WHERE fill = ?1 ORDER BY first LIMIT 1`, fill).Scan(&id, &data)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	lines := splitLines(data)
	at, found := slices.BinarySearchFunc(lines, value, func(l, v string) int { return strings.Compare(l[1:], v) })
	delta := 0
	switch {
	case gone && !found, found && lines[at] == line:
		return 0, nil
	case gone:
		lines, delta = slices.Delete(lines, at, at+1), -1
	case found:
		lines[at] = line
	default:
		lines, delta = slices.Insert(lines, at, line), 1
	}
	if err := rewrite(ctx, tx, fill, id, lines); err != nil {
		return 0, err
	}
	return delta, changed(ctx, tx, feed, line)
}

// rewrite puts lines in the place of a chunk; into two when they have become too many. ID 0 is no chunk yet.
func rewrite(ctx context.Context, tx *sql.Tx, fill, id int64, lines []string) error {
	if id != 0 {
		if _, err := tx.ExecContext(ctx, `DELETE FROM feed_chunks WHERE id = ?`, id); err != nil {
			return err
		}
	}
	half := len(lines)
	if sizeOf(lines) > 2*chunkSize {
		half /= 2
	}
	for _, part := range [][]string{lines[:half], lines[half:]} {
		if err := putChunk(ctx, tx, fill, part); err != nil {
			return err
		}
	}
	return nil
}

func putChunk(ctx context.Context, tx *sql.Tx, fill int64, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO feed_chunks (fill, first, data) VALUES (?, ?, ?)`, fill, lines[0][1:], []byte(strings.Join(lines, "\n")+"\n"))
	return err
}

func sizeOf(lines []string) int {
	n := len(lines)
	for _, l := range lines {
		n += len(l)
	}
	return n
}

func splitLines(data []byte) []string {
	lines := make([]string, 0, bytes.Count(data, []byte{'\n'}))
	for l := range strings.Lines(string(data)) {
		lines = append(lines, strings.TrimSuffix(l, "\n"))
	}
	return lines
}

// ScanFeed implements record.Store. Chunks are read one after the other, in one statement: it sees one moment.
func (s *Store) ScanFeed(ctx context.Context, name string, fn func(record.FeedItem) error) error {
	rows, err := s.reader.QueryContext(ctx, `SELECT c.data FROM feeds f JOIN feed_chunks c ON c.fill = f.fill WHERE f.name = ? ORDER BY c.first`, name)
	if err != nil {
		return fmt.Errorf("reading the feed %s: %w", name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var data sql.RawBytes
		if err := rows.Scan(&data); err != nil {
			return fmt.Errorf("reading the feed %s: %w", name, err)
		}
		for l := range strings.Lines(string(data)) {
			if err := fn(item(strings.TrimSuffix(l, "\n"))); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the feed %s: %w", name, err)
	}
	return nil
}

// FeedChanges implements record.Store.
func (s *Store) FeedChanges(ctx context.Context, since int64) (changes []record.FeedChange, at int64, err error) {
	var least, most int64
	err = s.reader.QueryRowContext(ctx, `SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM feed_changes`).Scan(&least, &most)
	if err != nil {
		return nil, 0, fmt.Errorf("reading what changed in feeds: %w", err)
	}
	if since == most {
		return nil, most, nil
	}
	if since == 0 || since < least-1 || since > most {
		feeds, err := s.Feeds(ctx)
		for i := range feeds {
			changes = append(changes, record.FeedChange{Feed: feeds[i].Name, Whole: true})
		}
		return changes, most, err
	}
	rows, err := s.reader.QueryContext(ctx, `SELECT feed, item FROM feed_changes WHERE id > ? AND id <= ? ORDER BY id`, since, most)
	if err != nil {
		return nil, 0, fmt.Errorf("reading what changed in feeds: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var feed, line string
		if err := rows.Scan(&feed, &line); err != nil {
			return nil, 0, fmt.Errorf("reading what changed in feeds: %w", err)
		}
		c := record.FeedChange{Feed: feed, Whole: line == ""}
		if !c.Whole {
			c.Item, c.Gone = item(line), line[0] == '-'
		}
		changes = append(changes, c)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("reading what changed in feeds: %w", err)
	}
	return changes, most, nil
}
