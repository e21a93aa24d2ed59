package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/xmpp"
	"github.com/nospim/nospim/connect/xmpp/door"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record"
	report "github.com/nospim/nospim/report/xmpp"
)

// takeReports makes what stands between the connectors and the judge: reports are kept there.
func (d *daemon) takeReports(ctx context.Context, judge nospim.Judge) error {
	salt, err := d.Store.Salt(ctx)
	if err != nil {
		return err
	}
	d.keys, d.invites = report.NewKeys(salt), people.NewInvites(salt)
	d.reports = newReports(d.config, d.Store)
	d.reports.Judged, d.reports.Log = judge, d.log
	return nil
}

// newReports makes the desk of reports that a configuration asks for, with nobody who judges and no door.
func newReports(c config.Config, store people.ReportStore) *people.Reports {
	return &people.Reports{
		Store: store, Clock: time.Now, Read: report.Read, ReadForwarded: report.ReadForwarded,
		Evidence: time.Duration(c.Reports.Evidence), Address: strings.ToLower(c.Reports.Address),
	}
}

// throughDoor lets reports leave the house, and thanks for them.
func throughDoor(r *people.Reports, c config.Reports) {
	r.Thanks = true
	if c.Forward == "consent" {
		r.Forward = people.Forward{Compose: report.Compose, ThirdParties: c.Parties(), Children: c.Children == "forward"}
	}
}

// markKey is the key with which the recipient of a marked message can complain (XEP-0287).
func (d *daemon) markKey(e *nospim.Event) string {
	if len(e.Recipients) != 1 || !e.Recipients[0].Local {
		return ""
	}
	return d.keys.Make(e.Service, e.ID, e.Recipients[0].ID)
}

// ears understand what is said to nospim through the server.
func (d *daemon) ears() xmpp.Ears {
	return xmpp.Ears{
		"urn:xmpp:spim-report:0": func(ctx context.Context, e *nospim.Event) (string, bool) {
			return answer(e, d.complain(ctx, e.Service, e.Sender.ID, e.Raw)), true
		},
		"urn:xmpp:incident:2": func(ctx context.Context, e *nospim.Event) (string, bool) {
			return answer(e, d.incident(ctx, e.Service, e.Sender.ID, e.ID, e.Raw)), true
		},
	}
}

// answer is what somebody is told who said something to nospim.
func answer(e *nospim.Event, err error) string {
	switch {
	case err == nil:
		return xmpp.Result(e)
	case errors.Is(err, nospim.ErrNotFound):
		return xmpp.Failure(e, "cancel", "item-not-found")
	case errors.Is(err, nospim.ErrInvalid):
		return xmpp.Failure(e, "modify", "bad-request")
	default:
		return xmpp.Failure(e, "wait", "internal-server-error")
	}
}

// complain keeps the complaint of somebody who got a mark. A key that was not made for them names nothing.
func (d *daemon) complain(ctx context.Context, service, by, raw string) error {
	key, err := report.ReadKey(raw)
	if err != nil {
		return err
	}
	id, ok := d.keys.Open(key, service, by)
	if !ok {
		return fmt.Errorf("a key of a mark: %w", nospim.ErrNotFound)
	}
	return d.reports.ByKey(ctx, service, by, id)
}

// incident keeps what another server reports in the form of XEP-0268.
func (d *daemon) incident(ctx context.Context, service, from, id, raw string) error {
	said, err := report.ReadIncident(raw)
	switch {
	case err != nil:
		return err
	case strings.Contains(from, "@"):
		return &nospim.InputError{Field: "from", Problem: "is an account; other services report in their own name"}
	}
	return d.reports.FromElsewhere(ctx, service, from, id, record.ByIncident, said)
}

// reportDesk is where the door's reports go.
type reportDesk struct{ d *daemon }

// contactLasts is for how long what a service said about its abuse contact holds. Who did not answer is asked again.
const contactLasts = 24 * time.Hour

// Contact implements door.ReportDesk.
func (r reportDesk) Contact(ctx context.Context, domain string) (addresses []string, asked bool, err error) {
	all, err := r.d.Store.AbuseContacts(ctx)
	if err != nil {
		return nil, false, err
	}
	for i := range all {
		if c := &all[i]; c.Domain == domain && time.Since(c.Asked) < contactLasts && (len(c.Addresses) > 0 || c.Problem != door.NoAnswer) {
			return c.Addresses, true, nil
		}
	}
	return nil, false, nil
}

// Note implements door.ReportDesk.
func (r reportDesk) Note(ctx context.Context, domain string, addresses []string, problem string) error {
	return r.d.Store.PutAbuseContact(ctx, record.AbuseContact{Domain: domain, Addresses: addresses, Problem: problem, Asked: time.Now()})
}

// Take implements door.ReportDesk.
func (r reportDesk) Take(service, from, id, raw string) (keep func(context.Context) error, err error) {
	if key, err := report.ReadKey(raw); err == nil {
		event, ok := r.d.keys.Open(key, service, from)
		if !ok {
			return nil, fmt.Errorf("a key of a mark: %w", nospim.ErrNotFound)
		}
		return func(ctx context.Context) error { return r.d.reports.ByKey(ctx, service, from, event) }, nil
	}
	if strings.Contains(from, "@") {
		return nil, &nospim.InputError{Field: "from", Problem: "is an account; other services report in their own name"}
	}
	source := record.ByForward
	one, err := report.ReadForwarded(raw)
	said := []nospim.Complaint{one}
	if err != nil {
		source = record.ByIncident
		if said, err = report.ReadIncident(raw); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		return r.d.reports.FromElsewhere(ctx, service, from, id, source, said)
	}, nil
}
