package memory

import (
	"math/bits"
	"sync"
)

// probes is how many traces are looked at to find the one that makes room for another.
const probes = 8

// shard is a bounded part of the cells, under one lock. Those that have little to say are small; one that has more moves to a whole
// trace. Each form has its places, so that a flood of cells that are noted once pushes out none that were noted more often.
type shard struct {
	mu    sync.Mutex
	index index
	few   pool
	many  pool
	small []small // by place
	whole []trace // by place, behind all the small ones
	sets  sets
	// evicted are those forgotten before their window was over.
	evicted int64
	_       [64]byte // two processors at two shards do not meet on a cache line
}

// wholes is how many of so many places are for whole traces.
func wholes(places int) int { return max(1, places/4) }

// init gives a shard its places and an index for them, all empty.
func (s *shard) init(small []small, whole []trace, index index) {
	s.small, s.whole, s.index = small, whole, index
	s.sets.limit = max(2*maxEntries, (len(small)+len(whole))*inline)
	s.begin()
}

// begin makes all places fresh.
func (s *shard) begin() {
	s.few, s.many, s.evicted = pool{limit: len(s.small)}, pool{from: uint32(len(s.small)), limit: len(s.whole)}, 0
}

// isSmall reports which form a place is for.
func (s *shard) isSmall(place uint32) bool { return int(place) < len(s.small) }

func (s *shard) wholeAt(place uint32) *trace { return &s.whole[int(place)-len(s.small)] }

// touch has the processor fetch the cell at a place.
func (s *shard) touch(place uint32) {
	if s.isSmall(place) {
		s.small[place].touch()
	} else {
		s.wholeAt(place).touch()
	}
}

// touchEntries has the processor fetch the first of the entries that cells keep outside, and returns how many runs are of this shard.
func (s *shard) touchEntries(runs []sought) (n int) {
	for n < len(runs) && runs[n].shard == runs[0].shard {
		if g := &runs[n]; g.found && !s.isSmall(g.place) {
			if e := s.entries(s.wholeAt(g.place)); len(e) > 0 {
				prefetch(&e[0])
			}
		}
		n++
	}
	return n
}

// identityAt returns which cell stands at a place; its kind is 0 where none does.
func (s *shard) identityAt(place uint32) identity {
	if s.isSmall(place) {
		return s.small[place].identity()
	}
	return s.wholeAt(place).identity()
}

func (s *shard) hashAt(place uint32) uint64 { return s.identityAt(place).hash }

// lookup returns the place of a cell.
func (s *shard) lookup(id *identity) (place uint32, ok bool) {
	tag := tag(id.hash)
	for i := s.index.start(id.hash); s.index[i] != 0; i = s.index.next(i) {
		if s.index[i]&^maxPlaces != tag {
			continue
		}
		if place = placeOf(s.index[i]); s.is(place, id) {
			return place, true
		}
	}
	return 0, false
}

// is reports whether it is a cell that stands at a place.
func (s *shard) is(place uint32, id *identity) bool {
	if s.isSmall(place) {
		return s.small[place].is(id)
	}
	return s.wholeAt(place).is(id)
}

// view returns the trace at a place, to be looked at: a small one in room.
func (s *shard) view(place uint32, room *trace) *trace {
	if s.isSmall(place) {
		s.small[place].unpack(room)
		return room
	}
	return s.wholeAt(place)
}

// find finds the place of a run of cells, where it is guessed to be or elsewhere, and reports whether there is one.
func (s *shard) find(run *sought) bool {
	if !run.found || !s.is(run.place, &run.id) {
		run.place, run.found = s.lookup(&run.id)
	}
	return run.found
}

// recall fills values, which are empty, for a run of cells.
func (s *shard) recall(run *sought, now int64, cells []Cell, values []Value) {
	var (
		room trace
		t    = &room
		id   = &run.id
	)
	switch {
	case s.find(run):
		t = s.view(run.place, &room)
	case !anyNoted(cells):
		return // values are empty
	default:
		room.key, room.kind, room.step = id.key, id.kind, id.step
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
	if anyNoted(cells) {
		s.noteRun(&sought{id: id}, now, cells)
	}
}

// noteRun adds a run of cells, in some of which something is to be noted.
func (s *shard) noteRun(run *sought, now int64, cells []Cell) {
	if run.id.kind < Count || run.id.kind > Average {
		return
	}
	if !s.find(run) {
		run.place, run.found = s.add(&run.id, now), true
	}
	var room trace
	place := run.place
	for i := range cells {
		if !cells[i].Note {
			continue
		}
		if s.isSmall(place) && s.small[place].countUp(now) {
			continue
		}
		t := s.view(place, &room)
		s.noteOne(t, now, cells[i].Value)
		place = s.keep(place, t, now)
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

// findOrAdd returns the place of a cell, a new one if there is none. The caller notes something in it, and keeps that.
func (s *shard) findOrAdd(id *identity, now int64) uint32 {
	place, ok := s.lookup(id)
	if !ok {
		place = s.add(id, now)
	}
	return place
}

// add makes a cell and returns its place.
func (s *shard) add(id *identity, now int64) uint32 {
	place := s.take(&s.few, now)
	s.small[place].become(id)
	s.index.add(id.hash, place)
	return place
}

// keep takes back a trace that was viewed and changed, and returns the place that it has from now on: a small one that has more to say
// than it can moves.
func (s *shard) keep(place uint32, t *trace, now int64) uint32 {
	if !s.isSmall(place) || s.small[place].pack(t) {
		return place
	}
	return s.move(place, t, now)
}

// widen moves a cell to a whole trace, so that any number of values can be added to it, and returns its place.
func (s *shard) widen(place uint32, now int64) uint32 {
	if !s.isSmall(place) {
		return place
	}
	var room trace
	return s.move(place, s.view(place, &room), now)
}

// move makes a small cell a whole trace.
func (s *shard) move(place uint32, t *trace, now int64) uint32 {
	to := s.take(&s.many, now)
	s.wholeAt(to).become(t)
	s.index.move(s.hashAt(place), place, to)
	s.release(place)
	return to
}
