package memorytest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

func testOnce(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	c := count("once", time.Hour)
	n := &memory.Note{Event: event(1), At: start, Cells: []memory.Cell{c}, Verdict: verdict("first")}
	var r memory.Recalled
	if v := m.Recall(n, &r); v != nil || r.Values[0].N != 1 {
		t.Fatalf("recall before the note: verdict %v, values %v", v, r.Values)
	}
	if prior := m.Note(n); prior != nil {
		t.Fatalf("first note: prior %v", prior)
	}
	again := *n
	again.Verdict = verdict("second")
	if prior := m.Note(&again); prior == nil || prior.EventID != "first" {
		t.Errorf("second note: prior %v, want the first verdict", prior)
	}
	r.Values[0] = memory.Value{N: 42}
	if v := m.Recall(n, &r); v == nil || v.EventID != "first" || r.Values[0].N != 42 {
		t.Errorf("recall afterwards: verdict %v, values %v; want the first verdict and the values left alone", v, r.Values)
	}
	wantN(t, "count", number(m, start, c), 1)
	if got := m.Stats().Events; got != 1 {
		t.Errorf("%d events remembered, want 1", got)
	}
	for range 2 {
		if prior := m.Note(&memory.Note{At: start, Cells: n.Cells, Verdict: verdict("none")}); prior != nil {
			t.Errorf("note of no event: prior %v", prior)
		}
	}
	wantN(t, "count after two notes of no event", number(m, start, c), 3)
}

func testNoVerdict(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	c := count("heard of", time.Hour)
	n := memory.Note{Event: event(1), At: start, Cells: []memory.Cell{c}}
	m.Note(&n)
	if v := m.Recall(&n, new(memory.Recalled)); v != nil {
		t.Errorf("recall: verdict %v, want none", v)
	}
	n.Verdict = verdict("here")
	if prior := m.Note(&n); prior != nil {
		t.Errorf("the first note with a verdict: prior %v", prior)
	}
	other := n
	other.Verdict = verdict("later")
	if prior := m.Note(&other); prior == nil || prior.EventID != "here" {
		t.Errorf("the second note with a verdict: prior %v, want the first one", prior)
	}
	wantN(t, "count", number(m, start, c), 1)
}

// testOnceAtOnce: of several notes of one event at once exactly one gets nil, the others get the verdict of that one.
func testOnceAtOnce(t *testing.T, open func(t *testing.T) memory.Memory) {
	const events, writers = 300, 8
	m := open(t)
	c := count("at once", time.Hour)
	for e := range events {
		var (
			priors [writers]*nospim.Verdict
			ready  = make(chan struct{})
			wg     sync.WaitGroup
		)
		for w := range writers {
			n := &memory.Note{Event: event(e), At: start, Cells: []memory.Cell{c}, Verdict: verdict(fmt.Sprint(w))}
			wg.Go(func() {
				<-ready
				priors[w] = m.Note(n)
			})
		}
		close(ready)
		wg.Wait()
		winner := -1
		for w, prior := range priors {
			if prior != nil {
				continue
			}
			if winner >= 0 {
				t.Fatalf("event %d: writers %d and %d were both told to be first", e, winner, w)
			}
			winner = w
		}
		for w, prior := range priors {
			if w != winner && prior.EventID != fmt.Sprint(winner) {
				t.Fatalf("event %d: writer %d got the verdict of %s, want that of %d", e, w, prior.EventID, winner)
			}
		}
	}
	wantN(t, "count", number(m, start, c), events)
}

func testConcurrent(t *testing.T, open func(t *testing.T) memory.Memory) {
	const writers, notes = 8, 2000
	m := open(t)
	total := count("total", time.Hour)
	few := distinct("few", time.Hour, 0)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			own := count(fmt.Sprint("own", w), time.Hour)
			var r memory.Recalled
			for i := range notes {
				few := few
				few.Value = uint64(i % memory.Exact)
				cells := []memory.Cell{total, own, few}
				at := start.Add(time.Duration(i%8) * 450 * time.Second)
				m.Recall(&memory.Note{At: at, Cells: cells}, &r)
				m.Note(&memory.Note{Event: event(w*notes + i), At: at, Cells: cells, Verdict: verdict("x")})
				if i%500 == 0 {
					m.Stats()
				}
			}
		})
	}
	wg.Wait()
	at := start.Add(time.Hour - time.Millisecond)
	wantN(t, "count of all", number(m, at, total), writers*notes)
	wantN(t, "distinct of all", number(m, at, few), memory.Exact)
	for w := range writers {
		wantN(t, "count of one", number(m, at, count(fmt.Sprint("own", w), time.Hour)), notes)
	}
}

// testBounded notes a million keys and looks that the memory stops growing, goes on working and says what it forgot.
func testBounded(t *testing.T, open func(t *testing.T) memory.Memory) {
	const keys, full = 1_000_000, 300_000
	m := open(t)
	var brim memory.Stats
	cells := make([]memory.Cell, 4)
	v := verdict("flood")
	for i := 0; i < keys; i += 2 {
		at := start.Add(time.Duration(i) * time.Millisecond / 100)
		cells[0] = memory.Cell{Key: uint64(i), Kind: memory.Count, Window: time.Hour, Note: true}
		for j := range 3 {
			cells[j+1] = memory.Cell{Key: uint64(i + 1), Kind: memory.Distinct, Window: 24 * time.Hour, Value: uint64(i/8 + j), Note: true}
		}
		m.Note(&memory.Note{Event: memory.Hash{uint64(i), 1}, At: at, Cells: cells, Verdict: v})
		switch st := m.Stats; {
		case i == full:
			if brim = st(); brim.Evicted == 0 {
				t.Fatalf("nothing was evicted after %d keys: %+v", full, brim)
			}
		case i > full && i%100_000 == 0:
			if now := st(); now.Cells > brim.Cells+brim.Cells/100 || now.Events > brim.Events || now.Bytes > brim.Bytes+brim.Bytes/10 {
				t.Fatalf("after %d keys %+v, after %d keys %+v: it grows", full, brim, i, now)
			}
		}
	}
	at := start.Add(keys * time.Millisecond / 100)
	c := count("after the flood", time.Hour)
	for range 3 {
		note(m, at, c)
	}
	wantN(t, "count after the flood", number(m, at, c), 3)
}

func testAllocations(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	var cells []memory.Cell
	for i := range 15 {
		name := fmt.Sprint("cell", i)
		cells = append(cells, []memory.Cell{
			count(name, time.Hour), distinct(name, time.Hour, uint64(i)), label(name, start.Add(time.Hour)),
			recent(name, time.Hour, uint64(i)), average(name, time.Hour, uint64(i)),
		}[i%5])
	}
	var r memory.Recalled
	n := &memory.Note{At: start, Cells: cells}
	for range memory.MostRecent {
		m.Note(n)
	}
	ask := &memory.Note{Event: event(1), At: start, Cells: cells}
	if allocs := testing.AllocsPerRun(1000, func() { m.Recall(ask, &r) }); allocs != 0 {
		t.Errorf("recall of %d cells: %v allocations, want none", len(cells), allocs)
	}
	if allocs := testing.AllocsPerRun(1000, func() { m.Note(n) }); allocs != 0 {
		t.Errorf("note of %d cells: %v allocations, want none", len(cells), allocs)
	}
}
