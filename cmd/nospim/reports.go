package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

func newReportsCommand(a *app) *cobra.Command {
	c := group("reports", "What people report, and where reports go",
		newReportsList(a), newReportsDecide(a, record.Confirmed, "confirm", "Say that reports were right"),
		newReportsDecide(a, record.Dismissed, "dismiss", "Say that reports were wrong: they count no more, and their authors count less"),
		newReportsAbout(a), newReportsContacts(a),
	)
	c.Long = `A report counts when nospim itself judged something that the reported account sent to its author: then it is proven. How much it counts
depends on its author: next to nothing for an account that has not been here for a week, and otherwise the more, the more of the
author's former reports were confirmed, by you or by others. What comes from other services counts little, and never enough.

When the reports about an account come to 3, and to 4 for each person who stands by it, its messages to strangers are marked; twice as
much makes them wait. Nobody is refused for reports alone.`
	return c
}

func newReportsList(a *app) *cobra.Command {
	var (
		p      places
		asJSON bool
		filter record.ComplaintFilter
		span   time.Duration
	)
	c := &cobra.Command{
		Use:     "list",
		Short:   "List reports, the newest first",
		Example: "  nospim reports list --about nina@chat.example",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			filter.Since = time.Now().Add(-span)
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.Complaints(c.Context(), filter)
				if err != nil {
					return err
				}
				return a.printReports(all, asJSON)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one report a line")
	c.Flags().StringVar(&filter.About, "about", "", "about one `account` only")
	c.Flags().StringVar(&filter.By, "by", "", "by one `account`, or one domain, only")
	c.Flags().StringVar(&filter.Service, "service", "", "of one `service` only")
	c.Flags().IntVar(&filter.Limit, "limit", 1000, "at most so many")
	c.Flags().DurationVar(&span, "for", 30*24*time.Hour, "how far back")
	return c
}

func (a *app) printReports(all []record.Complaint, asJSON bool) error {
	if asJSON {
		for i := range all {
			if err := a.printJSON(&all[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		return a.printf("no reports\n")
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "ID\tTIME\tABOUT\tBY\tPROOF\tCOUNTS\tWHY")
	for i := range all {
		c := &all[i]
		why := c.Why
		if c.Outcome != "" {
			why = string(c.Outcome) + "; " + why
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%.2f\t%s\n", c.ID, shortTime(c.At), safe(c.About), safe(c.By), c.Proof, c.Weight, safe(why))
	}
	return t.Flush()
}

// countReports counts the reports about an account anew, and returns what they come to.
func countReports(ctx context.Context, s *sqlite.Store, service, account string) (people.Tally, error) {
	return newReports(config.Config{}, s).Count(ctx, service, account)
}

func newReportsDecide(a *app, o record.Outcome, verb, short string) *cobra.Command {
	var (
		p      places
		reason string
	)
	c := &cobra.Command{
		Use:     verb + " ID…",
		Short:   short,
		Example: "  nospim reports " + verb + " r-12 --reason \"looked at it\"",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				for _, id := range args {
					if err := a.decideReport(c.Context(), s, id, o, reason); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	p.flags(c)
	c.Flags().StringVar(&reason, "reason", "", "why, for the journal")
	return c
}

func (a *app) decideReport(ctx context.Context, s *sqlite.Store, id string, o record.Outcome, reason string) error {
	if err := s.DecideComplaint(ctx, id, o, whoami(), reason); err != nil {
		return err
	}
	all, err := s.Complaints(ctx, record.ComplaintFilter{ID: id})
	if err != nil || len(all) == 0 {
		return err
	}
	t, err := countReports(ctx, s, all[0].Service, all[0].About)
	if err != nil {
		return err
	}
	return a.printf("%s: %s; reports about %s come to %.2f, %.0f are needed\n", id, o, safe(all[0].About), t.Reports, t.Needed)
}

func newReportsAbout(a *app) *cobra.Command {
	var f accountFlags
	c := &cobra.Command{
		Use:     "count ACCOUNT",
		Short:   "Count the reports about an account anew, and say what they come to",
		Example: "  nospim reports count nina@chat.example\n  nospim reports count spammer@far.example --service chat.example",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			service, err := f.of(args[0])
			if err != nil {
				return err
			}
			return f.withStore(c.Context(), func(s *sqlite.Store) error {
				t, err := countReports(c.Context(), s, service, strings.ToLower(args[0]))
				if err != nil {
					return err
				}
				if f.asJSON {
					return a.printJSON(&t)
				}
				return a.printf("%s: reports come to %.2f, %.0f are needed, %d stand by it\n", safe(args[0]), t.Reports, t.Needed, t.Friends)
			})
		},
	}
	f.register(c)
	return c
}

func newReportsContacts(a *app) *cobra.Command {
	var (
		p      places
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "contacts",
		Short: "List what services said about where they take reports",
		Long: `Lists the services that were asked where they take reports (XEP-0157), when, and what they said. A service without an address has an
operator who does not want to know.`,
		Example: "  nospim reports contacts",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.AbuseContacts(c.Context())
				if err != nil {
					return err
				}
				return a.printContacts(all, asJSON)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one service a line")
	return c
}

func (a *app) printContacts(all []record.AbuseContact, asJSON bool) error {
	if len(all) == 0 && !asJSON {
		return a.printf("no service was asked\n")
	}
	for i := range all {
		c := &all[i]
		if asJSON {
			if err := a.printJSON(c); err != nil {
				return err
			}
			continue
		}
		said := strings.Join(c.Addresses, " ")
		if said == "" {
			said = "none: " + c.Problem
		}
		if err := a.printf("%s  asked %s  %s\n", safe(c.Domain), shortTime(c.Asked), safe(said)); err != nil {
			return err
		}
	}
	return nil
}

func (forgetful) PutComplaint(context.Context, *record.Complaint) (bool, error) {
	return false, nospim.ErrClosed
}

func (forgetful) Complaints(context.Context, record.ComplaintFilter) ([]record.Complaint, error) {
	return nil, nil
}

func (forgetful) DecideComplaint(context.Context, string, record.Outcome, string, string) error {
	return nospim.ErrNotFound
}

func (forgetful) Instruct(context.Context, nospim.Order, int, time.Duration, string, string) (bool, error) {
	return false, nospim.ErrClosed
}

func (forgetful) PutAbuseContact(context.Context, record.AbuseContact) error { return nospim.ErrClosed }

func (forgetful) AbuseContacts(context.Context) ([]record.AbuseContact, error) { return nil, nil }
