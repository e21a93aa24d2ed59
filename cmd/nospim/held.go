package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

func newHeld(a *app) *cobra.Command {
	return group("held", "Messages that wait for a decision",
		newHeldList(a),
		newHeldSettle(a, nospim.HoldReleased, "release", "Deliver held messages"),
		newHeldSettle(a, nospim.HoldRefused, "refuse", "Refuse held messages and delete their text"),
	)
}

func newHeldList(a *app) *cobra.Command {
	var (
		p                 places
		asJSON, text, why bool
		filter            record.HeldFilter
		state             string
	)
	c := &cobra.Command{
		Use:   "list",
		Short: "List held messages, oldest first, without what was written in them",
		Long: `Lists held messages, oldest first: since when, from and to whom, the score and the symbols. What was written is shown with
--text only, its links unfit to be clicked; in JSON it then stands as it was written.`,
		Example: `  nospim held list
  nospim held list --service chat.example --text
  nospim held list --after h-312`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			filter.State = nospim.HoldState(state)
			if state == "any" {
				filter.State = ""
			}
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.Held(c.Context(), filter)
				if err != nil {
					return err
				}
				if asJSON {
					return a.printHeldJSON(all, text)
				}
				if err := a.printHeld(all, text, why); err != nil || len(all) < filter.Limit || filter.ID != "" {
					return err
				}
				return a.printf("there may be more: --after %s\n", all[len(all)-1].ID)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one message a line")
	c.Flags().BoolVar(&text, "text", false, "show what was written")
	c.Flags().BoolVar(&why, "why", false, "show the sentences that say why they wait")
	c.Flags().StringVar(&filter.Service, "service", "", "of one `service` only")
	c.Flags().StringVar(&filter.Sender, "from", "", "from one `account` only")
	c.Flags().StringVar(&filter.Recipient, "to", "", "to one `account` only")
	c.Flags().StringVar(&state, "state", string(nospim.HoldHeld), "held, released, delivered, refused, expired or any")
	c.Flags().StringVar(&filter.After, "after", "", "the page behind the message with this `ID`")
	c.Flags().IntVar(&filter.Limit, "limit", 100, "at most so many")
	return c
}

func (a *app) printHeldJSON(all []nospim.Held, text bool) error {
	for i := range all {
		if !text {
			e := &all[i].Event
			e.Body, e.Raw, e.Links, e.Files = "", "", nil, nil
		}
		if err := a.printJSON(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printHeld(all []nospim.Held, text, why bool) error {
	if len(all) == 0 {
		return a.printf("no message waits\n")
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "ID\tSTATE\tSINCE\tFROM\tTO\tSCORE\tSYMBOLS")
	for i := range all {
		h := &all[i]
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%.1f\t%s\n", h.ID, h.State, h.Since.UTC().Format(time.RFC3339),
			safe(h.Event.Sender.ID), safe(recipients(&h.Event)), h.Verdict.Score, symbols(&h.Verdict))
		if why {
			for _, s := range h.Verdict.Signals {
				_, _ = fmt.Fprintf(t, "  %s\n", safe(s.Why))
			}
		}
		if text && h.Event.Body != "" {
			// A line of its own, outside the table: the tab writer aligns cells that end in a tab alone.
			_, _ = fmt.Fprintf(t, "  %s\n", link.Defang(safe(h.Event.Body)))
		}
	}
	return t.Flush()
}

// recipients names the first recipient and counts the others.
func recipients(e *nospim.Event) string {
	switch n := len(e.Recipients); n {
	case 0:
		return "-"
	case 1:
		return e.Recipients[0].ID
	default:
		return fmt.Sprintf("%s +%d", e.Recipients[0].ID, n-1)
	}
}

// symbols names the symbols that added to the score.
func symbols(v *nospim.Verdict) string {
	var names []string
	for _, s := range v.Signals {
		names = append(names, s.Symbol)
	}
	return strings.Join(names, " ")
}

// newHeldSettle makes release and refuse, which differ in a word.
func newHeldSettle(a *app, to nospim.HoldState, verb, short string) *cobra.Command {
	var (
		p      places
		asJSON bool
		reason string
		silent bool
	)
	c := &cobra.Command{
		Use:     verb + " ID…",
		Short:   short,
		Example: "  nospim held " + verb + " h-12 h-13 --reason \"known to the team\"",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, ids []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				var errs []error
				for _, id := range ids {
					if err := settle(c.Context(), s, id, to, whoami(), reason, !silent); err != nil {
						errs = append(errs, err)
						continue
					}
					if err := a.printSettled(id, to, asJSON); err != nil {
						return err
					}
				}
				return errors.Join(errs...)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one message a line")
	c.Flags().StringVar(&reason, "reason", "", "why, for the journal")
	c.Flags().BoolVar(&silent, "no-lesson", false, "teach the learned filter nothing by it")
	return c
}

// settle releases or refuses a held message and teaches the service's filter what it was.
func settle(ctx context.Context, s *sqlite.Store, id string, to nospim.HoldState, by, reason string, teach bool) error {
	var lesson *record.Example
	if teach {
		var err error
		if lesson, err = exampleOf(ctx, s, id, to, by); err != nil {
			return err
		}
	}
	if err := s.Settle(ctx, id, to, by, reason); err != nil || lesson == nil {
		return err
	}
	return s.Teach(ctx, lesson)
}

func (a *app) printSettled(id string, to nospim.HoldState, asJSON bool) error {
	if asJSON {
		return a.printJSON(struct {
			ID    string           `json:"id"`
			State nospim.HoldState `json:"state"`
		}{id, to})
	}
	return a.printf("%s %s\n", id, to)
}
