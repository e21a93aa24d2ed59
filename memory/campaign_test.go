package memory

import (
	"fmt"
	"math/rand/v2"
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
