package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record"
)

// accountStanding is how an account stands with the service.
type accountStanding struct {
	Account string         `json:"account"`
	Profile nospim.Profile `json:"profile,omitempty"` // empty: the default
	Locked  bool           `json:"locked,omitempty"`
	// Labels are those that hold now, whoever set them.
	Labels []accountLabel `json:"labels"`
	// Waiting is how many of its messages wait, at most 1000.
	Waiting int `json:"waiting"`
	// Since is since when the following were counted: reports and blocks about the account that count, by how many people, and the
	// verdicts on what it sent, by action.
	Since     time.Time      `json:"since"`
	Reports   int            `json:"reports"`
	Reporters int            `json:"reporters"`
	Verdicts  map[string]int `json:"verdicts"`
}

// accountLabel is a label of an account that holds.
type accountLabel struct {
	Name   string    `json:"name"`
	Until  time.Time `json:"until"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// standingOfAccount reads how an account stands from the store.
func standingOfAccount(ctx context.Context, s record.Store, service, account string, since time.Time) (*accountStanding, error) {
	now := time.Now()
	person, err := people.Find(ctx, s, account, now)
	if err != nil {
		return nil, err
	}
	a := &accountStanding{Account: account, Profile: person.Profile, Locked: person.Locked, Since: since, Verdicts: map[string]int{}, Labels: []accountLabel{}}
	held, err := s.Held(ctx, record.HeldFilter{Service: service, Sender: account, State: nospim.HoldHeld})
	if err != nil {
		return nil, err
	}
	a.Waiting = len(held)
	reports, err := s.Complaints(ctx, record.ComplaintFilter{Service: service, About: account, Since: since})
	if err != nil {
		return nil, err
	}
	by := map[string]bool{}
	for i := range reports {
		if reports[i].Weight > 0 && reports[i].Outcome != record.Dismissed {
			a.Reports++
			by[reports[i].By] = true
		}
	}
	a.Reporters = len(by)
	return a, a.labelled(ctx, s, service, now)
}

// labelled adds the verdicts, and the labels: those of verdicts, and in their place what people decided.
func (a *accountStanding) labelled(ctx context.Context, s record.Store, service string, now time.Time) error {
	entity := nospim.Entity{Kind: nospim.EntityAccount, ID: a.Account}
	holds := map[string]accountLabel{}
	set := map[string]time.Time{}
	err := s.Account(ctx, service, a.Account, a.Since, func(r *nospim.Record) error {
		if r.Event.Sender.ID == a.Account {
			a.Verdicts[r.Verdict.Action.String()]++
		}
		for _, l := range r.Verdict.Labels {
			if l.Entity == entity && l.Until.After(now) {
				name := strings.Clone(l.Name)
				holds[name], set[name] = accountLabel{Name: name, Until: l.Until, By: "nospim"}, r.Kept
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	decided, err := s.Labels(ctx)
	if err != nil {
		return err
	}
	for i := range decided {
		l := &decided[i]
		switch {
		case l.Entity != entity || strings.HasPrefix(l.Name, "profile_") || set[l.Name].After(l.At):
		case l.Until.After(now) && !l.Lifts():
			holds[l.Name] = accountLabel{Name: l.Name, Until: l.Until, By: l.By, Reason: l.Reason}
		default:
			delete(holds, l.Name)
		}
	}
	for _, l := range holds {
		a.Labels = append(a.Labels, l)
	}
	slices.SortFunc(a.Labels, func(x, y accountLabel) int { return strings.Compare(x.Name, y.Name) })
	return nil
}

// lines says it for people.
func (a *accountStanding) lines() []string {
	profile := "the default profile"
	if a.Profile != "" {
		profile = "profile " + string(a.Profile)
	}
	if a.Locked {
		profile += ", locked"
	}
	lines := []string{fmt.Sprintf("%s; %d messages of it wait", profile, a.Waiting)}
	for _, l := range a.Labels {
		line := fmt.Sprintf("%s until %s, by %s", l.Name, shortTime(l.Until), safe(l.By))
		if l.Reason != "" {
			line += ": " + safe(l.Reason)
		}
		lines = append(lines, line)
	}
	if len(a.Labels) == 0 {
		lines = append(lines, "no labels")
	}
	var verdicts []string
	for _, action := range nospim.Actions() {
		if n := a.Verdicts[action.String()]; n > 0 {
			verdicts = append(verdicts, fmt.Sprintf("%s %d", action, n))
		}
	}
	if len(verdicts) == 0 {
		verdicts = []string{"nothing sent"}
	}
	return append(lines, fmt.Sprintf("since %s: %s; %d reports and blocks by %d", shortTime(a.Since), strings.Join(verdicts, ", "), a.Reports, a.Reporters))
}

// restrict lets an account write to nobody new for a while.
func restrict(ctx context.Context, s record.Store, account, by, reason string, span time.Duration) (record.Labelling, error) {
	return putAccountLabel(ctx, s, account, detect.LabelRestricted, by, reason, span)
}

// restore takes every label off an account but what people chose for themselves, and returns what it lifted.
func restore(ctx context.Context, s record.Store, account, by, reason string) ([]record.Labelling, error) {
	names := []string{detect.LabelRestricted} // a verdict may have set it
	all, err := s.Labels(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		l := &all[i]
		if l.Entity.Kind == nospim.EntityAccount && l.Entity.ID == account && !l.Lifts() && l.Until.After(time.Now()) &&
			l.Name != detect.LabelRestricted && !strings.HasPrefix(l.Name, "profile_") {
			names = append(names, l.Name)
		}
	}
	var lifted []record.Labelling
	for _, name := range names {
		l, err := putAccountLabel(ctx, s, account, name, by, reason, 0)
		if err != nil {
			return nil, err
		}
		lifted = append(lifted, l)
	}
	return lifted, nil
}

// putAccountLabel puts a label on an account for a span, or lifts it when that is 0.
func putAccountLabel(ctx context.Context, s record.Store, account, name, by, reason string, span time.Duration) (record.Labelling, error) {
	now := time.Now()
	l := record.Labelling{
		Label: nospim.Label{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: account}, Name: name, Until: now.Add(span)},
		At:    now, By: by, Reason: reason,
	}
	return l, s.PutLabel(ctx, l)
}
