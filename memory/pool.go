package memory

// pool says which places of one form are in use. Fresh ones are given out before any cell has to make room.
type pool struct {
	from   uint32 // the first place
	limit  int    // how many there are
	placed int    // how many were ever in use
	used   int
	hand   int    // the next one to look at for room, counted from the first
	free   uint32 // 1 + the place that became free last, which names the one before it likewise
}

// take returns a free place, after making one if need be.
func (s *shard) take(p *pool, now int64) uint32 {
	if p.free == 0 && p.placed == p.limit {
		s.remove(s.victim(p, now), now)
	}
	p.used++
	if p.free == 0 {
		p.placed++
		return p.from + uint32(p.placed-1)
	}
	place := p.free - 1
	p.free = s.nextFree(place)
	return place
}

func (s *shard) nextFree(place uint32) uint32 {
	if s.isSmall(place) {
		return uint32(s.small[place].more)
	}
	return uint32(s.wholeAt(place).body[0])
}

// release gives a place back; the index does not know it any more.
func (s *shard) release(place uint32) {
	if s.isSmall(place) {
		s.small[place].free(s.few.free)
		s.few.used--
		s.few.free = place + 1
		return
	}
	t := s.wholeAt(place)
	t.kind, t.size, t.body[0] = 0, 0, uint64(s.many.free)
	s.many.used--
	s.many.free = place + 1
}

// victim returns which of the next few places makes room where all are in use: the first whose window is over, or else the one noted
// longest ago.
func (s *shard) victim(p *pool, now int64) uint32 {
	var victim uint32
	oldest := int64(maxMillis) + 1
	for range probes {
		place := p.from + uint32(p.hand)
		if p.hand++; p.hand == p.placed {
			p.hand = 0
		}
		last, over := s.state(place, now)
		if over {
			return place
		}
		if last < oldest {
			victim, oldest = place, last
		}
	}
	return victim
}

// state returns when the cell at a place was noted last, and whether its window is over.
func (s *shard) state(place uint32, now int64) (last int64, over bool) {
	if s.isSmall(place) {
		m := &s.small[place]
		return m.last(), m.over(now)
	}
	t := s.wholeAt(place)
	return t.last, t.over(now)
}

// remove forgets the cell at a place.
func (s *shard) remove(place uint32, now int64) {
	if _, over := s.state(place, now); !over {
		s.evicted++
	}
	s.index.remove(s.hashAt(place), place, s.hashAt)
	if !s.isSmall(place) {
		if t := s.wholeAt(place); t.size == outside {
			s.sets.free(uint32(t.body[0]))
		}
	}
	s.release(place)
}

// next returns the first place from one on that holds a cell; ok is false behind the last.
func (s *shard) next(place uint32) (at uint32, ok bool) {
	for ; place < s.end(); place++ {
		if place = s.skip(place); place < s.end() && s.holds(place) {
			return place, true
		}
	}
	return place, false
}

// end is the place behind the last that was ever in use.
func (s *shard) end() uint32 { return s.many.from + uint32(s.many.placed) }

// skip passes over the places of small ones that were never in use.
func (s *shard) skip(place uint32) uint32 {
	if place < s.many.from && int(place) >= s.few.placed {
		return s.many.from
	}
	return place
}

func (s *shard) holds(place uint32) bool {
	if s.isSmall(place) {
		return s.small[place].kind() != 0
	}
	return s.wholeAt(place).kind != 0
}

func (s *shard) used() int { return s.few.used + s.many.used }

func (s *shard) bytes() int64 {
	return int64(s.few.placed)*sizeOf[small]() + int64(s.many.placed)*sizeOf[trace]() + int64(len(s.index))*4 + s.sets.bytes() + sizeOf[shard]()
}
