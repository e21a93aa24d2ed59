package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Readers notices who only reads: accounts that search the directory, read strangers' profiles or strangers' contact lists and have
// never written to anybody. Somebody new may look for friends first; several who do nothing else, within one hour, and more of them
// than of those who talk, share the work of reading people out. That it is shared keeps each below what [Harvest] allows one account,
// and several networks keep them apart there; here the whole service is looked at, too.
//
// It is a note to the operator, and slows nobody: a school class looks for its members like that on its first day.
type Readers struct{}

// Symbols implements [Detector].
func (Readers) Symbols() []nospim.Symbol {
	symbol := func(name string, weight float64, description string) nospim.Symbol {
		return nospim.Symbol{Name: name, Group: "harvest", Weight: weight, Description: description}
	}
	return []nospim.Symbol{
		symbol("HARVEST_SILENT", 0.2, "An account that has not written to anybody within a month searches, or reads strangers. Whoever is new may."),
		symbol("HARVEST_DORMANT", 0.2, "Such an account was made two days ago or more. Somebody comes back, or it was kept for this."),
		symbol("HARVEST_TOGETHER", 1, "Of those who search or read strangers within the hour, 3 of one network (/24, /48), or 5 of the service, have never written to anybody, and they are two in three at least; or one in three, and not made within two days."),
		symbol("HARVEST_UNSOUGHT", 1, "An account that has not written to anybody reads the profiles of 3 strangers within the day and has searched for none: it has a list."),
		symbol("HARVEST_SILENT_SEARCH", 1, "An account that has not written to anybody is told 40 entries of the directory and more within the hour. Who looks for friends is told a few."),
		symbol("HARVEST_LISTS", 4, "An account reads the contact lists of strangers. Factor 0.3, a hint, from 2 lists within the day, or of an account that has not written to anybody; 1 from 5, 2 from 20."),
	}
}

// The places of Readers' counters in Look.Facts.
const (
	wroteEver = iota
	wroteLately
	silentOfNetwork
	silentOfService
	allOfNetwork
	allOfService
	strangersLists
	dormantOfNetwork
	dormantOfService
	soughtToday
	profilesToday
	entriesToHour
)

// Counters implements [Detector].
func (Readers) Counters() []nospim.Counter {
	const day = 24 * time.Hour
	const account = nospim.RoleSender
	reading := []nospim.Kind{nospim.KindDirectorySearch, nospim.KindProfileRead, nospim.KindRosterRead}
	readers := func(name, on string, by nospim.Role) nospim.Counter {
		return nospim.Counter{Name: name, Kind: nospim.Distinct, Of: account, By: [2]nospim.Role{by}, Window: time.Hour, When: readsOut, If: nospim.Never, On: on, Only: reading}
	}
	lately := said()
	lately.When, lately.If, lately.Only = nospim.Never, readsOut, reading
	return []nospim.Counter{
		wroteLately:      lately,
		wroteEver:        {Name: "wrote", Kind: nospim.Count, By: [2]nospim.Role{account}, Window: 30 * day, When: writes, If: readsOut, Only: append(contactKinds(), reading...)},
		silentOfNetwork:  readers("silent_readers", "HARVEST_SILENT", nospim.RoleNetwork),
		silentOfService:  readers("silent_readers", "HARVEST_SILENT", nospim.RoleService),
		allOfNetwork:     readers("all_readers", "", nospim.RoleNetwork),
		allOfService:     readers("all_readers", "", nospim.RoleService),
		dormantOfNetwork: readers("dormant_readers", "HARVEST_DORMANT", nospim.RoleNetwork),
		dormantOfService: readers("dormant_readers", "HARVEST_DORMANT", nospim.RoleService),
		soughtToday:      {Name: "searches", Kind: nospim.Count, By: [2]nospim.Role{account}, Window: day, When: searched, If: readStranger, Only: reading},
		profilesToday:    {Name: "profiles", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{account}, Window: day, When: readStranger, If: nospim.Never, Only: reading},
		entriesToHour:    {Name: "searches", Kind: nospim.Recent, Of: nospim.RoleEntries, By: [2]nospim.Role{account}, Window: time.Hour, When: searched, If: nospim.Never, Only: reading},
		strangersLists:   {Name: "strangers_lists", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{account}, Window: day, When: readsStrangersList, If: nospim.Never, Only: reading},
	}
}

// readsOut reports whether an event tells the sender who there is.
func readsOut(l *nospim.Look) bool { return reads(l) || readsStrangersList(l) }

// readsStrangersList reports whether the contact list of somebody else is read, who is no contact. One's own has no recipient.
func readsStrangersList(l *nospim.Look) bool {
	e := l.Event
	return e.Kind == nospim.KindRosterRead && len(e.Recipients) > 0 && e.Relation.Stranger()
}

// Look implements [Detector].
func (Readers) Look(l *nospim.Look) error {
	if !readsOut(l) {
		return nil
	}
	who := account(l.Event.Sender.ID)
	silent := l.Facts[wroteEver].N == 0 && len(l.Facts[wroteLately].Recent) == 0
	lists(l, silent, who)
	if !silent {
		return nil
	}
	l.Raise("HARVEST_SILENT", 1, "has not written to anybody yet, and looks people up", who)
	if age, ok := l.Age(); ok && age >= infancy {
		l.Raise("HARVEST_DORMANT", 1, "was made "+span(age.Milliseconds())+" ago and has written to nobody", who)
	}
	if n := l.Facts[profilesToday].N; readStranger(l) && n >= 3 && l.Facts[soughtToday].N == 0 {
		l.Raise("HARVEST_UNSOUGHT", 1, "read the profiles of "+number(n)+" strangers and searched for none of them", who)
	}
	if n := entries(l, &l.Facts[entriesToHour]); searched(l) && n >= 40 {
		l.Raise("HARVEST_SILENT_SEARCH", 1, "was told "+number(n)+" entries of the directory within the hour, and has written to nobody", who)
	}
	shared(l, who)
	return nil
}

// entries adds up what searches told an account, this one included.
func entries(l *nospim.Look, searches *nospim.Fact) float64 {
	n := float64(max(0, l.Event.Count))
	for _, s := range searches.Recent {
		n += float64(s.Of)
	}
	return n
}

// lists looks at the contact lists of strangers. Whoever talks here may look at one.
func lists(l *nospim.Look, silent bool, who nospim.Entity) {
	n, least := l.Facts[strangersLists].N, 2.0
	if silent {
		least = 1
	}
	if f := climb(n, []step{{least, 0.3}, {5, 1}, {20, 2}}); f > 0 && readsStrangersList(l) {
		l.Raise("HARVEST_LISTS", f, "read the contact lists of "+number(n)+" strangers within the day", who)
	}
}

// shared looks at how many share the work. The facts of what waits for the verdict are without this event's own sender, which may be
// counted already.
func shared(l *nospim.Look, who nospim.Entity) {
	network, service := l.Facts[silentOfNetwork].N, l.Facts[silentOfService].N
	near, far := l.Facts[dormantOfNetwork].N, l.Facts[dormantOfService].N
	all, everybody := l.Facts[allOfNetwork].N, l.Facts[allOfService].N
	switch {
	case network >= 3 && 3*network >= 2*all || near >= 3 && 3*near >= all:
		l.Raise("HARVEST_TOGETHER", 1, number(network)+" accounts of this network that never wrote to anybody look people up", who, nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
	case service >= 5 && 3*service >= 2*everybody || far >= 5 && 3*far >= everybody:
		l.Raise("HARVEST_TOGETHER", 1, number(service)+" accounts that never wrote to anybody look people up within the hour, and "+number(everybody-service)+" that do", who)
	}
}
