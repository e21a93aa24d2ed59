package town

import (
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// variation is the standard deviation over the mean.
func variation(all []float64) float64 {
	mean, square := 0.0, 0.0
	for _, v := range all {
		mean += v / float64(len(all))
	}
	for _, v := range all {
		square += (v - mean) * (v - mean) / float64(len(all))
	}
	return math.Sqrt(square) / mean
}

// TestRelationsFollowWhatHappened keeps its own book of who accepted whom.
func TestRelationsFollowWhatHappened(t *testing.T) {
	type pair [2]string
	asked, friends, begun := map[pair]bool{}, map[pair]bool{}, map[pair]bool{}
	checked := 0
	for _, p := range play(t, Options{Seed: 1, Attacks: Attacks(), People: 200}) {
		if len(p.Recipients) == 0 {
			continue
		}
		there, back := pair{p.Sender.ID, p.Recipients[0].ID}, pair{p.Recipients[0].ID, p.Sender.ID}
		if begun[there] || begun[back] {
			want := nospim.RelationStranger
			switch {
			case friends[there]:
				want = nospim.RelationContact
			case asked[back]:
				want = nospim.RelationPending
			}
			checked++
			if p.Relation != want {
				t.Fatalf("%s, a %s: the relation is %s, want %s", p.ID, p.Kind, p.Relation, want)
			}
		}
		switch p.Kind {
		case nospim.KindContactRequest:
			if p.Relation == nospim.RelationStranger {
				begun[there], asked[there] = true, true
			}
		case nospim.KindContactAccept:
			friends[there], friends[back] = true, true
		case nospim.KindContactRemove, nospim.KindBlock, nospim.KindReport:
			begun[there], begun[back] = false, false // from here on, the book knows nothing
		default:
		}
	}
	if checked < 300 {
		t.Errorf("only %d relations were looked at", checked)
	}
}

// TestPeopleTypeAsMeasured: half of the answers come within 18.6 s (STAR), one in twenty within 5 s, some after minutes.
func TestPeopleTypeAsMeasured(t *testing.T) {
	var delays []float64
	last := map[string]played{}
	for _, p := range play(t, Options{Seed: 2, People: 300, Length: 24 * time.Hour}) {
		if p.Kind != nospim.KindMessage || p.Role != "person" || len(p.Recipients) == 0 {
			continue
		}
		before, ok := last[p.Recipients[0].ID+" "+p.Sender.ID]
		if d := p.Time.Sub(before.Time); ok && d < time.Hour {
			delays = append(delays, d.Seconds())
		}
		last[p.Sender.ID+" "+p.Recipients[0].ID] = p
		delete(last, p.Recipients[0].ID+" "+p.Sender.ID) // only the first line of an answer counts
	}
	slices.Sort(delays)
	at := func(q float64) float64 { return delays[int(q*float64(len(delays)))] }
	t.Logf("%d answers: 5 %% %.1f s, median %.1f s, 95 %% %.1f s", len(delays), at(0.05), at(0.5), at(0.95))
	if m := at(0.5); m < 14 || m > 25 {
		t.Errorf("the median answer takes %.1f s", m)
	}
	if f, l := at(0.05), at(0.95); f < 2.5 || f > 8 || l < 60 {
		t.Errorf("answers take from %.1f s to %.1f s", f, l)
	}
}

// TestPeopleRepeatAsRarelyAsMeasured: of what people say of 15 letters and more, 0.3 to 4 % stands in three conversations word for
// word.
func TestPeopleRepeatAsRarelyAsMeasured(t *testing.T) {
	conversations := map[string]map[string]bool{}
	lines := 0
	for _, p := range play(t, Options{Seed: 3, People: 400, Length: 24 * time.Hour}) {
		if p.Kind == nospim.KindMessage && p.Role == "person" && len(p.Body) >= 15 && len(p.Recipients) > 0 {
			pair := []string{p.Sender.ID, p.Recipients[0].ID}
			slices.Sort(pair)
			if conversations[p.Body] == nil {
				conversations[p.Body] = map[string]bool{}
			}
			conversations[p.Body][strings.Join(pair, " ")] = true
			lines++
		}
	}
	repeated := 0
	for _, in := range conversations {
		if len(in) >= 3 {
			repeated += len(in)
		}
	}
	share := 100 * float64(repeated) / float64(lines)
	t.Logf("%d of %d lines (%.1f %%) stand in three conversations", repeated, lines, share)
	if share > 4 {
		t.Errorf("%.1f %% of the lines stand in three conversations, measured were at most 4 %%", share)
	}
}

// TestNightIsQuiet: people do five times as much in the evening as at night, by their own clocks.
func TestNightIsQuiet(t *testing.T) {
	w := &world{Town: settled(t, small(Options{Seed: 4, Length: 48 * time.Hour}))}
	w.bonds = map[bond]tie{}
	w.settle()
	zones := map[string]int{}
	for _, a := range w.people {
		zones[a.ID] = a.zone
	}
	var hours [24]int
	for _, p := range play(t, Options{Seed: 4, Length: 48 * time.Hour}) {
		if zone, ok := zones[p.Sender.ID]; ok && p.Role == "person" && p.Kind == nospim.KindMessage {
			hours[(p.Time.Hour()+zone+24)%24]++
		}
	}
	if night, evening := hours[3]+hours[4], hours[20]+hours[21]; evening < 5*night {
		t.Errorf("%d messages at night, %d in the evening: %v", night, evening, hours)
	}
}

func TestSpin(t *testing.T) {
	r := (&world{Town: &Town{}}).dice("spin", 0)
	for _, c := range []struct {
		template string
		slots    map[string]string
		want     []string
	}{
		{"plain", nil, []string{"plain"}},
		{"{a|b} c", nil, []string{"a c", "b c"}},
		{"{a|{b|c} d}", nil, []string{"a", "b d", "c d"}},
		{"{|x}y", nil, []string{"y", "xy"}},
		{"hi {name}", map[string]string{"name": "ada {no|slot}"}, []string{"hi ada {no|slot}"}},
		{"{a|b", nil, []string{"a", "b"}},
		{"a}b", nil, []string{"a}b"}},
	} {
		seen := map[string]bool{}
		for range 200 {
			seen[spin(r, c.template, c.slots)] = true
		}
		if len(seen) != len(c.want) {
			t.Errorf("%q: %v, want %v", c.template, seen, c.want)
		}
		for _, w := range c.want {
			if !seen[w] {
				t.Errorf("%q never writes %q", c.template, w)
			}
		}
	}
}

func TestDataHasItsLicences(t *testing.T) {
	for _, folders := range sets {
		for _, set := range folders {
			licence, err := fs.ReadFile(data, "data/"+set+"/LICENSE")
			if err != nil || len(licence) < 500 {
				t.Errorf("%s: no licence text (%v)", set, err)
			}
			notice, err := fs.ReadFile(data, "data/"+set+"/NOTICE")
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"Author:", "Source:   https://", "Licence:", "Changes:"} {
				if !strings.Contains(string(notice), want) {
					t.Errorf("the notice of %s does not say %q", set, want)
				}
			}
		}
	}
}
