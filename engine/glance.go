package engine

import (
	"slices"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// Overload is what is said to be missing from a verdict that was given without judging, because more arrived than could be judged.
const Overload = "overload"

// Glance answers an event that there is no time to judge, from what people decided: the operator's lists have its sender or address,
// the recipient's door is closed, its sender is restricted. Such an event is made to wait; any other passes (DESIGN §8.6). The text
// is not read, no rule is asked, and nothing is noted or stored, so that the same event later is judged as if it were new. One that was
// judged before gets its verdict.
//
// It returns nil when the event has to be judged all the same: its connector cannot make anybody wait, or its verdict has to be durable.
// The event must be valid (see [nospim.Event.Validate]). The verdict is in the memory of into, unless it was given before, and its strings
// are parts of the event's, of which nothing else is kept.
func (e *Engine) Glance(ev *nospim.Event, into *nospim.Verdict) *nospim.Verdict {
	s := e.glances.Get().(*scratch)
	defer e.glances.Put(s)
	pl := e.plan.Load().glance

	s.begin(ev, ev.Time)
	if e.clock != nil {
		s.look.Now = e.clock()
	}
	s.features = nospim.Features{}
	s.look.Listed = e.lists.Load().Match(s.look.Listed, ev, &s.features, 0, s.addr, s.look.Now)
	s.layGlance(e.seed, pl)
	if prior := e.memory.Recall(&s.note, &s.recalled); prior != nil {
		if lasting(prior) {
			return nil
		}
		e.stats.again.Add(1)
		return prior
	}
	e.labels.Load().overrule(s, pl)
	s.spread(pl)
	for i, d := range e.quick {
		s.look.Facts = s.facts[pl.facts[i][0]:pl.facts[i][1]]
		if d.Look(&s.look) != nil {
			return nil // judging says what is wrong
		}
	}
	v := into
	*v = nospim.Verdict{EventID: ev.ID, Degraded: e.hurried, Signals: v.Signals[:0]}
	pl.policy.Glance(&s.look, v)
	for i := range v.Signals {
		v.Signals[i].Entities = slices.Clone(v.Signals[i].Entities) // the scratch has them
	}
	if v.Action > nospim.Throttle {
		return nil
	}
	if v.Action != nospim.Throttle {
		v.Action = nospim.Allow // a mark would have to be durable
	}
	e.stats.glanced[v.Action].Add(1) // before what it is among: see counts.read
	e.stats.judged(v)
	return v
}

// layGlance is lay for events that mostly have nothing to recall but themselves: they are spared the hashes of their parts.
func (s *scratch) layGlance(seed uint64, pl *plan) {
	pl.byKind[s.look.Event.Kind.Number()].open(&s.look, &s.opened)
	if s.opened.recalls.some() {
		s.lay(seed, pl)
		return
	}
	s.hash = eventHash(seed, s.look.Event.Service, s.look.Event.ID)
	s.cells, s.spans, s.awaited = s.cells[:0], s.spans[:0], s.awaited[:0]
	s.note = memory.Note{Event: s.hash, At: s.look.Now}
}
