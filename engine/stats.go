package engine

import (
	"slices"
	"strings"
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
	// Lacks counts what verdicts lack, by reason (see [Reasons]). A verdict may lack several things.
	Lacks [len(Reasons)]int64
	// Glanced counts the verdicts that were given without judging for want of time, by action. They are among Actions, too.
	Glanced [7]int64
	// Full counts messages that were refused because as much waits as may, by limit.
	Full   [4]int64
	Memory memory.Stats
}

type counts struct {
	actions, wanted, glanced                [7]atomic.Int64
	lacks                                   [len(Reasons)]atomic.Int64
	again, invalid, unkept, erred, degraded atomic.Int64
	full                                    [len(HoldLimits)]atomic.Int64
}

// HoldLimits are the names of the limits of what waits, in the order of Stats.Full (see [record.FullError]).
var HoldLimits = [4]string{"recipient", "sender", "pair", "total"}

// Reasons are what a verdict may lack, in the order of Stats.Lacks. The last stands for every detector.
var Reasons = [7]string{Overload, "cluster", "deadline", "time", "cells", "record", "detect"}

func (c *counts) judged(v *nospim.Verdict) {
	c.actions[v.Action].Add(1)
	c.wanted[v.Wanted].Add(1)
	if len(v.Degraded) > 0 {
		c.degraded.Add(1)
	}
	for _, what := range v.Degraded {
		c.lack(what)
	}
}

// lack counts one thing that a verdict lacks.
func (c *counts) lack(what string) {
	what, _, _ = strings.Cut(what, ":")
	if i := slices.Index(Reasons[:], what); i >= 0 {
		c.lacks[i].Add(1)
	}
}

// read reads the counts while they go up: Degraded before Glanced, which go up in the other order, so that nothing seems to be degraded
// for another reason than that it was glanced at.
func (c *counts) read(m memory.Stats) Stats {
	s := Stats{Again: c.again.Load(), Invalid: c.invalid.Load(), Unkept: c.unkept.Load(), Erred: c.erred.Load(), Degraded: c.degraded.Load(), Memory: m}
	for i := range s.Full {
		s.Full[i] = c.full[i].Load()
	}
	for i := range s.Lacks {
		s.Lacks[i] = c.lacks[i].Load()
	}
	for i := range s.Actions {
		s.Actions[i], s.Wanted[i], s.Glanced[i] = c.actions[i].Load(), c.wanted[i].Load(), c.glanced[i].Load()
	}
	return s
}
