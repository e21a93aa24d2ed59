package toll

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/simulate/town"
)

// tell adds events of one sender, one a second: to whom, what kind, and what was done.
func tell(t *Toll, from string, truth town.Truth, steps ...step) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for n, s := range steps {
		if s.kind == "" {
			s.kind = nospim.KindMessage
		}
		e := nospim.Event{Kind: s.kind, Time: at.Add(time.Duration(n) * time.Second), Sender: nospim.Account{ID: from}, Observe: s.observe}
		if s.to != "" {
			e.Recipients = []nospim.Account{{ID: s.to}}
		}
		v := nospim.Verdict{Action: s.done, Wanted: max(s.done, s.wanted)}
		if s.done >= nospim.Hold {
			v.Signals = []nospim.Signal{{Symbol: "LOUD", Score: 9}, {Symbol: "FAINT", Score: 0.2}}
		}
		t.Add(&e, &v, truth)
	}
}

type step struct {
	kind         nospim.Kind
	to           string
	done, wanted nospim.Action
	observe      bool
}

func spam(attack, role string) town.Truth {
	return town.Truth{Label: town.Spam, Attack: attack, Role: role, Variant: "slow"}
}

func TestOneSender(t *testing.T) {
	toll := New()
	tell(toll, "bot@x.example", spam("bulk/1", "sender"),
		step{kind: nospim.KindLogin, observe: true},
		step{to: "a"}, step{to: "a"}, step{to: "b", done: nospim.Mark}, step{to: "c", done: nospim.Throttle},
		step{to: "d", done: nospim.Hold}, step{to: "e"}, step{to: "f", done: nospim.Reject})
	got := toll.Report().Attacks[0]
	want := Attack{
		Attack: "bulk", Role: "sender", Incidents: share(1, 1), Senders: share(1, 1),
		Before4th:  share(1, 1), // a, b and c had got something; nobody turned to ten
		Before10th: share(0, 0), Within25: share(0, 0), Noticed25: share(0, 0), Stopped: share(2, 7), Slowed: share(1, 7), Marked: share(1, 7),
		FromFifth: share(2, 3), Flagged: share(0, 0),
		People: Quantiles{3, 3}, Messages: Quantiles{4, 4}, Seconds: Quantiles{4, 4}, Variants: map[string]Share{"slow": share(1, 1)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNeverStoppedIsNotLeftOut(t *testing.T) {
	toll := New()
	all := []step{{to: "a"}, {to: "b"}, {to: "c"}, {to: "d"}}
	tell(toll, "one", spam("bulk/1", "sender"), all...)
	tell(toll, "two", spam("bulk/2", "sender"), step{to: "a", done: nospim.Drop})
	got := toll.Report().Attacks[0]
	if got.Incidents != share(1, 2) || got.Senders != share(1, 2) || got.Before4th != share(0, 1) {
		t.Errorf("incidents %v, senders %v, before the fourth %v", got.Incidents, got.Senders, got.Before4th)
	}
	if got.People != (Quantiles{0, -1}) || got.Variants["slow"] != share(1, 2) {
		t.Errorf("people %v, by variant %v; want never as -1", got.People, got.Variants)
	}
}

func TestRequestsAreNotTalk(t *testing.T) {
	toll := New()
	ask := func(to string) step { return step{kind: nospim.KindContactRequest, to: to} }
	tell(toll, "bot", spam("buddy_bot/1", "bot"), ask("a"), ask("b"), ask("c"), ask("d"), ask("e"), step{to: "a"}, step{to: "b", done: nospim.Hold})
	tell(toll, "flood", spam("request_flood/1", "requester"), ask("a"), ask("b"), ask("c"), ask("d"), step{kind: nospim.KindContactRequest, to: "e", done: nospim.Reject})
	r := toll.Report()
	if p := r.Attacks[0].People; p.Median != 1 {
		t.Errorf("the bot talked to %v before it was stopped, want 1", p.Median)
	}
	if p := r.Attacks[1]; p.People.Median != 4 || p.Before4th != share(0, 1) {
		t.Errorf("the flood reached %v, before the fourth %v; want 4 and 0 of 1", p.People.Median, p.Before4th)
	}
}

func TestReadingNoticedBeforeWriting(t *testing.T) {
	toll := New()
	read := step{kind: nospim.KindProfileRead, to: "a"}
	noticed := step{kind: nospim.KindProfileRead, to: "a", wanted: nospim.Reject}
	tell(toll, "r1", spam("harvest/1", "reader"), read, noticed, step{to: "a"})
	tell(toll, "r2", spam("harvest/2", "reader"), read, step{to: "a"}, noticed)
	tell(toll, "r3", spam("harvest/3", "reader"), noticed) // never wrote
	if got := toll.Report().Attacks[0].Flagged; got != share(1, 2) {
		t.Errorf("flagged %v, want 1 of 2", got)
	}
}

func TestHonestRoles(t *testing.T) {
	toll := New()
	ham := town.Truth{Label: town.Ham, Role: "person"}
	held := step{to: "x", done: nospim.Hold}
	tell(toll, "ada", ham, held, step{to: "x"}, held, held, step{to: "x"}) // never three in a row
	tell(toll, "ben", ham, held, held, held)
	tell(toll, "cem", ham, step{to: "x"}, step{kind: nospim.KindReport, observe: true}, step{to: "x", done: nospim.Reject}, step{to: "x", done: nospim.Challenge})
	tell(toll, "ben", town.Truth{Label: town.Ham, Role: "greeter"}, step{to: "x"})
	r := toll.Report()
	want := Honest{
		Role: "person", Events: 11, Accounts: 3, Blocked: share(1, 11), Held: share(6, 11), Slowed: share(1, 11), Marked: share(0, 11),
		Waiting: share(0, 11), Lost: share(3, 3), Restricted: share(1, 3), Slowed25: share(0, 0), Why: map[string]int{"LOUD": 7},
	}
	if diff := cmp.Diff(want, r.Honest[0]); diff != "" {
		t.Error(diff)
	}
	if r.Ham.Accounts != 3 || r.Ham.Events != 12 || r.Ham.Restricted != share(1, 3) {
		t.Errorf("all together: %+v", r.Ham)
	}
}

func TestWaitingAtTheDoorIsNoLoss(t *testing.T) {
	toll := New()
	for n := range 4 {
		e := nospim.Event{Kind: nospim.KindContactRequest, Time: time.Unix(int64(n), 0), Sender: nospim.Account{ID: "ada"}, Recipients: []nospim.Account{{ID: "kid"}}}
		v := nospim.Verdict{Action: nospim.Hold, Score: 0.1, Required: 8, Signals: []nospim.Signal{{Symbol: "DOOR_MINOR", Score: 0.1}}}
		if n == 3 {
			v.Score, v.Signals = 9, append(v.Signals, nospim.Signal{Symbol: "LOUD", Score: 8.9})
		}
		toll.Add(&e, &v, town.Truth{Label: town.Ham, Role: "person"})
	}
	if h := toll.Report().Ham; h.Waiting != share(3, 4) || h.Held != share(1, 4) || h.Restricted != share(0, 1) {
		t.Errorf("waiting %v, held %v, restricted %v", h.Waiting, h.Held, h.Restricted)
	}
}

func TestNoticedWithin25(t *testing.T) {
	toll := New()
	slowed := func(at int) []step {
		steps := make([]step, 30)
		for n := range steps {
			steps[n].to = "x"
		}
		steps[at].done = nospim.Throttle
		return steps
	}
	tell(toll, "one", spam("timer_random/1", "bot"), slowed(24)...)
	tell(toll, "two", spam("timer_random/2", "bot"), slowed(25)...)
	tell(toll, "few", spam("timer_random/3", "bot"), slowed(3)[:10]...)
	tell(toll, "ada", town.Truth{Label: town.Ham, Role: "person"}, slowed(24)...)
	tell(toll, "cem", town.Truth{Label: town.Ham, Role: "person"}, slowed(25)...)
	tell(toll, "ben", town.Truth{Label: town.Ham, Role: "person"}, slowed(3)[:10]...)
	r := toll.Report()
	if a := r.Attacks[0]; a.Noticed25 != share(1, 2) || a.Within25 != share(0, 2) {
		t.Errorf("noticed %v, stopped %v", a.Noticed25, a.Within25)
	}
	if r.Ham.Slowed25 != share(1, 2) {
		t.Errorf("honest accounts slowed: %v", r.Ham.Slowed25)
	}
}

func TestGoals(t *testing.T) {
	toll := New()
	var steps []step
	for n := range 12 {
		steps = append(steps, step{to: string(rune('a' + n))})
	}
	steps[3].done = nospim.Hold // the fourth person gets nothing, nor does the tenth before it
	tell(toll, "bot", spam("buddy_bot/1", "bot"), steps...)
	tell(toll, "mailer", spam("bulk/1", "sender"), append(steps[5:], steps[:5]...)...)
	tell(toll, "ada", town.Truth{Label: town.Ham, Role: "person"}, step{to: "x"})
	reached := map[string]bool{}
	for _, g := range toll.Report().Goals {
		reached[g.What] = g.Reached()
	}
	want := map[string]bool{
		"campaigns: messages stopped from the 5th copy on": false,
		"honest events stopped":                            true,
		"scripted bots: stopped before the 4th person":     true,
		"bulk: stopped before the 10th recipient":          false, // it came to eleven
		"honest accounts restricted":                       true,
	}
	if diff := cmp.Diff(want, reached); diff != "" {
		t.Error(diff)
	}
}

func TestNoTruthNoCount(t *testing.T) {
	toll := New()
	tell(toll, "a", town.Truth{}, step{to: "b"})
	tell(toll, "a", town.Truth{Label: "spam"}, step{to: "b"}) // of eval's files: no incident
	if r := toll.Report(); r.Events != 2 || len(r.Attacks)+len(r.Honest) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestShare(t *testing.T) {
	// Wilson (1927); the numbers are those of Newcombe (1998), table I: 81 of 263 and 0 of 20.
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, 25.5, 36.6}, {0, 20, 0, 16.1}, {1, 29, 0.6, 17.2}, {15, 148, 6.2, 16.0}} {
		s := share(c.k, c.n)
		if d := s.Low - c.low; d < -0.06 || d > 0.06 {
			t.Errorf("%d of %d: from %v, want %v", c.k, c.n, s.Low, c.low)
		}
		if d := s.High - c.high; d < -0.06 || d > 0.06 {
			t.Errorf("%d of %d: to %v, want %v", c.k, c.n, s.High, c.high)
		}
	}
}

func TestQuantiles(t *testing.T) {
	var twenty []float64
	for n := range 20 {
		twenty = append(twenty, float64(20-n))
	}
	if q := quantiles(twenty); q != (Quantiles{10, 19}) {
		t.Errorf("of 1 to 20: %v, want 10 and 19", q)
	}
	if q := quantiles(nil); q != (Quantiles{-1, -1}) {
		t.Errorf("of nothing: %v", q)
	}
}

func TestCurveThinsOut(t *testing.T) {
	toll := New()
	truth := spam("bulk/1", "sender")
	for n := range 3 * mostPoints {
		done := nospim.Allow
		if n%2 == 0 {
			done = nospim.Reject
		}
		tell(toll, "a", truth, step{to: "x", done: done})
	}
	tell(toll, "b", town.Truth{Label: town.Ham, Role: "person"}, step{to: "x", done: nospim.Hold})
	points := toll.Curve()
	last := points[len(points)-1]
	if len(points) > mostPoints+2 || last != (Point{3 * mostPoints, 3 * mostPoints / 2, 1}) {
		t.Errorf("%d points, the last %+v", len(points), last)
	}
	for i := 1; i < len(points); i++ {
		if points[i].Attempts < points[i-1].Attempts || points[i].Stopped < points[i-1].Stopped {
			t.Fatalf("point %d goes back", i)
		}
	}
}

func TestPrint(t *testing.T) {
	toll := New()
	tell(toll, "bot", spam("bulk/1", "sender"), step{to: "a"}, step{to: "b", done: nospim.Reject})
	tell(toll, "ada", town.Truth{Label: town.Ham, Role: "person"}, step{to: "x"})
	r := toll.Report()
	var b bytes.Buffer
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bulk", "1/1", "50.0 % (1/2, 9.45-90.5)", "person", "0 % (0/1, 0-79.3)", "1 / 1"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, b.String())
		}
	}
	if out, err := json.Marshal(r); err != nil || !strings.Contains(string(out), `"before_4th_person":{"k":0,"n":0,"low":0,"high":100}`) {
		t.Errorf("as JSON: %s, %v", out, err)
	}
}

// BenchmarkAdd counts the events of a town, one in four of which is an attacker's.
func BenchmarkAdd(b *testing.B) {
	tw, err := town.New(town.Options{Seed: 1, People: 500, Attacks: town.Attacks(), Incidents: 10})
	if err != nil {
		b.Fatal(err)
	}
	var events []nospim.Event
	var truths []town.Truth
	for e, truth := range tw.Events() {
		kept := *e
		kept.Recipients = append([]nospim.Account(nil), e.Recipients...)
		events, truths = append(events, kept), append(truths, truth)
	}
	verdicts := []nospim.Verdict{{}, {}, {}, {Action: nospim.Hold, Wanted: nospim.Hold, Signals: []nospim.Signal{{Symbol: "LOUD", Score: 9}}}}
	t, n := New(), 0
	b.ReportAllocs()
	for b.Loop() {
		t.Add(&events[n], &verdicts[n%len(verdicts)], truths[n])
		if n++; n == len(events) {
			n = 0
		}
	}
}
