package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

func newListsFeeds(a *app) *cobra.Command {
	var (
		p      places
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "feeds",
		Short: "Show the lists from elsewhere: how many items, how old, and what the trouble is",
		Long: `Shows the lists that were imported and those of services that the configuration follows (lists.services). The age says how long ago
all of a list was last known to be right; what services tell in between is in it already.`,
		Example: "  nospim lists feeds",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.Feeds(c.Context())
				if err != nil {
					return err
				}
				return a.printFeeds(all, asJSON)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one list a line")
	return c
}

func (a *app) printFeeds(all []record.Feed, asJSON bool) error {
	if asJSON {
		for i := range all {
			if err := a.printJSON(&all[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		return a.printf("there are no lists from elsewhere\n")
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "NAME\tLIST\tKIND\tITEMS\tWEIGHT\tFROM\tAGE\tTROUBLE")
	for i := range all {
		f := &all[i]
		list, age := "block", "never read"
		if f.Allow {
			list = "allow"
		}
		if !f.Synced.IsZero() {
			age = time.Since(f.Synced).Round(time.Second).String()
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%g\t%s\t%s\t%s\n", safe(f.Name), list, f.Kind, f.Items, f.Weight, f.Origin, age, safe(f.Trouble))
	}
	return t.Flush()
}

func newListsDrop(a *app) *cobra.Command {
	var p places
	c := &cobra.Command{
		Use:     "drop NAME…",
		Short:   "Remove lists that were imported",
		Example: "  nospim lists drop domains.txt",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.Feeds(c.Context())
				if err != nil {
					return err
				}
				for _, name := range args {
					for i := range all {
						if all[i].Name == name && all[i].Origin == originRTBL {
							return usageError{fmt.Errorf("%s is followed: take its service out of the configuration (lists.services), or set its node to none", name)}
						}
					}
					if err := s.RemoveFeed(c.Context(), name, whoami()); err != nil {
						return fmt.Errorf("the list %s: %w; nospim lists feeds shows those that there are", strings.ToValidUTF8(name, "�"), err)
					}
					if err := a.printf("removed: %s\n", safe(name)); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	p.flags(c)
	return c
}
