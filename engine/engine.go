// Package engine is the Judge: it derives features, recalls once, lets the detectors look, lets the policy decide, notes, and
// keeps. Read [Engine.Begin] first: it is the path of one message, top to bottom. Nothing on that path waits for the network
// or crosses a queue; only a verdict that enforces something waits, for the disk.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record"
)

// Keep says how long records stay.
type Keep struct {
	Allow, Enforced, Hold time.Duration // zero: 7, 90 and 14 days
}

// Config is what an engine is made of. Memory, Records, Policy and Detectors are required.
type Config struct {
	Memory    memory.Memory
	Records   record.Store
	Policy    *policy.Policy
	Detectors []detect.Detector
	// Log gets what an operator should know; nil discards it. It never gets a message's text, link or name.
	Log *slog.Logger
	// Clock is the wall clock. With nil there is none: events are judged at their own times, as replay does.
	Clock func() time.Time
	// Learned is what services teach the learned filter that the detectors ask; nil for a filter that learns nothing. It takes a
	// clock.
	Learned *model.Learned
	// Always are list entries in force beside those of the store: nospim's own address on the service, for instance.
	Always []nospim.ListEntry
	// Quorum says how many of the lists from elsewhere that carry one node must have an item; empty is one.
	Quorum detect.Quorum
	// Snapshot is the file that keeps the memory over a restart; empty means none.
	Snapshot string
	Keep     Keep
	// Cluster says what the nodes beside this one have to do with it; its zero value is a node alone.
	Cluster Cluster
}

// Engine judges events. Its methods may be called at once from many goroutines.
type Engine struct {
	memory    memory.Memory
	records   record.Store
	detectors []detect.Detector
	readers   []detect.TextDetector // those of the detectors that read the text, nil for the others
	quick     []detect.Detector     // those of the detectors that Glance asks
	hurried   []string              // what its verdicts lack
	log       *slog.Logger
	clock     func() time.Time
	snapshot  string
	keep      Keep
	always    []nospim.ListEntry
	cluster   Cluster
	nudged    chan struct{}
	salt      [16]byte
	seed      uint64

	plan    atomic.Pointer[plan]
	inForce atomic.Int64
	lists   atomic.Pointer[detect.Index]
	listed  int64 // the revision of lists
	feeds   atomic.Pointer[detect.Feeds]
	known   known
	labels  atomic.Pointer[decided]
	scratch sync.Pool
	glances sync.Pool // scratches of Glance
	school  *school   // nil: nothing is learned
	_       [64]byte  // what every event reads stands on no cache line that every event writes
	stats   counts
	_       [64]byte
	changed *broadcast
	asked   asked

	campaigns *watch
}

// New makes an engine: it restores the memory and reads the operator's lists. Close it, and call Run for what goes on in the
// background.
func New(ctx context.Context, c Config) (*Engine, error) {
	if c.Memory == nil || c.Records == nil || c.Policy == nil || len(c.Detectors) == 0 {
		return nil, errors.New("making an engine: memory, records, policy and detectors are required")
	}
	e := &Engine{
		memory: c.Memory, records: c.Records, detectors: slices.Clone(c.Detectors), log: c.Log, clock: c.Clock,
		snapshot: c.Snapshot, keep: c.Keep, always: c.Always, changed: newBroadcast(), cluster: c.Cluster, nudged: make(chan struct{}, 1), campaigns: newWatch(), known: known{quorum: c.Quorum},
	}
	for _, d := range e.detectors {
		t, _ := d.(detect.TextDetector)
		e.readers = append(e.readers, t)
	}
	e.quick, e.hurried = detect.AtAGlance(e.detectors), []string{Overload}
	if c.Clock != nil {
		e.clock = steady(c.Clock).now
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.scratch.New = func() any { return new(scratch) }
	e.glances.New = func() any { return new(scratch) }
	var err error
	if e.salt, err = c.Records.Salt(ctx); err != nil {
		return nil, fmt.Errorf("reading the salt: %w", err)
	}
	e.seed = Seed(e.salt)
	if c.Learned != nil && c.Clock != nil {
		e.school = newSchool(c.Learned, c.Records, e.seed, e.log)
	}
	if err := e.SetPolicy(c.Policy); err != nil {
		return nil, err
	}
	// Before anything is read: what changes until Run looks is read again.
	began, err := c.Records.Revision(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the store's revision: %w", err)
	}
	e.inForce.Store(began)
	if err := e.loadLists(ctx); err != nil {
		return nil, err
	}
	if err := e.loadFeeds(ctx); err != nil {
		return nil, err
	}
	if err := e.loadLabels(ctx); err != nil {
		return nil, err
	}
	if !c.Cluster.Joined {
		if err := e.rebuild(ctx); err != nil {
			return nil, err
		}
	}
	if err := e.loadCampaigns(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

// SetPolicy puts another policy in force. Events being judged finish under the old one. Counters that only the new policy
// has begin empty.
func (e *Engine) SetPolicy(p *policy.Policy) error {
	pl, err := newPlan(p, e.detectors)
	if err != nil {
		return fmt.Errorf("planning for policy %s: %w", p.Hash(), err)
	}
	e.plan.Store(pl)
	return nil
}

// Policy returns the policy in force.
func (e *Engine) Policy() *policy.Policy { return e.plan.Load().policy }

// Judge judges one event and returns when the verdict is durable, if it enforces anything.
func (e *Engine) Judge(ctx context.Context, ev *nospim.Event) (*nospim.Verdict, error) {
	v, wait, err := e.Begin(ctx, ev)
	if err != nil || wait == nil {
		return v, err
	}
	return wait()
}

// Begin judges one event without waiting for the disk. When wait is nil, the verdict stands. Otherwise wait must be called:
// it returns the verdict that stands once it is durable, and ev must stay as it is until then.
//
// The same event again, by service and id, gets the verdict of the first time and is not counted. A record that cannot be
// written takes the force out of the verdict: nothing is held or rejected that could not be accounted for.
func (e *Engine) Begin(ctx context.Context, ev *nospim.Event) (v *nospim.Verdict, wait func() (*nospim.Verdict, error), err error) {
	if err := ev.Validate(); err != nil {
		e.stats.invalid.Add(1)
		return nil, nil, err
	}
	s := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	pl := e.plan.Load()

	s.derive(e, pl, ev)
	if prior := e.memory.Recall(&s.note, &s.recalled); prior != nil {
		v, wait = e.again(ctx, s, prior)
		return v, wait, nil
	}
	e.detect(ctx, pl, s)
	s.look.Facts = s.facts[pl.policyFacts[0]:pl.policyFacts[1]]
	s.verdict.EventID, s.verdict.Degraded = ev.ID, s.failed
	pl.policy.Decide(&s.look, &s.verdict)
	v = disown(&s.verdict, &s.ids)
	if e.school != nil {
		e.school.rename(ev.Service, v)
	}
	s.found(v)
	s.label(v.Labels, e.seed)

	s.settle(v)
	s.note.Recalled = &s.recalled
	if prior := e.memory.Note(&s.note); prior != nil {
		v, wait = e.again(ctx, s, prior)
		return v, wait, nil
	}
	e.stats.judged(v)
	if e.school != nil {
		e.school.watch(s)
	}
	if !lasting(v) {
		e.appendRecord(s, v)
		return v, nil, nil
	}
	return v, e.durable(ctx, s, v), nil
}

// lasting reports whether a verdict must be durable before it is given: whatever does something to the message, or labels. A message
// that only comes later does not: a disk that is slow would slow down whoever is slowed down.
func lasting(v *nospim.Verdict) bool {
	return v.Action.Enforced() && v.Action != nospim.Throttle || len(v.Labels) > 0
}

// again answers an event that was judged before. What enforces is kept once more: the store knows it by its id, and another
// goroutine's write of it may not be durable yet.
func (e *Engine) again(ctx context.Context, s *scratch, prior *nospim.Verdict) (*nospim.Verdict, func() (*nospim.Verdict, error)) {
	e.stats.again.Add(1)
	if !lasting(prior) {
		return prior, nil
	}
	return prior, e.durable(ctx, s, prior)
}

// durable hands the record of an enforced verdict to the store and returns how to wait for it.
func (e *Engine) durable(ctx context.Context, s *scratch, v *nospim.Verdict) func() (*nospim.Verdict, error) {
	r := &nospim.Record{Event: *s.look.Event, Features: s.features, Verdict: *v, Kept: e.kept(s)}
	r.Features.Links = slices.Clone(r.Features.Links)
	r.Features.Normal = nil
	commit := e.records.Keep(r)
	return func() (*nospim.Verdict, error) {
		stands, err := commit.Wait(ctx)
		if full := (*record.FullError)(nil); errors.As(err, &full) {
			stands, err = e.turnAway(ctx, r, full)
		}
		if err != nil {
			e.stats.unkept.Add(1)
			e.log.Error("a verdict could not be kept and is not enforced", "event", v.EventID, "action", v.Action.String(), "err", err)
			weak := *v
			weak.Action = nospim.Allow
			weak.Degraded = append(slices.Clone(v.Degraded), "record")
			e.stats.lack("record")
			return &weak, nil
		}
		e.ask(ctx, &stands.Event, &stands.Verdict)
		e.sayRestricted(ctx, &stands.Event, &stands.Verdict)
		return &stands.Verdict, nil
	}
}

// appendRecord writes the record of a plain allow, or of a delay, behind the answer.
func (e *Engine) appendRecord(s *scratch, v *nospim.Verdict) {
	r := &s.record
	r.Event, r.Features, r.Verdict, r.Kept = *s.look.Event, s.features, *v, e.kept(s)
	r.Event.Body, r.Event.Raw, r.Features.Normal = "", "", nil
	e.records.Append(r)
	*r = nospim.Record{}
}

// kept is the time of keeping: the wall clock's, or the event's where there is none.
func (e *Engine) kept(s *scratch) time.Time {
	if e.clock == nil {
		return s.look.Now
	}
	return s.received
}

// detect lets every detector look. One that errs, panics or comes after the deadline is degraded; the others still count.
func (e *Engine) detect(ctx context.Context, pl *plan, s *scratch) {
	e.labels.Load().overrule(s, pl)
	s.spread(pl)
	s.recognise(pl)
	for next := 0; next < len(e.detectors); next++ {
		var err error
		if next, err = e.lookFrom(ctx, next, pl, s); err != nil {
			e.stats.erred.Add(1)
			s.look.Raised = s.look.Raised[:s.raised]
			s.degrade("detect:" + pl.groups[next])
			e.log.Error("a detector failed", "detector", pl.groups[next], "event", s.look.Event.ID, "err", err)
		}
	}
}

// lookFrom lets the detectors from one on look, until one fails: it returns which, or how many there are. It turns a panic into an
// error: a verdict is never lost to a detector.
func (e *Engine) lookFrom(ctx context.Context, from int, pl *plan, s *scratch) (at int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	for at = from; at < len(e.detectors); at++ {
		if ctx.Err() != nil {
			s.degrade("deadline")
			return len(e.detectors), nil
		}
		s.raised = len(s.look.Raised)
		s.look.Facts = s.facts[pl.facts[at][0]:pl.facts[at][1]]
		if t := e.readers[at]; t != nil && s.body != "" {
			err = t.LookText(&s.look, &s.text, s.body)
		} else {
			err = e.detectors[at].Look(&s.look)
		}
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

// Stats returns what the engine counted since it began.
func (e *Engine) Stats() Stats { return e.stats.read(e.memory.Stats()) }
