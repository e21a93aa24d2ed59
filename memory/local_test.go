package memory_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/memory/memorytest"
)

func TestContract(t *testing.T) {
	memorytest.Run(t, func(*testing.T) memory.Memory { return memory.New(memory.Limits{Cells: 50_000, Events: 10_000}) })
}

// TestLimits: whatever is noted, no more is remembered than was allowed.
func TestLimits(t *testing.T) {
	for _, limits := range []memory.Limits{{Cells: 2, Events: 1}, {Cells: 63, Events: 64}, {Cells: 130, Events: 200}, {Cells: 10_000, Events: 3000}} {
		t.Run(fmt.Sprint(limits), func(t *testing.T) {
			m := memory.New(limits)
			for i := range uint64(5 * limits.Cells) {
				m.Note(&memory.Note{Event: memory.Hash{i, i}, At: start, Verdict: allow(i), Cells: []memory.Cell{
					{Key: i, Kind: memory.Count, Window: time.Hour, Note: true},
				}})
				if i%97 != 0 {
					continue
				}
				if st := m.Stats(); st.Cells > limits.Cells || st.Events > limits.Events {
					t.Fatalf("after %d notes %+v", i+1, st)
				}
			}
			st := m.Stats()
			if st.Cells == 0 || st.Events == 0 || int64(st.Cells)+st.Evicted != int64(5*limits.Cells) {
				t.Errorf("afterwards %+v", st)
			}
		})
	}
}

// TestLongVerdicts: verdicts far over the average make fewer events remembered, not more memory used.
func TestLongVerdicts(t *testing.T) {
	m := memory.New(memory.Limits{Cells: 100, Events: 1000})
	long := &nospim.Verdict{EventID: "long", Signals: []nospim.Signal{{Why: strings.Repeat("why ", 2000)}}}
	for i := range uint64(5000) {
		m.Note(&memory.Note{Event: memory.Hash{i, 1}, At: start, Verdict: long})
	}
	if st := m.Stats(); st.Bytes > 800_000 || st.Events < 16 {
		t.Errorf("%+v: want at most 800,000 bytes and the latest events remembered", st)
	}
	if m.Recall(&memory.Note{Event: memory.Hash{4999, 1}, At: start}, new(memory.Recalled)) != long {
		t.Error("the latest event is not remembered")
	}
}

// TestSame: the same calls in the same order make the same memory, to the byte, also while cells are evicted.
func TestSame(t *testing.T) {
	var want []byte
	for range 2 {
		m, tr := memory.New(memory.Limits{Cells: 3000, Events: 500}), newTraffic(10_000)
		for i := range uint64(20_000) {
			n := tr.next(allow(i))
			m.Note(&n)
		}
		if m.Stats().Evicted == 0 {
			t.Fatal("nothing was evicted: the test is too small")
		}
		var snapshot bytes.Buffer
		if err := m.Snapshot(&snapshot); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = snapshot.Bytes()
		} else if !bytes.Equal(snapshot.Bytes(), want) {
			t.Fatal("the second memory differs from the first")
		}
	}
}

// TestSnapshotShort: verdicts that differ in the event's id only are written once.
func TestSnapshotShort(t *testing.T) {
	const events = 1000
	m := memory.New(memory.Limits{})
	for i := range uint64(events) {
		m.Note(&memory.Note{Event: memory.Hash{i, 1}, At: start, Verdict: allow(i)})
	}
	var snapshot bytes.Buffer
	if err := m.Snapshot(&snapshot); err != nil {
		t.Fatal(err)
	}
	if n := snapshot.Len(); n > 40*events {
		t.Errorf("%d bytes for %d plain verdicts", n, events)
	}
}

// TestSize holds the memory to the size that Limits states, and what Stats says of it to the truth, both measured on the heap.
func TestSize(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m := memory.New(memory.Limits{})
	n := memory.Note{At: start, Cells: []memory.Cell{{Kind: memory.Count, Window: time.Hour, Note: true}}}
	for range 2 * memory.DefaultCells {
		n.Cells[0].Key++
		m.Note(&n)
		for step := range time.Duration(memory.Steps * (n.Cells[0].Key % 2)) { // every other one has much to say
			later := n
			later.At = start.Add(step * time.Hour / memory.Steps)
			m.Note(&later)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	st, heap := m.Stats(), float64(after.HeapAlloc-before.HeapAlloc)
	if st.Cells < memory.DefaultCells*99/100 {
		t.Errorf("%d cells, want about %d", st.Cells, memory.DefaultCells)
	}
	events := float64(memory.DefaultEvents * 40) // the empty ring
	perCell := (heap - events) / float64(st.Cells)
	t.Logf("%.1f bytes a cell", perCell)
	if perCell > 60 {
		t.Errorf("%.1f bytes a cell, more than 60", perCell)
	}
	if stated := float64(st.Bytes); stated < 0.9*heap || stated > 1.1*heap {
		t.Errorf("Stats says %.0f bytes, the heap has %.0f", stated, heap)
	}
}

// TestNoteWhatWasRecalled notes the same with and without what was recalled of it, in memories so small that most of it has gone or moved
// by then; now and then what is given was recalled of something else, or by another memory.
func TestNoteWhatWasRecalled(t *testing.T) {
	limits := memory.Limits{Cells: 600}
	with, without, other := memory.New(limits), memory.New(limits), memory.New(memory.Limits{Cells: 20_000})
	r, tr := rand.New(rand.NewPCG(3, 4)), newTraffic(100)
	var own, before, others memory.Recalled
	for i := range uint64(20_000) {
		n := tr.next(allow(i))
		n.Cells = slices.Clone(n.Cells)
		for range r.IntN(3) {
			n.Cells = append(n.Cells, n.Cells[r.IntN(len(n.Cells))]) // runs of several, too
		}
		slices.SortStableFunc(n.Cells, func(a, b memory.Cell) int { return cmp.Compare(a.Key, b.Key) })
		own, before = before, own
		with.Recall(&n, &own)
		other.Recall(&n, &others)
		between := tr.next(allow(i))
		with.Note(&between)
		without.Note(&between)
		other.Note(&n)
		without.Note(&n)
		n.Recalled = [...]*memory.Recalled{&own, &own, &own, &before, &others}[r.IntN(5)]
		with.Note(&n)
	}
	var got, want bytes.Buffer
	if err := errors.Join(with.Snapshot(&got), without.Snapshot(&want)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("what is noted where it was recalled makes another memory")
	}
}
