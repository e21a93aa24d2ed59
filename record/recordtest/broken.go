package recordtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// write is a write to be broken.
type write struct {
	name string
	// prepare makes what the write needs and returns the ID that it acts on.
	prepare func(t *testing.T, s record.Store) string
	do      func(ctx context.Context, s record.Store, id string) error
	// again is what doing it a second time may say.
	again error
	// check looks whether it was done once.
	check func(t *testing.T, s record.Store)
}

func writes() []write {
	nothing := func(*testing.T, record.Store) string { return "" }
	holding := func(t *testing.T, s record.Store) string { t.Helper(); return hold(t, s, 1) }
	ordering := func(t *testing.T, s record.Store) string {
		t.Helper()
		must(t, "releasing", s.Settle(t.Context(), hold(t, s, 1), nospim.HoldReleased, "ada", ""))
		return orders(t, s)[0].ID
	}
	listing := func(t *testing.T, s record.Store) string {
		t.Helper()
		must(t, "adding", s.PutList(t.Context(), entry("x.example")))
		return ""
	}
	expectHeld := func(state nospim.HoldState, orderCount int) func(*testing.T, record.Store) {
		return func(t *testing.T, s record.Store) {
			t.Helper()
			if h := held(t, s, record.HeldFilter{}); len(h) != 1 || h[0].State != state {
				t.Errorf("held: %+v, want one that is %s", h, state)
			}
			if o := orders(t, s); len(o) != orderCount {
				t.Errorf("%d orders, want %d", len(o), orderCount)
			}
		}
	}
	expectLists := func(want ...nospim.ListEntry) func(*testing.T, record.Store) {
		return func(t *testing.T, s record.Store) { t.Helper(); same(t, "lists", lists(t, s), want) }
	}
	settle := func(to nospim.HoldState) func(context.Context, record.Store, string) error {
		return func(ctx context.Context, s record.Store, id string) error { return s.Settle(ctx, id, to, "ada", "") }
	}
	return append(append(append(teaching(nothing), campaignWrites(nothing)...), complaintWrites(nothing)...), []write{
		{"keep", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return second(s.Keep(message(1, nospim.Hold)).Wait(ctx))
		}, nil, expectHeld(nospim.HoldHeld, 0)},
		{"release", holding, settle(nospim.HoldReleased), nospim.ErrConflict, expectHeld(nospim.HoldReleased, 1)},
		{"refuse", holding, settle(nospim.HoldRefused), nospim.ErrConflict, expectHeld(nospim.HoldRefused, 0)},
		{"expire", holding, func(ctx context.Context, s record.Store, _ string) error {
			return second(s.Expire(ctx, time.Now().Add(time.Hour), 0, 0, time.Minute))
		}, nil, expectHeld(nospim.HoldExpired, 0)},
		{"acknowledge", ordering, func(ctx context.Context, s record.Store, id string) error {
			return s.Ack(ctx, id, "")
		}, nil, expectHeld(nospim.HoldDelivered, 0)},
		{"acknowledge a failure", ordering, func(ctx context.Context, s record.Store, id string) error {
			return s.Ack(ctx, id, "no such user")
		}, nil, expectHeld(nospim.HoldReleased, 0)},
		{"add to the lists", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return s.PutList(ctx, entry("x.example"))
		}, nil, expectLists(entry("x.example"))},
		{"remove from the lists", listing, func(ctx context.Context, s record.Store, _ string) error {
			return s.RemoveList(ctx, entry("x.example"), "ada")
		}, nospim.ErrNotFound, expectLists()},
		feedWrite("fill a feed", func(ctx context.Context, s record.Store) error {
			return second(s.FillFeed(ctx, "drop", items("=a.example", "~b.example")))
		}),
		feedWrite("change a feed", func(ctx context.Context, s record.Store) error {
			return s.ChangeFeed(ctx, "drop", []record.FeedItem{{Value: "a.example"}, {Value: "b.example", Strangers: true}}, nil)
		}),
		labelWrite(nothing),
		askWrite(nothing),
		leaseWrite(nothing),
		challengeWrite(),
		passWrite(),
		{"salt", nothing, func(ctx context.Context, s record.Store, _ string) error { return second(s.Salt(ctx)) }, nil, expectLists()},
	}...)
}

// testBroken breaks each write in both ways. Failed and not persisted leaves nothing behind; failed but persisted leaves all.
// Doing it again, as a caller does after an error, ends in the same as doing it once; it may then say that it was done before.
func testBroken(t *testing.T, l *lab) {
	for _, fault := range []Fault{NotPersisted, Persisted} {
		for _, w := range writes() {
			t.Run(w.name+" "+string(fault), func(t *testing.T) {
				l := newLab(t, l.open)
				id := w.prepare(t, l.store)
				before := state(t, l.store)
				l.faults.Break(fault)
				err := w.do(t.Context(), l.store, id)
				if !l.faults.Broken() {
					t.Fatal("the write has no commit")
				}
				if err != nil {
					if fault == NotPersisted {
						same(t, "state after the failure", state(t, l.store), before)
					}
					l.reopen(t)
					if err := w.do(t.Context(), l.store, id); err != nil && (w.again == nil || !errors.Is(err, w.again)) {
						t.Fatalf("doing it again: %v", err)
					}
				}
				w.check(t, l.store)
			})
		}
	}
}

// state is everything that people see of a store, to compare before and after.
func state(t *testing.T, s record.Store) []any {
	t.Helper()
	return []any{held(t, s, record.HeldFilter{}), orders(t, s), lists(t, s), audit(t, s), examples(t, s, ""), labels(t, s)}
}

// testBrokenKeep breaks the commit of a whole batch, and the attempts that follow it. All in a batch share one fate: when one of
// them is told that it is durable, it is; when it is told an error, keeping it again ends in one record.
func testBrokenKeep(t *testing.T, l *lab) {
	for _, faults := range [][]Fault{
		{NotPersisted},
		{Persisted},
		{NotPersisted, NotPersisted},
		{NotPersisted, Persisted},
		{Persisted, NotPersisted},
		{Persisted, Persisted},
		{NotPersisted, NotPersisted, NotPersisted, NotPersisted},
	} {
		l := newLab(t, l.open)
		arrived, release := l.faults.Hold()
		first := l.store.Keep(message(0, nospim.Reject))
		<-arrived // the next ones are a batch of their own
		var commits []record.Commit
		for n := 1; n <= 8; n++ {
			commits = append(commits, l.store.Keep(message(n, nospim.Hold)))
		}
		l.faults.Break(faults...)
		release()
		_, err := first.Wait(t.Context())
		must(t, "the one before", err)
		failed := 0
		for i, c := range commits {
			stood, err := c.Wait(t.Context())
			if err != nil {
				failed++
				continue
			}
			if stood.Event.ID != message(i+1, nospim.Hold).Event.ID {
				t.Errorf("%v: %s stands for m-%d", faults, stood.Event.ID, i+1)
			}
			if _, err := l.store.Get(t.Context(), "chat.example", stood.Event.ID); err != nil {
				t.Errorf("%v: told that %s is durable, but: %v", faults, stood.Event.ID, err)
			}
		}
		if failed != 0 && failed != len(commits) {
			t.Errorf("%v: %d of %d failed, want all or none", faults, failed, len(commits))
		}
		if n := len(held(t, l.store, record.HeldFilter{})); failed != 0 && n != 0 && n != len(commits) {
			t.Errorf("%v: %d of %d are held after the failure, want all or none", faults, n, len(commits))
		}
		l.faults.Break()
		l.reopen(t)
		for n := 1; n <= 8; n++ {
			if stood := keep(t, l.store, message(n, nospim.Hold)); stood.Verdict.Action != nospim.Hold {
				t.Errorf("%v: %s stands for m-%d", faults, stood.Verdict.Action, n)
			}
		}
		if h := held(t, l.store, record.HeldFilter{}); len(h) != 8 {
			t.Errorf("%v: %d held, want 8", faults, len(h))
		}
	}
}

// testBrokenAppend: what Flush says was written is there once; what it says failed is there once or not at all. A store may write some of
// what is appended before the others come, so that not all of it needs to fail.
func testBrokenAppend(t *testing.T, l *lab) {
	for _, faults := range [][]Fault{{NotPersisted}, {Persisted}, {NotPersisted, NotPersisted}, {NotPersisted, Persisted}, {Persisted, Persisted}} {
		l := newLab(t, l.open)
		arrived, release := l.faults.Hold()
		busy := l.store.Keep(message(100, nospim.Reject))
		<-arrived // the flusher cannot come between: it waits for this commit
		for n := range 5 {
			l.store.Append(message(n, nospim.Allow))
		}
		l.faults.Break(faults...)
		release()
		_, err := busy.Wait(t.Context())
		must(t, "the one before", err)
		err = l.store.Flush(t.Context())
		l.faults.Break()
		if err := l.store.Flush(t.Context()); err != nil {
			t.Errorf("%v: Flush returns an error again: %v", faults, err)
		}
		l.reopen(t)
		times := map[string]int{}
		for _, r := range scan(t, l.store, time.Time{}) {
			if times[r.Event.ID]++; times[r.Event.ID] > 1 {
				t.Errorf("%v: %s is there again", faults, r.Event.ID)
			}
		}
		if n := len(times) - 1; n != 5 && err == nil || n < 0 {
			t.Errorf("%v: Flush said that everything was written, and %d of 5 records are there", faults, n)
		}
	}
}
