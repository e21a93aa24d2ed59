package detect

import (
	"math/bits"
	"slices"
)

// Set is a set of 64-bit hashes, for lists of millions: 8 bytes each and little beside. It never changes; [Set.With] returns a changed
// one that shares nearly all with it. The zero Set is empty.
//
// The hashes lie sorted in buckets of some hundred that share their leading bits. So a look-up reads one header and halves one bucket,
// and a change copies the headers and the buckets that it touches, not the set.
type Set struct {
	shift   uint // what remains of a hash is the number of its bucket
	buckets [][]uint64
	n       int
}

// bucketSize is how many hashes a bucket has on average, up to twice as many after changes.
const bucketSize = 256

// NewSet makes a set, and sorts hashes on the way. It keeps them.
func NewSet(hashes []uint64) Set {
	slices.Sort(hashes)
	hashes = slices.Clip(slices.Compact(hashes))
	if len(hashes) == 0 {
		return Set{}
	}
	width := bits.Len(uint(len(hashes)-1) / bucketSize)
	s := Set{shift: 64 - uint(width), buckets: make([][]uint64, 1<<width), n: len(hashes)}
	for len(hashes) > 0 {
		b := hashes[0] >> s.shift
		end := len(hashes)
		if b < uint64(len(s.buckets)-1) {
			end, _ = slices.BinarySearch(hashes, (b+1)<<s.shift)
		}
		s.buckets[b] = hashes[:end:end]
		hashes = hashes[end:]
	}
	return s
}

// Len is how many hashes there are.
func (s *Set) Len() int { return s.n }

// Has reports whether a hash is in the set. It allocates nothing.
func (s *Set) Has(h uint64) bool {
	if s.n == 0 {
		return false
	}
	_, found := slices.BinarySearch(s.buckets[h>>s.shift], h)
	return found
}

// With returns the set without those that are gone and with those to add.
func (s *Set) With(add, gone []uint64) Set {
	if s.n == 0 || s.n+len(add) > 2*bucketSize*len(s.buckets) {
		return s.rebuilt(add, gone)
	}
	changed := Set{shift: s.shift, buckets: slices.Clone(s.buckets), n: s.n}
	own := map[uint64]bool{} // buckets that are copies already
	bucket := func(h uint64) *[]uint64 {
		b := h >> changed.shift
		if !own[b] {
			own[b], changed.buckets[b] = true, slices.Clone(changed.buckets[b])
		}
		return &changed.buckets[b]
	}
	for _, h := range gone {
		if changed.Has(h) {
			b := bucket(h)
			at, _ := slices.BinarySearch(*b, h)
			*b = slices.Delete(*b, at, at+1)
			changed.n--
		}
	}
	for _, h := range add {
		if !changed.Has(h) {
			b := bucket(h)
			at, _ := slices.BinarySearch(*b, h)
			*b = slices.Insert(*b, at, h)
			changed.n++
		}
	}
	return changed
}

// rebuilt is With for a set that is outgrown.
func (s *Set) rebuilt(add, gone []uint64) Set {
	all := make([]uint64, 0, s.n+len(add))
	for _, b := range s.buckets {
		all = append(all, b...)
	}
	if len(gone) > 0 {
		out := NewSet(slices.Clone(gone))
		all = slices.DeleteFunc(all, out.Has)
	}
	return NewSet(append(all, add...))
}
