package detect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
	"github.com/nospim/nospim/link"
)

// at is when the looks of these tests happen.
var at = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

// before is so long before at, in Unix milliseconds.
func before(d time.Duration) int64 { return at.Add(-d).UnixMilli() }

const day = 24 * time.Hour

// memo is a fact by the counter that it belongs to: its name, and the roles it is kept by where several have that name.
type memo struct {
	name string
	by   nospim.Role
	kind nospim.CounterKind
	fact nospim.Fact
}

// recall puts facts into the places of a detector's counters. A memo without by or kind fits any.
func recall(t *testing.T, d detect.Detector, memos ...memo) []nospim.Fact {
	t.Helper()
	counters := d.Counters()
	facts := make([]nospim.Fact, len(counters))
	for _, m := range memos {
		found := false
		for i, c := range counters {
			if c.Name == m.name && (m.by == 0 || c.By[0] == m.by) && (m.kind == 0 || c.Kind == m.kind) {
				facts[i], found = m.fact, true
			}
		}
		if !found {
			t.Fatalf("no counter %+v", m)
		}
	}
	return facts
}

// sent is an outbox: links of one domain to n people, one every gap, the last one gap ago; person 0 is next.
func sent(n int, gap time.Duration, domain uint32) nospim.Fact {
	f := nospim.Fact{N: float64(n), Own: nospim.Item{Of: 100, With: domain}}
	for i := n; i > 0; i-- {
		f.Recent = append(f.Recent, nospim.Item{At: before(time.Duration(i) * gap), Of: 100 + uint32(i), With: domain})
	}
	return f
}

// old is a thing that has been usual for months, fresh is one that came just now.
var (
	old   = nospim.Fact{N: 400, First: before(80 * day), Last: before(time.Hour)}
	fresh = nospim.Fact{N: 3, First: before(time.Minute), Last: before(time.Second)}
	never = nospim.Fact{N: 1}
)

// person is an account that has been itself for months; changes replace what is different.
func person(t *testing.T, changes ...memo) []nospim.Fact {
	t.Helper()
	usual := []memo{
		{name: "profile", fact: nospim.Fact{N: 900, First: before(80 * day), Last: before(time.Minute)}},
		{name: "profile_network", fact: old},
		{name: "profile_client", fact: old},
		{name: "profile_language", fact: old},
		{name: "profile_hour", fact: old},
		{name: "profile_domain", fact: never},
		{name: "profile_networks", fact: nospim.Fact{N: 3}},
		{name: "profile_clients", fact: nospim.Fact{N: 3}},
		{name: "logins", fact: nospim.Fact{N: 40, First: before(80 * day), Last: before(9 * time.Hour)}},
	}
	return recall(t, detect.Profile{}, append(usual, changes...)...)
}

// link30 is a message of a contact with a link, from a known place.
func fromContact() nospim.Event {
	e := message(nospim.RelationContact)
	e.Addr, e.Client = "198.51.100.7", "Gajim/1.8"
	return e
}

func english() nospim.Features {
	f := withLink()
	f.Language = "en"
	return f
}

func TestProfile(t *testing.T) {
	away := []memo{{name: "profile_network", fact: fresh}, {name: "profile_client", fact: fresh}}
	with := func(more ...memo) []nospim.Fact { return person(t, append(append([]memo{}, away...), more...)...) }
	outbox := func(n int, gap time.Duration) memo { return memo{name: "outbox", fact: sent(n, gap, 7)} }
	photo := fromContact()
	photo.Room = "family@rooms.chat.example"
	login := nospim.Event{Kind: nospim.KindLogin, Addr: "203.0.113.9", Client: "webim/0.2"}
	habit := sent(12, 2*time.Second, 7)
	for i := range 10 {
		habit.Recent = append([]nospim.Item{{At: before(7*day + time.Duration(i)*time.Minute), Of: 500 + uint32(i), With: 9}}, habit.Recent...)
	}
	crowd := sent(32, 2*time.Second, 7)
	newcomer := fromContact()
	newcomer.Sender = nospim.Account{ID: "kim@chat.example", Created: at.Add(-time.Hour)}
	every := []string{"BURST_TO_CONTACTS", "ACCOUNT_UNLIKE_ITSELF", "LOGIN_ELSEWHERE", "CREDENTIAL_LINK_BEFORE", "ROSTER_READ_BEFORE_BURST", "CONTACTS_DOUBT"}
	known := memo{name: "domain_senders", fact: nospim.Fact{N: 9, First: before(60 * day)}}
	asked := func(people int, last time.Duration, first uint32) memo {
		f := nospim.Fact{N: float64(people)}
		for i := people; i > 0; i-- {
			f.Recent = append(f.Recent, nospim.Item{At: before(last + time.Duration(i)*time.Second), Of: first + uint32(i)})
		}
		return memo{name: "doubted", by: nospim.RoleSender, fact: f}
	}
	disguised := english()
	disguised.Disguise.Styled = 3
	words := longText()
	words.Letters, words.Turn = 60, 7
	idle := words
	words.Parts.Plea = 1
	worm := fromContact()
	worm.Kind, worm.Files = nospim.KindFileOffer, []nospim.File{{Name: "photo_1.ZIP", Size: 91_648}}
	album := worm
	album.Files = []nospim.File{{Name: "photo_1.jpg", Size: 91_648}}
	detecttest.Run(t, detect.Profile{Brands: link.BuiltIn()}, []detecttest.Case{
		{
			Name: "the classic case", Event: fromContact(), Features: english(), Recalled: with(outbox(3, 2*time.Second),
				memo{name: "credential_links", by: nospim.RoleSender, fact: nospim.Fact{N: 1, Last: before(2 * day)}},
				memo{name: "contact_lists", fact: nospim.Fact{N: 1, Last: before(time.Minute)}}, memo{name: "logins", fact: nospim.Fact{N: 41, Last: before(time.Minute)}}),
			Want: every[:5], Not: every[5:],
		},
		{Name: "slowly, from elsewhere", Event: fromContact(), Features: english(), Recalled: with(outbox(3, 9*time.Minute)), Want: []string{every[0], every[1], every[2]}, Not: []string{every[3], every[4]}},
		{Name: "two links from a new telephone", Event: fromContact(), Features: english(), Recalled: with(outbox(1, time.Minute)), Not: every},
		{Name: "the owner has confirmed", Event: fromContact(), Features: english(), Recalled: with(outbox(8, 2*time.Second), memo{name: detect.OwnerConfirmed, fact: nospim.Fact{N: 1}}), Not: every},
		{Name: "a program that people want", Event: fromContact(), Features: english(), Recalled: person(t, memo{name: "outbox", fact: crowd}, memo{name: "profile_domain", fact: old}), Not: every},
		{Name: "a thief in the middle of it", Event: fromContact(), Features: english(), Recalled: with(memo{name: "outbox", fact: crowd}, memo{name: "caught", fact: nospim.Fact{N: 20}}), Want: every[:3]},
		{Name: "an announcement to everybody from home", Event: fromContact(), Features: english(), Recalled: person(t, outbox(9, 40*time.Second), known), Want: every[:1], Not: every[1:]},
		{Name: "a party on a page that nobody linked to before", Event: fromContact(), Features: english(), Recalled: person(t, outbox(9, 40*time.Second)), Want: every[:2], Not: every[2:]},
		{Name: "friends ask whether that is really them", Event: fromContact(), Features: english(), Recalled: person(t, outbox(9, 40*time.Second), known, asked(2, 20*time.Second, 100)), Want: []string{every[0], every[5]}},
		{Name: "friends asked about something else before", Event: fromContact(), Features: english(), Recalled: person(t, outbox(9, 40*time.Second), known, asked(2, 30*time.Minute, 100)), Want: every[:1], Not: every[5:]},
		{Name: "a gang asks that got nothing", Event: fromContact(), Features: english(), Recalled: person(t, outbox(9, 40*time.Second), known, asked(9, 20*time.Second, 900)), Want: every[:1], Not: every[5:]},
		{Name: "words in disguise", Event: fromContact(), Features: disguised, Recalled: person(t, outbox(5, 40*time.Second), known), Want: every[:2]},
		{Name: "an archive to one after the other", Event: worm, Recalled: person(t, outbox(5, 40*time.Second)), Want: every[:2]},
		{Name: "a photograph to one after the other", Event: album, Recalled: person(t, outbox(5, 40*time.Second)), Not: every},
		{Name: "a plea in words alone", Event: fromContact(), Features: words, Recalled: with(memo{name: "sayings", fact: sent(3, 2*time.Minute, 7)}), Want: []string{every[0], every[2]}},
		{Name: "a wedding from a hotel", Event: fromContact(), Features: idle, Recalled: with(memo{name: "sayings", fact: sent(7, 8*time.Second, 7)}), Want: every[:1], Not: every[1:]},
		{Name: "two friends are sent a picture", Event: fromContact(), Features: english(), Recalled: person(t, outbox(1, 20*time.Second)), Not: every},
		{Name: "as many as every week", Event: fromContact(), Features: english(), Recalled: with(memo{name: "outbox", fact: habit}), Want: every[:3]},
		{Name: "fewer than every week, with a new telephone", Event: fromContact(), Features: english(), Recalled: person(t, away[1], known, memo{name: "outbox", fact: nospim.Fact{Own: habit.Own, Recent: habit.Recent[:18]}}), Not: every[:3]},
		{Name: "somebody who asked is answered", Event: fromContact(), Features: english(), Recalled: with(outbox(8, 2*time.Second), memo{name: "contacts", fact: nospim.Fact{N: 3, Last: before(time.Minute)}}), Not: every},
		{Name: "in a room", Event: photo, Features: english(), Recalled: with(outbox(8, 2*time.Second)), Not: every},
		{Name: "an account of today", Event: newcomer, Features: english(), Recalled: with(outbox(7, 20*time.Second)), Want: every[:1], Not: every[1:3]},
		{Name: "to one person time and again", Event: fromContact(), Features: english(), Recalled: with(memo{name: "outbox", fact: nospim.Fact{
			Own:    nospim.Item{Of: 5, With: 7},
			Recent: []nospim.Item{{At: before(time.Minute), Of: 5, With: 7}, {At: before(30 * time.Second), Of: 5, With: 7}, {At: before(time.Second), Of: 5, With: 7}},
		}}), Not: every},
		{Name: "a log-in from elsewhere", Event: login, Recalled: with(), Want: []string{"LOGIN_ELSEWHERE"}},
		{Name: "a log-in at home", Event: login, Recalled: person(t), Not: []string{"LOGIN_ELSEWHERE"}},
		{Name: "a new telephone at home", Event: login, Recalled: person(t, away[1]), Want: []string{"LOGIN_ELSEWHERE"}},
		{Name: "somebody who is always on the move", Event: login, Recalled: person(t, away[0], memo{name: "profile_networks", fact: nospim.Fact{N: 30}}), Not: []string{"LOGIN_ELSEWHERE"}},
		{Name: "text alone", Event: fromContact(), Features: longText(), Recalled: with(outbox(8, time.Second)), Not: every},
	})
}

// TestProfileLearnsSlowly: a new place stops being a departure only after days, however much is done there.
func TestProfileLearnsSlowly(t *testing.T) {
	for _, c := range []struct {
		since time.Duration
		n     float64
		want  bool
	}{{time.Minute, 3, true}, {20 * time.Hour, 500, true}, {2 * day, 800, true}, {5 * day, 40, false}, {60 * day, 40, false}} {
		place := nospim.Fact{N: c.n, First: before(c.since)}
		l := nospim.Look{
			Event: &nospim.Event{Kind: nospim.KindLogin, Sender: nospim.Account{ID: "eve@chat.example"}, Addr: "203.0.113.9", Client: "webim/0.2"}, Features: &nospim.Features{}, Now: at,
			Facts: person(t, memo{name: "profile_network", fact: place}, memo{name: "profile_client", fact: place}),
		}
		if err := (detect.Profile{}).Look(&l); err != nil || (len(l.Raised) > 0) != c.want {
			t.Errorf("used for %v, %v times: raised %v, %v; want a signal: %v", c.since, c.n, l.Raised, err, c.want)
		}
	}
}

// TestProfilePersonalLinks: whoever gives each friend a link of their own acts like a program; whoever tells all of them the same, or the
// two that there are, does not.
func TestProfilePersonalLinks(t *testing.T) {
	known := memo{name: "profile_domain", fact: old}
	for _, c := range []struct {
		slot nospim.SlotUse
		want bool
	}{
		{nospim.SlotUse{Recipients: 6, Distinct: 6, Bits: 20}, true},
		{nospim.SlotUse{Recipients: 6, Distinct: 1, Bits: 20}, false},
		{nospim.SlotUse{Recipients: 6, Distinct: 5, Bits: 20}, false},
		{nospim.SlotUse{Recipients: 2, Distinct: 2, Bits: 20}, false},
		{nospim.SlotUse{Recipients: 6, Distinct: 6, Bits: 40, Timely: true}, false},
	} {
		f, e := english(), fromContact()
		l := nospim.Look{
			Event: &e, Features: &f, Now: at, Facts: person(t, known, memo{name: "outbox", fact: sent(5, 40*time.Second, 7)}),
			Links: []nospim.LinkUse{{Slots: []nospim.SlotUse{c.slot}}},
		}
		if err := (detect.Profile{}).Look(&l); err != nil {
			t.Fatal(err)
		}
		unlike := slices.ContainsFunc(l.Raised, func(s nospim.Signal) bool { return s.Symbol == "ACCOUNT_UNLIKE_ITSELF" })
		if unlike != c.want {
			t.Errorf("%+v: raised %v, want it unlike itself: %v", c.slot, l.Raised, c.want)
		}
	}
}

// TestProfileIssues: a link of each reader's own is unlike an account only if it has talked before, and neither that nor its pace is where
// it has led many for a while.
func TestProfileIssues(t *testing.T) {
	seen := func(n float64, ago time.Duration) memo {
		return memo{name: "profile", fact: nospim.Fact{N: n, First: before(ago), Last: before(time.Second)}}
	}
	led := func(ago time.Duration) memo {
		return memo{name: "profile_domain", fact: nospim.Fact{N: 50, First: before(ago), Last: before(time.Second)}}
	}
	once := memo{name: "logins", fact: nospim.Fact{N: 1, First: before(5 * time.Hour), Last: before(5 * time.Hour)}}
	outbox := func(n int, gap time.Duration) memo { return memo{name: "outbox", fact: sent(n, gap, 7)} }
	daily := sent(12, time.Second, 7)
	for i := range 14 {
		daily.Recent = append([]nospim.Item{{At: before(day + time.Duration(i)*time.Second), Of: 500 + uint32(i), With: 7}}, daily.Recent...)
	}
	again := memo{name: "outbox", fact: daily}
	for _, c := range []struct {
		name  string
		facts []nospim.Fact
		want  bool
	}{
		{"a newsletter's first issue", person(t, seen(9, 80*time.Second), led(80*time.Second), outbox(8, 10*time.Second)), false},
		{"at the pace of a machine, as thieves do", person(t, seen(9, 8*time.Second), led(8*time.Second), outbox(8, time.Second)), true},
		{"it had logged in and read its list hours before", person(t, seen(11, 5*time.Hour), once, led(80*time.Second), outbox(8, 10*time.Second)), false},
		{"an account that talked hours before", person(t, seen(14, 5*time.Hour), once, led(80*time.Second), outbox(8, 10*time.Second)), true},
		{"the next day's issue", person(t, led(day), again), false},
		{"to where it led nobody before", person(t, led(12*time.Second), again), true},
		{"the next day's issue, to more than are remembered", person(t, led(day), outbox(32, time.Second)), false},
	} {
		f, e := english(), fromContact()
		l := nospim.Look{
			Event: &e, Features: &f, Now: at, Facts: c.facts,
			Links: []nospim.LinkUse{{Slots: []nospim.SlotUse{{Recipients: 9, Distinct: 9, Bits: 40}}}},
		}
		if err := (detect.Profile{}).Look(&l); err != nil {
			t.Fatal(err)
		}
		unlike := slices.ContainsFunc(l.Raised, func(s nospim.Signal) bool { return s.Symbol == "ACCOUNT_UNLIKE_ITSELF" })
		if unlike != c.want {
			t.Errorf("%s: raised %v, want it unlike itself: %v", c.name, l.Raised, c.want)
		}
	}
}

// TestProfileSaysWhy: the sentences are for people.
func TestProfileSaysWhy(t *testing.T) {
	f := english()
	e := fromContact()
	l := nospim.Look{Event: &e, Features: &f, Now: at, Facts: person(t,
		memo{name: "profile_network", fact: fresh}, memo{name: "profile_client", fact: fresh},
		memo{name: "outbox", fact: sent(5, 2*time.Second, 7)},
		memo{name: "credential_links_delivered", by: nospim.RoleSender, fact: nospim.Fact{N: 1, Last: before(3 * day)}},
		memo{name: "contact_lists", fact: nospim.Fact{N: 1, Last: before(45 * time.Second)}},
	)}
	if err := (detect.Profile{}).Look(&l); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"sent links to one place to 6 people within 10 seconds",
		"this account links to where nobody here ever linked, writes faster than people do",
		"sends from a network and with a client that are new to this account",
		"got a link that asks for passwords 3 days before",
		"the contact list was read out 45 seconds before",
	}
	for i, w := range want {
		if i >= len(l.Raised) || l.Raised[i].Why != w {
			t.Errorf("sentence %d of %+v, want %q", i, l.Raised, w)
		}
	}
}

func TestRestricted(t *testing.T) {
	symbol, reaches := []string{"ACCOUNT_RESTRICTED"}, []string{"RESTRICTED_REACHES"}
	detecttest.Run(t, detect.Restricted{}, []detecttest.Case{
		{Name: "to a stranger", Event: message(nospim.RelationStranger), Facts: []float64{1}, Want: symbol},
		{Name: "a request", Event: nospim.Event{Kind: nospim.KindContactRequest}, Facts: []float64{1}, Want: symbol},
		{Name: "to a contact", Event: message(nospim.RelationContact), Facts: []float64{1}, Not: symbol},
		{Name: "to support", Event: message(nospim.RelationStranger), Facts: []float64{1, 1}, Want: reaches, Not: symbol},
		{Name: "an answer", Event: message(nospim.RelationStranger), Facts: []float64{1, 0, 2}, Want: reaches, Not: symbol},
		{Name: "not restricted", Event: message(nospim.RelationStranger), Not: append(reaches, symbol...)},
		{Name: "an answer of somebody who is not", Event: message(nospim.RelationStranger), Facts: []float64{0, 1, 2}, Not: append(reaches, symbol...)},
	})
}
