// Package people is about those who are written to: which profile they have chosen, and who may change it.
//
// A person's profile is a label of their account, set by a person: it is durable, it is in the journal, every node knows it within a
// second, and detector Door recalls it with everything else. A service's default stands in its configuration. An account that is
// known to be a child's has the profile minor unless a guardian or the operator chose another.
package people

import (
	"context"
	"fmt"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Role says as what somebody changes a profile.
type Role uint8

// The roles. A guardian and the operator can lock a profile; a lock keeps the person from changing it.
const (
	Self Role = iota + 1
	Guardian
	Operator
)

// ErrLocked says that a profile is locked by a guardian or the operator. It is an ErrConflict.
var ErrLocked = fmt.Errorf("the profile is locked by a guardian or the operator: %w", nospim.ErrConflict)

// Standing is what is known of one person.
type Standing struct {
	Account string         `json:"account"`
	Profile nospim.Profile `json:"profile,omitempty"` // empty: the service's default, or minor for a child's account
	Locked  bool           `json:"locked,omitempty"`
	Since   time.Time      `json:"since,omitzero"`
	By      string         `json:"by,omitempty"`
}

// Change is a wish to change a profile.
type Change struct {
	Account string
	// Profile is the profile wanted; empty goes back to the default.
	Profile nospim.Profile
	// Lock keeps the person from changing it, unless it is Self who asks.
	Lock   bool
	As     Role
	By     string
	Reason string
}

// forever is how long a choice holds: labels end some time.
const forever = 100 * 365 * 24 * time.Hour

// Labels is what this package asks of a record store.
type Labels interface {
	PutLabel(ctx context.Context, l record.Labelling) error
	Labels(ctx context.Context) ([]record.Labelling, error)
}

// Find returns how somebody stands.
func Find(ctx context.Context, store Labels, account string, now time.Time) (Standing, error) {
	all, err := store.Labels(ctx)
	if err != nil {
		return Standing{}, fmt.Errorf("finding a person: %w", err)
	}
	return stand(all, account, now), nil
}

// stand makes a standing of decisions about labels.
func stand(all []record.Labelling, account string, now time.Time) Standing {
	s := Standing{Account: account}
	for i := range all {
		l := &all[i]
		if l.Entity.Kind != nospim.EntityAccount || l.Entity.ID != account || !l.Until.After(now) {
			continue
		}
		if l.Name == nospim.LabelProfileLocked {
			s.Locked = true
		}
		for _, p := range nospim.Profiles() {
			// Were there two, the later choice stands.
			if l.Name == p.Label() && !l.At.Before(s.Since) {
				s.Profile, s.Since, s.By = p, l.At, l.By
			}
		}
	}
	return s
}

// Set changes a profile. The error is ErrLocked when the person may not. A change that fails half way can be made again: the new
// profile is set before the old one is lifted, and of two the later stands.
func Set(ctx context.Context, store Labels, c Change, now time.Time) error {
	if c.Profile != "" {
		if _, err := nospim.ParseProfile(string(c.Profile)); err != nil {
			return err
		}
	}
	old, err := Find(ctx, store, c.Account, now)
	if err != nil {
		return err
	}
	if old.Locked && c.As == Self {
		return ErrLocked
	}
	put := func(name string, holds bool) error {
		until := now
		if holds {
			until = now.Add(forever)
		}
		entity := nospim.Entity{Kind: nospim.EntityAccount, ID: c.Account}
		return store.PutLabel(ctx, record.Labelling{Label: nospim.Label{Entity: entity, Name: name, Until: until}, At: now, By: c.By, Reason: c.Reason})
	}
	if c.Profile != "" && c.Profile != old.Profile {
		if err := put(c.Profile.Label(), true); err != nil {
			return fmt.Errorf("setting a profile: %w", err)
		}
	}
	if old.Profile != "" && c.Profile != old.Profile {
		if err := put(old.Profile.Label(), false); err != nil {
			return fmt.Errorf("lifting the old profile: %w", err)
		}
	}
	if lock := c.Lock && c.As != Self; lock != old.Locked {
		if err := put(nospim.LabelProfileLocked, lock); err != nil {
			return fmt.Errorf("locking a profile: %w", err)
		}
	}
	return nil
}
