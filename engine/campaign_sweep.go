package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/record"
)

// Bounds of what people are told of campaigns, and of a sweep.
const (
	campaignsEvery = 2 * time.Second
	leastShown     = 5    // copies
	mostNames      = 1000 // texts by which copies are found in the records
	mostSwept      = 100_000
	condemnedEvery = 30 * 24 * time.Hour // that the journal says so of one campaign
)

// campaigner is a memory that tells of its campaigns.
type campaigner interface {
	Campaigns(at time.Time, copies, texts int) []memory.Known
}

// watch is what the background remembers of campaigns between two looks.
type watch struct {
	sync.Mutex

	shown   map[nospim.CampaignID]int       // copies when they were last put into the store
	swept   map[nospim.CampaignID]time.Time // when, by decision; the zero time for those condemned by what was seen
	decided map[nospim.CampaignID]time.Time
	fresh   bool // something was decided
}

func newWatch() *watch {
	return &watch{shown: map[nospim.CampaignID]int{}, swept: map[nospim.CampaignID]time.Time{}, decided: map[nospim.CampaignID]time.Time{}}
}

// decide takes over what people decided, and acts on it at once.
func (e *Engine) decide(ctx context.Context) error {
	if err := e.loadCampaigns(ctx); err != nil || !e.campaigns.fresh {
		return err
	}
	e.campaigns.fresh = false
	return e.Campaigns(ctx)
}

// loadCampaigns tells the memory what people decided since the last time.
func (e *Engine) loadCampaigns(ctx context.Context) error {
	all, err := e.records.Campaigns(ctx)
	if err != nil {
		return fmt.Errorf("reading the campaigns: %w", err)
	}
	e.campaigns.Lock()
	defer e.campaigns.Unlock()
	for i := range all {
		c := &all[i]
		if c.Decided.IsZero() || e.campaigns.decided[c.ID].Equal(c.Decided) {
			continue
		}
		e.campaigns.decided[c.ID], e.campaigns.fresh = c.Decided, true
		e.memory.Note(&memory.Note{At: c.Decided, Copy: &memory.Copy{ID: c.ID, Standing: standing(c.Standing)}})
	}
	return nil
}

// standing is what the memory is told: that a decision was taken back is one, too.
func standing(s nospim.Standing) nospim.Standing {
	if s == "" {
		return nospim.Undecided
	}
	return s
}

// Campaigns puts what is known of campaigns into the store, and calls back the delivered copies of those that are condemned. Run does
// it every other second.
func (e *Engine) Campaigns(ctx context.Context) error {
	m, ok := e.memory.(campaigner)
	if !ok || e.clock == nil {
		return nil
	}
	e.campaigns.Lock()
	defer e.campaigns.Unlock()
	known := m.Campaigns(e.clock(), leastShown, mostNames)
	var changed []record.Campaign
	for i := range known {
		c := &known[i].Campaign
		if e.campaigns.shown[c.ID] != c.Copies {
			changed = append(changed, record.Campaign{Campaign: *c, Names: known[i].Texts})
		}
	}
	if len(changed) > 0 {
		if err := e.records.PutCampaigns(ctx, changed); err != nil {
			return err
		}
	}
	clear(e.campaigns.shown)
	for i := range known {
		e.campaigns.shown[known[i].Campaign.ID] = known[i].Campaign.Copies
	}
	for i := range known {
		if err := e.sweepNew(ctx, &known[i]); err != nil {
			return err
		}
	}
	return nil
}

// sweepNew sweeps a campaign that is condemned, once for each decision.
func (e *Engine) sweepNew(ctx context.Context, k *memory.Known) error {
	c := &k.Campaign
	if !c.Condemned() {
		return nil
	}
	decided := time.Time{}
	if c.Standing == nospim.Condemned {
		for _, name := range k.Texts {
			if at := e.campaigns.decided[name]; at.After(decided) {
				decided = at
			}
		}
	}
	if at, swept := e.campaigns.swept[c.ID]; swept && !decided.After(at) {
		return nil
	}
	made, err := e.sweep(ctx, k, c.Standing == nospim.Condemned)
	if err != nil {
		return err
	}
	if c.Standing != nospim.Condemned {
		why := fmt.Sprintf("%d copies by %d senders, %d stopped", c.Copies, c.Senders, c.Stopped)
		if _, err := e.records.Mention(ctx, "campaign.condemned", c.ID.String(), why, condemnedEvery); err != nil {
			return fmt.Errorf("noting that a campaign is condemned: %w", err)
		}
	}
	e.campaigns.swept[c.ID] = decided
	if made > 0 {
		e.log.Info("a condemned campaign's delivered copies are called back", "campaign", c.ID.String(), "messages", made)
		e.changed.tell()
	}
	return nil
}

// sweep orders the delivered copies of a campaign back: those to strangers, and when a person condemned it those to contacts, too.
func (e *Engine) sweep(ctx context.Context, k *memory.Known, contacts bool) (int, error) {
	if err := e.records.Flush(ctx); err != nil {
		return 0, fmt.Errorf("flushing records: %w", err)
	}
	names := make(map[nospim.CampaignID]bool, len(k.Texts))
	for _, n := range k.Texts {
		names[n] = true
	}
	var found []nospim.Order
	err := e.records.Scan(ctx, k.Campaign.First.Add(-time.Hour), func(r *nospim.Record) error {
		if !names[r.Features.Copy] && !ofCampaign(names, r.Verdict.Campaign) || !deliveredTo(r, contacts) || len(found) == mostSwept {
			return ctx.Err()
		}
		found = append(found, recall(r))
		return ctx.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("looking for delivered copies: %w", err)
	}
	if len(found) == 0 {
		return 0, nil
	}
	return e.records.Retract(ctx, found, "nospim", "campaign "+k.Campaign.ID.String()+" is condemned")
}

func ofCampaign(names map[nospim.CampaignID]bool, campaign string) bool {
	if campaign == "" {
		return false
	}
	id, err := nospim.ParseCampaignID(campaign)
	return err == nil && names[id]
}

// deliveredTo reports whether somebody got a message whom a sweep is about. What was only watched is left alone: a policy in shadow
// has no effects.
func deliveredTo(r *nospim.Record, contacts bool) bool {
	e, v := &r.Event, &r.Verdict
	return e.Kind == nospim.KindMessage && !v.Action.Stops() && !v.Shadow && !e.Observe && e.Relation != nospim.RelationSelf &&
		(contacts || e.Relation != nospim.RelationContact)
}

// recall makes the order of a record that is valid during a scan's call only.
func recall(r *nospim.Record) nospim.Order {
	e := &r.Event
	o := nospim.Order{Service: strings.Clone(e.Service), EventID: strings.Clone(e.ID), WireID: strings.Clone(e.WireID), Sender: strings.Clone(e.Sender.ID)}
	for i := range e.Recipients {
		o.Recipients = append(o.Recipients, strings.Clone(e.Recipients[i].ID))
	}
	return o
}
