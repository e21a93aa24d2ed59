// Package memory keeps what fades: counters, distinct counts, labels with expiry, and the events judged lately. It is in
// process and bounded; nothing in it waits for the network or the disk. What it forgets is relearned.
//
// Everything is noted by the time of the event, never by the time of arrival, and every kind of cell is commutative: the same
// notes in any order, some of them twice, make the same memory. That is what lets several nodes share one memory later.
//
// [Memory] is what the engine asks for, package memorytest is its contract, [Local] is the one that runs in process.
//
// # Windows
//
// A window slides in [Steps] steps. A step lasts window/Steps, rounded up to a whole millisecond, and steps are counted from the
// Unix epoch. A note of time t counts in a recall as of time at when
//
//	0 <= step(at) - step(t) < Steps
//
// so a recall covers the step that at lies in, as far as it has gone, and the seven before it: at least 7/8 of the window, at
// most the whole of it, on average 15/16. It never counts a note that is older than the window (beyond that rounding).
//
// A cell remembers the [Steps] steps that end with its newest note. A note that is older is passed over; a recall as of a time
// before the newest note sees as much of its window as is still remembered, and nothing of what lies after it. A note from the far
// future therefore blinds its cells until then: the caller lets no time in that it does not believe.
package memory

import (
	"io"
	"slices"
	"time"

	"github.com/nospim/nospim"
)

// Hash is 128 bits that stand for an event: service and id, salted. It is the idempotency key. The zero Hash stands for no
// event: what is noted under it is noted every time.
type Hash [2]uint64

// Kind says how a cell adds up. It is part of the cell's identity.
type Kind uint8

// The kinds of cell.
const (
	// Count adds one for each note.
	Count Kind = iota + 1
	// Distinct counts different values: exact up to [Exact] in a step of the window, above that estimated from the smallest
	// hashes (bottom-k, standard error about 1/sqrt(Exact-2), which is 12.7 %; less when several steps are that full).
	Distinct
	// Label is set until a time; the latest time wins.
	Label
	// Recent keeps the newest [MostRecent] values of the window with their times.
	Recent
	// Average is the mean of the values of the window, which weighs a step of the window twice as much as the one before it. It is
	// right up to a million values in a step of up to 16 million each, or 4096 of any size; beyond, sum and number stop.
	Average
)

// MostRecent is how many values a Recent cell keeps. Of values with the same time it keeps the largest.
const MostRecent = 32

// Exact is up to how many different values a Distinct cell is exact in each step of its window.
const Exact = 64

// Steps is in how many steps a window slides.
const Steps = 8

// Cell names one thing remembered, and what this event would add to it. Key, Kind and Window are its identity.
//
// A role with many values makes several cells of one identity that differ in Value. Where such cells follow each other in one
// call they are a run: what is recalled for each is as if it and those before it in the run were noted, so the last one counts
// all of the run. Apart from each other, each counts its own value only.
type Cell struct {
	// Key is the hash of the counter's identity and the entity it is kept by. Cells whose keys agree in the lower half live together,
	// which makes it cheap to recall several of them: it is a hash of the entity alone, as long as that has no more than some dozens.
	Key    uint64
	Kind   Kind
	Window time.Duration // 8 ms to a year; of no meaning for Label
	// Value is what Distinct counts: a hash. For Label: until when, in Unix milliseconds. What Recent keeps: a hash of Of in the
	// upper half, of With in the lower. What Average is the mean of: a number up to 2^32-1.
	Value uint64
	// Note says that the event is to be noted in this cell; otherwise the cell is only recalled.
	Note bool
}

// Value is what was recalled of one cell.
type Value struct {
	// N is the count or the distinct count in the window that ends now, with the event's own note included if Cell.Note;
	// for Label 1 while it holds and 0 afterwards; for Recent how many values follow, for Average the mean, both without the
	// event's own.
	N float64
	// Recent are the values that a Recent cell keeps up to the time of the recall, oldest first, without the event's own. Of a run,
	// the first cell has them.
	Recent []nospim.Item
	// First and Last are when the cell was first and last noted before this event, in Unix milliseconds; 0 when it was not noted
	// within the window. First is rounded down, by less than 1/32768 of a step, when a step is longer than 65 seconds. Last
	// lies after the time of the recall when a later event arrived sooner. For Label: while it holds, when it was first and
	// last noted since it is remembered.
	First, Last int64
}

// Recalled is all that is remembered for one event. It is reused from event to event.
type Recalled struct {
	// Values are what was recalled of Note.Cells, one for each.
	Values []Value
	// Campaign is what Note.Copy belongs to, with it added; without Copies it belongs to none.
	Campaign nospim.Campaign
	// Links are the uses of those of Note.Copy's links that people got before, by its campaign or its sender.
	Links []nospim.LinkUse

	group group
	seen  []sighting
	of    *Local // whose runs they are
	runs  []sought
}

// Resize makes room for n values. What they had kept outside is used again.
func (r *Recalled) Resize(n int) {
	r.Values = slices.Grow(r.Values[:0], n)[:n]
	for i := range r.Values {
		r.Values[i] = Value{Recent: r.Values[i].Recent[:0]}
	}
}

// Note is everything that one event asks for and leaves behind.
type Note struct {
	Event Hash
	At    time.Time
	Cells []Cell // those without Cell.Note are passed over
	// Recalled is what was last recalled of these cells, or nil: whoever has it is spared most of the search for them.
	Recalled *Recalled
	// Copy is the message as campaigns see it; nil when it is of no interest to them.
	Copy *Copy
	// Verdict answers the same event when it comes again. It is kept, and never changed.
	Verdict *nospim.Verdict
}

// Frame is what one node tells the others: notes, named so that a frame that arrives twice counts once.
type Frame struct {
	Node string
	// Seq grows by one with each frame of the node. Frames may overtake each other by up to [Reorder].
	Seq   uint64
	Notes []Note
	// Merged are notes that were merged cell by cell before they were sent; nil when there are none. See [Gather].
	Merged *Delta
}

// Reorder is by how many places a frame may come late. A frame that is later is passed over, because nobody remembers any more
// whether it has come before.
const Reorder = 4096

// Stats are for health and metrics.
type Stats struct {
	Cells  int // cells now remembered
	Events int // events whose verdicts are remembered
	Texts  int // texts by which campaigns are found
	// Campaigns are those that have two copies or more.
	Campaigns int
	Bytes     int64 // estimate of what the memory occupies
	CellBytes int64 // of these, what the cells and their index do
	Evicted   int64 // cells forgotten before their window was over, for want of room: > 0 means that counts may be too low
	Twice     int64 // events that were counted twice, because two nodes judged them before they heard of each other
}

// Memory is what the engine asks of a memory. All methods may be called at once from several goroutines.
type Memory interface {
	// Recall fills r with what is remembered, as of n.At; r.Values is as long as n.Cells. If the event was judged before, its
	// verdict is returned and r is left alone. It does not wait, and allocates only to make room for what r is reused for.
	Recall(n *Note, r *Recalled) *nospim.Verdict
	// Note remembers. It is idempotent by event: when the event has been noted before, nothing is added and the verdict of
	// the first note is returned; otherwise nil. Of several notes of one event at once, exactly one gets nil. A first note
	// without a verdict (from another node) leaves the place to the next one that has one: that one adds nothing and gets nil.
	Note(n *Note) (prior *nospim.Verdict)
	// Merge takes another node's frame. The order of frames does not matter, and a frame that comes twice counts once: fresh is
	// false the second time, and when it is too late.
	Merge(f *Frame) (fresh bool)
	// Snapshot writes everything; judging goes on meanwhile. What is noted while it is written may be missing from it, in
	// whole or in part, but an event that it does not know has left nothing in it. Restore reads it back into an empty
	// memory. Restore refuses what it does not understand with a [nospim.ErrInvalid], and then is empty.
	Snapshot(w io.Writer) error
	Restore(r io.Reader) error
	Stats() Stats
}
