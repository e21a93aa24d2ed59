package memory

import (
	"math/bits"
	"sync"
)

const (
	// slabSize is how many traces are allocated at once. 128 of 80 bytes fill one of the allocator's size classes (10,240 bytes).
	slabSize = 128
	// probes is how many traces are looked at to find the one that makes room for another.
	probes = 8
)

// shard is a bounded part of the cells, under one lock.
type shard struct {
	mu      sync.Mutex
	heads   []uint32 // the index: chains of traces by the lower bits of their hash, as 1 + place in the slabs; 0 is none
	slabs   []*[slabSize]trace
	sets    sets
	placed  int // places of the slabs in use or free again
	used    int // places in use
	limit   int
	hand    int // the next place to look at for room
	evicted int64
}

func (s *shard) init(limit int) {
	s.limit = limit
	s.heads = make([]uint32, 1<<bits.Len(uint(limit)))
	s.sets.limit = max(2*maxEntries, limit*inline)
}

func (s *shard) at(place uint32) *trace { return &s.slabs[place/slabSize][place%slabSize] }

func (s *shard) head(hash uint64) *uint32 { return &s.heads[hash&uint64(len(s.heads)-1)] }

// find returns the trace of a cell, or nil.
func (s *shard) find(id *identity) *trace {
	for p := *s.head(id.hash); p != 0; {
		t := s.at(p - 1)
		if t.is(id) {
			return t
		}
		p = t.next
	}
	return nil
}

// recall fills values for a run of cells of one identity.
func (s *shard) recall(id identity, now int64, cells []Cell, values []Value) {
	var (
		t    = s.find(&id)
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
		values[i] = v
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
		values[i] = v
	}
}

// note adds a run of cells of one identity.
func (s *shard) note(id identity, now int64, cells []Cell) {
	if id.kind < Count || id.kind > Label {
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
	t.stamp(now, n)
	if place := int(n % Steps); t.kind == Count {
		t.countUp(place)
	} else {
		s.noteValue(t, place, value)
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
	if t.kind == Distinct {
		s.forgetValues(t, gone)
		return
	}
	for ; gone != 0; gone &= gone - 1 {
		t.setCount(bits.TrailingZeros8(gone), 0)
	}
}

// findOrAdd returns the trace of a cell, a new one if there is none.
func (s *shard) findOrAdd(id *identity, now int64) *trace {
	if t := s.find(id); t != nil {
		return t
	}
	place := s.place(now)
	t, head := s.at(place), s.head(id.hash)
	*t = trace{key: id.key, kind: id.kind, step: id.step, next: *head}
	*head = place + 1
	s.used++
	return t
}

// place returns a free place, after making one if need be.
func (s *shard) place(now int64) uint32 {
	if s.placed < s.limit {
		if s.placed == len(s.slabs)*slabSize {
			s.slabs = append(s.slabs, new([slabSize]trace))
		}
		s.placed++
		return uint32(s.placed - 1)
	}
	place := s.victim(now)
	if t := s.at(place); t.kind != 0 {
		s.remove(t, now)
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

// remove forgets a cell.
func (s *shard) remove(t *trace, now int64) {
	if !t.over(now) {
		s.evicted++
	}
	p := s.head(hashOf(t.key, t.step, t.kind))
	for s.at(*p-1) != t {
		p = &s.at(*p - 1).next
	}
	*p = t.next
	if t.size == outside {
		s.sets.free(uint32(t.body[0]))
	}
	*t = trace{}
	s.used--
}

func (s *shard) bytes() int64 {
	return int64(len(s.slabs))*slabSize*sizeOf[trace]() + int64(len(s.heads))*4 + s.sets.bytes() + sizeOf[shard]()
}
