package memory

import (
	"math/bits"
	"sync"
)

// probes is how many traces are looked at to find the one that makes room for another.
const probes = 8

// shard is a bounded part of the cells, under one lock.
type shard struct {
	mu      sync.Mutex
	index   index
	traces  []trace // by place; there are limit places
	sets    sets
	placed  int // places in use or free again
	used    int // places in use
	limit   int
	hand    int // the next place to look at for room
	evicted int64
	_       [64]byte // two processors at two shards do not meet on a cache line
}

// init gives a shard its places and an index for them, both empty.
func (s *shard) init(traces []trace, index index) {
	limit := len(traces)
	s.limit, s.traces, s.index = limit, traces, index
	s.sets.limit = max(2*maxEntries, limit*inline)
}

func (s *shard) at(place uint32) *trace { return &s.traces[place] }

// touch reads of the trace of a cell what a look at it reads, which brings it into the processor's cache: see index.touch.
func (s *shard) touch(hash uint64) {
	if place, ok := s.index.seek(hash); ok {
		s.at(place).touch()
	}
}

func (s *shard) hashAt(place uint32) uint64 {
	return s.at(place).identity().hash
}

// lookup returns the place of a cell.
func (s *shard) lookup(id *identity) (place uint32, ok bool) {
	tag := tag(id.hash)
	for i := s.index.start(id.hash); s.index[i] != 0; i = s.index.next(i) {
		if entry := s.index[i]; entry&^maxPlaces == tag && s.at(placeOf(entry)).is(id) {
			return placeOf(entry), true
		}
	}
	return 0, false
}

// find returns the trace of a cell, or nil.
func (s *shard) find(id *identity) *trace {
	if place, ok := s.lookup(id); ok {
		return s.at(place)
	}
	return nil
}

// recall fills values for a run of cells of one identity.
func (s *shard) recall(id *identity, now int64, cells []Cell, values []Value) {
	var (
		t    = s.find(id)
		none trace
	)
	if t == nil {
		none = trace{key: id.key, kind: id.kind, step: id.step}
		t = &none
	}
	switch id.kind {
	case Count:
		recallCount(t, now, cells, values)
	case Distinct:
		s.recallDistinct(t, now, cells, values)
	case Label:
		recallLabel(t, now, cells, values)
	case Recent:
		s.recallRecent(t, now, cells, values)
	case Average:
		s.recallAverage(t, now, cells, values)
	default:
		clear(values[:len(cells)])
	}
}

func recallCount(t *trace, now int64, cells []Cell, values []Value) {
	mask, oldest := t.window(t.number(now))
	var v Value
	v.N = t.sum(mask)
	v.First, v.Last = t.times(mask, oldest)
	for i := range cells {
		if cells[i].Note {
			v.N++
		}
		values[i].N, values[i].First, values[i].Last = v.N, v.First, v.Last
	}
}

func recallLabel(t *trace, now int64, cells []Cell, values []Value) {
	var v Value
	if t.body[0] > uint64(now) {
		v = Value{N: 1, First: int64(t.body[1]), Last: t.last}
	}
	for i := range cells {
		if cells[i].Note && cells[i].Value > uint64(now) {
			v.N = 1
		}
		values[i].N, values[i].First, values[i].Last = v.N, v.First, v.Last
	}
}

// note adds a run of cells of one identity.
func (s *shard) note(id identity, now int64, cells []Cell) {
	if id.kind < Count || id.kind > Average {
		return
	}
	var t *trace
	for i := range cells {
		if !cells[i].Note {
			continue
		}
		if t == nil {
			t = s.findOrAdd(&id, now)
		}
		s.noteOne(t, now, cells[i].Value)
	}
}

func (s *shard) noteOne(t *trace, now int64, value uint64) {
	if t.kind == Label {
		noteLabel(t, now, value)
		return
	}
	n := t.number(now)
	gone, ok := t.gone(n)
	if !ok {
		return
	}
	if gone &= t.live; gone != 0 {
		s.forget(t, gone)
	}
	place := int(n % Steps)
	fresh := t.live>>place&1 == 0
	t.stamp(now, n)
	switch t.kind {
	case Count:
		t.countUp(place)
	case Distinct:
		s.noteValue(t, place, value)
	case Recent:
		s.noteItem(t, now, value)
	case Average:
		s.noteNumber(t, place, value, fresh)
	case Label: // has no steps
	}
}

func noteLabel(t *trace, now int64, until uint64) {
	until = min(until, maxMillis)
	if t.live == 0 {
		t.live, t.body[1] = 1, uint64(now)
	}
	t.body[0] = max(t.body[0], until)
	t.body[1] = min(t.body[1], uint64(now))
	t.last = max(t.last, now)
}

// forget empties steps of the ring.
func (s *shard) forget(t *trace, gone uint8) {
	t.live &^= gone
	switch t.kind {
	case Count:
		for ; gone != 0; gone &= gone - 1 {
			t.setCount(bits.TrailingZeros8(gone), 0)
		}
	case Distinct:
		s.forgetValues(t, gone)
	case Recent:
		s.forgetItems(t, gone)
	case Average:
		s.forgetNumbers(t, gone)
	case Label: // has no steps
	}
}

// findOrAdd returns the trace of a cell, a new one if there is none.
func (s *shard) findOrAdd(id *identity, now int64) *trace {
	if t := s.find(id); t != nil {
		return t
	}
	place := s.place(now)
	t := s.at(place)
	t.become(&trace{key: id.key, kind: id.kind, step: id.step})
	s.index.add(id.hash, place)
	s.used++
	return t
}

// place returns a free place, after making one if need be.
func (s *shard) place(now int64) uint32 {
	if s.placed < s.limit {
		s.placed++
		return uint32(s.placed - 1)
	}
	place := s.victim(now)
	if s.at(place).kind != 0 {
		s.remove(place, now)
	}
	return place
}

// victim returns which of the next few places is to make room: the first that is free or whose window is over, or else the one
// noted longest ago.
func (s *shard) victim(now int64) uint32 {
	var victim uint32
	oldest := int64(maxMillis) + 1
	for range probes {
		place := uint32(s.hand)
		s.hand = (s.hand + 1) % s.placed
		t := s.at(place)
		if t.kind == 0 || t.over(now) {
			return place
		}
		if t.last < oldest {
			victim, oldest = place, t.last
		}
	}
	return victim
}

// remove forgets the cell at a place.
func (s *shard) remove(place uint32, now int64) {
	t := s.at(place)
	if !t.over(now) {
		s.evicted++
	}
	s.index.remove(s.hashAt(place), place, s.hashAt)
	if t.size == outside {
		s.sets.free(uint32(t.body[0]))
	}
	t.kind, t.size = 0, 0
	s.used--
}

func (s *shard) bytes() int64 {
	return int64(s.placed)*sizeOf[trace]() + int64(len(s.index))*4 + s.sets.bytes() + sizeOf[shard]()
}
