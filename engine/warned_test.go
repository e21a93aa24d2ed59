package engine_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/policy"
)

// warned is a service on which people write, complain, and are judged.
type warned struct {
	*testing.T
	r *rig
	n int
}

func (w *warned) judge(kind nospim.Kind, from nospim.Account, to string, at time.Duration) *nospim.Verdict {
	w.Helper()
	w.n++
	e := message(fmt.Sprint("w-", w.n), from.ID, to, "")
	e.Kind, e.Sender, e.Time = kind, from, start.Add(at)
	if kind == nospim.KindMessage {
		e.Body = "a line of " + topic(w.n%600)
	}
	return judge(w, w.r, e)
}

func local(id string) nospim.Account { return nospim.Account{ID: id + "@chat.example", Local: true} }

const day = 24 * time.Hour

// neighbours are people who have been here for a fortnight and have written to each other.
func (w *warned) neighbours(n int) (all []nospim.Account) {
	for i := range n {
		a := local(fmt.Sprint("neighbour", topic(i)))
		w.judge(nospim.KindMessage, a, "friend@chat.example", -14*day+time.Duration(i)*time.Minute)
		all = append(all, a)
	}
	return all
}

// complain lets somebody write to all of them, and all of them complain about it.
func (w *warned) complain(about nospim.Account, by []nospim.Account, received bool, at time.Duration) {
	for i, a := range by {
		if received {
			w.judge(nospim.KindMessage, about, a.ID, at+time.Duration(i)*7*time.Minute)
		}
		kind := nospim.KindReport
		if i%2 == 1 {
			kind = nospim.KindBlock
		}
		w.judge(kind, a, about.ID, at+time.Duration(i)*7*time.Minute+time.Minute)
	}
}

// burst is what becomes of lines that somebody sends to one person, twenty milliseconds apart: how many pass before the first that
// is slowed, and whether the sender is warned of.
func (w *warned) burst(from nospim.Account, at time.Duration) (passed int, warnedOf bool) {
	for i := range 12 {
		v := w.judge(nospim.KindMessage, from, "somebody@chat.example", at+time.Duration(i)*20*time.Millisecond)
		warnedOf = warnedOf || strings.Contains(symbols(v), "WARNED")
		if v.Action > nospim.Throttle {
			w.Errorf("warnings make it %v for %s; they slow at most", v.Action, symbols(v))
		}
		if v.Action.Stops() {
			if v.RetryAfter <= 0 {
				w.Errorf("%v without saying for how long", v.Action)
			}
			return i, warnedOf
		}
	}
	return 12, warnedOf
}

func TestWarningsLowerTheRate(t *testing.T) {
	usual := 0
	for _, c := range []struct {
		name   string
		accuse func(w *warned, about nospim.Account)
		after  time.Duration
		slowed bool
	}{
		{name: "nobody complains", accuse: func(*warned, nospim.Account) {}},
		{name: "ten fresh accounts that it wrote to", accuse: func(w *warned, about nospim.Account) {
			var gang []nospim.Account
			for i := range 10 {
				gang = append(gang, local(fmt.Sprint("fresh", topic(i))))
			}
			w.complain(about, gang, true, 0)
		}},
		{name: "a gang of fifty who never got anything from it", accuse: func(w *warned, about nospim.Account) {
			w.complain(about, w.neighbours(50), false, 0)
		}},
		{name: "two neighbours", accuse: func(w *warned, about nospim.Account) { w.complain(about, w.neighbours(2), true, 0) }},
		{name: "one neighbour nine times", accuse: func(w *warned, about nospim.Account) {
			one := w.neighbours(1)[0]
			w.complain(about, []nospim.Account{one, one, one, one, one, one, one, one, one}, true, 0)
		}},
		{name: "three neighbours", accuse: func(w *warned, about nospim.Account) { w.complain(about, w.neighbours(3), true, 0) }, slowed: true},
		{name: "nine neighbours, four days ago", accuse: func(w *warned, about nospim.Account) { w.complain(about, w.neighbours(9), true, -3*day) }, after: day, slowed: true},
		{name: "nine neighbours, ten days ago", accuse: func(w *warned, about nospim.Account) { w.complain(about, w.neighbours(9), true, -3*day) }, after: 8 * day},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &warned{T: t, r: newRig(t, "")}
			accused := local("mallory")
			w.judge(nospim.KindMessage, accused, "friend@chat.example", -13*day)
			c.accuse(w, accused)
			passed, warnedOf := w.burst(accused, c.after+6*time.Hour)
			if usual == 0 {
				usual = passed
			}
			if warnedOf != c.slowed || (passed < usual) != c.slowed {
				t.Errorf("warned: %v, and %d lines pass of usually %d; want warned and fewer: %v", warnedOf, passed, usual, c.slowed)
			}
		})
	}
}

// TestStoryTellsTheWarningLevel: as AIM counted, 100 for each person who warned within a day and 50 for each within a week; nothing for
// fewer than three.
func TestStoryTellsTheWarningLevel(t *testing.T) {
	for _, c := range []struct {
		people, level int
		later         time.Duration
	}{{2, 0, 0}, {3, 300, 0}, {9, 900, 0}, {9, 450, 2 * day}, {9, 0, 8 * day}} {
		w := &warned{T: t, r: newRig(t, "")}
		accused := local("mallory")
		w.complain(accused, w.neighbours(c.people), true, 0)
		if err := w.r.records.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := engine.TellStory(t.Context(), w.r.records, "chat.example", accused.ID, time.Time{}, start.Add(3*time.Hour+c.later))
		if err != nil || s.Warning != c.level {
			t.Errorf("%d people, %v ago: level %d, %v; want %d", c.people, c.later, s.Warning, err, c.level)
		}
	}
}

// TestWarningsAreShown: where the policy says so, strangers see by a quiet mark that several have warned of a sender; contacts do not.
func TestWarningsAreShown(t *testing.T) {
	b, err := fs.ReadFile(policy.Default(), "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const off = "# WARNED_TO_STRANGER: mark"
	if !strings.Contains(string(b), off) {
		t.Fatal("the default policy does not say how")
	}
	files := fstest.MapFS{"policy.yaml": {Data: []byte(strings.NewReplacer(off, off[2:], "rules:\n  - rules/*.yaml", "").Replace(string(b)))}}
	shown, err := policy.Load(files, "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		relation nospim.Relation
		option   option
		want     nospim.Action
	}{
		{nospim.RelationStranger, func(*engine.Config) {}, nospim.Allow},
		{nospim.RelationStranger, func(e *engine.Config) { e.Policy = shown.Enforced() }, nospim.Mark},
		{nospim.RelationContact, func(e *engine.Config) { e.Policy = shown.Enforced() }, nospim.Allow},
	} {
		w := &warned{T: t, r: newRig(t, "", c.option)}
		accused := local("mallory")
		w.complain(accused, w.neighbours(3), true, 0)
		e := message("w-last", accused.ID, "somebody@chat.example", "good evening")
		e.Time, e.Relation = start.Add(12*time.Hour), c.relation
		if v := judge(t, w.r, e); v.Action != c.want {
			t.Errorf("to a %s it is %v for %s, want %v", c.relation, v.Action, symbols(v), c.want)
		}
	}
}
