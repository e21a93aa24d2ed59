package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Harvest notices who reads people out of a directory: many searches, many profiles of strangers, by one account or by the
// accounts of one network; and who then writes to those that were read.
type Harvest struct{}

// Symbols implements [Detector].
func (Harvest) Symbols() []nospim.Symbol {
	symbol := func(name string, weight float64, description string) nospim.Symbol {
		return nospim.Symbol{Name: name, Group: "harvest", Weight: weight, Description: description}
	}
	return []nospim.Symbol{
		symbol("HARVEST_SEARCH", 4, "An account searches the directory more than people do. Factor 0.3, a hint, from 6 searches or 100 entries within the hour; 1 from 20 or 300, 2 from 60 or 900."),
		symbol("HARVEST_PROFILES", 4, "An account reads the profiles of many strangers. Factor 0.3, a hint, from 7 within the hour or 20 within the day; 1 from 25 or 60, 2 from 75 or 180."),
		symbol("HARVEST_CONTACTS", 2, "A contact list is read out 40 times within the hour, which no client needs."),
		symbol("HARVEST_NETWORK", 3, "Three accounts or more of one network (/24, /48) search and read profiles within the hour, 8 times or more together, and few of its accounts write to anybody; or they do so 200 times, and 15 times or more each. Factor 0.5 below 100 times."),
		symbol("HARVEST_BURST", 4, "A sender writes to strangers whose profiles it, or another account of its network, had read, and who had not written to it: 6 of them within the day. Factor 1.5 from 9, 2.5 from 12. Somebody else's readings count twice."),
	}
}

// The places of Harvest's counters in Look.Facts.
const (
	searchesHour = iota
	searchEntries
	profilesHour
	profilesDay
	contactLists
	networkSearches
	networkProfiles
	networkReaders
	networkWriters
	readBySender
	readByNetwork
	readThisOne
	writtenTo
	writersNoted
	writersToSender
)

// Counters implements [Detector].
func (Harvest) Counters() []nospim.Counter {
	const hour, day = time.Hour, 24 * time.Hour
	const recipient, account = nospim.RoleRecipient, nospim.RoleSender
	sender, network, never := [2]nospim.Role{account}, [2]nospim.Role{nospim.RoleNetwork}, nospim.Never
	reading := []nospim.Kind{nospim.KindDirectorySearch, nospim.KindProfileRead}
	both := append(contactKinds(), nospim.KindProfileRead)
	return []nospim.Counter{
		searchesHour:    {Name: "searches", Kind: nospim.Count, By: sender, Window: hour, When: searched, If: never, Only: reading},
		searchEntries:   {Name: "searches", Kind: nospim.Recent, Of: nospim.RoleEntries, By: sender, Window: hour, When: searched, If: never, Only: reading},
		profilesHour:    {Name: "profiles", Kind: nospim.Distinct, Of: recipient, By: sender, Window: hour, When: readStranger, If: never, Only: reading},
		profilesDay:     {Name: "profiles", Kind: nospim.Distinct, Of: recipient, By: sender, Window: day, When: readStranger, If: written, Only: both},
		contactLists:    {Name: "contact_lists", Kind: nospim.Count, By: sender, Window: hour, When: readsList, If: nospim.Never, Only: []nospim.Kind{nospim.KindRosterRead}},
		networkSearches: {Name: "searches", Kind: nospim.Count, By: network, Window: hour, When: searched, Only: reading},
		networkProfiles: {Name: "profiles", Kind: nospim.Distinct, Of: recipient, By: network, Window: hour, When: readStranger, Only: reading},
		networkReaders:  {Name: "readers", Kind: nospim.Distinct, Of: account, By: network, Window: hour, Only: reading},
		networkWriters:  {Name: "network_writers", Kind: nospim.Distinct, Of: account, By: network, Window: hour, When: writes, If: reads, Only: append(both, nospim.KindDirectorySearch)},
		readBySender:    {Name: "read", Kind: nospim.Recent, Of: recipient, With: account, By: sender, Window: day, When: readStranger, If: written, Only: both},
		readByNetwork:   {Name: "read", Kind: nospim.Recent, Of: recipient, With: account, By: network, Window: day, When: readStranger, If: written, Only: both},
		readThisOne:     {Name: "read", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: day, When: readStranger, If: written, Only: both},
		writtenTo:       {Name: "written", Kind: nospim.Recent, Of: recipient, With: account, By: sender, Window: day, When: written, If: never, Only: contactKinds()},
		writersNoted:    {Name: "writers", Kind: nospim.Distinct, Of: account, By: [2]nospim.Role{recipient}, Window: hour, When: toStranger, If: never, Only: contactKinds()},
		writersToSender: {Name: "writers", Kind: nospim.Distinct, Of: account, By: sender, Window: hour, When: never, If: written, Only: contactKinds()},
	}
}

func reads(l *nospim.Look) bool { return searched(l) || readStranger(l) }

func searched(l *nospim.Look) bool { return l.Event.Kind == nospim.KindDirectorySearch }

// readStranger reports whether the profile of somebody is read who is no contact: clients read those of contacts by themselves.
func readStranger(l *nospim.Look) bool {
	return l.Event.Kind == nospim.KindProfileRead && l.Event.Relation.Stranger()
}

// Look implements [Detector].
func (Harvest) Look(l *nospim.Look) error {
	switch l.Event.Kind {
	case nospim.KindDirectorySearch, nospim.KindProfileRead:
		searching(l)
		profiles(l)
		together(l)
	case nospim.KindRosterRead:
		if n := l.Facts[contactLists].N; n >= 40 {
			l.Raise("HARVEST_CONTACTS", 1, "read out a contact list "+number(n)+" times within the hour", account(l.Event.Sender.ID))
		}
	default:
		readThenWritten(l)
	}
	return nil
}

// searching looks at how much an account searches.
func searching(l *nospim.Look) {
	if !searched(l) {
		return
	}
	n, told := l.Facts[searchesHour].N, entries(l, &l.Facts[searchEntries])
	if f := max(climb(n, []step{{6, 0.3}, {20, 1}, {60, 2}}), climb(told, []step{{100, 0.3}, {300, 1}, {900, 2}})); f > 0 {
		l.Raise("HARVEST_SEARCH", f, "searched the directory "+number(n)+" times within the hour and was told "+number(told)+" entries", account(l.Event.Sender.ID))
	}
}

// profiles looks at how many strangers' profiles an account reads.
func profiles(l *nospim.Look) {
	hour, day := l.Facts[profilesHour].N, l.Facts[profilesDay].N
	if !readStranger(l) {
		return
	}
	if f := max(climb(hour, []step{{7, 0.3}, {25, 1}, {75, 2}}), climb(day, []step{{20, 0.3}, {60, 1}, {180, 2}})); f > 0 {
		l.Raise("HARVEST_PROFILES", f, "read the profiles of "+number(hour)+" strangers within the hour, "+number(day)+" within the day", account(l.Event.Sender.ID))
	}
}

// together looks at what the accounts of one network read. A network of many people may read as much as they do; one where
// accounts do little else is a harvester's.
func together(l *nospim.Look) {
	searches, profiles := l.Facts[networkSearches].N, l.Facts[networkProfiles].N
	readers, writers := l.Facts[networkReaders].N, l.Facts[networkWriters].N
	n := searches + profiles
	only := readers >= 3 && n >= 8 && writers*2 <= readers
	much := n >= 200 && n >= 15*max(1, readers)
	if !reads(l) || (!only && !much) {
		return
	}
	l.Raise("HARVEST_NETWORK", climb(n, []step{{0, 0.5}, {100, 1}}), number(readers)+" accounts of this network searched "+number(searches)+" times and read the profiles of "+
		number(profiles)+" strangers within the hour, while "+number(writers)+" wrote to anybody", account(l.Event.Sender.ID), nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
}

// readThenWritten looks at how many of those whom a sender writes to were read before. Whoever is asked by many, a help desk
// for instance, may look all of them up: those who wrote are taken off.
func readThenWritten(l *nospim.Look) {
	if !written(l) {
		return
	}
	mine, theirs := overlap(l)
	people := mine + 2*theirs - l.Facts[writersToSender].N
	f := climb(people, []step{{6, 1}, {9, 1.5}, {12, 2.5}})
	if f == 0 {
		return
	}
	why := "wrote to " + number(mine) + " strangers after reading their profiles"
	if theirs > 0 {
		why = "wrote to " + number(mine+theirs) + " strangers after their profiles were read, of " + number(theirs) + " by another account of its network"
	}
	l.Raise("HARVEST_BURST", f, why, account(l.Event.Sender.ID))
}

// overlap counts the people whom the sender wrote to after it, or somebody else on its network, had read them. Of the people
// only the newest are remembered one by one. When more were read, and this one was, all that are remembered count.
func overlap(l *nospim.Look) (mine, theirs float64) {
	to, own := l.Facts[writtenTo].Recent, l.Facts[writtenTo].Own
	bySender, byNetwork := l.Facts[readBySender].Recent, l.Facts[readByNetwork].Recent
	if len(bySender) == 0 && len(byNetwork) == 0 {
		return 0, 0
	}
	all := l.Facts[readThisOne].N > 0 && l.Facts[profilesDay].N > float64(len(bySender))
	own.At = l.Now.UnixMilli()
	for i := -1; i < len(to); i++ {
		w := own
		if i >= 0 {
			w = to[i]
		}
		switch {
		case i >= 0 && (w.Of == own.Of || among(to[:i], w)):
		case all || among(bySender, w):
			mine++
		case amongOthers(byNetwork, w):
			theirs++
		}
	}
	return mine, theirs
}

// among reports whether the person of an item is that of another which is not later.
func among(items []nospim.Item, w nospim.Item) bool {
	for _, r := range items {
		if r.Of == w.Of && r.At <= w.At {
			return true
		}
	}
	return false
}

// amongOthers is among for items that somebody else left.
func amongOthers(items []nospim.Item, w nospim.Item) bool {
	for _, r := range items {
		if r.Of == w.Of && r.With != w.With && r.At <= w.At {
			return true
		}
	}
	return false
}
