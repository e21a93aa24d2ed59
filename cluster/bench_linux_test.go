package cluster

import (
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record/sqlite"
	"github.com/nospim/nospim/simulate/town"
)

// recorder keeps copies of what an engine notes.
type recorder struct {
	*memory.Local
	notes []memory.Note
}

func (r *recorder) Note(n *memory.Note) *nospim.Verdict {
	c := *n
	c.Cells = slices.Clone(n.Cells)
	if n.Copy != nil {
		one := *n.Copy
		one.People, one.Links = slices.Clone(one.People), slices.Clone(one.Links)
		for i := range one.Links {
			one.Links[i].Slots = slices.Clone(one.Links[i].Slots)
		}
		c.Copy = &one
	}
	r.notes = append(r.notes, c)
	return r.Local.Note(n)
}

// notesOf are what the engine with all its detectors notes of a town's day.
func notesOf(tb testing.TB, attacks []string) []memory.Note {
	tb.Helper()
	store, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "nospim.db"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		tb.Fatal(err)
	}
	r := &recorder{Local: memory.New(memory.Limits{})}
	e, err := engine.New(tb.Context(), engine.Config{Memory: r, Records: store, Policy: p.Enforced(), Detectors: detect.All(nil)})
	if err != nil {
		tb.Fatal(err)
	}
	tw, err := town.New(town.Options{Seed: 5, People: 300, Length: 12 * time.Hour, Attacks: attacks, Incidents: 3})
	if err != nil {
		tb.Fatal(err)
	}
	for ev := range tw.Events() {
		if _, err := e.Judge(tb.Context(), ev); err != nil {
			tb.Fatal(err)
		}
	}
	return r.notes
}

// cpu is what this thread has computed so far: other programs do not change it.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDecision measures what the cluster adds to a decision, in CPU time of one thread: at the node that decides (gathering, merging,
// encoding and sealing, at 500 decisions a frame, which is 25 ms of 20,000 a second) and at each other node (opening, decoding, merging).
func BenchmarkDecision(b *testing.B) {
	for _, of := range []struct {
		name    string
		attacks []string
		frame   int
	}{
		{"people, 500 a frame", nil, 500}, {"people, 25 a frame", nil, 25}, {"people and attacks, 500 a frame", town.Attacks(), 500},
	} {
		b.Run(of.name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			notes := notesOf(b, of.attacks)
			var alone, telling, hearing time.Duration
			var bytes, cells, decisions int
			for b.Loop() {
				runtime.GC()
				begun := cpu(b)
				m := memory.New(memory.Limits{})
				for i := range notes {
					m.Note(&notes[i])
				}
				alone += cpu(b) - begun

				runtime.GC()
				begun = cpu(b)
				frames := tell(b, notes, of.frame)
				telling += cpu(b) - begun

				runtime.GC()
				begun = cpu(b)
				k := hear(b, frames)
				hearing += cpu(b) - begun
				decisions += len(notes)
				cells += k
				for _, f := range frames {
					bytes += len(f)
				}
			}
			per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(decisions) }
			b.ReportMetric(per(alone), "ns/note")
			b.ReportMetric(per(telling-alone), "ns/told")
			b.ReportMetric(per(hearing), "ns/heard")
			b.ReportMetric(float64(bytes)/float64(decisions), "B/decision")
			b.ReportMetric(float64(cells)/float64(decisions), "cells/decision")
		})
	}
}

// tell notes everything in a memory that is told to others, so many notes a frame.
func tell(tb testing.TB, notes []memory.Note, each int) (sealed [][]byte) {
	tb.Helper()
	v, m, g := benchVault(tb, 1), memory.New(memory.Limits{}), memory.NewGather()
	m.Tell(g)
	for i := range notes {
		m.Note(&notes[i])
		if i%each != each-1 && i != len(notes)-1 {
			continue
		}
		for _, c := range g.Take() {
			sealed = append(sealed, v.seal(uint64(len(sealed)+1), "a", c))
		}
	}
	if g.Lost() > 0 {
		tb.Fatalf("%d cells lost", g.Lost())
	}
	return sealed
}

// hear opens and merges frames, and returns of how many cells they told.
func hear(tb testing.TB, sealed [][]byte) (cells int) {
	tb.Helper()
	v, m := benchVault(tb, 2), memory.New(memory.Limits{})
	var d memory.Delta
	for _, s := range sealed {
		f, err := v.open(slices.Clone(s))
		if err != nil {
			tb.Fatal(err)
		}
		if err := d.Read(f.content); err != nil {
			tb.Fatal(err)
		}
		m.Merge(&memory.Frame{Node: f.from.String(), Seq: f.seq, Merged: &d})
		cells += d.Cells()
	}
	return cells
}
