package cluster_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/memory"
)

// TestFloodOfOneText: what a flood of one text adds to what is known of the text costs the other nodes one delta a frame, and not one
// a message, over a real NATS; they count every message and, within what distinct counts promise, every sender.
func TestFloodOfOneText(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	a, b := join(t, s.URL, "a"), join(t, s.URL, "b")
	eventually(t, "both there", func() bool { return !a.CutOff() && !b.CutOff() })
	const text, senders, least = 7, 1000, 20_000
	of := memory.Cell{Key: text, Kind: memory.Distinct, Window: time.Hour}
	before, messages := b.Stats(), uint64(0)
	// Until several frames have told of it, however fast this machine is.
	eventually(t, "five frames", func() bool {
		for range 100 {
			messages++
			sender := of
			sender.Value, sender.Note = messages%senders, true
			a.memory.Note(&memory.Note{Event: memory.Hash{messages, 3}, At: begin, Cells: []memory.Cell{count(text), sender}})
		}
		return messages >= least && b.Stats().Cells-before.Cells >= 10
	})
	eventually(t, "every message counts", func() bool { return b.count(text) == float64(messages) })
	after := b.Stats()
	frames, cells := after.Received-before.Received, after.Cells-before.Cells
	if cells > 2*frames { // how many messages a frame tells of is a matter of how fast this machine is
		t.Errorf("%d messages of one text cost the other node %d deltas in %d frames; want one of each of its two counters a frame", messages, cells, frames)
	}
	t.Logf("%d messages of one text: %d deltas of two counters in %d frames", messages, cells, frames)
	var r memory.Recalled
	b.memory.Recall(&memory.Note{At: begin, Cells: []memory.Cell{of}}, &r)
	var own memory.Recalled
	a.memory.Recall(&memory.Note{At: begin, Cells: []memory.Cell{of}}, &own)
	if r.Values[0].N != own.Values[0].N || r.Values[0].N < senders*8/10 || r.Values[0].N > senders*12/10 {
		t.Errorf("%v senders there, %v here, want the same, about %d", r.Values[0].N, own.Values[0].N, senders)
	}
}

// TestSlow puts a node behind a wire on which everything takes a fifth of a second: nothing is lost or counts twice, and whoever called
// itself cut off meanwhile is back. That noting waits for nothing is TestHangs.
func TestSlow(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	w := newWire(t, s.Addr)
	a, b := join(t, w.url, "a"), join(t, s.URL, "b")
	eventually(t, "there", func() bool { return !a.CutOff() && !b.CutOff() })
	w.late.Store(int64(200 * time.Millisecond))
	const n = 5000
	for i := range uint64(n) {
		a.note(i+1, 1)
		b.note(1<<32+i, 1)
	}
	eventually(t, "everything known", func() bool { return a.count(1) == 2*n && b.count(1) == 2*n })
	eventually(t, "not cut off", func() bool { return !a.CutOff() && !b.CutOff() })
	if st := a.Stats(); st.Dropped+st.LostCells+st.Missed != 0 {
		t.Errorf("%+v, want nothing lost", st)
	}
}

// TestFailsOver: a node that has several addresses of NATS goes on over another when one is gone for good, and has lost nothing.
func TestFailsOver(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	first, second := newWire(t, s.Addr), newWire(t, s.Addr)
	second.set(true) // so that the node begins on the first
	a := join(t, first.url+","+second.url, "a")
	b := join(t, s.URL, "b")
	a.note(1, 1)
	eventually(t, "known", func() bool { return b.count(1) == 1 && !a.CutOff() })
	second.set(false)
	first.set(true)
	for i := range uint64(1000) {
		a.note(10+i, 1)
		b.note(1<<32+i, 1)
	}
	eventually(t, "everything known over the other", func() bool { return a.count(1) == 2001 && b.count(1) == 2001 })
	eventually(t, "not cut off", func() bool { return !a.CutOff() && !b.CutOff() })
	if st := a.Stats(); st.Dropped+st.LostCells+st.Missed != 0 {
		t.Errorf("%+v, want nothing lost", st)
	}
}
