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
		{Name: "TIMING_MACHINE", Group: "timing", Weight: 9, Description: "The pauses between a sender's messages are a machine's, at two messages in a row: all alike, repeating, or unrelated to how much was typed. About one person in a thousand writes like that, and whoever clicks ready-made answers may."},
		{Name: "TIMING_ODD", Group: "timing", Weight: 2, Description: "The pauses between a sender's messages are like those of one person in a hundred."},
	}
}

// Counters implements [Detector].
func (Timing) Counters() []nospim.Counter {
	return []nospim.Counter{said(), heard(), hears(), answered()}
}

// said keeps what a sender said to whom, by its size; in rooms, to nobody.
func said() nospim.Counter {
	return nospim.Counter{Name: "said", Kind: nospim.Recent, Of: nospim.RoleSize, With: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: 6 * time.Hour, When: speaks, If: nospim.Never, Only: []nospim.Kind{nospim.KindMessage}}
}

// heard recalls what was said to the sender, by its size, and by whom.
func heard() nospim.Counter {
	return nospim.Counter{Name: "heard", Kind: nospim.Recent, Of: nospim.RoleSize, With: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleSender}, Window: 6 * time.Hour, When: nospim.Never, If: talk, Only: []nospim.Kind{nospim.KindMessage}}
}

// hears keeps what somebody is told, for [heard] to recall.
func hears() nospim.Counter {
	c := heard()
	c.By, c.When, c.If = [2]nospim.Role{nospim.RoleRecipient}, toldWatched, nospim.Never
	return c
}

// answered recalls what the recipient said, and to whom. Between ripe contacts nobody keeps what is heard: most of what is said here is
// said there, and each side's own half is kept anyway.
func answered() nospim.Counter {
	c := said()
	c.By, c.When, c.If = [2]nospim.Role{nospim.RoleRecipient}, nospim.Never, unwatched
	return c
}

// unwatched reports whether a ripe account talks among its contacts.
func unwatched(l *nospim.Look) bool { return talk(l) && ripens(l, &l.Event.Sender) }

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
	return l.Event.Relation == nospim.RelationContact && isRipe(l, a)
}

func isRipe(l *nospim.Look, a *nospim.Account) bool {
	return !a.Created.IsZero() && l.Now.Sub(a.Created) >= ripe
}

// hearing is what is known of what the sender was told: by whomever; of a ripe account among its contacts, by the recipient alone. What
// its contacts told a ripe account is not known when it turns to somebody else.
func hearing(l *nospim.Look) hearsay {
	own := l.Facts[0].Own.With
	if unwatched(l) {
		return hearsay{items: l.Facts[3].Recent, own: own, half: true, sender: l.Facts[1].Own.With}
	}
	return hearsay{items: l.Facts[1].Recent, own: own, some: isRipe(l, &l.Event.Sender)}
}

// wasMachine reports whether the sender was a machine already when its last message came. Each message is another chance to look like
// one, which people do for a moment; a program stays what it is.
func wasMachine(said nospim.Fact, heard hearsay) bool {
	before := len(said.Recent) - 1
	if before < fewestPauses {
		return false
	}
	said.Recent, said.Own = said.Recent[:before], said.Recent[before]
	c, coarse := cadenceOf(&said, heard)
	surprise, _ := c.surprise(coarse)
	return surprise >= machineSurprise
}

// Look implements [Detector].
func (Timing) Look(l *nospim.Look) error {
	if !speaks(l) || len(l.Facts[0].Recent) < fewestPauses {
		return nil
	}
	heard := hearing(l)
	c, coarse := cadenceOf(&l.Facts[0], heard)
	surprise, why := c.surprise(coarse)
	switch {
	case surprise >= machineSurprise && wasMachine(l.Facts[0], heard):
		l.Raise("TIMING_MACHINE", 1, why, account(l.Event.Sender.ID))
		l.Slow(time.Minute)
	case surprise >= oddSurprise:
		l.Raise("TIMING_ODD", 1, why, account(l.Event.Sender.ID))
	}
	return nil
}
