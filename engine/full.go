package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/record"
)

// fullEvery is how often the journal says of one limit of one account that it was reached.
const fullEvery = 24 * time.Hour

// turnAway keeps and returns, in the place of a message that cannot be held, its refusal: what may neither wait nor be delivered is
// never lost without a word to its sender. Where the connector cannot refuse, the message passes, marked if possible.
func (e *Engine) turnAway(ctx context.Context, r *nospim.Record, full *record.FullError) (*nospim.Record, error) {
	refused := *r
	v := &refused.Verdict
	v.Action = insteadOfHold(r.Event.Can)
	v.Signals = append(slices.Clone(v.Signals), nospim.Signal{Symbol: nospim.SymbolFull, Why: full.Error()})
	stands, err := e.records.Keep(&refused).Wait(ctx)
	if err != nil {
		return nil, fmt.Errorf("keeping the refusal of what cannot wait: %w", err)
	}
	if i := slices.Index(HoldLimits[:], full.Limit); i >= 0 {
		e.stats.full[i].Add(1)
	}
	e.sayFull(ctx, r.Event.Service, full)
	return stands, nil
}

// insteadOfHold is what a connector that can do some actions does with what cannot wait.
func insteadOfHold(can []nospim.Action) nospim.Action {
	if len(can) == 0 || slices.Contains(can, nospim.Reject) {
		return nospim.Reject
	}
	return nospim.Mark.Limit(can)
}

// sayFull has the operator told of a limit that was reached: a line in the journal and one in the log, once a day for one account,
// by whichever node. It takes nothing from the verdict when it fails.
func (e *Engine) sayFull(ctx context.Context, service string, full *record.FullError) {
	object := full.Limit
	if full.Of != "" {
		object += " " + full.Of
	}
	if !e.asked.first("full\x00"+service+"\x00"+object, e.now()) {
		return
	}
	added, err := e.records.Mention(ctx, "held.full", object, full.Error(), fullEvery)
	switch {
	case err != nil:
		e.asked.forget("full\x00" + service + "\x00" + object)
		e.log.Error("the journal does not know that too much waits", "err", err)
	case added:
		e.log.Warn("as much waits as may; what more would wait is refused", "limit", full.Limit, "most", full.Most, "service", service)
	}
}

// sayRestricted has the operator told of accounts that a verdict restricts: a line in the journal and one in the log, once a day for one
// account.
func (e *Engine) sayRestricted(ctx context.Context, ev *nospim.Event, v *nospim.Verdict) {
	if e.clock == nil || v.Shadow {
		return
	}
	for i := range v.Labels {
		l := &v.Labels[i]
		if l.Name != detect.LabelRestricted || l.Entity.Kind != nospim.EntityAccount || !e.asked.first("restricted\x00"+l.Entity.ID, e.now()) {
			continue
		}
		added, err := e.records.Mention(ctx, "account.restricted", l.Entity.ID, lastReason(v), fullEvery)
		switch {
		case err != nil:
			e.asked.forget("restricted\x00" + l.Entity.ID)
			e.log.Error("the journal does not know that an account was restricted", "event", ev.ID, "err", err)
		case added:
			e.log.Warn("an account is restricted: it reaches nobody new; nospim accounts restore lifts it", "event", ev.ID, "service", ev.Service)
		}
	}
}

// lastReason is what the last signal says, which is a rule's if one fired.
func lastReason(v *nospim.Verdict) string {
	if len(v.Signals) == 0 {
		return ""
	}
	return v.Signals[len(v.Signals)-1].Why
}

// now is the wall clock's time; the zero time where there is none.
func (e *Engine) now() time.Time {
	if e.clock == nil {
		return time.Time{}
	}
	return e.clock()
}
