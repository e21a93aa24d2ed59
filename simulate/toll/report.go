package toll

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim/simulate/town"
)

// Report is the toll of a play. As JSON its keys are stable.
type Report struct {
	Events  int      `json:"events"`
	Attacks []Attack `json:"attacks"`
	Honest  []Honest `json:"honest"`
	// Ham is all honest roles together, those who answer attackers and owners of stolen accounts included.
	Ham Honest `json:"ham"`
	// Goals are what is to be reached, as far as what was played can tell.
	Goals []Goal `json:"goals"`
}

// Attack is one attack, in one part that attackers play.
type Attack struct {
	Attack string `json:"attack"`
	Role   string `json:"role"`
	// Incidents is how many had anything stopped, Senders how many accounts had.
	Incidents Share `json:"incidents"`
	Senders   Share `json:"senders"`
	// Before4th and Before10th are, of the senders that turned to so many people, those that were stopped before the fourth or
	// tenth person got anything; Within25 are, of the senders of 25 attempts and more, those stopped within these.
	Before4th  Share `json:"before_4th_person"`
	Before10th Share `json:"before_10th_person"`
	Within25   Share `json:"within_25_attempts"`
	// Noticed25 is, of the senders of 25 attempts and more, those that were at least slowed within these.
	Noticed25 Share `json:"noticed_within_25_attempts"`
	// Stopped is how many attempts were held or blocked, Slowed how many were challenged or throttled, Marked how many came with
	// a mark.
	Stopped Share `json:"stopped"`
	Slowed  Share `json:"slowed"`
	Marked  Share `json:"marked"`
	// FromFifth is, of the incidents' messages from the fifth on, how many were stopped.
	FromFifth Share `json:"from_fifth_copy"`
	// Flagged is, of the incidents that read out first and wrote then, those in which the reading was noticed.
	Flagged Share `json:"flagged_before_burst"`
	// People and Messages are what a sender had delivered before its first stop; Seconds is the time from its first attempt to
	// that stop.
	People   Quantiles `json:"people_before_stop"`
	Messages Quantiles `json:"messages_before_stop"`
	Seconds  Quantiles `json:"seconds_to_stop"`
	// Variants is how many senders were caught, by each word of the variants.
	Variants map[string]Share `json:"caught_by_variant,omitempty"`
}

// Honest is what was lost in one part that honest people play.
type Honest struct {
	Role string `json:"role"`
	// Events is how many could have been refused, Accounts by how many accounts.
	Events   int   `json:"events"`
	Accounts int   `json:"accounts"`
	Blocked  Share `json:"blocked"`
	Held     Share `json:"held"`
	Slowed   Share `json:"slowed"`
	Marked   Share `json:"marked"`
	// Waiting is how many wait because the recipient wants that of every stranger, a child for instance; they are not among the held.
	Waiting Share `json:"waiting_at_the_door"`
	// Lost is how many accounts had anything stopped, Restricted how many had three attempts stopped in a row.
	Lost       Share `json:"accounts_stopped"`
	Restricted Share `json:"accounts_restricted"`
	// Slowed25 is, of the accounts with 25 attempts and more, how many had anything of the first 25 slowed or stopped.
	Slowed25 Share `json:"busy_accounts_slowed"`
	// Why counts the symbols of at least one point on what was stopped.
	Why map[string]int `json:"why,omitempty"`
}

// Share is k of n, with the 95 % interval of the share in percent (Wilson); 0 to 100 for 0 of 0.
type Share struct {
	K    int     `json:"k"`
	N    int     `json:"n"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Percent is the share; 0 for 0 of 0.
func (s Share) Percent() float64 { return 100 * float64(s.K) / float64(max(1, s.N)) }

func share(k, n int) Share {
	if n == 0 {
		return Share{High: 100}
	}
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	middle, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	percent := func(v float64) float64 { return math.Round(1e5*min(max(v/(1+z*z/m), 0), 1)) / 1e3 }
	return Share{K: k, N: n, Low: percent(middle - half), High: percent(middle + half)}
}

// Quantiles are the median and the 95 % quantile; -1 stands for never.
type Quantiles struct {
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
}

// quantiles of numbers in which infinity means never.
func quantiles(all []float64) Quantiles {
	if len(all) == 0 {
		return Quantiles{-1, -1}
	}
	slices.Sort(all)
	at := func(q float64) float64 {
		v := all[min(int(math.Ceil(q*float64(len(all))))-1, len(all)-1)]
		if math.IsInf(v, 1) {
			return -1
		}
		return v
	}
	return Quantiles{at(0.5), at(0.95)}
}

// Report returns what was counted: attacks in the order of [town.Attacks], roles in that of [town.Roles], others after them by
// name.
func (t *Toll) Report() Report {
	r := Report{Events: t.events}
	type part struct{ attack, role string }
	parts := map[part][]*sender{}
	for _, s := range t.order {
		name, _, _ := strings.Cut(s.incident, "/")
		p := part{name, s.role}
		parts[p] = append(parts[p], s)
	}
	names, order := town.Attacks(), slices.Collect(maps.Keys(parts))
	slices.SortFunc(order, func(a, b part) int {
		return cmp.Or(rank(names, a.attack)-rank(names, b.attack), cmp.Compare(a.attack, b.attack), cmp.Compare(a.role, b.role))
	})
	for _, p := range order {
		r.Attacks = append(r.Attacks, t.attack(p.attack, p.role, parts[p]))
	}
	honest, _ := town.Roles()
	roles := slices.Collect(maps.Keys(t.roles))
	slices.SortFunc(roles, func(a, b string) int { return cmp.Or(rank(honest, a)-rank(honest, b), cmp.Compare(a, b)) })
	all := &role{accounts: map[string]*account{}, why: map[string]int{}}
	for _, name := range roles {
		r.Honest = append(r.Honest, t.roles[name].honest(name))
		all.join(t.roles[name])
	}
	r.Ham = all.honest("all")
	r.Goals = t.goals(&r)
	return r
}

// rank is where a name stands in a list; those that do not stand there come last.
func rank(all []string, name string) int {
	if i := slices.Index(all, name); i >= 0 {
		return i
	}
	return len(all)
}

// attack sums up one part of one attack.
func (t *Toll) attack(name, part string, senders []*sender) Attack {
	a := Attack{Attack: name, Role: part, Variants: byVariant(senders)}
	var k struct{ senders, four, fours, ten, tens, many, manys, noticed int }
	var all count
	var people, messages, secs []float64
	touched := map[string]bool{}
	for _, s := range senders {
		touched[s.incident] = touched[s.incident] || s.stopped
		all.join(s.attempts)
		way, never := s.reach(), math.Inf(1)
		reached, sent, took := never, never, never
		if s.stopped {
			k.senders++
			reached, sent, took = float64(len(way.got)), float64(way.delivered), s.toStop.Round(time.Millisecond).Seconds()
		}
		people, messages, secs = append(people, reached), append(messages, sent), append(secs, took)
		k.four, k.fours = k.four+both(len(way.tried) >= 4, reached < 4), k.fours+one(len(way.tried) >= 4)
		k.ten, k.tens = k.ten+both(len(way.tried) >= 10, reached < 10), k.tens+one(len(way.tried) >= 10)
		k.noticed += both(s.attempts.n >= 25, s.noticed)
		k.many, k.manys = k.many+both(s.attempts.n >= 25, sent < 25), k.manys+one(s.attempts.n >= 25)
	}
	stopped := 0
	for _, was := range touched {
		stopped += one(was)
	}
	a.Incidents, a.Senders = share(stopped, len(touched)), share(k.senders, len(senders))
	a.Before4th, a.Before10th, a.Within25 = share(k.four, k.fours), share(k.ten, k.tens), share(k.many, k.manys)
	a.Noticed25 = share(k.noticed, k.manys)
	a.Stopped, a.Slowed, a.Marked = share(all.stopped(), all.n), share(all.slowed, all.n), share(all.marked, all.n)
	a.People, a.Messages, a.Seconds = quantiles(people), quantiles(messages), quantiles(secs)
	t.overall(&a, touched)
	return a
}

// byVariant counts who was caught, by each word of the variants.
func byVariant(senders []*sender) map[string]Share {
	caught, all := map[string]int{}, map[string]int{}
	for _, s := range senders {
		for word := range strings.SplitSeq(s.variant, ",") {
			all[word]++
			caught[word] += one(s.stopped)
		}
	}
	shares := map[string]Share{}
	for word, n := range all {
		shares[word] = share(caught[word], n)
	}
	return shares
}

// overall fills in what goes over all senders of an incident.
func (t *Toll) overall(a *Attack, touched map[string]bool) {
	var late count
	flagged, read := 0, 0
	for _, i := range t.incs {
		if _, ok := touched[i.name]; !ok {
			continue
		}
		late.join(i.late)
		read += both(i.read, i.wrote)
		flagged += both(i.read && i.wrote, i.flagged)
	}
	a.FromFifth, a.Flagged = share(late.stopped(), late.n), share(flagged, read)
}

func (r *role) honest(name string) Honest {
	lost, restricted, busy, slowed := 0, 0, 0, 0
	for _, a := range r.accounts {
		busy += one(a.attempts >= 25)
		slowed += both(a.attempts >= 25, a.slowed)
		lost += one(a.lost)
		restricted += one(a.restricted)
	}
	return Honest{
		Role: name, Events: r.n, Accounts: len(r.accounts), Blocked: share(r.blocked, r.n), Held: share(r.held, r.n),
		Slowed: share(r.slowed, r.n), Marked: share(r.marked, r.n), Waiting: share(r.waiting, r.n), Lost: share(lost, len(r.accounts)),
		Restricted: share(restricted, len(r.accounts)), Slowed25: share(slowed, busy), Why: r.why,
	}
}

// join adds what another role counted.
func (r *role) join(o *role) {
	r.count.join(o.count)
	r.waiting += o.waiting
	for id, a := range o.accounts {
		mine := r.accounts[id]
		if mine == nil {
			mine = &account{}
			r.accounts[id] = mine
		}
		mine.attempts += a.attempts
		mine.lost, mine.restricted, mine.slowed = mine.lost || a.lost, mine.restricted || a.restricted, mine.slowed || a.slowed
	}
	for symbol, n := range o.why {
		r.why[symbol] += n
	}
}

func (c *count) join(o count) {
	c.n += o.n
	c.marked += o.marked
	c.slowed += o.slowed
	c.held += o.held
	c.blocked += o.blocked
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func both(a, b bool) int { return one(a && b) }
