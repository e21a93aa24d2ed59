package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

func newAccounts(a *app) *cobra.Command {
	c := group("accounts", "Accounts that act unlike themselves",
		newAccountsList(a), newAccountsShow(a), newAccountsConfirm(a),
		newAccountsLabel(a, "restrict", detect.LabelRestricted, "Let an account write to nobody new", 30*24*time.Hour),
		newAccountsLabel(a, "support", detect.LabelSupport, "Let restricted accounts write to this one all the same", 365*24*time.Hour),
		newAccountsRestore(a),
	)
	c.Long = `When an account suddenly writes to many of its contacts, unlike itself, its messages wait and its owner is asked, through all sessions of
the account. Somebody who has heard from the owner confirms, and everything goes out at once; or restricts the account until
its owner has it back: then what it sends to strangers waits, while contacts, those who write to it, and support stay within reach.`
	return c
}

// accountFlags name an account.
type accountFlags struct {
	places
	service, reason string
	asJSON          bool
	span            time.Duration
}

// of returns the account's service: the domain of its address when no flag says it.
func (f *accountFlags) of(account string) (string, error) {
	if f.service != "" {
		return f.service, nil
	}
	_, domain, ok := strings.Cut(strings.TrimPrefix(account, "@"), "@")
	if !ok {
		_, domain, ok = strings.Cut(account, ":") // @nina:chat.example
	}
	if !ok || domain == "" {
		return "", usageError{fmt.Errorf("%s names no service; say --service", account)}
	}
	return domain, nil
}

func (f *accountFlags) register(c *cobra.Command) {
	f.flags(c)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&f.service, "service", "", "the `service` that the account is known to; the domain of its address if left out")
}

func newAccountsList(a *app) *cobra.Command {
	var f accountFlags
	c := &cobra.Command{
		Use:     "list",
		Short:   "List accounts whose owners were asked, and accounts with labels",
		Example: "  nospim accounts list --for 72h",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withStore(c.Context(), func(s *sqlite.Store) error { return a.listAccounts(c.Context(), s, &f) })
		},
	}
	f.flags(c)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON, one account a line")
	c.Flags().DurationVar(&f.span, "for", 14*24*time.Hour, "how far back")
	return c
}

// watched is an account that somebody should look at.
type watched struct {
	Account string    `json:"account"`
	Asked   time.Time `json:"asked,omitzero"`
	Why     string    `json:"why,omitempty"`
	Waiting int       `json:"waiting"`
	Labels  []string  `json:"labels"`
}

func (a *app) listAccounts(ctx context.Context, s *sqlite.Store, f *accountFlags) error {
	journal, err := s.Audit(ctx, time.Now().Add(-f.span))
	if err != nil {
		return err
	}
	labels, err := s.Labels(ctx)
	if err != nil {
		return err
	}
	all := map[string]*watched{}
	of := func(account string) *watched {
		if all[account] == nil {
			all[account] = &watched{Account: account, Labels: []string{}}
		}
		return all[account]
	}
	for _, j := range journal {
		switch {
		case j.Action == "account.ask":
			w := of(j.Object)
			w.Asked, w.Why = j.At, j.Reason
		case j.Action == "account.restricted" && !overruled(labels, &j):
			of(j.Object).Labels = []string{detect.LabelRestricted}
		}
	}
	for i := range labels {
		if l := &labels[i]; l.Entity.Kind == nospim.EntityAccount && !l.Lifts() && l.Until.After(time.Now()) {
			w := of(l.Entity.ID)
			w.Labels = append(w.Labels, l.Name)
		}
	}
	list := make([]*watched, 0, len(all))
	for _, w := range all {
		held, err := s.Held(ctx, record.HeldFilter{Sender: w.Account, State: nospim.HoldHeld})
		if err != nil {
			return err
		}
		w.Waiting = len(held)
		list = append(list, w)
	}
	slices.SortFunc(list, func(x, y *watched) int { return cmp.Or(x.Asked.Compare(y.Asked), cmp.Compare(x.Account, y.Account)) })
	return a.printWatched(list, f.asJSON)
}

// overruled reports whether somebody decided about an account's restriction after a line of the journal.
func overruled(labels []record.Labelling, j *record.Audit) bool {
	return slices.ContainsFunc(labels, func(l record.Labelling) bool {
		return l.Entity.Kind == nospim.EntityAccount && l.Entity.ID == j.Object && l.Name == detect.LabelRestricted && !l.At.Before(j.At)
	})
}

func (a *app) printWatched(list []*watched, asJSON bool) error {
	if len(list) == 0 && !asJSON {
		return a.printf("no account was asked about, and none has a label\n")
	}
	for _, w := range list {
		if asJSON {
			if err := a.printJSON(w); err != nil {
				return err
			}
			continue
		}
		asked := "not asked"
		if !w.Asked.IsZero() {
			asked = "asked " + shortTime(w.Asked) + ": " + safe(w.Why)
		}
		if err := a.printf("%s  %d waiting  [%s]  %s\n", safe(w.Account), w.Waiting, strings.Join(w.Labels, " "), asked); err != nil {
			return err
		}
	}
	return nil
}

func newAccountsShow(a *app) *cobra.Command {
	var f accountFlags
	c := &cobra.Command{
		Use:   "show ACCOUNT",
		Short: "Show how an account stands and what happened to it, without what was written",
		Long: `Shows how an account stands: its profile, what waits of it, its labels, the reports about it and the verdicts on what it sent. Then
tells the story of the account from the records: a link that it was sent, a page that asks for passwords, a log-in from elsewhere, the contact
list read, the burst to contacts, the question to the owner, and what people decided. What was written is not in it.`,
		Example: "  nospim accounts show nina@chat.example",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			service, err := f.of(args[0])
			if err != nil {
				return err
			}
			return f.withStore(c.Context(), func(s *sqlite.Store) error {
				since := time.Now().Add(-f.span)
				story, err := engine.TellStory(c.Context(), s, service, args[0], since, time.Now())
				if err != nil {
					return err
				}
				standing, err := standingOfAccount(c.Context(), s, service, args[0], since)
				if err != nil {
					return err
				}
				if f.asJSON {
					return a.printJSON(struct {
						*engine.Story

						Standing *accountStanding `json:"standing"`
					}{story, standing})
				}
				return a.printStory(story, standing)
			})
		},
	}
	f.register(c)
	c.Flags().DurationVar(&f.span, "for", 7*24*time.Hour, "how far back; records of what was allowed are kept 7 days unless the configuration says otherwise")
	return c
}

func (a *app) printStory(s *engine.Story, standing *accountStanding) error {
	verdict := "nothing of note"
	switch {
	case s.Stolen:
		verdict = "looks stolen"
	case len(s.Lines) > 0:
		verdict = "does not look stolen"
	}
	if err := a.printf("%s: %s\n  %s\n", safe(s.Account), verdict, strings.Join(standing.lines(), "\n  ")); err != nil {
		return err
	}
	if err := a.printf("warning level %d of 1000, by %d people within a week\n", s.Warning, s.WarnedBy); err != nil {
		return err
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		var head strings.Builder
		fmt.Fprintf(&head, "%s  %-26s", l.At.UTC().Format("2006-01-02 15:04:05"), l.Step)
		if l.Messages > 0 {
			fmt.Fprintf(&head, "%d messages to %d people until %s, %d stopped", l.Messages, l.People, l.Last.UTC().Format("15:04:05"), l.Stopped)
		}
		for n, say := range l.Say {
			if n > 0 || l.Messages > 0 {
				head.WriteString("\n" + strings.Repeat(" ", 47))
			}
			head.WriteString(link.Defang(safe(say)))
		}
		if err := a.printf("%s\n", head.String()); err != nil {
			return err
		}
	}
	return nil
}

func newAccountsConfirm(a *app) *cobra.Command {
	var f accountFlags
	c := &cobra.Command{
		Use:   "confirm ACCOUNT",
		Short: "The owner says that it was them: deliver what waits, and do not ask for a while",
		Long: `Notes that the owner of an account sent the messages: those that wait because the account acted unlike itself are delivered at once, and
for some hours nothing is held for that. Confirm only what the owner told you otherwise than through this account.`,
		Example: "  nospim accounts confirm nina@chat.example --reason \"called her\"",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withStore(c.Context(), func(s *sqlite.Store) error { return a.confirmOwner(c.Context(), s, args[0], &f) })
		},
	}
	f.register(c)
	c.Flags().DurationVar(&f.span, "for", 12*time.Hour, "for how long")
	c.Flags().StringVar(&f.reason, "reason", "", "why, for the journal")
	return c
}

func (a *app) confirmOwner(ctx context.Context, s *sqlite.Store, account string, f *accountFlags) error {
	if err := a.label(ctx, s, account, detect.OwnerConfirmed, f); err != nil {
		return err
	}
	held, err := s.Held(ctx, record.HeldFilter{Service: f.service, Sender: account, State: nospim.HoldHeld})
	if err != nil {
		return err
	}
	for i := range held {
		if !unlikeItself(&held[i].Verdict) {
			continue // it waits for another reason
		}
		if err := s.Settle(ctx, held[i].ID, nospim.HoldReleased, whoami(), cmp.Or(f.reason, "the owner confirmed")); err != nil {
			return err
		}
		if err := a.printSettled(held[i].ID, nospim.HoldReleased, f.asJSON); err != nil {
			return err
		}
	}
	return nil
}

// unlikeItself reports whether a message waits because its sender wrote to many.
func unlikeItself(v *nospim.Verdict) bool {
	return slices.ContainsFunc(v.Signals, func(s nospim.Signal) bool { return s.Symbol == "BURST_TO_CONTACTS" })
}

// label puts a label on an account for f.span, or lifts it when that is 0.
func (a *app) label(ctx context.Context, s *sqlite.Store, account, name string, f *accountFlags) error {
	l, err := putAccountLabel(ctx, s, account, name, whoami(), f.reason, f.span)
	if err != nil {
		return err
	}
	return a.printLabel(&l, f.asJSON)
}

func (a *app) printLabel(l *record.Labelling, asJSON bool) error {
	if asJSON {
		return a.printJSON(l)
	}
	return a.printf("%s\n", labelSentence(l))
}

// labelSentence says what was done about a label of an account.
func labelSentence(l *record.Labelling) string {
	if l.Lifts() {
		return safe(l.Entity.ID) + ": " + l.Name + " no longer"
	}
	return safe(l.Entity.ID) + ": " + l.Name + " until " + shortTime(l.Until)
}

// newAccountsLabel makes restrict and support, which differ in the label.
func newAccountsLabel(a *app, verb, name, short string, span time.Duration) *cobra.Command {
	var f accountFlags
	c := &cobra.Command{
		Use:     verb + " ACCOUNT…",
		Short:   short,
		Example: "  nospim accounts " + verb + " nina@chat.example --reason \"stolen this morning\"",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withStore(c.Context(), func(s *sqlite.Store) error {
				for _, account := range args {
					if err := a.label(c.Context(), s, account, name, &f); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.register(c)
	c.Flags().DurationVar(&f.span, "for", span, "for how long")
	c.Flags().StringVar(&f.reason, "reason", "", "why, for the journal")
	return c
}

func newAccountsRestore(a *app) *cobra.Command {
	var f accountFlags
	c := &cobra.Command{
		Use:     "restore ACCOUNT…",
		Short:   "Take all labels off an account",
		Example: "  nospim accounts restore nina@chat.example --reason \"has a new password\"",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withStore(c.Context(), func(s *sqlite.Store) error {
				for _, account := range args {
					lifted, err := restore(c.Context(), s, account, whoami(), f.reason)
					if err != nil {
						return err
					}
					for i := range lifted {
						if err := a.printLabel(&lifted[i], f.asJSON); err != nil {
							return err
						}
					}
				}
				return nil
			})
		},
	}
	f.register(c)
	c.Flags().StringVar(&f.reason, "reason", "", "why, for the journal")
	return c
}
