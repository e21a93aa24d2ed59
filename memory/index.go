package memory

import (
	"math/bits"
	"sync/atomic"
)

// index finds the place of a hash: open addressing with linear probing, at most half full. An entry is 1 + the place in its lower
// bits and a tag of the hash above, so that a look past other hashes, or for one that is not there, touches no trace.
//
// Entries are written atomically, with the shard locked, because seek reads them without the lock.
type index []uint32

const (
	placeBits = 20
	maxPlaces = 1<<placeBits - 1
	// tagMask and tagShift say which bits of a hash the tag takes: neither those that select the shard (the upper ones) nor those
	// that select the start in the index (the lower ones). lineMask are of these the ones that select among the entries of a line.
	tagMask  = 1<<(32-placeBits) - 1
	tagShift = 44
	lineMask = 1<<4 - 1
)

// newIndex returns an index for a number of places, at most maxPlaces.
func newIndex(places int) index { return make(index, indexSize(places)) }

// indexSize is how many entries an index for a number of places has.
func indexSize(places int) int { return 2 << bits.Len(uint(places)) }

// entryFor returns the entry of a hash and a place.
func entryFor(hash uint64, place uint32) uint32 { return tag(hash) | (place + 1) }

func tag(hash uint64) uint32 { return uint32(hash>>(tagShift-placeBits)) &^ maxPlaces }

func placeOf(entry uint32) uint32 { return entry&maxPlaces - 1 }

func (x index) start(hash uint64) int { return int(hash & uint64(len(x)-1)) }

func (x index) next(i int) int { return (i + 1) & (len(x) - 1) }

// touch has the processor fetch what a look for a hash reads first.
func (x index) touch(hash uint64) { prefetch(&x[x.start(hash)]) }

// seek returns the first place whose tag is that of a hash, without the lock: a guess.
func (x index) seek(hash uint64) (place uint32, ok bool) {
	tag := tag(hash)
	for i := x.start(hash); ; i = x.next(i) {
		entry := atomic.LoadUint32(&x[i])
		if entry == 0 || entry&^maxPlaces == tag {
			return placeOf(entry), entry != 0
		}
	}
}

func (x index) set(i int, entry uint32) { atomic.StoreUint32(&x[i], entry) }

func (x index) clear() {
	for i, entry := range x {
		if entry != 0 {
			x.set(i, 0)
		}
	}
}

func (x index) add(hash uint64, place uint32) {
	i := x.start(hash)
	for x[i] != 0 {
		i = x.next(i)
	}
	x.set(i, entryFor(hash, place))
}

// move puts another place where one is.
func (x index) move(hash uint64, from, to uint32) {
	i := x.start(hash)
	for entry := entryFor(hash, from); x[i] != entry; {
		i = x.next(i)
	}
	x.set(i, entryFor(hash, to))
}

// remove takes out a place that is in, and closes the gap: entries behind it move up unless that took them before their start.
func (x index) remove(hash uint64, place uint32, hashAt func(place uint32) uint64) {
	gap := x.start(hash)
	for entry := entryFor(hash, place); x[gap] != entry; {
		gap = x.next(gap)
	}
	for i := x.next(gap); x[i] != 0; i = x.next(i) {
		start := x.start(hashAt(placeOf(x[i])))
		if distance := len(x) - 1; (i-start)&distance >= (i-gap)&distance {
			x.set(gap, x[i])
			gap = i
		}
	}
	x.set(gap, 0)
}
