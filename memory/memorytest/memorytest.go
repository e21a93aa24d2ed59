// Package memorytest is the contract that every [memory.Memory] keeps.
package memorytest

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// start is when the tests begin: the start of a step of every window up to eight days.
var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// Run runs the contract. Open returns a new, empty memory that has room for at least 5,000 cells and 5,000 events and for fewer
// than 300,000 cells; it closes what needs closing by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) memory.Memory) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, open func(t *testing.T) memory.Memory)
	}{
		{"a window slides in steps", testSlides},
		{"own note is recalled before it is noted", testOwnNote},
		{"first and last", testFirstLast},
		{"what is older than the window is passed over", testLate},
		{"cells with other keys, kinds or windows are apart", testApart},
		{"a label holds until its latest time", testLabel},
		{"distinct values of a run", testRun},
		{"distinct values are exact while few", testDistinctFew},
		{"distinct values are estimated when many", testDistinctMany},
		{"distinct values are exact again", testDistinctAgain},
		{"the newest values are kept", testRecent},
		{"of values of one moment the largest are kept", testRecentTies},
		{"recent values as of before", testRecentBefore},
		{"recent values cost what they are", testRecentSizes},
		{"an average weighs by age", testAverage},
		{"an average stops at its limits", testAverageMost},
		{"an event is judged once", testOnce},
		{"an event is noted once, also at once", testOnceAtOnce},
		{"an event without a verdict", testNoVerdict},
		{"concurrent notes lose nothing", testConcurrent},
		{"order makes no difference", testOrder},
		{"frames count once in any order", testFrames},
		{"a snapshot keeps everything", testSnapshot},
		{"a snapshot beside judging never counts twice", testSnapshotBeside},
		{"a damaged snapshot is refused", testDamaged},
		{"bounded under a flood of keys", testBounded},
		{"any time and any window", testExtremes},
		{"recall and note do not allocate", testAllocations},
		{"campaigns are the same in any order", testCampaigns},
		{"a copy does not allocate", testCampaignAllocations},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open) })
	}
}

// count, distinct and label make cells that are noted.
func count(name string, window time.Duration) memory.Cell {
	return memory.Cell{Key: hash(name), Kind: memory.Count, Window: window, Note: true}
}

func distinct(name string, window time.Duration, value uint64) memory.Cell {
	return memory.Cell{Key: hash(name), Kind: memory.Distinct, Window: window, Value: value, Note: true}
}

func label(name string, until time.Time) memory.Cell {
	return memory.Cell{Key: hash(name), Kind: memory.Label, Value: uint64(until.UnixMilli()), Note: true}
}

// only returns the cells as they are recalled without a note of their own.
func only(cells ...memory.Cell) []memory.Cell {
	unnoted := make([]memory.Cell, len(cells))
	for i, c := range cells {
		c.Note = false
		unnoted[i] = c
	}
	return unnoted
}

// note notes cells of no event.
func note(m memory.Memory, at time.Time, cells ...memory.Cell) {
	m.Note(&memory.Note{At: at, Cells: cells})
}

// recall recalls cells of no event.
func recall(m memory.Memory, at time.Time, cells ...memory.Cell) []memory.Value {
	var r memory.Recalled
	m.Recall(&memory.Note{At: at, Cells: cells}, &r)
	return r.Values
}

// same reports whether two values say the same.
func same(a, b memory.Value) bool {
	return a.N == b.N && a.First == b.First && a.Last == b.Last && slices.Equal(a.Recent, b.Recent)
}

// number recalls the N of one cell without a note of its own.
func number(m memory.Memory, at time.Time, c memory.Cell) float64 {
	return recall(m, at, only(c)...)[0].N
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// event returns the hash of an event's number.
func event(n int) memory.Hash {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	return memory.Hash{hash("event" + string(b[:])), uint64(n)}
}

func verdict(id string) *nospim.Verdict {
	return &nospim.Verdict{
		EventID: id, Action: nospim.Hold, Wanted: nospim.Reject, Score: 9.5, Required: 8, Policy: "sha256:0",
		Signals: []nospim.Signal{{Symbol: "FAN_OUT", Score: 9.5, Why: "12 strangers in a minute", Entities: []nospim.Entity{{Kind: nospim.EntityAccount, ID: "bot@chat.example"}}}},
		Labels:  []nospim.Label{{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: "bot@chat.example"}, Name: "spimmer", Until: start.Add(time.Hour)}},
	}
}

func wantN(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
