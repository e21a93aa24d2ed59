package engine_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/text"
)

// classroom is an engine that learns, with its filter.
type classroom struct {
	*rig
	learned *model.Learned
	seed    uint64
	n       int
}

func newClassroom(t *testing.T, file string) *classroom {
	t.Helper()
	m, err := model.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	c := new(classroom)
	c.rig = newRig(t, file, func(e *engine.Config) {
		salt, err := e.Records.Salt(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.seed = engine.Seed(salt)
		c.learned = model.NewLearned(m, c.seed)
		e.Clock, e.Learned, e.Detectors = time.Now, c.learned, detect.WithLearned(detect.All(m), c.learned)
	})
	done := make(chan error, 1)
	ctx := t.Context()
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { // the context of the test has ended
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

// say judges a stranger's message to somebody, now.
func (c *classroom) say(t *testing.T, from, to, body string) *nospim.Event {
	t.Helper()
	c.n++
	e := message(fmt.Sprint("m-", c.n), from, to, body)
	e.Time = time.Now()
	judge(t, c, e)
	return e
}

// report lets an account of some age report an event.
func (c *classroom) report(t *testing.T, by string, age time.Duration, of *nospim.Event) {
	t.Helper()
	c.n++
	judge(t, c, &nospim.Event{
		ID: fmt.Sprint("r-", c.n), Kind: nospim.KindReport, Time: time.Now(), Service: of.Service, Refers: of.ID, Observe: true,
		Sender:     nospim.Account{ID: by, Local: true, Created: time.Now().Add(-age)},
		Recipients: []nospim.Account{of.Sender},
	})
}

// decide is what a moderator says of a text.
func (c *classroom) decide(t *testing.T, id, body string, spam bool) {
	t.Helper()
	var f text.Form
	f.Read(body)
	err := c.records.Teach(t.Context(), &record.Example{
		Service: "chat.example", EventID: id, By: "mod", Source: record.FromModerator, Spam: spam, At: time.Now(),
		Base: model.Logit(c.learned.Model().Score(body)), Words: model.AppendWords(nil, &f, c.seed),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// score is what the filter makes of a text at a service.
func (c *classroom) score(service, body string) float64 {
	p, _ := c.learned.Score(service, nil, body)
	return p
}

// patience is how long learning may take here. A second is what is promised; machines that run tests are busy.
const patience = 2 * time.Minute

// within polls until a condition holds.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v: %s", patience, what)
		}
	}
}

// Texts that the shipped filter has no opinion on, which one service does not want.
const (
	unwanted     = "Join our pottery raffle tonight, tickets at the bakery door, the more you bring the merrier"
	unwantedToo  = "pottery raffle again tonight! get tickets at the bakery door and bring more people"
	unwantedMore = "tickets for the pottery raffle, bring more friends to the bakery tonight"
	unwantedLast = "Bakery pottery raffle: get your tickets at the door, again tonight, the more people the merrier"
	month        = 30 * 24 * time.Hour
	otherService = "other.example"
)

// TestModeratorsTeach: what a moderator decides counts within a second: once for the same text, three times for others like it; at
// this service only, also after a restart, until it is rolled back.
func TestModeratorsTeach(t *testing.T) {
	c := newClassroom(t, "")
	before, line := c.score("chat.example", unwantedToo), c.learned.Model().Threshold()
	if before >= line {
		t.Fatalf("the shipped filter blocks the text already: %.3f", before)
	}
	c.decide(t, "e-1", unwanted, true)
	within(t, "the refused text is not called spim", func() bool { return c.score("chat.example", unwanted) >= line })
	c.decide(t, "e-2", unwantedMore, true)
	c.decide(t, "e-3", unwantedLast, true)
	within(t, "a text like the refused ones is not called spim", func() bool { return c.score("chat.example", unwantedToo) >= line })
	if got := c.score(otherService, unwantedToo); got != before {
		t.Errorf("another service's score is %.3f, was %.3f", got, before)
	}
	taught := judge(t, c, func() *nospim.Event { e := message("after", "eve", "ada", unwantedToo); e.Time = time.Now(); return e }())
	if s := symbols(taught); !strings.Contains(s, "CONTENT_") {
		t.Errorf("the verdict has %q", s)
	}
	if taught.Policy == c.Policy().Hash() {
		t.Error("the verdict does not say that something was learned")
	}

	again := newClassroom(t, c.file)
	within(t, "what was learned is gone after a restart", func() bool { return again.score("chat.example", unwantedToo) >= line })

	if n, err := c.records.Unlearn(t.Context(), "chat.example", 0, "mod", "a mistake"); err != nil || n != 3 {
		t.Fatalf("rolling back: %d, %v", n, err)
	}
	within(t, "the lesson is not rolled back", func() bool { return c.score("chat.example", unwantedToo) == before })
}

// doubtful is a text that the shipped filter, whichever it is, finds suspicious and lets pass: an advert cut off where it becomes one.
func doubtful(t *testing.T, c *classroom) string {
	t.Helper()
	line := model.Logit(c.learned.Model().Threshold())
	for _, advert := range []string{
		"hey there, how are you today, I wanted to tell you that you can win a free prize this week, call now to claim your cash bonus before friday",
		"hello my friend, earn money at home, easy job, one hundred dollars a day, write me back for the details of this offer, only today",
		"good morning everybody, cheap loans for all of you, no questions asked, apply now and get your money in one hour, click to claim it",
	} {
		words := strings.Fields(advert)
		for n := 5; n <= len(words); n++ {
			s := strings.Join(words[:n], " ")
			if z := model.Logit(c.score("chat.example", s)); z < line-0.2 && z > line-1.8 {
				return s
			}
		}
	}
	t.Fatal("no text here is doubtful to the shipped filter")
	return ""
}

// TestReportsTeach: three people with old accounts who got a doubtful text make it spim within a second. Two do not, nor do fresh
// accounts or people who never got it, however many.
func TestReportsTeach(t *testing.T) {
	c := newClassroom(t, "")
	body, line := doubtful(t, c), c.learned.Model().Threshold()
	var sent []*nospim.Event
	for i := range 12 {
		sent = append(sent, c.say(t, "eve@far.example", fmt.Sprintf("p%d@chat.example", i), body))
	}
	for i := range 10 { // fresh accounts
		c.report(t, fmt.Sprintf("p%d@chat.example", i), time.Hour, sent[i])
	}
	for i := range 50 { // who never got it
		c.report(t, fmt.Sprintf("gang%d@chat.example", i), month, sent[0])
	}
	c.report(t, "p0@chat.example", month, sent[0])
	c.report(t, "p1@chat.example", month, sent[1])
	within(t, "the first two reports are not kept", func() bool { return len(c.examples(t)) == 2 })
	if c.learned.Of("chat.example") != (model.Lessons{}) {
		t.Error("two people taught something")
	}
	c.report(t, "p2@chat.example", month, sent[2])
	within(t, "three people taught nothing", func() bool { return c.score("chat.example", body) >= line })
}

func (c *classroom) examples(t *testing.T) []record.Example {
	t.Helper()
	all, err := c.records.Examples(t.Context(), "chat.example")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPoisoning: a gang of 50 with old accounts, in touch with an honest person, reports everything that person wrote. Nothing that
// honest people write is called spim for it: neither the person's texts nor 2,000 others.
func TestPoisoning(t *testing.T) {
	c := newClassroom(t, "")
	honest := turns(t, "chat-meena", 2100)
	victim, others := honest[:100], honest[100:]
	line := c.learned.Model().Threshold()
	var sent []*nospim.Event
	for _, body := range victim {
		sent = append(sent, c.say(t, "ada@chat.example", "gang0@chat.example", body))
	}
	for i, e := range sent {
		for g := range 50 {
			// Everybody of the gang got everything: a group. Only what each of them got is accepted.
			if g > 0 {
				e = c.say(t, "ada@chat.example", fmt.Sprintf("gang%d@chat.example", g), victim[i])
			}
			if i < 20 || g < 5 {
				c.report(t, fmt.Sprintf("gang%d@chat.example", g), month, e)
			}
		}
	}
	within(t, "nothing was learned: this test tests nothing", func() bool { return c.learned.Of("chat.example").Reported != nil })
	var harmed, scored int
	for _, body := range append(victim, others...) {
		if c.learned.Model().Score(body) >= line {
			continue // not by the gang
		}
		scored++
		if c.score("chat.example", body) >= line {
			harmed++
		}
	}
	if harmed > 0 {
		t.Errorf("%d of %d honest texts are called spim after the gang's reports", harmed, scored)
	}
}

// TestKnownGood: a lesson that would make spim of what old contacts write to each other is not put in force.
func TestKnownGood(t *testing.T) {
	c := newClassroom(t, "")
	honest := turns(t, "chat-star", 40)
	for i, body := range honest {
		e := message(fmt.Sprint("s-", i), fmt.Sprintf("old%d@chat.example", i), "ada@chat.example", body)
		e.Time, e.Relation, e.Sender.Created = time.Now(), nospim.RelationContact, time.Now().Add(-month)
		judge(t, c, e)
	}
	within(t, "no samples were taken", func() bool { return len(c.examples(t)) >= 20 })
	// A moderator in error refuses half of a known text, many times.
	known := honest[0]
	for i := range 30 {
		c.decide(t, fmt.Sprint("wrong-", i), strings.Join(strings.Fields(known)[:len(strings.Fields(known))*3/5], " "), true)
	}
	within(t, "the wrong lesson was not studied", func() bool { return len(c.examples(t)) >= 50 })
	for end := time.Now().Add(600 * time.Millisecond); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if p := c.score("chat.example", known); p >= c.learned.Model().Threshold() {
			t.Fatalf("a text that old contacts wrote is called spim: %.3f", p)
		}
	}
}

// turns returns honest texts of three words or more.
func turns(t *testing.T, set string, n int) (all []string) {
	t.Helper()
	f, err := os.Open("../testdata/" + set + "/conversations.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := map[string]bool{}
	for s := bufio.NewScanner(f); s.Scan() && len(all) < n; {
		var c struct{ Turns []struct{ Text string } }
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		for _, u := range c.Turns {
			if len(strings.Fields(u.Text)) >= 4 && !seen[u.Text] && len(all) < n {
				seen[u.Text] = true
				all = append(all, u.Text)
			}
		}
	}
	return all
}

// TestReportsByOtherNames: servers call messages by names of their own. A report of such a name teaches from the latest message of that
// sender to that reporter, and from nothing when there is none.
func TestReportsByOtherNames(t *testing.T) {
	c := newClassroom(t, "")
	var want []string
	for i, body := range []string{unwanted, unwantedToo, unwantedMore} {
		spammer, by := fmt.Sprintf("spammer%d@far.example", i), fmt.Sprintf("reader%d@chat.example", i)
		c.say(t, spammer, by, "An honest line about the weather of the week, which nobody minds at all")
		e := c.say(t, spammer, by, body)
		want = append(want, e.ID+" "+by)
		c.say(t, spammer, "another@chat.example", "Another honest line, about the weather of the month this time")
		e.ID = fmt.Sprint("archive-", i)
		c.report(t, by, month, e)
		e.Sender.ID = "somebody@else.example" // who never wrote to them
		c.report(t, by, month, e)
	}
	within(t, "the reports are not kept", func() bool { return len(c.examples(t)) == 3 })
	var got []string
	for _, e := range c.examples(t) {
		got = append(got, e.EventID+" "+e.By)
	}
	if !slices.Equal(got, want) {
		t.Errorf("examples %v, want %v", got, want)
	}
}
