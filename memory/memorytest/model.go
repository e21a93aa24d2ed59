package memorytest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
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
			if v.N != want.N || !slices.Equal(v.Recent, want.Recent) || v.Last != want.Last || early < 0 || early > slack || (v.First == 0) != (want.First == 0) {
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
	var sum, weight float64
	for _, n := range notes {
		age := now/step - n.at/step
		if age < 0 || age >= memory.Steps || newest/step-n.at/step >= memory.Steps {
			continue
		}
		different[n.value] = true
		sum += float64(n.value) / float64(int64(1)<<age)
		weight += 1 / float64(int64(1)<<age)
		v.N++
		v.Last = newest
		if v.First == 0 || n.at < v.First {
			v.First = n.at
		}
	}
	switch {
	case c.Kind == memory.Distinct:
		v.N = float64(len(different))
	case c.Kind == memory.Average && v.N > 0:
		v.N = sum / weight
	case c.Kind == memory.Recent:
		v.Recent = expectRecent(notes, step, newest, now)
		v.N = float64(len(v.Recent))
	}
	return v, step / 32768
}

// expectRecent are the items of a window: of all notes that are remembered the latest, and of these those up to now.
func expectRecent(notes []noted, step, newest, now int64) (items []nospim.Item) {
	notes = slices.DeleteFunc(slices.Clone(notes), func(n noted) bool { return newest/step-n.at/step >= memory.Steps })
	slices.SortFunc(notes, func(a, b noted) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(uint64(a.value), uint64(b.value)))
	})
	for _, n := range notes[max(0, len(notes)-memory.MostRecent):] {
		if n.at <= now && now/step-n.at/step < memory.Steps {
			items = append(items, item(time.UnixMilli(n.at), uint64(n.value)))
		}
	}
	return items
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
