package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Invited speaks for strangers: for who comes by an invitation that the service issued (XEP-0379, XEP-0401), and for whom a service
// vouches whose word the operator takes (XEP-0489). Neither is worth a whole crime: invitations are handed on, and accounts are stolen.
//
// An invitation of a person speaks for as many strangers a day as somebody may have asked in. Beyond that it has been published, or is
// sold, and speaks for nobody until the day is over. The operator's own have no such bound: they are how a class gets its accounts.
//
// Who came by an invitation is remembered for 90 days, so that what they write next is not a stranger's either ([Door]).
type Invited struct{}

// Symbols implements [Detector].
func (Invited) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "INVITED", Group: "invited", Weight: -4, Description: "The sender comes by an invitation of the recipient, or registers by one of the operator or of a person, which the service issued."},
		{Name: "INVITED_BEFORE", Group: "invited", Weight: -2, Description: "The sender came by an invitation of the recipient within 90 days."},
		{Name: "INVITE_WORN", Group: "invited", Weight: 0.5, Description: "More than 20 strangers came by invitations of one person within a day. They speak for nobody."},
		{Name: "VOUCHED", Group: "invited", Weight: -1.5, Description: "The sender's service, whose word the operator takes, says that the account is a year old, a member's or an administrator's."},
	}
}

// mostInvited is for how many strangers a day the invitations of one person speak.
const mostInvited = 20

// The places of Invited's facts.
const (
	invitedBefore = iota
	invitees
)

// Counters implements [Detector].
func (Invited) Counters() []nospim.Counter {
	return []nospim.Counter{
		invitedBefore: cameInvited(invitation),
		invitees:      byInviter(append(contactKinds(), nospim.KindRegistration)),
	}
}

// cameInvited counts how often a sender came to a recipient by an invitation, where when holds.
func cameInvited(when func(*nospim.Look) bool) nospim.Counter {
	return nospim.Counter{
		Name: "came_invited", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: 90 * 24 * time.Hour,
		When: when, If: atTheDoor, On: "INVITED", Only: contactKinds(),
	}
}

// byInviter counts the strangers who come by the invitations of one person.
func byInviter(only []nospim.Kind) nospim.Counter {
	return nospim.Counter{
		Name: "invitees", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleInviter}, Window: 24 * time.Hour,
		When: invitation, If: invitation, Only: only,
	}
}

// invitation reports whether the sender brings an invitation that speaks for it here: of the recipient, or, at a registration, of
// anybody.
func invitation(l *nospim.Look) bool {
	switch by := l.Event.InvitedBy; {
	case by == "":
		return false
	case registration(l):
		return true
	default:
		return toStranger(l) && len(l.Event.Recipients) == 1 && l.Event.Recipients[0].ID == by
	}
}

// worn reports whether the invitations of who invites have brought more strangers than they speak for; n is how many.
func worn(l *nospim.Look, n float64) bool {
	return l.Event.InvitedBy != l.Event.Service && n > mostInvited
}

// Look implements [Detector].
func (Invited) Look(l *nospim.Look) error {
	switch n := l.Facts[invitees].N; {
	case invitation(l) && worn(l, n):
		l.Raise("INVITE_WORN", 1, number(n)+" strangers came by invitations of one person within a day", account(l.Event.InvitedBy))
	case invitation(l):
		l.Raise("INVITED", 1, "the sender comes by an invitation that the service issued", account(l.Event.Sender.ID))
	case l.Facts[invitedBefore].N > 0 && atTheDoor(l):
		l.Raise("INVITED_BEFORE", 1, "the sender came by an invitation of this person", account(l.Event.Sender.ID))
	}
	if vouched(l) {
		l.Raise("VOUCHED", 1, "the sender's service says that the account is of long standing", account(l.Event.Sender.ID))
	}
	return nil
}

// longStanding is how old an account is that speaks for itself.
const longStanding = 365 * 24 * time.Hour

// vouched reports whether a stranger from elsewhere comes with a word of its service that the operator takes: only then a connector says
// as what such an account stands. The account's age counts beside that and not alone, for it may be known from elsewhere.
func vouched(l *nospim.Look) bool {
	s := &l.Event.Sender
	if s.Local || !atTheDoor(l) {
		return false
	}
	switch s.Affiliation {
	case "member", "admin":
		return true
	case "registered":
		age, known := l.Age()
		return known && age >= longStanding
	}
	return false
}
