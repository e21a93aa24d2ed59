package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// FanOut notices one sender who turns to many strangers, with anything at all or with one link. What goes to contacts is [Profile]'s:
// people announce things, and programs tell subscribers.
type FanOut struct{}

// Symbols implements [Detector].
func (FanOut) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "FAN_OUT", Group: "fan_out", Weight: 4, Description: "One account turns to many strangers within minutes, and few of them wrote to it. Factor 1 from 5 strangers, 2 from 10, 3 from 20."},
		{Name: "FAN_OUT_LINK", Group: "fan_out", Weight: 4, Description: "One account sends a link of the same domain to many strangers: 6 within a minute or 10 within ten."},
	}
}

// Counters implements [Detector].
func (FanOut) Counters() []nospim.Counter {
	sender := [2]nospim.Role{nospim.RoleSender}
	senderDomain := [2]nospim.Role{nospim.RoleSender, nospim.RoleDomain}
	linked := func(l *nospim.Look) bool { return written(l) && len(l.Features.Links) > 0 }
	return []nospim.Counter{
		{Name: "strangers", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: sender, Window: 5 * time.Minute, When: written, If: nospim.Never, Only: contactKinds()},
		{Name: "strangers", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: sender, Window: time.Hour, When: written, If: nospim.Never, Only: contactKinds()},
		{Name: "writers", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleRecipient}, Window: time.Hour, When: toStranger, If: nospim.Never, Only: contactKinds()},
		{Name: "writers", Kind: nospim.Distinct, Of: nospim.RoleSender, By: sender, Window: time.Hour, When: nospim.Never, If: written, Only: contactKinds()},
		{Name: "linked", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: senderDomain, Window: time.Minute, When: linked, If: nospim.Never, Only: contactKinds()},
		{Name: "linked", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: senderDomain, Window: 10 * time.Minute, When: linked, If: nospim.Never, Only: contactKinds()},
	}
}

// written reports whether something other than a contact request goes to a stranger: requests are RequestFlood's, and a
// newcomer who asks five friends is no flood.
func written(l *nospim.Look) bool { return toStranger(l) && l.Event.Kind != nospim.KindContactRequest }

// Look implements [Detector].
func (FanOut) Look(l *nospim.Look) error {
	if !contact(l) {
		return nil
	}
	minutes, hour, writers, burst, spread := l.Facts[0].N, l.Facts[1].N, l.Facts[3].N, l.Facts[4].N, l.Facts[5].N
	if written(l) {
		// Whoever is written to by many, a help desk for instance, answers many strangers: those who wrote are taken off. Some of
		// them may be people who answered a bot; it is then noticed that much later.
		f := max(
			climb(minutes-writers, []step{{5, 1}, {10, 2}, {20, 3}}),
			climb(hour-writers, []step{{15, 1}, {30, 2}, {60, 3}}))
		if f > 0 {
			l.Raise("FAN_OUT", f, "turned to "+number(minutes)+" strangers within 5 minutes, "+number(hour)+" within the hour", account(l.Event.Sender.ID))
		}
	}
	if written(l) && len(l.Features.Links) > 0 && (burst >= 6 || spread >= 10) {
		l.Raise("FAN_OUT_LINK", 1.8, "sent a link of this domain to "+number(burst)+" people within a minute, "+number(spread)+" within ten",
			account(l.Event.Sender.ID), nospim.Entity{Kind: nospim.EntityDomain, ID: l.Features.Links[0].Domain})
	}
	return nil
}
