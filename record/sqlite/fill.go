package sqlite

import (
	"bufio"
	"cmp"
	"container/heap"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Sizes in bytes. A chunk is what is rewritten for a change of one item. A batch is what one transaction writes: others write between
// two of them. A run is what is sorted in memory; each string costs about stringCost beside its own bytes.
const (
	chunkSize  = 32 << 10
	batchSize  = 4 << 20
	runSize    = 48 << 20
	stringCost = 32
)

// FillFeed implements record.Store. Items are sorted in runs that fit into memory, which wait in a temporary file beside the store each
// and are merged into chunks of a new fill. Its last transaction puts the new fill in the place of the old one.
func (s *Store) FillFeed(ctx context.Context, name string, items iter.Seq2[record.FeedItem, error]) (int64, error) {
	runs, err := s.sortRuns(items)
	defer runs.close()
	if err != nil {
		return 0, fmt.Errorf("filling the feed %s: %w", name, err)
	}
	var fill int64
	err = s.write(ctx, "beginning to fill a feed", func(tx *sql.Tx) (err error) {
		fill, err = newFill(ctx, tx, name)
		return err
	})
	if err != nil {
		return 0, err
	}
	n, err := s.writeFill(ctx, fill, runs)
	if err == nil {
		err = s.enforceFill(ctx, name, fill, n)
	}
	if err != nil {
		n = 0
	}
	return n, errors.Join(err, s.sweepFills(ctx))
}

// newFill makes a fill of a feed, and disowns those that others have not finished.
func newFill(ctx context.Context, tx *sql.Tx, name string) (int64, error) {
	feed, err := feedID(ctx, tx, name)
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM feed_fills WHERE feed = ? AND id NOT IN (SELECT fill FROM feeds)`, feed); err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO feed_fills (feed) VALUES (?)`, feed)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// writeFill writes sorted items as chunks and returns how many there are.
func (s *Store) writeFill(ctx context.Context, fill int64, runs runs) (n int64, err error) {
	next, stop := iter.Pull2(runs.merged())
	defer stop()
	for more := true; more; {
		batch := 0
		err := s.write(ctx, "filling a feed", func(tx *sql.Tx) error {
			for more && batch < batchSize {
				var lines []string
				for size := 0; size < chunkSize; {
					l, err, ok := next()
					if more = ok; err != nil || !ok {
						if err != nil {
							return err
						}
						break
					}
					lines = append(lines, l)
					size += len(l) + 1
				}
				n += int64(len(lines))
				batch += sizeOf(lines)
				if err := putChunk(ctx, tx, fill, lines); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err // what was taken of the runs is lost: the caller begins anew
		}
	}
	return n, nil
}

// enforceFill puts a fill in the place of a feed's old one.
func (s *Store) enforceFill(ctx context.Context, name string, fill, items int64) error {
	return s.write(ctx, "finishing to fill a feed", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE feeds SET fill = ?1, items = ?2 WHERE name = ?3 AND id = (SELECT feed FROM feed_fills WHERE id = ?1)`, fill, items, name)
		if err != nil {
			return err
		}
		if done, err := res.RowsAffected(); err != nil || done == 0 {
			return errors.Join(err, nospim.ErrConflict)
		}
		return changed(ctx, tx, name, "")
	})
}

// sweepFills deletes chunks that belong to no fill in force nor to one that is being made, some at a time.
func (s *Store) sweepFills(ctx context.Context) error {
	const most = batchSize / chunkSize
	err := s.write(ctx, "disowning old fills", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM feed_fills AS old WHERE id NOT IN (SELECT fill FROM feeds)
			AND (feed NOT IN (SELECT id FROM feeds) OR id < (SELECT fill FROM feeds WHERE feeds.id = old.feed))`)
		return err
	})
	for more := err == nil; more && err == nil; {
		err = s.write(ctx, "deleting old items of feeds", func(tx *sql.Tx) error {
			res, err := tx.ExecContext(ctx, `DELETE FROM feed_chunks WHERE id IN
				(SELECT id FROM feed_chunks WHERE fill NOT IN (SELECT id FROM feed_fills) LIMIT ?)`, most)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			more = n == most
			return err
		})
	}
	return err
}

// runs are sorted lines: those in memory and those that had to make room, in files.
type runs struct {
	last  []string
	files []*os.File
}

func (r runs) close() {
	for _, f := range r.files {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
}

// sortRuns reads all items.
func (s *Store) sortRuns(items iter.Seq2[record.FeedItem, error]) (r runs, err error) {
	size := 0
	for i, err := range items {
		if err == nil {
			err = i.Validate()
		}
		if err != nil {
			return r, err
		}
		r.last = append(r.last, line(i))
		if size += len(i.Value) + stringCost; size > runSize {
			if err := r.spill(s.dir); err != nil {
				return r, fmt.Errorf("sorting: %w", err)
			}
			size = 0
		}
	}
	slices.SortFunc(r.last, compareLines)
	return r, nil
}

// compareLines sorts by value, those for everybody before those for strangers.
func compareLines(a, b string) int {
	return cmp.Or(strings.Compare(a[1:], b[1:]), -cmp.Compare(b[0], a[0]))
}

// spill sorts what is in memory and writes it to a file, which only the owner can read.
func (r *runs) spill(dir string) error {
	slices.SortFunc(r.last, compareLines)
	f, err := os.CreateTemp(dir, "feed-*.tmp")
	if err != nil {
		return err
	}
	_ = os.Remove(f.Name()) // where that works on an open file, nothing is left behind whatever happens
	r.files = append(r.files, f)
	w := bufio.NewWriterSize(f, batchSize/8)
	for _, l := range r.last {
		_, _ = w.WriteString(l) // Flush has the error
		_ = w.WriteByte('\n')
	}
	r.last = r.last[:0]
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// merged yields the lines of all runs in order, each value once.
func (r runs) merged() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var h runHeap
		add := func(next func() (string, bool, error)) error {
			l, ok, err := next()
			if ok {
				h = append(h, run{l, next})
			}
			return err
		}
		err := add(fromSlice(r.last))
		for _, f := range r.files {
			err = errors.Join(err, add(fromFile(f)))
		}
		heap.Init(&h)
		last := ""
		for len(h) > 0 && err == nil {
			if l := h[0].line; last == "" || l[1:] != last[1:] {
				if last = l; !yield(l, nil) {
					return
				}
			}
			var ok bool
			if h[0].line, ok, err = h[0].next(); !ok {
				heap.Pop(&h)
				continue
			}
			heap.Fix(&h, 0)
		}
		if err != nil {
			yield("", err)
		}
	}
}

func fromSlice(lines []string) func() (string, bool, error) {
	return func() (string, bool, error) {
		if len(lines) == 0 {
			return "", false, nil
		}
		l := lines[0]
		lines = lines[1:]
		return l, true, nil
	}
}

func fromFile(f *os.File) func() (string, bool, error) {
	in := bufio.NewReaderSize(f, chunkSize)
	return func() (string, bool, error) {
		l, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return "", false, nil
		}
		return strings.TrimSuffix(l, "\n"), err == nil, err
	}
}

// run is a sorted run, at its next line.
type run struct {
	line string
	next func() (string, bool, error)
}

// runHeap has the run whose line comes first on top.
type runHeap []run

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return compareLines(h[i].line, h[j].line) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *runHeap) Push(x any) { *h = append(*h, x.(run)) } //nolint:forcetypeassert // heap gives back what it was given

// Pop implements heap.Interface.
func (h *runHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// Subscribers implements record.Store.
func (s *Store) Subscribers(ctx context.Context) ([]record.Subscriber, error) {
	return all(ctx, s.reader, "reading the subscribers", func(rows *sql.Rows) (one record.Subscriber, err error) {
		var since int64
		if err := rows.Scan(&one.Node, &one.Address, &since); err != nil {
			return one, err
		}
		one.Since = stamp(since)
		return one, nil
	}, `SELECT node, jid, since FROM subscribers ORDER BY node, jid`)
}

// Subscribe implements record.Store.
func (s *Store) Subscribe(ctx context.Context, node, address string, most int, now time.Time) error {
	return s.write(ctx, "keeping a subscriber", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO subscribers (node, jid, since) SELECT ?1, ?2, ?3
			WHERE (SELECT count(*) FROM subscribers) < ?4 OR EXISTS (SELECT 1 FROM subscribers WHERE node = ?1 AND jid = ?2)
			ON CONFLICT DO UPDATE SET since = excluded.since`, node, address, nanos(now), most)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return nospim.ErrTooLarge
	})
}

// Unsubscribe implements record.Store.
func (s *Store) Unsubscribe(ctx context.Context, node, address string) error {
	return s.write(ctx, "removing a subscriber", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM subscribers WHERE node = ? AND jid = ?`, node, address)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return nospim.ErrNotFound
	})
}
