package detect

import (
	"slices"

	"github.com/nospim/nospim"
)

// Strikes remembers who was seen with what honest people are hardly ever seen with: a script, a copy of a campaign, a text of many
// senders, the next of many strangers. Spammers change their words, but go on under a name for as long as it gets through; so from
// three people on, everything waits that the account sends to somebody whom it has known for less than two days and who did not
// write first. Old acquaintances stay within reach, and after two calm days everybody does.
//
// It looks at what other detectors raised, and so stands behind them in [All].
type Strikes struct{}

// Symbols implements [Detector].
func (Strikes) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "STRIKE", Group: "strikes", Weight: 0.1, Description: "Counts for STRIKES: SCRIPTED_BOT, SCRIPT_KNOWN of two accounts, SCRIPT_LINK, CAMPAIGN, CAMPAIGN_CONDEMNED, BULK_TEXT_SENDERS, FAN_OUT, HARVEST_BURST or DECOY_PROOF speaks of something to somebody new; CAMPAIGN not of a contact request without a link."},
		{Name: "STRIKES", Group: "strikes", Weight: 9, Description: "Within two days, what an account sent to three people was a strike, and it turns to somebody whom it has known for less than two days and who did not write first."},
	}
}

// strikes reports whether a symbol counts, from factor 1 on. That several ask to be added with like words does not: so do those who
// collect a club, or come from one place.
func strikes(l *nospim.Look, symbol string) bool {
	switch symbol {
	case "SCRIPTED_BOT", "SCRIPT_KNOWN", "SCRIPT_LINK", "CAMPAIGN_CONDEMNED", "BULK_TEXT_SENDERS", "FAN_OUT", "HARVEST_BURST", "DECOY_PROOF":
		return true
	case "CAMPAIGN":
		return l.Event.Kind != nospim.KindContactRequest || len(l.Features.Links) > 0
	}
	return false
}

// The places of Strikes' counters in Look.Facts.
const (
	struckPeople = iota
	struckPair
	struckBack
)

// Counters implements [Detector].
func (Strikes) Counters() []nospim.Counter {
	pair := FirstContact{}.Counters()
	pair[1].If = approaches
	return []nospim.Counter{
		struckPeople: {Name: "strikes", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: acquaintance, When: approaches, If: nospim.Never, On: "STRIKE", Only: contactKinds()},
		struckPair:   pair[0],
		struckBack:   pair[1],
	}
}

// approaches reports whether somebody turns to one person. Ripe accounts among their contacts do not count.
func approaches(l *nospim.Look) bool {
	e := l.Event
	return contact(l) && len(e.Recipients) == 1 && e.Relation != nospim.RelationSelf && (e.Room == "" || e.Kind == nospim.KindInvite) && !ripens(l, &e.Sender)
}

// Look implements [Detector].
func (Strikes) Look(l *nospim.Look) error {
	pair, back := &l.Facts[struckPair], &l.Facts[struckBack]
	if !approaches(l) || wroteFirst(pair, back) || knowsLong(l, pair) {
		return nil
	}
	who := account(l.Event.Sender.ID)
	if slices.ContainsFunc(l.Raised, func(s nospim.Signal) bool { return s.Score >= 1 && strikes(l, s.Symbol) }) {
		l.Raise("STRIKE", 1, "this counts against the sender for two days", who)
	}
	if n := l.Facts[struckPeople].N; n >= 3 {
		l.Raise("STRIKES", 1, "went on after what "+number(n)+" others were sent was spim", who)
	}
	return nil
}
