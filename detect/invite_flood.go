package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// InviteFlood notices invitations to rooms that go to many strangers: of one account, to one room, or of one network. People invite
// those whom they know; whoever runs a club knows most of its members.
type InviteFlood struct{}

// Symbols implements [Detector].
func (InviteFlood) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "INVITE_FLOOD", Group: "invite_flood", Weight: 5, Description: "One account invites strangers to rooms within a day. Factor 1 from 4, 1.6 from 6, 2 from 12."},
		{Name: "INVITE_FLOOD_ROOM", Group: "invite_flood", Weight: 5, Description: "Two accounts or more invite strangers to one room within a day. Factor 1 from 5 strangers, 1.6 from 10."},
		{Name: "INVITE_FLOOD_NETWORK", Group: "invite_flood", Weight: 5, Description: "Three accounts or more of one network (/24, /48) invite strangers to rooms within the hour, three each. Factor 1 from 9, 1.6 from 18."},
	}
}

// The places of InviteFlood's counters in Look.Facts.
const (
	invitedBySender = iota
	invitedToRoom
	invitersToRoom
	invitedByNetwork
	invitersOfNetwork
)

// Counters implements [Detector].
func (InviteFlood) Counters() []nospim.Counter {
	invited := func(of, by nospim.Role, window time.Duration) nospim.Counter {
		return nospim.Counter{Name: "invited", Kind: nospim.Distinct, Of: of, By: [2]nospim.Role{by}, Window: window, When: invitesStranger, If: nospim.Never, Only: []nospim.Kind{nospim.KindInvite}}
	}
	const day = 24 * time.Hour
	const sender, recipient, room, network = nospim.RoleSender, nospim.RoleRecipient, nospim.RoleRoom, nospim.RoleNetwork
	return []nospim.Counter{
		invitedBySender:   invited(recipient, sender, day),
		invitedToRoom:     invited(recipient, room, day),
		invitersToRoom:    invited(sender, room, day),
		invitedByNetwork:  invited(recipient, network, time.Hour),
		invitersOfNetwork: invited(sender, network, time.Hour),
	}
}

func invitesStranger(l *nospim.Look) bool {
	return l.Event.Kind == nospim.KindInvite && l.Event.Relation.Stranger()
}

// Look implements [Detector].
func (InviteFlood) Look(l *nospim.Look) error {
	if !invitesStranger(l) {
		return nil
	}
	who := account(l.Event.Sender.ID)
	mine, room, network := l.Facts[invitedBySender].N, l.Facts[invitedToRoom].N, l.Facts[invitedByNetwork].N
	if f := climb(mine, []step{{4, 1}, {6, 1.6}, {12, 2}}); f > 0 {
		l.Raise("INVITE_FLOOD", f, "invited "+number(mine)+" strangers to rooms within a day", who)
	}
	if f, n := climb(room, []step{{5, 1}, {10, 1.6}}), l.Facts[invitersToRoom].N; f > 0 && n >= 2 {
		l.Raise("INVITE_FLOOD_ROOM", f, number(n)+" accounts invited "+number(room)+" strangers to this room within a day", nospim.Entity{Kind: nospim.EntityRoom, ID: l.Event.Room})
	}
	if f, n := climb(network, []step{{9, 1}, {18, 1.6}}), l.Facts[invitersOfNetwork].N; f > 0 && n >= 3 && network >= 3*n {
		l.Raise("INVITE_FLOOD_NETWORK", f, number(n)+" accounts of this network invited "+number(network)+" strangers to rooms within the hour", nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
	}
	return nil
}
