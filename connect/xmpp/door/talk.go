package door

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
)

// Talk is the conversation of one service's people with the door.
type Talk struct {
	Desk    Desk
	Service string
}

// Limits of what the door says at once.
const (
	mostListed = 20
	mostTexts  = 5
	longText   = 500 // characters of a stranger's message
)

// Notice is what a person is told when something of a stranger waits: nothing about the stranger.
func (t *Talk) Notice(lang string) string { return language(lang).notice }

// Answer answers what a person said, in the person's language. It never fails: what goes wrong is told to the person, and returned for
// the log.
func (t *Talk) Answer(ctx context.Context, account, lang, said string) (string, error) {
	w := language(lang)
	v, rest := w.parse(said)
	var (
		answer string
		err    error
	)
	switch v {
	case sayHelp:
		return w.help, nil
	case sayProfile:
		answer, err = t.profile(ctx, w, account, rest)
	case sayWarn:
		answer, err = t.warn(ctx, w, account, rest)
	case sayInvite:
		return t.invite(w, account), nil
	case "":
		return w.unknown + " " + w.help, nil
	default:
		answer, err = t.about(ctx, w, account, v, rest)
	}
	if err != nil {
		return w.failed, fmt.Errorf("answering somebody at the door: %w", err)
	}
	return answer, nil
}

// warn warns somebody by address.
func (t *Talk) warn(ctx context.Context, w *words, account, sender string) (string, error) {
	sender, _, _ = strings.Cut(strings.Trim(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(sender)), "xmpp:"), "<>,;"), "/")
	if sender == "" || strings.ContainsAny(sender, " \t\n") || len(sender) > nospim.MaxAccountID {
		return w.whom, nil
	}
	err := t.Desk.Warn(ctx, t.Service, account, sender)
	switch {
	case errors.Is(err, nospim.ErrNotFound):
		return fmt.Sprintf(w.stranger, sender), nil
	case err != nil:
		return "", err
	default:
		return fmt.Sprintf(w.warned, sender), nil
	}
}

// invite gives a person an invitation for strangers (XEP-0379 §2).
func (t *Talk) invite(w *words, account string) string {
	token, until := t.Desk.Invite(account)
	return fmt.Sprintf(w.invited, until.UTC().Format(time.DateOnly), "xmpp:"+account+"?roster;preauth="+token)
}

// parse reads a verb, in this language or in English, and what follows it.
func (w *words) parse(said string) (v verb, rest string) {
	said = strings.ToLower(strings.TrimSpace(said))
	first, rest, _ := strings.Cut(said, " ")
	first = strings.TrimFunc(first, func(r rune) bool { return unicode.IsPunct(r) && r != '?' })
	if v, ok := w.verbs[first]; ok {
		return v, strings.TrimSpace(rest)
	}
	return languages["en"].verbs[first], strings.TrimSpace(rest)
}

// about answers what concerns somebody who waits.
func (t *Talk) about(ctx context.Context, w *words, account string, v verb, which string) (string, error) {
	waiting, err := t.Desk.Waiting(ctx, t.Service, account)
	if err != nil {
		return "", err
	}
	if len(waiting) == 0 {
		return w.nothing, nil
	}
	if v == sayMore {
		page := number(which) - 1
		if which == "" {
			page = 1
		}
		return w.list(waiting, page), nil
	}
	n := meant(waiting, which)
	switch {
	case n > 0:
	case v == sayShow:
		return w.list(waiting, 0), nil
	default:
		return fmt.Sprintf(w.which, v.said(w)) + "\n" + w.list(waiting, 0), nil
	}
	one := waiting[n-1]
	if v == sayShow {
		return t.show(ctx, w, one, n, len(waiting))
	}
	err = t.Desk.Decide(ctx, t.Service, account, one.Sender, nospim.Decision(v))
	if errors.Is(err, nospim.ErrNotFound) {
		return w.nothing, nil
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(w.decided[nospim.Decision(v)], one.Sender), nil
}

// meant returns the number of the one who is meant: by number, by address, or because there is no other; 0 when that is not clear.
func meant(waiting []nospim.Waiting, which string) int {
	if n := number(which); n >= 1 && n <= len(waiting) {
		return n
	}
	if len(waiting) == 1 && which == "" {
		return 1
	}
	return 1 + slices.IndexFunc(waiting, func(one nospim.Waiting) bool { return strings.EqualFold(one.Sender, which) })
}

// number reads a number as people write it; 0 when it is none.
func number(s string) int {
	n, err := strconv.Atoi(strings.Trim(s, "#.: "))
	if err != nil {
		return 0
	}
	return n
}

// said returns the shortest word of a language for a verb that has more than two letters, for examples.
func (v verb) said(w *words) string {
	best := ""
	for word, is := range w.verbs {
		if is == v && len(word) > 2 && (best == "" || len(word) < len(best) || len(word) == len(best) && word < best) {
			best = word
		}
	}
	return best
}

// list lists a page of who waits, the first one being 0. A stranger's address is shown, a chosen name is not: it may be the message.
func (w *words) list(waiting []nospim.Waiting, page int) string {
	page = clampPage(page, len(waiting))
	from := page * mostListed
	to := min(len(waiting), from+mostListed)
	var b strings.Builder
	b.WriteString(w.senders)
	for i, one := range waiting[from:to] {
		b.WriteByte('\n')
		fmt.Fprintf(&b, w.sender, from+i+1, one.Sender, one.Count, one.Since.UTC().Format(time.DateOnly))
	}
	if left := len(waiting) - to; left > 0 {
		b.WriteByte('\n')
		fmt.Fprintf(&b, w.more, left, page+2)
	}
	return b.String()
}

// clampPage returns the page that there is nearest to the one wanted.
func clampPage(page, n int) int { return max(0, min(page, (n-1)/mostListed)) }

// show shows what somebody wrote, its links unfit to be clicked.
func (t *Talk) show(ctx context.Context, w *words, one nospim.Waiting, n, of int) (string, error) {
	texts, err := t.Desk.Texts(ctx, one)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, s := range texts[:min(len(texts), mostTexts)] {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("> " + shown(s))
	}
	if len(texts) > mostTexts {
		b.WriteString("\n> …")
	}
	number := ""
	if of > 1 {
		number = " " + strconv.Itoa(n)
	}
	return fmt.Sprintf(w.waits, one.Sender, b.String(), number), nil
}

// shown cuts a stranger's text short, takes what is no text out of it, and makes no link of it clickable.
func shown(s string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s))
	if len(runes) > longText {
		runes = append(runes[:longText], '…')
	}
	return link.Defang(strings.TrimSpace(string(runes)))
}

// profile shows or changes a person's profile.
func (t *Talk) profile(ctx context.Context, w *words, account, wanted string) (string, error) {
	if wanted == "" {
		p, locked, err := t.Desk.Profile(ctx, account)
		switch {
		case err != nil:
			return "", err
		case locked:
			return w.profiles[p] + ". " + w.locked, nil
		default:
			return fmt.Sprintf(w.profile, w.profiles[p], w.choices()), nil
		}
	}
	p := nospim.Profile(wanted)
	if wanted == "default" {
		p = ""
	}
	err := t.Desk.Choose(ctx, account, p)
	switch {
	case errors.Is(err, nospim.ErrConflict):
		return w.locked, nil
	case errors.Is(err, nospim.ErrInvalid):
		return w.unknown + " " + w.choices(), nil
	case err != nil:
		return "", err
	default:
		return fmt.Sprintf(w.chosen, w.profiles[p]), nil
	}
}

// choices lists the profiles.
func (w *words) choices() string {
	all := []string{"default"}
	for _, p := range nospim.Profiles() {
		all = append(all, w.profiles[p])
	}
	return strings.Join(all, ", ")
}
