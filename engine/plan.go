package engine

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/policy"
)

// plan is what one policy and the detectors together want recalled, worked out once. It never changes.
type plan struct {
	policy *policy.Policy
	// counters are all counters, each identity once.
	counters []counter
	// byKind are the gates of the counters that matter for a kind of event, by its number.
	byKind []gates
	// conditions are what the counters' When and If ask of an event, each once: many ask the same.
	conditions conditions
	// uses are, for each counter, the facts that come from it; sources is how many facts there are.
	uses    [][]int
	sources int
	// facts are the ranges of facts that belong to each detector, policyFacts the policy's, campaignFacts those of campaigns.
	facts         [][2]int
	policyFacts   [2]int
	campaignFacts [2]int
	// groups are the detectors' names, for saying which one failed.
	groups []string
	// glance is the plan for what is not judged for want of time (see [Engine.Glance]); nil in that plan itself.
	glance *plan
}

// counter is a declared counter with the hash of its identity.
type counter struct {
	nospim.Counter
	seed uint64
	kind memory.Kind
	// when is the place of the condition for noting it, asked those of which any makes it worth recalling besides; none is at every
	// event.
	when  int
	asked []int
	few   bool // the second role that it is kept by has few values
}

// windows that a counter may have.
const (
	minWindow = time.Second
	maxWindow = 90 * 24 * time.Hour
)

func newPlan(p *policy.Policy, ds []detect.Detector) (*plan, error) {
	glance, err := layPlan(p, detect.AtAGlance(ds), nil, nil)
	if err != nil {
		return nil, err
	}
	pl, err := layPlan(p, ds, p.Counters(), campaignCounters())
	if err != nil {
		return nil, err
	}
	pl.glance = glance
	return pl, nil
}

// layPlan makes a plan of what detectors, rules and campaigns count.
func layPlan(p *policy.Policy, ds []detect.Detector, rules, campaigns []nospim.Counter) (*plan, error) {
	pl := &plan{policy: p, byKind: make([]gates, len(nospim.Kinds())+1)}
	known := map[[3]uint64]int{}
	add := func(cs []nospim.Counter) (r [2]int, err error) {
		r[0] = pl.sources
		for _, c := range cs {
			i, err := pl.add(known, c)
			if err != nil {
				return r, err
			}
			pl.uses[i] = append(pl.uses[i], pl.sources)
			pl.sources++
		}
		r[1] = pl.sources
		return r, nil
	}
	for _, d := range ds {
		r, err := add(d.Counters())
		if err != nil {
			return nil, err
		}
		pl.facts = append(pl.facts, r)
		pl.groups = append(pl.groups, group(d))
	}
	var err error
	if pl.policyFacts, err = add(rules); err != nil {
		return nil, err
	}
	if pl.campaignFacts, err = add(campaigns); err != nil {
		return nil, err
	}
	for _, i := range pl.byEntity() {
		c := &pl.counters[i]
		kinds := c.Only
		if kinds == nil {
			kinds = nospim.Kinds()
		}
		for _, k := range kinds {
			pl.byKind[k.Number()].add(&pl.conditions, i, c.when, c.asked)
		}
	}
	return pl, nil
}

// byEntity returns the indexes of the counters, those that are kept by one entity next to each other: their cells live together.
func (pl *plan) byEntity() []int {
	order := make([]int, len(pl.counters))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &pl.counters[i], &pl.counters[j]
		return cmp.Or(cmp.Compare(a.By[0], b.By[0]), cmp.Compare(a.apart(), b.apart()))
	})
	return order
}

// apart is the second role where it makes the cells live elsewhere than those of the first.
func (c *counter) apart() nospim.Role {
	if c.few {
		return nospim.RoleNone
	}
	return c.By[1]
}

// fewValues reports whether a role has no more than two dozen values in all, whoever sends.
func fewValues(r nospim.Role) bool {
	switch r {
	case nospim.RoleNone, nospim.RoleLanguage, nospim.RoleHour, nospim.RoleRelation, nospim.RoleKind:
		return true
	default:
		return false
	}
}

func group(d detect.Detector) string {
	if s := d.Symbols(); len(s) > 0 {
		return s[0].Group
	}
	return fmt.Sprintf("%T", d)
}

// add takes a counter into the plan, or finds it there.
func (pl *plan) add(known map[[3]uint64]int, c nospim.Counter) (int, error) {
	kind, err := kindOf(&c)
	if err != nil {
		return 0, err
	}
	s := xxh3.HashString(fmt.Sprintf("%s\x00%d\x00%d\x00%d\x00%d", c.Name, c.Kind, c.Of, c.With, c.Window))
	if kind == memory.Label {
		c.When, c.Window = nospim.Never, 0
		s = labelSeed(c.Name, bearers[c.By[0]])
	}
	id := [3]uint64{s, uint64(c.By[0]), uint64(c.By[1])}
	var asked []int
	if c.If != nil {
		asked = []int{pl.conditions.place(c.If)}
	}
	if i, ok := known[id]; ok {
		return i, pl.share(&pl.counters[i], c, asked)
	}
	known[id] = len(pl.counters)
	pl.counters = append(pl.counters, counter{Counter: c, seed: s, kind: kind, when: pl.conditions.place(c.When), asked: asked, few: fewValues(c.By[1])})
	pl.uses = append(pl.uses, nil)
	return known[id], nil
}

// kindOf returns what a counter is in the memory, or what is wrong with it.
func kindOf(c *nospim.Counter) (memory.Kind, error) {
	kinds := [...]memory.Kind{
		nospim.Count: memory.Count, nospim.Distinct: memory.Distinct, nospim.Recent: memory.Recent, nospim.Average: memory.Average,
		nospim.Labelled: memory.Label,
	}
	wrong := func(problem string) error { return &nospim.InputError{Field: "counter " + c.Name, Problem: problem} }
	adds := c.Kind == nospim.Distinct || c.Kind == nospim.Recent || c.Kind == nospim.Average
	switch {
	case c.Kind < nospim.Count || int(c.Kind) >= len(kinds):
		return 0, wrong(fmt.Sprintf("is of kind %d, which is none", c.Kind))
	case adds && c.Of == nospim.RoleNone:
		return 0, wrong("does not say what it is of")
	case c.Kind != nospim.Recent && c.With != nospim.RoleNone:
		return 0, wrong("keeps something beside its values, which only a recent one can")
	case c.Kind == nospim.Labelled && (bearers[c.By[0]] == "" || c.By[1] != nospim.RoleNone):
		return 0, wrong(fmt.Sprintf("is a label of %v and %v, which cannot bear one", c.By[0], c.By[1]))
	case c.Kind != nospim.Labelled && (c.Window < minWindow || c.Window > maxWindow):
		return 0, wrong(fmt.Sprintf("has a window of %v; it may be from %v to %v", c.Window, minWindow, maxWindow))
	}
	return kinds[c.Kind], nil
}

// share lets another declaration look at a counter, too: at its kinds of event and when it wants to. Both must note the same events,
// or all but one must only recall: what is remembered would otherwise hang on who declared it first. The error is an ErrInvalid.
func (pl *plan) share(c *counter, other nospim.Counter, asked []int) error {
	switch never := nospim.Never; {
	case same(other.When, never):
	case same(c.When, never):
		c.When, c.On, c.Delivered, c.when = other.When, other.On, other.Delivered, pl.conditions.place(other.When)
	case !same(c.When, other.When) || c.On != other.On || c.Delivered != other.Delivered:
		return &nospim.InputError{Field: "counter " + c.Name, Problem: "is declared twice, and notes different events; give one of them another name"}
	}
	if c.Only == nil || other.Only == nil {
		c.Only = nil
	} else {
		c.Only = append(slices.Clone(c.Only), other.Only...)
		slices.Sort(c.Only)
		c.Only = slices.Compact(c.Only)
	}
	if c.asked == nil || asked == nil {
		c.asked = nil
	} else {
		c.asked = append(c.asked, asked...)
		slices.Sort(c.asked)
		c.asked = slices.Compact(c.asked)
	}
	return nil
}

// same reports whether two conditions are the same function; nil is one. Closures of one function literal count as the same,
// whatever they hold (rules name their counters by their expressions), unless the compiler copied it: what is to be shared wants
// a function with a name.
func same(a, b func(*nospim.Look) bool) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}
