package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// RequestFlood notices contact requests in bulk, by one account or by the accounts of one network. Somebody new may ask a dozen
// friends, or collect a club, and is accepted by most; whoever asks strangers is not. So only requests that are still open count. A
// class that registers together asks each other: of one network that is no more people than ask.
type RequestFlood struct{}

// Symbols implements [Detector].
func (RequestFlood) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "REQUEST_FLOOD", Group: "request_flood", Weight: 5, Description: "One account asks many people to be added, who have not done so yet. Factor 1 from 6 within ten minutes or 12 within the hour, 2 and 3 from twice and four times as many. Half of that for an account that is at home here."},
		{Name: "REQUEST_UNANSWERED", Group: "request_flood", Weight: 4, Description: "One account asked many people within the day to be added, for half an hour and more, and not one in four did. Factor 1 from 8, 2 from 16; half of that for an account that is at home here."},
		{Name: "REQUEST_FLOOD_NETWORK", Group: "request_flood", Weight: 4, Description: "The accounts of one network (/24, /48) together ask many people to be added: 60 within ten minutes; or, four accounts or more, 16 within the hour and three each; factor 2 from 32. Not of somebody new who asks somebody as new: a class that registers together."},
	}
}

// The places of RequestFlood's counters in Look.Facts.
const (
	askedMinutes = iota
	askedHour
	askedDay
	acceptedTo
	acceptedBy
	askedNetwork
	askedNetworkHour
	askersNetwork
	askerWrote
)

// Counters implements [Detector].
func (RequestFlood) Counters() []nospim.Counter {
	const hour, day = time.Hour, 24 * time.Hour
	const sender, recipient, network = nospim.RoleSender, nospim.RoleRecipient, nospim.RoleNetwork
	only := []nospim.Kind{nospim.KindContactRequest}
	asked := func(by nospim.Role, window time.Duration) nospim.Counter {
		return nospim.Counter{Name: "requests", Kind: nospim.Distinct, Of: recipient, By: [2]nospim.Role{by}, Window: window, Only: only}
	}
	return []nospim.Counter{
		askedMinutes:     asked(sender, 10*time.Minute),
		askedHour:        asked(sender, hour),
		askedDay:         asked(sender, day),
		acceptedTo:       {Name: "accepted", Kind: nospim.Distinct, Of: sender, By: [2]nospim.Role{recipient}, Window: day, Only: []nospim.Kind{nospim.KindContactAccept}},
		acceptedBy:       {Name: "accepted", Kind: nospim.Distinct, Of: sender, By: [2]nospim.Role{sender}, Window: day, When: nospim.Never, Only: only},
		askedNetwork:     asked(network, 10*time.Minute),
		askedNetworkHour: asked(network, hour),
		askerWrote:       wroteBefore(requests),
		askersNetwork:    {Name: "requesters", Kind: nospim.Distinct, Of: sender, By: [2]nospim.Role{network}, Window: hour, Only: only},
	}
}

func requests(l *nospim.Look) bool { return l.Event.Kind == nospim.KindContactRequest }

// wroteBefore recalls whether and since when an account writes to people. When it asks for it is a named function.
func wroteBefore(when func(*nospim.Look) bool) nospim.Counter {
	return nospim.Counter{Name: "wrote", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleSender}, Window: 30 * 24 * time.Hour, When: nospim.Never, If: when, Only: contactKinds()}
}

// atHome reports whether somebody has an account of a month and more, and has been writing to people since before today: accounts that
// were bought or kept for a flood sleep until it begins, and somebody who collects a club has friends.
func atHome(l *nospim.Look, wrote *nospim.Fact) bool {
	return isRipe(l, &l.Event.Sender) && noNews(wrote, l.Now.UnixMilli())
}

// patience is how long people get to answer.
const patience = 30 * time.Minute

// Look implements [Detector].
func (RequestFlood) Look(l *nospim.Look) error {
	if l.Event.Kind != nospim.KindContactRequest {
		return nil
	}
	who := account(l.Event.Sender.ID)
	minutes, hour := l.Facts[askedMinutes].N, l.Facts[askedHour].N
	asked, accepted := l.Facts[askedDay].N, l.Facts[acceptedBy].N
	trust := 1.0
	if atHome(l, &l.Facts[askerWrote]) {
		trust = 0.5
	}
	if f := max(climb(minutes-accepted, []step{{6, 1}, {12, 2}, {24, 3}}), climb(hour-accepted, []step{{12, 1}, {24, 2}, {48, 3}})); f > 0 {
		l.Raise("REQUEST_FLOOD", f*trust, "asked "+number(minutes)+" people to be added within ten minutes, "+number(hour)+" within the hour, of whom "+number(accepted)+" did", who)
	}
	long := l.Facts[askedDay].First != 0 && l.Now.UnixMilli()-l.Facts[askedDay].First >= patience.Milliseconds()
	if f := climb(asked, []step{{8, 1}, {16, 2}}); f > 0 && long && 4*accepted < asked {
		l.Raise("REQUEST_UNANSWERED", f*trust, "asked "+number(asked)+" people to be added within the day, of whom "+number(accepted)+" did", who)
	}
	if f, n, askers := networkAsks(l); f > 0 && !acceptedByMost(asked, accepted) && !comesAlong(l) {
		l.Raise("REQUEST_FLOOD_NETWORK", f, number(askers)+" accounts of this network asked "+number(n)+" people to be added", nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
	}
	return nil
}

// acceptedByMost reports whether at least two, and two in five, of those who were asked have added whoever asked: others of its network may be
// strangers to everybody, this one is not. The last ones have not had the time.
func acceptedByMost(asked, accepted float64) bool { return accepted >= 2 && 5*accepted >= 2*asked }

// comesAlong reports whether somebody new asks somebody who is as new: those who register together, a class or a whole club, ask each
// other from one place.
func comesAlong(l *nospim.Look) bool {
	to := l.Event.Recipients
	return young(l) && len(to) == 1 && !to[0].Created.IsZero() && l.Now.Sub(to[0].Created) < newFor
}

// networkAsks looks at whom the accounts of a network ask.
func networkAsks(l *nospim.Look) (factor, people, askers float64) {
	people, askers = l.Facts[askedNetworkHour].N, l.Facts[askersNetwork].N
	if askers >= 4 && people >= 3*askers {
		factor = climb(people, []step{{16, 1}, {32, 2}})
	}
	if n := l.Facts[askedNetwork].N; n >= 60 {
		factor = max(factor, 1)
	}
	return factor, people, askers
}
