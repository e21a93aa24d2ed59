package memory_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// begin is the start of a step of every window up to eight days.
var begin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// windows are those of the random notes: the shortest is over many times within a test, the longest never.
var windows = [...]time.Duration{time.Second, 8 * time.Minute, 24 * time.Hour}

// randomNotes makes notes of every kind of cell over about three of each window, out of order.
func randomNotes(r *rand.Rand, n int) []memory.Note {
	notes := make([]memory.Note, n)
	for i := range notes {
		w := windows[r.IntN(len(windows))]
		at := begin.Add(time.Duration(r.Int64N(int64(3 * w))))
		key := 1 + r.Uint64N(12)
		cells := make([]memory.Cell, 0, 8)
		for _, c := range []memory.Cell{
			{Key: key, Kind: memory.Count},
			{Key: key, Kind: memory.Distinct, Value: r.Uint64N(50)},
			{Key: key, Kind: memory.Distinct, Value: 100 + r.Uint64N(50)},
			{Key: 99, Kind: memory.Distinct, Value: r.Uint64()},
			{Key: key, Kind: memory.Recent, Value: r.Uint64N(9)},
			{Key: key, Kind: memory.Average, Value: r.Uint64N(1000)},
			{Key: key, Kind: memory.Label, Value: uint64(at.Add(time.Duration(r.Int64N(int64(w)))).UnixMilli())},
		} {
			c.Window, c.Note = w, r.IntN(8) != 0
			cells = append(cells, c)
		}
		notes[i] = memory.Note{Event: memory.Hash{uint64(i) + 1, 1}, At: at, Cells: cells, Verdict: &nospim.Verdict{}}
	}
	return notes
}

// answers recalls everything that randomNotes speaks of, at many times.
func answers(m memory.Memory) []memory.Recalled {
	var all []memory.Recalled
	for _, w := range windows {
		n := memory.Note{}
		for _, kind := range []memory.Kind{memory.Count, memory.Distinct, memory.Label, memory.Recent, memory.Average} {
			for key := uint64(1); key <= 12; key++ {
				n.Cells = append(n.Cells, memory.Cell{Key: key, Kind: kind, Window: w})
			}
		}
		n.Cells = append(n.Cells, memory.Cell{Key: 99, Kind: memory.Distinct, Window: w})
		for i := range 33 {
			n.At = begin.Add(time.Duration(i) * w / 8)
			all = append(all, memory.Recalled{})
			m.Recall(&n, &all[len(all)-1])
		}
	}
	return all
}

func wantSame(t *testing.T, what string, got, want []memory.Recalled) {
	t.Helper()
	for i := range want {
		for j := range want[i].Values {
			if g, w := got[i].Values[j], want[i].Values[j]; !reflect.DeepEqual(normal(g), normal(w)) {
				t.Fatalf("%s: answer %d, cell %d: %+v, want %+v", what, i, j, g, w)
			}
		}
	}
}

func normal(v memory.Value) memory.Value {
	if len(v.Recent) == 0 {
		v.Recent = nil
	}
	return v
}

// frames turns contents into frames of a node, by way of their encoding.
func frames(t *testing.T, node string, seq *uint64, contents [][]byte) []*memory.Frame {
	t.Helper()
	var all []*memory.Frame
	for _, b := range contents {
		if len(b) >= memory.FrameMost {
			t.Fatalf("a frame of %d bytes, want fewer than %d", len(b), memory.FrameMost)
		}
		d := new(memory.Delta)
		if err := d.Read(b); err != nil {
			t.Fatal(err)
		}
		*seq++
		all = append(all, &memory.Frame{Node: node, Seq: *seq, Merged: d})
	}
	return all
}

// TestToldAddsUp notes events on three nodes that tell each other in frames of any length, which arrive in any order, some twice.
// Afterwards each of them answers as one memory does that noted everything, exactly.
func TestToldAddsUp(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 5))
		notes := randomNotes(r, 3000)
		one := memory.New(memory.Limits{})
		var (
			nodes   [3]*memory.Local
			gathers [3]*memory.Gather
			seqs    [3]uint64
			inbox   [3][]*memory.Frame
		)
		for i := range nodes {
			nodes[i], gathers[i] = memory.New(memory.Limits{}), memory.NewGather()
			nodes[i].Tell(gathers[i])
		}
		take := func(from int) {
			for _, f := range frames(t, fmt.Sprint("node", from), &seqs[from], gathers[from].Take()) {
				for to := range nodes {
					if to != from {
						inbox[to] = append(inbox[to], f, f)
					}
				}
			}
		}
		for i := range notes {
			one.Note(&notes[i])
			from := r.IntN(len(nodes))
			nodes[from].Note(&notes[i])
			if r.IntN(100) == 0 {
				take(from)
			}
		}
		for i := range nodes {
			take(i)
			r.Shuffle(len(inbox[i]), func(a, b int) { inbox[i][a], inbox[i][b] = inbox[i][b], inbox[i][a] })
		}
		want := answers(one)
		for i := range nodes {
			fresh := 0
			for _, f := range inbox[i] {
				if nodes[i].Merge(f) {
					fresh++
				}
			}
			if fresh*2 != len(inbox[i]) {
				t.Fatalf("%d of %d frames were new, want half", fresh, len(inbox[i]))
			}
			wantSame(t, fmt.Sprintf("seed %d, node %d", seed, i), answers(nodes[i]), want)
			if s := nodes[i].Stats(); s.Twice != 0 || s.Events != len(notes) {
				t.Fatalf("%+v, want %d events, none twice", s, len(notes))
			}
			wantUntouched(t, nodes[i], notes)
			wantSame(t, "everything noted again", answers(nodes[i]), want)
		}
	}
}

// wantUntouched notes every event again: those of other nodes take the verdict, and none counts again or is told again.
func wantUntouched(t *testing.T, m *memory.Local, notes []memory.Note) {
	t.Helper()
	g := memory.NewGather()
	m.Tell(g)
	for i := range notes {
		m.Note(&notes[i])
	}
	if again := g.Take(); again != nil {
		t.Fatalf("%d frames about events that were known", len(again))
	}
}

// TestFloodOfOneText: a thousand senders of one text to ten thousand people cost the other nodes one cell of the text, with no more
// values than a step keeps; each node counts as one memory does.
func TestFloodOfOneText(t *testing.T) {
	const text, senders, messages = 7, 1000, 10_000
	one, there := memory.New(memory.Limits{}), memory.New(memory.Limits{})
	here, g := memory.New(memory.Limits{}), memory.NewGather()
	here.Tell(g)
	for i := range uint64(messages) {
		n := &memory.Note{At: begin, Cells: []memory.Cell{
			{Key: text, Kind: memory.Count, Window: time.Hour, Note: true},
			{Key: text, Kind: memory.Distinct, Window: time.Hour, Value: i % senders, Note: true},
		}}
		one.Note(n)
		here.Note(n)
	}
	var seq uint64
	told := frames(t, "a", &seq, g.Take())
	if len(told) != 1 || told[0].Merged.Cells() != 2 {
		t.Fatalf("%d frames, want one of two cells", len(told))
	}
	there.Merge(told[0])
	ask := &memory.Note{At: begin, Cells: []memory.Cell{
		{Key: text, Kind: memory.Count, Window: time.Hour}, {Key: text, Kind: memory.Distinct, Window: time.Hour},
	}}
	var want, got memory.Recalled
	one.Recall(ask, &want)
	there.Recall(ask, &got)
	if !reflect.DeepEqual(got.Values, want.Values) || got.Values[0].N != messages {
		t.Errorf("%+v, want %+v", got.Values, want.Values)
	}
}

// TestGatherAtOnce notes from several goroutines while frames are taken: nothing is lost, nothing told twice, and of each counter one
// delta at a time, however many noted.
func TestGatherAtOnce(t *testing.T) {
	const workers, each = 4, 5000
	here, there, g := memory.New(memory.Limits{}), memory.New(memory.Limits{}), memory.NewGather()
	here.Tell(g)
	var work sync.WaitGroup
	for w := range uint64(workers) {
		work.Go(func() {
			for i := range uint64(each) {
				here.Note(&memory.Note{Event: memory.Hash{w + 1, i + 1}, At: begin, Cells: []memory.Cell{
					{Key: 1, Kind: memory.Count, Window: time.Hour, Note: true},
					{Key: 2 + i%100, Kind: memory.Count, Window: time.Hour, Note: true},
				}})
			}
		})
	}
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	var seq uint64
	for more := true; more; {
		select {
		case <-done:
			more = false
		case <-g.Full():
		default:
		}
		told := 0
		for _, f := range frames(t, "a", &seq, g.Take()) {
			told += f.Merged.Cells()
			there.Merge(f)
		}
		if told > 1+100 {
			t.Errorf("%d deltas of %d counters", told, 1+100)
		}
	}
	var r memory.Recalled
	there.Recall(&memory.Note{At: begin, Cells: []memory.Cell{{Key: 1, Kind: memory.Count, Window: time.Hour}, {Key: 50, Kind: memory.Count, Window: time.Hour}}}, &r)
	if r.Values[0].N != workers*each || r.Values[1].N != workers*each/100 || g.Lost() != 0 {
		t.Errorf("%v and %v, %d lost; want %d and %d", r.Values[0].N, r.Values[1].N, g.Lost(), workers*each, workers*each/100)
	}
	if e := there.Stats().Events; e != workers*each {
		t.Errorf("%d events told, want %d", e, workers*each)
	}
}

// TestGatherBounded: what is taken late, as on a busy machine, is kept; what nobody takes is bounded, and what is forgotten is counted.
func TestGatherBounded(t *testing.T) {
	for _, c := range []struct {
		keys   int
		forget bool
	}{{32_000, false}, {100_000, true}} {
		here, g := memory.New(memory.Limits{}), memory.NewGather()
		here.Tell(g)
		for i := range uint64(c.keys) {
			here.Note(&memory.Note{At: begin.Add(time.Duration(i) * time.Millisecond), Cells: []memory.Cell{{Key: i, Kind: memory.Count, Window: time.Hour, Note: true}}})
		}
		select {
		case <-g.Full():
		default:
			t.Errorf("%d keys: not said to be full", c.keys)
		}
		told, seq := 0, uint64(0)
		for _, f := range frames(t, "a", &seq, g.Take()) {
			told += f.Merged.Cells()
		}
		if lost := int(g.Lost()); told+lost != c.keys || told == 0 || lost > 0 != c.forget {
			t.Errorf("%d keys: %d told and %d lost", c.keys, told, lost)
		}
	}
}

// TestReadRefuses: a frame of another version, cut or damaged is refused whole or is harmless; a section of a newer version is passed over.
func TestReadRefuses(t *testing.T) {
	m, g := memory.New(memory.Limits{}), memory.NewGather()
	m.Tell(g)
	for _, n := range randomNotes(rand.New(rand.NewPCG(1, 1)), 300) {
		m.Note(&n)
	}
	whole := g.Take()[0]
	d := new(memory.Delta)
	if err := d.Read(whole); err != nil || d.Cells() == 0 || len(d.Events) == 0 {
		t.Fatalf("%d cells, %d events, %v", d.Cells(), len(d.Events), err)
	}
	newer := append(bytes.Clone(whole), 'K', 2, 0, 0, 0, 1, 2)
	if err := d.Read(newer); err != nil || d.Unknown != 1 || d.Cells() == 0 {
		t.Errorf("a section of a newer version: %v, %d passed over", err, d.Unknown)
	}
	for what, b := range map[string][]byte{
		"nothing": nil, "version 0": {0}, "version 2": append([]byte{2}, whole[1:]...),
		"cut": whole[:len(whole)-1], "a section too long": append(bytes.Clone(whole), 'e', 255, 255, 255, 255),
		"an event of zeros":   append([]byte{1, 'e', 16, 0, 0, 0}, make([]byte, 16)...),
		"cells without words": {1, 'c', 1, 0, 0, 0, 0},
	} {
		if err := d.Read(b); !errors.Is(err, nospim.ErrInvalid) || d.Cells() != 0 || len(d.Events) != 0 {
			t.Errorf("%s: %v, %d cells, %d events; want nospim.ErrInvalid and nothing", what, err, d.Cells(), len(d.Events))
		}
	}
}

// FuzzDelta reads anything. What is accepted can be merged, and the memory that took it can still be written and read back.
func FuzzDelta(f *testing.F) {
	m, g := memory.New(memory.Limits{}), memory.NewGather()
	m.Tell(g)
	for i, n := range randomNotes(rand.New(rand.NewPCG(2, 2)), 60) {
		m.Note(&n)
		if i%20 == 0 {
			f.Add(g.Take()[0])
		}
	}
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d memory.Delta
		if d.Read(b) != nil {
			return
		}
		m := memory.New(memory.Limits{Cells: 4096, Events: 1024})
		for seq := range uint64(3) {
			m.Merge(&memory.Frame{Node: "n", Seq: seq + 1, Merged: &d})
		}
		var buf bytes.Buffer
		if err := m.Snapshot(&buf); err != nil {
			t.Fatal(err)
		}
		if err := memory.New(memory.Limits{Cells: 4096, Events: 1024}).Restore(&buf); err != nil {
			t.Fatalf("what was merged cannot be restored: %v", err)
		}
	})
}
