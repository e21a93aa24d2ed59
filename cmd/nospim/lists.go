package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/record/sqlite"
)

func newLists(a *app) *cobra.Command {
	c := group("lists", "The operator's block and allow lists",
		newListsAdd(a), newListsRemove(a), newListsShow(a), newListsImport(a), newListsExport(a), newListsFeeds(a), newListsDrop(a))
	c.Long = `The operator's lists say what is always stopped and what is always let through; allow wins over block. A running daemon
follows a change within a second. The kinds of entry:

  account  nina@chat.example, or *@chat.example for all of a domain
  domain   of links: x.example and everything below it
  link     one link, in any spelling
  text     one text, in any spelling; kept as its fingerprint alone
  addr     an IP address, or a range such as 198.51.100.0/24
  decoy    an account that exists only to be found by those who read out directories: neither allowed nor blocked. One
           touch is a hint, two that belong together are proof. Decoys are shown with --decoys alone

Entries are orders: what the block list has is refused, also from contacts. Lists from elsewhere, imported or followed, have a
weight and stop strangers at most; "nospim lists feeds" shows them. Lists of thousands belong there, not here.`
	return c
}

// entryFlags are the flags that, with KIND and VALUE, name a list entry.
type entryFlags struct {
	places
	allow         bool
	service, note string
	until         time.Duration
	publish       bool
	asJSON        bool
}

func (f *entryFlags) register(c *cobra.Command) {
	f.flags(c)
	c.Flags().BoolVar(&f.allow, "allow", false, "the allow list instead of the block list")
	c.Flags().StringVar(&f.service, "service", "", "for one `service` only")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON, one entry a line")
	c.ValidArgs = []string{"account", "domain", "link", "text", "addr", "decoy"}
}

// entries makes the list entries of KIND VALUE…; a value "-" stands for the lines of standard input.
func (f *entryFlags) entries(in io.Reader, kind string, values []string) ([]nospim.ListEntry, error) {
	if len(values) == 1 && values[0] == "-" {
		lines, err := readLines(in)
		if err != nil {
			return nil, err
		}
		values = lines
	}
	if f.publish && (f.allow || kind != string(nospim.ListAccount) && kind != string(nospim.ListAddr)) {
		return nil, usageError{errors.New("--publish is for blocked accounts and addresses: others are not told of the rest")}
	}
	if f.until < 0 {
		return nil, usageError{errors.New("--for is negative")}
	}
	if f.allow && kind == string(nospim.ListDecoy) {
		return nil, usageError{errors.New("a decoy is neither allowed nor blocked: leave --allow out")}
	}
	all := make([]nospim.ListEntry, 0, len(values))
	for _, v := range values {
		e, err := detect.ParseEntry(nospim.ListKind(kind), v)
		if err != nil {
			return nil, usageError{err}
		}
		e.Allow, e.Service, e.Note, e.By = f.allow, f.service, f.note, whoami()
		e.Added = time.Now().UTC().Truncate(time.Second)
		e.Publish = f.publish
		if f.until > 0 {
			e.Until = e.Added.Add(f.until)
		}
		all = append(all, e)
	}
	return all, nil
}

// readLines reads lines without those that are empty or begin with #.
func readLines(in io.Reader) ([]string, error) {
	var lines []string
	s := bufio.NewScanner(in)
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("reading standard input, after line %d: %w", len(lines), err)
	}
	return lines, nil
}

func newListsAdd(a *app) *cobra.Command {
	var f entryFlags
	c := &cobra.Command{
		Use:   "add KIND VALUE…",
		Short: "Put entries on the block list, or with --allow on the allow list",
		Example: `  nospim lists add domain casino.example --note "wave of March"
  nospim lists add account ada@chat.example --allow
  nospim lists add account bot@spam.example --publish --for 720h
  nospim lists add domain - < domains.txt`,
		Args: usage(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			all, err := f.entries(a.in, args[0], args[1:])
			if err != nil {
				return err
			}
			return f.withStore(c.Context(), func(s *sqlite.Store) error {
				for _, e := range all {
					if err := s.PutList(c.Context(), e); err != nil {
						return err
					}
					if err := a.printEntry(e, "added", f.asJSON); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.register(c)
	c.Flags().StringVar(&f.note, "note", "", "why, for other people")
	c.Flags().DurationVar(&f.until, "for", 0, "end after a `time` such as 720h")
	c.Flags().BoolVar(&f.publish, "publish", false, "tell others who follow our lists (accounts as hashes)")
	return c
}

func newListsRemove(a *app) *cobra.Command {
	var f entryFlags
	c := &cobra.Command{
		Use:     "remove KIND VALUE…",
		Aliases: []string{"rm"},
		Short:   "Take entries off the block list, or with --allow off the allow list",
		Example: "  nospim lists remove domain casino.example",
		Args:    usage(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			all, err := f.entries(a.in, args[0], args[1:])
			if err != nil {
				return err
			}
			return f.withStore(c.Context(), func(s *sqlite.Store) error {
				for _, e := range all {
					if err := s.RemoveList(c.Context(), e, whoami()); err != nil {
						return fmt.Errorf("%s %s on the %s list: %w", e.Kind, e.Value, listName(e), err)
					}
					if err := a.printEntry(e, "removed", f.asJSON); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.register(c)
	return c
}

func newListsShow(a *app) *cobra.Command {
	var (
		p              places
		asJSON, decoys bool
	)
	c := &cobra.Command{
		Use:   "show [KIND]",
		Short: "Print the lists",
		Long:  "Prints the lists, without the decoys: what is printed is passed on, and a decoy that spammers know is none.",
		Example: `  nospim lists show
  nospim lists show domain --json
  nospim lists show decoy --decoys`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *sqlite.Store) error {
				all, err := s.Lists(c.Context())
				if err != nil {
					return err
				}
				if len(args) > 0 {
					all = ofKind(all, nospim.ListKind(args[0]))
				}
				if !decoys {
					all = slices.DeleteFunc(all, func(e nospim.ListEntry) bool { return e.Secret() })
				}
				return a.printEntries(all, asJSON)
			})
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one entry a line")
	c.Flags().BoolVar(&decoys, "decoys", false, "print the decoys, too")
	return c
}

func ofKind(all []nospim.ListEntry, kind nospim.ListKind) []nospim.ListEntry {
	var some []nospim.ListEntry
	for _, e := range all {
		if e.Kind == kind {
			some = append(some, e)
		}
	}
	return some
}

// listName names the list that an entry stands on.
func listName(e nospim.ListEntry) string {
	switch {
	case e.Kind == nospim.ListDecoy:
		return "decoy"
	case e.Allow:
		return "allow"
	default:
		return "block"
	}
}

func (a *app) printEntry(e nospim.ListEntry, did string, asJSON bool) error {
	if asJSON {
		return a.printJSON(e)
	}
	return a.printf("%s: %s %s %s\n", did, listName(e), e.Kind, e.Value)
}

func (a *app) printEntries(all []nospim.ListEntry, asJSON bool) error {
	if asJSON {
		for _, e := range all {
			if err := a.printJSON(e); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		return a.printf("the lists are empty\n")
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "LIST\tKIND\tVALUE\tSERVICE\tADDED\tENDS\tBY\tNOTE")
	for _, e := range all {
		service := e.Service
		if service == "" {
			service = "all"
		}
		list, ends := listName(e), "never"
		if e.Publish {
			list += ", published"
		}
		if !e.Until.IsZero() {
			ends = e.Until.UTC().Format(time.DateOnly)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", list, e.Kind, safe(e.Value), safe(service),
			e.Added.UTC().Format(time.DateOnly), ends, safe(e.By), safe(e.Note))
	}
	return t.Flush()
}
