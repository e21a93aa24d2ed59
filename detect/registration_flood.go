package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// RegistrationFlood notices accounts made in bulk: many from one network, or many whose names differ only in digits.
type RegistrationFlood struct{}

// Symbols implements [Detector].
func (RegistrationFlood) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "REGISTRATION_FLOOD", Group: "registration_flood", Weight: 6, Description: "Many accounts are registered from one network (/24, /48). Factor 1 from 10 within the hour, 2 from 20."},
		{Name: "REGISTRATION_TEMPLATE", Group: "registration_flood", Weight: 5, Description: "Accounts are registered whose names differ only in digits. Factor 1 from 4 within the hour, 2 from 8."},
	}
}

// Counters implements [Detector].
func (RegistrationFlood) Counters() []nospim.Counter {
	only := []nospim.Kind{nospim.KindRegistration}
	return []nospim.Counter{
		{Name: "registrations", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleNetwork, nospim.RoleService}, Window: time.Hour, Only: only},
		{Name: "registrations", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleStem, nospim.RoleService}, Window: time.Hour, Only: only},
	}
}

// Look implements [Detector].
func (RegistrationFlood) Look(l *nospim.Look) error {
	if l.Event.Kind != nospim.KindRegistration {
		return nil
	}
	network, stem := l.Facts[0].N, l.Facts[1].N
	if f := climb(network, []step{{10, 1}, {20, 2}}); f > 0 {
		l.Raise("REGISTRATION_FLOOD", f, number(network)+" accounts were registered from this network within the hour",
			nospim.Entity{Kind: nospim.EntityAddr, ID: l.Event.Addr})
	}
	if f := climb(stem, []step{{4, 1}, {8, 2}}); f > 0 {
		l.Raise("REGISTRATION_TEMPLATE", f, number(stem)+" accounts whose names differ only in digits were registered within the hour", account(l.Event.Sender.ID))
	}
	return nil
}
