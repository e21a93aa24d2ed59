package people

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Store is what a Desk asks of a record store.
type Store interface {
	Labels
	record.Waitings
	Held(ctx context.Context, f record.HeldFilter) ([]nospim.Held, error)
}

// Desk is where people decide about what waits for them. Only messages to one person alone are decided by that person.
type Desk struct {
	Store Store
	// Judge gets reports as events.
	Judge nospim.Judge
	// Invites issues invitations.
	Invites Invites
	Clock   func() time.Time
}

// Invite returns a token by which strangers can turn to a person (XEP-0379), and until when it holds.
func (d *Desk) Invite(account string) (token string, until time.Time) {
	return d.Invites.Issue(account, d.Clock())
}

// noticedFor is how long a person is not told again that something of the same sender waits.
const noticedFor = 7 * 24 * time.Hour

// Waiting returns what waits for a person, a sender each, in the order of coming: at most the first thousand senders.
func (d *Desk) Waiting(ctx context.Context, service, account string) ([]nospim.Waiting, error) {
	all, err := d.Store.Waiting(ctx, record.WaitingFilter{Service: service, Recipient: account})
	if err != nil {
		return nil, fmt.Errorf("looking what waits: %w", err)
	}
	return all, nil
}

// mostUnnoticed is how many are told in one go; the others follow when these are told.
const mostUnnoticed = 100

// Unnoticed returns what waits at a service and of which the recipient was not told yet, the first hundred of it.
func (d *Desk) Unnoticed(ctx context.Context, service string) ([]nospim.Waiting, error) {
	all, err := d.Store.Unnoticed(ctx, service, d.Clock(), mostUnnoticed)
	if err != nil {
		return nil, fmt.Errorf("looking who is to be told: %w", err)
	}
	return all, nil
}

// Noticed remembers that somebody was told, or cannot be. It comes after the telling: a crash between the two tells twice rather than
// never.
func (d *Desk) Noticed(ctx context.Context, w nospim.Waiting) error {
	if err := d.Store.Noticed(ctx, w, d.Clock().Add(noticedFor)); err != nil {
		return fmt.Errorf("remembering that somebody was told: %w", err)
	}
	return nil
}

// Decide carries out what a person decided about a sender of whom something waits, all of it or nothing. The error is an ErrNotFound
// when nothing does. After an error it can be done again.
func (d *Desk) Decide(ctx context.Context, service, account, sender string, what nospim.Decision) error {
	w := record.WaitingDecision{Service: service, Recipient: account, Sender: sender, To: nospim.HoldRefused, By: account, Reason: string(what)}
	switch what {
	case nospim.LetIn:
		w.To, w.Label = nospim.HoldReleased, d.label(sender, account, nospim.LabelLetIn)
	case nospim.ShutOut, nospim.Report:
		w.Label = d.label(sender, account, nospim.LabelShutOut)
	case nospim.Refuse:
	default:
		return &nospim.InputError{Field: "decision", Problem: "is " + strconv.Quote(string(what)) + "; it may be let_in, refuse, shut_out or report"}
	}
	if what == nospim.Report {
		if err := d.reportAll(ctx, service, account, sender); err != nil {
			return err
		}
	}
	if _, err := d.Store.DecideWaiting(ctx, w); err != nil {
		return fmt.Errorf("deciding about what waits of %s: %w", strconv.Quote(sender), err)
	}
	return nil
}

// label is the label of the pair of a sender and a recipient, set by the recipient.
func (d *Desk) label(sender, recipient, name string) record.Labelling {
	now := d.Clock()
	return record.Labelling{Label: nospim.Label{Entity: nospim.Pair(sender, recipient), Name: name, Until: now.Add(forever)}, At: now, By: recipient}
}

// reportAll judges a report of what waits of a sender.
func (d *Desk) reportAll(ctx context.Context, service, account, sender string) error {
	all, err := d.Store.Waiting(ctx, record.WaitingFilter{Service: service, Recipient: account, Sender: sender, Limit: 1})
	if err != nil {
		return fmt.Errorf("looking what is reported: %w", err)
	}
	for i := range all {
		if err := d.report(ctx, service, account, sender, all[i].IDs); err != nil {
			return err
		}
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
				Refers: e.ID, Observe: true, Client: AtTheDoor,
			})
			if err != nil {
				return fmt.Errorf("reporting: %w", err)
			}
		}
	}
	return nil
}

// Warn says that a person warns somebody, once a day. The error is an ErrNotFound when nospim does not know that the sender has written to
// the person.
func (d *Desk) Warn(ctx context.Context, service, account, sender string) error {
	now := d.Clock()
	v, err := d.Judge.Judge(ctx, &nospim.Event{
		ID: name("warning", now.UTC().Format(time.DateOnly), account, sender), Kind: nospim.KindWarning, Time: now, Service: service,
		Sender: nospim.Account{ID: account, Local: true}, Recipients: []nospim.Account{{ID: sender}}, Observe: true, Client: AtTheDoor,
	})
	switch {
	case err != nil:
		return fmt.Errorf("warning: %w", err)
	case !raised(v, "REPORT_PROVEN"):
		return fmt.Errorf("%s has not written to %s: %w", strconv.Quote(sender), strconv.Quote(account), nospim.ErrNotFound)
	default:
		return nil
	}
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
