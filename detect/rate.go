package detect

import (
	"strconv"
	"time"

	"github.com/nospim/nospim"
)

// Rate notices senders who send faster than a person does, or turn to new people faster, as AIM did: a moving average of the
// gaps between messages, with levels for alert, limit and disconnect, and one to get clear again. Warnings lower the levels of
// whoever is warned (see [Warnings]). It knows nothing of what is sent and slows at most: the policy's "manner" caps it.
//
// To strangers, every message counts, whoever it goes to. Among acquaintances only those to the same person do: who wishes forty
// friends a happy new year is no flood, who sends one of them forty lines at once is.
//
// The average is walked anew over the newest messages that are remembered; what lies before them is taken to have been slow.
type Rate struct{}

// class is a rate class; all levels are gaps in milliseconds.
type class struct {
	window                                  float64
	clear, alert, limit, disconnect, slowed float64
}

// messages is AIM's class 3, for sending messages: 7 at once, then one every 4 seconds (open-oscar-server, and the OSCAR
// protocol's own numbers). newPeople is the same for people who are written to for the first time: 10 at once, then one every
// 20 seconds. A person who makes the round among friends stays below it.
var (
	messages  = class{window: 20, clear: 5100, alert: 5000, limit: 4000, disconnect: 3000, slowed: 6000}
	newPeople = class{window: 10, clear: 40_000, alert: 30_000, limit: 20_000, disconnect: 10_000, slowed: 60_000}
)

// warned returns the class of somebody who is warned so much, in thousandths: every level but the last moves towards 150 ms below
// the slowest gap that counts.
func (c class) warned(level float64) class {
	raise := func(l float64) float64 { return max(l, l+(c.slowed-150-l)*min(level, 1000)/1000) }
	c.clear, c.alert, c.limit = raise(c.clear), raise(c.alert), raise(c.limit)
	return c
}

// pace is where a sender stands in a class.
type pace uint8

const (
	paceClear pace = iota
	paceAlert
	paceLimit
	paceDisconnect
)

// meter is a class's moving average while messages go by. Limited says that it has been over the limit and not been clear since.
type meter struct {
	class
	average float64
	last    int64
	limited bool
}

// note takes a message: avg' = min(max, ((W-1)·avg + gap) / W).
func (m *meter) note(at int64) {
	if m.last == 0 {
		m.average, m.last = m.slowed, at
		return
	}
	m.average = min(m.slowed, ((m.window-1)*m.average+float64(max(0, at-m.last)))/m.window)
	m.last = at
	switch {
	case m.average < m.limit:
		m.limited = true
	case m.average >= m.clear:
		m.limited = false
	}
}

func (m *meter) pace() pace {
	switch {
	case m.average < m.disconnect && m.last != 0:
		return paceDisconnect
	case m.limited:
		return paceLimit
	case m.average < m.alert && m.last != 0:
		return paceAlert
	default:
		return paceClear
	}
}

// wait is how long the sender has to be silent until its next message is clear.
func (m *meter) wait() time.Duration {
	return time.Duration(m.window*m.clear-(m.window-1)*m.average) * time.Millisecond
}

// Symbols implements [Detector].
func (Rate) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "RATE_ALERT", Group: "rate", Weight: 1, Description: "A sender is fast: one step before the limit of its rate class."},
		{Name: "RATE_LIMIT", Group: "rate", Weight: 8, Description: "A sender is over the limit of its rate class, or has been and is not clear yet: messages (7 at once, then one in 4 seconds) or new people (10 at once, then one in 20 seconds). Warnings lower the limit. Factor 0.5 among acquaintances, where only messages to the same person count."},
		{Name: "RATE_DISCONNECT", Group: "rate", Weight: 10, Description: "A sender is so fast that AIM would have cut the connection: 14 messages at once, 17 new people at once."},
	}
}

// Counters implements [Detector].
func (Rate) Counters() []nospim.Counter {
	return append([]nospim.Counter{said(), heard(), hears()}, warnings()...)
}

// Look implements [Detector].
func (Rate) Look(l *nospim.Look) error {
	said := &l.Facts[0]
	level := warning(l.Facts[3].N, l.Facts[4].N)
	if !talk(l) || said.Own.At == 0 || len(said.Recent) < fewestFast && level == 0 {
		return nil
	}
	sent, people := meter{class: messages.warned(level)}, meter{class: newPeople.warned(level)}
	heard := l.Facts[1].Recent
	if l.Event.Relation == nospim.RelationContact || wrote(heard, said.Own.With) {
		walk(&sent, said, func(i int) bool { return said.Recent[i].With == said.Own.With })
		report(l, &sent, " messages", 0.5)
		return nil
	}
	walk(&sent, said, func(i int) bool { return said.Recent[i].With != 0 })
	if first(said.Recent, said.Own.With) {
		walk(&people, said, func(i int) bool {
			with := said.Recent[i].With
			return with != 0 && first(said.Recent[:i], with) && !wrote(heard, with)
		})
	}
	if people.pace() > sent.pace() {
		report(l, &people, " new people", 1)
	} else {
		report(l, &sent, " messages", 1)
	}
	return nil
}

// fewestFast is how many messages must be remembered before anybody can be too fast who is not warned.
const fewestFast = 4

// walk takes those of the remembered messages that count, and this one.
func walk(m *meter, said *nospim.Fact, counts func(i int) bool) {
	for i := range said.Recent {
		if said.Recent[i].At <= said.Own.At && counts(i) {
			m.note(said.Recent[i].At)
		}
	}
	m.note(said.Own.At)
}

// first reports whether somebody is not among those who were written to.
func first(before []nospim.Item, with uint32) bool {
	for i := len(before) - 1; i >= 0; i-- {
		if before[i].With == with {
			return false
		}
	}
	return true
}

// wrote reports whether somebody is among those who wrote.
func wrote(heard []nospim.Item, with uint32) bool { return !first(heard, with) }

// report raises what a meter shows; below the disconnection by a factor.
func report(l *nospim.Look, m *meter, of string, factor float64) {
	gap := strconv.FormatFloat(m.average/1000, 'f', 1, 64)
	switch m.pace() {
	case paceDisconnect:
		l.Raise("RATE_DISCONNECT", 1, "on average "+gap+" s between"+of+", far too fast for a person", account(l.Event.Sender.ID))
		l.Slow(m.wait())
	case paceLimit:
		l.Raise("RATE_LIMIT", factor, "on average "+gap+" s between"+of+", over the limit", account(l.Event.Sender.ID))
		l.Slow(m.wait())
	case paceAlert:
		l.Raise("RATE_ALERT", factor, "on average "+gap+" s between"+of, account(l.Event.Sender.ID))
	case paceClear:
	}
}
