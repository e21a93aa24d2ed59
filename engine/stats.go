package engine

import (
	"sync/atomic"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// Stats are counts since the engine began.
type Stats struct {
	// Actions counts the verdicts by action, Wanted by what the policy wished before can, observe and shadow; both are indexed
	// by [nospim.Action].
	Actions, Wanted [7]int64
	// Again counts events that had been judged before.
	Again int64
	// Invalid counts events that could not be judged.
	Invalid int64
	// Unkept counts verdicts that were not enforced because their record could not be written.
	Unkept int64
	// Erred counts detectors that failed on an event, Degraded the verdicts that lack something.
	Erred, Degraded int64
	// Full counts messages that were refused because as much waits as may, by limit.
	Full   [4]int64
	Memory memory.Stats
}

type counts struct {
	actions, wanted                         [7]atomic.Int64
	again, invalid, unkept, erred, degraded atomic.Int64
	full                                    [len(HoldLimits)]atomic.Int64
}

// HoldLimits are the names of the limits of what waits, in the order of Stats.Full (see [record.FullError]).
var HoldLimits = [4]string{"recipient", "sender", "pair", "total"}

func (c *counts) judged(v *nospim.Verdict) {
	c.actions[v.Action].Add(1)
	c.wanted[v.Wanted].Add(1)
	if len(v.Degraded) > 0 {
		c.degraded.Add(1)
	}
}

func (c *counts) read(m memory.Stats) Stats {
	s := Stats{Again: c.again.Load(), Invalid: c.invalid.Load(), Unkept: c.unkept.Load(), Erred: c.erred.Load(), Degraded: c.degraded.Load(), Memory: m}
	for i := range s.Full {
		s.Full[i] = c.full[i].Load()
	}
	for i := range s.Actions {
		s.Actions[i], s.Wanted[i] = c.actions[i].Load(), c.wanted[i].Load()
	}
	return s
}
