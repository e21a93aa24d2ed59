package memory

import "math/bits"

// merged is how many cells of a delta are looked up ahead: see Local.touch.
const merged = 32

// merge takes a delta. How many of its events were known already is returned: those that two nodes judged before they heard of
// each other, which count twice. The events come last: where one is known, what it left behind is.
func (m *Local) merge(d *Delta) (twice int) {
	m.copies.mergeCopies(d)
	for from := 0; from < len(d.cells); from += merged {
		some := d.cells[from:min(from+merged, len(d.cells))]
		for i := range some {
			id := some[i].trace.identity()
			m.shardOf(id).index.touch(id.hash)
		}
		for i := range some {
			c := &some[i]
			id := c.trace.identity()
			s := m.shardOf(id)
			s.mu.Lock()
			s.merge(&id, &c.trace, d.entries[c.from:c.to])
			s.mu.Unlock()
		}
	}
	for _, event := range d.Events {
		if _, first := m.eventsOf(event).claim(event, nil); !first {
			twice++
		}
	}
	return twice
}

// merge adds a trace to that of the same cell, as if all its notes were noted. A note that the trace has forgotten lies outside the
// ring that ends with its newest note, and so outside the ring that ends with the newest of both: nothing is missing.
func (s *shard) merge(id *identity, from *trace, entries []uint64) {
	place := s.findOrAdd(id, from.last)
	if len(entries) > inline/2 { // beside what a small one has, there may be no room for them within a trace
		place = s.widen(place, from.last)
	}
	var room trace
	t := s.view(place, &room)
	s.mergeTrace(t, from, entries)
	s.keep(place, t, from.last)
}

func (s *shard) mergeTrace(t, from *trace, entries []uint64) {
	if t.kind == Label {
		noteLabel(t, int64(from.body[1]), from.body[0])
		noteLabel(t, from.last, from.body[0])
		return
	}
	head := t.number(from.last)
	gone, ok := t.gone(head)
	if !ok {
		return
	}
	if gone &= t.live; gone != 0 {
		s.forget(t, gone)
	}
	taken := span(max(head, t.number(t.last))-Steps+1, head) & from.live
	t.last = max(t.last, from.last)
	for mask := taken; mask != 0; mask &= mask - 1 {
		s.mergeStep(t, from, bits.TrailingZeros8(mask), entries)
	}
	switch t.kind {
	case Distinct:
		s.mergeValues(t, entries, taken)
		t.full |= from.full & taken
	case Recent:
		s.mergeItems(t, entries, taken)
	case Count, Average, Label: // have been merged
	}
}

// mergeStep adds one step of the ring, but for what Distinct and Recent keep of all steps together.
func (s *shard) mergeStep(t, from *trace, place int, entries []uint64) {
	bit := uint8(1) << place
	fresh := t.live&bit == 0
	if t.live |= bit; fresh {
		t.first[place] = from.first[place]
	} else {
		t.first[place] = min(t.first[place], from.first[place])
	}
	switch t.kind {
	case Count:
		t.countBy(place, from.count(place))
	case Average:
		w := entries[bits.OnesCount8(from.live&(bit-1))]
		s.addNumbers(t, place, w>>countBits, w&mostCount, fresh)
	case Distinct, Recent, Label: // keep nothing for each step
	}
}

func (s *shard) mergeValues(t *trace, entries []uint64, taken uint8) {
	for _, e := range entries {
		for mask := uint8(e) & taken; mask != 0; mask &= mask - 1 {
			s.noteEntry(t, bits.TrailingZeros8(mask), e&^stepBits)
		}
	}
}

func (s *shard) mergeItems(t *trace, entries []uint64, taken uint8) {
	for i := 0; i < len(entries); i += itemWords {
		at := int64(entries[i])
		if taken>>(t.number(at)%Steps)&1 != 0 {
			s.noteItem(t, at, entries[i+1])
		}
	}
}
