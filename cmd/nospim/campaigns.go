package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
	"github.com/nospim/nospim/text"
)

func newCampaigns(a *app) *cobra.Command {
	c := group("campaigns", "Near-identical messages from any number of senders",
		newCampaignsList(a), newCampaignsShow(a),
		newCampaignsDecide(a, nospim.Condemned, "condemn", "Stop a campaign, and call back the copies that were delivered"),
		newCampaignsDecide(a, nospim.Spared, "spare", "Let a campaign be: its copies do not speak against anybody"),
		newCampaignsDecide(a, "", "undecide", "Take a decision back: what is seen of a campaign decides again"),
	)
	c.Long = `A campaign is the same message again and again, whatever names, numbers, links or words for the same thing are changed, and whoever sends
it. nospim finds campaigns while they happen. One whose copies are stopped again and again is condemned, and so is one that you
condemn: its copies are stopped, and orders to retract those that were delivered go to the connectors.`
	return c
}

func newCampaignsList(a *app) *cobra.Command {
	var (
		p      places
		asJSON bool
		least  int
	)
	c := &cobra.Command{
		Use:     "list",
		Short:   "List campaigns, the latest first",
		Example: "  nospim campaigns list --copies 20",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.Campaigns(c.Context())
				if err != nil {
					return err
				}
				some := all[:0]
				for i := range all {
					if all[i].Copies >= least || all[i].Standing != "" {
						some = append(some, all[i])
					}
				}
				if asJSON {
					for i := range some {
						some[i].Names = nil
						if err := a.printJSON(&some[i]); err != nil {
							return err
						}
					}
					return nil
				}
				return a.printCampaigns(some)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one campaign a line")
	c.Flags().IntVar(&least, "copies", 5, "those with at least so many copies, and those that were decided about")
	return c
}

func (a *app) printCampaigns(all []record.Campaign) error {
	if len(all) == 0 {
		return a.printf("no campaigns\n")
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "ID\tCOPIES\tSTOPPED\tSENDERS\tSTRANGERS\tCONTACTS\tLAST HOUR\tFIRST\tLAST\tSTANDING")
	for i := range all {
		c := &all[i]
		_, _ = fmt.Fprintf(t, "%v\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\n", c.ID, c.Copies, c.Stopped, c.Senders, c.Strangers, c.Warm, c.Hour,
			shortTime(c.First), shortTime(c.Last), standingOf(c))
	}
	return t.Flush()
}

func shortTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// standingOf says what was decided, by a person or by what was seen.
func standingOf(c *record.Campaign) string {
	switch {
	case c.Standing != "":
		return string(c.Standing) + " by " + safe(c.By)
	case c.Condemned():
		return "condemned"
	}
	return "-"
}

func newCampaignsShow(a *app) *cobra.Command {
	var (
		p      places
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show a campaign and its template",
		Long: `Shows a campaign, by any ID that it ever had, and what its copies have in common. The template is learned from two copies or more that wait
for a decision: words that all of them have stand there, what varies is a slot with the number of its values. Of messages that were
delivered or refused, nospim keeps no text.`,
		Example: "  nospim campaigns show c-3vq2m8x0kd",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := nospim.ParseCampaignID(args[0])
			if err != nil {
				return usageError{err}
			}
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				found, err := findCampaign(c.Context(), s, id)
				if err != nil {
					return err
				}
				template, n, err := templateOf(c.Context(), s, found)
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(struct {
						*record.Campaign

						Template string `json:"template,omitempty"`
						Held     int    `json:"template_copies,omitempty"`
					}{found, template, n})
				}
				return a.printCampaign(found, template, n)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// findCampaign finds a campaign by any of its names.
func findCampaign(ctx context.Context, s record.Store, id nospim.CampaignID) (*record.Campaign, error) {
	all, err := s.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ID == id || slices.Contains(all[i].Names, id) {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("campaign %v: %w", id, nospim.ErrNotFound)
}

// templateOf learns the template of a campaign from its held copies, and returns how many there are.
func templateOf(ctx context.Context, s record.Store, c *record.Campaign) (string, int, error) {
	held, err := s.Held(ctx, record.HeldFilter{State: nospim.HoldHeld})
	if err != nil {
		return "", 0, err
	}
	names := map[string]bool{c.ID.String(): true}
	for _, n := range c.Names {
		names[n.String()] = true
	}
	var t text.Template
	for i := range held {
		if names[held[i].Verdict.Campaign] && held[i].Event.Body != "" {
			t.Learn(held[i].Event.Body)
		}
	}
	if t.Copies() < 2 {
		return "", 0, nil
	}
	return t.String(), t.Copies(), nil
}

func (a *app) printCampaign(c *record.Campaign, template string, held int) error {
	if err := a.printCampaigns([]record.Campaign{*c}); err != nil {
		return err
	}
	if c.Reason != "" {
		if err := a.printf("reason: %s\n", safe(c.Reason)); err != nil {
			return err
		}
	}
	if err := a.printf("%d wordings, links to %d domains, %d of %d copies of the last day have one\n", c.Texts, c.Domains, c.Linked, c.Recent); err != nil {
		return err
	}
	if held == 0 {
		return a.printf("no two of its copies wait: there is no template\n")
	}
	return a.printf("template of %d copies that wait:\n  %s\n", held, link.Defang(safe(template)))
}

// newCampaignsDecide makes condemn, spare and undecide.
func newCampaignsDecide(a *app, to nospim.Standing, verb, short string) *cobra.Command {
	var (
		p      places
		asJSON bool
		reason string
	)
	c := &cobra.Command{
		Use:     verb + " ID…",
		Short:   short,
		Example: "  nospim campaigns " + verb + " c-3vq2m8x0kd --reason \"wave of March\"",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			var ids []nospim.CampaignID
			for _, arg := range args {
				id, err := nospim.ParseCampaignID(arg)
				if err != nil {
					return usageError{err}
				}
				ids = append(ids, id)
			}
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				for _, id := range ids {
					if err := s.DecideCampaign(c.Context(), id, to, whoami(), reason); err != nil {
						return err
					}
					if err := a.printDecided(id, to, asJSON); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one campaign a line")
	c.Flags().StringVar(&reason, "reason", "", "why, for the journal")
	return c
}

func (a *app) printDecided(id nospim.CampaignID, to nospim.Standing, asJSON bool) error {
	if asJSON {
		return a.printJSON(struct {
			ID       nospim.CampaignID `json:"id"`
			Standing nospim.Standing   `json:"standing"`
		}{id, to})
	}
	if to == "" {
		return a.printf("%v undecided\n", id)
	}
	return a.printf("%v %s\n", id, to)
}

func (forgetful) PutCampaigns(context.Context, []record.Campaign) error { return nil }

func (forgetful) Campaigns(context.Context) ([]record.Campaign, error) { return nil, nil }

func (forgetful) DecideCampaign(context.Context, nospim.CampaignID, nospim.Standing, string, string) error {
	return nospim.ErrClosed
}

func (forgetful) Retract(context.Context, []nospim.Order, string, string) (int, error) { return 0, nil }

func (forgetful) Account(context.Context, string, string, time.Time, func(*nospim.Record) error) error {
	return nil
}

func (forgetful) Ask(context.Context, nospim.Order, time.Duration, string, string) (bool, error) {
	return false, nospim.ErrClosed
}
