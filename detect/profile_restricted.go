package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// The labels that people give to accounts: one that may write to nobody new until it has been looked at, and one that everybody
// may write to all the same.
const (
	LabelRestricted = "restricted"
	LabelSupport    = "support"
)

// Restricted notices what a restricted account sends to strangers. Its contacts, those who wrote to it, and support stay
// within reach: it may belong to somebody whose account was stolen.
type Restricted struct{}

// Symbols implements [Detector].
func (Restricted) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "ACCOUNT_RESTRICTED", Group: "restricted", Weight: 9, Description: "An account that somebody restricted (nospim accounts restrict) turns to a stranger who has not written to it and is no support."},
		{Name: "RESTRICTED_REACHES", Group: "restricted", Weight: -40, Description: "A restricted account turns to support, or answers a stranger who wrote first: that goes through, whatever else the account did."},
	}
}

// Counters implements [Detector].
func (Restricted) Counters() []nospim.Counter {
	const month = 30 * 24 * time.Hour
	label := func(name string, by nospim.Role) nospim.Counter {
		return nospim.Counter{Name: name, Kind: nospim.Labelled, By: [2]nospim.Role{by}, Window: month, When: nospim.Never, If: toStranger, Only: contactKinds()}
	}
	return []nospim.Counter{
		label(LabelRestricted, nospim.RoleSender),
		label(LabelSupport, nospim.RoleRecipient),
		{Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: month, When: nospim.Never, If: toStranger, Only: contactKinds()},
	}
}

// Look implements [Detector].
func (Restricted) Look(l *nospim.Look) error {
	restricted, support, wrote := l.Facts[0].N > 0, l.Facts[1].N > 0, l.Facts[2].N > 0
	switch {
	case !restricted || !toStranger(l):
	case support || wrote:
		l.Raise("RESTRICTED_REACHES", 1, "support, and those who wrote first, stay within reach of a restricted account", account(l.Event.Sender.ID))
	default:
		l.Raise("ACCOUNT_RESTRICTED", 1, "this account was restricted and turns to a stranger", account(l.Event.Sender.ID))
	}
	return nil
}
