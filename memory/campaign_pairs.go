package memory

import "math/bits"

// pairs find texts that may be alike: by pairs of words that stand beside each other in the order of a sketch's bins. Two texts
// that share half of their words share one of these with a probability of 99 %.
//
// A pair has room for a line of the processor's cache: 16 texts. When there is no room, the oldest goes. An entry is the text's
// place and a tag of the pair, as in [index]. What it says is always checked against the text itself, so an entry that has
// outlived its text does no harm and is never searched for.
type pairs [][pairSize]uint32

const (
	pairSize = 16
	// mostKeys bounds by how many pairs a text is found.
	mostKeys = 32
	// pairsOfText is for how many pairs a text there is room on average.
	pairsOfText = 16
)

func newPairs(texts int) pairs {
	return make(pairs, 1<<bits.Len(uint(max(1, texts*pairsOfText/pairSize))))
}

func (p pairs) of(key uint32) *[pairSize]uint32 { return &p[key&uint32(len(p)-1)] }

// tagOf takes the upper bits of a key.
func tagOf(key uint32) uint32 { return key &^ maxPlaces }

// add puts a text first under a pair.
func (p pairs) add(key, place uint32) {
	b := p.of(key)
	copy(b[1:], b[:pairSize-1])
	b[0] = tagOf(key) | (place + 1)
}

// appendKeys appends the keys of a sketch's pairs. Where bins are few, pairs at a distance of two are taken, too; where they are
// many, half of the pairs, the same in every text.
func appendKeys(keys []uint32, mins *[32]uint16) []uint32 {
	var words [32]uint32
	n := 0
	for i, m := range mins {
		if m != 0 {
			words[n] = uint32(i)<<16 | uint32(m)
			n++
		}
	}
	if n < 3 {
		return keys
	}
	for i := range n {
		a, b := words[i], words[(i+1)%n]
		if key := pairKey(a, b); n <= 16 || key&(1<<19) == 0 {
			keys = append(keys, key)
		}
		if n <= 8 {
			keys = append(keys, pairKey(a, words[(i+2)%n]))
		}
	}
	return keys
}

// pairKey hashes a pair in either order.
func pairKey(a, b uint32) uint32 { return uint32(mix(uint64(min(a, b))<<32|uint64(max(a, b))) >> 32) }
