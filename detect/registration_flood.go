package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// RegistrationFlood notices accounts made in bulk, and remembers which were. One address is no proof: a school class registers
// together, and a carrier's customers share addresses. What tells a flood is that its names are made in one way: by one template, or
// scrambled, or all of one shape where people's differ; or that one network makes more accounts than a class has members.
//
// How many are too many hangs on what else is registered: those that are part of a flood are not counted there, so that a flood does
// not hide the next one.
type RegistrationFlood struct{}

// Symbols implements [Detector].
func (RegistrationFlood) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "REGISTRATION_FLOOD", Group: "registration_flood", Weight: 6, Description: "Accounts are registered in bulk within an hour. Factor 0.9, which asks for a challenge, or 2: names of one template from 4, 2 from 8; scrambled names from 5, 2 from 10; names of one shape from one network from 8, 2 from 12, four in five of the network's; one network (/24, /48) from 35, 2 from 50; by the invitations of one person within a day from 21, 2 from 40. Names of one shape count by one address or /64 as by its network. Scrambled names must be a sixth of what is registered beside floods, a network's a third."},
		{Name: "REGISTRATION_SURGE", Group: "registration_flood", Weight: 5.5, Description: "20 accounts or more with names of one shape are registered within an hour, three in five of all that are no part of a flood. This asks for a challenge."},
		{Name: "REGISTRATION_TEMPLATE", Group: "registration_flood", Weight: 1, Description: "Beside REGISTRATION_FLOOD: the names are of one template. They differ only in digits, or begin and are built alike."},
		{Name: "BORN_IN_FLOOD", Group: "registration_flood", Weight: 3, Description: "The sender turns to a stranger within two days of a registration that was part of a flood."},
	}
}

// The places of RegistrationFlood's counters in Look.Facts.
const (
	bornNetwork = iota
	bornStem
	bornTemplate
	bornShape
	bornNetworkShape
	bornAll
	bornInFlood
	bornShapeInFlood
	bornSelf
	bornHouse
	bornHouseShape
	bornInvited
)

// infancy is how long it is remembered that an account was born in a flood.
const infancy = 2 * 24 * time.Hour

// Counters implements [Detector].
func (RegistrationFlood) Counters() []nospim.Counter {
	only := []nospim.Kind{nospim.KindRegistration}
	born := func(name, on string, a, b nospim.Role) nospim.Counter {
		return nospim.Counter{Name: name, Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{a, b}, Window: time.Hour, When: registered, On: on, Only: only}
	}
	const name, service = "registrations", nospim.RoleService
	stem := born(name, "", nospim.RoleStem, service)
	stem.If, stem.Only = infant, append(only, contactKinds()...)
	return []nospim.Counter{
		bornNetwork:      born(name, "", nospim.RoleNetwork, service),
		bornStem:         stem,
		bornTemplate:     born(name, "", nospim.RoleTemplate, service),
		bornShape:        born(name, "", nospim.RoleShape, service),
		bornNetworkShape: born(name, "", nospim.RoleNetwork, nospim.RoleShape),
		bornAll:          born(name, "", service, nospim.RoleNone),
		bornInFlood:      born("flooding", "REGISTRATION_FLOOD", service, nospim.RoleNone),
		bornShapeInFlood: born("flooding", "REGISTRATION_FLOOD", nospim.RoleShape, service),
		bornSelf: {
			Name: "born_in_flood", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleSender}, Window: infancy, When: registration, If: infant, On: "REGISTRATION_FLOOD",
			Only: append(only, contactKinds()...),
		},
		bornHouse:      born(name, "", nospim.RoleHouse, service),
		bornHouseShape: born(name, "", nospim.RoleHouse, nospim.RoleShape),
		bornInvited:    byInviter(only),
	}
}

func registration(l *nospim.Look) bool { return l.Event.Kind == nospim.KindRegistration }

// registered reports whether somebody registers whom nobody invited.
func registered(l *nospim.Look) bool {
	return registration(l) && l.Event.InvitedBy == ""
}

// infant reports whether a new account turns to a stranger.
func infant(l *nospim.Look) bool {
	age, ok := l.Age()
	return ok && age < infancy && toStranger(l)
}

// Look implements [Detector].
func (RegistrationFlood) Look(l *nospim.Look) error {
	switch {
	case registered(l):
		flood(l)
	case registration(l):
		floodOfInvited(l)
	case infant(l) && (l.Facts[bornSelf].N > 0 || l.Facts[bornStem].N >= 8):
		l.Raise("BORN_IN_FLOOD", 1, "an account that was registered in bulk with others turns to a stranger", account(l.Event.Sender.ID))
	}
	return nil
}

// The rungs of a flood: asking for a challenge, and certain.
const (
	floodLikely  = 0.9
	floodCertain = 2
)

// ladder has a rung for what is likely a flood, and one for what is certainly one.
func ladder(likely, certain float64) []step {
	return []step{{likely, floodLikely}, {certain, floodCertain}}
}

// floodOfInvited looks at a registration by an invitation. Who invites as many as nobody knows makes a flood; the operator may.
func floodOfInvited(l *nospim.Look) {
	n := l.Facts[bornInvited].N
	if !worn(l, n) {
		return
	}
	if factor := climb(n, ladder(mostInvited+1, 2*mostInvited)); factor > 0 {
		l.Raise("REGISTRATION_FLOOD", factor, number(n)+" accounts were registered by invitations of one person within a day",
			account(l.Event.Sender.ID), account(l.Event.InvitedBy))
	}
}

// flood looks at a registration from several sides, and says what speaks most.
func flood(l *nospim.Look) {
	var most float64
	var why string
	take := func(factor float64, sentence string) {
		if factor > most {
			most, why = factor, sentence
		}
	}
	all, network := l.Facts[bornAll].N, l.Facts[bornNetwork].N
	calm := max(0, all-l.Facts[bornInFlood].N)
	who := []nospim.Entity{account(l.Event.Sender.ID)}

	template := max(l.Facts[bornStem].N, l.Facts[bornTemplate].N)
	take(climb(template, ladder(4, 8)), number(template)+" accounts whose names are made alike were registered within the hour")
	named := most > 0

	if n := l.Facts[bornShape].N; 6*n >= calm && Scrambled(LocalPart(l.Event.Sender.ID)) {
		take(climb(n, ladder(5, 10)), number(n)+" accounts with scrambled names were registered within the hour")
	}
	// A busy network hides what comes from one of its customers.
	for _, from := range [...]struct {
		what       string
		all, shape float64
	}{{"network", network, l.Facts[bornNetworkShape].N}, {"address or /64", l.Facts[bornHouse].N, l.Facts[bornHouseShape].N}} {
		if n := from.shape; 5*n >= 4*from.all {
			take(climb(n, ladder(8, 12)), number(n)+" of "+number(from.all)+" accounts that were registered from this "+from.what+" within the hour have names of one shape")
		}
	}
	if 3*network >= calm {
		take(climb(network, ladder(35, 50)), number(network)+" accounts were registered from this network within the hour")
	}
	if n := l.Facts[bornShape].N - l.Facts[bornShapeInFlood].N; most == 0 && n >= 20 && 5*n >= 3*calm {
		l.Raise("REGISTRATION_SURGE", 1, number(n)+" of "+number(calm)+" accounts that were registered within the hour have names of one shape", who[0])
	}
	if most == 0 {
		return
	}
	if l.Event.Addr != "" {
		who = append(who, nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
	}
	l.Raise("REGISTRATION_FLOOD", most, why, who...)
	if named {
		l.Raise("REGISTRATION_TEMPLATE", 1, number(template)+" accounts whose names are made alike were registered within the hour", who[0])
	}
}
