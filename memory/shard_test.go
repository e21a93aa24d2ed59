package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// check returns what is inconsistent inside a memory.
func (m *Local) check() error {
	for i := range m.shards {
		if err := m.shards[i].check(); err != nil {
			return fmt.Errorf("shard %d: %w", i, err)
		}
	}
	for i := range m.events {
		if err := m.events[i].check(); err != nil {
			return fmt.Errorf("events %d: %w", i, err)
		}
	}
	return nil
}

func (s *shard) check() error {
	indexed, used, held, outsiders := 0, 0, 0, 0
	for _, entry := range s.index {
		if entry != 0 {
			indexed++
		}
	}
	var room trace
	for place, ok := s.next(0); ok; place, ok = s.next(place + 1) {
		t := s.view(place, &room)
		used++
		id := t.identity()
		if got, ok := s.lookup(&id); !ok || got != place {
			return fmt.Errorf("place %d is found at %d, %v", place, got, ok)
		}
		if t.kind != Count && t.kind != Label && !plausible(t, s.entries(t)) {
			return fmt.Errorf("place %d: entries %x, live %b, full %b", place, s.entries(t), t.live, t.full)
		}
		if t.size == outside && t.kind == Distinct {
			if err := s.checkBody(t); err != nil {
				return fmt.Errorf("place %d: %w", place, err)
			}
		}
		if t.size == outside {
			outsiders++
			set := s.sets.all[t.body[0]]
			if set.owner != place+1 {
				return fmt.Errorf("place %d: its set belongs to another", place)
			}
			held += cap(set.entries)
		}
	}
	switch {
	case indexed != used || used != s.used():
		return fmt.Errorf("%d in the index, %d used, %d counted", indexed, used, s.used())
	case s.few.placed > s.few.limit || s.many.placed > s.many.limit:
		return fmt.Errorf("%d small and %d whole ones placed of %d and %d", s.few.placed, s.many.placed, s.few.limit, s.many.limit)
	case held != s.sets.held || held > s.sets.limit:
		return fmt.Errorf("sets hold %d, counted %d, limit %d", held, s.sets.held, s.sets.limit)
	case len(s.sets.all)-len(s.sets.unused) != outsiders:
		return fmt.Errorf("%d sets, %d unused, %d owners", len(s.sets.all), len(s.sets.unused), outsiders)
	}
	return nil
}

// checkBody compares what the body of a Distinct trace remembers of its entries with the entries.
func (s *shard) checkBody(t *trace) error {
	entries := s.entries(t)
	for place := range Steps {
		if got, want := t.held(place), countStep(entries, 1<<place); got != want {
			return fmt.Errorf("%d entries of step %d, want %d", got, place, want)
		}
	}
	if top := t.body[bodyTop]; top != 0 {
		if largest := entries[lastOf(entries, top&stepBits)]; top&^stepBits != largest&^stepBits {
			return fmt.Errorf("the largest entry is %x, want %x", top, largest)
		}
	}
	if known := t.body[bodyKnown]; known != 0 {
		mask := uint8(known)
		if u := unite(entries, t.live, mask, true); uint64(u.known) != known>>Steps || mask&^t.full != 0 {
			return fmt.Errorf("%d known of %b, want %d of %b", known>>Steps, mask, u.known, t.full)
		}
	}
	return nil
}

func (e *events) check() error {
	var held int64
	for i := range e.used {
		j := e.at(i)
		if e.find(j.event) != j {
			return fmt.Errorf("event %d is not found", i)
		}
		held += weigh(j.verdict)
	}
	if held != e.held {
		return fmt.Errorf("verdicts hold %d, counted %d", held, e.held)
	}
	return nil
}

// TestInvariants works a memory hard that is far too small, and looks inside all the time.
func TestInvariants(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := New(Limits{Cells: 100 + 200*int(seed), Events: 10})
		var recalled Recalled
		for i := range 20_000 {
			n := randomNote(r, i)
			m.Recall(n, &recalled)
			m.Note(n)
			if i%100 == 0 {
				if err := m.check(); err != nil {
					t.Fatalf("seed %d, after %d notes: %v", seed, i+1, err)
				}
			}
		}
		if m.Stats().Evicted == 0 {
			t.Error("nothing was evicted: the test works too little")
		}
	}
}

// randomNote speaks of few busy and many quiet cells; time goes on, with late notes.
func randomNote(r *rand.Rand, i int) *Note {
	at := time.UnixMilli(1_700_000_000_000 + int64(i)*500 - r.Int64N(200_000))
	n := &Note{Event: Hash{r.Uint64N(500)}, At: at, Verdict: &nospim.Verdict{EventID: fmt.Sprint(i)}}
	for range 1 + r.IntN(10) {
		c := Cell{
			Key: r.Uint64N(1 << (2 + r.UintN(10))), Kind: Kind(1 + r.UintN(5)), Window: time.Duration(1+r.IntN(3)) * 5 * time.Minute,
			Value: r.Uint64N(100_000), Note: r.IntN(8) > 0,
		}
		if c.Kind == Label {
			c.Value = uint64(at.UnixMilli()) + r.Uint64N(1_000_000)
		}
		n.Cells = append(n.Cells, slices.Repeat([]Cell{c}, 1+r.IntN(3))...)
		for j := range n.Cells {
			n.Cells[j].Value += uint64(j)
		}
	}
	return n
}

// TestIndex compares an index with a map, in a table as full as it may get.
func TestIndex(t *testing.T) {
	const places = 64
	r := rand.New(rand.NewPCG(1, 1))
	x, hashes := newIndex(places), map[uint32]uint64{}
	hashAt := func(place uint32) uint64 { return hashes[place] }
	for i := range 50_000 {
		place := r.Uint32N(places)
		if hash, ok := hashes[place]; ok {
			x.remove(hash, place, hashAt)
			delete(hashes, place)
		} else {
			hashes[place] = r.Uint64N(16) << 60 >> r.Uint64N(60) // many share their start
			x.add(hashes[place], place)
		}
		for place, hash := range hashes {
			at := x.start(hash)
			for x[at] != 0 && x[at] != entryFor(hash, place) {
				at = x.next(at)
			}
			if x[at] == 0 {
				t.Fatalf("step %d: place %d is not found", i, place)
			}
		}
	}
}

// TestVictim: those whose window is over make room first and are not counted, then the one noted longest ago.
func TestVictim(t *testing.T) {
	var s shard
	s.init(make([]small, probes), make([]trace, 1), newIndex(probes+1))
	id := func(key uint64, window time.Duration) identity {
		return identify(&Cell{Key: key, Kind: Count, Window: window})
	}
	put := func(key uint64, window time.Duration, now int64) {
		s.note(id(key, window), now, []Cell{{Kind: Count, Window: window, Note: true}})
	}
	has := func(key uint64, window time.Duration) bool {
		id := id(key, window)
		_, ok := s.lookup(&id)
		return ok
	}
	const now = int64(1_700_000_000_000)
	for key := range uint64(probes) {
		put(key, time.Hour, now+int64(key+3)%probes) // key 5 is the oldest
	}
	put(100, time.Second, now+10)
	if has(5, time.Hour) || s.evicted != 1 {
		t.Fatalf("the oldest cell did not make room: %d evicted", s.evicted)
	}
	put(101, time.Hour, now+1000) // just now 100 is over, although it is the newest
	if has(100, time.Second) || s.evicted != 1 {
		t.Fatalf("the cell whose window is over did not make room: %d evicted", s.evicted)
	}
	if s.used() != probes {
		t.Errorf("%d cells, want %d", s.used(), probes)
	}
}

// TestSetsVictim: values of other cells make room for those of the one that is noted, never its own.
func TestSetsVictim(t *testing.T) {
	m := New(Limits{Cells: 64})
	s := &m.shards[0]
	for v := range uint64(2000) {
		for cell := range uint64(20) {
			at := time.UnixMilli(1_700_000_000_000 + int64(cell)*1000 + int64(v%Steps)*3_600_000/Steps)
			m.Note(&Note{At: at, Cells: []Cell{{Key: cell, Kind: Distinct, Window: time.Hour, Value: v, Note: true}}})
			if s.sets.held > s.sets.limit {
				t.Fatalf("sets hold %d entries, more than %d", s.sets.held, s.sets.limit)
			}
		}
	}
	if err := m.check(); err != nil {
		t.Fatal(err)
	}
	id := identify(&Cell{Key: 19, Kind: Distinct, Window: time.Hour})
	place, ok := s.lookup(&id)
	if !ok || len(s.entries(s.wholeAt(place))) < Exact {
		t.Error("the last cell has lost its entries")
	}
}

// TestReorder: a frame counts once however late, up to Reorder places, and not at all beyond.
func TestReorder(t *testing.T) {
	var f frames
	for _, tt := range []struct {
		seq  uint64
		want bool
	}{
		{5, true},
		{5, false},
		{4, true},
		{0, true},
		{0, false},
		{4100, true},
		{5, false},
		{6, true},
		{4, false}, // too late
		{4100 + Reorder, true},
		{4100, false},
		{4101, true},
		{4101, false},
		{1 << 40, true},
		{1<<40 - 1, true},
		{1<<40 - Reorder, false},
		{1<<64 - 1, true},
		{1 << 40, false},
	} {
		if got := f.accept(tt.seq); got != tt.want {
			t.Errorf("frame %d: accepted %v, want %v", tt.seq, got, tt.want)
		}
	}
}

func TestNodesBounded(t *testing.T) {
	var n nodes
	for i := range 3 * maxNodes {
		n.accept(fmt.Sprint("node", i), 1)
		n.accept("faithful", uint64(i))
		if len(n.seen) > maxNodes {
			t.Fatalf("%d nodes, more than %d", len(n.seen), maxNodes)
		}
	}
	if n.accept("faithful", 7) || n.accept(fmt.Sprint("node", 3*maxNodes-1), 1) {
		t.Error("a node heard of lately was forgotten")
	}
}
