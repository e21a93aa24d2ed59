package engine_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
)

// probe is a detector that says nothing and keeps what it was shown.
type probe struct {
	counters []nospim.Counter
	facts    []nospim.Fact
}

func (p *probe) Symbols() []nospim.Symbol {
	return []nospim.Symbol{{Name: "PROBE", Group: "probe", Description: "Is never raised."}}
}

func (p *probe) Counters() []nospim.Counter { return p.counters }

func (p *probe) Look(l *nospim.Look) error {
	p.facts = slices.Clone(l.Facts)
	for i := range p.facts {
		p.facts[i].Recent = slices.Clone(p.facts[i].Recent)
	}
	return nil
}

// probing makes an engine with a probe only.
func probing(t *testing.T, file string, counters ...nospim.Counter) (*rig, *probe) {
	t.Helper()
	p := &probe{counters: counters}
	return newRig(t, file, func(c *engine.Config) { c.Detectors = append(detect.All(nil), p) }), p
}

func recentOf(of, with nospim.Role, by ...nospim.Role) nospim.Counter {
	c := nospim.Counter{Name: "recent", Kind: nospim.Recent, Of: of, With: with, Window: time.Hour}
	copy(c.By[:], by)
	return c
}

// TestRecentTurns: what an account said lately is recalled as turns and sizes, oldest first and without the event's own, whatever
// names, numbers, links and words for the same thing are in it; also after a restart, from records that have no text.
func TestRecentTurns(t *testing.T) {
	counter := recentOf(nospim.RoleTurn, nospim.RoleSize, nospim.RoleSender)
	r, p := probing(t, "", counter)
	bodies := []string{
		"hi babe, see my photos at http://pics.example/a7",
		"hello darling, look at my pictures: http://other.example/zz",
		"my cat has eaten the whole cake again",
		"is it you?", // words that carry no meaning are told as they are
		"were they yours?",
	}
	say := func(r *rig, i int) {
		e := message(fmt.Sprint("turn-", i), "bot@chat.example", fmt.Sprintf("u%d@chat.example", i), bodies[i%len(bodies)])
		e.Time = start.Add(time.Duration(i) * time.Second)
		judge(t, r, e)
	}
	for i := range bodies {
		say(r, i)
	}
	got := p.facts[0]
	if len(got.Recent) != 4 || got.N != 4 {
		t.Fatalf("recalled %+v, want the four before", got)
	}
	turns := append(got.Recent, got.Own)
	for i, it := range turns {
		if it.At != start.Add(time.Duration(i)*time.Second).UnixMilli() || int(it.With) != len(bodies[i]) || it.Of == 0 {
			t.Errorf("turn %d: %+v", i, it)
		}
		for j := range i {
			if equal := turns[j].Of == it.Of; equal != (j == 0 && i == 1) {
				t.Errorf("turns %d and %d are equal: %v", j, i, equal)
			}
		}
	}
	if err := r.records.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, p := probing(t, r.file, counter)
	say(again, len(bodies))
	if got := p.facts[0]; !slices.Equal(got.Recent, turns) || got.Own.Of != turns[0].Of {
		t.Errorf("after a restart %+v, want %+v", got.Recent, turns)
	}
}

// TestRecentOfMany: an event is noted with each of its recipients and recalled of the first; its own is there also where nothing
// is noted, and an event without a value leaves nothing.
func TestRecentOfMany(t *testing.T) {
	byRecipient := recentOf(nospim.RoleSize, nospim.RoleKind, nospim.RoleRecipient)
	links := recentOf(nospim.RoleDomain, nospim.RoleRelation, nospim.RoleSender)
	asked := byRecipient
	asked.Name, asked.When = "asked", nospim.Never
	r, p := probing(t, "", byRecipient, links, asked)
	e := message("1", "ada@chat.example", "bob@chat.example", "12345")
	e.Recipients = append(e.Recipients, nospim.Account{ID: "eve@chat.example"})
	judge(t, r, e)
	if own := p.facts[0].Own; own.Of != 5 || own.With != nospim.KindMessage.Number() || len(p.facts[0].Recent) != 0 {
		t.Errorf("the first: %+v", p.facts[0])
	}
	if p.facts[2].Own != p.facts[0].Own {
		t.Errorf("its own where nothing is noted: %+v", p.facts[2].Own)
	}
	if f := p.facts[1]; f.Own.Of != 0 || f.Own.With != nospim.RelationStranger.Number() || f.Own.At != start.UnixMilli() {
		t.Errorf("no link: %+v", f)
	}
	second := message("2", "kim@chat.example", "eve@chat.example", "1234567 http://a.example http://b.example")
	second.Recipients = append(second.Recipients, e.Recipients[0])
	judge(t, r, second)
	if f := p.facts[0]; len(f.Recent) != 1 || f.Recent[0].Of != 5 {
		t.Errorf("what the first recipient got: %+v", f)
	}
	judge(t, r, message("3", "kim@chat.example", "bob@chat.example", "more"))
	if f := p.facts[0]; len(f.Recent) != 2 || f.Recent[1].Of == 5 {
		t.Errorf("what the second recipient got: %+v", f)
	}
	if f := p.facts[1]; len(f.Recent) != 2 || f.Recent[0].Of == f.Recent[1].Of {
		t.Errorf("the domains of two links: %+v", f)
	}
	if f := p.facts[2]; len(f.Recent) != 0 || f.N != 0 {
		t.Errorf("what is never noted: %+v", f)
	}
}

// TestNumbers: sizes, entries, hours, relations, kinds and languages are recalled as what they are.
func TestNumbers(t *testing.T) {
	sender := [2]nospim.Role{nospim.RoleSender}
	mean := func(of nospim.Role) nospim.Counter {
		return nospim.Counter{Name: "mean", Kind: nospim.Average, Of: of, By: sender, Window: time.Hour}
	}
	languages := nospim.Counter{Name: "languages", Kind: nospim.Distinct, Of: nospim.RoleLanguage, By: sender, Window: time.Hour}
	hours := recentOf(nospim.RoleHour, nospim.RoleEntries, nospim.RoleSender)
	r, p := probing(t, "", mean(nospim.RoleSize), mean(nospim.RoleEntries), languages, hours)
	for i, body := range []string{"what a nice day it is", "ok", "какой сегодня хороший день", "kuinka mukava iltapäivä onkaan", "it is such a nice day"} {
		e := message(fmt.Sprint(i), "ada@chat.example", "bob@chat.example", body)
		e.Count, e.Time = 10*i, start.Add(time.Duration(i)*time.Second)
		judge(t, r, e)
	}
	if n := p.facts[0].N; n != (21+2+26+30)/4.0 {
		t.Errorf("mean size %v", n)
	}
	if n := p.facts[1].N; n != 15 {
		t.Errorf("mean number of entries %v", n)
	}
	if n := p.facts[2].N; n != 3 {
		t.Errorf("%v languages, want English, another in Latin letters, Cyrillic", n)
	}
	if f := p.facts[3]; len(f.Recent) != 4 || f.Recent[3].Of != 18 || f.Recent[3].With != 30 || f.Own.With != 40 {
		t.Errorf("hours and entries %+v", f)
	}
	e := message("large", "eve@chat.example", "bob@chat.example", "x")
	e.Count = math.MaxInt
	judge(t, r, e)
	if own := p.facts[3].Own; own.With != math.MaxUint32 {
		t.Errorf("a number beyond 32 bits: %d", own.With)
	}
}

// TestRecentIsBounded: whoever says more than is kept is remembered by what is newest.
func TestRecentIsBounded(t *testing.T) {
	r, p := probing(t, "", recentOf(nospim.RoleSize, nospim.RoleNone, nospim.RoleSender))
	for i := range 3 * memory.MostRecent {
		e := message(fmt.Sprint(i), "ada@chat.example", "bob@chat.example", "again")
		e.Relation, e.Time = nospim.RelationContact, start.Add(time.Duration(i)*time.Second)
		judge(t, r, e)
	}
	f := p.facts[0]
	if len(f.Recent) != memory.MostRecent || f.Recent[memory.MostRecent-1].At != f.Own.At-1000 || f.Recent[0].At != f.Own.At-1000*memory.MostRecent {
		t.Errorf("%+v", f)
	}
}

// TestCountersAreChecked: a counter that cannot be is refused when the engine is made.
func TestCountersAreChecked(t *testing.T) {
	sender := [2]nospim.Role{nospim.RoleSender}
	for _, c := range []nospim.Counter{
		{Name: "c", Kind: 0, By: sender, Window: time.Hour},
		{Name: "c", Kind: nospim.Labelled + 1, By: sender, Window: time.Hour},
		{Name: "c", Kind: nospim.Distinct, By: sender, Window: time.Hour},
		{Name: "c", Kind: nospim.Recent, By: sender, Window: time.Hour},
		{Name: "c", Kind: nospim.Average, By: sender, Window: time.Hour},
		{Name: "c", Kind: nospim.Average, Of: nospim.RoleSize, With: nospim.RoleHour, By: sender, Window: time.Hour},
		{Name: "c", Kind: nospim.Count, By: sender},
	} {
		r := newRig(t, "")
		_, err := engine.New(t.Context(), engine.Config{
			Memory: r.memory, Records: r.records, Policy: r.Policy(), Detectors: []detect.Detector{&probe{counters: []nospim.Counter{c}}},
		})
		if err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

// TestSharedCounters: counters that share a memory note the same events, whoever declares them first; others are refused.
func TestSharedCounters(t *testing.T) {
	messages := func(l *nospim.Look) bool { return l.Event.Kind == nospim.KindMessage }
	requests := func(l *nospim.Look) bool { return l.Event.Kind == nospim.KindContactRequest }
	count := func(when func(*nospim.Look) bool, on string) nospim.Counter {
		return nospim.Counter{Name: "shared", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleSender}, Window: time.Hour, When: when, On: on}
	}
	for _, c := range []struct {
		name     string
		counters []nospim.Counter
		counted  float64 // of one message; -1: refused
	}{
		{"the same", []nospim.Counter{count(messages, ""), count(messages, "")}, 1},
		{"one that only recalls", []nospim.Counter{count(messages, ""), count(nospim.Never, "")}, 1},
		{"one that only recalls, first", []nospim.Counter{count(nospim.Never, ""), count(messages, "")}, 1},
		{"two that only recall, and one", []nospim.Counter{count(nospim.Never, ""), count(nospim.Never, "X"), count(nil, "")}, 1},
		{"others", []nospim.Counter{count(messages, ""), count(requests, "")}, -1},
		{"all and some", []nospim.Counter{count(nil, ""), count(messages, "")}, -1},
		{"after one that only recalls", []nospim.Counter{count(nospim.Never, ""), count(messages, ""), count(requests, "")}, -1},
		{"with a symbol and without", []nospim.Counter{count(messages, "X"), count(messages, "")}, -1},
	} {
		r := newRig(t, "")
		p := &probe{counters: c.counters}
		e, err := engine.New(t.Context(), engine.Config{Memory: r.memory, Records: r.records, Policy: r.Policy(), Detectors: []detect.Detector{p}})
		if err != nil {
			if c.counted >= 0 || !errors.Is(err, nospim.ErrInvalid) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		judge(t, e, message("1", "ada@chat.example", "bob@chat.example", "hello"))
		for i, f := range p.facts {
			if f.N != c.counted {
				t.Errorf("%s: counter %d is %v, want %v", c.name, i, f.N, c.counted)
			}
		}
	}
}

// TestPatternsOfNames: registrations are told apart by how their names are made.
func TestPatternsOfNames(t *testing.T) {
	distinct := func(by nospim.Role) nospim.Counter {
		return nospim.Counter{Name: "made", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{by}, Window: time.Hour, Only: []nospim.Kind{nospim.KindRegistration}}
	}
	r, p := probing(t, "", distinct(nospim.RoleTemplate), distinct(nospim.RoleShape))
	for i, c := range []struct {
		name            string
		template, shape float64
	}{
		{"nina_cam123", 1, 1},
		{"nina_pix456", 2, 2},
		{"Nina_chat789", 3, 3},
		{"nina_cam12", 1, 4},  // fewer digits
		{"nina.cam123", 1, 1}, // another sign
		{"lara_cam123", 1, 5},
		{"x7k2m9qd", 1, 1},
		{"9dkq-z3", 1, 2}, // scrambled, too
		{"ada", 1, 1},
	} {
		e := &nospim.Event{ID: c.name, Kind: nospim.KindRegistration, Time: start.Add(time.Duration(i) * time.Second), Service: "chat.example", Sender: nospim.Account{ID: c.name + "@chat.example", Local: true}}
		judge(t, r, e)
		if p.facts[0].N != c.template || p.facts[1].N != c.shape {
			t.Errorf("%s is the %v. of its template and the %v. of its shape, want %v and %v", c.name, p.facts[0].N, p.facts[1].N, c.template, c.shape)
		}
	}
}

// TestHouses: one customer of a network is told apart from its network: by an IPv4 address, by the /64 of an IPv6 address.
func TestHouses(t *testing.T) {
	by := func(r nospim.Role) nospim.Counter {
		return nospim.Counter{Name: "lives", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{r}, Window: time.Hour, Only: []nospim.Kind{nospim.KindRegistration}}
	}
	r, p := probing(t, "", by(nospim.RoleHouse), by(nospim.RoleNetwork), by(nospim.RoleInviter))
	for i, c := range []struct {
		addr, by                string
		house, network, invited float64
	}{
		{"2001:db8:1:1::1", "", 1, 1, 0},
		{"2001:db8:1:1:ffff::2", "ada@chat.example", 2, 2, 1},
		{"2001:db8:1:2::1", "chat.example", 1, 3, 1},
		{"2001:db8:2:1::1", "ada@chat.example", 1, 1, 2},
		{"198.51.100.7", "", 1, 1, 0},
		{"::ffff:198.51.100.7", "", 2, 2, 0},
		{"198.51.100.8", "", 1, 3, 0},
		{"198.51.101.7", "", 1, 1, 0},
		{"", "", 0, 0, 0},
	} {
		id := fmt.Sprintf("m%d", i)
		e := &nospim.Event{ID: id, Kind: nospim.KindRegistration, Time: start.Add(time.Duration(i) * time.Second), Service: "chat.example", Addr: c.addr, InvitedBy: c.by, Sender: nospim.Account{ID: id + "@chat.example", Local: true}}
		judge(t, r, e)
		if got := [3]float64{p.facts[0].N, p.facts[1].N, p.facts[2].N}; got != [3]float64{c.house, c.network, c.invited} {
			t.Errorf("%s: %v in the house, the network, by the inviter, want %v, %v, %v", c.addr, got, c.house, c.network, c.invited)
		}
	}
}
