package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"time"

	"github.com/nospim/nospim"
)

// Policy decides. It does not change once loaded and may be used by any number of goroutines; a new one takes its place by a
// swap of the caller's pointer.
type Policy struct {
	hash     string
	symbols  []nospim.Symbol // of detectors, with the policy's weights; then of rules
	rules    []rule
	counters []nospim.Counter
	// where lists the rules that may fire for a kind and a relation, by index, in their order.
	where [len(relations)][][]int

	usual    *profile // of services that the policy does not name
	services map[string]*profile

	effects map[string]*effect // by symbol, of those that have any
	voices  [len(voiceNames)]voice

	enforced bool // shadow is off everywhere
}

// The voices: what was said, and how it was sent.
const (
	content = iota
	manner
)

// voiceNames are the keys of the voices in the policy file.
var voiceNames = [...]string{content: "content", manner: "manner"}

// voice is what symbols that have little to say by themselves earn at most.
type voice struct {
	most, contact nospim.Action // between contacts, the weaker of both
}

// effect is what a symbol does beside its weight.
type effect struct {
	allow     bool // it makes it allow whatever else was found
	forced    bool // it asks for at least an action whatever the score
	force     nospim.Action
	voices    [len(voiceNames)]bool // of which it is a part
	harm, tip string
}

// effect returns the effect of a symbol, to be changed while the policy is being loaded.
func (p *Policy) effect(symbol string) *effect {
	if p.effects[symbol] == nil {
		p.effects[symbol] = &effect{}
	}
	return p.effects[symbol]
}

// limit returns the most that a voice earns.
func (v *voice) limit(r nospim.Relation) nospim.Action {
	if r == nospim.RelationContact {
		return min(v.most, v.contact)
	}
	return v.most
}

// profile is what may differ from service to service.
type profile struct {
	shadow  bool
	weights map[string]float64 // by symbol, of detectors and rules
	off     map[string]bool    // rules
	steps   [len(relations)][]steps
}

// steps are the scores from which each action is wished for; infinite means never.
type steps [nospim.Drop + 1]float64

// action returns the strongest action that a score earns.
func (s *steps) action(score float64) nospim.Action {
	for a := nospim.Drop; a > nospim.Allow; a-- {
		if score >= s[a] {
			return a
		}
	}
	return nospim.Allow
}

// required returns the score that holds a message; where nothing is held, the score that refuses it; 0 when no score does.
func (s *steps) required() float64 {
	for a := nospim.Hold; a <= nospim.Drop; a++ {
		if !math.IsInf(s[a], 1) {
			return s[a]
		}
	}
	return 0
}

// Hash returns "sha256:" and 64 hex digits over the names and bytes of policy.yaml and every rule, tests left out. Whether the
// rules are run in shadow by the caller's wish (see [Policy.Enforced]) does not change it.
func (p *Policy) Hash() string { return p.hash }

// Shadow reports whether nothing is enforced on a service.
func (p *Policy) Shadow(service string) bool { return p.profile(service).shadow && !p.enforced }

// Enforced returns the same policy with shadow switched off for every service, as replays, evaluations and tests want it. Rules that are
// in shadow by themselves stay there.
func (p *Policy) Enforced() *Policy {
	q := *p
	q.enforced = true
	return &q
}

// With returns the same policy beside a learned model: its hash is then that of policy and model together, as verdicts state it.
func (p *Policy) With(model string) *Policy {
	q := *p
	sum := sha256.Sum256([]byte(p.hash + " " + model))
	q.hash = "sha256:" + hex.EncodeToString(sum[:])
	return &q
}

// Counters returns the counters of all rules, each once, in the order of the rules. The facts recalled for them go into
// Look.Facts in the same order.
func (p *Policy) Counters() []nospim.Counter { return slices.Clone(p.counters) }

// Symbols returns the detectors' symbols with the weights that the policy gives them, then those of the rules.
func (p *Policy) Symbols() []nospim.Symbol { return slices.Clone(p.symbols) }

// profile returns what holds for a service.
func (p *Policy) profile(service string) *profile {
	if len(p.services) > 0 {
		if f, ok := p.services[service]; ok {
			return f
		}
	}
	return p.usual
}

// Decide fills everything of the verdict but EventID, Campaign and Degraded. It is pure: what it reads is the look, of which
// Raised holds the detectors' signals with their factors as scores, Facts the facts for [Policy.Counters] and Features may not
// be nil. It does not allocate when no rule fires: Signals is in the memory of the verdict's last, and never nil.
func (p *Policy) Decide(l *nospim.Look, v *nospim.Verdict) {
	kind, relation := kindAts[l.Event.Kind], relationIndex(l.Event.Relation)
	p.decide(l, v, kind, relation, p.where[relation][kind])
}

// Glance is [Policy.Decide] for an event that is not judged for want of time. No rule is asked: rules may look at the text and at what
// is remembered, which nobody has done. What would stop the event makes it wait instead, where the connector can, for that needs no
// disk: nothing is stored of what was not judged.
func (p *Policy) Glance(l *nospim.Look, v *nospim.Verdict) {
	p.decide(l, v, kindAts[l.Event.Kind], relationIndex(l.Event.Relation), nil)
	if v.Action.Stops() && (len(l.Event.Can) == 0 || slices.Contains(l.Event.Can, nospim.Throttle)) {
		v.Action, v.RetryAfter = nospim.Throttle, retryAfter(0, l.Event.Relation)
	}
}

// decide fills a verdict from what was raised and from rules.
func (p *Policy) decide(l *nospim.Look, v *nospim.Verdict, kind, relation int, rules []int) {
	t := tally{policy: p, profile: p.profile(l.Event.Service), look: l, verdict: v, most: math.Inf(-1)}
	v.Policy, v.Shadow = p.hash, t.profile.shadow && !p.enforced
	v.Signals, v.Labels, v.Harm, v.Tip = v.Signals[:0], nil, "", ""
	if v.Signals == nil {
		v.Signals = []nospim.Signal{}
	}
	limits := &t.profile.steps[relation][kind]
	v.Required = limits.required()

	t.weigh()
	t.run(rules)
	t.settle(limits)
}

// tally is one decision while it is made.
type tally struct {
	policy  *Policy
	profile *profile
	look    *nospim.Look
	verdict *nospim.Verdict

	score   float64
	floor   nospim.Action // at least this action, by rules and force
	allowed bool          // a symbol of always_allow fired
	beyond  bool          // something that is in no voice spoke against the sender
	said    [len(voiceNames)]float64
	most    float64 // the score of the signal that gave the harm
}

// weigh turns the detectors' factors into scores.
func (t *tally) weigh() {
	for _, s := range t.look.Raised {
		s.Score = round(s.Score * t.profile.weights[s.Symbol])
		t.add(s)
	}
}

// add takes a weighted signal into the verdict.
func (t *tally) add(s nospim.Signal) {
	t.verdict.Signals = append(t.verdict.Signals, s)
	t.score += s.Score
	e := t.policy.effects[s.Symbol]
	if e == nil {
		t.beyond = t.beyond || s.Score > 0
		return
	}
	t.allowed = t.allowed || e.allow
	t.floor = max(t.floor, e.force)
	t.hear(s.Score, e)
	t.advise(s.Score, e.harm, e.tip)
}

// hear tells voices from what speaks for itself.
func (t *tally) hear(score float64, e *effect) {
	mute := true
	for i, speaks := range e.voices {
		if speaks {
			t.said[i] += score
			mute = false
		}
	}
	t.beyond = t.beyond || mute && score > 0
}

// advise keeps the harm of the heaviest signal that names one, and the first tip.
func (t *tally) advise(score float64, harm, tip string) {
	if harm != "" && score > t.most {
		t.most, t.verdict.Harm = score, harm
	}
	if t.verdict.Tip == "" {
		t.verdict.Tip = tip
	}
}

// run asks the rules of an event's kind and relation. What they raise stands behind the detectors' signals while later rules
// are asked, so that fired sees it, and is taken off again.
func (t *tally) run(rules []int) {
	l := t.look
	raised := len(l.Raised)
	for _, i := range rules {
		if r := &t.policy.rules[i]; r.when(l) {
			t.fire(r)
		}
	}
	l.Raised = l.Raised[:raised]
}

// fire lets a rule speak whose condition holds.
func (t *tally) fire(r *rule) {
	l := t.look
	if t.profile.off[r.name] || !r.until.IsZero() && !l.Now.Before(r.until) {
		return
	}
	s := nospim.Signal{Symbol: r.name, Why: r.why.say(l), Entities: []nospim.Entity{{Kind: nospim.EntityAccount, ID: l.Event.Sender.ID}}}
	if r.watches(l.Event.Sender.ID) {
		s.Why = "in shadow, worth " + format(round(t.profile.weights[r.name])) + ": " + s.Why
		t.verdict.Signals = append(t.verdict.Signals, s)
		return
	}
	s.Score = round(t.profile.weights[r.name])
	l.Raised = append(l.Raised, s)
	t.add(s)
	t.floor = max(t.floor, r.action)
	t.advise(s.Score, r.harm, r.tip)
	if r.label != nil {
		t.verdict.Labels = r.label.put(t.verdict.Labels, l)
	}
}

// settle makes an action of what was added up.
func (t *tally) settle(limits *steps) {
	v, e := t.verdict, t.look.Event
	v.Score = round(t.score)
	wanted := max(t.earned(limits), t.floor)
	if t.allowed {
		wanted = nospim.Allow
	}
	v.Wanted = wanted
	if wanted == nospim.Allow {
		v.Harm, v.Tip = "", ""
	}
	v.Action = t.within(wanted)
	if v.Shadow || e.Observe || informs(e.Kind) && len(e.Can) == 0 {
		v.Action = nospim.Allow
	}
	v.RetryAfter = 0
	if v.Action == nospim.Throttle {
		v.RetryAfter = retryAfter(t.look.Wait, t.look.Event.Relation)
	}
	if t.allowed || v.Shadow {
		v.Labels = nil // a policy that only watches leaves no effects
	}
}

// within returns the strongest action of those that the connector can enforce. A challenge that a rule or a forced symbol asks for, and
// that nobody can make there, is a hold: the message waits for a person then, as it would have waited for an answer.
func (t *tally) within(wanted nospim.Action) nospim.Action {
	can := t.look.Event.Can
	a := wanted.Limit(can)
	if wanted == nospim.Challenge && t.floor == wanted && a != wanted && slices.Contains(can, nospim.Hold) {
		return nospim.Hold
	}
	return a
}

// earned returns the strongest action that the score earns. Content by itself earns as much as it may, and whatever else speaks
// beside it counts with it in full. Manner never counts towards more than it may do.
func (t *tally) earned(limits *steps) nospim.Action {
	relation := t.look.Event.Relation
	says, behaves := t.policy.voices[content].limit(relation), t.policy.voices[manner].limit(relation)
	wanted, slowed := limits.action(round(t.score-t.said[manner])), t.score
	if !t.beyond {
		wanted = min(wanted, says)
		if says < behaves {
			slowed -= t.said[content]
		}
	}
	return max(wanted, min(limits.action(round(slowed)), behaves))
}

// How long a throttled sender waits: when no detector has said, at most, and at most among contacts. There a wait costs a program its
// pace, and a person who types fast is hardly aware of it.
const (
	usualWait   = 30 * time.Second
	mostWait    = time.Hour
	contactWait = 2 * time.Second
)

// retryAfter writes a wait in whole seconds, rounded up.
func retryAfter(wait time.Duration, relation nospim.Relation) int {
	most := mostWait
	if relation == nospim.RelationContact {
		most = contactWait
	}
	if wait <= 0 {
		wait = usualWait
	}
	return int((min(wait, most) + time.Second - 1) / time.Second)
}

// informs reports whether a kind of event tells what has happened already, so that there is nothing to enforce unless the
// connector says what it can do.
func informs(k nospim.Kind) bool {
	switch k {
	case nospim.KindContactAccept, nospim.KindContactRemove, nospim.KindLogin, nospim.KindLoginFailure, nospim.KindRosterRead,
		nospim.KindBlock, nospim.KindReport, nospim.KindDelivered, nospim.KindWarning:
		return true
	case nospim.KindMessage, nospim.KindContactRequest, nospim.KindInvite, nospim.KindJoin, nospim.KindRegistration,
		nospim.KindDirectorySearch, nospim.KindProfileRead, nospim.KindProfileChange, nospim.KindFileOffer, nospim.KindCallOffer:
	}
	return false
}

// round keeps scores to two places, so that they read and add up as people would; what is no number is nothing.
func round(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return math.Round(f*100) / 100
}

// rule is a compiled rule.
type rule struct {
	name        string
	description string
	file        string
	text        string   // the expression as it was written
	lets        []string // the names that it gives: "name is expression"
	counters    []int    // by index, of the policy
	when        func(*nospim.Look) bool
	early       func(*nospim.Look) bool // holds wherever when does, and needs no fact; may be nil
	reach       reach
	why         sentence
	score       float64
	action      nospim.Action
	label       *label
	harm, tip   string
	shadow      bool
	percent     float64 // of senders for whom it counts; 100 is all
	until       time.Time
}

// watches reports whether the rule is in shadow for a sender. The same sender always gets the same answer from one rule,
// and others from other rules.
func (r *rule) watches(sender string) bool {
	if r.shadow {
		return true
	}
	return r.percent < 100 && share(r.name, sender) >= r.percent
}

// share places a sender on the line from 0 to 100, evenly (FNV-1a, finished as in MurmurHash3).
func share(rule, sender string) float64 {
	h := uint64(14695981039346656037)
	for _, s := range [...]string{rule, "\x00", sender} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return float64(h>>11) / (1 << 53) * 100
}

// label is the effect of a rule on an entity.
type label struct {
	role nospim.Role
	name string
	span time.Duration
}

// put adds the label to every entity that the event has in the role.
func (b *label) put(labels []nospim.Label, l *nospim.Look) []nospim.Label {
	add := func(kind nospim.EntityKind, id string) {
		if id != "" {
			labels = append(labels, nospim.Label{Entity: nospim.Entity{Kind: kind, ID: id}, Name: b.name, Until: l.Now.Add(b.span)})
		}
	}
	switch b.role {
	case nospim.RoleSender:
		add(nospim.EntityAccount, l.Event.Sender.ID)
	case nospim.RoleRecipient:
		for i := range l.Event.Recipients {
			add(nospim.EntityAccount, l.Event.Recipients[i].ID)
		}
	case nospim.RoleAddr:
		add(nospim.EntityAddr, l.Event.Addr)
	case nospim.RoleRoom:
		add(nospim.EntityRoom, l.Event.Room)
	case nospim.RoleLink:
		for i := range l.Features.Links {
			add(nospim.EntityLink, l.Features.Links[i].URL)
		}
	case nospim.RoleDomain:
		for i := range l.Features.Links {
			add(nospim.EntityDomain, l.Features.Links[i].Domain)
		}
	default: // refused by readLabel
	}
	return labels
}
