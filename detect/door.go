package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Door keeps strangers at the door of those who want that: the profile that a recipient chose, or else the service's default. Whom a
// person wrote to is no stranger, nor is whose request the person accepted (the correspondents of XEP-0159 §3): the connector tells
// those by the relation, and who was written to is remembered for 90 days. Nor is who came by the person's own invitation ([Invited]).
type Door struct {
	// Default is the profile of who chose none; empty means open. Children's accounts have the profile minor instead.
	Default nospim.Profile
}

// The symbols of the door, by profile.
var doors = map[nospim.Profile]struct{ symbol, description, why string }{
	nospim.ProfileChallenged:   {"DOOR_CHALLENGED", "A stranger turns to somebody who wants strangers to prove that they are people.", "this person wants strangers to prove first that they are people"},
	nospim.ProfileContactsOnly: {"DOOR_CONTACTS_ONLY", "A stranger turns to somebody who takes messages from contacts only.", "this person takes messages from contacts only"},
	nospim.ProfileMinor:        {"DOOR_MINOR", "A stranger turns to a child or a young person.", "strangers wait at the door of this person"},
}

// Symbols implements [Detector].
func (Door) Symbols() []nospim.Symbol {
	var all []nospim.Symbol
	for _, p := range nospim.Profiles() {
		if d, ok := doors[p]; ok {
			all = append(all, nospim.Symbol{Name: d.symbol, Group: "door", Weight: 0.1, Description: d.description})
		}
	}
	all = append(all, nospim.Symbol{
		Name: "CHALLENGE_EXPECTED", Group: "door", Weight: -4.5,
		Description: "Somebody is challenged by whom they wrote to within two minutes, as servers do with strangers.",
	})
	return append(all, nospim.Symbol{Name: "DOOR_SHUT", Group: "door", Weight: 0.1, Description: "A stranger turns to somebody who has shut the stranger out."})
}

// The places of the door's facts; the labels of profiles follow, then what [welcome] reads.
const (
	doorAnswered = iota
	doorWrote
	doorLetIn
	doorShut
	doorProved
	doorProfiles
)

// Counters implements [Detector].
func (Door) Counters() []nospim.Counter {
	label := func(name string, by nospim.Role) nospim.Counter {
		return nospim.Counter{Name: name, Kind: nospim.Labelled, By: [2]nospim.Role{by}, Window: time.Hour, When: nospim.Never, If: atTheDoor, Only: contactKinds()}
	}
	all := []nospim.Counter{
		doorAnswered: {
			Name: "wrote", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: 90 * 24 * time.Hour,
			When: nospim.Never, If: atTheDoor, Only: contactKinds(),
		}, doorWrote: {
			Name: "wrote", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: 90 * 24 * time.Hour,
			When: toStranger, If: nospim.Never, Only: contactKinds(),
		}, doorLetIn: label(nospim.LabelLetIn, nospim.RolePair), doorShut: label(nospim.LabelShutOut, nospim.RolePair),
		doorProved: label(nospim.LabelProved, nospim.RolePair),
	}
	for _, p := range nospim.Profiles() {
		all = append(all, label(p.Label(), nospim.RoleRecipient))
	}
	return append(all, cameInvited(nospim.Never), byInviter(contactKinds()))
}

// welcome reports whether a stranger comes by an invitation of the person, or came by one.
func welcome(l *nospim.Look) bool {
	came, invitees := l.Facts[doorProfiles+len(nospim.Profiles())], l.Facts[doorProfiles+len(nospim.Profiles())+1]
	return came.N > 0 || invitation(l) && !worn(l, invitees.N)
}

// atTheDoor reports whether a stranger turns to somebody. Who is pending was asked by the recipient to be a contact. What is said in
// a room is said to the room. People of other services have no door here.
func atTheDoor(l *nospim.Look) bool {
	return toStranger(l) && l.Event.Direction != nospim.Out && l.Event.Relation != nospim.RelationPending && (l.Event.Room == "" || l.Event.Kind != nospim.KindMessage)
}

// Look implements [Detector].
func (d Door) Look(l *nospim.Look) error {
	switch {
	case !atTheDoor(l):
		return nil
	case l.Facts[doorShut].N > 0:
		l.Raise("DOOR_SHUT", 1, "this person has shut the sender out", account(l.Event.Sender.ID))
		return nil
	case l.Facts[doorAnswered].N > 0 || l.Facts[doorLetIn].N > 0:
		if expected(l) {
			l.Raise("CHALLENGE_EXPECTED", 1, "this is a challenge because of what the recipient has just sent", account(l.Event.Sender.ID))
		}
		return nil
	}
	p := d.profile(l)
	if p != nospim.ProfileMinor && welcome(l) { // a child can be talked into an invitation
		return nil
	}
	if p == nospim.ProfileChallenged && l.Facts[doorProved].N > 0 { // which opens no other door
		return nil
	}
	if door, ok := doors[p]; ok {
		l.Raise(door.symbol, 1, door.why, account(l.Event.Sender.ID))
	}
	return nil
}

// challengeWait is how long after what gave rise to it a challenge is one that clients show (XEP-0158 §3.1.3).
const challengeWait = 2 * time.Minute

// expected reports whether a message refers to something that the recipient wrote to the sender just now, which connectors say of
// challenges: by themselves they read like a lure, with a link that has to be followed.
func expected(l *nospim.Look) bool {
	last := l.Facts[doorAnswered].Last
	return l.Event.Kind == nospim.KindMessage && l.Event.Refers != "" && last > 0 && l.Now.UnixMilli()-last <= challengeWait.Milliseconds()
}

// profile returns the profile that counts: of several recipients' the strictest, and the default where nobody chose.
func (d Door) profile(l *nospim.Look) nospim.Profile {
	all := nospim.Profiles()
	for i := len(all) - 1; i >= 0; i-- {
		if l.Facts[doorProfiles+i].N > 0 {
			return all[i]
		}
	}
	for i := range l.Event.Recipients {
		if l.Event.Recipients[i].Minor {
			return nospim.ProfileMinor
		}
	}
	return d.Default
}

// WithDoor returns detectors of which [Door] has another default.
func WithDoor(ds []Detector, profile nospim.Profile) []Detector {
	all := append([]Detector(nil), ds...)
	for i := range all {
		if _, ok := all[i].(Door); ok {
			all[i] = Door{Default: profile}
		}
	}
	return all
}
