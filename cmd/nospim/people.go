package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record/sqlite"
)

func newPeople(a *app) *cobra.Command {
	c := group("people", "Who may reach a person", newPeopleShow(a), newPeopleSet(a))
	c.Long = `A person's profile says who may reach them. Whom they wrote to and whose request they accepted is no stranger.

  open                  everybody whom the policy does not stop
  strangers_challenged  a stranger's first contact waits until the stranger proved something, or the person lets it in
  contacts_only         a stranger's first contact waits until the person lets it in
  minor                 contacts only, for a child or a young person

Who chose nothing has the profile that the configuration names, and accounts that are known to be a child's are minor. What waits is
in "nospim held list". A running daemon follows a change within a second.`
	return c
}

func newPeopleShow(a *app) *cobra.Command {
	var (
		p      places
		asJSON bool
	)
	c := &cobra.Command{
		Use:     "show ACCOUNT",
		Short:   "Show the profile of a person",
		Example: "  nospim people show ada@chat.example",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				standing, err := people.Find(c.Context(), s, strings.ToLower(args[0]), time.Now())
				if err != nil {
					return err
				}
				return a.printStanding(standing, asJSON)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) printStanding(s people.Standing, asJSON bool) error {
	if asJSON {
		return a.printJSON(&s)
	}
	profile := "the default profile"
	if s.Profile != "" {
		profile = string(s.Profile) + ", chosen by " + safe(s.By) + " on " + s.Since.UTC().Format(time.DateOnly)
	}
	if s.Locked {
		profile += ", locked"
	}
	return a.printf("%s: %s\n", safe(s.Account), profile)
}

func newPeopleSet(a *app) *cobra.Command {
	var (
		p      places
		change people.Change
	)
	c := &cobra.Command{
		Use:   "set ACCOUNT PROFILE",
		Short: "Choose the profile of a person, or \"default\"",
		Long: `Chooses the profile of a person as the operator, or as a guardian with --guardian; --lock keeps the person from changing it, until it
is set again without.`,
		Example: `  nospim people set ada@chat.example contacts_only
  nospim people set kim@chat.example minor --guardian mum@chat.example --lock`,
		Args:      usage(cobra.ExactArgs(2)),
		ValidArgs: []string{"open", "strangers_challenged", "contacts_only", "minor", "default"},
		RunE: func(c *cobra.Command, args []string) error {
			change.Account = strings.ToLower(args[0])
			if args[1] != "default" {
				change.Profile = nospim.Profile(args[1])
			}
			change.As = people.Guardian
			if change.By == "" {
				change.As, change.By = people.Operator, whoami()
			}
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				now := time.Now()
				if err := people.Set(c.Context(), s, change, now); err != nil {
					if errors.Is(err, nospim.ErrInvalid) {
						return usageError{err}
					}
					return err
				}
				standing, err := people.Find(c.Context(), s, change.Account, now)
				if err != nil {
					return err
				}
				return a.printStanding(standing, false)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&change.Lock, "lock", false, "keep the person from changing it")
	c.Flags().StringVar(&change.By, "guardian", "", "the `account` of the guardian who chooses")
	c.Flags().StringVar(&change.Reason, "reason", "", "why, for the journal")
	return c
}
