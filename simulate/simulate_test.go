package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
)

func community(t *testing.T, seed uint64, o Options) *Script {
	t.Helper()
	s, err := Community(seed, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines writes a script's events as JSON lines.
func jsonLines(t *testing.T, s *Script) []byte {
	t.Helper()
	var b []byte
	for _, e := range s.Events() {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b = append(append(b, line...), '\n')
	}
	return b
}

func TestSameSeedSameBytes(t *testing.T) {
	one, two := jsonLines(t, community(t, 7, Options{})), jsonLines(t, community(t, 7, Options{}))
	if string(one) != string(two) {
		t.Fatal("the same seed made two scripts")
	}
	if string(one) == string(jsonLines(t, community(t, 8, Options{}))) {
		t.Fatal("two seeds made the same script")
	}
	// Scripts are compared over machines and versions, so the bytes are fixed: change this on purpose only.
	const want = "52132a1dada419e4235306a18b5c9534878a79a23e9c155804fff6b17920e5f2"
	if got := fmt.Sprintf("%x", sha256.Sum256(one)); got != want {
		t.Errorf("the script of seed 7 has changed: its events hash to %s, not %s", got, want)
	}
}

func TestEventsAreValidAndLabelled(t *testing.T) {
	s := community(t, 1, Options{})
	counts := map[Label]int{}
	var last time.Time
	seen := map[string]bool{}
	for _, e := range s.Events() {
		if err := e.Validate(); err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if e.Time.Before(last) || seen[e.ID] {
			t.Fatalf("%s is out of order or has another's ID", e.ID)
		}
		if strings.Contains(e.Body, "%!") {
			t.Errorf("%s: a template lost its words to the formatter: %q", e.ID, e.Body)
		}
		last, seen[e.ID] = e.Time, true
		counts[e.Label]++
		if (e.Kind == nospim.KindMessage) != (e.Body != "") && e.Kind != nospim.KindContactRequest {
			t.Errorf("%s, a %s, has the body %q", e.ID, e.Kind, e.Body)
		}
	}
	// 6 names: a registration, a log-in, 6 requests, 2 acceptances and 16 messages each.
	for label, want := range map[Label]int{BuddyBot: 6 * 26, Bulk: 2 + 24, StolenFriend: 1 + friendContacts} {
		if counts[label] != want {
			t.Errorf("%d steps of %s, want %d", counts[label], label, want)
		}
	}
	if counts[Honest] < 150 {
		t.Errorf("only %d honest steps", counts[Honest])
	}
}

func TestLabelIsOneMoreField(t *testing.T) {
	b := jsonLines(t, community(t, 1, Options{}))
	var e struct {
		Label Label
		nospim.Event
	}
	if err := json.Unmarshal(b[:strings.IndexByte(string(b), '\n')], &e); err != nil {
		t.Fatal(err)
	}
	if e.Label == "" || e.Kind == "" || e.Sender.ID == "" {
		t.Errorf("the first line reads back as %+v", e)
	}
}

// TestPeopleAreHarmless looks for what would make the lines of people unfit to prove that nothing honest is lost.
func TestPeopleAreHarmless(t *testing.T) {
	s := community(t, 3, Options{Conversations: 14})
	first := map[string]bool{}
	links := 0
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Label != Honest || step.Kind != nospim.KindMessage {
			continue
		}
		if strings.TrimSpace(step.Body) == "" {
			t.Errorf("%s is empty", step.ID)
		}
		hasLink := strings.Contains(step.Body, "://")
		if hasLink {
			links++
		}
		if !first[step.Conversation] && step.Relation == nospim.RelationStranger && hasLink {
			t.Errorf("%s, an honest first message to a stranger, has a link", step.ID)
		}
		first[step.Conversation] = true
	}
	if links == 0 {
		t.Error("no person sends a link")
	}
}

func TestNeedsComeBefore(t *testing.T) {
	s := community(t, 5, Options{Names: 12})
	at := map[string]time.Duration{}
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Needs != "" {
			if needed, ok := at[step.Needs]; !ok || needed > step.At {
				t.Errorf("%s needs %s, which does not come before it", step.ID, step.Needs)
			}
		}
		at[step.ID] = step.At
		if s.Account(step.From) == nil || step.To != "" && s.Account(step.To) == nil {
			t.Errorf("%s is of somebody who has no account", step.ID)
		}
	}
}

func TestOptionsOutOfBounds(t *testing.T) {
	for _, o := range []Options{{People: 3}, {People: 1000}, {Names: 13}, {Conversations: 15}, {Length: time.Second}} {
		_, err := Community(1, o)
		var bad *nospim.InputError
		if !errors.As(err, &bad) || bad.Field == "" {
			t.Errorf("Community with %+v: %v, want an InputError with a field", o, err)
		}
	}
}

var anyLink = regexp.MustCompile(`https?://[^\s"\\]+`)

// TestHostsAreReserved makes sure that no link in the data or of a bot leads to a real host (RFC 2606).
func TestHostsAreReserved(t *testing.T) {
	texts := slices.Concat(bulkAdverts, stolenTexts, buddyTurns)
	for i, s := range texts {
		texts[i] = strings.Replace(s, "%s", "x", 1)
	}
	for _, set := range []string{"chat-meena", "chat-casino", "chat-irc-ubuntu"} {
		b, err := data.ReadFile("data/" + set + "/conversations.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	found := 0
	for _, text := range texts {
		for _, link := range anyLink.FindAllString(text, -1) {
			found++
			if u, err := url.Parse(link); err != nil || !strings.HasSuffix(u.Hostname(), ".example") {
				t.Errorf("%s leads out of .example", link)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d links were found", found)
	}
}

func TestDataHasItsLicences(t *testing.T) {
	dirs, err := fs.ReadDir(data, "data")
	if err != nil {
		t.Fatal(err)
	}
	sets := 0
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		sets++
		licence, err := data.ReadFile("data/" + d.Name() + "/LICENSE")
		if err != nil || !strings.Contains(string(licence), "Creative Commons Attribution 4.0 International Public License") {
			t.Errorf("%s: no licence text (%v)", d.Name(), err)
		}
		notice, err := data.ReadFile("data/" + d.Name() + "/NOTICE")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Author:", "Source:   https://", "Licence:", "Changes:"} {
			if !strings.Contains(string(notice), want) {
				t.Errorf("the notice of %s does not say %q", d.Name(), want)
			}
		}
	}
	if sets != 3 {
		t.Errorf("%d sets of lines, want 3", sets)
	}
}

// stopper rejects what the bots do, marks their registrations and lets all else pass.
func stopper(s *Script) nospim.Judge {
	labels := map[string]Label{}
	for i := range s.Steps {
		labels[s.Steps[i].ID] = s.Steps[i].Label
	}
	return nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		v := &nospim.Verdict{EventID: e.ID}
		if labels[e.ID] != Honest && e.Kind != nospim.KindLogin {
			v.Action = nospim.Reject
		}
		return v, nil
	})
}

func TestPlayJudgeStopsWhatDependsOnIt(t *testing.T) {
	s := community(t, 2, Options{})
	outcomes, err := PlayJudge(t.Context(), stopper(s), s, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	fates := map[string]Fate{}
	for _, o := range outcomes {
		fates[o.Step.ID] = o.Fate
		if o.Step.Needs != "" && fates[o.Step.Needs] != Delivered && o.Fate != Skipped {
			t.Errorf("%s happened although %s was %s", o.Step.ID, o.Step.Needs, fates[o.Step.Needs])
		}
	}
	sum := Summarize(outcomes)
	if !sum.OK() || len(sum.Bots) != 3 || sum.Bots[0].Skipped == 0 || sum.Bots[0].Delivered != 0 {
		t.Errorf("with a judge that stops every bot: %+v", sum)
	}
}

func TestPlayJudgeLetsPassOnError(t *testing.T) {
	s := community(t, 2, Options{})
	down := nospim.JudgeFunc(func(context.Context, *nospim.Event) (*nospim.Verdict, error) { return nil, nospim.ErrClosed })
	outcomes, err := PlayJudge(t.Context(), down, s, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := Summarize(outcomes)
	if !sum.ChatOK() || sum.OK() || sum.Unjudged != len(s.Steps) || sum.Bots[1].Delivered != 25 {
		t.Errorf("with a judge that is down: %+v", sum)
	}
}

func TestRelationsFollowWhatPassed(t *testing.T) {
	s := community(t, 2, Options{})
	// Requests are held: nobody becomes a contact.
	hold := nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		if e.Kind == nospim.KindContactRequest {
			return &nospim.Verdict{Action: nospim.Hold}, nil
		}
		return &nospim.Verdict{}, nil
	})
	outcomes, err := PlayJudge(t.Context(), hold, s, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	wasContact := 0
	for i, o := range outcomes {
		if o.Step.Label == BuddyBot && o.Step.Kind == nospim.KindMessage {
			if o.Step.Relation != nospim.RelationStranger {
				t.Fatalf("%s is to a %s although no request arrived", o.Step.ID, o.Step.Relation)
			}
			if s.Steps[i].Relation == nospim.RelationContact {
				wasContact++
			}
		}
	}
	if wasContact == 0 {
		t.Error("the script has no bot that was added")
	}
}

func TestPlayJudgeKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := community(t, 1, Options{})
		begun := time.Now()
		allow := nospim.JudgeFunc(func(context.Context, *nospim.Event) (*nospim.Verdict, error) { return &nospim.Verdict{}, nil })
		if _, err := PlayJudge(t.Context(), allow, s, 24, nil); err != nil {
			t.Fatal(err)
		}
		want := s.Steps[len(s.Steps)-1].At / 24
		if took := time.Since(begun).Round(time.Millisecond); took != want.Round(time.Millisecond) {
			t.Errorf("24 times as fast took %v, want %v", took, want)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := PlayJudge(ctx, allow, s, 24, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("PlayJudge beyond its context: %v", err)
		}
	})
}

func TestSummarize(t *testing.T) {
	step := func(id string, label Label, from, to string) Step {
		return Step{ID: id, Label: label, From: from, To: to, Kind: nospim.KindMessage}
	}
	bot := func(fates ...Fate) (all []Outcome) {
		for i, f := range fates {
			o := Outcome{Step: step(fmt.Sprintf("b%d", i), Bulk, "b", "a"), Fate: f}
			if o.Reached() {
				o.Arrived, o.Copies = i+1, 1
			}
			all = append(all, o)
		}
		return all
	}
	for _, c := range []struct {
		name     string
		outcomes []Outcome
		chatOK   bool
		stopped  bool
	}{
		{"nothing happened", nil, false, false},
		{"one message arrived", []Outcome{{Step: step("1", Honest, "a", "c"), Fate: Delivered, Arrived: 1, Copies: 1}}, true, false},
		{"one was held", []Outcome{{Step: step("1", Honest, "a", "c"), Fate: Held}}, false, false},
		{"one was doubled", []Outcome{{Step: step("1", Honest, "a", "c"), Fate: Delivered, Arrived: 1, Copies: 2}}, false, false},
		{"two changed places", []Outcome{
			{Step: step("1", Honest, "a", "c"), Fate: Delivered, Arrived: 2, Copies: 1},
			{Step: step("2", Honest, "a", "c"), Fate: Delivered, Arrived: 1, Copies: 1},
		}, false, false},
		{"two of different pairs changed places", []Outcome{
			{Step: step("1", Honest, "a", "c"), Fate: Delivered, Arrived: 2, Copies: 1},
			{Step: step("2", Honest, "c", "a"), Fate: Marked, Arrived: 1, Copies: 1},
		}, true, false},
		{"a bot's last five were stopped", bot(Delivered, Held, Held, Rejected, Held, Rejected), false, true},
		{"a bot's last was marked only", bot(Held, Held, Held, Held, Held, Marked), false, false},
		{"a bot's fifth but last arrived", bot(Held, Delivered, Held, Held, Held, Held), false, false},
		{"a bot of few attempts", bot(Held), false, true},
	} {
		sum := Summarize(c.outcomes)
		if sum.ChatOK() != c.chatOK || sum.Bots[1].Stopped != c.stopped {
			t.Errorf("%s: chat %v, bulk stopped %v: %+v", c.name, sum.ChatOK(), sum.Bots[1].Stopped, sum)
		}
	}
}

func TestTallyOfABot(t *testing.T) {
	var outcomes []Outcome
	for i, f := range []Fate{Delivered, Delivered, Marked, Delivered, Held, Rejected, Skipped} {
		o := Outcome{Step: Step{ID: fmt.Sprint(i), Label: Bulk, From: "b", To: "a", Kind: nospim.KindMessage, Body: "see http://x.example/"}, Fate: f}
		outcomes = append(outcomes, o)
	}
	outcomes = append(outcomes, Outcome{Step: Step{Label: Bulk, From: "b", Kind: nospim.KindLogin}, Fate: Delivered}) // is no attempt
	want := Tally{Label: Bulk, Attempts: 6, Delivered: 3, Marked: 1, Held: 1, Rejected: 1, Skipped: 1, Links: 4, Before: 2}
	if got := Summarize(outcomes).Bots[1]; got != want {
		t.Errorf("the tally is %+v, want %+v", got, want)
	}
}
