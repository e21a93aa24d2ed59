package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nospim/nospim"
)

// Fate is what became of a step.
type Fate string

// The fates.
const (
	// Delivered: it arrived as it was sent.
	Delivered Fate = "delivered"
	// Marked: it arrived, and the recipient was told that something is wrong with it.
	Marked Fate = "marked"
	// Held: it did not arrive, and the sender was not told.
	Held Fate = "held"
	// Rejected: it was refused, and the sender was told.
	Rejected Fate = "rejected"
	// Skipped: it did not happen, because the step that it needs did not reach anybody.
	Skipped Fate = "skipped"
)

// Outcome is a step and what became of it.
type Outcome struct {
	Step Step
	Fate Fate
	// Verdict is what the judge said; nil where the player did not see it or nothing was judged.
	Verdict *nospim.Verdict
	// Told is what the sender was told of a refusal, or the recipient by a mark.
	Told string
	// Err is why the judge gave no verdict; the step then passed.
	Err error
	// Arrived numbers the arrivals of the whole play from 1; 0 if it did not arrive.
	Arrived int
	// Copies is how many times it arrived.
	Copies int
}

// Reached reports whether the step reached its recipient.
func (o *Outcome) Reached() bool { return o.Fate == Delivered || o.Fate == Marked }

// PlayJudge plays a script against a judge, such as the client of the line protocol, in the script's order. Speed is script
// seconds in one second; 0 plays without pauses. Steps that need one that did not arrive unmarked are skipped: who is warned
// does not answer. After each step, report is called, which may be nil. As a connector would, it lets a step pass that the judge
// returns an error for. PlayJudge ends early only when ctx ends, with its error.
func PlayJudge(ctx context.Context, judge nospim.Judge, s *Script, speed float64, report func(Outcome)) ([]Outcome, error) {
	if report == nil {
		report = func(Outcome) {}
	}
	p := judgePlay{script: s, judge: judge, standing: newStanding(s.Accounts), created: s.created(), good: map[string]bool{}}
	outcomes := make([]Outcome, 0, len(s.Steps))
	clock := NewClock(speed)
	for i := range s.Steps {
		if err := clock.Wait(ctx, s.Steps[i].At); err != nil {
			return outcomes, err
		}
		o := p.play(ctx, &s.Steps[i])
		if err := ctx.Err(); err != nil {
			return outcomes, fmt.Errorf("playing %s: %w", o.Step.ID, err)
		}
		outcomes = append(outcomes, o)
		report(o)
	}
	return outcomes, nil
}

type judgePlay struct {
	script   *Script
	judge    nospim.Judge
	standing *standing
	created  map[string]time.Time
	// good are the steps that arrived without a mark.
	good    map[string]bool
	arrived int
}

func (p *judgePlay) play(ctx context.Context, step *Step) Outcome {
	o := Outcome{Step: *step}
	o.Step.Relation = p.standing.relation(step.From, step.To)
	if step.Needs != "" && !p.good[step.Needs] {
		o.Fate = Skipped
		return o
	}
	e := p.script.event(step, o.Step.Relation, p.created)
	o.Verdict, o.Err = p.judge.Judge(ctx, &e)
	o.Fate = Delivered
	if o.Err == nil && o.Verdict == nil {
		o.Err = errors.New("the judge returned neither verdict nor error")
	}
	if o.Err == nil {
		o.Fate = FateOf(o.Verdict.Action)
	}
	if o.Reached() {
		p.arrived++
		o.Arrived, o.Copies = p.arrived, 1
		p.standing.note(step)
	}
	p.good[step.ID] = o.Fate == Delivered
	return o
}

// FateOf is what becomes of a message when a connector enforces an action.
func FateOf(a nospim.Action) Fate {
	switch a {
	case nospim.Allow:
		return Delivered
	case nospim.Mark:
		return Marked
	case nospim.Reject:
		return Rejected
	default: // challenge, throttle, hold, drop: it does not arrive now, and the sender is not told
		return Held
	}
}

// Clock says when the steps of a script are due.
type Clock struct {
	start time.Time
	speed float64
}

// NewClock starts a clock; speed is script seconds in one second, 0 makes everything due at once.
func NewClock(speed float64) Clock { return Clock{start: time.Now(), speed: speed} }

// Wait waits until a moment of the script is due, or ctx ends.
func (c Clock) Wait(ctx context.Context, at time.Duration) error {
	if c.speed <= 0 {
		return ctx.Err()
	}
	wait := time.Until(c.start.Add(time.Duration(float64(at) / c.speed)))
	if wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
