package memory

import (
	"math/bits"
	"slices"
)

// A Distinct cell keeps entries, sorted and each hash once. An entry is the upper 56 bits of a value's hash and, in the lower 8
// bits, the steps of the ring in which the value was noted. Of each step the Exact smallest hashes are kept, so that the union
// of steps is a plain scan, and does not depend on the order of noting.
//
// While no step of the window has had more than Exact values, the union is exact. Otherwise let τ be the smallest of the
// largest hashes kept of such steps, as a fraction of all hashes. Below τ nothing is missing: the m hashes of the union up to τ
// estimate (m-1)/τ values, with a standard error of about 1/sqrt(m-2), and m is at least Exact (bottom-k or k minimum values:
// Bar-Yossef et al., RANDOM 2002; Beyer et al., SIGMOD 2007, for the union).
const (
	stepBits   = 0xff
	maxEntries = Steps * Exact
)

// entryOf returns the entry of a value, without steps.
func entryOf(value uint64) uint64 { return mix(value) &^ stepBits }

// search returns where an entry stands, or would stand.
func search(entries []uint64, entry uint64) (i int, found bool) {
	lo, hi := 0, len(entries)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if entries[mid] < entry {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(entries) && entries[lo]&^stepBits == entry
}

// recallDistinct fills values for a run of cells of one identity.
func (s *shard) recallDistinct(t *trace, now int64, cells []Cell, values []Value) {
	mask, oldest := t.window(t.number(now))
	entries := s.entries(t)
	u := s.united(t, mask)
	var v Value
	v.First, v.Last = t.times(mask, oldest)
	var seen *sieve
	if len(cells) > 1 {
		seen = new(sieve)
	}
	for i := range cells {
		if c := &cells[i]; c.Note {
			e := entryOf(c.Value)
			if e <= u.most && !contains(entries, e, mask) && (seen.isNew(e) || !noted(cells[:i], c.Value)) {
				u.known++
			}
		}
		v.N = u.estimate()
		values[i].N, values[i].First, values[i].Last = v.N, v.First, v.Last
	}
}

// noted reports whether a value is among the cells of a run that are noted.
func noted(cells []Cell, value uint64) bool {
	for i := range cells {
		if cells[i].Note && cells[i].Value == value {
			return true
		}
	}
	return false
}

// sieve spares most of the looks back over a run, which may be a thousand cells long.
type sieve [64]uint64

// isNew marks an entry and reports whether it certainly was not marked before.
func (s *sieve) isNew(entry uint64) bool {
	if s == nil {
		return false
	}
	word, bit := &s[entry>>58], uint64(1)<<(entry>>52&63)
	marked := *word&bit != 0
	*word |= bit
	return !marked
}

func contains(entries []uint64, entry uint64, mask uint8) bool {
	i, found := search(entries, entry)
	return found && uint8(entries[i])&mask != 0
}

// union is what is known of the values of several steps.
type union struct {
	known int    // the number of different hashes up to most
	most  uint64 // the largest entry below which nothing is missing
	exact bool   // nothing is missing at all
}

// united returns the union of the steps in mask. Of many values that have not changed since the last time it touches but one.
func (s *shard) united(t *trace, mask uint8) union {
	entries, full, all := s.entries(t), t.full&mask, t.live&^mask == 0
	remembered := t.size == outside && full != 0 && all
	if known := t.body[bodyKnown]; remembered && uint8(known) == full {
		known >>= Steps
		return union{known: int(known), most: entries[known-1] | stepBits}
	}
	u := unite(entries, mask, full, all)
	if remembered {
		t.body[bodyKnown] = uint64(u.known)<<Steps | uint64(full)
	}
	return u
}

// unite counts the entries of the steps in mask; those in full have lost values. All says that there are entries of no other step.
func unite(entries []uint64, mask, full uint8, all bool) union {
	u := union{most: 1<<64 - 1, exact: full == 0}
	for i := len(entries) - 1; full != 0 && i >= 0; i-- {
		if hit := uint8(entries[i]) & full; hit != 0 {
			full &^= hit
			u.most = entries[i] | stepBits
			entries = entries[:i+1]
		}
	}
	if all {
		u.known = len(entries)
		return u
	}
	for _, e := range entries {
		if uint8(e)&mask != 0 {
			u.known++
		}
	}
	return u
}

func (u union) estimate() float64 {
	if u.exact {
		return float64(u.known)
	}
	const all = 1 << 64
	return float64(u.known-1) / (float64(u.most) / all)
}

// noteValue adds a value to a place of the ring.
func (s *shard) noteValue(t *trace, place int, value uint64) { s.noteEntry(t, place, entryOf(value)) }

// noteEntry adds an entry, without steps, to a place of the ring.
func (s *shard) noteEntry(t *trace, place int, entry uint64) {
	bit := uint64(1) << place
	if t.beyond(bit, entry) {
		return
	}
	entries := s.entries(t)
	i, found := search(entries, entry)
	if found && entries[i]&bit != 0 {
		return
	}
	if t.held(place) >= Exact {
		t.full |= uint8(bit)
		largest := lastOf(entries, bit)
		if i > largest {
			t.body[bodyTop] = entries[largest]&^stepBits | bit
			return
		}
		entries = s.dropValue(t, place, largest)
	}
	if found {
		entries[i] |= bit
	} else {
		entries = s.grow(t)
		copy(entries[i+1:], entries[i:])
		entries[i] = entry | bit
	}
	t.changed(entries, place)
}

// dropValue takes the entry at i out of a place of the ring.
func (s *shard) dropValue(t *trace, place, i int) []uint64 {
	t.body[bodyHeld] -= 1 << (8 * place)
	entries := s.entries(t)
	if entries[i] &^= 1 << place; entries[i]&stepBits == 0 {
		entries = slices.Delete(entries, i, i+1)
		s.resize(t, len(entries))
	}
	return entries
}

// What the body of a Distinct trace has beside the number of its set when its entries are kept outside: what follows from them, so
// that most notes and recalls need not look at them.
const (
	// bodyHeld is how many entries each step has, a byte each.
	bodyHeld = iota + 1
	// bodyTop is the largest entry of a full step with the bit of that step; 0 when it is not known.
	bodyTop
	// bodyKnown is union.known, shifted by Steps, and the steps that are full and for which it was worked out; 0 when it is not known.
	bodyKnown
)

// held is how many entries a place of the ring has. Inside, it counts none: they are too few for anybody to ask.
func (t *trace) held(place int) int {
	if t.size != outside {
		return 0
	}
	return int(uint8(t.body[bodyHeld] >> (8 * place)))
}

// beyond reports whether it is known that an entry is larger than all those that a full step keeps.
func (t *trace) beyond(bit, entry uint64) bool {
	top := t.body[bodyTop]
	return t.size == outside && t.full&uint8(bit) != 0 && top&stepBits == bit && entry > top
}

// changed brings the body up to date with entries, one of which was put into a place of the ring.
func (t *trace) changed(entries []uint64, place int) {
	switch {
	case t.size != outside:
	case t.body[bodyHeld] == 0:
		t.recount(entries)
	default:
		t.body[bodyHeld] += 1 << (8 * place)
		t.body[bodyTop], t.body[bodyKnown] = 0, 0
	}
}

// recount works out the body from entries that are kept outside.
func (t *trace) recount(entries []uint64) {
	t.body[bodyHeld], t.body[bodyTop], t.body[bodyKnown] = 0, 0, 0
	for mask := t.live; mask != 0; mask &= mask - 1 {
		place := bits.TrailingZeros8(mask)
		t.body[bodyHeld] |= uint64(countStep(entries, 1<<place)) << (8 * place)
	}
}

func countStep(entries []uint64, bit uint64) int {
	n := 0
	for _, e := range entries {
		if e&bit != 0 {
			n++
		}
	}
	return n
}

// lastOf returns the place of the largest entry of a step.
func lastOf(entries []uint64, bit uint64) int {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i]&bit != 0 {
			return i
		}
	}
	return -1
}

// forgetValues empties steps of the ring.
func (s *shard) forgetValues(t *trace, gone uint8) {
	t.full &^= gone
	entries := s.entries(t)
	kept := entries[:0]
	for _, e := range entries {
		if e &^= uint64(gone); e&stepBits != 0 {
			kept = append(kept, e)
		}
	}
	s.resize(t, len(kept))
	if t.size == outside {
		t.recount(kept)
	}
}

// entries returns the entries of a trace, to be changed in place.
func (s *shard) entries(t *trace) []uint64 {
	if t.size == outside {
		return s.sets.all[t.body[0]].entries
	}
	return t.body[:t.size]
}

// resize keeps the first n entries of a trace; few enough move back into it.
func (s *shard) resize(t *trace, n int) {
	if t.size != outside {
		t.size = uint8(n)
		return
	}
	set := uint32(t.body[0])
	entries := s.sets.all[set].entries[:n]
	s.sets.all[set].entries = entries
	if n > inline/2 {
		return
	}
	t.size = uint8(copy(t.body[:], entries))
	s.sets.free(set)
}

// grow returns the entries of a trace with one more at the end, which is not set.
func (s *shard) grow(t *trace) []uint64 {
	if t.size < inline {
		t.size++
		return t.body[:t.size]
	}
	if t.size == inline {
		id := t.identity()
		place, _ := s.lookup(&id)
		s.makeRoom(place, 2*inline, t.last)
		set := s.sets.add(place, t.body[:], 2*inline)
		t.body = [inline]uint64{uint64(set)}
		t.size = outside
	}
	set := &s.sets.all[t.body[0]]
	if n := len(set.entries); n == cap(set.entries) {
		s.makeRoom(set.owner-1, n, t.last)
		s.sets.widen(uint32(t.body[0]))
	}
	set.entries = set.entries[:len(set.entries)+1]
	return set.entries
}

// makeRoom forgets other cells with entries outside until n more fit, for the cell at a place.
func (s *shard) makeRoom(place uint32, n int, now int64) {
	for s.sets.held+n > s.sets.limit {
		victim, ok := s.setVictim(place, now)
		if !ok {
			return
		}
		s.remove(victim, now)
	}
}

// setVictim returns the place of whose set is to make room for another's: of the next few, the first whose window is over at a time, or
// else the one noted longest ago.
func (s *shard) setVictim(other uint32, now int64) (victim uint32, ok bool) {
	oldest := int64(0)
	for looked, seen := 0, 0; looked < len(s.sets.all) && seen < probes; looked++ {
		owner := s.sets.all[s.sets.hand].owner
		s.sets.hand = (s.sets.hand + 1) % len(s.sets.all)
		if owner == 0 || owner-1 == other {
			continue
		}
		last, over := s.state(owner-1, now)
		if over {
			return owner - 1, true
		}
		if seen++; !ok || last < oldest {
			victim, oldest, ok = owner-1, last, true
		}
	}
	return victim, ok
}
