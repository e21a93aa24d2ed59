package detect_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

// people is a Recent of n people, one a minute, the first from hours ago; with is who left them.
func people(n int, ago time.Duration, with uint32) nospim.Fact {
	f := nospim.Fact{N: float64(n), Own: nospim.Item{Of: uint32(n) + 1, With: 1}}
	for i := range n {
		f.Recent = append(f.Recent, nospim.Item{At: before(ago) + int64(i)*60_000, Of: uint32(i) + 1, With: with})
	}
	return f
}

func TestHarvest(t *testing.T) {
	d := detect.Harvest{}
	search := nospim.Event{Kind: nospim.KindDirectorySearch, Count: 10}
	read := nospim.Event{Kind: nospim.KindProfileRead, Relation: nospim.RelationStranger}
	stranger := message(nospim.RelationStranger)
	memos := func(m ...memo) []nospim.Fact { return recall(t, d, m...) }
	count := func(name string, kind nospim.CounterKind, by nospim.Role, n float64) memo {
		return memo{name, by, kind, nospim.Fact{N: n}}
	}
	const c, dist, rec = nospim.Count, nospim.Distinct, nospim.Recent
	const sender, network, pair = nospim.RoleSender, nospim.RoleNetwork, nospim.RolePair
	entries := nospim.Fact{N: 3, Recent: []nospim.Item{{Of: 100}, {Of: 100}, {Of: 95}}}
	detecttest.Run(t, d, []detecttest.Case{
		{Name: "twenty searches", Event: search, Recalled: memos(count("searches", c, sender, 20)), Want: []string{"HARVEST_SEARCH"}},
		{Name: "three hundred entries", Event: search, Recalled: memos(count("searches", c, sender, 4), memo{"searches", sender, rec, entries}), Want: []string{"HARVEST_SEARCH"}},
		{Name: "somebody looks for an old friend", Event: search, Recalled: memos(count("searches", c, sender, 5), count("searches", c, network, 9), count("readers", dist, network, 4), count("network_writers", dist, network, 30)), Not: []string{"HARVEST_SEARCH", "HARVEST_NETWORK"}},
		{Name: "twenty-five profiles of strangers", Event: read, Recalled: memos(count("profiles", dist, sender, 25)), Want: []string{"HARVEST_PROFILES"}},
		{Name: "a client reads its contacts", Event: nospim.Event{Kind: nospim.KindProfileRead, Relation: nospim.RelationContact}, Recalled: memos(count("profiles", dist, sender, 25)), Not: []string{"HARVEST_PROFILES"}},
		{Name: "a contact list forty times", Event: nospim.Event{Kind: nospim.KindRosterRead}, Recalled: memos(count("contact_lists", c, sender, 40)), Want: []string{"HARVEST_CONTACTS"}},
		{Name: "a telephone that keeps losing its connection", Event: nospim.Event{Kind: nospim.KindRosterRead}, Recalled: memos(count("contact_lists", c, sender, 15)), Not: []string{"HARVEST_CONTACTS"}},
		{Name: "eight accounts of one network share the work", Event: read, Recalled: memos(count("profiles", dist, network, 160), count("readers", dist, network, 8), count("network_writers", dist, network, 2)), Want: []string{"HARVEST_NETWORK"}},
		{Name: "a university looks people up", Event: read, Recalled: memos(count("profiles", dist, network, 400), count("readers", dist, network, 150), count("network_writers", dist, network, 300)), Not: []string{"HARVEST_NETWORK"}},
		{Name: "reads, then writes", Event: stranger, Recalled: memos(memo{"read", sender, rec, people(8, 2*time.Hour, 1)}, memo{"written", sender, rec, people(5, 30*time.Minute, 1)}), Want: []string{"HARVEST_BURST"}},
		{Name: "one account reads, another writes", Event: stranger, Recalled: memos(memo{"read", network, rec, people(8, 2*time.Hour, 2)}, memo{"written", sender, rec, people(2, 30*time.Minute, 1)}), Want: []string{"HARVEST_BURST"}},
		{Name: "hundreds were read, and this one", Event: stranger, Recalled: memos(memo{"read", sender, rec, people(32, 2*time.Hour, 1)}, count("read", c, pair, 1), memo{"profiles", sender, dist, nospim.Fact{N: 200}},
			memo{"written", sender, rec, func() nospim.Fact {
				f := people(5, 30*time.Minute, 1)
				for i := range f.Recent {
					f.Recent[i].Of += 900
				}
				return f
			}()}), Want: []string{"HARVEST_BURST"}},
		{Name: "writes, then reads who they are", Event: stranger, Recalled: memos(memo{"read", sender, rec, people(8, 20*time.Minute, 1)}, memo{"written", sender, rec, people(5, 30*time.Minute, 1)}), Not: []string{"HARVEST_BURST"}},
		{Name: "a help desk looks up who asks", Event: stranger, Recalled: memos(memo{"read", sender, rec, people(8, 2*time.Hour, 1)}, memo{"written", sender, rec, people(5, 30*time.Minute, 1)}, count("writers", dist, sender, 6)), Not: []string{"HARVEST_BURST"}},
		{Name: "three old friends are found and asked", Event: stranger, Recalled: memos(memo{"read", sender, rec, people(3, 2*time.Hour, 1)}, memo{"written", sender, rec, people(2, 30*time.Minute, 1)}), Not: []string{"HARVEST_BURST"}},
	})
}

func TestDecoys(t *testing.T) {
	d := detect.Decoys{}
	touch := nospim.Features{Decoy: true, Letters: 40, Text: 7}
	memos := func(by nospim.Role, n float64, more ...memo) []nospim.Fact {
		return recall(t, d, append(more, memo{"decoys", by, 0, nospim.Fact{N: n}})...)
	}
	mine := memo{"decoys", nospim.RoleSender, 0, nospim.Fact{N: 1}}
	both := []string{"DECOY_TOUCHED", "DECOY_PROOF"}
	detecttest.Run(t, d, []detecttest.Case{
		{Name: "one touch is a hint", Event: message(nospim.RelationStranger), Features: touch, Recalled: memos(nospim.RoleText, 1, mine), Want: both[:1], Not: both[1:]},
		{Name: "two decoys", Event: message(nospim.RelationStranger), Features: touch, Recalled: memos(nospim.RoleSender, 2), Want: both},
		{Name: "afterwards, to anybody", Event: message(nospim.RelationStranger), Features: longText(), Recalled: memos(nospim.RoleSender, 2), Want: both[1:], Not: both[:1]},
		{Name: "afterwards, to a contact", Event: message(nospim.RelationContact), Features: longText(), Recalled: memos(nospim.RoleSender, 2), Not: both},
		{Name: "two senders, one text", Event: message(nospim.RelationStranger), Features: touch, Recalled: memos(nospim.RoleText, 2, mine), Want: both},
		{Name: "the text of two who touched decoys", Event: message(nospim.RelationStranger), Features: longText(), Recalled: memos(nospim.RoleText, 2), Want: both[1:]},
		{Name: "two say hello", Event: message(nospim.RelationStranger), Features: nospim.Features{Decoy: true, Letters: 5, Text: 9}, Recalled: memos(nospim.RoleText, 2, mine), Want: both[:1], Not: both[1:]},
		{Name: "two of one network", Event: message(nospim.RelationStranger), Features: touch, Recalled: memos(nospim.RoleNetwork, 2, mine), Want: both},
		{Name: "a neighbour of two harvesters", Event: message(nospim.RelationStranger), Features: longText(), Recalled: memos(nospim.RoleNetwork, 2), Not: both},
		{Name: "two of one kind of name", Event: message(nospim.RelationStranger), Features: touch, Recalled: memos(nospim.RoleStem, 2, mine), Want: both},
		{Name: "a curious reader", Event: nospim.Event{Kind: nospim.KindProfileRead}, Features: nospim.Features{Decoy: true}, Want: both[:1], Not: both[1:]},
		{Name: "a stranger writes to a person", Event: message(nospim.RelationStranger), Features: longText(), Not: both},
	})
}

// TestDecoysAreNotNamed: neither the sentence nor the entities say which account is the decoy.
func TestDecoysAreNotNamed(t *testing.T) {
	e := message(nospim.RelationStranger)
	e.Sender.ID = "bot@chat.example"
	l := nospim.Look{Event: &e, Features: &nospim.Features{Decoy: true}, Now: at, Facts: recall(t, detect.Decoys{}, memo{"decoys", 0, 0, nospim.Fact{N: 2}})}
	if err := (detect.Decoys{}).Look(&l); err != nil || len(l.Raised) != 2 {
		t.Fatal(l.Raised, err)
	}
	for _, s := range l.Raised {
		if len(s.Entities) != 1 || s.Entities[0].ID != "bot@chat.example" {
			t.Errorf("%s speaks of %v", s.Symbol, s.Entities)
		}
	}
}

// TestDecoyEntries: a decoy is one account, matched by recipient alone, and neither blocks nor allows.
func TestDecoyEntries(t *testing.T) {
	entry, err := detect.ParseEntry(nospim.ListDecoy, " Vera@Chat.Example ")
	if err != nil || entry.Value != "vera@chat.example" || !entry.Secret() {
		t.Fatalf("%+v, %v", entry, err)
	}
	if _, err := detect.ParseEntry(nospim.ListDecoy, "*@chat.example"); err == nil {
		t.Error("a whole domain of decoys was taken")
	}
	entry.Allow = true // as somebody might write it into the store by hand
	x := detect.NewIndex([]nospim.ListEntry{entry})
	for _, c := range []struct {
		sender, recipient string
		want              int
	}{{"bot@chat.example", "VERA@chat.example", 1}, {"vera@chat.example", "bot@chat.example", 0}, {"bot@chat.example", "ada@chat.example", 0}} {
		e := nospim.Event{Kind: nospim.KindMessage, Service: "chat.example", Sender: nospim.Account{ID: c.sender}, Recipients: []nospim.Account{{ID: c.recipient}}}
		got := x.Match(nil, &e, &nospim.Features{}, 0, netip.Addr{}, time.Time{})
		if len(got) != c.want {
			t.Errorf("%+v matches %v", c, got)
		}
		l := nospim.Look{Event: &e, Features: &nospim.Features{}, Listed: got}
		if err := (detect.Lists{}).Look(&l); err != nil || len(l.Raised) != 0 {
			t.Errorf("%+v raises %v, %v", c, l.Raised, err)
		}
	}
}

func TestReaders(t *testing.T) {
	d := detect.Readers{}
	search := nospim.Event{Kind: nospim.KindDirectorySearch, Count: 10}
	read := nospim.Event{Kind: nospim.KindProfileRead, Relation: nospim.RelationStranger}
	list := nospim.Event{Kind: nospim.KindRosterRead, Relation: nospim.RelationStranger, Recipients: []nospim.Account{{ID: "bob@chat.example"}}}
	own := nospim.Event{Kind: nospim.KindRosterRead}
	of := func(name string, by nospim.Role, n float64) memo {
		return memo{name, by, 0, nospim.Fact{N: n}}
	}
	const sender, network, service = nospim.RoleSender, nospim.RoleNetwork, nospim.RoleService
	spoke := memo{"said", sender, nospim.Recent, people(1, time.Hour, 1)}
	page := "HARVEST_SILENT_SEARCH"
	silent, together, lists, dormant, unsought := "HARVEST_SILENT", "HARVEST_TOGETHER", "HARVEST_LISTS", "HARVEST_DORMANT", "HARVEST_UNSOUGHT"
	old, born := nospim.Account{ID: "nina@chat.example", Created: at.AddDate(0, -3, 0)}, nospim.Account{ID: "nina@chat.example", Created: at.Add(-time.Hour)}
	back, newcomer := search, search
	back.Sender, newcomer.Sender = old, born
	profiles := memo{"profiles", sender, nospim.Distinct, nospim.Fact{N: 3}}
	memos := func(m ...memo) []nospim.Fact { return recall(t, d, m...) }
	detecttest.Run(t, d, []detecttest.Case{
		{Name: "somebody new looks for a friend", Event: search, Recalled: memos(of("all_readers", service, 9), of("silent_readers", service, 2)), Want: []string{silent}, Not: []string{together}},
		{Name: "somebody who talks looks for a friend", Event: search, Recalled: memos(of("wrote", sender, 3), of("silent_readers", network, 5), of("all_readers", network, 6)), Not: []string{silent, together}},
		{Name: "somebody who has just begun to talk", Event: search, Recalled: memos(spoke, of("silent_readers", network, 5), of("all_readers", network, 6)), Not: []string{silent, together}},
		{Name: "three of a network that only read", Event: read, Recalled: memos(of("silent_readers", network, 3), of("all_readers", network, 4)), Want: []string{silent, together}},
		{Name: "five of the service that only read", Event: read, Recalled: memos(of("silent_readers", service, 5), of("all_readers", service, 6), of("silent_readers", network, 1)), Want: []string{silent, together}},
		{Name: "a busy evening of a large service", Event: read, Recalled: memos(of("silent_readers", service, 40), of("all_readers", service, 100)), Want: []string{silent}, Not: []string{together}},
		{Name: "five contact lists of strangers", Event: list, Recalled: memos(of("strangers_lists", sender, 5), of("wrote", sender, 2)), Want: []string{lists}, Not: []string{silent}},
		{Name: "a friend of a friend's list", Event: list, Recalled: memos(of("strangers_lists", sender, 1), of("wrote", sender, 2)), Not: []string{lists, silent}},
		{Name: "one list of a stranger, by somebody who never wrote", Event: list, Recalled: memos(of("strangers_lists", sender, 1)), Want: []string{lists, silent}},
		{Name: "somebody comes back after months", Event: back, Recalled: memos(of("dormant_readers", service, 2), of("all_readers", service, 12)), Want: []string{silent, dormant}, Not: []string{together}},
		{Name: "six sleepers on a busy evening", Event: back, Recalled: memos(of("dormant_readers", service, 6), of("silent_readers", service, 6), of("all_readers", service, 18)), Want: []string{silent, dormant, together}},
		{Name: "three sleepers behind one address of many", Event: back, Recalled: memos(of("dormant_readers", network, 3), of("silent_readers", network, 3), of("all_readers", network, 8)), Want: []string{silent, dormant, together}},
		{Name: "somebody new is no sleeper", Event: newcomer, Recalled: memos(of("silent_readers", service, 6), of("all_readers", service, 18)), Want: []string{silent}, Not: []string{dormant, together}},
		{Name: "somebody new is told page after page", Event: search, Recalled: memos(memo{"searches", sender, nospim.Recent, nospim.Fact{Recent: []nospim.Item{{Of: 15}, {Of: 15}}}}), Want: []string{silent, page}},
		{Name: "somebody new looks for three friends", Event: search, Recalled: memos(memo{"searches", sender, nospim.Recent, nospim.Fact{Recent: []nospim.Item{{Of: 9}, {Of: 20}}}}), Want: []string{silent}, Not: []string{page}},
		{Name: "three profiles and never a search", Event: read, Recalled: memos(profiles), Want: []string{silent, unsought}},
		{Name: "three profiles that a search found", Event: read, Recalled: memos(profiles, of("searches", sender, 1)), Want: []string{silent}, Not: []string{unsought}},
		{Name: "somebody who talks here reads profiles of a room", Event: read, Recalled: memos(profiles, of("wrote", sender, 1)), Not: []string{unsought}},
		{Name: "one's own list", Event: own, Recalled: memos(of("strangers_lists", sender, 9)), Not: []string{lists, silent}},
	})
}
