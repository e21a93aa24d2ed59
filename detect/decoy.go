package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Decoys notices who turns to accounts that nobody knows. A decoy talks to nobody and is no one's friend, so only somebody who
// works through a directory finds it (HoneyIM, ACSAC 2007, measured next to no false positives). A single touch is a hint: people mistype.
// Two that belong together are proof.
//
// Which accounts are decoys is the operator's list. No sentence and no entity names one: a decoy that spammers know is none.
type Decoys struct{}

// Symbols implements [Detector].
func (Decoys) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "DECOY_TOUCHED", Group: "decoy", Weight: 2, Description: "Somebody turns to a decoy, or reads its profile. Once it may be a mistake."},
		{Name: "DECOY_PROOF", Group: "decoy", Weight: 16, Description: "The sender turned to two decoys, or to one that somebody with the same text, network or kind of name turned to as well; or the same text went to decoys from two accounts. Within 30 days. Raised for everything that such a sender sends to strangers, too."},
	}
}

// Counters implements [Detector].
func (Decoys) Counters() []nospim.Counter {
	const month = 30 * 24 * time.Hour
	touched := func(of nospim.Role, by nospim.Role, look func(*nospim.Look) bool) nospim.Counter {
		return nospim.Counter{Name: "decoys", Kind: nospim.Distinct, Of: of, By: [2]nospim.Role{by}, Window: month, When: decoyTouched, If: look, Only: contactKinds()}
	}
	return []nospim.Counter{
		touched(nospim.RoleRecipient, nospim.RoleSender, toStranger),
		touched(nospim.RoleSender, nospim.RoleText, toStranger),
		touched(nospim.RoleSender, nospim.RoleNetwork, nospim.Never),
		touched(nospim.RoleSender, nospim.RoleStem, nospim.Never),
	}
}

// decoyTouched reports whether somebody turns to a decoy. Reading profiles is left out: who is curious reads many.
func decoyTouched(l *nospim.Look) bool { return l.Features.Decoy && contact(l) }

// Look implements [Detector].
func (Decoys) Look(l *nospim.Look) error {
	if l.Features.Decoy && (contact(l) || l.Event.Kind == nospim.KindProfileRead) {
		l.Raise("DECOY_TOUCHED", 1, "turned to an account that exists only to be found by harvesters", account(l.Event.Sender.ID))
	}
	if !decoyTouched(l) && !toStranger(l) {
		return nil
	}
	decoys, text, network, stem := l.Facts[0].N, l.Facts[1].N, l.Facts[2].N, l.Facts[3].N
	why := ""
	switch {
	case decoys >= 2:
		why = "turned to " + number(decoys) + " accounts that exist only to be found by harvesters"
	case text >= 2 && l.Features.Letters >= enough:
		why = number(text) + " accounts sent this text to accounts that exist only to be found by harvesters"
	case decoys >= 1 && l.Features.Decoy && network >= 2:
		why = number(network) + " accounts of this network turned to accounts that exist only to be found by harvesters"
	case decoys >= 1 && l.Features.Decoy && stem >= 2:
		why = number(stem) + " accounts of this kind of name turned to accounts that exist only to be found by harvesters"
	default:
		return nil
	}
	l.Raise("DECOY_PROOF", 1, why, account(l.Event.Sender.ID))
	return nil
}
