// Package memory keeps what fades: counters, distinct counts, labels with expiry, and the events judged lately. It is in
// process and bounded; nothing in it waits for the network or the disk. What it forgets is relearned.
//
// Everything is noted by the time of the event, never by the time of arrival, and every kind of cell is commutative: the same
// notes in any order, some of them twice, make the same memory. That is what lets several nodes share one memory later.
package memory

import (
	"io"
	"time"

	"github.com/nospim/nospim"
)

// Hash is 128 bits that stand for an event: service and id, salted. It is the idempotency key.
type Hash [2]uint64

// Kind says how a cell adds up. It is part of the cell's identity.
type Kind uint8

// The kinds of cell.
const (
	// Count adds one for each note.
	Count Kind = iota + 1
	// Distinct counts different values: exact up to [Exact] in a step of the window, above that estimated from the smallest
	// hashes (bottom-k, standard error about 1/sqrt(Exact-2)).
	Distinct
	// Label is set until a time; the latest time wins.
	Label
)

// Exact is up to how many different values a Distinct cell is exact in each step of its window.
const Exact = 64

// Steps is in how many steps a window slides.
const Steps = 8

// Cell names one thing remembered, and what this event would add to it.
type Cell struct {
	// Key is the hash of the counter's identity and the entity it is kept by.
	Key    uint64
	Kind   Kind
	Window time.Duration
	// Value is what Distinct counts: a hash. For Label: until when, in Unix milliseconds.
	Value uint64
	// Note says that the event is to be noted in this cell; otherwise the cell is only recalled.
	Note bool
}

// Value is what was recalled of one cell.
type Value struct {
	// N is the count or the distinct count in the window that ends now, with the event's own note included if Cell.Note;
	// for Label 1 while it holds and 0 afterwards.
	N float64
	// First and Last are when the cell was first and last noted before this event, in Unix milliseconds; 0 when it is not known.
	First, Last int64
}

// Note is everything that one event leaves behind.
type Note struct {
	Event Hash
	At    time.Time
	Cells []Cell // those without Cell.Note are passed over
	// Verdict answers the same event when it comes again.
	Verdict *nospim.Verdict
}

// Frame is what one node tells the others: notes, named so that a frame that arrives twice counts once.
type Frame struct {
	Node  string
	Seq   uint64
	Notes []Note
}

// Stats are for health and metrics.
type Stats struct {
	Cells   int   // cells now remembered
	Events  int   // events whose verdicts are remembered
	Bytes   int64 // estimate of what the memory occupies
	Evicted int64 // cells forgotten before their window was over, for want of room: > 0 means that counts may be too low
}

// Memory is what the engine asks of a memory.
type Memory interface {
	// Recall fills values, one for each cell, as of the time at; both slices have the same length. If the event was judged
	// before, its verdict is returned and values are left alone. It neither allocates nor waits.
	Recall(event Hash, at time.Time, cells []Cell, values []Value) *nospim.Verdict
	// Note remembers. It is idempotent by event: when the event has been noted before, nothing is added and the verdict of
	// the first note is returned; otherwise nil.
	Note(n *Note) (prior *nospim.Verdict)
	// Merge takes another node's frame. The order of frames does not matter, and a frame that comes twice counts once.
	Merge(f *Frame)
	// Snapshot writes everything; Restore reads it back into an empty memory. Restore refuses what it does not understand
	// with a [nospim.ErrInvalid], and then is empty.
	Snapshot(w io.Writer) error
	Restore(r io.Reader) error
	Stats() Stats
}
