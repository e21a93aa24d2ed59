package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Plea notices an account that asks one person after the other for money in words alone: the wallet is gone, the card is blocked, lend
// me two hundred until tomorrow. There is no link to look at, and a thief who sits in the owner's own network with the owner's own
// client departs from nothing that [Profile] knows. What gives it away is that people in need ask one or two, and ask them in their
// own way; a thief asks the whole list.
//
// Collecting for a present, or asking who has five euros for lunch, is no plea. Whoever really has lost a wallet, and tells five
// friends so within a day, is asked whether that was really sent by them: from a contact it waits at most.
type Plea struct{}

// Symbols implements [Detector].
func (Plea) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "PLEA_TO_SEVERAL", Group: "plea", Weight: 9, Description: "An account asks several people within a day for money (a loan, a gift card, a transfer because a wallet is lost or a card blocked) or for a code that they were sent. Factor 0.6 from 3 people, 1 from 5. Those whom it asked on earlier days, and half of those whom it asked in other words, are taken off."},
	}
}

// Counters implements [Detector].
func (Plea) Counters() []nospim.Counter {
	sender := [2]nospim.Role{nospim.RoleSender}
	only := []nospim.Kind{nospim.KindMessage}
	return []nospim.Counter{
		{Name: "pleas", Kind: nospim.Recent, Of: nospim.RoleRecipient, With: nospim.RoleTurn, By: sender, Window: 30 * 24 * time.Hour, When: pleads, If: nospim.Never, Only: only},
		{Name: OwnerConfirmed, Kind: nospim.Labelled, By: sender, Window: 30 * 24 * time.Hour, When: nospim.Never, If: pleads, Only: only},
	}
}

// pleads reports whether somebody is asked for money, or for a code that they were sent, with which their own account is taken next: two
// things that people say who do, or one and a sum, money, a password, haste or something blocked.
func pleads(l *nospim.Look) bool {
	p := &l.Features.Parts
	return p.Plea > 0 && talk(l) && !l.Event.Encrypted && p.Plea+min(1, p.Money+p.Amount+p.Credential+p.Urgency+p.Threat) >= 2
}

// Look implements [Detector].
func (Plea) Look(l *nospim.Look) error {
	if !pleads(l) || l.Facts[1].N > 0 {
		return nil
	}
	people := asked(l)
	if f := climb(people, []step{{3, 0.6}, {5, 1}}); f > 0 {
		l.Raise("PLEA_TO_SEVERAL", f, "asked "+number(people)+" people for money or a code within a day", account(l.Event.Sender.ID))
	}
	return nil
}

// asked counts the people who were asked within the day, this one included, less those of earlier days.
func asked(l *nospim.Look) float64 {
	items, own := l.Facts[0].Recent, l.Facts[0].Own
	today := l.Now.Add(-24 * time.Hour).UnixMilli()
	people := 1.0
	for i := range items {
		switch it := &items[i]; {
		case it.Of == own.Of || lines(items[:i], it, 0, false) > 0: // once for each
		case it.At < today:
			people--
		case alike(it.With, own.With):
			people++
		default:
			people += 0.5
		}
	}
	return people
}
