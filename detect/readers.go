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
		symbol("HARVEST_TOGETHER", 1, "Of those who search or read strangers within the hour, 3 of one network (/24, /48), or 5 of the service, have never written to anybody, and they are two in three at least."),
		symbol("HARVEST_LISTS", 4, "An account reads the contact lists of strangers. Factor 0.3, a hint, from 2 lists within the day; 1 from 5, 2 from 20."),
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
		wroteLately:     lately,
		wroteEver:       {Name: "wrote", Kind: nospim.Count, By: [2]nospim.Role{account}, Window: 30 * day, When: writes, If: readsOut, Only: append(contactKinds(), reading...)},
		silentOfNetwork: readers("silent_readers", "HARVEST_SILENT", nospim.RoleNetwork),
		silentOfService: readers("silent_readers", "HARVEST_SILENT", nospim.RoleService),
		allOfNetwork:    readers("all_readers", "", nospim.RoleNetwork),
		allOfService:    readers("all_readers", "", nospim.RoleService),
		strangersLists:  {Name: "strangers_lists", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{account}, Window: day, When: readsStrangersList, If: nospim.Never, Only: reading},
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
	if n := l.Facts[strangersLists].N; n >= 2 && readsStrangersList(l) {
		l.Raise("HARVEST_LISTS", climb(n, []step{{2, 0.3}, {5, 1}, {20, 2}}), "read the contact lists of "+number(n)+" strangers within the day", who)
	}
	if l.Facts[wroteEver].N > 0 || len(l.Facts[wroteLately].Recent) > 0 {
		return nil
	}
	l.Raise("HARVEST_SILENT", 1, "has not written to anybody yet, and looks people up", who)
	// The facts of what waits for the verdict are without this event's own sender, which may be counted already.
	network, service := l.Facts[silentOfNetwork].N, l.Facts[silentOfService].N
	switch {
	case network >= 3 && most(network, l.Facts[allOfNetwork].N):
		l.Raise("HARVEST_TOGETHER", 1, number(network)+" accounts of this network that never wrote to anybody look people up", who, nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
	case service >= 5 && most(service, l.Facts[allOfService].N):
		l.Raise("HARVEST_TOGETHER", 1, number(service)+" accounts that never wrote to anybody look people up within the hour, more than of those who talk", who)
	}
	return nil
}

// most reports whether so many are two thirds of all at least.
func most(n, all float64) bool { return 3*n >= 2*all }
