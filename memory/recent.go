package memory

import "github.com/nospim/nospim"

// A Recent cell keeps items of two words, the time and the value, sorted by both: the newest is the last. Of all notes in the
// ring it keeps the MostRecent largest, so that the order of noting makes no difference: an item that has to go has that many
// newer ones, and those leave the ring after it.
const (
	itemWords = 2
	mostWords = itemWords * MostRecent
)

// recallRecent fills values for a run of cells of one identity. The first one has the items.
func (s *shard) recallRecent(t *trace, now int64, cells []Cell, values []Value) {
	mask, oldest := t.window(t.number(now))
	first, last := t.times(mask, oldest)
	from := uint64(max(0, oldest)) * uint64(t.step)
	recent := values[0].Recent[:0]
	words := s.entries(t)
	for i := 0; i < len(words) && words[i] <= uint64(now); i += itemWords {
		if words[i] >= from {
			recent = append(recent, nospim.Item{At: int64(words[i]), Of: uint32(words[i+1] >> 32), With: uint32(words[i+1])})
		}
	}
	values[0].Recent = recent
	for i := range cells {
		values[i].N, values[i].First, values[i].Last = float64(len(recent)), first, last
	}
}

// noteItem adds an item.
func (s *shard) noteItem(t *trace, now int64, value uint64) {
	words := s.entries(t)
	i := len(words) // behind all items that are not larger
	for i > 0 && (words[i-2] > uint64(now) || words[i-2] == uint64(now) && words[i-1] > value) {
		i -= itemWords
	}
	if len(words) == mostWords {
		if i == 0 {
			return
		}
		i -= itemWords
		copy(words[:i], words[itemWords:i+itemWords])
	} else {
		s.grow(t)
		words = s.grow(t)
		copy(words[i+itemWords:], words[i:])
	}
	words[i], words[i+1] = uint64(now), value
}

// forgetItems empties steps of the ring.
func (s *shard) forgetItems(t *trace, gone uint8) {
	words := s.entries(t)
	n := 0
	for n < len(words) && gone>>(t.number(int64(words[n]))%Steps)&1 != 0 {
		n += itemWords
	}
	s.resize(t, copy(words, words[n:]))
}

// plausibleItems reports whether words are items as a trace may have them.
func plausibleItems(t *trace, words []uint64) bool {
	n := len(words)
	if n == 0 || n%itemWords != 0 || n > mostWords || words[n-2] != uint64(t.last) {
		return false
	}
	var steps uint8
	head := t.number(t.last)
	for i := 0; i < n; i += itemWords {
		if i > 0 && (words[i] < words[i-2] || words[i] == words[i-2] && words[i+1] < words[i-1]) {
			return false
		}
		number := t.number(int64(words[i]))
		if number <= head-Steps {
			return false
		}
		steps |= 1 << (number % Steps)
	}
	return steps == t.live || n == mostWords && steps&^t.live == 0
}
