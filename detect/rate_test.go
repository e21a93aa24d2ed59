package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

// burst is n messages, so far apart, of which the last is the event's own; to so many people in turn.
func burst(n int, gap time.Duration, people uint32) (f nospim.Fact) {
	at := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC).UnixMilli()
	for i := range n {
		item := nospim.Item{At: at - int64(n-1-i)*gap.Milliseconds(), Of: 20, With: 1 + uint32(i)%people}
		if f.Own = item; i < n-1 {
			f.Recent = append(f.Recent, item)
		}
	}
	return f
}

func TestRate(t *testing.T) {
	facts := func(said nospim.Fact, day, week float64) []nospim.Fact {
		return []nospim.Fact{said, {}, {}, {N: day}, {N: week}}
	}
	all := []string{"RATE_ALERT", "RATE_LIMIT", "RATE_DISCONNECT"}
	wrote := facts(burst(14, 5*time.Second, 14), 0, 0)
	for i := range uint32(14) {
		wrote[1].Recent = append(wrote[1].Recent, nospim.Item{At: 1, With: 1 + i})
	}
	detecttest.Run(t, detect.Rate{}, []detecttest.Case{
		{Name: "a talk", Event: message(nospim.RelationStranger), Recalled: facts(burst(32, 9*time.Second, 1), 0, 0), Not: all},
		{Name: "six lines at once", Event: message(nospim.RelationStranger), Recalled: facts(burst(5, 50*time.Millisecond, 1), 0, 0), Want: []string{"RATE_ALERT"}},
		{Name: "ten lines at once", Event: message(nospim.RelationStranger), Recalled: facts(burst(10, 50*time.Millisecond, 1), 0, 0), Want: []string{"RATE_LIMIT"}},
		{Name: "fifteen at once", Event: message(nospim.RelationStranger), Recalled: facts(burst(16, 50*time.Millisecond, 1), 0, 0), Want: []string{"RATE_DISCONNECT"}},
		{Name: "somebody warned by three sends six lines", Event: message(nospim.RelationStranger), Recalled: facts(burst(7, 50*time.Millisecond, 1), 3, 3), Want: []string{"RATE_LIMIT"}},
		{Name: "two warnings are none", Event: message(nospim.RelationStranger), Recalled: facts(burst(7, 50*time.Millisecond, 1), 2, 2), Want: []string{"RATE_ALERT"}, Not: all[1:]},
		{Name: "fourteen new people, five seconds apart", Event: message(nospim.RelationStranger), Recalled: facts(burst(14, 5*time.Second, 14), 0, 0), Want: []string{"RATE_LIMIT"}},
		{Name: "answers to fourteen who wrote", Event: message(nospim.RelationStranger), Recalled: wrote, Not: all},
		{Name: "wishes to forty friends", Event: message(nospim.RelationContact), Recalled: facts(burst(32, time.Second, 32), 0, 0), Not: all},
		{Name: "thirty lines at once to one friend", Event: message(nospim.RelationContact), Recalled: facts(burst(32, 50*time.Millisecond, 1), 0, 0), Want: []string{"RATE_DISCONNECT"}},
		{Name: "in a room", Event: nospim.Event{Kind: nospim.KindMessage, Room: "tea@rooms.example"}, Recalled: facts(burst(16, 50*time.Millisecond, 1), 0, 0), Not: all},
	})
}

// TestRateAsMeasured compares with AIM's table: messages at 50 ms before the limit and before the disconnection, the gap that is
// always fast enough, and how long a sender has to be silent (oscar-irc.md §3; the server itself let one more through).
func TestRateAsMeasured(t *testing.T) {
	first := func(symbol string, gap time.Duration, warned float64) int {
		for n := 2; n <= 33; n++ {
			if s, _ := rate(t, burst(n, gap, 1), warned); s == symbol {
				return n - 1
			}
		}
		return 0
	}
	for _, c := range []struct {
		symbol string
		warned float64
		want   int
	}{
		{"RATE_LIMIT", 0, 8}, {"RATE_DISCONNECT", 0, 15}, {"RATE_LIMIT", 3, 6}, {"RATE_LIMIT", 9, 2},
	} {
		if got := first(c.symbol, 50*time.Millisecond, c.warned); got < c.want-1 || got > c.want {
			t.Errorf("%d messages at 50 ms pass before %s with %v warnings; AIM: %d", got, c.symbol, c.warned, c.want)
		}
	}
	if n := first("RATE_LIMIT", 4100*time.Millisecond, 0); n != 0 {
		t.Errorf("one message every 4.1 s is limited after %d", n)
	}
	said := burst(10, 50*time.Millisecond, 1)
	_, wait := rate(t, said, 0)
	said.Recent = append(said.Recent, said.Own)
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{wait - time.Second, "RATE_LIMIT"}, {wait + time.Second, ""}} {
		said.Own.At = said.Recent[len(said.Recent)-1].At + c.after.Milliseconds()
		if s, _ := rate(t, said, 0); s != c.want {
			t.Errorf("told to wait %v; after %v: %q, want %q", wait, c.after, s, c.want)
		}
	}
}

func rate(t *testing.T, said nospim.Fact, warned float64) (symbol string, wait time.Duration) {
	t.Helper()
	e := message(nospim.RelationStranger)
	l := nospim.Look{Event: &e, Features: &nospim.Features{}, Facts: []nospim.Fact{said, {}, {}, {N: warned}, {N: warned}}}
	if err := (detect.Rate{}).Look(&l); err != nil {
		t.Fatal(err)
	}
	if len(l.Raised) > 0 {
		symbol = l.Raised[0].Symbol
	}
	return symbol, l.Wait
}
