package memory

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// words makes a sketch of made-up words: word number w always falls into the same bin with the same hash.
func words(of ...uint64) (s nospim.Sketch) {
	for _, w := range of {
		h := mix(w + 1)
		bin, v := h>>59, uint16(h)|1
		if s.Min[bin] == 0 || v < s.Min[bin] {
			s.Min[bin] = v
		}
	}
	for _, m := range s.Min {
		if m != 0 {
			s.N++
		}
	}
	return s
}

// said makes a copy of a text of words.
func said(sender, person uint64, of ...uint64) *Copy {
	s := words(of...)
	return &Copy{ID: idOf(s), Sketch: s, Sender: sender, People: []uint64{person}, Cold: true}
}

func idOf(s nospim.Sketch) nospim.CampaignID {
	h := uint64(0)
	for _, m := range s.Min {
		h = mix(h ^ uint64(m) + 0x9e3779b97f4a7c15)
	}
	return nospim.NewCampaignID(h)
}

// spun makes a text of 20 words of which some are exchanged.
func spun(r *rand.Rand, template uint64, exchanged int) []uint64 {
	of := make([]uint64, 20)
	for i := range of {
		of[i] = template<<16 | uint64(i)
	}
	for range exchanged {
		of[r.IntN(len(of))] = template<<16 | 1000 | r.Uint64N(3)
	}
	return of
}

func note(m *Local, n int, c *Copy) nospim.Campaign {
	var r Recalled
	at := &Note{Event: Hash{uint64(n), 1}, At: noon.Add(time.Duration(n) * time.Second), Copy: c}
	m.Recall(at, &r)
	m.Note(at)
	return r.Campaign
}

func TestCampaignJoins(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := New(Limits{})
	var last nospim.Campaign
	for i := range 40 {
		last = note(m, i+1, said(uint64(i%3+1), uint64(100+i), spun(r, 7, 3)...))
		if i > 0 && last.Copies != i+1 {
			t.Fatalf("copy %d joins a campaign of %d", i+1, last.Copies)
		}
		note(m, 1000+i, said(uint64(50+i), uint64(200+i), spun(r, uint64(100+i), 0)...))
	}
	if last.Senders != 3 || last.Strangers != 40 || last.People != 40 || last.Cold != 40 {
		t.Errorf("%+v", last)
	}
	if st := m.Stats(); st.Campaigns != 1 {
		t.Errorf("%d campaigns of texts that have nothing to do with each other", st.Campaigns-1)
	}
}

// partition returns which texts hang together, as the texts' numbers.
func partition(m *Local, texts []*Copy) string {
	by := map[nospim.CampaignID][]int{}
	for i, c := range texts {
		var r Recalled
		m.Recall(&Note{At: noon.Add(time.Hour), Copy: c}, &r)
		by[r.Campaign.ID] = append(by[r.Campaign.ID], i)
	}
	var all []string
	for id, members := range by {
		all = append(all, fmt.Sprint(id, members))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestCampaignOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var texts []*Copy
	var notes []Note
	for i := range 600 {
		texts = append(texts, said(uint64(i%7+1), uint64(i), spun(r, uint64(i%40), r.IntN(12))...))
		c := *texts[i]
		c.Stopped, c.Warm = i%5 == 0, i%6 == 0
		notes = append(notes, Note{Event: Hash{uint64(i), 9}, At: noon.Add(time.Duration(i) * time.Minute), Copy: &c})
	}
	var want string
	var campaigns map[nospim.CampaignID]nospim.Campaign
	for round := range 6 {
		m := New(Limits{})
		for _, i := range append(r.Perm(len(notes)), 3, 5, 8) {
			n := notes[i]
			m.Note(&n)
		}
		got := partition(m, texts)
		all := map[nospim.CampaignID]nospim.Campaign{}
		for _, c := range texts {
			var r Recalled
			m.Recall(&Note{At: noon.Add(time.Hour), Copy: c}, &r)
			all[c.ID] = r.Campaign
		}
		if round == 0 {
			want, campaigns = got, all
			continue
		}
		if got != want {
			t.Fatalf("another order makes other campaigns:\n%s\n\n%s", got, want)
		}
		for id, c := range all {
			if c != campaigns[id] {
				t.Fatalf("another order:\n%+v\n%+v", c, campaigns[id])
			}
		}
	}
	if n := strings.Count(want, "\n"); n < 38 || n > 400 {
		t.Errorf("%d campaigns", n)
	}
}

func TestLikeIsSimilarity(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		a, b := words(spun(r, 1, r.IntN(20))...), words(spun(r, 1, r.IntN(20))...)
		same, all := 0, 0
		for i := range a.Min {
			if a.Min[i]|b.Min[i] != 0 {
				all++
				if a.Min[i] == b.Min[i] {
					same++
				}
			}
		}
		pa, pb := pack(&a.Min), pack(&b.Min)
		if got := pa.like(&pb); got != (100*same >= all*nearEnough(all)) {
			t.Fatalf("%d of %d: %v", same, all, got)
		}
		if pa.unpack() != a.Min {
			t.Fatal("unpacked is not what was packed")
		}
	}
}

// link makes a link of one slot beside one that is the same for all.
func link(c *Copy, value uint64) *Copy {
	c.Links = []CopyLink{{Template: 5, Slots: []SlotValue{{Slot: 1, Value: 3, Bits: 20}, {Slot: 2, Value: value, Bits: 48}}}}
	return c
}

func TestCampaignSnapshot(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	m := New(Limits{})
	var texts []*Copy
	for i := range 500 {
		c := link(said(uint64(i%9+1), uint64(i), spun(r, uint64(i%60), r.IntN(9))...), uint64(i))
		c.Stopped, c.Domain = i%3 == 0, uint64(i%4)
		texts = append(texts, c)
		note(m, i+1, c)
	}
	m.Note(&Note{At: noon.Add(time.Hour), Copy: &Copy{ID: texts[0].ID, Standing: nospim.Condemned}})
	var b bytes.Buffer
	if err := m.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	again := New(Limits{})
	if err := again.Restore(&b); err != nil {
		t.Fatal(err)
	}
	for i, c := range texts {
		var want, got Recalled
		at := &Note{At: noon.Add(time.Hour), Copy: c}
		m.Recall(at, &want)
		again.Recall(at, &got)
		if got.Campaign != want.Campaign || !reflect.DeepEqual(got.Links, want.Links) || len(want.Links) != 1 {
			t.Fatalf("text %d:\n%+v\n%+v\n%+v\n%+v", i, got.Campaign, want.Campaign, got.Links, want.Links)
		}
	}
	if a, b := m.Stats(), again.Stats(); a.Texts != b.Texts || a.Campaigns != b.Campaigns {
		t.Errorf("%+v, restored %+v", a, b)
	}
	small := New(Limits{Texts: 64})
	b.Reset()
	if err := m.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	if err := small.Restore(&b); err != nil || small.Stats().Texts != 64 {
		t.Errorf("into a smaller memory: %v, %+v", err, small.Stats())
	}
	small.copies.check(t)
}

// check holds the campaigns to what they promise themselves.
func (c *campaigns) check(t *testing.T) {
	t.Helper()
	members := map[uint32]uint32{}
	used := 0
	for i := range c.placed {
		w := c.at(uint32(i))
		if w.id == 0 {
			continue
		}
		used++
		if place, ok := c.lookup(w.id); !ok || place != uint32(i) {
			t.Fatalf("text %d is not found", i)
		}
		if w.group != 0 {
			members[w.group]++
			if c.at(w.next).group != w.group || c.at(w.next).before != uint32(i) || c.at(w.before).next != uint32(i) {
				t.Fatalf("the ring of campaign %d is broken at %d", w.group, i)
			}
		}
	}
	if used != c.used || len(members) != c.groups.used() {
		t.Fatalf("%d texts, said to be %d; %d campaigns, said to be %d", used, c.used, len(members), c.groups.used())
	}
	for number, n := range members {
		if g := c.groups.at(number); g.texts != n || c.at(g.member).group != number {
			t.Fatalf("campaign %d has %d texts, says %d", number, n, g.texts)
		}
	}
}

// TestCampaignBounds floods a small memory with everything at once.
func TestCampaignBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	m := New(Limits{Texts: 128})
	for i := range 20_000 {
		c := said(uint64(r.IntN(50)+1), r.Uint64(), spun(r, uint64(r.IntN(300)), r.IntN(12))...)
		switch i % 17 {
		case 3:
			c.Count = 3
		case 5:
			c.People = []uint64{1, 2, 3}
		case 7:
			c.Standing = nospim.Spared
		case 9:
			c.Of = nospim.CampaignID(r.Uint64N(1 << 50))
		case 11:
			c.Sketch = nospim.Sketch{}
		}
		at := &Note{Event: Hash{uint64(i), 1}, At: noon.Add(time.Duration(r.IntN(1e6)) * time.Second), Copy: c}
		if i%2 == 0 {
			var r Recalled
			m.Recall(at, &r)
		}
		m.Note(at)
		if i%500 == 0 {
			m.copies.check(t)
		}
	}
	m.copies.check(t)
	if st := m.Stats(); st.Texts != 128 || st.Campaigns > 64 || st.Evicted == 0 {
		t.Errorf("%+v", st)
	}
}

// TestCampaignNames finds a campaign by every name that it ever had.
func TestCampaignNames(t *testing.T) {
	// Words in bins of their own: a and b share 4 of 16, the bridge has 10 of each.
	text := func(sender, person uint64, from, to int) *Copy {
		var k nospim.Sketch
		for i := range 16 {
			if i < 4 || i >= from && i < to {
				k.Min[i] = uint16(i + 1)
			}
		}
		return &Copy{ID: idOf(k), Sketch: k, Sender: sender, People: []uint64{person}, Cold: true}
	}
	m := New(Limits{})
	for i := range 4 {
		note(m, 10+i, text(1, uint64(i+1), 4, 10))
		note(m, 20+i, text(2, uint64(i+11), 10, 16))
	}
	first, second := text(3, 99, 4, 10), text(3, 98, 10, 16)
	one, two := note(m, 31, first), note(m, 32, second)
	if one.ID == two.ID || one.Copies != 5 || two.Copies != 5 {
		t.Fatalf("%+v %+v", one, two)
	}
	both := note(m, 33, text(4, 97, 4, 16))
	if both.Copies != 11 || both.ID != one.ID || both.Senders != 4 || both.Texts != 3 {
		t.Errorf("the bridge joins %+v", both)
	}
	m.Note(&Note{At: noon.Add(time.Minute), Copy: &Copy{ID: two.ID, Standing: nospim.Condemned}})
	if now := note(m, 34, text(5, 96, 4, 10)); now.ID != one.ID || now.Standing != nospim.Condemned || now.Copies != 12 {
		t.Errorf("under the other name: %+v", now)
	}
}

// TestCampaignFromRecords rebuilds a campaign of what records know: the names of the texts.
func TestCampaignFromRecords(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	m := New(Limits{})
	var of nospim.CampaignID
	var copies []*Copy
	for i := range 10 {
		c := said(uint64(i), uint64(100+i), spun(r, 7, 3)...)
		of = note(m, i+1, c).ID
		copies = append(copies, &Copy{ID: c.ID, Of: of, Sender: c.Sender, People: c.People, Cold: true, Sketch: c.Sketch})
	}
	again := New(Limits{})
	for i, c := range copies {
		bare := *c
		bare.Sketch = nospim.Sketch{}
		note(again, i+1, &bare)
	}
	if got := note(again, 20, copies[3]); got.Copies != 11 || got.ID != of {
		t.Errorf("the text again: %+v, want campaign %v", got, of)
	}
	if got := note(again, 21, said(77, 78, spun(r, 7, 3)...)); got.Copies != 12 {
		t.Errorf("another wording: %+v", got)
	}
	again.copies.check(t)
}

func TestWindow(t *testing.T) {
	m := New(Limits{})
	at := func(n int, d time.Duration) nospim.Campaign {
		var r Recalled
		nt := &Note{Event: Hash{uint64(n), 1}, At: noon.Add(d), Copy: said(uint64(n), uint64(n), 1, 2, 3, 4, 5, 6)}
		m.Recall(nt, &r)
		m.Note(nt)
		return r.Campaign
	}
	for i := range 5 {
		at(i+1, time.Duration(i)*time.Minute)
	}
	if c := at(6, 12*time.Hour); c.Recent != 6 || c.Senders != 6 || c.Hour != 1 || c.Copies != 6 {
		t.Errorf("half a day later: %+v", c)
	}
	if c := at(7, 48*time.Hour); c.Recent != 1 || c.Senders != 1 || c.Copies != 7 || !c.First.Equal(noon) {
		t.Errorf("two days later: %+v", c)
	}
}

// BenchmarkCampaign recalls and notes: an exact text again, a text spun anew, a text that nobody said before, and nothing at all.
func BenchmarkCampaign(b *testing.B) {
	const texts = 1 << 17
	r := rand.New(rand.NewPCG(13, 14))
	kinds := map[string]func(i int) *Copy{
		"again": func(i int) *Copy { return said(uint64(i%50), uint64(i), spun(rand.New(rand.NewPCG(1, 1)), 7, 3)...) },
		"spun":  func(i int) *Copy { return said(uint64(i%50), uint64(i), spun(r, uint64(i%100), 6)...) },
		"new":   func(i int) *Copy { return said(uint64(i%50), uint64(i), spun(r, 1000+r.Uint64N(1<<30), 0)...) },
		"links": func(i int) *Copy {
			return link(said(uint64(i%50), uint64(i), spun(r, uint64(i%100), 6)...), r.Uint64())
		},
		"none": func(int) *Copy { return nil },
	}
	for _, kind := range []string{"none", "again", "spun", "new", "links"} {
		b.Run(kind, func(b *testing.B) {
			copies := make([]*Copy, texts)
			for i := range copies {
				copies[i] = kinds[kind](i)
			}
			m := New(Limits{})
			for i := range 1 << 16 { // full
				m.copies.note(said(uint64(i), uint64(i), spun(r, r.Uint64N(1<<40), 0)...), noon.UnixMilli())
			}
			var r Recalled
			now := noon.UnixMilli()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c := copies[i%texts]
				m.copies.recall(c, now+int64(i), &r)
				m.copies.note(c, now+int64(i))
			}
		})
	}
}
