package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/door"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/record"
)

// operators carries out what admins say at the door. Each act stands in the journal under the admin's address.
type operators struct {
	d       *daemon
	started time.Time
}

// openAdmins makes the part of the door for admins, nil when the configuration names none.
func (d *daemon) openAdmins() []door.Part {
	c := d.config.Door
	who := c.AdminList()
	if len(who) == 0 {
		return nil
	}
	o := &operators{d: d, started: time.Now()}
	return []door.Part{&door.Admins{
		Name: c.Name, Service: c.Service, Who: who, Commands: o.commands(), Log: d.log,
		News: &door.News{Journal: bulletin{d.Store}, PerHour: c.AdminMessages, Clock: time.Now},
	}}
}

// commands are what admins can have done.
func (o *operators) commands() []door.Command {
	var (
		account = door.Field{Name: "account", Label: "Account"}
		reason  = door.Field{Name: "reason", Label: "Why, for the journal", Optional: true}
		id      = door.Field{Name: "id", Label: "ID, such as h-12"}
		kind    = door.Field{Name: "kind", Label: "Kind of entry", Options: []string{"account", "domain", "link", "text", "addr"}}
		list    = door.Field{Name: "list", Label: "List", Options: []string{"block", "allow"}}
		value   = door.Field{Name: "value", Label: "What is listed"}
		c       = door.Field{Name: "id", Label: "ID, such as c-3vq2m8x0kd"}
	)
	return []door.Command{
		{Words: "status", Title: "How nospim is", Run: o.status},
		{Words: "policy", Title: "The policy in force", Run: o.policy},
		{Words: "held list", Title: "What waits, oldest first", Fields: []door.Field{{Name: "after", Label: "Behind the ID", Optional: true}}, Run: o.heldList},
		{Words: "held show", Title: "Show what was written in a held message", Fields: []door.Field{id}, Run: o.heldShow},
		{Words: "held release", Title: "Deliver a held message", Fields: []door.Field{id, reason}, Run: o.settle(nospim.HoldReleased)},
		{Words: "held refuse", Title: "Refuse a held message", Fields: []door.Field{id, reason}, Run: o.settle(nospim.HoldRefused)},
		{Words: "accounts show", Title: "How an account stands", Fields: []door.Field{account}, Run: o.accountShow},
		{
			Words: "accounts restrict", Title: "Let an account write to nobody new",
			Fields: []door.Field{account, {Name: "for", Label: "How long, such as 24h or 30d", Optional: true}, reason}, Run: o.accountRestrict,
		},
		{Words: "accounts restore", Title: "Take all labels off an account", Fields: []door.Field{account, reason}, Run: o.accountRestore},
		{Words: "lists show", Title: "The lists", Fields: []door.Field{{Name: "kind", Label: "Kind of entry", Optional: true}}, Run: o.listsShow},
		{Words: "lists add", Title: "Put something on the block or the allow list", Fields: []door.Field{list, kind, value}, Run: o.listsAdd},
		{Words: "lists remove", Title: "Take something off a list", Fields: []door.Field{list, kind, value}, Run: o.listsRemove},
		{Words: "campaigns list", Title: "The latest campaigns", Run: o.campaignsList},
		{Words: "campaigns condemn", Title: "Stop a campaign", Fields: []door.Field{c, reason}, Run: o.campaignDecide(nospim.Condemned)},
		{Words: "campaigns spare", Title: "Let a campaign be", Fields: []door.Field{c, reason}, Run: o.campaignDecide(nospim.Spared)},
	}
}

// Bounds of what is said at once.
const (
	linesSaid = 20
	shownTo   = 1000 // characters of a held message
)

func (o *operators) status(ctx context.Context, _ string, _ []string) (string, error) {
	waiting, err := o.d.Store.CountWaiting(ctx)
	if err != nil {
		return "", err
	}
	s := o.d.Engine.Stats()
	var b strings.Builder
	fmt.Fprintf(&b, "nospim %s, up for %s\n%s\nverdicts:", readBuild().Version, time.Since(o.started).Round(time.Second), o.shadow())
	for _, a := range nospim.Actions() {
		fmt.Fprintf(&b, " %s %d", a, s.Actions[a])
	}
	fmt.Fprintf(&b, "\nwaiting: %d messages; refused for want of room: %d\n", waiting, sum(s.Full[:]))
	if o.d.line != nil {
		fmt.Fprintf(&b, "servers connected: %d\n", o.d.line.Stats().Open)
	}
	fmt.Fprintf(&b, "not enforced because not kept: %d; degraded: %d; detector errors: %d", s.Unkept, s.Degraded, s.Erred)
	return b.String(), nil
}

func sum(all []int64) (n int64) {
	for _, one := range all {
		n += one
	}
	return n
}

func (o *operators) shadow() string {
	p := o.d.Engine.Policy()
	if p.Shadow("") {
		return "policy " + p.Hash() + ", in shadow: nothing is enforced"
	}
	return "policy " + p.Hash() + ", enforced"
}

func (o *operators) policy(context.Context, string, []string) (string, error) {
	r := &o.d.reloads
	return fmt.Sprintf("%s\nloaded again %d times, with mistakes %d times", o.shadow(), r.done.Load(), r.failed.Load()), nil
}

func (o *operators) heldList(ctx context.Context, _ string, values []string) (string, error) {
	all, err := o.d.Store.Held(ctx, record.HeldFilter{State: nospim.HoldHeld, After: values[0], Limit: linesSaid})
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "Nothing waits.", nil
	}
	var b strings.Builder
	for i := range all {
		h := &all[i]
		fmt.Fprintf(&b, "%s since %s: %s to %s, %.1f %s\n", h.ID, shortTime(h.Since), safe(h.Event.Sender.ID), safe(recipients(&h.Event)), h.Verdict.Score, symbols(&h.Verdict))
	}
	if len(all) == linesSaid {
		fmt.Fprintf(&b, "There may be more: held list %s", all[len(all)-1].ID)
	}
	return strings.TrimSpace(b.String()), nil
}

// heldShow shows what somebody wrote to somebody else. That an admin has read it stands in the journal, too.
func (o *operators) heldShow(ctx context.Context, by string, values []string) (string, error) {
	all, err := o.d.Store.Held(ctx, record.HeldFilter{ID: values[0]})
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", fmt.Errorf("%s: %w", values[0], nospim.ErrNotFound)
	}
	if _, err := o.d.Store.Mention(ctx, "held.show", values[0], "shown to "+by, 0); err != nil {
		return "", err
	}
	h := &all[0]
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s to %s\n", h.ID, h.State, safe(h.Event.Sender.ID), safe(recipients(&h.Event)))
	for _, s := range h.Verdict.Signals {
		fmt.Fprintf(&b, "%s: %s\n", s.Symbol, link.Defang(safe(s.Why)))
	}
	if h.Event.Body == "" {
		b.WriteString("There is no text.")
	} else {
		runes := []rune(safe(h.Event.Body))
		b.WriteString("> " + link.Defang(string(runes[:min(len(runes), shownTo)])))
	}
	return b.String(), nil
}

func (o *operators) settle(to nospim.HoldState) func(context.Context, string, []string) (string, error) {
	return func(ctx context.Context, by string, values []string) (string, error) {
		if err := settle(ctx, o.d.Store, values[0], to, by, values[1], true); err != nil {
			return "", err
		}
		return values[0] + " " + string(to), nil
	}
}

// accountDays is how far back accounts are shown: the door does not keep others waiting for long.
const accountDays = 2

func (o *operators) accountShow(ctx context.Context, _ string, values []string) (string, error) {
	a, err := standingOfAccount(ctx, o.d.Store, o.d.config.Door.Service, strings.ToLower(values[0]), time.Now().Add(-accountDays*24*time.Hour))
	if err != nil {
		return "", err
	}
	return safe(a.Account) + ": " + strings.Join(a.lines(), "\n"), nil
}

// restrictedFor is how long an account is restricted when nobody says how long.
const restrictedFor = 30 * 24 * time.Hour

func (o *operators) accountRestrict(ctx context.Context, by string, values []string) (string, error) {
	span, why := restrictedFor, values[2]
	if values[1] != "" {
		var err error
		if span, err = parseSpan(values[1]); err != nil { // no span: the reason begins
			span, why = restrictedFor, strings.TrimSpace(values[1]+" "+values[2])
		}
	}
	l, err := restrict(ctx, o.d.Store, strings.ToLower(values[0]), by, why, span)
	if err != nil {
		return "", err
	}
	return labelSentence(&l), nil
}

// parseSpan reads a duration such as 24h or 30d.
func parseSpan(s string) (time.Duration, error) {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		_, err = fmt.Sscanf(days, "%d", &n)
		d = time.Duration(n) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(s)
	}
	if err == nil && d <= 0 {
		err = &nospim.InputError{Field: "for", Problem: "is not longer than nothing"}
	}
	return d, err
}

func (o *operators) accountRestore(ctx context.Context, by string, values []string) (string, error) {
	lifted, err := restore(ctx, o.d.Store, strings.ToLower(values[0]), by, values[1])
	if err != nil {
		return "", err
	}
	var said []string
	for i := range lifted {
		said = append(said, labelSentence(&lifted[i]))
	}
	return strings.Join(said, "\n"), nil
}

// listsShow says the newest entries, without the decoys: what is said is passed on.
func (o *operators) listsShow(ctx context.Context, _ string, values []string) (string, error) {
	all, err := o.d.Store.Lists(ctx)
	if err != nil {
		return "", err
	}
	all = slices.DeleteFunc(all, func(e nospim.ListEntry) bool { return e.Secret() || values[0] != "" && string(e.Kind) != values[0] })
	if len(all) == 0 {
		return "There is nothing on the lists.", nil
	}
	slices.SortStableFunc(all, func(x, y nospim.ListEntry) int { return y.Added.Compare(x.Added) })
	var b strings.Builder
	for _, e := range all[:min(len(all), linesSaid)] {
		fmt.Fprintf(&b, "%s %s %s, by %s\n", listName(e), e.Kind, listed(&e), safe(e.By))
	}
	if more := len(all) - linesSaid; more > 0 {
		fmt.Fprintf(&b, "and %d more", more)
	}
	return strings.TrimSpace(b.String()), nil
}

// listed is the value of an entry, which may be a link.
func listed(e *nospim.ListEntry) string {
	if e.Kind == nospim.ListDomain || e.Kind == nospim.ListLink {
		return link.Defang(safe(e.Value))
	}
	return safe(e.Value)
}

// entry reads what is to be listed.
func (o *operators) entry(by string, values []string) (nospim.ListEntry, error) {
	if values[0] != "block" && values[0] != "allow" {
		return nospim.ListEntry{}, &nospim.InputError{Field: "list", Problem: "is neither block nor allow"}
	}
	e, err := detect.ParseEntry(nospim.ListKind(values[1]), values[2])
	if err == nil && e.Secret() {
		err = &nospim.InputError{Field: "kind", Problem: "is a decoy; those are kept out of conversations"}
	}
	e.Allow, e.By, e.Note, e.Added = values[0] == "allow", by, "said at the door", time.Now().UTC().Truncate(time.Second)
	return e, err
}

func (o *operators) listsAdd(ctx context.Context, by string, values []string) (string, error) {
	e, err := o.entry(by, values)
	if err != nil {
		return "", err
	}
	if err := o.d.Store.PutList(ctx, e); err != nil {
		return "", err
	}
	return fmt.Sprintf("added: %s %s %s", listName(e), e.Kind, listed(&e)), nil
}

func (o *operators) listsRemove(ctx context.Context, by string, values []string) (string, error) {
	e, err := o.entry(by, values)
	if err != nil {
		return "", err
	}
	if err := o.d.Store.RemoveList(ctx, e, by); err != nil {
		return "", err
	}
	return fmt.Sprintf("removed: %s %s %s", listName(e), e.Kind, listed(&e)), nil
}

func (o *operators) campaignsList(ctx context.Context, _ string, _ []string) (string, error) {
	all, err := o.d.Store.Campaigns(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "There are no campaigns.", nil
	}
	var said []string
	for i := range all[:min(len(all), linesSaid)] {
		c := &all[i]
		said = append(said, fmt.Sprintf("%v: %d copies by %d, %d stopped, last %s, %s", c.ID, c.Copies, c.Senders, c.Stopped, shortTime(c.Last), standingOf(c)))
	}
	return strings.Join(said, "\n"), nil
}

func (o *operators) campaignDecide(to nospim.Standing) func(context.Context, string, []string) (string, error) {
	return func(ctx context.Context, by string, values []string) (string, error) {
		id, err := nospim.ParseCampaignID(values[0])
		if err != nil {
			return "", err
		}
		if err := o.d.Store.DecideCampaign(ctx, id, to, by, values[1]); err != nil {
			return "", err
		}
		return fmt.Sprintf("%v %s", id, to), nil
	}
}
