package recordtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

func testAbsent(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	keep(t, s, message(1, nospim.Hold))
	for what, err := range map[string]error{
		"record":            second(s.Get(ctx, "chat.example", "m-2")),
		"record elsewhere":  second(s.Get(ctx, "other.example", "m-1")),
		"held message":      s.Settle(ctx, "h-99", nospim.HoldReleased, "ada", ""),
		"no held ID":        s.Settle(ctx, "12", nospim.HoldReleased, "ada", ""),
		"order":             s.Ack(ctx, "o-000000000099", ""),
		"no order ID":       s.Ack(ctx, "nonsense", ""),
		"list entry":        s.RemoveList(ctx, nospim.ListEntry{Kind: nospim.ListDomain, Value: "x.example"}, "ada"),
		"order with a sign": s.Ack(ctx, "o--1", ""),
	} {
		if !errors.Is(err, nospim.ErrNotFound) {
			t.Errorf("%s: error %v, want ErrNotFound", what, err)
		}
	}
	if n := len(held(t, s, record.HeldFilter{})) + len(orders(t, s)) + len(lists(t, s)) + len(audit(t, s)); n != 1 {
		t.Errorf("%d held messages, orders, list entries and lines of the journal, want the one held message", n)
	}
}

func second[T any](_ T, err error) error { return err }

func testKeep(t *testing.T, l *lab) {
	for n, action := range nospim.Actions() {
		r := message(n, action)
		if stood := keep(t, l.store, r); stood != r {
			t.Errorf("%s: another record stands than the one given", action)
		}
		got, err := l.store.Get(t.Context(), "chat.example", r.Event.ID)
		must(t, "reading "+r.Event.ID, err)
		same(t, action.String(), got, enforced(r))
	}
}

func testFirstStands(t *testing.T, l *lab) {
	first := message(1, nospim.Reject)
	keep(t, l.store, first)
	later := message(1, nospim.Hold)
	later.Event.Sender.ID = "somebody@else.example"
	same(t, "what stands", keep(t, l.store, later), enforced(first))
	if h := held(t, l.store, record.HeldFilter{}); len(h) != 0 {
		t.Errorf("a record that does not stand is held: %v", h)
	}
	elsewhere := message(1, nospim.Hold)
	elsewhere.Event.Service = "other.example"
	if keep(t, l.store, elsewhere) != elsewhere {
		t.Error("the same ID on another service is another event")
	}
}

func testSameAtOnce(t *testing.T, l *lab) {
	const many = 32
	stood := make([]*nospim.Record, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			r := message(1, nospim.Hold)
			r.Verdict.Score = float64(i)
			stood[i], _ = l.store.Keep(r).Wait(t.Context())
		})
	}
	wg.Wait()
	for _, r := range stood {
		if r == nil || r.Verdict.Score != stood[0].Verdict.Score {
			t.Fatalf("different records stand: %v", stood)
		}
	}
	if h := held(t, l.store, record.HeldFilter{}); len(h) != 1 || h[0].Verdict.Score != stood[0].Verdict.Score {
		t.Errorf("held: %v, want the one that stands", h)
	}
}

func testSameInBatch(t *testing.T, l *lab) {
	arrived, release := l.faults.Hold()
	busy := l.store.Keep(message(0, nospim.Reject))
	<-arrived
	first, other := message(1, nospim.Hold), message(1, nospim.Reject)
	commits := []record.Commit{l.store.Keep(first), l.store.Keep(other), l.store.Keep(message(2, nospim.Hold))}
	release()
	_, err := busy.Wait(t.Context())
	must(t, "the one before", err)
	for i, c := range commits {
		stood, err := c.Wait(t.Context())
		must(t, "keeping", err)
		if i < 2 && stood.Verdict.Action != nospim.Hold {
			t.Errorf("%d: the %s stands, want the hold that came first", i, stood.Verdict.Action)
		}
	}
	if h := held(t, l.store, record.HeldFilter{}); len(h) != 2 {
		t.Errorf("%d held messages, want 2", len(h))
	}
}

func testShare(t *testing.T, l *lab) {
	arrived, release := l.faults.Hold()
	before := l.faults.Commits()
	commits := []record.Commit{l.store.Keep(message(0, nospim.Reject))}
	<-arrived
	for n := 1; n < 64; n++ {
		commits = append(commits, l.store.Keep(message(n, nospim.Hold)))
	}
	release()
	var wg sync.WaitGroup
	for _, c := range commits {
		wg.Go(func() {
			if _, err := c.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := l.faults.Commits() - before; n > 2 {
		t.Errorf("%d commits for one record and 63 that came during its commit, want at most 2", n)
	}
	if h := held(t, l.store, record.HeldFilter{}); len(h) != 63 {
		t.Errorf("%d held, want 63", len(h))
	}
	testShareAtOnce(t, l)
}

// testShareAtOnce has goroutines keep a record each, at once, and wait for it: as in the program, but that the commit under way waits for the
// last of them, so that it does not hang on how they are scheduled who comes into the next.
func testShareAtOnce(t *testing.T, l *lab) {
	const goroutines, rounds = 64, 8
	before := l.faults.Commits()
	for round := range rounds {
		arrived, release := l.faults.Hold()
		first := 1000 + round*(goroutines+1)
		busy := l.store.Keep(message(first, nospim.Reject))
		<-arrived
		var kept, durable sync.WaitGroup
		kept.Add(goroutines)
		for g := range goroutines {
			durable.Go(func() {
				c := l.store.Keep(message(first+1+g, nospim.Reject))
				kept.Done()
				if _, err := c.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		kept.Wait()
		release()
		durable.Wait()
		_, err := busy.Wait(t.Context())
		must(t, "the one before", err)
	}
	if n := l.faults.Commits() - before; n > 2*rounds {
		t.Errorf("%d commits for %d rounds, want two for each", n, rounds)
	}
}

func testCancelled(t *testing.T, l *lab) {
	arrived, release := l.faults.Hold()
	c := l.store.Keep(message(1, nospim.Hold))
	<-arrived
	if _, err := c.Wait(cancelled(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with an ended context: %v, want context.Canceled", err)
	}
	never := l.store.Keep(message(2, nospim.Hold))
	if _, err := never.Wait(cancelled(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with an ended context for the next commit: %v, want context.Canceled", err)
	}
	after := l.store.Keep(message(3, nospim.Hold))
	release()
	_, err := after.Wait(t.Context())
	must(t, "keeping the one after", err)
	if h := held(t, l.store, record.HeldFilter{}); len(h) != 3 {
		t.Errorf("%d held, want also those that nobody waited for", len(h))
	}
	if _, err := c.Wait(cancelled(t)); err != nil {
		t.Errorf("waiting again, when it is durable: %v", err)
	}
}

// testStripped looks for what people wrote in everything that a store gives back.
func testStripped(t *testing.T, l *lab) {
	s := l.store
	keep(t, s, message(1, nospim.Reject))
	id := hold(t, s, 2)
	s.Append(message(3, nospim.Allow))
	must(t, "refusing", s.Settle(t.Context(), id, nospim.HoldRefused, "ada", "spam"))
	var all strings.Builder
	for _, r := range scan(t, s, time.Time{}) {
		_, _ = fmt.Fprintf(&all, "%+v\n", r)
	}
	_, _ = fmt.Fprintf(&all, "%+v\n", held(t, s, record.HeldFilter{}))
	for _, secret := range []string{"my cam is at", "<message", "X.example", "hey my cam"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q is still there", secret)
		}
	}
}

func testClosed(t *testing.T, l *lab) {
	must(t, "closing", l.store.Close())
	must(t, "closing again", l.store.Close())
	if _, err := l.store.Keep(message(1, nospim.Hold)).Wait(t.Context()); !errors.Is(err, nospim.ErrClosed) {
		t.Errorf("Keep after Close: %v, want ErrClosed", err)
	}
	l.store.Append(message(2, nospim.Allow)) // must not block or crash
	if err := l.store.PutList(t.Context(), entry("x.example")); !errors.Is(err, nospim.ErrClosed) {
		t.Errorf("PutList after Close: %v, want ErrClosed", err)
	}
	l.store = l.another(t)
	if got := scan(t, l.store, time.Time{}); len(got) != 0 {
		t.Errorf("%d records were taken after Close", len(got))
	}
}

func testReopen(t *testing.T, l *lab) {
	ctx := t.Context()
	keep(t, l.store, message(1, nospim.Reject))
	hold(t, l.store, 2)
	must(t, "releasing", l.store.Settle(ctx, hold(t, l.store, 3), nospim.HoldReleased, "ada", "fine"))
	for n := 10; n < 20; n++ {
		l.store.Append(message(n, nospim.Allow)) // Close writes them
	}
	must(t, "adding to the lists", l.store.PutList(ctx, entry("x.example")))
	salt, err := l.store.Salt(ctx)
	must(t, "salt", err)
	before := []any{held(t, l.store, record.HeldFilter{}), orders(t, l.store), lists(t, l.store), audit(t, l.store), revision(t, l.store), salt}

	l.reopen(t)

	salt, err = l.store.Salt(ctx)
	must(t, "salt", err)
	after := []any{held(t, l.store, record.HeldFilter{}), orders(t, l.store), lists(t, l.store), audit(t, l.store), revision(t, l.store), salt}
	same(t, "after reopening", after, before)
	if n := len(scan(t, l.store, time.Time{})); n != 13 {
		t.Errorf("%d records, want 13", n)
	}
	if keep(t, l.store, message(1, nospim.Hold)).Verdict.Action != nospim.Reject {
		t.Error("what was kept before does not stand")
	}
}
