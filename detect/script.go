package detect

import (
	"math/bits"
	"slices"
	"time"

	"github.com/nospim/nospim"
)

// Script notices accounts that say the same turns, in the same order, to one person after the other, whatever these answer: buddy
// bots. It compares turns as they are told apart by [nospim.RoleTurn], so names, numbers, links and synonyms do not hide a script.
//
// Real chat bots and staff with ready-made answers say the same to many, too. What tells them apart is who turned to whom: they
// are written to. For them there is a symbol of its own, which the policy's "manner" caps. People who tell three friends the same
// two sentences are told apart by the age of the acquaintance.
type Script struct{}

// Symbols implements [Detector].
func (Script) Symbols() []nospim.Symbol {
	symbol := func(name string, weight float64, description string) nospim.Symbol {
		return nospim.Symbol{Name: name, Group: "script", Weight: weight, Description: description}
	}
	return []nospim.Symbol{
		symbol("SCRIPTED_BOT", 8, "One account turns to people and says the same turns in the same order to 3 or more of them. Factor 1 from 2 turns to 3 people, 1.5 from 4 people or turns, 2 from 5 people and 3 turns; half of that for old acquaintances. Contacts must have been told three and have answered: friends who are told the same are no script."),
		symbol("SCRIPTED_TALK", 3, "One account turns to two people or more and says the same three turns to them."),
		symbol("SCRIPTED_OPENING", 3, "One account opens its talks with four or more people by the same sentence. Factor 2 from 8 people, 3 from 12."),
		symbol("SCRIPTED_ANSWERS", 3, "One account answers people who wrote to it with the same turns in the same order: a program that is written to, or staff with ready-made answers."),
		symbol("REPEATS_ITSELF", 9, "One account tells somebody what it told them before, five times and more, each a sentence: it plays something again. Not where it is an answer to whoever wrote first."),
		symbol("PASSED_ON", 0.1, "A new account says what another new account told it within the day: a joke, a warning, an invitation. It is a note to SCRIPTED_TURN."),
		symbol("SCRIPT_LINK", 6, "One account turns to strangers and gives a third one a link within a day."),
		symbol("SCRIPT_KNOWN", 8, "One account turns to somebody and says what accounts with a script said, and hardly anybody else. Factor 0.5 when one account said it, 1.2 from two."),
	}
}

// The places of Script's counters in Look.Facts.
const (
	scriptTurns = iota
	scriptHeard
	scriptHears
	scriptPair
	scriptBack
	scriptKnown
	scriptSaid
	scriptLinked
	scriptTold
	scriptToldMe
	scriptWrote
)

// Counters implements [Detector].
func (Script) Counters() []nospim.Counter {
	const day = 24 * time.Hour
	only := []nospim.Kind{nospim.KindMessage}
	turn := [2]nospim.Role{nospim.RoleTurn}
	return []nospim.Counter{
		scriptTurns:  {Name: "turns", Kind: nospim.Recent, Of: nospim.RoleTurn, With: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: 3 * day, When: says, If: nospim.Never, Only: only},
		scriptHeard:  heard(),
		scriptHears:  hears(),
		scriptPair:   {Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: 30 * day, When: contact, Only: contactKinds()},
		scriptBack:   {Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: 30 * day, When: nospim.Never, If: watched, Only: contactKinds()},
		scriptKnown:  {Name: "scripted", Kind: nospim.Distinct, Of: nospim.RoleSender, By: turn, Window: 7 * day, When: tellsApart, On: "SCRIPTED_BOT", If: says, Only: only},
		scriptSaid:   {Name: "said_by", Kind: nospim.Distinct, Of: nospim.RoleSender, By: turn, Window: 7 * day, When: tellsApart, If: nospim.Never, Only: only},
		scriptTold:   {Name: "told_turn", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleTurn, nospim.RoleRecipient}, Window: day, When: newTells, If: nospim.Never, Only: only},
		scriptToldMe: {Name: "told_turn", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleTurn, nospim.RoleSender}, Window: day, When: nospim.Never, If: newTells, Only: only},
		scriptWrote:  wroteBefore(says),
		scriptLinked: {Name: "links_to_strangers", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: day, When: leads, If: nospim.Never, Only: only},
	}
}

// leads reports whether a stranger is given a link.
func leads(l *nospim.Look) bool { return talk(l) && linkFromStranger(l) }

// says reports whether a message of somebody who is watched has a text that can be told from others.
func says(l *nospim.Look) bool { return watched(l) && l.Features.Turn != 0 }

// tellsApart reports whether a text is long enough to be told from what everybody says.
func tellsApart(l *nospim.Look) bool { return says(l) && l.Features.Letters >= fewestLetters }

// newTells reports whether an account of the last day tells something that can be told apart.
func newTells(l *nospim.Look) bool { return tellsApart(l) && young(l) }

// fewestLetters is how many letters that takes: "how are you?" has 9.
const fewestLetters = 12

// acquaintance is the time after which two people are no longer new to each other.
const acquaintance = 2 * 24 * time.Hour

// knowsLong reports whether the sender has known the recipient for long.
func knowsLong(l *nospim.Look, pair *nospim.Fact) bool {
	return pair.First != 0 && l.Now.Sub(time.UnixMilli(pair.First)) >= acquaintance
}

// wroteFirst reports whether the recipient wrote before the sender did, or at once: what is remembered is 10 s coarse.
func wroteFirst(pair, back *nospim.Fact) bool {
	return back.First != 0 && (pair.First == 0 || back.First <= pair.First)
}

// Look implements [Detector].
func (Script) Look(l *nospim.Look) error {
	turns := &l.Facts[scriptTurns]
	if !says(l) || turns.Own.At == 0 {
		return nil
	}
	if newTells(l) && l.Facts[scriptToldMe].N > 0 {
		l.Raise("PASSED_ON", 1, "says what it was told itself", account(l.Event.Sender.ID))
	}
	pair, back := &l.Facts[scriptPair], &l.Facts[scriptBack]
	invited := wroteFirst(pair, back)
	if !invited {
		scripted(l)
		led(l)
		if n := repetitions(turns); n >= 5 {
			l.Raise("REPEATS_ITSELF", 1, "told this person "+number(float64(n))+" times what it had told them before", account(l.Event.Sender.ID))
			l.Slow(time.Minute)
		}
	}
	friend := l.Event.Relation == nospim.RelationContact
	c := copies(turns, l.Facts[scriptHeard].Recent)
	if c.heard == 0 {
		return nil
	}
	sender := account(l.Event.Sender.ID)
	switch {
	case c.people >= 3 && c.turns >= 2 && invited:
		l.Raise("SCRIPTED_ANSWERS", 1, "answered "+number(float64(c.people))+" people with the same "+number(float64(c.turns))+" turns", sender)
	case invited:
	case c.people >= 3 && c.turns >= 2 && (!friend || c.turns >= 3 && c.answered >= 2 && !saying(l)):
		l.Raise("SCRIPTED_BOT", c.factor(l, pair), "the same "+number(float64(c.turns))+" turns to "+number(float64(c.people))+" people"+c.whatever(), sender)
	case c.people >= 2 && c.turns >= 3:
		l.Raise("SCRIPTED_TALK", 1, "the same "+number(float64(c.turns))+" turns to "+number(float64(c.people))+" people", sender)
	case c.opening && !friend && c.heard >= 3 && l.Features.Letters >= fewestLetters && !errand(l, &l.Facts[scriptWrote]):
		l.Raise("SCRIPTED_OPENING", climb(float64(c.heard+1), []step{{4, 1}, {8, 2}, {12, 3}}), "begins with the same sentence with "+number(float64(c.heard+1))+" people", sender)
	}
	return nil
}

// scripted raises what others with a script said. What many say who have none is a saying.
func scripted(l *nospim.Look) {
	names, all := l.Facts[scriptKnown].N, l.Facts[scriptSaid].N
	if repeats(&l.Facts[scriptTurns]) {
		names-- // this may be one of them
	}
	if names < 1 || all > 2*names+1 || !tellsApart(l) || names < 2 && l.Event.Relation == nospim.RelationContact {
		return
	}
	factor := 0.5
	if names >= 2 {
		factor = 1.2
	}
	l.Raise("SCRIPT_KNOWN", factor, "this belongs to a script that "+number(names)+" accounts followed", account(l.Event.Sender.ID))
}

// led raises a link to the third stranger: where buddy bots lead.
func led(l *nospim.Look) {
	if n := l.Facts[scriptLinked].N; n >= 3 && leads(l) {
		l.Raise("SCRIPT_LINK", 1, "gave links to "+number(n)+" strangers within a day", account(l.Event.Sender.ID))
	}
}

// saying reports whether many say this: wishes, jokes, what is the talk of the day.
func saying(l *nospim.Look) bool { return l.Facts[scriptSaid].N > 3+2*l.Facts[scriptKnown].N }

// repeats reports whether the sender has said this before.
func repeats(turns *nospim.Fact) bool {
	for i := range turns.Recent {
		if turns.Recent[i].Of == turns.Own.Of {
			return true
		}
	}
	return false
}

// alike reports whether two turns are the same, or share so many words that one is the other spun anew: two of their eight places
// at least, and half of those that are filled. Of pairs of short texts that have nothing to do with each other, one in forty is; so
// one such pair proves nothing, and several in the same order with several people do.
func alike(a, b uint32) bool {
	if a == b {
		return true
	}
	same := bits.OnesCount32(filled(a) &^ filled(a^b))
	return same >= 2 && 2*same >= bits.OnesCount32(filled(a|b))
}

// repetitions counts what the recipient was told that it had been told before, this included; 0 when this is new to it. Short words
// come again in every talk: only what fills three places counts.
func repetitions(turns *nospim.Fact) (n int) {
	own := turns.Own
	again := func(at int, it nospim.Item) bool {
		return bits.OnesCount32(filled(it.Of)) >= 3 && slices.ContainsFunc(turns.Recent[:at], func(e nospim.Item) bool { return e.Of == it.Of && e.With == it.With })
	}
	if !again(len(turns.Recent), own) {
		return 0
	}
	for i, it := range turns.Recent {
		if it.With == own.With && again(i, it) {
			n++
		}
	}
	return n + 1
}

// filled has a bit for each of the eight places of a turn that is not empty.
func filled(turn uint32) uint32 { return (turn | turn>>1 | turn>>2 | turn>>3) & 0x11111111 }

// copied is how often a talk was led before.
type copied struct {
	heard    int  // others who were told this
	people   int  // of them, who were told what was said before, too, in the same order; with this recipient
	turns    int  // the most turns that agree
	answered int  // of people, who answered in between
	opening  bool // this is the first that the recipient is told
}

// copies compares the talk that a message belongs to with the sender's other talks.
func copies(turns *nospim.Fact, heard []nospim.Item) (c copied) {
	said, own := turns.Recent, turns.Own
	c.opening = first(said, own.With)
	for i := len(said) - 1; i >= 0; i-- {
		if !alike(said[i].Of, own.Of) || said[i].With == own.With || !first(said[i+1:], said[i].With) && toldAfter(said[i+1:], said[i]) {
			continue
		}
		c.heard++
		n := agree(said, i, own.With)
		if n < 2 {
			continue
		}
		c.people++
		c.turns = max(c.turns, n)
		if answeredBefore(heard, said[i]) {
			c.answered++
		}
	}
	if c.people > 0 {
		c.people++
		if answeredBefore(heard, own) {
			c.answered++
		}
	}
	return c
}

// toldAfter reports whether somebody was told the same once more later: it counts once.
func toldAfter(later []nospim.Item, m nospim.Item) bool {
	for i := range later {
		if later[i].With == m.With && alike(later[i].Of, m.Of) {
			return true
		}
	}
	return false
}

// agree counts the turns that the talk with a person has in common with another talk, in the same order, backwards from the one
// at a place of that other talk.
func agree(said []nospim.Item, at int, with uint32) int {
	n, other := 1, said[at].With
	for i := len(said) - 1; i >= 0; i-- {
		if said[i].With != with {
			continue
		}
		for j := at - 1; j >= 0; j-- {
			if said[j].With == other && alike(said[j].Of, said[i].Of) {
				n, at = n+1, j
				break
			}
		}
	}
	return n
}

// answeredBefore reports whether somebody said anything before they were told this.
func answeredBefore(heard []nospim.Item, m nospim.Item) bool {
	for i := range heard {
		if heard[i].With == m.With && heard[i].At < m.At {
			return true
		}
	}
	return false
}

// factor is how sure it is.
func (c *copied) factor(l *nospim.Look, pair *nospim.Fact) float64 {
	f := 1.0
	switch {
	case c.people >= 5 && c.turns >= 3:
		f = 2
	case c.people >= 4 || c.turns >= 4:
		f = 1.5
	}
	if knowsLong(l, pair) {
		f /= 2
	}
	return f
}

// whatever says that answers made no difference, where there were any.
func (c *copied) whatever() string {
	if c.answered < 2 {
		return ""
	}
	return ", whatever they answered"
}
