package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// keeper gathers records while a commit is under way; the next commit takes all of them.
type keeper struct {
	mu      sync.Mutex
	next    *batch // what the next commit takes; nil when there is nothing
	running bool   // somebody commits
	closed  bool
}

// batch is what one commit makes durable.
type batch struct {
	records []*kept
	done    chan struct{} // closed when err is final
	err     error
}

// kept is one record on its way. It is a record.Commit.
type kept struct {
	batch *batch
	given *nospim.Record // returned by Wait, never read
	row   row
	held  *heldRow
	stood []byte // JSON of the record that was kept first, nil when this one stands
	full  error  // why it was not kept
}

// row is a record as it stands in table records.
type row struct {
	service, eventID, kind, action, sender string
	time, kept                             int64
	body                                   []byte
}

const (
	insertRecord = `INSERT INTO records (service, event_id, kind, action, sender, time, kept, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (service, event_id) DO NOTHING`
	selectRecord = `SELECT body FROM records WHERE service = ? AND event_id = ?`
)

// Keep implements record.Store. The record that stands has neither body nor wire form nor links as they were written, unless
// it is the one given.
func (s *Store) Keep(r *nospim.Record) record.Commit {
	s.stats.kept.Add(1)
	k, err := newKept(r)
	if err != nil {
		return failed{fmt.Errorf("keeping a record: %w", err)}
	}
	q := &s.keeper
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return failed{fmt.Errorf("keeping a record: %w", nospim.ErrClosed)}
	}
	if q.next == nil {
		q.next = &batch{done: make(chan struct{})}
	}
	k.batch = q.next
	q.next.records = append(q.next.records, k)
	if !q.running {
		q.running = true
		s.work.Go(s.commitAll)
	}
	return k
}

// newKept writes a record as rows, so that nothing of it is read after Keep returned.
func newKept(r *nospim.Record) (*kept, error) {
	bare := *r
	bare.Event.Body, bare.Event.Raw, bare.Event.Links = "", "", nil
	body, err := json.Marshal(&bare)
	if err != nil {
		return nil, err
	}
	e := &r.Event
	k := &kept{given: r, row: row{
		service: e.Service, eventID: e.ID, kind: string(e.Kind), action: r.Verdict.Action.String(), sender: e.Sender.ID,
		time: nanos(e.Time), kept: nanos(r.Kept), body: body,
	}}
	if a := r.Verdict.Action; a == nospim.Hold || a == nospim.Challenge {
		k.held, err = newHeldRow(r, &bare.Event)
	}
	return k, err
}

// commitAll commits batch after batch until nothing waits. It runs while there is something to commit, once at a time: what
// comes in during one commit shares the next.
func (s *Store) commitAll() {
	q := &s.keeper
	for {
		q.mu.Lock()
		b := q.next
		q.next = nil
		q.running = b != nil
		q.mu.Unlock()
		if b == nil {
			return
		}
		s.commitBatch(b)
	}
}

// commitBatch makes a batch durable. A failed commit may have been persisted all the same; the second try finds out, as it
// finds the records.
func (s *Store) commitBatch(b *batch) {
	ctx := context.Background() // whoever stops waiting does not stop the others
	err := s.insertBatch(ctx, b)
	if err != nil {
		s.log.Warn("keeping records failed, trying once more", "records", len(b.records), "err", err)
		err = s.insertBatch(ctx, b)
	}
	if err != nil {
		b.err = fmt.Errorf("keeping a record: %w", err)
	}
	close(b.done)
}

// errNothing ends a transaction that has nothing to commit.
var errNothing = errors.New("nothing to commit")

func (s *Store) insertBatch(ctx context.Context, b *batch) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		st := statements{
			insertRecord: tx.StmtContext(ctx, s.insertRecord),
			findRecord:   tx.StmtContext(ctx, s.findRecord),
			insertHeld:   tx.StmtContext(ctx, s.insertHeld),
		}
		fresh := false
		for _, k := range b.records {
			inserted, err := st.keep(ctx, k)
			if err == nil && inserted && k.held != nil {
				inserted, err = s.hold(ctx, tx, &st, k)
			}
			if err != nil {
				return err
			}
			fresh = fresh || inserted
		}
		if !fresh {
			return errNothing
		}
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// statements are those of one transaction.
type statements struct {
	insertRecord, findRecord, insertHeld *sql.Stmt
}

// keep inserts one record, and its held message, unless a record was kept first: then k.stood becomes that one.
func (st *statements) keep(ctx context.Context, k *kept) (inserted bool, err error) {
	k.stood, k.full = nil, nil
	r := &k.row
	res, err := st.insertRecord.ExecContext(ctx, r.service, r.eventID, r.kind, r.action, r.sender, r.time, r.kept, string(r.body))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, err
	}
	if n == 0 {
		var body []byte
		if err := st.findRecord.QueryRowContext(ctx, r.service, r.eventID).Scan(&body); err != nil {
			return false, err
		}
		if !bytes.Equal(body, r.body) { // equal: this very record, persisted by a commit that seemed to fail
			k.stood = body
		}
		return false, nil
	}
	return true, nil
}

// hold adds the held message of a record that was just inserted. Where it may not wait, the record goes again.
func (s *Store) hold(ctx context.Context, tx *sql.Tx, st *statements, k *kept) (held bool, err error) {
	r, h := &k.row, k.held
	full, err := s.full(ctx, tx, k)
	if err != nil {
		return false, err
	}
	if full != nil {
		k.full = fmt.Errorf("keeping a record: %w", full)
		_, err := tx.ExecContext(ctx, `DELETE FROM records WHERE service = ? AND event_id = ?`, r.service, r.eventID)
		return false, err
	}
	res, err := st.insertHeld.ExecContext(ctx, r.service, r.eventID, r.sender, h.recipients, r.kept, h.event, h.verdict, h.content)
	if err != nil {
		return false, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return false, err
	}
	return true, letIn(ctx, tx, k, id)
}

// Wait implements record.Commit.
func (k *kept) Wait(ctx context.Context) (*nospim.Record, error) {
	select {
	case <-k.batch.done:
	default:
		select {
		case <-k.batch.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("keeping a record: %w", ctx.Err())
		}
	}
	switch {
	case k.batch.err != nil:
		return nil, k.batch.err
	case k.full != nil:
		return nil, k.full
	case k.stood == nil:
		return k.given, nil
	}
	return parseRecord(k.stood)
}

func parseRecord(body []byte) (*nospim.Record, error) {
	r := new(nospim.Record)
	if err := json.Unmarshal(body, r); err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	return r, nil
}

// failed is a record.Commit of something that was not even tried.
type failed struct{ err error }

func (f failed) Wait(context.Context) (*nospim.Record, error) { return nil, f.err }

// close refuses what comes later; what is under way is committed.
func (q *keeper) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// Get implements record.Store.
func (s *Store) Get(ctx context.Context, service, eventID string) (*nospim.Record, error) {
	var body []byte
	err := s.reader.QueryRowContext(ctx, selectRecord, service, eventID).Scan(&body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("record of event %s: %w", strconv.Quote(eventID), nospim.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	return parseRecord(body)
}

// The times that fit into a column.
var (
	firstStamp = stamp(math.MinInt64)
	lastStamp  = stamp(math.MaxInt64)
)

// nanos writes a time into the file: Unix nanoseconds, or the nearest that can be written.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(firstStamp):
		return math.MinInt64
	case t.After(lastStamp):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// stamp reads a time from the file.
func stamp(nanos int64) time.Time { return time.Unix(0, nanos).UTC() }
