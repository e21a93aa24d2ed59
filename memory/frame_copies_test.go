package memory

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// randomCopies makes notes of spun texts from few senders to many people, some with links whose slots tell people apart.
func randomCopies(r *rand.Rand, n int) []Note {
	notes := make([]Note, n)
	for i := range notes {
		c := said(1+r.Uint64N(20), 100+r.Uint64N(200), spun(r, 1+r.Uint64N(6), 3)...)
		c.Sketch.Sim = 0 // it plays no part
		c.Cold, c.Warm, c.Stopped = r.IntN(2) == 0, r.IntN(3) == 0, r.IntN(4) == 0
		for range r.IntN(3) {
			c.People = append(c.People, 100+r.Uint64N(200))
		}
		if r.IntN(2) == 0 {
			c.Domain = 1 + r.Uint64N(9)
			c.Links = []CopyLink{{Template: 1 + r.Uint64N(5), Slots: []SlotValue{{Slot: 1, Value: r.Uint64(), Bits: 40}, {Slot: 2, Value: r.Uint64N(3), Number: true, Timely: i%2 == 0, Bits: 8}}}}
		}
		notes[i] = Note{Event: Hash{uint64(i) + 1, 2}, At: noon.Add(time.Duration(r.Int64N(int64(3 * time.Hour)))), Copy: c}
	}
	return notes
}

// TestCopiesToldAddUp tells copies between three nodes, merged, in any order, some twice: each knows the campaigns and the uses of links that
// one memory knows which was told all.
func TestCopiesToldAddUp(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 9))
		notes := randomCopies(r, 1500)
		one := New(Limits{})
		var nodes [3]*Local
		var gathers [3]*Gather
		var inbox [3][]*Frame
		for i := range nodes {
			nodes[i], gathers[i] = New(Limits{}), NewGather()
			nodes[i].Tell(gathers[i])
		}
		seq := uint64(0)
		take := func(from int) {
			for _, b := range gathers[from].Take() {
				d := new(Delta)
				if err := d.Read(b); err != nil {
					t.Fatal(err)
				}
				seq++
				f := &Frame{Node: fmt.Sprint("node", from), Seq: seq, Merged: d}
				for to := range nodes {
					if to != from {
						inbox[to] = append(inbox[to], f, f)
					}
				}
			}
		}
		for i := range notes {
			one.Note(&notes[i])
			from := r.IntN(3)
			nodes[from].Note(&notes[i])
			if r.IntN(200) == 0 {
				take(from)
			}
		}
		for i := range nodes {
			take(i)
		}
		for i := range nodes {
			r.Shuffle(len(inbox[i]), func(a, b int) { inbox[i][a], inbox[i][b] = inbox[i][b], inbox[i][a] })
			for _, f := range inbox[i] {
				nodes[i].Merge(f)
			}
		}
		for i := range nodes {
			if got, want := nodes[i].Stats(), one.Stats(); got.Texts != want.Texts || got.Campaigns != want.Campaigns {
				t.Fatalf("seed %d, node %d: %+v, want %+v", seed, i, got, want)
			}
			compareCampaigns(t, fmt.Sprintf("seed %d, node %d", seed, i), nodes[i], one, notes)
		}
	}
}

// compareCampaigns asks two memories about the copy of each note.
func compareCampaigns(t *testing.T, what string, m, other *Local, notes []Note) {
	t.Helper()
	links := 0
	for i := range notes {
		ask := Note{At: noon.Add(3 * time.Hour), Copy: notes[i].Copy}
		var got, want Recalled
		m.Recall(&ask, &got)
		other.Recall(&ask, &want)
		links += len(want.Links)
		if !reflect.DeepEqual(got.Campaign, want.Campaign) || !reflect.DeepEqual(got.Links, want.Links) {
			t.Fatalf("%s, note %d:\n%+v %+v\nwant\n%+v %+v", what, i, got.Campaign, got.Links, want.Campaign, want.Links)
		}
	}
	if links == 0 {
		t.Fatal("no link was recalled")
	}
}

// TestFloodOfOneSender: what one sender says to ten thousand people is told in entries of up to mostPeople recipients, not in one for
// each message, and the sketch once.
func TestFloodOfOneSender(t *testing.T) {
	const messages = 4096
	here, there, g := New(Limits{}), New(Limits{}), NewGather()
	here.Tell(g)
	for i := range uint64(messages) {
		here.Note(&Note{At: noon, Copy: said(1, 1+i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)})
	}
	contents := g.Take()
	size := 0
	for i, b := range contents {
		size += len(b)
		var d Delta
		if err := d.Read(b); err != nil {
			t.Fatal(err)
		}
		there.Merge(&Frame{Node: "a", Seq: uint64(i + 1), Merged: &d})
	}
	ask := Note{At: noon, Copy: said(1, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)}
	var got, want Recalled
	there.Recall(&ask, &got)
	here.Recall(&ask, &want)
	if !reflect.DeepEqual(got.Campaign, want.Campaign) || got.Campaign.Copies != messages+1 {
		t.Errorf("%+v, want %+v", got.Campaign, want.Campaign)
	}
	if most := messages * 10; size > most {
		t.Errorf("%d bytes for %d messages, want at most %d", size, messages, most)
	}
}

// FuzzDeltaCopies reads anything as copies and links, merges it, and writes what came of it.
func FuzzDeltaCopies(f *testing.F) {
	m, g := New(Limits{}), NewGather()
	m.Tell(g)
	for _, n := range randomCopies(rand.New(rand.NewPCG(1, 1)), 40) {
		m.Note(&n)
	}
	for _, b := range g.Take() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Delta
		if d.Read(b) != nil {
			return
		}
		m := New(Limits{Cells: 1024, Events: 256, Texts: 256})
		m.Merge(&Frame{Node: "n", Seq: 1, Merged: &d})
		var buf bytes.Buffer
		if err := m.Snapshot(&buf); err != nil {
			t.Fatal(err)
		}
		if err := New(Limits{Cells: 1024, Events: 256, Texts: 256}).Restore(&buf); err != nil {
			t.Fatalf("what was merged cannot be restored: %v", err)
		}
	})
}
