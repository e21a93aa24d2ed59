package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
	"github.com/nospim/nospim/text"
)

func newLearned(a *app) *cobra.Command {
	c := group("learned", "What services taught the learned filter", newLearnedShow(a), newLearnedRollback(a))
	c.Long = `A service teaches the learned filter: each held message that is released or refused is an example, and so is what people report,
from three people on whose accounts are a week old and who did get the message. The shipped weights stay as they are. What is
learned counts at that service only, within a second; reports alone make spam of doubtful texts at most, and nothing is put in
force that would make spam of what old contacts write to each other. No text is kept, only salted hashes of its words.`
	return c
}

func newLearnedShow(a *app) *cobra.Command {
	var (
		p       places
		service string
		asJSON  bool
	)
	c := &cobra.Command{
		Use:     "show",
		Short:   "List what moderators and people taught, oldest first",
		Example: "  nospim learned show --service chat.example",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.Examples(c.Context(), service)
				if err != nil {
					return err
				}
				return a.printExamples(all, asJSON)
			})
		},
	}
	p.flags(c)
	c.Flags().StringVar(&service, "service", "", "of one `service` only")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one example a line, samples too")
	return c
}

func (a *app) printExamples(all []record.Example, asJSON bool) error {
	samples := 0
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	if !asJSON {
		_, _ = fmt.Fprintln(t, "ID\tSINCE\tSERVICE\tEVENT\tIS\tBY\tSOURCE")
	}
	for i := range all {
		e := &all[i]
		if asJSON {
			if err := a.printJSON(e); err != nil {
				return err
			}
			continue
		}
		if e.Source == record.FromSample {
			samples++
			continue
		}
		is := "honest"
		if e.Spam {
			is = "spam"
		}
		_, _ = fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.At.UTC().Format(time.RFC3339), safe(e.Service), safe(e.EventID), is, safe(e.By), e.Source)
	}
	if asJSON {
		return nil
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return a.printf("%d examples, and %d samples of what old contacts write to each other\n", len(all)-samples, samples)
}

func newLearnedRollback(a *app) *cobra.Command {
	var (
		p               places
		service, reason string
		after           int64
	)
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Forget what a service taught, all of it or from one example on",
		Long: `Revokes what moderators and people taught at a service: all examples, or those above --after, an ID that "nospim learned show"
tells. A running daemon follows within a second. What was revoked stays in the store and can be taught again.`,
		Example: `  nospim learned rollback --service chat.example
  nospim learned rollback --service chat.example --after 41 --reason "report bombing"`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if service == "" {
				return wrongUsage(c, errors.New("--service is required"))
			}
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				n, err := s.Unlearn(c.Context(), service, after, whoami(), reason)
				if err != nil {
					return err
				}
				return a.printf("%d examples revoked\n", n)
			})
		},
	}
	p.flags(c)
	c.Flags().StringVar(&service, "service", "", "the `service` that taught")
	c.Flags().Int64Var(&after, "after", 0, "keep the examples up to this `ID`")
	c.Flags().StringVar(&reason, "reason", "", "why, for the journal")
	return c
}

// exampleOf makes an example of a held message before it is settled: afterwards its text may be gone. Nil when there is no text.
func exampleOf(ctx context.Context, s *sqlite.Store, id string, to nospim.HoldState, by string) (*record.Example, error) {
	held, err := s.Held(ctx, record.HeldFilter{ID: id, Limit: 1})
	if err != nil || len(held) == 0 || held[0].Event.Body == "" || held[0].Event.Encrypted {
		return nil, err
	}
	m, err := model.Shipped()
	if err != nil {
		return nil, err
	}
	salt, err := s.Salt(ctx)
	if err != nil {
		return nil, err
	}
	ev := &held[0].Event
	body := ev.Body[:min(len(ev.Body), nospim.MaxBodyWhole)]
	var f text.Form
	f.Read(body)
	return &record.Example{
		Service: ev.Service, EventID: ev.ID, By: by, Source: record.FromModerator, Spam: to == nospim.HoldRefused, At: time.Now(),
		Base: model.Logit(m.ScoreForm(&f, body)), Words: model.AppendWords(nil, &f, engine.Seed(salt)),
	}, nil
}
