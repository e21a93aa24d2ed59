package memory

import (
	"math"
	"math/bits"
	"slices"
)

// An Average cell keeps one word for each live step, in the order of their places: the number of values in the lower bits and
// their sum above. Each stops at its largest number, so that the order of noting makes no difference: the mean of a step is right
// up to a million values in it of up to 16 million each, or 4096 of any size.
const (
	countBits = 20
	mostCount = 1<<countBits - 1
	mostSum   = 1<<(64-countBits) - 1
)

// recallAverage fills values for a run of cells of one identity.
func (s *shard) recallAverage(t *trace, now int64, cells []Cell, values []Value) {
	mask, oldest := t.window(t.number(now))
	first, last := t.times(mask, oldest)
	words := s.entries(t)
	var sum, count uint64 // below 2^53
	for live, i := t.live, 0; live != 0; live, i = live&(live-1), i+1 {
		place := bits.TrailingZeros8(live)
		if mask>>place&1 == 0 {
			continue
		}
		age := uint64(int64(place)-oldest) % Steps // from 0 for the oldest step
		sum += words[i] >> countBits << age
		count += words[i] & mostCount << age
	}
	mean := 0.0
	if count > 0 {
		mean = float64(sum) / float64(count)
	}
	for i := range cells {
		values[i].N, values[i].First, values[i].Last = mean, first, last
	}
}

// noteNumber adds a number to a place of the ring, which is live now; fresh says that it was not before.
func (s *shard) noteNumber(t *trace, place int, number uint64, fresh bool) {
	s.addNumbers(t, place, min(number, math.MaxUint32), 1, fresh)
}

// addNumbers adds a number of values and their sum to a place of the ring.
func (s *shard) addNumbers(t *trace, place int, sum, count uint64, fresh bool) {
	i := bits.OnesCount8(t.live & (1<<place - 1))
	if fresh {
		words := s.grow(t)
		copy(words[i+1:], words[i:])
		words[i] = 0
	}
	word := &s.entries(t)[i]
	sum = min(*word>>countBits+sum, mostSum)
	count = min(*word&mostCount+count, mostCount)
	*word = sum<<countBits | count
}

// forgetNumbers empties steps of the ring that were live.
func (s *shard) forgetNumbers(t *trace, gone uint8) {
	words := s.entries(t)
	for live, i := t.live|gone, 0; live != 0; live &= live - 1 {
		if gone>>bits.TrailingZeros8(live)&1 != 0 {
			words = slices.Delete(words, i, i+1)
		} else {
			i++
		}
	}
	s.resize(t, len(words))
}

// plausibleNumbers reports whether words are sums as a trace may have them.
func plausibleNumbers(t *trace, words []uint64) bool {
	for _, w := range words {
		if count := w & mostCount; count == 0 || w>>countBits > count*math.MaxUint32 {
			return false
		}
	}
	return len(words) == bits.OnesCount8(t.live)
}
