package recordtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// The pair of these tests, and another recipient.
const asked, ada, mum = "bob@far.example", "ada@chat.example", "mum@chat.example"

// trial returns a challenge to asked for somebody, which is over a day after start.
func trial(id, recipient string) *nospim.Trial {
	return &nospim.Trial{ID: id, Service: "chat.example", Sender: asked, Recipient: recipient, Event: "m-1", Made: start, Until: start.Add(24 * time.Hour)}
}

// wait keeps a message that waits, and returns it.
func wait(t *testing.T, s record.Store, n int, action nospim.Action, to ...string) {
	t.Helper()
	r := message(n, action)
	r.Event.Sender.ID, r.Event.Recipients = asked, nil
	for _, a := range to {
		r.Event.Recipients = append(r.Event.Recipients, nospim.Account{ID: a})
	}
	_, err := s.Keep(r).Wait(t.Context())
	must(t, "keeping", err)
}

// states returns where what asked has sent stands, by event.
func states(t *testing.T, s record.Store) map[string]nospim.HoldState {
	t.Helper()
	held, err := s.Held(t.Context(), record.HeldFilter{Sender: asked})
	must(t, "listing held messages", err)
	all := map[string]nospim.HoldState{}
	for i := range held {
		all[held[i].Event.ID] = held[i].State
	}
	return all
}

func testChallenges(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	for n, w := range []struct {
		action nospim.Action
		to     []string
	}{
		{nospim.Challenge, []string{ada}},
		{nospim.Challenge, []string{mum}},
		{nospim.Hold, []string{ada}},
		{nospim.Challenge, []string{ada, mum}},
		{nospim.Challenge, []string{ada}},
	} {
		wait(t, s, n+1, w.action, w.to...)
	}
	made, err := s.Challenge(ctx, trial("a", ada))
	must(t, "challenging", err)
	again, err := l.another(t).Challenge(ctx, trial("b", mum))
	must(t, "challenging again", err)
	if !made || again {
		t.Errorf("made %v, and within a day for another recipient %v", made, again)
	}
	l.reopen(t)
	s = l.store
	found, err := s.FindChallenge(ctx, "a")
	must(t, "finding", err)
	same(t, "found", found, trial("a", ada))
	open, err := s.OpenChallenge(ctx, "chat.example", asked, ada, start.Add(time.Hour))
	must(t, "finding an open one", err)
	same(t, "open", open, trial("a", ada))
	for name, find := range map[string]func() (*nospim.Trial, error){
		"of no ID":         func() (*nospim.Trial, error) { return s.FindChallenge(ctx, "b") },
		"of another":       func() (*nospim.Trial, error) { return s.OpenChallenge(ctx, "chat.example", asked, mum, start) },
		"elsewhere":        func() (*nospim.Trial, error) { return s.OpenChallenge(ctx, "far.example", asked, ada, start) },
		"when it was over": func() (*nospim.Trial, error) { return s.OpenChallenge(ctx, "chat.example", asked, ada, found.Until) },
	} {
		if _, err := find(); !errors.Is(err, nospim.ErrNotFound) {
			t.Errorf("a challenge %s: %v", name, err)
		}
	}
	passes(t, s)
	// What came while the answer was on its way is not asked about, but released.
	wait(t, s, 6, nospim.Challenge, ada)
	late := trial("c", ada)
	late.Made, late.Until = start.Add(2*time.Hour), start.Add(26*time.Hour)
	if made, err := s.Challenge(ctx, late); err != nil || made {
		t.Errorf("who has proved something is asked: %v, %v", made, err)
	}
	same(t, "what waits", states(t, s), map[string]nospim.HoldState{
		"m-1": nospim.HoldReleased, "m-2": nospim.HoldHeld, "m-3": nospim.HoldHeld, "m-4": nospim.HoldHeld, "m-5": nospim.HoldReleased, "m-6": nospim.HoldReleased,
	})
	next := trial("d", mum)
	next.Made, next.Until = start.Add(24*time.Hour), start.Add(48*time.Hour)
	if made, err := s.Challenge(ctx, next); err != nil || !made {
		t.Errorf("a day later: %v, %v", made, err)
	}
	_, err = s.Expire(ctx, start.Add(30*24*time.Hour), 0, 7*24*time.Hour, 0)
	must(t, "expiring", err)
	if _, err := s.FindChallenge(ctx, "a"); !errors.Is(err, nospim.ErrNotFound) {
		t.Errorf("after it expired: %v", err)
	}
}

// passes passes the challenge a.
func passes(t *testing.T, s record.Store) {
	t.Helper()
	ctx, proved := t.Context(), start.Add(90*24*time.Hour)
	for i, want := range []error{nil, nil, nospim.ErrDenied} {
		if err := s.TryChallenge(ctx, "a", 2); !errors.Is(err, want) {
			t.Errorf("try %d: %v, want %v", i, err, want)
		}
	}
	if err := s.TryChallenge(ctx, "b", 2); !errors.Is(err, nospim.ErrNotFound) {
		t.Errorf("a try of none: %v", err)
	}
	for _, c := range []struct {
		id   string
		at   time.Time
		want error
	}{
		{"b", start, nospim.ErrNotFound},
		{"a", start.Add(24 * time.Hour), nospim.ErrNotFound},
		{"a", start.Add(time.Hour), nil},
		{"a", start.Add(time.Hour), nospim.ErrConflict},
	} {
		if err := s.PassChallenge(ctx, c.id, c.at, proved); !errors.Is(err, c.want) {
			t.Errorf("passing %s at %v: %v, want %v", c.id, c.at, err, c.want)
		}
	}
	same(t, "labels", labels(t, s), []record.Labelling{{
		Label: nospim.Label{Entity: nospim.Pair(asked, ada), Name: nospim.LabelProved, Until: proved},
		At:    start.Add(time.Hour), By: "nospim", Reason: "the sender passed a challenge",
	}})
	orders, err := s.Orders(ctx, "chat.example", "")
	must(t, "listing orders", err)
	var events []string
	for i := range orders {
		events = append(events, orders[i].EventID)
	}
	same(t, "orders", events, []string{"m-1", "m-5"})
	if c, err := s.FindChallenge(ctx, "a"); err != nil || c.Tries != 2 || !c.Passed.Equal(start.Add(time.Hour)) {
		t.Errorf("afterwards: %+v, %v", c, err)
	}
}

// testChallengeAtOnce: of many at once, on two stores, one is made and one passes it.
func testChallengeAtOnce(t *testing.T, l *lab) {
	wait(t, l.store, 1, nospim.Challenge, ada)
	stores := []record.Store{l.store, l.another(t)}
	const many = 8
	atOnce := func(do func(ctx context.Context, s record.Store, i int) bool) int {
		var (
			all  sync.WaitGroup
			done atomic.Int64
		)
		for i := range many {
			all.Go(func() {
				if do(t.Context(), stores[i%2], i) {
					done.Add(1)
				}
			})
		}
		all.Wait()
		return int(done.Load())
	}
	made := atOnce(func(ctx context.Context, s record.Store, i int) bool {
		made, err := s.Challenge(ctx, trial(fmt.Sprint("c", i), ada))
		return made && err == nil
	})
	c, err := l.store.OpenChallenge(t.Context(), "chat.example", asked, ada, start)
	must(t, "finding it", err)
	tried := atOnce(func(ctx context.Context, s record.Store, _ int) bool { return s.TryChallenge(ctx, c.ID, 3) == nil })
	passed := atOnce(func(ctx context.Context, s record.Store, _ int) bool {
		return s.PassChallenge(ctx, c.ID, start, start.Add(time.Hour)) == nil
	})
	orders, err := l.store.Orders(t.Context(), "chat.example", "")
	must(t, "listing orders", err)
	if made != 1 || tried != 3 || passed != 1 || len(orders) != 1 {
		t.Errorf("%d made, %d tried of 3, %d passed, %d orders", made, tried, passed, len(orders))
	}
}

// challengeWrite makes a challenge; passWrite passes it.
func challengeWrite() write {
	return write{"challenge", func(t *testing.T, s record.Store) string { t.Helper(); return waiting(t, s) }, func(ctx context.Context, s record.Store, _ string) error {
		return second(s.Challenge(ctx, trial("a", ada)))
	}, nil, func(t *testing.T, s record.Store) {
		t.Helper()
		if _, err := s.FindChallenge(t.Context(), "a"); err != nil || len(states(t, s)) != 1 {
			t.Errorf("the challenge: %v", err)
		}
	}}
}

func passWrite() write {
	return write{"pass a challenge", func(t *testing.T, s record.Store) string {
		t.Helper()
		waiting(t, s)
		must(t, "challenging", second(s.Challenge(t.Context(), trial("a", ada))))
		return "a"
	}, func(ctx context.Context, s record.Store, id string) error {
		return s.PassChallenge(ctx, id, start.Add(time.Hour), start.Add(48*time.Hour))
	}, nospim.ErrConflict, func(t *testing.T, s record.Store) {
		t.Helper()
		if len(orders(t, s)) != 1 || len(labels(t, s)) != 1 || states(t, s)["m-1"] != nospim.HoldReleased {
			t.Errorf("%d orders, %d labels, %v", len(orders(t, s)), len(labels(t, s)), states(t, s))
		}
	}}
}

// waiting keeps a message that waits for an answer.
func waiting(t *testing.T, s record.Store) string {
	t.Helper()
	wait(t, s, 1, nospim.Challenge, ada)
	return ""
}
