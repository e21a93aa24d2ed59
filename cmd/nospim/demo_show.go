package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/simulate"
)

// demoShow tells the story while it is played. Texts are shown because all of them are licensed or made up; serve and its log
// never show any.
type demoShow interface {
	begin(demoBegin) error
	step(simulate.Outcome)
	end(*simulate.Summary) error
}

// demoBegin is the first line.
type demoBegin struct {
	// Mode is prosody or line.
	Mode     string `json:"mode"`
	Note     string `json:"note,omitempty"`
	Seed     uint64 `json:"seed"`
	Service  string `json:"service"`
	Accounts int    `json:"accounts"`
	Steps    int    `json:"steps"`
	// Addr is where the private server takes clients.
	Addr string `json:"addr,omitempty"`
}

func newDemoShow(a *app, s *simulate.Script, asJSON bool) demoShow {
	if asJSON {
		return &demoJSON{app: a, script: s, begun: time.Now()}
	}
	return &demoText{app: a, script: s, begun: time.Now(), paint: newPaint(a.out)}
}

// demoJSON prints JSON lines: begin, step and summary.
type demoJSON struct {
	*app

	script *simulate.Script
	mu     sync.Mutex
	begun  time.Time
	failed error // the first error of writing; told at the end
}

func (s *demoJSON) begin(b demoBegin) error {
	s.begun = time.Now()
	return s.printJSON(struct {
		Begin demoBegin `json:"begin"`
	}{b})
}

// demoStep is a step as JSON.
type demoStep struct {
	Step  string         `json:"step"`
	After float64        `json:"after"` // seconds since the begin
	Kind  nospim.Kind    `json:"kind"`
	From  string         `json:"from"`
	To    string         `json:"to,omitempty"`
	Label simulate.Label `json:"label"`
	Text  string         `json:"text,omitempty"`
	Fate  simulate.Fate  `json:"fate"`
	// Action and Why are of the verdict, Told is what the sender or the recipient was told.
	Action  string   `json:"action,omitempty"`
	Score   float64  `json:"score,omitempty"`
	Symbols []string `json:"symbols,omitempty"`
	Why     []string `json:"why,omitempty"`
	Told    string   `json:"told,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func (s *demoJSON) step(o simulate.Outcome) {
	line := demoStep{
		Step: o.Step.ID, After: time.Since(s.begun).Round(time.Millisecond).Seconds(), Kind: o.Step.Kind, From: o.Step.From, To: o.Step.To,
		Label: o.Step.Label, Text: o.Step.Body, Fate: o.Fate, Told: o.Told, Why: reasons(&o),
	}
	if v := o.Verdict; v != nil {
		line.Action, line.Score = v.Action.String(), v.Score
		for i := range v.Signals {
			line.Symbols = append(line.Symbols, v.Signals[i].Symbol)
		}
	}
	if o.Err != nil {
		line.Error = o.Err.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = firstError(s.failed, s.printJSON(line))
}

func (s *demoJSON) end(sum *simulate.Summary) error {
	if s.failed != nil {
		return s.failed
	}
	return s.printJSON(struct {
		Summary *simulate.Summary `json:"summary"`
		OK      bool              `json:"ok"`
	}{sum, sum.OK()})
}

// reasons are the sentences of a verdict.
func reasons(o *simulate.Outcome) []string {
	if o.Verdict == nil {
		return nil
	}
	why := make([]string, 0, len(o.Verdict.Signals))
	for i := range o.Verdict.Signals {
		why = append(why, o.Verdict.Signals[i].Why)
	}
	return why
}

// heaviest is the two sentences of a verdict that weigh most.
func heaviest(o *simulate.Outcome) string {
	if o.Verdict == nil {
		return ""
	}
	signals := slices.Clone(o.Verdict.Signals)
	slices.SortStableFunc(signals, func(a, b nospim.Signal) int { return cmp.Compare(b.Score, a.Score) })
	why := make([]string, 0, 2)
	for i := range signals[:min(2, len(signals))] {
		why = append(why, signals[i].Why)
	}
	return strings.Join(why, "; ")
}

// demoText prints for people.
type demoText struct {
	*app

	script *simulate.Script
	paint  paint
	mu     sync.Mutex
	begun  time.Time
	failed error // as in demoJSON
}

func (s *demoText) begin(b demoBegin) error {
	s.begun = time.Now()
	where := "a private Prosody, " + b.Addr
	if b.Mode != "prosody" {
		where = "the line protocol"
	}
	if b.Note != "" {
		if err := s.printf("%s\n\n", s.paint.with(b.Note, color.FgYellow)); err != nil {
			return err
		}
	}
	return s.printf("%s %d accounts at %s, through %s. Default policy, enforcing. Community %d.\n%s\n\n",
		s.paint.bold("nospim demo:"), b.Accounts, b.Service, where, b.Seed,
		s.paint.faint("People's lines are of real chats (see simulate/data), bots' lines are made up. Everybody is in a hurry here."))
}

// demoWho is how the log names those who act.
var demoWho = map[simulate.Label]string{
	simulate.Honest: "person", simulate.BuddyBot: "buddy bot", simulate.Bulk: "bulk", simulate.StolenFriend: "stolen",
}

func (s *demoText) step(o simulate.Outcome) {
	if o.Fate == simulate.Skipped || o.Step.Label == simulate.Honest && o.Step.Kind == nospim.KindContactRequest && o.Step.Body == "" {
		return // what did not happen, and what clients do on their own
	}
	var b strings.Builder
	who := fmt.Sprintf("%-9s", demoWho[o.Step.Label])
	if o.Step.Label != simulate.Honest {
		who = s.paint.with(who, color.FgMagenta)
	}
	fmt.Fprintf(&b, "%5.1f s  %s  %s  %s  %s\n", time.Since(s.begun).Seconds(), who, pad(s.pair(&o.Step), 27), s.fate(o.Fate), s.said(&o))
	if why := heaviest(&o); why != "" && o.Fate != simulate.Delivered {
		fmt.Fprintf(&b, "%s\n", s.paint.faint(strings.Repeat(" ", 20)+"because: "+why))
	}
	if o.Err != nil {
		fmt.Fprintf(&b, "%s\n", s.paint.with(strings.Repeat(" ", 20)+"not judged: "+o.Err.Error(), color.FgRed))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = firstError(s.failed, s.printf("%s", b.String()))
}

// pair is who → whom.
func (s *demoText) pair(step *simulate.Step) string {
	from := strings.TrimSuffix(step.From, "@"+s.script.Service)
	if step.To == "" {
		return from
	}
	return from + " → " + strings.TrimSuffix(step.To, "@"+s.script.Service)
}

// said is what was attempted. Links are made unfit to be clicked.
func (s *demoText) said(o *simulate.Outcome) string {
	const most = 72
	text := link.Defang(safe(o.Step.Body))
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most-1]) + "…"
	}
	switch o.Step.Kind {
	case nospim.KindRegistration:
		return s.paint.bold("registers")
	case nospim.KindLogin:
		return s.paint.bold("logs in")
	case nospim.KindContactRequest:
		return s.paint.bold("add me: ") + text
	case nospim.KindContactAccept:
		return s.paint.bold("adds back")
	default:
		return text
	}
}

func (s *demoText) fate(f simulate.Fate) string {
	word := pad(string(f), 9)
	switch f {
	case simulate.Delivered:
		return s.paint.with(word, color.FgGreen)
	case simulate.Marked:
		return s.paint.with(word, color.Bold, color.FgYellow)
	case simulate.Held, simulate.Rejected:
		return s.paint.with(word, color.Bold, color.FgRed)
	default:
		return word
	}
}

// pad fills a text up to a width in characters.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// end prints the summary and what to do next.
func (s *demoText) end(sum *simulate.Summary) error {
	if s.failed != nil {
		return s.failed
	}
	var b strings.Builder
	s.people(&b, sum)
	s.bots(&b, sum)
	if sum.Unjudged > 0 {
		fmt.Fprintf(&b, "\n%s\n", s.paint.with(fmt.Sprintf("%d steps passed unjudged, because no verdict came.", sum.Unjudged), color.FgRed))
	}
	s.verdict(&b, sum)
	return s.printf("%s", b.String())
}

func (s *demoText) people(b *strings.Builder, sum *simulate.Summary) {
	p := &sum.People
	arrived := p.Delivered + p.Marked
	fmt.Fprintf(b, "\n%s sent %d messages and requests; %d arrived (%.1f %%), %d of them marked. Lost: %d. Doubled: %d. Out of order: %d.\n\n",
		s.paint.bold("People"), p.Attempts, arrived, 100*float64(arrived)/float64(max(1, p.Attempts)), p.Marked,
		len(sum.Lost), len(sum.Doubled), len(sum.Disordered))
}

func (s *demoText) bots(b *strings.Builder, sum *simulate.Summary) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprint(w, "\tattempts\tunnoticed\tdelivered\tmarked\theld\trejected\tlinks through\tstopped\t\n")
	names := map[simulate.Label]string{
		simulate.BuddyBot: "buddy bot", simulate.Bulk: "bulk sender", simulate.StolenFriend: "stolen friend",
	}
	for i := range sum.Bots {
		t := &sum.Bots[i]
		stopped := "yes"
		if !t.Stopped {
			stopped = "NO"
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t\n",
			names[t.Label], t.Attempts, t.Before, t.Delivered, t.Marked, t.Held, t.Rejected, t.Links, stopped)
	}
	_ = w.Flush() // a strings.Builder takes everything
	fmt.Fprintf(b, "%s\n", s.paint.faint(fmt.Sprintf(
		"Attempts: registrations, requests, messages. Unnoticed: those before the first that was marked or stopped. Stopped: none of the last %d arrived.",
		simulate.LastAttempts)))
}

func (s *demoText) verdict(b *strings.Builder, sum *simulate.Summary) {
	if sum.OK() {
		fmt.Fprintf(b, "\n%s\n", s.paint.with("Nothing that people sent was lost, and every bot was stopped.", color.Bold, color.FgGreen))
	} else {
		fmt.Fprintf(b, "\n%s\n", s.paint.with("Not good enough: see what was lost, or who was not stopped.", color.Bold, color.FgRed))
	}
	fmt.Fprintf(b, `
What next
  nospim serve                  start it on this machine: a fresh installation only watches
  docs/protocols/prosody.md     put it beside your own Prosody: one file, a few lines of configuration
  nospim check "your text"      ask what it thinks of a message, and why
`)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
