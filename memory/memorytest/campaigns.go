package memorytest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// spun makes a copy of one of several templates: each has 14 of 20 words in common with the others of its template, mostly. Words have
// bins of their own, so that what is alike is known.
func spun(r *rand.Rand, i int) *memory.Copy {
	template := r.IntN(6)
	c := &memory.Copy{
		Sender: hash(fmt.Sprint("sender", template, i%3)), People: []uint64{hash(fmt.Sprint("person", i))},
		Domain: hash(fmt.Sprint("domain", i%2)), Cold: i%5 != 0, Warm: i%5 == 0, Stopped: i%4 == 0,
		Links: []memory.CopyLink{{Template: hash(fmt.Sprint("template", template)), Slots: []memory.SlotValue{
			{Slot: 1, Value: 7, Bits: 20}, {Slot: 2, Value: hash(fmt.Sprint("code", i)), Bits: 60},
		}}},
	}
	var name strings.Builder
	for bin := range 20 {
		word := uint16(template*100 + bin + 1)
		if bin%3 == 0 {
			word += uint16(30 * r.IntN(2))
		}
		c.Sketch.Min[bin] = word
		fmt.Fprint(&name, word, " ")
	}
	c.Sketch.N = 20
	c.ID = nospim.NewCampaignID(hash(name.String()))
	return c
}

// randomCopies makes the notes of copies of spun campaigns.
func randomCopies(n int) []memory.Note {
	r := rand.New(rand.NewPCG(21, 22))
	notes := make([]memory.Note, n)
	for i := range notes {
		notes[i] = memory.Note{Event: event(i), At: start.Add(time.Duration(r.IntN(600)) * time.Minute), Verdict: verdict(fmt.Sprint(i)), Copy: spun(r, i)}
	}
	return notes
}

// campaignsOf asks what is known of the campaign of each note's text, and of its links.
func campaignsOf(m memory.Memory, notes []memory.Note) (all []string) {
	for i := range notes {
		var r memory.Recalled
		asked := *notes[i].Copy
		m.Recall(&memory.Note{At: start.Add(600 * time.Minute), Copy: &asked}, &r)
		all = append(all, fmt.Sprintf("%+v %+v", r.Campaign, r.Links))
	}
	return all
}

// testCampaigns notes copies in other orders, some twice, by way of frames and of a snapshot: the campaigns are the same.
func testCampaigns(t *testing.T, open func(t *testing.T) memory.Memory) {
	notes := randomCopies(200)
	m := open(t)
	for i := range notes {
		m.Note(&notes[i])
	}
	want := campaignsOf(m, notes)
	same := func(how string, m memory.Memory) {
		t.Helper()
		for i, got := range campaignsOf(m, notes) {
			if got != want[i] {
				t.Fatalf("%s: text %d is of\n%s\nwant\n%s", how, i, got, want[i])
			}
		}
	}
	var r memory.Recalled
	if m.Recall(&memory.Note{At: start.Add(600 * time.Minute), Copy: notes[0].Copy}, &r); r.Campaign.Copies < 20 || r.Campaign.Texts < 2 || len(r.Links) != 1 {
		t.Errorf("the campaign of the first text: %+v, links %+v", r.Campaign, r.Links)
	}
	order := rand.New(rand.NewPCG(23, 24)).Perm(len(notes))
	shuffled := open(t)
	for _, i := range append(order, order[:50]...) {
		shuffled.Note(&notes[i])
	}
	same("in another order, some twice", shuffled)

	framed := open(t)
	for n, i := range order {
		f := memory.Frame{Node: fmt.Sprint("node", n%3), Seq: uint64(n + 1), Notes: notes[i : i+1]}
		framed.Merge(&f)
		framed.Merge(&f)
	}
	same("by frames of three nodes, each twice", framed)

	var b bytes.Buffer
	if err := m.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	restored := open(t)
	if err := restored.Restore(&b); err != nil {
		t.Fatal(err)
	}
	same("restored", restored)
}

// testCampaignAllocations recalls and notes a text that comes again and again.
func testCampaignAllocations(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	notes := randomCopies(100)
	for i := range notes {
		m.Note(&notes[i])
	}
	var r memory.Recalled
	n := &memory.Note{At: start.Add(600 * time.Minute), Copy: notes[3].Copy}
	m.Recall(n, &r)
	if allocs := testing.AllocsPerRun(1000, func() {
		m.Recall(n, &r)
		m.Note(n)
	}); allocs != 0 {
		t.Errorf("recall and note of a copy: %v allocations, want none", allocs)
	}
}
