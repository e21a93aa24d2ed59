package memorytest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// names are the cells that the random notes speak of.
const names = 12

var windows = [...]time.Duration{time.Second, 8 * time.Minute, 24 * time.Hour}

// randomNotes makes notes over about three of each window, out of order, with runs, labels and events that come twice.
func randomNotes(r *rand.Rand, n int) []memory.Note {
	notes := make([]memory.Note, n)
	for i := range notes {
		w := windows[r.IntN(len(windows))]
		at := start.Add(time.Duration(r.Int64N(int64(3 * w))))
		name := fmt.Sprint("name", r.IntN(names))
		value := r.Uint64N(50)
		notes[i] = memory.Note{Event: event(i), At: at, Verdict: verdict(fmt.Sprint(i)), Cells: []memory.Cell{
			count(name, w),
			distinct(name, w, value), distinct(name, w, value*value),
			distinct("busy", w, r.Uint64()),
			label(name, at.Add(time.Duration(r.Int64N(int64(w))))),
			recent(name, w, value<<32|value*value), average(name, w, value),
		}}
		switch r.IntN(8) {
		case 0:
			notes[i].Cells[1].Note = false
		case 1:
			if i > 0 {
				notes[i] = notes[r.IntN(i)]
			}
		}
	}
	return notes
}

// questions are all cells that randomNotes speaks of, without a note of their own, and when to ask.
func questions() (cells []memory.Cell, times []time.Time) {
	for _, w := range windows {
		for i := range names {
			name := fmt.Sprint("name", i)
			cells = append(cells, only(count(name, w), distinct(name, w, 0), recent(name, w, 0), average(name, w, 0))...)
		}
		cells = append(cells, only(distinct("busy", w, 0))...)
		for i := range 33 {
			times = append(times, start.Add(time.Duration(i)*w/8))
		}
	}
	for i := range names {
		cells = append(cells, only(label(fmt.Sprint("name", i), start))...)
	}
	return cells, times
}

// answers recalls all questions.
func answers(m memory.Memory) [][]memory.Value {
	cells, times := questions()
	all := make([][]memory.Value, len(times))
	for i, at := range times {
		all[i] = recall(m, at, cells...)
	}
	return all
}

func wantSame(t *testing.T, what string, got, want [][]memory.Value) {
	t.Helper()
	cells, times := questions()
	for i := range want {
		for j := range want[i] {
			if !same(got[i][j], want[i][j]) {
				t.Fatalf("%s: cell %+v at %s: %+v, want %+v", what, cells[j], times[i], got[i][j], want[i][j])
			}
		}
	}
}

// testOrder compares several orders of the same notes with each other, exactly, and with a naive model of the windows.
func testOrder(t *testing.T, open func(t *testing.T) memory.Memory) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		notes := randomNotes(r, 2000)
		var want [][]memory.Value
		for order := range 4 {
			m := open(t)
			for i := range notes {
				m.Note(&notes[i])
			}
			got := answers(m)
			if order == 0 {
				want = got
				compareModel(t, notes, want)
			}
			wantSame(t, fmt.Sprintf("seed %d, order %d", seed, order), got, want)
			r.Shuffle(len(notes), func(i, j int) { notes[i], notes[j] = notes[j], notes[i] })
		}
	}
}

// testFrames hands the same frames of three nodes over in several orders, each twice, with events that two nodes speak of.
func testFrames(t *testing.T, open func(t *testing.T) memory.Memory) {
	r := rand.New(rand.NewPCG(7, 7))
	notes := randomNotes(r, 1500)
	var frames []memory.Frame
	for i := 0; i < len(notes); i += 5 {
		node := fmt.Sprint("node", i%3)
		frames = append(frames, memory.Frame{Node: node, Seq: uint64(1000 + i), Notes: notes[i : i+5]})
	}
	for i := range notes {
		if i%2 == 0 {
			notes[i].Event = memory.Hash{} // only the frame's number keeps these from counting twice
		}
	}
	one := open(t)
	for i := range notes {
		one.Note(&notes[i])
	}
	want := answers(one)
	for order := range 4 {
		m := open(t)
		both := slices.Concat(frames, frames)
		r.Shuffle(len(both), func(i, j int) { both[i], both[j] = both[j], both[i] })
		if order == 0 {
			slices.SortStableFunc(both, func(a, b memory.Frame) int { return int(b.Seq) - int(a.Seq) }) // the newest first
		}
		var wg sync.WaitGroup
		for part := range slices.Chunk(both, len(both)/2+1) {
			wg.Go(func() {
				for i := range part {
					m.Merge(&part[i])
				}
			})
		}
		wg.Wait()
		wantSame(t, fmt.Sprintf("order %d", order), answers(m), want)
	}
}

// fill makes a memory that has something of everything.
func fill(t *testing.T, open func(t *testing.T) memory.Memory) (memory.Memory, []memory.Note) {
	m := open(t)
	notes := randomNotes(rand.New(rand.NewPCG(3, 3)), 1000)
	for i := range notes {
		m.Note(&notes[i])
	}
	m.Note(&memory.Note{Event: memory.Hash{1, 1}, At: start})
	m.Merge(&memory.Frame{Node: "b", Seq: 9, Notes: []memory.Note{{At: start, Cells: []memory.Cell{count("framed", time.Hour)}}}})
	return m, notes
}

func testSnapshot(t *testing.T, open func(t *testing.T) memory.Memory) {
	before, notes := fill(t, open)
	var snapshot bytes.Buffer
	if err := before.Snapshot(&snapshot); err != nil {
		t.Fatal(err)
	}
	after := open(t)
	if err := after.Restore(bytes.NewReader(snapshot.Bytes())); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "restored", answers(after), answers(before))
	if a, b := after.Stats(), before.Stats(); a.Cells != b.Cells || a.Events != b.Events {
		t.Errorf("restored %+v, want %+v", a, b)
	}
	for i := range notes {
		n := &notes[i]
		got, want := after.Recall(n, new(memory.Recalled)), before.Recall(n, new(memory.Recalled))
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("event %d: verdict %+v, want %+v", i, got, want)
		}
		if prior := after.Note(n); prior == nil {
			t.Fatalf("event %d is new after the restart", i)
		}
	}
	after.Merge(&memory.Frame{Node: "b", Seq: 9, Notes: []memory.Note{{At: start, Cells: []memory.Cell{count("framed", time.Hour)}}}})
	wantN(t, "count of a frame merged before and after the restart", number(after, start, count("framed", time.Hour)), 1)
	wantSame(t, "restored, everything noted again", answers(after), answers(before))
	var again bytes.Buffer
	if err := after.Snapshot(&again); err != nil {
		t.Fatal(err)
	}
	if err := after.Restore(&again); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "restored over itself", answers(after), answers(before))
}

// testSnapshotBeside notes events while a snapshot is written: each time that a part of it reaches the disk. What was noted before
// must be in the snapshot, and noting everything again in what was restored must not count anything twice.
func testSnapshotBeside(t *testing.T, open func(t *testing.T) memory.Memory) {
	const before, all, counters = 2000, 4000, 50
	m := open(t)
	notes := make([]memory.Note, all)
	var wantLeast, wantMost [counters]float64
	for i := range notes {
		notes[i] = memory.Note{Event: event(i), At: start, Verdict: verdict(fmt.Sprint(i))}
		for j := range 4 {
			c := (i + j*13) % counters
			notes[i].Cells = append(notes[i].Cells, count(fmt.Sprint("beside", c), time.Hour))
			wantMost[c]++
			if i < before {
				wantLeast[c]++
			}
		}
	}
	for i := range before {
		m.Note(&notes[i])
	}
	snapshot := &notingWriter{m: m, notes: notes[before:]}
	if err := m.Snapshot(snapshot); err != nil {
		t.Fatal(err)
	}
	if len(snapshot.notes) == all-before {
		t.Fatal("nothing was noted meanwhile")
	}
	restored := open(t)
	if err := restored.Restore(&snapshot.Buffer); err != nil {
		t.Fatal(err)
	}
	for c, least := range wantLeast {
		if got := number(restored, start, count(fmt.Sprint("beside", c), time.Hour)); got < least {
			t.Errorf("counter %d: %v after a restart, want at least %v", c, got, least)
		}
	}
	for i := range notes {
		restored.Note(&notes[i])
	}
	for c, most := range wantMost {
		if got := number(restored, start, count(fmt.Sprint("beside", c), time.Hour)); got > most {
			t.Errorf("counter %d: %v after everything was noted again, want at most %v", c, got, most)
		}
	}
}

// notingWriter notes some events each time that it is written to. It hangs if judging cannot go on meanwhile.
type notingWriter struct {
	bytes.Buffer
	m     memory.Memory
	notes []memory.Note
}

func (w *notingWriter) Write(b []byte) (int, error) {
	for range min(3, len(w.notes)) {
		w.m.Note(&w.notes[0])
		w.notes = w.notes[1:]
	}
	return w.Buffer.Write(b)
}

func testDamaged(t *testing.T, open func(t *testing.T) memory.Memory) {
	full, _ := fill(t, open)
	var buf bytes.Buffer
	if err := full.Snapshot(&buf); err != nil {
		t.Fatal(err)
	}
	whole := buf.Bytes()
	refused := func(what string, damaged []byte) {
		t.Helper()
		m := open(t)
		if err := m.Restore(bytes.NewReader(damaged)); !errors.Is(err, nospim.ErrInvalid) {
			t.Fatalf("%s: error %v, want nospim.ErrInvalid", what, err)
		}
		if st := m.Stats(); st.Cells != 0 || st.Events != 0 {
			t.Fatalf("%s: %+v remembered, want an empty memory", what, st)
		}
	}
	refused("nothing", nil)
	refused("another file", []byte("SQLite format 3\x00 and so on, and so on, and so on"))
	r := rand.New(rand.NewPCG(5, 5))
	for range 50 {
		n := r.IntN(len(whole))
		refused(fmt.Sprintf("cut at %d of %d", n, len(whole)), whole[:n])
		flipped := bytes.Clone(whole)
		flipped[n] ^= 1 << r.IntN(8)
		refused(fmt.Sprintf("a bit of byte %d changed", n), flipped)
	}
	reading := errors.New("the disk is gone")
	m := open(t)
	if err := m.Restore(&failing{err: reading}); !errors.Is(err, reading) {
		t.Errorf("a reader that fails: %v, want its error", err)
	}
	if err := full.Snapshot(&failing{err: reading}); !errors.Is(err, reading) {
		t.Errorf("a writer that fails: %v, want its error", err)
	}
}

// failing neither reads nor writes.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error)  { return 0, f.err }
func (f *failing) Write([]byte) (int, error) { return 0, f.err }
