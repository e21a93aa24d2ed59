package recordtest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// entry blocks a domain.
func entry(domain string) nospim.ListEntry {
	return nospim.ListEntry{Kind: nospim.ListDomain, Value: domain, Note: "adverts", Added: start, By: "ada"}
}

func testLists(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	block, allow, here := entry("x.example"), entry("x.example"), entry("x.example")
	allow.Allow, here.Service = true, "chat.example"
	address := nospim.ListEntry{Kind: nospim.ListAddr, Value: "198.51.100.0/24", Added: start, By: "bob"}
	for _, e := range []nospim.ListEntry{here, allow, block, address} {
		must(t, "adding", s.PutList(ctx, e))
	}
	same(t, "lists", lists(t, s), []nospim.ListEntry{address, block, here, allow})

	block.Note, block.By, block.Added = "worse", "bob", start.Add(time.Hour)
	must(t, "replacing", s.PutList(ctx, block))
	must(t, "removing", s.RemoveList(ctx, nospim.ListEntry{Kind: allow.Kind, Value: allow.Value, Allow: true}, "bob"))
	same(t, "lists after replacing one and removing one", lists(t, s), []nospim.ListEntry{address, block, here})
	if err := s.RemoveList(ctx, allow, "bob"); !errors.Is(err, nospim.ErrNotFound) {
		t.Errorf("removing it again: %v, want ErrNotFound", err)
	}
	l.reopen(t)
	same(t, "lists after reopening", lists(t, l.store), []nospim.ListEntry{address, block, here})
}

func testListsElsewhere(t *testing.T, l *lab) {
	ctx, cli := t.Context(), l.another(t)
	before := revision(t, l.store)
	must(t, "adding elsewhere", cli.PutList(ctx, entry("x.example")))
	if revision(t, l.store) == before {
		t.Error("the revision does not move with another's change")
	}
	same(t, "lists", lists(t, l.store), []nospim.ListEntry{entry("x.example")})
	must(t, "removing here", l.store.RemoveList(ctx, entry("x.example"), "ada"))
	same(t, "lists elsewhere", lists(t, cli), []nospim.ListEntry{})

	id := hold(t, l.store, 1)
	must(t, "releasing elsewhere", cli.Settle(ctx, id, nospim.HoldReleased, "ada", ""))
	if o := orders(t, l.store); len(o) != 1 {
		t.Errorf("%d orders here, want 1", len(o))
	}
	if keep(t, cli, message(1, nospim.Reject)).Verdict.Action != nospim.Hold {
		t.Error("what was kept here does not stand elsewhere")
	}
}

func testRevision(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	var first, other, order string
	for _, c := range []struct {
		what  string
		do    func() error
		moves bool
	}{
		{"keeping a reject", func() error { return second(s.Keep(message(1, nospim.Reject)).Wait(ctx)) }, false},
		{"appending", func() error { s.Append(message(2, nospim.Allow)); return s.Flush(ctx) }, false},
		{"holding", func() error { first = hold(t, s, 3); return nil }, true},
		{"holding another", func() error { other = hold(t, s, 4); return nil }, true},
		{"releasing", func() error { return s.Settle(ctx, first, nospim.HoldReleased, "ada", "") }, true},
		{"refusing", func() error { return s.Settle(ctx, other, nospim.HoldRefused, "ada", "") }, true},
		{"reading", func() error { order = orders(t, s)[0].ID; return nil }, false},
		{"acknowledging", func() error { return s.Ack(ctx, order, "") }, true},
		{"acknowledging again", func() error { return s.Ack(ctx, order, "") }, false},
		{"adding to the lists", func() error { return s.PutList(ctx, entry("x.example")) }, true},
		{"removing from the lists", func() error { return s.RemoveList(ctx, entry("x.example"), "ada") }, true},
		{"teaching", func() error { return s.Teach(ctx, example("e-1", "mod", record.FromModerator)) }, true},
		{"unlearning", func() error { return second(s.Unlearn(ctx, "chat.example", 0, "mod", "")) }, true},
		{"labelling", func() error { return s.PutLabel(ctx, labelling("bot@chat.example")) }, true},
		{"labelling anew", func() error { return s.PutLabel(ctx, labelling("bot@chat.example")) }, true},
		{"salting", func() error { return second(s.Salt(ctx)) }, false},
	} {
		before := revision(t, s)
		taught, err := s.Taught(ctx)
		must(t, "asking what was taught", err)
		must(t, c.what, c.do())
		again, err := s.Taught(ctx)
		must(t, "asking what was taught", err)
		if moved := again != taught; moved != (c.what == "teaching" || c.what == "unlearning") {
			t.Errorf("%s: the revision of examples moved: %t", c.what, moved)
		}
		if moved := revision(t, s) != before; moved != c.moves {
			t.Errorf("%s: revision moved: %t, want %t", c.what, moved, c.moves)
		}
	}
}

func testAudit(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	id, other := hold(t, s, 1), hold(t, s, 2)
	begin := time.Now().Add(-time.Second)
	must(t, "releasing", s.Settle(ctx, id, nospim.HoldReleased, "ada", "a friend"))
	must(t, "refusing", s.Settle(ctx, other, nospim.HoldRefused, "bob", ""))
	if err := s.Settle(ctx, other, nospim.HoldReleased, "eve", ""); err == nil {
		t.Error("settled twice")
	}
	must(t, "adding", s.PutList(ctx, entry("x.example")))
	must(t, "removing", s.RemoveList(ctx, entry("x.example"), "bob"))
	if err := s.RemoveList(ctx, entry("x.example"), "eve"); err == nil {
		t.Error("removed twice")
	}
	lines, err := s.Audit(ctx, begin)
	must(t, "reading the journal", err)
	type line struct{ by, action, reason string }
	var got []line
	for _, a := range lines {
		got = append(got, line{a.By, a.Action, a.Reason})
		if a.Object == "" || a.At.Before(begin) || a.At.After(time.Now().Add(time.Second)) {
			t.Errorf("line %+v has no object or another time", a)
		}
	}
	want := []line{{"ada", "held.release", "a friend"}, {"bob", "held.refuse", ""}, {"ada", "lists.add", "adverts"}, {"bob", "lists.remove", ""}}
	if len(got) != len(want) {
		t.Fatalf("journal %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d: %v, want %v", i, got[i], want[i])
		}
	}
	if lines[0].Object != id {
		t.Errorf("object %q, want %q", lines[0].Object, id)
	}
	if later, err := s.Audit(ctx, time.Now().Add(time.Hour)); err != nil || len(later) != 0 {
		t.Errorf("journal of the future: %v, %v", later, err)
	}
}

// testSalt asks two stores at once for the first time.
func testSalt(t *testing.T, l *lab) {
	stores := []record.Store{l.store, l.another(t)}
	salts := make([][16]byte, 8)
	var wg sync.WaitGroup
	for i := range salts {
		wg.Go(func() {
			var err error
			if salts[i], err = stores[i%2].Salt(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range salts {
		if s != salts[0] || s == [16]byte{} {
			t.Fatalf("salts %x, want one", salts)
		}
	}
	elsewhere := newLab(t, l.open)
	if other, err := elsewhere.store.Salt(t.Context()); err != nil || other == salts[0] {
		t.Errorf("another installation has the salt %x too (%v)", other, err)
	}
}

func testExpire(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	for n := range 10 {
		s.Append(message(n, nospim.Allow))
	}
	must(t, "flushing", s.Flush(ctx))
	keep(t, s, message(20, nospim.Reject))
	waits, refused := hold(t, s, 21), hold(t, s, 22)
	must(t, "refusing", s.Settle(ctx, refused, nospim.HoldRefused, "ada", ""))
	s.Append(message(23, nospim.Allow))

	expire := func(now time.Time, allow, enforced, hold time.Duration, want int64) {
		t.Helper()
		n, err := s.Expire(ctx, now, allow, enforced, hold)
		must(t, "expiring", err)
		if n != want {
			t.Errorf("%d expired, want %d", n, want)
		}
	}
	future := time.Now().Add(time.Hour)
	expire(future, 0, 0, 0, 0) // 0 means never
	if n := len(scan(t, s, time.Time{})); n != 14 {
		t.Fatalf("%d records, want all 14", n)
	}
	expire(start.Add(time.Minute), time.Minute-15*time.Millisecond, time.Minute, time.Minute, 10)
	if got := scan(t, s, time.Time{}); len(got) != 4 || got[0].Event.ID != "m-20" {
		t.Errorf("%d records are left, want the 4 from m-20 on", len(got))
	}
	expire(future, 0, 0, time.Hour, 1)
	if h := held(t, s, record.HeldFilter{State: nospim.HoldExpired}); len(h) != 1 || h[0].ID != waits || h[0].Event.Raw != "" {
		t.Errorf("expired: %+v, want %s without text", h, waits)
	}
	if a := audit(t, s); a[len(a)-1].Action != "held.expire" || a[len(a)-1].Object != waits {
		t.Errorf("the journal's last line is %+v", a[len(a)-1])
	}
	if n, err := s.Expire(ctx, future.Add(2*time.Hour), time.Minute, time.Minute, time.Minute); err != nil || n != 6 {
		t.Errorf("%d expired (%v), want the 4 records and the 2 held messages", n, err)
	}
	if n := len(scan(t, s, time.Time{})) + len(held(t, s, record.HeldFilter{})); n != 0 {
		t.Errorf("%d records and held messages are left", n)
	}
}
