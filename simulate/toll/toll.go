// Package toll counts what a judge did in a town: of each attack, how far it came before it was stopped, and of each part that
// honest people play, what they lost.
//
// [Toll.Add] takes every event with its verdict and the truth, in the order of time; [Toll.Report] is the result. The words:
//
//   - An attempt is an event that the service could have refused: observations (log-ins, reports) are none.
//   - A stop is an action from [nospim.Hold] on. An attempt that is challenged or throttled is slowed, which is told apart.
//   - Before the first stop: what one sender had delivered to whom until then, in its part of the incident: of its messages, or,
//     if it never wrote any, of its requests. A sender that was never stopped counts as infinitely late, not as left out.
//   - Recipients are those named; everything in a room is one.
package toll

import (
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/simulate/town"
)

// Toll counts.
type Toll struct {
	events  int
	senders map[senderKey]*sender
	order   []*sender // as they came
	inc     map[string]*incident
	incs    []*incident
	roles   map[string]*role
	// linked are honest events with a link.
	linked count
	curve  curve
}

// New returns a toll of nothing.
func New() *Toll {
	return &Toll{senders: map[senderKey]*sender{}, inc: map[string]*incident{}, roles: map[string]*role{}}
}

// senderKey names an account in its part of an incident.
type senderKey struct{ incident, role, account string }

// sender is an attacker's account at work.
type sender struct {
	senderKey

	variant  string
	attempts count
	first    time.Time
	// said is about messages and files, asked about everything else: requests, invitations, searches.
	said, asked reach
	stopped     bool
	toStop      time.Duration
	// noticed says that something was done within the first 25 attempts, if only that it was slowed.
	noticed bool
}

// reach is whom a sender turned to in one way.
type reach struct {
	// tried are the recipients that it turned to, got those to whom something was delivered before the first stop; delivered is
	// how much that was.
	tried, got map[string]struct{}
	delivered  int
}

// reach is what counts of a sender: its messages, if it wrote any. Being asked by a bot is not yet being talked to.
func (s *sender) reach() *reach {
	if len(s.said.tried) > 0 {
		return &s.said
	}
	return &s.asked
}

// incident is what is counted over all senders of one.
type incident struct {
	name    string
	stopped bool
	copies  int
	// late are the messages from the fifth on.
	late count
	// flagged says that something was noticed before the first message, at an event of whoever reads out.
	read, flagged, wrote bool
}

// role is what is counted of honest people in one part.
type role struct {
	count
	// waiting are approaches that wait because the recipient wants that of every stranger: nobody was accused of anything.
	waiting  int
	accounts map[string]*account
	why      map[string]int
}

type account struct {
	attempts   int
	row        int  // attempts stopped one after the other
	lost       bool // something was stopped
	restricted bool
	slowed     bool // something of the first 25 attempts was slowed or stopped
}

// count is what became of attempts.
type count struct {
	n, marked, slowed, held, blocked int
}

func (c *count) add(a nospim.Action) {
	c.n++
	switch {
	case a >= nospim.Reject:
		c.blocked++
	case a == nospim.Hold:
		c.held++
	case a >= nospim.Challenge:
		c.slowed++
	case a == nospim.Mark:
		c.marked++
	}
}

func (c *count) stopped() int { return c.held + c.blocked }

// Stops reports whether an action keeps an event from its recipient until somebody decides: hold, reject or drop.
func Stops(a nospim.Action) bool { return a >= nospim.Hold }

// Add counts one event. Events come in the order of time. Nothing of e and v is kept.
func (t *Toll) Add(e *nospim.Event, v *nospim.Verdict, truth town.Truth) {
	t.events++
	switch {
	case truth.Label == town.Spam && truth.Attack != "":
		t.addSpam(e, v, truth)
	case truth.Label == town.Ham && !e.Observe:
		t.addHam(e, v, truth)
		t.curve.ham(Stops(v.Action) && !waits(v))
		if len(e.Links) > 0 || strings.Contains(e.Body, "://") {
			t.linked.add(v.Action)
		}
	}
}

func (t *Toll) addSpam(e *nospim.Event, v *nospim.Verdict, truth town.Truth) {
	i := t.incident(truth.Attack)
	i.note(e, v, truth.Role)
	if e.Observe {
		return
	}
	s := t.sender(e, truth)
	t.curve.spam(Stops(v.Action))
	s.attempts.add(v.Action)
	s.noticed = s.noticed || s.attempts.n <= 25 && v.Action >= nospim.Challenge
	to := e.Room
	if len(e.Recipients) > 0 {
		to = e.Recipients[0].ID
	}
	way := &s.asked
	if e.Kind == nospim.KindMessage || e.Kind == nospim.KindFileOffer {
		way = &s.said
	}
	if to != "" && len(way.tried) < most {
		put(&way.tried, to)
	}
	switch {
	case s.stopped:
	case Stops(v.Action):
		s.stopped, s.toStop = true, e.Time.Sub(s.first)
		i.stopped = true
	case e.Kind != nospim.KindRegistration:
		way.delivered++
		put(&way.got, to)
	}
}

// most is up to how many recipients a sender is asked how many it turned to: more makes no difference to any number.
const most = 32

func put(set *map[string]struct{}, s string) {
	if *set == nil {
		*set = map[string]struct{}{}
	}
	if _, ok := (*set)[s]; !ok {
		(*set)[strings.Clone(s)] = struct{}{} // an event's strings are parts of its line
	}
}

func (t *Toll) incident(name string) *incident {
	i := t.inc[name]
	if i == nil {
		i = &incident{name: strings.Clone(name)}
		t.inc[i.name] = i
		t.incs = append(t.incs, i)
	}
	return i
}

// note counts what goes over senders: copies of a mailing, and whether reading out was noticed before the writing began.
func (i *incident) note(e *nospim.Event, v *nospim.Verdict, role string) {
	switch e.Kind {
	case nospim.KindMessage, nospim.KindFileOffer, nospim.KindInvite:
		if i.copies++; i.copies >= 5 {
			i.late.add(v.Action)
		}
		i.wrote = true
	case nospim.KindDirectorySearch, nospim.KindProfileRead, nospim.KindRosterRead:
		i.read = true
		i.flagged = i.flagged || !i.wrote && v.Wanted > nospim.Allow
	default:
		i.flagged = i.flagged || !i.wrote && role == "reader" && v.Wanted > nospim.Allow
	}
}

func (t *Toll) sender(e *nospim.Event, truth town.Truth) *sender {
	k := senderKey{truth.Attack, truth.Role, e.Sender.ID}
	s := t.senders[k]
	if s == nil {
		k = senderKey{strings.Clone(k.incident), strings.Clone(k.role), strings.Clone(k.account)}
		s = &sender{senderKey: k, variant: strings.Clone(truth.Variant), first: e.Time}
		t.senders[k] = s
		t.order = append(t.order, s)
	}
	return s
}

func (t *Toll) addHam(e *nospim.Event, v *nospim.Verdict, truth town.Truth) {
	r := t.roles[truth.Role]
	if r == nil {
		r = &role{accounts: map[string]*account{}, why: map[string]int{}}
		t.roles[strings.Clone(truth.Role)] = r
	}
	if waits(v) {
		r.n++
		r.waiting++
		return
	}
	r.add(v.Action)
	a := r.accounts[e.Sender.ID]
	if a == nil {
		a = &account{}
		r.accounts[strings.Clone(e.Sender.ID)] = a
	}
	a.attempts++
	a.slowed = a.slowed || a.attempts <= 25 && v.Action >= nospim.Challenge
	if !Stops(v.Action) {
		a.row = 0
		return
	}
	a.lost = true
	a.row++
	a.restricted = a.restricted || a.row >= inARow
	for i := range v.Signals {
		if v.Signals[i].Score >= 1 {
			r.why[v.Signals[i].Symbol]++ // symbols are constants
		}
	}
}

// waits reports whether an event is held by the recipient's own profile alone (detect.Door), not for what it is.
func waits(v *nospim.Verdict) bool {
	if v.Action != nospim.Hold || v.Score >= v.Required {
		return false
	}
	for i := range v.Signals {
		if strings.HasPrefix(v.Signals[i].Symbol, "DOOR_") {
			return true
		}
	}
	return false
}

// inARow is how many attempts of an honest account, stopped one after the other, make it restricted: it cannot go on.
const inARow = 3
