package memory_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// traffic makes the notes of messages among accounts as the detectors of the first day would have them: 12 cells each, senders
// by Zipf's law.
type traffic struct {
	zipf  *rand.Zipf
	r     *rand.Rand
	cells [12]memory.Cell
	n     uint64
}

func newTraffic(accounts uint64) *traffic {
	r := rand.New(rand.NewPCG(1, 2))
	return &traffic{r: r, zipf: rand.NewZipf(r, 1.1, 8, accounts-1)}
}

// next returns the note of the next message; its cells are valid until the one after it.
func (tr *traffic) next(v *nospim.Verdict) memory.Note {
	sender, recipient := tr.zipf.Uint64(), tr.r.Uint64N(10_000)
	text := tr.r.Uint64N(1 << 20)
	if text%4 != 0 {
		text %= 1000 // what everybody says
	}
	tr.n++
	key := func(counter, entity uint64) uint64 { return (counter<<48 | entity) * 0x9e3779b97f4a7c15 }
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	tr.cells = [12]memory.Cell{
		{Key: key(1, sender), Kind: memory.Count, Window: 10 * minute, Note: true},
		{Key: key(1, sender), Kind: memory.Count, Window: hour, Note: true},
		{Key: key(2, sender), Kind: memory.Distinct, Window: 10 * minute, Value: recipient, Note: true},
		{Key: key(2, sender), Kind: memory.Distinct, Window: day, Value: recipient, Note: true},
		{Key: key(3, sender), Kind: memory.Count, Window: 30 * day, Note: true},
		{Key: key(4, sender<<20|recipient), Kind: memory.Count, Window: 30 * day, Note: true},
		{Key: key(4, recipient<<20|sender), Kind: memory.Count, Window: 30 * day},
		{Key: key(5, text), Kind: memory.Distinct, Window: hour, Value: recipient, Note: true},
		{Key: key(6, text), Kind: memory.Distinct, Window: hour, Value: sender, Note: true},
		{Key: key(7, recipient), Kind: memory.Count, Window: hour, Note: true},
		{Key: key(8, sender>>6), Kind: memory.Distinct, Window: hour, Value: sender, Note: true},
		{Key: key(9, sender), Kind: memory.Label, Value: uint64(start.UnixMilli())},
	}
	at := start.Add(time.Duration(tr.n) * 10 * time.Millisecond)
	return memory.Note{Event: memory.Hash{tr.n, 1}, At: at, Cells: tr.cells[:], Verdict: v}
}

// allow is the verdict of a plain message.
func allow(n uint64) *nospim.Verdict {
	return &nospim.Verdict{EventID: "message-" + strconv.FormatUint(n, 16), Required: 8, Policy: "sha256:0", Signals: []nospim.Signal{}}
}

// filled returns a memory with the default limits that a million messages among 10,000 accounts went through.
func filled() (*memory.Local, *traffic) {
	m, tr := memory.New(memory.Limits{}), newTraffic(10_000)
	for i := range uint64(1_000_000) {
		n := tr.next(allow(i))
		m.Note(&n)
	}
	return m, tr
}

// BenchmarkRecallNote is the memory's part of one decision, in a memory full to the brim.
func BenchmarkRecallNote(b *testing.B) {
	m, tr := filled()
	v := allow(0)
	notes := make([]memory.Note, 1<<14)
	for i := range notes {
		notes[i] = tr.next(v)
		notes[i].Cells = append([]memory.Cell(nil), notes[i].Cells...)
	}
	var r memory.Recalled
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		n := &notes[i%len(notes)]
		n.Event[1] = uint64(2 + i/len(notes)) // new each time round
		if m.Recall(n, &r) == nil {
			m.Note(n)
		}
		i++
	}
}

// BenchmarkWarm has one message's cells in the processor's cache.
func BenchmarkWarm(b *testing.B) {
	m, tr := memory.New(memory.Limits{}), newTraffic(10_000)
	n := tr.next(allow(0))
	n.Event = memory.Hash{}
	m.Note(&n)
	var r memory.Recalled
	b.Run("recall", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Recall(&n, &r)
		}
	})
	b.Run("note", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Note(&n)
		}
	})
}

// BenchmarkFlood notes a new key each time in a full memory: each makes another go.
func BenchmarkFlood(b *testing.B) {
	m := memory.New(memory.Limits{Cells: 100_000})
	n := memory.Note{At: start, Cells: []memory.Cell{{Kind: memory.Count, Window: time.Hour, Note: true}}}
	b.ReportAllocs()
	for b.Loop() {
		n.Cells[0].Key++
		m.Note(&n)
	}
}

// BenchmarkParallel is BenchmarkRecallNote's work from all processors at once.
func BenchmarkParallel(b *testing.B) {
	m := memory.New(memory.Limits{})
	b.RunParallel(func(pb *testing.PB) {
		tr, v := newTraffic(10_000), allow(0)
		var r memory.Recalled
		for pb.Next() {
			n := tr.next(v)
			n.Event = memory.Hash{}
			m.Recall(&n, &r)
			m.Note(&n)
		}
	})
}

// BenchmarkSnapshot writes and restores a full memory, and says how large both are.
func BenchmarkSnapshot(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, _ := filled()
	runtime.GC()
	runtime.ReadMemStats(&after)
	st := m.Stats()
	heap := float64(after.HeapAlloc - before.HeapAlloc)
	var snapshot bytes.Buffer
	if err := m.Snapshot(&snapshot); err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			_ = m.Snapshot(io.Discard)
		}
		b.ReportMetric(heap/1e6, "heap-MB")
		b.ReportMetric(float64(st.Bytes)/1e6, "stated-MB")
		b.ReportMetric(float64(st.Cells), "cells")
		b.ReportMetric(float64(st.Evicted), "evicted")
		b.ReportMetric(float64(snapshot.Len())/1e6, "file-MB")
	})
	b.Run("restore", func(b *testing.B) {
		into := memory.New(memory.Limits{})
		for b.Loop() {
			if err := into.Restore(bytes.NewReader(snapshot.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRun recalls and notes one message to as many people as an event may have.
func BenchmarkRun(b *testing.B) {
	m := memory.New(memory.Limits{})
	n := memory.Note{At: start, Cells: make([]memory.Cell, nospim.MaxRecipients)}
	for i := range n.Cells {
		n.Cells[i] = memory.Cell{Key: 1, Kind: memory.Distinct, Window: time.Hour, Value: uint64(i), Note: true}
	}
	var r memory.Recalled
	b.ReportAllocs()
	for b.Loop() {
		m.Recall(&n, &r)
		m.Note(&n)
	}
}

// BenchmarkBesideSnapshot is BenchmarkRecallNote's work while snapshots are written one after the other, and says how long the slowest
// thousandth takes.
func BenchmarkBesideSnapshot(b *testing.B) {
	m, tr := filled()
	v := allow(0)
	ctx, stop := context.WithCancel(b.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for ctx.Err() == nil {
			_ = m.Snapshot(io.Discard)
		}
	})
	defer writing.Wait()
	defer stop()
	var r memory.Recalled
	var took []time.Duration
	for b.Loop() {
		n := tr.next(v)
		n.Event[1] = 2
		begin := time.Now()
		m.Recall(&n, &r)
		m.Note(&n)
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*999/1000]), "p99.9-ns")
}
