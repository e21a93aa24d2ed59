package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Calls notices one account that rings many strangers within a day. There is nothing to read in a call, and one every half hour is too
// slow for [FanOut], but people call those whom they know.
type Calls struct{}

// Symbols implements [Detector].
func (Calls) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "CALLS_TO_STRANGERS", Group: "calls", Weight: 5, Description: "One account calls many strangers within a day who did not write to it first. Factor 1 from 5 people, 1.6 from 8, 3 from 20."},
	}
}

// Counters implements [Detector].
func (Calls) Counters() []nospim.Counter {
	return []nospim.Counter{
		{Name: "calls", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: 24 * time.Hour, When: rings, If: nospim.Never, Only: []nospim.Kind{nospim.KindCallOffer}},
	}
}

// rings reports whether a stranger is called.
func rings(l *nospim.Look) bool { return l.Event.Kind == nospim.KindCallOffer && toStranger(l) }

// Look implements [Detector].
func (Calls) Look(l *nospim.Look) error {
	if !rings(l) || l.Asked {
		return nil
	}
	if f := climb(l.Facts[0].N, []step{{5, 1}, {8, 1.6}, {20, 3}}); f > 0 {
		l.Raise("CALLS_TO_STRANGERS", f, "called "+number(l.Facts[0].N)+" strangers within a day", account(l.Event.Sender.ID))
	}
	return nil
}
