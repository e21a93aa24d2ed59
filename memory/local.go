package memory

import (
	"math/bits"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nospim/nospim"
)

// The limits of a [Local] that states none. Full to the brim, cells, values and verdicts together occupy at most 80 MB.
const (
	DefaultCells  = 500_000
	DefaultEvents = 65_536
	leastCells    = 2 // one of each form
)

// Limits bound a [Local]. Zero fields mean the defaults.
type Limits struct {
	// Cells is how many cells are remembered at most, from 2 to 128 million: 32 bytes each, of the quarter that has more to say than
	// what is noted once or twice 72, both and the 8 of the index, and up to 32 more for the values of those that have many.
	Cells int
	// Events is how many events' verdicts are remembered at most; fewer when verdicts are longer than 512 bytes on average.
	Events int
	// Texts is by how many different texts campaigns are found, up to a million; about 600 bytes each.
	Texts int
	// Pages is told of each large piece of memory, to ask the system for large pages there; nil asks for none. What is looked up at
	// random all over tens of megabytes costs twice as much on pages of 4 kB, because the processor has to find the page first, and
	// twice so in a virtual machine.
	Pages func([]byte)
}

// Local is a [Memory] in this process. It is split by the lower half of the key into shards, each of which is locked only while the
// cells of one note that live in it are looked at.
//
// When a shard is full, a new cell takes the place of one whose window is over; if there is none among the next few, of the one
// that has been left alone for longest. The same calls in the same order always make the same memory.
type Local struct {
	limits Limits
	shards []shard
	events []events
	told   atomic.Pointer[Gather]
	_      [64]byte // what every note reads stands on no cache line that some write
	nodes  nodes
	twice  atomic.Int64
	copies campaigns
}

var _ Memory = (*Local)(nil)

// New returns an empty memory. Negative limits are taken for zero.
func New(limits Limits) *Local {
	if limits.Cells <= 0 {
		limits.Cells = DefaultCells
	}
	limits.Cells = min(max(limits.Cells, leastCells), maxShards*maxPlaces)
	if limits.Events <= 0 {
		limits.Events = DefaultEvents
	}
	if limits.Texts <= 0 {
		limits.Texts = DefaultTexts
	}
	limits.Texts = min(limits.Texts, maxTexts)
	m := &Local{limits: limits, shards: make([]shard, split(limits.Cells)), events: make([]events, split(limits.Events))}
	places := limits.Cells / len(m.shards)
	some := wholes(places)
	smalls, traces := parts[small](len(m.shards), places-some, limits.Pages), parts[trace](len(m.shards), some, limits.Pages)
	indexes := parts[uint32](len(m.shards), indexSize(places), limits.Pages)
	for i := range m.shards {
		m.shards[i].init(smalls[i], traces[i], indexes[i])
	}
	places = limits.Events / len(m.events)
	rings, heads := parts[judged](len(m.events), places, limits.Pages), parts[uint32](len(m.events), headsOf(places), limits.Pages)
	for i := range m.events {
		m.events[i].ring, m.events[i].heads = rings[i], heads[i]
	}
	m.copies.init(limits.Texts)
	return m
}

// maxShards is into how many shards a memory is split, by a power of two.
const maxShards = 128

// split returns into how many shards n places are split: into fewer than maxShards if one would get less than 64.
func split(n int) int {
	const places = 64
	return min(maxShards, 1<<(bits.Len(uint(max(1, n/places)))-1))
}

// Recall implements [Memory]. Most of its time is waiting for the main memory, so it has fetched what is far away before it looks, and
// does something else meanwhile: where the index has the cells while it asks for the event, the cells while it recalls the campaign. The
// locks between the looks let the processor see no further by itself.
func (m *Local) Recall(n *Note, r *Recalled) *nospim.Verdict {
	judged := m.eventsOf(n.Event)
	judged.touch(n.Event)
	r.of, r.runs = m, m.seek(r.runs[:0], n.Cells)
	if n.Event != (Hash{}) {
		if v := judged.verdict(n.Event); v != nil {
			return v
		}
	}
	m.touch(r.runs)
	r.Resize(len(n.Cells))
	m.copies.recall(n.Copy, millis(n.At), r)
	now, cells, values := millis(n.At), n.Cells, r.Values
	var held lock
	for runs := r.runs; len(runs) > 0; {
		s := &m.shards[runs[0].shard]
		held.move(s)
		n := s.touchEntries(runs)
		for i := range runs[:n] {
			k := runs[i].cells
			s.recall(&runs[i], now, cells[:k], values)
			cells, values = cells[k:], values[k:]
		}
		runs = runs[n:]
	}
	held.move(nil)
	return nil
}

// lock holds the lock of at most one shard. Cells that live together mostly follow each other.
type lock struct{ of *shard }

// move lets go of the shard and takes another; nil is none.
func (l *lock) move(to *shard) {
	if to == l.of {
		return
	}
	if l.of != nil {
		l.of.mu.Unlock()
	}
	if l.of = to; to != nil {
		to.mu.Lock()
	}
}

// sought is a run of cells of one identity, the shard that they live in, and the place where they were seen last: a guess, until somebody
// who holds the shard's lock looks.
type sought struct {
	id           identity
	cells        int
	shard, place uint32
	found        bool
}

// leads reports whether cells begin with as many of the run's identity.
func (g *sought) leads(cells []Cell) bool {
	if g.cells > len(cells) || run(cells[:g.cells]) != g.cells {
		return false
	}
	c := &cells[0]
	return c.Key == g.id.key && c.Kind == g.id.kind && c.step() == g.id.step
}

// seek finds the runs of cells, and has the processor fetch where the index has them. Cells that live together mostly follow each other:
// what their hashes have in common is worked out once.
func (m *Local) seek(runs []sought, cells []Cell) []sought {
	runs = slices.Grow(runs, len(cells))
	key, home := uint32(0), homeOf(0)
	for len(cells) > 0 {
		c := &cells[0]
		if lower := uint32(c.Key); lower != key {
			key, home = lower, homeOf(lower)
		}
		runs = runs[:len(runs)+1]
		g := &runs[len(runs)-1]
		g.id.key, g.id.step, g.id.kind = c.Key, c.step(), c.Kind
		g.id.hash = hashAt(home, c.Key, g.id.step, c.Kind)
		g.cells, g.shard = run(cells), m.shardAt(g.id.hash)
		cells = cells[g.cells:]
		m.shards[g.shard].index.touch(g.id.hash)
	}
	return runs
}

// touch guesses the places of runs, and has the processor fetch what stands there.
func (m *Local) touch(runs []sought) {
	for i := range runs {
		g := &runs[i]
		s := &m.shards[g.shard]
		if g.place, g.found = s.index.seek(g.id.hash); g.found {
			s.touch(g.place)
		}
	}
}

// Note implements [Memory].
func (m *Local) Note(n *Note) *nospim.Verdict { return m.note(n, m.told.Load()) }

// note notes, and has it gathered if it is new.
func (m *Local) note(n *Note, g *Gather) *nospim.Verdict {
	// The event is claimed first: a snapshot copies cells before events, so it never has an event's cells without the event.
	if n.Event != (Hash{}) {
		if prior, first := m.eventsOf(n.Event).claim(n.Event, n.Verdict); !first {
			return prior
		}
	}
	now := millis(n.At)
	m.noteCells(n, now)
	m.copies.note(n.Copy, now)
	if g != nil {
		g.note(n, now)
	}
	return nil
}

// noteCells notes cells, first those that are where they were recalled.
func (m *Local) noteCells(n *Note, now int64) {
	var held lock
	cells := n.Cells
	if r := n.Recalled; r != nil && r.of == m {
		for i := range r.runs {
			g := &r.runs[i]
			if !g.leads(cells) {
				break
			}
			m.noteRun(&held, g, now, cells[:g.cells])
			cells = cells[g.cells:]
		}
	}
	for len(cells) > 0 {
		g := sought{id: identify(&cells[0]), cells: run(cells)}
		g.shard = m.shardAt(g.id.hash)
		m.noteRun(&held, &g, now, cells[:g.cells])
		cells = cells[g.cells:]
	}
	held.move(nil)
}

// noteRun notes a run of cells, if there is something to be noted in it.
func (m *Local) noteRun(held *lock, g *sought, now int64, cells []Cell) {
	if anyNoted(cells) {
		s := &m.shards[g.shard]
		held.move(s)
		s.noteRun(g, now, cells)
	}
}

// Tell makes g gather what is noted from now on, to be told to other nodes; nil ends it. What is merged is not gathered: other nodes
// hear of it from where it was noted.
func (m *Local) Tell(g *Gather) { m.told.Store(g) }

// Merge implements [Memory].
func (m *Local) Merge(f *Frame) (fresh bool) {
	if !m.nodes.accept(f.Node, f.Seq) {
		return false
	}
	for i := range f.Notes {
		m.note(&f.Notes[i], nil)
	}
	if f.Merged != nil {
		m.twice.Add(int64(m.merge(f.Merged)))
	}
	return true
}

// Stats implements [Memory].
func (m *Local) Stats() Stats {
	st := Stats{Twice: m.twice.Load()}
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		st.Cells += s.used()
		st.Evicted += s.evicted
		st.CellBytes += s.bytes()
		s.mu.Unlock()
	}
	st.Bytes = st.CellBytes
	for i := range m.events {
		e := &m.events[i]
		e.mu.Lock()
		st.Events += e.used
		st.Bytes += e.bytes()
		e.mu.Unlock()
	}
	m.copies.stats(&st)
	return st
}

// shardOf returns the shard that a cell lives in: by the upper bits of its hash, since the index inside uses the lower ones.
func (m *Local) shardOf(id identity) *shard { return &m.shards[m.shardAt(id.hash)] }

func (m *Local) shardAt(hash uint64) uint32 {
	return uint32(hash >> (64 - bits.TrailingZeros(uint(len(m.shards)))))
}

func (m *Local) eventsOf(event Hash) *events {
	return &m.events[event.mix()>>(64-bits.TrailingZeros(uint(len(m.events))))]
}

// run returns how many cells at the start of a slice have the identity of the first.
func run(cells []Cell) int {
	a := &cells[0]
	for i := 1; i < len(cells); i++ {
		if b := &cells[i]; a.Key != b.Key || a.Kind != b.Kind || a.Window != b.Window {
			return i
		}
	}
	return len(cells)
}

// anyNoted reports whether something is to be noted in a run of cells.
func anyNoted(cells []Cell) bool {
	for i := range cells {
		if cells[i].Note {
			return true
		}
	}
	return false
}

// maxMillis is the latest time that is told from later ones, in the year 2248. It keeps hostile clocks from overflowing.
const maxMillis = 1<<43 - 1

// millis returns a time in Unix milliseconds, between 0 and maxMillis.
func millis(t time.Time) int64 {
	if t.Unix() > maxMillis/1000 {
		return maxMillis
	}
	return max(0, t.UnixMilli())
}

// mix spreads a number over 64 bits, one to one (the finaliser of MurmurHash3).
func mix(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

func sizeOf[T any]() int64 { return int64(reflect.TypeFor[T]().Size()) }
