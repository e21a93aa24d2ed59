package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/simulate/toll"
	"github.com/nospim/nospim/simulate/town"
)

// Floors: what the default policy must do to each attack in the small town of this test, in percent. Raise them when a detector
// gets better; the numbers that are reported are those of make lab, on another seed.
var floors = []struct {
	attack, role string
	// caught is of senders, before4th and before10th of those that turned to so many, stopped of attempts, fromFifth of messages.
	caught, before4th, before10th, stopped, fromFifth float64
}{
	{"buddy_bot", "bot", 98, 92, 98, 72, 74},
	{"bulk", "sender", 98, 93, 95, 92, 95},
	{"phishing", "sender", 98, 98, 98, 95, 98},
	{"stolen_friend", "lure", 90, 0, 0, 90, 0},
	{"stolen_friend", "thief", 92, 45, 91, 60, 72},
	{"harvest", "sender", 98, 97, 97, 97, 98},
	{"tracking", "sender", 98, 98, 98, 96, 98},
	{"registration_flood", "account", 70, 0, 0, 70, 0},
	{"request_flood", "requester", 96, 82, 86, 87, 0},
	{"invite_flood", "inviter", 96, 78, 97, 89, 92},
	{"child_approach", "stranger", 95, 90, 0, 60, 68},
}

// Ceilings: what honest people may lose at most in that town, in percent of events, and how many accounts may be restricted. Lower
// them when a false alarm is mended; never raise one to make room for a detector.
var ceilings = []struct {
	role          string
	blocked, held float64
	restricted    int
}{
	{"all", 0, 0.01, 0},
	{"person", 0, 0.01, 0},
	{"minor", 0, 0.1, 0},
	{"newcomer", 0, 0, 0},
	{"traveller", 0, 0, 0},
	{"searcher", 0, 0, 0},
	{"announcer", 0, 1, 0},
	{"greeter", 0, 0.1, 0},
	{"forwarder", 0, 0.4, 0},
	{"organiser", 0, 0, 0},
	{"room_member", 0, 0.15, 0},
	{"support", 0, 0.3, 0},
	{"bridge", 0, 0, 0},
	{"news_bot", 0, 0, 0},
	{"help_bot", 0, 0, 0},
	{"reminder_bot", 0, 0, 0},
	{"recipient", 0, 0.02, 0},
	{"owner", 0, 0.2, 0},
	{"accused", 0, 0.2, 0},
}

// goals that are reached in that town, and by how much they may be missed before somebody has to look.
var goals = map[string]float64{
	"scripted bots: stopped before the 4th person":        92,
	"harvesting: flagged before the burst":                95,
	"timer bots: noticed within 25 attempts":              85,
	"honest accounts: slowed or stopped within 25 events": 2.3,
	"honest links asked about":                            0.2,
	"honest searches slowed or stopped":                   0,
	"honest accounts restricted":                          0,
}

// defaultLab judges by the default policy.
func defaultLab(t *testing.T) *lab {
	t.Helper()
	p, err := defaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLab(t.Context(), p, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// judged plays events through the default policy.
func judged(t *testing.T, events func(func(*nospim.Event, town.Truth) bool)) toll.Report {
	t.Helper()
	l := defaultLab(t)
	count := toll.New()
	for e, truth := range events {
		v, err := l.engine.Judge(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		count.Add(e, v, truth)
	}
	return count.Report()
}

func smallTown(t *testing.T) toll.Report {
	t.Helper()
	tw, err := town.New(town.Options{Seed: 11, People: 500, Length: 24 * time.Hour, Attacks: town.Attacks(), Incidents: 25})
	if err != nil {
		t.Fatal(err)
	}
	return judged(t, tw.Events())
}

// TestLab holds the default policy against floors for attacks and ceilings for honest people. With -v it says how far off they are.
func TestLab(t *testing.T) {
	if testing.Short() {
		t.Skip("judges 80,000 events")
	}
	r := smallTown(t)
	attacks, roles := map[string]toll.Attack{}, map[string]toll.Honest{"all": r.Ham}
	for _, a := range r.Attacks {
		attacks[a.Attack+" "+a.Role] = a
	}
	for _, h := range r.Honest {
		roles[h.Role] = h
	}
	for _, f := range floors {
		a := attacks[f.attack+" "+f.role]
		for _, c := range []struct {
			what  string
			is    toll.Share
			least float64
		}{
			{"senders caught", a.Senders, f.caught},
			{"stopped before the 4th person", a.Before4th, f.before4th},
			{"stopped before the 10th person", a.Before10th, f.before10th},
			{"attempts stopped", a.Stopped, f.stopped},
			{"stopped from the 5th copy on", a.FromFifth, f.fromFifth},
		} {
			if testing.Verbose() {
				t.Logf("%s %s, %s: %v, the floor is %v %%", f.attack, f.role, c.what, c.is, c.least)
			}
			if c.is.Percent() < c.least {
				t.Errorf("%s %s, %s: %v, the floor is %v %%", f.attack, f.role, c.what, c.is, c.least)
			}
		}
	}
	for _, g := range r.Goals {
		limit, ok := goals[g.What]
		if ok && (g.Least && g.Is.Percent() < limit || !g.Least && g.Is.Percent() > limit) {
			t.Errorf("%s: %v, the limit is %v %%", g.What, g.Is, limit)
		}
		if testing.Verbose() {
			t.Logf("%s: %v", g.What, g.Is)
		}
	}
	for _, c := range ceilings {
		h := roles[c.role]
		line := fmt.Sprintf("%s: of %d events, blocked %v (ceiling %v %%), held %v (%v %%), %d accounts restricted (%d): %v",
			c.role, h.Events, h.Blocked, c.blocked, h.Held, c.held, h.Restricted.K, c.restricted, h.Why)
		if testing.Verbose() {
			t.Log(line)
		}
		if h.Events == 0 || h.Blocked.Percent() > c.blocked || h.Held.Percent() > c.held || h.Restricted.K > c.restricted {
			t.Error(line)
		}
	}
}

// TestHonestChatsAsTheyWere plays the real chats in their own times: nobody is to be restricted, under 0.1 % stopped, and hardly anybody slowed. The shipped
// filter has learned from these texts; what is tested here is that nothing that people do in them looks like an attack.
func TestHonestChatsAsTheyWere(t *testing.T) {
	if testing.Short() {
		t.Skip("judges 43,000 events, twice")
	}
	var chats []town.Chat
	for _, set := range []string{"chat-star", "chat-irc-ubuntu", "chat-casino", "chat-meena"} {
		some, err := readChats(filepath.Join("..", "..", "testdata", set, "conversations.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		chats = append(chats, some...)
	}
	for _, c := range []struct {
		relation   nospim.Relation
		stopped    float64 // percent of events, under which it must be
		restricted int
	}{
		{nospim.RelationStranger, 0.01, 0},
		{nospim.RelationContact, 0.01, 0},
	} {
		events, err := town.Replay(town.Options{Seed: 1, Length: 7 * 24 * time.Hour}, chats, c.relation)
		if err != nil {
			t.Fatal(err)
		}
		h := judged(t, events).Ham
		t.Logf("each other's %s: blocked %v, held %v, restricted %v, why %v", c.relation, h.Blocked, h.Held, h.Restricted, h.Why)
		if h.Slowed.Percent() > 0.2 {
			t.Errorf("each other's %s: slowed %v", c.relation, h.Slowed)
		}
		if h.Events < 40_000 || h.Restricted.K > c.restricted || h.Blocked.Percent()+h.Held.Percent() >= c.stopped {
			t.Errorf("each other's %s: of %d events, blocked %v, held %v, %d restricted: %v", c.relation, h.Events, h.Blocked, h.Held, h.Restricted.K, h.Why)
		}
	}
}
