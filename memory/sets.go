package memory

// sets are the entries of those cells that have more than fit into a trace, bounded in total.
type sets struct {
	all    []set
	unused []uint32
	held   int // entries that all sets together have room for
	limit  int
	hand   int // the next set to look at for room
}

type set struct {
	entries []uint64
	owner   uint32 // 1 + the place of the cell; 0: unused
}

// add makes a set with room for a number of entries, of the cell at a place, puts the first ones in and returns the set's number.
func (s *sets) add(owner uint32, entries []uint64, room int) uint32 {
	made := set{entries: append(make([]uint64, 0, room), entries...), owner: owner + 1}
	s.held += cap(made.entries)
	if n := len(s.unused); n > 0 {
		number := s.unused[n-1]
		s.unused = s.unused[:n-1]
		s.all[number] = made
		return number
	}
	s.all = append(s.all, made)
	return uint32(len(s.all) - 1)
}

// widen doubles the room of a set.
func (s *sets) widen(number uint32) {
	old := s.all[number].entries
	s.all[number].entries = append(make([]uint64, 0, 2*cap(old)), old...)
	s.held += cap(old)
}

func (s *sets) free(number uint32) {
	s.held -= cap(s.all[number].entries)
	s.all[number] = set{}
	s.unused = append(s.unused, number)
}

func (s *sets) bytes() int64 {
	return int64(s.held)*8 + int64(len(s.all))*(sizeOf[set]()+4)
}
