package people

import (
	"context"
	"fmt"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Forward says what becomes of reports whose authors wish them to be told to others.
type Forward struct {
	// Compose makes the wire form of a report that leaves the house; nil means that none does.
	Compose func(c *nospim.Complaint) string
	// ThirdParties are addresses that get the reports whose authors agree to that.
	ThirdParties []string
	// Children says that what children and young people report may leave the house, too. Whose profile is minor, or whose account is said
	// to be a child's, is one.
	Children bool
}

// How many reports leave the house, and how many people are thanked, in a day.
const (
	mostForwarded = 200
	mostThanked   = 1000
)

// thank has the author of a report thanked, once.
func (r *Reports) thank(ctx context.Context, c *record.Complaint, t *told) error {
	if !r.Thanks || t.atDoor || c.Weight == 0 && c.Proof == record.Proven { // said before, or too much
		return nil
	}
	o := nospim.Order{Do: nospim.OrderThank, Service: c.Service, EventID: c.EventID, Sender: c.By, Recipients: []string{c.By}, Text: t.said.Lang}
	_, err := r.Store.Instruct(ctx, o, mostThanked, aDay, "nospim", "a report")
	return err
}

// forward orders what the author of a report wishes. Only what is proven leaves the house, and of each reported account one report a day
// to each address.
func (r *Reports) forward(ctx context.Context, c *record.Complaint, t *told) error {
	if r.Forward.Compose == nil || c.Proof != record.Proven || c.Weight == 0 || !t.said.Origin && !t.said.ThirdParty {
		return nil
	}
	if child, err := r.child(ctx, c.By, t); err != nil || child && !r.Forward.Children {
		return err
	}
	type target struct{ address, how string }
	var to []target
	if d := domain(c.About); t.said.Origin && d != c.Service {
		to = append(to, target{d, nospim.ForwardToOrigin})
	}
	for _, address := range r.Forward.ThirdParties {
		if t.said.ThirdParty {
			to = append(to, target{address, "third party"})
		}
	}
	if len(to) == 0 {
		return nil
	}
	said := t.said
	if err := r.find(ctx, c, &said); err != nil {
		return err
	}
	raw := r.Forward.Compose(&said)
	for _, one := range to {
		o := nospim.Order{
			Do: nospim.OrderForward, Service: c.Service, EventID: fmt.Sprintf("forward %s %s %s", c.About, one.address, c.At.UTC().Format(time.DateOnly)),
			Sender: c.About, Recipients: []string{one.address}, Raw: raw, Text: one.how,
		}
		if _, err := r.Store.Instruct(ctx, o, mostForwarded, aDay, c.By, one.address); err != nil {
			return err
		}
	}
	return nil
}

// child reports whether the author of a report is a child or a young person.
func (r *Reports) child(ctx context.Context, account string, t *told) (bool, error) {
	if t.event != nil && t.event.Sender.Minor {
		return true, nil
	}
	s, err := Find(ctx, r.Store, account, r.Clock())
	return s.Profile == nospim.ProfileMinor, err
}

// find adds the message itself, where it is known: it waits, or is remembered. It is the one that the report names, or else the latest of
// that sender to that reporter.
func (r *Reports) find(ctx context.Context, c *record.Complaint, said *nospim.Complaint) error {
	said.At = c.At
	held, err := r.Store.Held(ctx, record.HeldFilter{Service: c.Service, Sender: c.About, Recipient: c.By})
	if err != nil {
		return err
	}
	for i := range held {
		if e := &held[i].Event; e.Raw != "" && (said.Message == "" || e.ID == c.Refers) {
			said.Message, said.At = e.Raw, e.Time
		}
	}
	if m, ok := r.evidence.find(c.About, c.By, r.Clock()); ok && said.Message == "" {
		said.Message, said.At = m.raw, m.at
	}
	return nil
}
