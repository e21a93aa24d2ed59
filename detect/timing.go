package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Timing notices senders whose pauses are not those of somebody who reads, thinks and types. It looks at the newest messages of
// a sender and, in each conversation apart, at two kinds of pause: between the sender's own messages, and between whatever was
// said last by either side and the sender's next message. See [cadence] for the tests and where their numbers are from; what they weigh
// together is a regression of machines against people ([cadence.talk]).
//
// Whoever clicks ready-made answers has a machine's manner too, and about one person in a thousand simply has. So this is never
// more than a reason to slow somebody down: the policy's "manner" caps it.
type Timing struct{}

// The rungs of the surprise: see [cadence.surprise].
const (
	oddSurprise     = 8.0
	machineSurprise = 16.0
)

// Symbols implements [Detector].
func (Timing) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "TIMING_MACHINE", Group: "timing", Weight: 9, Description: "The pauses between a sender's messages are a machine's: all alike, repeating, or unrelated to how much was typed. About one person in a thousand writes like that, and whoever clicks ready-made answers may."},
		{Name: "TIMING_ODD", Group: "timing", Weight: 2, Description: "The pauses between a sender's messages are like those of one person in a hundred."},
	}
}

// Counters implements [Detector].
func (Timing) Counters() []nospim.Counter { return []nospim.Counter{said(), heard(), hears()} }

// said keeps what a sender said to whom, by its size; in rooms, to nobody.
func said() nospim.Counter {
	return nospim.Counter{Name: "said", Kind: nospim.Recent, Of: nospim.RoleSize, With: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: 6 * time.Hour, When: speaks, If: nospim.Never, Only: []nospim.Kind{nospim.KindMessage}}
}

// heard recalls what was said to the sender, by its size, and by whom.
func heard() nospim.Counter {
	return nospim.Counter{Name: "heard", Kind: nospim.Recent, Of: nospim.RoleSize, With: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleSender}, Window: 6 * time.Hour, When: nospim.Never, If: watched, Only: []nospim.Kind{nospim.KindMessage}}
}

// hears keeps what somebody is told, for [heard] to recall.
func hears() nospim.Counter {
	c := heard()
	c.By, c.When, c.If = [2]nospim.Role{nospim.RoleRecipient}, toldWatched, nospim.Never
	return c
}

// speaks reports whether an event is a message to a person or in a room.
func speaks(l *nospim.Look) bool {
	return talk(l) || l.Event.Kind == nospim.KindMessage && l.Event.Room != "" && len(l.Event.Recipients) == 0
}

// talk reports whether an event is a message from one person to another.
func talk(l *nospim.Look) bool {
	e := l.Event
	return e.Kind == nospim.KindMessage && e.Room == "" && len(e.Recipients) == 1 && e.Relation != nospim.RelationSelf
}

// ripe is how old an account is that nobody takes for a bot of a script when it talks with its contacts. Stolen ones are Profile's.
const ripe = 30 * 24 * time.Hour

// watched reports whether somebody talks who may be a machine or follow a script: anybody but a ripe account among its contacts.
func watched(l *nospim.Look) bool { return talk(l) && !ripens(l, &l.Event.Sender) }

// toldWatched reports whether the one who is told something is watched when it answers.
func toldWatched(l *nospim.Look) bool { return talk(l) && !ripens(l, &l.Event.Recipients[0]) }

func ripens(l *nospim.Look, a *nospim.Account) bool {
	return l.Event.Relation == nospim.RelationContact && !a.Created.IsZero() && l.Now.Sub(a.Created) >= ripe
}

// Look implements [Detector].
func (Timing) Look(l *nospim.Look) error {
	if !speaks(l) || len(l.Facts[0].Recent) < fewestPauses {
		return nil
	}
	c, coarse := cadenceOf(&l.Facts[0], l.Facts[1].Recent)
	surprise, why := c.surprise(coarse)
	switch {
	case surprise >= machineSurprise:
		l.Raise("TIMING_MACHINE", 1, why, account(l.Event.Sender.ID))
		l.Slow(time.Minute)
	case surprise >= oddSurprise:
		l.Raise("TIMING_ODD", 1, why, account(l.Event.Sender.ID))
	}
	return nil
}
