package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// RequestFlood notices accounts and networks that ask many people to be added. Spim bots send hundreds of requests to pass
// the filters for strangers, then one advert to whoever accepts.
type RequestFlood struct{}

// Symbols implements [Detector].
func (RequestFlood) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "REQUEST_FLOOD", Group: "request_flood", Weight: 5, Description: "One account asks many people to be added. Factor 1 from 6 people within ten minutes, 2 from 12, 3 from 24; or twice as many within the hour."},
		{Name: "REQUEST_FLOOD_NETWORK", Group: "request_flood", Weight: 4, Description: "The accounts of one network (/24, /48) together ask 60 or more people to be added within ten minutes."},
	}
}

// Counters implements [Detector].
func (RequestFlood) Counters() []nospim.Counter {
	only := []nospim.Kind{nospim.KindContactRequest}
	asked := func(by nospim.Role, window time.Duration) nospim.Counter {
		return nospim.Counter{Name: "requests", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{by}, Window: window, Only: only}
	}
	return []nospim.Counter{
		asked(nospim.RoleSender, 10*time.Minute),
		asked(nospim.RoleSender, time.Hour),
		asked(nospim.RoleNetwork, 10*time.Minute),
	}
}

// Look implements [Detector].
func (RequestFlood) Look(l *nospim.Look) error {
	if l.Event.Kind != nospim.KindContactRequest {
		return nil
	}
	minutes, hour, network := l.Facts[0].N, l.Facts[1].N, l.Facts[2].N
	if f := max(climb(minutes, []step{{6, 1}, {12, 2}, {24, 3}}), climb(hour, []step{{12, 1}, {24, 2}, {48, 3}})); f > 0 {
		l.Raise("REQUEST_FLOOD", f, "asked "+number(minutes)+" people to be added within ten minutes, "+number(hour)+" within the hour", account(l.Event.Sender.ID))
	}
	if network >= 60 {
		l.Raise("REQUEST_FLOOD_NETWORK", 1, "accounts of this network asked "+number(network)+" people to be added within ten minutes",
			nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
	}
	return nil
}
