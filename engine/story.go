package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/record"
)

// The steps of the classic case, in their order, and what was done about it.
const (
	StepLink       = "link received"
	StepCredential = "credential page suspected" //nolint:gosec // no credential, a step
	StepLogin      = "log-in from elsewhere"
	StepList       = "contact list read"
	StepBurst      = "burst to contacts"
	StepAsked      = "owner asked"
	StepDecided    = "decided"
)

// Story is what the records say of an account that may have been stolen: one case from the link to the burst, without a word of
// what anybody wrote.
type Story struct {
	Service string `json:"service"`
	Account string `json:"account"`
	Lines   []Line `json:"lines"`
	// Stolen says that the account was used from elsewhere, or after a link that asks for passwords, and then wrote to many.
	Stolen bool `json:"stolen"`
	// Warning is how much it is warned, in thousandths (see [detect.WarningLevel]), by how many people within a week.
	Warning  int `json:"warning"`
	WarnedBy int `json:"warned_by"`
}

// Line is one step.
type Line struct {
	At   time.Time `json:"at"`
	Last time.Time `json:"last"` // of a burst; otherwise At
	Step string    `json:"step"`
	// Say are sentences for people.
	Say []string `json:"say"`
	// Events name what happened; of a burst, the first ones.
	Events []string `json:"events,omitempty"`
	// Messages, People and Stopped count a burst.
	Messages int `json:"messages,omitempty"`
	People   int `json:"people,omitempty"`
	Stopped  int `json:"stopped,omitempty"`

	people map[string]bool
	score  float64
}

// mostNamed is how many events a line names.
const mostNamed = 20

// burstGap ends a burst: what comes later is another.
const burstGap = time.Hour

// TellStory reads the story of an account since a time, as it looks now.
func TellStory(ctx context.Context, records record.Store, service, account string, since, now time.Time) (*Story, error) {
	t := &teller{story: &Story{Service: service, Account: account}, now: now, day: map[string]bool{}, week: map[string]bool{}}
	if err := records.Account(ctx, service, account, since, func(r *nospim.Record) error { t.tell(r); return nil }); err != nil {
		return nil, fmt.Errorf("reading the records of an account: %w", err)
	}
	journal, err := records.Audit(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	for i := range journal {
		t.decided(&journal[i])
	}
	return t.end(), nil
}

// teller makes lines of records.
type teller struct {
	story *Story
	lists []Line // contact lists read: only those before a burst belong to the story
	now   time.Time
	// Who warned of the account, within a day and within a week.
	day, week map[string]bool
}

func (t *teller) tell(r *nospim.Record) {
	e := &r.Event
	switch {
	case whyOf(r, "WARNING") != "" && e.Sender.ID != t.story.Account:
		t.warned(r)
	case e.Sender.ID != t.story.Account:
		t.baited(r)
	case e.Kind == nospim.KindLogin:
		if why := whyOf(r, "LOGIN_ELSEWHERE"); why != "" {
			t.add(r, StepLogin, why)
		}
	case e.Kind == nospim.KindRosterRead:
		t.lists = append(t.lists, line(r, StepList, fmt.Sprintf("%d entries were read out", e.Count)))
	case whyOf(r, "BURST_TO_CONTACTS") != "":
		t.burst(r)
	}
}

// warned takes in that somebody known warned of the account, as the detector of warnings counts it.
func (t *teller) warned(r *nospim.Record) {
	by := strings.Clone(r.Event.Sender.ID)
	if age := t.now.Sub(r.Kept); age < 7*24*time.Hour {
		t.week[by] = true
		if age < 24*time.Hour {
			t.day[by] = true
		}
	}
}

// baited takes in a link that asks for a password.
func (t *teller) baited(r *nospim.Record) {
	if len(r.Features.Links) == 0 {
		return
	}
	var why []string
	for _, s := range []string{"LINK_LOOKALIKE", "LURE_CREDENTIALS", "CONTENT_PHISHING"} {
		if w := whyOf(r, s); w != "" {
			why = append(why, w)
		}
	}
	if r.Features.Parts.Credential > 0 && len(why) == 0 {
		why = append(why, "the message speaks of passwords or codes")
	}
	if len(why) > 0 {
		t.add(r, StepLink, fmt.Sprintf("a link from %s: %s", r.Event.Sender.ID, fate(r)))
		t.add(r, StepCredential, why...)
	}
}

// burst takes in a message of a burst.
func (t *teller) burst(r *nospim.Record) {
	var b *Line
	if i := len(t.story.Lines) - 1; i >= 0 && t.story.Lines[i].Step == StepBurst && r.Event.Time.Sub(t.story.Lines[i].Last) < burstGap {
		b = &t.story.Lines[i]
	} else {
		t.story.Lines = append(t.story.Lines, Line{At: r.Event.Time, Step: StepBurst, people: map[string]bool{}})
		b = &t.story.Lines[len(t.story.Lines)-1]
	}
	b.Last = r.Event.Time
	b.Messages++
	for i := range r.Event.Recipients {
		b.people[r.Event.Recipients[i].ID] = true
	}
	if r.Verdict.Action.Stops() {
		b.Stopped++
	}
	if len(b.Events) < mostNamed {
		b.Events = append(b.Events, r.Event.ID)
	}
	if r.Verdict.Score >= b.score { // the sentences of the message that weighs most
		b.score, b.Say = r.Verdict.Score, nil
		for i := range r.Verdict.Signals {
			b.Say = append(b.Say, r.Verdict.Signals[i].Why)
		}
	}
}

// decided takes in what was done about the account.
func (t *teller) decided(a *record.Audit) {
	l := Line{At: a.At, Last: a.At}
	switch {
	case a.Action == "account.ask" && a.Object == t.story.Account:
		l.Step, l.Say = StepAsked, []string{"its owner was asked through its sessions"}
	case strings.HasPrefix(a.Action, "label.") && strings.HasSuffix(a.Object, " of account:"+t.story.Account):
		did := "set"
		if a.Action == "label.lift" {
			did = "lifted"
		}
		say := strings.TrimSuffix(a.Object, " of account:"+t.story.Account) + " " + did + " by " + a.By
		if a.Reason != "" {
			say += ": " + a.Reason
		}
		l.Step, l.Say = StepDecided, []string{say}
	default:
		return
	}
	t.story.Lines = append(t.story.Lines, l)
}

// end puts the lines in order and says what they come to.
func (t *teller) end() *Story {
	s := t.story
	s.Warning, s.WarnedBy = detect.WarningLevel(len(t.day), len(t.week)), len(t.week)
	for _, l := range t.lists {
		if slices.ContainsFunc(s.Lines, func(b Line) bool {
			return b.Step == StepBurst && !l.At.After(b.At) && b.At.Sub(l.At) < burstGap
		}) {
			s.Lines = append(s.Lines, l)
		}
	}
	slices.SortStableFunc(s.Lines, func(a, b Line) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank(a.Step), rank(b.Step))) })
	came := false
	for i := range s.Lines {
		l := &s.Lines[i]
		l.People = len(l.people)
		came = came || l.Step == StepLogin || l.Step == StepCredential
		s.Stolen = s.Stolen || (l.Step == StepBurst && came)
	}
	return s
}

// rank is the place of a step in the classic case.
func rank(step string) int {
	return slices.Index([]string{StepLink, StepCredential, StepLogin, StepList, StepBurst, StepAsked, StepDecided}, step)
}

func (t *teller) add(r *nospim.Record, step string, say ...string) {
	t.story.Lines = append(t.story.Lines, line(r, step, say...))
}

func line(r *nospim.Record, step string, say ...string) Line {
	return Line{At: r.Event.Time, Last: r.Event.Time, Step: step, Say: say, Events: []string{strings.Clone(r.Event.ID)}}
}

// whyOf is the sentence of a symbol in a record's verdict; empty when it was not raised.
func whyOf(r *nospim.Record, symbol string) string {
	for i := range r.Verdict.Signals {
		if r.Verdict.Signals[i].Symbol == symbol {
			return strings.Clone(r.Verdict.Signals[i].Why)
		}
	}
	return ""
}

// fate says what became of a message.
func fate(r *nospim.Record) string {
	if r.Verdict.Action.Stops() {
		return "stopped (" + r.Verdict.Action.String() + ")"
	}
	return "delivered"
}
