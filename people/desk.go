package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Store is what a Desk asks of a record store.
type Store interface {
	Labels
	Held(ctx context.Context, f record.HeldFilter) ([]nospim.Held, error)
	Settle(ctx context.Context, id string, to nospim.HoldState, by, reason string) error
}

// Desk is where people decide about what waits for them. Only messages to one person alone are decided by that person.
type Desk struct {
	Store Store
	// Judge gets reports as events.
	Judge nospim.Judge
	Clock func() time.Time
}

// noticedFor is how long a person is not told again that something of the same sender waits.
const noticedFor = 7 * 24 * time.Hour

// Waiting returns what waits for a person, a sender each, in the order of coming. An empty account means everybody's.
func (d *Desk) Waiting(ctx context.Context, service, account string) ([]nospim.Waiting, error) {
	held, err := d.Store.Held(ctx, record.HeldFilter{Service: service, Recipient: account, State: nospim.HoldHeld, Limit: mostWaiting})
	if err != nil {
		return nil, fmt.Errorf("looking what waits: %w", err)
	}
	var all []nospim.Waiting
	place := map[[2]string]int{}
	for i := range held {
		e := &held[i].Event
		if len(e.Recipients) != 1 {
			continue
		}
		pair := [2]string{e.Sender.ID, e.Recipients[0].ID}
		at, ok := place[pair]
		if !ok {
			at = len(all)
			place[pair] = at
			all = append(all, nospim.Waiting{Service: e.Service, Sender: pair[0], Recipient: pair[1], Since: held[i].Since})
		}
		all[at].IDs = append(all[at].IDs, held[i].ID)
	}
	return all, nil
}

// mostWaiting bounds what is looked at in one go; what is behind comes when that is settled.
const mostWaiting = 10_000

// Unnoticed returns what waits at a service and of which the recipient was not told yet.
func (d *Desk) Unnoticed(ctx context.Context, service string) ([]nospim.Waiting, error) {
	all, err := d.Waiting(ctx, service, "")
	if err != nil || len(all) == 0 {
		return nil, err
	}
	labels, err := d.Store.Labels(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking who was told: %w", err)
	}
	now, told := d.Clock(), map[string]bool{}
	for i := range labels {
		if l := &labels[i]; l.Name == nospim.LabelNoticed && l.Entity.Kind == nospim.EntityPair && l.Until.After(now) {
			told[l.Entity.ID] = true
		}
	}
	return slices.DeleteFunc(all, func(w nospim.Waiting) bool { return told[nospim.Pair(w.Sender, w.Recipient).ID] }), nil
}

// Noticed remembers that somebody was told. It comes after the telling: a crash between the two tells twice rather than never.
func (d *Desk) Noticed(ctx context.Context, w nospim.Waiting) error {
	return d.label(ctx, w.Sender, w.Recipient, nospim.LabelNoticed, noticedFor, "nospim")
}

// Decide carries out what a person decided about a sender of whom something waits. The error is an ErrNotFound when nothing does.
// After an error it can be done again.
func (d *Desk) Decide(ctx context.Context, service, account, sender string, what nospim.Decision) error {
	all, err := d.Waiting(ctx, service, account)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(w nospim.Waiting) bool { return w.Sender == sender })
	if at < 0 {
		return fmt.Errorf("nothing of %s waits: %w", strconv.Quote(sender), nospim.ErrNotFound)
	}
	to := nospim.HoldRefused
	switch what {
	case nospim.LetIn:
		to = nospim.HoldReleased
		err = d.label(ctx, sender, account, nospim.LabelLetIn, forever, account)
	case nospim.ShutOut, nospim.Report:
		err = d.label(ctx, sender, account, nospim.LabelShutOut, forever, account)
	case nospim.Refuse:
	default:
		return &nospim.InputError{Field: "decision", Problem: "is " + strconv.Quote(string(what)) + "; it may be let_in, refuse, shut_out or report"}
	}
	if err != nil {
		return err
	}
	if what == nospim.Report {
		if err := d.report(ctx, service, account, sender, all[at].IDs); err != nil {
			return err
		}
	}
	for _, id := range all[at].IDs {
		// What somebody else settled meanwhile is settled.
		if err := d.Store.Settle(ctx, id, to, account, string(what)); err != nil && !errors.Is(err, nospim.ErrConflict) {
			return fmt.Errorf("settling what waits: %w", err)
		}
	}
	return nil
}

// label labels the pair of a sender and a recipient.
func (d *Desk) label(ctx context.Context, sender, recipient, name string, long time.Duration, by string) error {
	now := d.Clock()
	l := record.Labelling{Label: nospim.Label{Entity: nospim.Pair(sender, recipient), Name: name, Until: now.Add(long)}, At: now, By: by}
	if err := d.Store.PutLabel(ctx, l); err != nil {
		return fmt.Errorf("labelling a pair %s: %w", name, err)
	}
	return nil
}

// report judges a report of each message that waits: what people say of a message is an event like others.
func (d *Desk) report(ctx context.Context, service, account, sender string, ids []string) error {
	for _, id := range ids {
		held, err := d.Store.Held(ctx, record.HeldFilter{ID: id, Limit: 1})
		if err != nil {
			return fmt.Errorf("reporting: %w", err)
		}
		for i := range held {
			e := &held[i].Event
			_, err := d.Judge.Judge(ctx, &nospim.Event{
				ID: "report:" + id + ":" + account, Kind: nospim.KindReport, Time: d.Clock(), Protocol: e.Protocol, Service: service,
				Sender: nospim.Account{ID: account, Local: true, Created: e.Recipients[0].Created}, Recipients: []nospim.Account{{ID: sender}},
				Refers: e.ID, Observe: true,
			})
			if err != nil {
				return fmt.Errorf("reporting: %w", err)
			}
		}
	}
	return nil
}

// Texts returns what waits of a sender, as it was written.
func (d *Desk) Texts(ctx context.Context, w nospim.Waiting) ([]string, error) {
	var all []string
	for _, id := range w.IDs {
		held, err := d.Store.Held(ctx, record.HeldFilter{ID: id, Limit: 1})
		if err != nil {
			return nil, fmt.Errorf("showing what waits: %w", err)
		}
		for i := range held {
			all = append(all, held[i].Event.Body)
		}
	}
	return all, nil
}

// Profile returns what a person chose, empty for nothing, and whether it is locked.
func (d *Desk) Profile(ctx context.Context, account string) (p nospim.Profile, locked bool, err error) {
	s, err := Find(ctx, d.Store, account, d.Clock())
	return s.Profile, s.Locked, err
}

// Choose sets a person's profile as the person; empty goes back to the default.
func (d *Desk) Choose(ctx context.Context, account string, p nospim.Profile) error {
	return Set(ctx, d.Store, Change{Account: account, Profile: p, As: Self, By: account}, d.Clock())
}
