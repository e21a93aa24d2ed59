package memory

import (
	"math"
	"math/bits"
	"time"
)

// identity is what tells one cell from another, with its hash.
type identity struct {
	key  uint64
	hash uint64
	step uint32 // milliseconds; 1 for Label
	kind Kind
}

// identify returns the identity of a cell.
func identify(c *Cell) identity {
	id := identity{key: c.Key, kind: c.Kind, step: c.step()}
	id.hash = hashOf(id.key, id.step, id.kind)
	return id
}

// step is that of the identity.
func (c *Cell) step() uint32 {
	if c.Kind == Label {
		return 1
	}
	return stepOf(c.Window)
}

// hashOf returns the hash of a cell. Those with one lower half of the key live together: in one shard, and by the index within a line
// of the processor's cache, so that whoever looks for all of them waits for the main memory once. What tells them apart there,
// the tag and the place in the line, is of the whole.
func hashOf(key uint64, step uint32, kind Kind) uint64 {
	return hashAt(homeOf(uint32(key)), key, step, kind)
}

// homeOf is what the hashes of cells with one lower half of the key have in common.
func homeOf(lower uint32) uint64 { return mix(uint64(lower)) }

// hashAt is hashOf for a cell whose home is known.
func hashAt(home, key uint64, step uint32, kind Kind) uint64 {
	const own = tagMask<<tagShift | lineMask
	cell := mix(key ^ uint64(kind)<<56 ^ uint64(step)*0x9e3779b97f4a7c15)
	return home&^own | cell&own
}

// stepOf returns the length of a window's step in milliseconds, rounded up.
func stepOf(window time.Duration) uint32 {
	const unit = Steps * time.Millisecond
	steps := (int64(window) + int64(unit) - 1) / int64(unit)
	return uint32(min(max(steps, 1), math.MaxUint32))
}

// trace is what is remembered of one cell: 72 bytes without pointers, so that the garbage collector has nothing to follow.
//
// A ring of Steps steps ends with the step that last lies in. The place of step number n in it, and its bit in the masks, is
// n % Steps. All of it is a function of the set of notes: no order of noting makes a difference.
type trace struct {
	key  uint64
	last int64 // the latest note, Unix milliseconds
	// body depends on the kind. Count: a count for each step, 32 bits each. Label: until when, and the first note, both in Unix
	// milliseconds. Distinct, Recent and Average: up to len(body) entries, or in body[0] where they are kept outside.
	body  [inline]uint64
	first [Steps]uint16 // the earliest note of each step: the time since the step began, shifted by shift
	step  uint32        // milliseconds
	kind  Kind          // 0: the place is free
	live  uint8         // the steps that have notes
	full  uint8         // Distinct: the steps that had more values than Exact
	size  uint8         // entries in body, or outside
}

const (
	// inline is how many entries fit into the trace: most senders write to no more people.
	inline = 4
	// outside is a trace's size when its entries are kept outside.
	outside = inline + 1
)

// become makes a free place the trace of a cell.
func (t *trace) become(from *trace) { *t = *from }

// touch has the processor fetch both lines of its cache that a trace may lie in.
func (t *trace) touch() {
	prefetch(&t.key)
	prefetch(&t.step)
}

func (t *trace) identity() identity {
	return identity{key: t.key, kind: t.kind, step: t.step, hash: hashOf(t.key, t.step, t.kind)}
}

func (t *trace) is(id *identity) bool {
	return t.key == id.key && t.kind == id.kind && t.step == id.step
}

// number returns in which step a time lies.
func (t *trace) number(ms int64) int64 { return int64(uint64(ms) / uint64(t.step)) }

// window returns which steps of the ring lie in the window that ends with step number n, and the number of the oldest of them.
func (t *trace) window(n int64) (mask uint8, oldest int64) {
	head := t.number(t.last)
	oldest = max(n, head) - Steps + 1
	return span(oldest, min(n, head)), oldest
}

// span returns the mask of the steps from one number to another, both included.
func span(from, to int64) uint8 {
	switch n := to - from + 1; {
	case n <= 0:
		return 0
	case n >= Steps:
		return math.MaxUint8
	default:
		return bits.RotateLeft8(1<<n-1, int(from%Steps))
	}
}

// gone returns which steps leave the ring when a note of step number n comes; ok is false when n itself is older than the ring.
func (t *trace) gone(n int64) (mask uint8, ok bool) {
	if t.live == 0 {
		return 0, true
	}
	head := t.number(t.last)
	return span(head+1, n), n > head-Steps
}

// stamp notes the time of a note of step number n.
func (t *trace) stamp(now, n int64) {
	place := n % Steps
	since := uint16((now - n*int64(t.step)) >> t.shift())
	if bit := uint8(1) << place; t.live&bit == 0 {
		t.live |= bit
		t.first[place] = since
	} else {
		t.first[place] = min(t.first[place], since)
	}
	t.last = max(t.last, now)
}

// shift is by how much the time since the start of a step is shifted to fit 16 bits: not at all up to 65 seconds.
func (t *trace) shift() int { return bits.Len32((t.step - 1) >> 16) }

// times returns First and Last of the steps in mask; oldest is the number of the oldest of them.
func (t *trace) times(mask uint8, oldest int64) (first, last int64) {
	mask &= t.live
	if mask == 0 {
		return 0, 0
	}
	n := oldest + int64(bits.TrailingZeros8(bits.RotateLeft8(mask, -int(oldest%Steps))))
	return n*int64(t.step) + int64(t.first[n%Steps])<<t.shift(), t.last
}

// over reports whether a cell has nothing more to say at a time, nor later.
func (t *trace) over(now int64) bool {
	if t.kind == Label {
		return t.body[0] <= uint64(now)
	}
	return t.number(now)-t.number(t.last) >= Steps
}

// count is the count of one place of the ring.
func (t *trace) count(place int) uint32 { return uint32(t.body[place/2] >> (place % 2 * 32)) }

func (t *trace) setCount(place int, n uint32) {
	shift := place % 2 * 32
	t.body[place/2] = t.body[place/2]&^(math.MaxUint32<<shift) | uint64(n)<<shift
}

// countUp adds one to a place of the ring, up to the largest number of 32 bits.
func (t *trace) countUp(place int) { t.countBy(place, 1) }

func (t *trace) countBy(place int, n uint32) {
	t.setCount(place, uint32(min(uint64(t.count(place))+uint64(n), math.MaxUint32)))
}

// sum adds up the counts of the steps in mask.
func (t *trace) sum(mask uint8) float64 {
	var n uint64
	for ; mask != 0; mask &= mask - 1 {
		n += uint64(t.count(bits.TrailingZeros8(mask)))
	}
	return float64(n)
}
