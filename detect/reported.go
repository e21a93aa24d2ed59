package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Reported notices accounts that people of standing report: what their reports come to is worked out behind the answers, from the
// records (package people), and stands as a label on the account. Somebody with friends who stand by them does not get it, however
// many complain who have only been answered.
type Reported struct{}

// Symbols implements [Detector].
func (Reported) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "REPORTED", Group: "reported", Weight: 4, Description: "People of standing have reported this sender, more than it has friends who stand by it can outweigh. Factor 0.5 to contacts."},
		{Name: "REPORTED_MUCH", Group: "reported", Weight: 8, Description: "Twice as many as that have reported this sender. Factor 0.5 to contacts."},
	}
}

// Counters implements [Detector].
func (Reported) Counters() []nospim.Counter {
	label := func(name string) nospim.Counter {
		return nospim.Counter{Name: name, Kind: nospim.Labelled, By: [2]nospim.Role{nospim.RoleSender}, Window: time.Hour, When: nospim.Never, If: contact, Only: contactKinds()}
	}
	return []nospim.Counter{label(nospim.LabelReported), label(nospim.LabelReportedMuch)}
}

// Look implements [Detector].
func (Reported) Look(l *nospim.Look) error {
	factor := 1.0
	if l.Event.Relation == nospim.RelationContact {
		factor = 0.5
	}
	switch {
	case !contact(l):
	case l.Facts[1].N > 0:
		l.Raise("REPORTED_MUCH", factor, "many people who are known here have reported this sender", account(l.Event.Sender.ID))
	case l.Facts[0].N > 0:
		l.Raise("REPORTED", factor, "people who are known here have reported this sender", account(l.Event.Sender.ID))
	}
	return nil
}
