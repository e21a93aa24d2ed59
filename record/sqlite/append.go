package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/nospim/nospim"
)

const (
	flushAfter = 500 * time.Millisecond // the longest that an appended record waits to be written
	flushSize  = 256 << 10              // bytes from which it does not wait
	mostBehind = 4 << 20                // bytes from which Append waits
)

// behind gathers appended records until they are written as one row.
type behind struct {
	mu          sync.Mutex
	room        sync.Cond // there is room again
	now, spare  *encoder  // now is appended to; spare is empty, or nil while it is being written
	count       int64     // records in now
	first, last int64     // the earliest and the latest Kept of them, Unix nanoseconds
	err         error     // the first failure that Flush has not returned yet
	closed      bool

	started chan struct{} // tells the flusher that now is no longer empty
	full    chan struct{} // tells the flusher not to wait any longer
	writing sync.Mutex    // held while a chunk is being written
	packed  []byte        // memory of the compressed chunk; guarded by writing
}

func (b *behind) init() {
	b.room.L = &b.mu
	b.started, b.full = make(chan struct{}, 1), make(chan struct{}, 1)
	b.now, b.spare = newEncoder(), newEncoder()
	b.restart()
}

func newEncoder() *encoder {
	e := &encoder{seed: maphash.MakeSeed()}
	e.reset()
	return e
}

func (b *behind) restart() { b.count, b.first, b.last = 0, math.MaxInt64, math.MinInt64 }

// Append implements record.Store.
func (s *Store) Append(r *nospim.Record) {
	s.stats.appended.Add(1)
	b := &s.behind
	b.mu.Lock()
	for len(b.now.buf) >= mostBehind && !b.closed {
		b.room.Wait()
	}
	if b.closed {
		b.mu.Unlock()
		s.stats.lost.Add(1)
		return
	}
	before := len(b.now.buf)
	b.now.record(r)
	b.count++
	kept := nanos(r.Kept)
	b.first, b.last = min(b.first, kept), max(b.last, kept)
	if b.count == 1 {
		signal(b.started)
	}
	if before < flushSize && len(b.now.buf) >= flushSize {
		signal(b.full)
	}
	b.mu.Unlock()
}

// signal leaves a token for the flusher; one is enough.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// flusher writes behind until the store is closed.
func (s *Store) flusher() {
	b := &s.behind
	for {
		select {
		case <-b.started:
		case <-s.stop:
			return
		}
		wait := time.NewTimer(flushAfter)
		select {
		case <-wait.C:
		case <-b.full:
		case <-s.stop:
		}
		wait.Stop()
		s.flush(context.Background())
	}
}

// Flush implements record.Store.
func (s *Store) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.flush(ctx)
	b := &s.behind
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.err
	b.err = nil
	return err
}

// chunk is one row of table chunks.
type chunk struct {
	token              []byte
	first, last, count int64
	data               []byte
}

// flush writes what is pending as one row. Like a record kept, a chunk whose commit fails is tried once more, and found if it
// was persisted after all. If that fails too, it is lost, and counted: who appends does not wait for a broken disk. What was
// taken is written even if ctx ends.
func (s *Store) flush(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	b := &s.behind
	b.writing.Lock()
	defer b.writing.Unlock()
	full, c := b.take()
	if c.count == 0 {
		return
	}
	defer b.giveBack(full)
	b.packed = s2.Encode(b.packed[:cap(b.packed)], full.buf)
	c.data = b.packed
	c.token = make([]byte, 16)
	_, _ = rand.Read(c.token) // never fails
	err := s.insertChunk(ctx, c)
	if err != nil {
		err = s.insertChunk(ctx, c)
	}
	if err != nil {
		s.stats.lost.Add(c.count)
		s.stats.failures.Add(1)
		s.log.Error("records of allowed events are lost", "records", c.count, "err", err)
		b.failed(fmt.Errorf("writing %d records of allowed events: %w", c.count, err))
		return
	}
	s.stats.chunks.Add(1)
}

// take hands out the full encoder and puts the spare one in its place.
func (b *behind) take() (*encoder, chunk) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := chunk{first: b.first, last: b.last, count: b.count}
	if c.count == 0 {
		return nil, c
	}
	full := b.now
	b.now, b.spare = b.spare, nil
	b.restart()
	select {
	case <-b.full: // it spoke of what is taken now
	default:
	}
	b.room.Broadcast()
	return full, c
}

// giveBack makes a written encoder the spare one. Memory that a burst needed goes when the burst is over.
func (b *behind) giveBack(e *encoder) {
	if most := max(4*len(e.buf), 2*flushSize); cap(e.buf) > most || cap(b.packed) > most {
		e.buf, b.packed = nil, nil
	}
	e.reset()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spare = e
}

func (b *behind) failed(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
}

func (b *behind) size() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count == 0 {
		return 0
	}
	return int64(len(b.now.buf))
}

// close refuses what comes later and lets go whoever waits for room.
func (b *behind) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.room.Broadcast()
}

func (s *Store) insertChunk(ctx context.Context, c chunk) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO chunks (token, first_kept, last_kept, count, data) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (token) DO NOTHING`, c.token, c.first, c.last, c.count, c.data)
		return err
	})
}
