package memory

import (
	"math"
	"math/bits"
)

// small is a trace that has little to say, in 32 bytes: nearly all of them, since most of what is noted is noted once or twice. What it
// cannot say is kept as a whole trace; what it says is read and written by way of one, so that no kind of cell is of two forms.
//
// Beside the words below, 96 bits are for the kind: the upper half of more and all of word. A Count has up to five live steps: of each
// the first note (16 bits) and the count, in what the first notes leave: 32 bits of one or two, 16, 8 or 3 of more. A Distinct has one
// value in one or two steps, a Recent one item and an Average one step, with their first notes. A Label has all that there is of it.
type small struct {
	key  uint64
	when uint64 // last, and above it kind (3 bits) and live (8 bits)
	more uint64 // step (32 bits), and above it the rest
	word uint64
}

const (
	kindShift = 43 // what last needs
	liveShift = kindShift + 3
	moreShift = 32
	firstBits = 16
	// mostSteps is how many live steps a small Count has, inMore of how many first notes there is room in more.
	mostSteps, inMore = 5, 2
	// labelShift is where in word the lower bits of a Label's first note begin; the others are in more.
	labelShift = 43
	labelBits  = 64 - labelShift
)

func (m *small) kind() Kind   { return Kind(m.when >> kindShift & 7) }
func (m *small) last() int64  { return int64(m.when & maxMillis) }
func (m *small) step() uint32 { return uint32(m.more) }

func (m *small) touch() { prefetch(m) }

func (m *small) is(id *identity) bool {
	return m.key == id.key && m.kind() == id.kind && m.step() == id.step
}

func (m *small) identity() identity {
	return identity{key: m.key, kind: m.kind(), step: m.step(), hash: hashOf(m.key, m.step(), m.kind())}
}

// over is trace.over.
func (m *small) over(now int64) bool {
	if m.kind() == Label {
		return m.word&maxMillis <= uint64(now)
	}
	step := int64(m.step())
	return now/step-m.last()/step >= Steps
}

// become makes a free place that of a cell, of which nothing is known yet.
func (m *small) become(id *identity) {
	m.key, m.when, m.more, m.word = id.key, uint64(id.kind)<<kindShift, uint64(id.step), 0
}

// free makes it a free place, which names the next one.
func (m *small) free(next uint32) { m.when, m.more = 0, uint64(next) }

// unpack makes t say what the small one says. What a trace of its size and steps does not look at stays as it was.
func (m *small) unpack(t *trace) {
	t.key, t.last, t.step, t.kind = m.key, m.last(), m.step(), m.kind()
	t.live, t.full, t.size = uint8(m.when>>liveShift), 0, 0
	rest := m.more >> moreShift
	switch t.kind {
	case Count:
		m.unpackCounts(t, rest)
		return
	case Label:
		t.body[0], t.body[1] = m.word&maxMillis, m.word>>labelShift|rest<<labelBits
		return
	case Distinct, Average:
		t.body[0], t.size = m.word, 1
	case Recent:
		t.body[0], t.body[1], t.size = uint64(t.last), m.word, itemWords
	}
	if t.live == 0 { // nothing is known yet
		t.size = 0
	}
	for live := t.live; live != 0; live, rest = live&(live-1), rest>>firstBits {
		t.first[bits.TrailingZeros8(live)&(Steps-1)] = uint16(rest)
	}
}

// pack takes what a trace says, if there is room for it. The key and what else tells the cell from others stay as they are.
func (m *small) pack(t *trace) (ok bool) {
	rest, word := uint64(0), uint64(0)
	switch t.kind {
	case Count:
		rest, word, ok = packCounts(t)
	case Label:
		rest, word, ok = t.body[1]>>labelBits, t.body[0]|t.body[1]<<labelShift, true
	case Distinct:
		rest, word, ok = firsts(t), t.body[0], t.size == 1 && bits.OnesCount8(t.live) <= inMore && t.full == 0
	case Recent:
		rest, word, ok = firsts(t), t.body[1], t.size == itemWords && t.live&(t.live-1) == 0 && t.body[0] == uint64(t.last)
	case Average:
		rest, word, ok = firsts(t), t.body[0], t.size == 1
	}
	if ok {
		m.when = uint64(t.last) | uint64(t.kind)<<kindShift | uint64(t.live)<<liveShift
		m.more, m.word = uint64(t.step)|rest<<moreShift, word
	}
	return ok
}

// countUp adds one to a Count of one live step that a time lies in, which is what nearly all notes are; it is false of all others.
func (m *small) countUp(now int64) bool {
	live := uint8(m.when >> liveShift)
	if m.kind() != Count || live == 0 || live&(live-1) != 0 || m.word == math.MaxUint32 {
		return false
	}
	t := trace{step: m.step()}
	n, last := t.number(now), m.last()
	if n != t.number(last) {
		return false
	}
	m.word++
	m.when = m.when&^maxMillis | uint64(max(last, now))
	if since := uint64(t.since(now, n)); since < m.more>>moreShift {
		m.more = m.more&math.MaxUint32 | since<<moreShift
	}
	return true
}

// firsts are the first notes of up to inMore live steps.
func firsts(t *trace) (rest uint64) {
	live := t.live
	for i := 0; i < inMore && live != 0; i, live = i+1, live&(live-1) {
		rest |= uint64(t.first[bits.TrailingZeros8(live)&(Steps-1)]) << (i * firstBits)
	}
	return rest
}

// countWidth is how many bits each count of a small one has, by the number of live steps.
var countWidth = [mostSteps + 1]uint8{0, 32, 32, 16, 8, 3}

// packCounts puts the first notes of two steps into rest, those of more into word, and the counts above them.
func packCounts(t *trace) (rest, word uint64, ok bool) {
	if t.live&(t.live-1) == 0 { // nearly always
		place := bits.TrailingZeros8(t.live) & (Steps - 1)
		return uint64(t.first[place]), uint64(t.count(place)), true
	}
	n := bits.OnesCount8(t.live)
	if n > mostSteps {
		return 0, 0, false
	}
	width, at := int(countWidth[n]), max(0, n-inMore)*firstBits
	rest = firsts(t)
	for i, live := 0, t.live; live != 0; i, live = i+1, live&(live-1) {
		place := bits.TrailingZeros8(live) & (Steps - 1)
		if i >= inMore {
			word |= uint64(t.first[place]) << ((i - inMore) * firstBits)
		}
		count := uint64(t.count(place))
		if count>>width != 0 {
			return 0, 0, false
		}
		word |= count << at
		at += width
	}
	return rest, word, true
}

func (m *small) unpackCounts(t *trace, rest uint64) {
	t.body = [inline]uint64{}
	if t.live&(t.live-1) == 0 { // nearly always
		place := bits.TrailingZeros8(t.live) & (Steps - 1)
		t.first[place] = uint16(rest)
		t.setCount(place, uint32(m.word))
		return
	}
	n := min(bits.OnesCount8(t.live), mostSteps)
	width, at := int(countWidth[n]), max(0, n-inMore)*firstBits
	mask := uint64(1)<<width - 1
	for i, live := 0, t.live; live != 0; i, live = i+1, live&(live-1) {
		place := bits.TrailingZeros8(live) & (Steps - 1)
		if i == inMore {
			rest = m.word
		}
		t.first[place] = uint16(rest)
		rest >>= firstBits
		t.setCount(place, uint32(m.word>>at&mask))
		at += width
	}
}
