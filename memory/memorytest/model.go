package memorytest

import (
	"testing"
	"time"

	"github.com/nospim/nospim/memory"
)

// noted is one note of one cell.
type noted struct{ at, value int64 }

// identity is what a note counts under.
type identity struct {
	key    uint64
	kind   memory.Kind
	window time.Duration
}

func identify(c *memory.Cell) identity {
	return identity{key: c.Key, kind: c.Kind, window: c.Window}
}

// compareModel compares answers with what the package comment of memory says, worked out from the list of all notes.
func compareModel(t *testing.T, notes []memory.Note, got [][]memory.Value) {
	t.Helper()
	all, seen := make(map[identity][]noted), make(map[memory.Hash]bool)
	for i := range notes {
		n := &notes[i]
		if seen[n.Event] {
			continue
		}
		seen[n.Event] = true
		for j := range n.Cells {
			if c := &n.Cells[j]; c.Note {
				all[identify(c)] = append(all[identify(c)], noted{n.At.UnixMilli(), int64(c.Value)})
			}
		}
	}
	cells, times := questions()
	compared := 0
	for i, at := range times {
		for j := range cells {
			if cells[j].Key == hash("busy") {
				continue // estimated
			}
			want, slack := expect(all[identify(&cells[j])], &cells[j], at.UnixMilli())
			v := got[i][j]
			early := want.First - v.First
			if v.N != want.N || v.Last != want.Last || early < 0 || early > slack || (v.First == 0) != (want.First == 0) {
				t.Fatalf("cell %+v at %s: %+v, the model says %+v", cells[j], at, v, want)
			}
			if want.N > 0 {
				compared++
			}
		}
	}
	if compared < 1000 {
		t.Fatalf("only %d answers were not empty: the test asks too little", compared)
	}
}

// expect is what a cell is to recall, and by how much First may be early.
func expect(notes []noted, c *memory.Cell, now int64) (v memory.Value, slack int64) {
	if c.Kind == memory.Label {
		return expectLabel(notes, now), 0
	}
	step := c.Window.Milliseconds() / memory.Steps
	var newest int64
	for _, n := range notes {
		newest = max(newest, n.at)
	}
	different := make(map[int64]bool)
	for _, n := range notes {
		age := now/step - n.at/step
		if age < 0 || age >= memory.Steps || newest/step-n.at/step >= memory.Steps {
			continue
		}
		different[n.value] = true
		v.N++
		v.Last = newest
		if v.First == 0 || n.at < v.First {
			v.First = n.at
		}
	}
	if c.Kind == memory.Distinct {
		v.N = float64(len(different))
	}
	return v, step / 32768
}

func expectLabel(notes []noted, now int64) memory.Value {
	var v memory.Value
	for _, n := range notes {
		if n.value > now {
			v.N = 1
		}
		v.Last = max(v.Last, n.at)
		if v.First == 0 || n.at < v.First {
			v.First = n.at
		}
	}
	if v.N == 0 {
		return memory.Value{}
	}
	return v
}
