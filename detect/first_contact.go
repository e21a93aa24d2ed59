package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// FirstContact notices links in what a stranger sends. People who write to somebody for the first time say who they are;
// bots come to the link. In a room, the first thing that an account says there is what counts: those who talk there share links.
type FirstContact struct{}

// Symbols implements [Detector].
func (FirstContact) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "FIRST_CONTACT_LINK", Group: "first_contact", Weight: 4.5, Description: "The first thing that a stranger sends to this person, or says in this room, has a link."},
		{Name: "STRANGER_LINK", Group: "first_contact", Weight: 2.5, Description: "A stranger who has written before sends a link, and this person never answered."},
	}
}

// Counters implements [Detector].
func (FirstContact) Counters() []nospim.Counter {
	const month = 30 * 24 * time.Hour
	return []nospim.Counter{
		{Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: month, When: contact, Only: contactKinds()},
		{Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: month, When: nospim.Never, If: linkFromStranger, Only: contactKinds()},
		{Name: "spoken", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleSender, nospim.RoleRoom}, Window: month, When: inRoom, If: nospim.Never, Only: contactKinds()},
	}
}

func linkFromStranger(l *nospim.Look) bool { return len(l.Features.Links) > 0 && toStranger(l) }

// inRoom reports whether something is said in a room, to nobody by name.
func inRoom(l *nospim.Look) bool {
	return contact(l) && l.Event.Room != "" && len(l.Event.Recipients) == 0
}

// Look implements [Detector].
func (FirstContact) Look(l *nospim.Look) error {
	if !linkFromStranger(l) {
		return nil
	}
	sent, answered := l.Facts[0].N, l.Facts[1].N
	domain := nospim.Entity{Kind: nospim.EntityDomain, ID: l.Features.Links[0].Domain}
	switch {
	case inRoom(l):
		if l.Facts[2].N <= 1 {
			l.Raise("FIRST_CONTACT_LINK", 1, "the first thing that this account says in the room has a link", account(l.Event.Sender.ID), domain)
		}
	case sent <= 1 && answered == 0:
		l.Raise("FIRST_CONTACT_LINK", 1, "the first message of a stranger to this person has a link", account(l.Event.Sender.ID), domain)
	case answered == 0:
		l.Raise("STRANGER_LINK", 1, "a stranger whom this person never answered sends a link", account(l.Event.Sender.ID), domain)
	}
	return nil
}
