package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/record/sqlite"
)

// check is what check's flags say.
type check struct {
	labFlags

	event    nospim.Event
	from, to string
	relation string
	asJSON   bool
}

func newCheck(a *app) *cobra.Command {
	var k check
	c := &cobra.Command{
		Use:   "check [TEXT…]",
		Short: "Say what would be done with a text, and why",
		Long: `Judges a text, from the arguments or from standard input, as a message that comes from a stranger and is the first of its
kind. Prints the verdict with each symbol, what it adds to the score, and why. Always enforces, whatever the policy's shadow
says; asks the installed policy and the operator's lists where there are any. Nothing is kept.

Exit code 0: the message would be delivered, marked or not. 3: it would be stopped.`,
		Example: `  nospim check "hi, see my cam at http://x.example/a"
  nospim check --relation contact < message.txt
  nospim check --json --policy ./policy.yaml hello`,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readText(a.in, args)
			if err != nil {
				return err
			}
			return k.run(c.Context(), a, text)
		},
	}
	k.register(c)
	c.Flags().StringVar(&k.from, "from", "stranger@elsewhere.example", "sender's `account`")
	c.Flags().StringVar(&k.to, "to", "you@chat.example", "recipient's `account`")
	c.Flags().StringVar(&k.relation, "relation", string(nospim.RelationStranger), "how the recipient stands to the sender: stranger, pending, contact, …")
	c.Flags().StringVar(&k.event.Service, "service", "chat.example", "protected `service`")
	c.Flags().StringVar(&k.event.Addr, "addr", "", "sender's IP `address`")
	c.Flags().BoolVar(&k.asJSON, "json", false, "print the verdict as JSON")
	return c
}

// readText returns the arguments as one text, or standard input.
func readText(in io.Reader, args []string) (string, error) {
	if len(args) > 0 && (len(args) > 1 || args[0] != "-") {
		return strings.Join(args, " "), nil
	}
	b, err := io.ReadAll(io.LimitReader(in, nospim.MaxBody+1)) // one more, so that too much is seen to be too much
	if err != nil {
		return "", fmt.Errorf("reading standard input: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (k *check) run(ctx context.Context, a *app, text string) error {
	e := &k.event
	e.ID, e.Kind, e.Protocol, e.Direction = "check", nospim.KindMessage, "cli", nospim.In
	// Judging does not read a clock, and the rules speak of windows: any time will do, and a fixed one gives the same every day.
	e.Time = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	e.Sender.ID, e.Recipients = k.from, []nospim.Account{{ID: k.to, Local: true}}
	e.Relation, e.Body = nospim.Relation(k.relation), text
	if err := e.Validate(); err != nil {
		return usageError{err}
	}
	lists, err := k.lists(ctx)
	if err != nil {
		return err
	}
	l, err := k.open(ctx, lists)
	if err != nil {
		return err
	}
	v, err := l.engine.Judge(ctx, e)
	if err != nil {
		return err
	}
	if k.asJSON {
		err = a.printf("%s\n", wire.AppendVerdict(nil, v))
	} else {
		err = a.printVerdict(v, l.from)
	}
	if err == nil && v.Action.Stops() {
		err = errStopped
	}
	return err
}

// lists reads the operator's lists, where there is an installation.
func (k *check) lists(ctx context.Context) (all []nospim.ListEntry, err error) {
	c, err := k.load()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(storeFile(c)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	err = k.withStore(ctx, func(s *sqlite.Store) error {
		all, err = s.Lists(ctx)
		return err
	})
	return all, err
}

// printVerdict writes a verdict for people.
func (a *app) printVerdict(v *nospim.Verdict, policyFrom string) error {
	p := newPaint(a.out)
	var b strings.Builder
	fmt.Fprintf(&b, "%s  score %.1f, held from %.1f\n", p.action(v.Action), v.Score, v.Required)
	if len(v.Signals) == 0 {
		b.WriteString("  nothing was noticed\n")
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i := range v.Signals {
		s := &v.Signals[i]
		_, _ = fmt.Fprintf(w, "  %+6.1f\t%s\t%s\n", s.Score, s.Symbol, s.Why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, d := range v.Degraded {
		fmt.Fprintf(&b, "  degraded: %s\n", d)
	}
	b.WriteString(p.faint(fmt.Sprintf("policy %s (%s)", v.Policy, policyFrom)) + "\n")
	_, err := io.WriteString(a.out, b.String())
	return err
}
