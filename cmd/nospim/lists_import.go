package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// mostMistakes is how many mistakes of a file are told one by one.
const mostMistakes = 10

// importing is one nospim lists import.
type importing struct {
	places
	head            record.Feed
	kind, format    string
	dryRun, skipBad bool
	name            string // of the file, for people
	err             io.Writer

	read, bad int64
}

func newListsImport(a *app) *cobra.Command {
	i := importing{err: a.err}
	c := &cobra.Command{
		Use:   "import KIND FILE",
		Short: "Take over a list of any length from a file",
		Long: `Takes over a list of domains, links, addresses, accounts or texts from a file, or from standard input (-). The list has a name, that
of the file as a rule; imported again under its name, it is replaced as a whole, and until then the old one stays in force. A running
daemon follows within a second. Imported lists have a weight: at 1 they refuse a stranger's message, at 0.6 it waits; contacts are
never stopped by them alone. Entries of "nospim lists add" are orders and win.

The formats, which are told by the end of the file's name, or by --format:

  plain  one value a line; empty lines and what follows # or ; are left out. Of accounts and domains, 64 hex digits are a
         SHA-256 (also written sha256:…)
  jsonl  one JSON object a line with "value", and "kind" where it is not KIND, as "nospim lists export" writes it
  xml    items as services publish them: <item id="…"/>, with recommendations (xmppbl.org)

A line that is no value of the kind is told with its number, and nothing is taken over; --skip-bad leaves such lines out.`,
		Example: `  nospim lists import domain phishing-domains.txt
  nospim lists import addr drop.txt --as spamhaus --weight 0.5
  nospim lists import account hashes.txt --dry-run
  nospim lists import domain - --as shop --allow < our-shops.txt`,
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			i.kind, i.name = args[0], args[1]
			return i.run(c.Context(), a)
		},
	}
	i.flags(c)
	f := c.Flags()
	f.StringVar(&i.head.Name, "as", "", "the list's `name`, instead of the file's")
	f.StringVar(&i.format, "format", "", "plain, jsonl or xml")
	f.BoolVar(&i.head.Allow, "allow", false, "an allow list instead of a block list")
	f.StringVar(&i.head.Service, "service", "", "for one `service` only")
	f.Float64Var(&i.head.Weight, "weight", usualWeight, "what it counts for, above 0 to 1")
	f.BoolVar(&i.dryRun, "dry-run", false, "read and check only")
	f.BoolVar(&i.skipBad, "skip-bad", false, "leave out lines that are no values")
	c.ValidArgs = []string{"account", "domain", "link", "text", "addr"}
	return c
}

func (i *importing) run(ctx context.Context, a *app) (err error) {
	if err := i.check(); err != nil {
		return usageError{err}
	}
	in, size := a.in, int64(-1)
	if i.name != "-" {
		f, err := os.Open(i.name)
		if err != nil {
			return fmt.Errorf("importing a list: %w", err)
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			size = st.Size()
		}
		in = f
	}
	if isTerminal(i.err) {
		bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(i.err), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription("importing"), progressbar.OptionClearOnFinish())
		defer bar.Finish() //nolint:errcheck // it is decoration
		in = io.TeeReader(in, bar)
	}
	items := i.items(ctx, readItems(bufio.NewReaderSize(in, 256<<10), i.format, i.head.Kind))
	if i.dryRun {
		for _, err := range items {
			if err != nil {
				return err
			}
		}
		return a.printf("%s: %d items could be taken over, %d lines could not; nothing was\n", safe(i.head.Name), i.read, i.bad)
	}
	return i.withStore(ctx, func(s *sqlite.Store) error {
		n, err := i.fill(ctx, s, items)
		if err != nil {
			return err
		}
		return a.printf("imported: %s %s %s, %d items of %d; %d lines were left out\n", listName(nospim.ListEntry{Allow: i.head.Allow}), i.kind, safe(i.head.Name), n, i.read, i.bad)
	})
}

// check completes what was asked for.
func (i *importing) check() error {
	i.head.Kind, i.head.Origin = nospim.ListKind(i.kind), originFile
	if i.head.Name == "" && i.name != "-" {
		i.head.Name = filepath.Base(i.name)
	}
	switch {
	case i.head.Kind == nospim.ListDecoy:
		return errors.New("decoys are not imported: add them with nospim lists add decoy")
	case i.head.Name == "":
		return errors.New("standard input has no name: give the list one with --as")
	case strings.Contains(i.head.Name, "/"):
		return fmt.Errorf("--as is %q; names with a slash are those of lists that are followed", i.head.Name)
	case i.head.Weight <= 0 || i.head.Weight > 1:
		return fmt.Errorf("--weight is %v; it may be above 0 to 1", i.head.Weight)
	}
	if i.format == "" {
		i.format = formatOf(i.name)
	}
	return nil
}

// fill puts the items in force.
func (i *importing) fill(ctx context.Context, s *sqlite.Store, items iter.Seq2[record.FeedItem, error]) (int64, error) {
	all, err := s.Feeds(ctx)
	if err != nil {
		return 0, err
	}
	known := false
	for k := range all {
		known = known || all[k].Name == i.head.Name
	}
	if known {
		if err := s.PutFeed(ctx, i.head, whoami()); err != nil {
			return 0, err
		}
		return i.filled(ctx, s, items)
	}
	if err := s.PutFeed(ctx, i.head, whoami()); err != nil {
		return 0, err
	}
	n, err := i.filled(ctx, s, items)
	if err != nil { // nothing was taken over, so there is no list
		err = errors.Join(err, s.RemoveFeed(context.WithoutCancel(ctx), i.head.Name, whoami()))
	}
	return n, err
}

func (i *importing) filled(ctx context.Context, s *sqlite.Store, items iter.Seq2[record.FeedItem, error]) (int64, error) {
	n, err := s.FillFeed(ctx, i.head.Name, items)
	if err != nil {
		return 0, err
	}
	return n, s.NoteFeed(ctx, i.head.Name, time.Now(), "")
}

// items counts what a file has. With mistakes, it reads on to tell more of them, and then errs.
func (i *importing) items(ctx context.Context, lines iter.Seq2[fileItem, error]) iter.Seq2[record.FeedItem, error] {
	return func(yield func(record.FeedItem, error) bool) {
		for l, err := range lines {
			if err == nil {
				err = ctx.Err()
			}
			var wrong *nospim.InputError
			switch {
			case errors.As(err, &wrong):
				if i.bad++; i.bad <= mostMistakes {
					_, _ = fmt.Fprintf(i.err, "%s:%d: %s %s\n", i.name, l.line, wrong.Field, wrong.Problem)
				}
			case err != nil:
				yield(record.FeedItem{}, fmt.Errorf("%s:%d: %w", i.name, l.line, err))
				return
			default:
				i.read++
				if i.bad > 0 && !i.skipBad {
					continue // it is only read to tell more mistakes
				}
				if !yield(l.FeedItem, nil) {
					return
				}
			}
		}
		if i.bad > 0 && !i.skipBad {
			yield(record.FeedItem{}, fmt.Errorf("%s: %d lines are no values of kind %s, and nothing is taken over; --skip-bad leaves them out", i.name, i.bad, i.head.Kind))
		}
	}
}
