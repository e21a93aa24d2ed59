package people

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// When reports become a label: they must come to enough, and to perFriend for each friend who stands by the account. So n reporters of
// full weight, whoever bought them, do nothing to an account with more than n/perFriend such friends: fifty nothing to one with thirteen.
// Twice as much makes the stronger label. A label fades unless reports go on.
const (
	enough    = 3.0
	perFriend = 4.0
	labelled  = 14 * aDay
	window    = 30 * aDay
	// answered is what a report counts of somebody who wrote to the account first: who is asked must answer.
	answered = 0.25
	// settled is how old an account is, or for how long it was seen where that is not known, before it stands by anybody.
	settled      = 7 * aDay
	settledUsing = 2 * aDay
)

// Tally is where an account stands among those who report it.
type Tally struct {
	// Reports is what the reports come to, Friends how many stand by the account, Needed what the reports must come to.
	Reports float64 `json:"reports"`
	Needed  float64 `json:"needed"`
	Friends int     `json:"friends"`
}

// needed is what reports must come to against somebody by whom so many stand.
func needed(friends int) float64 { return max(enough, perFriend*float64(friends)) }

// dues are accounts whose reports are to be counted anew.
type dues struct {
	mu   sync.Mutex
	list map[[2]string]bool
	wake chan struct{}
}

// waiting returns a channel on which something comes when there is an account.
func (d *dues) waiting() chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wake == nil {
		d.wake, d.list = make(chan struct{}, 1), map[[2]string]bool{}
	}
	return d.wake
}

func (d *dues) add(service, account string) {
	wake := d.waiting()
	d.mu.Lock()
	d.list[[2]string{service, account}] = true
	d.mu.Unlock()
	select {
	case wake <- struct{}{}:
	default: // it is awake
	}
}

func (d *dues) take() map[[2]string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.list
	d.list = map[[2]string]bool{}
	return list
}

// Run counts reports anew as they come, until ctx ends. It begins with those of the last day: the program may have stopped in between.
func (r *Reports) Run(ctx context.Context) error {
	if recent, err := r.Store.Complaints(ctx, record.ComplaintFilter{Since: r.Clock().Add(-aDay)}); err != nil {
		r.log().Error("reports of before cannot be read", "err", err)
	} else {
		for i := range recent {
			if recent[i].Weight > 0 {
				r.due.add(recent[i].Service, recent[i].About)
			}
		}
	}
	for wake := r.due.waiting(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		}
		for account := range r.due.take() {
			if _, err := r.Count(ctx, account[0], account[1]); err != nil && ctx.Err() == nil {
				r.log().Error("the reports about an account cannot be counted", "service", account[0], "err", err)
			}
		}
	}
}

// Count works out what the reports about an account come to, and sets or lifts its labels.
func (r *Reports) Count(ctx context.Context, service, account string) (Tally, error) {
	now := r.Clock()
	labels, err := r.Store.Labels(ctx)
	if err != nil {
		return Tally{}, fmt.Errorf("counting reports: %w", err)
	}
	from := now.Add(-window)
	if at := liftedAt(labels, account); at.After(from) {
		from = at // what somebody has decided about is done with
	}
	all, err := r.Store.Complaints(ctx, record.ComplaintFilter{Service: service, About: account, Since: from, Limit: 10_000})
	if err != nil {
		return Tally{}, fmt.Errorf("counting reports: %w", err)
	}
	t := Tally{Reports: sum(all, nil), Needed: needed(0)}
	if t.Reports >= t.Needed {
		// Only now the records are asked: it takes longer.
		seen, err := r.look(ctx, service, account, all, now)
		if err != nil {
			return t, err
		}
		t.Reports, t.Friends = sum(all, seen.asked), seen.friends
		t.Needed = needed(t.Friends)
	}
	return t, r.label(ctx, labels, account, t, now)
}

// sum is what reports come to: each person once, what was dismissed not, and what is only said elsewhere up to its bound. Of those who
// wrote to the account first it takes a part.
func sum(all []record.Complaint, first map[string]bool) float64 {
	people, elsewhere := map[string]float64{}, map[string]float64{}
	for i := range all {
		c := &all[i]
		if c.Outcome == record.Dismissed {
			continue
		}
		if c.Proof == record.Proven {
			w := c.Weight
			if first[c.By] {
				w *= answered
			}
			people[c.By] = max(people[c.By], w)
		} else {
			elsewhere[c.By] = max(elsewhere[c.By], c.Weight)
		}
	}
	total, said := 0.0, 0.0
	for _, w := range people {
		total += w
	}
	for _, w := range elsewhere {
		said += w
	}
	return total + min(said, allHearsay)
}

// seen is what the records say of an account and those who report it.
type seen struct {
	friends int
	asked   map[string]bool // reporters who wrote to the account first
}

// look reads the records of an account: who stands by it, and which of its reporters wrote to it first. Who stands by it is somebody of
// standing who has it among their contacts, writes to it, and does not report it.
func (r *Reports) look(ctx context.Context, service, account string, all []record.Complaint, now time.Time) (seen, error) {
	if err := r.Store.Flush(ctx); err != nil {
		return seen{}, fmt.Errorf("counting reports: %w", err)
	}
	reporters := map[string]bool{}
	for i := range all {
		if all[i].Outcome != record.Dismissed {
			reporters[all[i].By] = true
		}
	}
	s := seen{asked: map[string]bool{}}
	approached, known, friends := map[string]bool{}, map[string]time.Time{}, map[string]bool{}
	err := r.Store.Account(ctx, service, account, now.Add(-window), func(rec *nospim.Record) error {
		e := &rec.Event
		switch {
		case !approach(e.Kind):
		case e.Sender.ID == account:
			for i := range e.Recipients {
				approached[e.Recipients[i].ID] = true
			}
		case reporters[e.Sender.ID]:
			s.asked[e.Sender.ID] = s.asked[e.Sender.ID] || !approached[e.Sender.ID]
		case friend(rec, known, now):
			friends[e.Sender.ID] = true
		}
		return nil
	})
	if err != nil {
		return seen{}, fmt.Errorf("counting reports: %w", err)
	}
	s.friends = len(friends)
	return s, nil
}

// approach reports whether somebody turns to somebody with an event.
func approach(k nospim.Kind) bool {
	switch k {
	case nospim.KindMessage, nospim.KindContactRequest, nospim.KindInvite, nospim.KindFileOffer, nospim.KindCallOffer:
		return true
	default:
		return false
	}
}

// friend reports whether a record shows that its sender stands by its recipient; known has since when senders were seen.
func friend(rec *nospim.Record, known map[string]time.Time, now time.Time) bool {
	e := &rec.Event
	if e.Kind != nospim.KindMessage || e.Relation != nospim.RelationContact || !e.Sender.Local || rec.Verdict.Action.Stops() {
		return false
	}
	id := e.Sender.ID
	if _, ok := known[id]; !ok {
		known[id] = e.Time
	}
	if !e.Sender.Created.IsZero() {
		return now.Sub(e.Sender.Created) >= settled
	}
	return now.Sub(known[id]) >= settledUsing
}

// counter is who sets the labels that reports come to.
const counter = "nospim reports"

// liftedAt is when somebody lifted a label that reports had set.
func liftedAt(labels []record.Labelling, account string) (at time.Time) {
	for i := range labels {
		if l := &labels[i]; ofReports(l, account) && l.Lifts() && l.By != counter && l.At.After(at) {
			at = l.At
		}
	}
	return at
}

func ofReports(l *record.Labelling, account string) bool {
	return l.Entity.Kind == nospim.EntityAccount && l.Entity.ID == account && (l.Name == nospim.LabelReported || l.Name == nospim.LabelReportedMuch)
}

// label sets the labels that a tally comes to, and lifts those that it does not come to any more.
func (r *Reports) label(ctx context.Context, labels []record.Labelling, account string, t Tally, now time.Time) error {
	stands := map[string]bool{}
	for i := range labels {
		if l := &labels[i]; ofReports(l, account) && l.Until.After(now) {
			stands[l.Name] = true
		}
	}
	for _, l := range []struct {
		name  string
		takes float64
	}{{nospim.LabelReported, t.Needed}, {nospim.LabelReportedMuch, 2 * t.Needed}} {
		until := now
		switch holds := t.Reports >= l.takes; {
		case holds:
			until = now.Add(labelled)
		case !stands[l.name]:
			continue
		}
		err := r.Store.PutLabel(ctx, record.Labelling{
			Label: nospim.Label{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: account}, Name: l.name, Until: until}, At: now, By: counter,
			Reason: fmt.Sprintf("reports come to %.2f, %.0f are needed, %d stand by it", t.Reports, l.takes, t.Friends),
		})
		if err != nil {
			return fmt.Errorf("labelling what is reported: %w", err)
		}
	}
	return nil
}
