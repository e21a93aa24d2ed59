package recordtest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

func testHeldFilter(t *testing.T, l *lab) {
	s := l.store
	r := message(1, nospim.Hold)
	keep(t, s, r)
	h := held(t, s, record.HeldFilter{})
	want := r.Event
	if len(h) != 1 {
		t.Fatalf("%d held messages, want 1", len(h))
	}
	same(t, "held", h[0], nospim.Held{ID: h[0].ID, State: nospim.HoldHeld, Event: want, Verdict: r.Verdict, Since: r.Kept})

	other := message(2, nospim.Hold)
	other.Event.Service, other.Event.Sender.ID = "other.example", "eve@other.example"
	other.Event.Recipients = []nospim.Account{{ID: "zoe@other.example"}}
	keep(t, s, other)
	must(t, "refusing", s.Settle(t.Context(), hold(t, s, 3), nospim.HoldRefused, "ada", ""))
	nobody := message(4, nospim.Hold)
	nobody.Event.Recipients = nil
	keep(t, s, nobody)

	for _, c := range []struct {
		filter record.HeldFilter
		want   []string
	}{
		{record.HeldFilter{}, []string{"m-1", "m-2", "m-3", "m-4"}},
		{record.HeldFilter{Limit: 2}, []string{"m-1", "m-2"}},
		{record.HeldFilter{State: nospim.HoldHeld}, []string{"m-1", "m-2", "m-4"}},
		{record.HeldFilter{State: nospim.HoldRefused}, []string{"m-3"}},
		{record.HeldFilter{State: nospim.HoldExpired}, nil},
		{record.HeldFilter{Service: "other.example"}, []string{"m-2"}},
		{record.HeldFilter{Sender: "nina_1@chat.example"}, []string{"m-1"}},
		{record.HeldFilter{Recipient: "ada@chat.example"}, []string{"m-1", "m-3"}},
		{record.HeldFilter{Recipient: "bob3@chat.example"}, []string{"m-3"}},
		{record.HeldFilter{Recipient: "ada"}, nil},
		{record.HeldFilter{ID: h[0].ID}, []string{"m-1"}},
		{record.HeldFilter{ID: h[0].ID, State: nospim.HoldRefused}, nil},
		{record.HeldFilter{ID: "h-99"}, nil},
		{record.HeldFilter{ID: "no ID"}, nil},
		{record.HeldFilter{Recipient: "ada@chat.example", State: nospim.HoldHeld, Service: "chat.example", Sender: "nina_1@chat.example", Limit: 1}, []string{"m-1"}},
	} {
		var got []string
		for _, h := range held(t, s, c.filter) {
			got = append(got, h.Event.ID)
		}
		same(t, "filtered", got, c.want)
	}
}

func testRelease(t *testing.T, l *lab) {
	s, ctx := l.store, t.Context()
	id := hold(t, s, 1)
	before := time.Now()
	must(t, "releasing", s.Settle(ctx, id, nospim.HoldReleased, "ada", "a friend"))
	h := held(t, s, record.HeldFilter{State: nospim.HoldReleased})
	if len(h) != 1 || h[0].By != "ada" || h[0].Reason != "a friend" || h[0].Settled.Before(before.Add(-time.Second)) {
		t.Fatalf("released: %+v", h)
	}
	o := orders(t, s)
	r := message(1, nospim.Hold)
	if len(o) != 1 {
		t.Fatalf("%d orders, want 1", len(o))
	}
	same(t, "order", o[0], nospim.Order{
		ID: o[0].ID, Do: nospim.OrderDeliver, Service: "chat.example", EventID: "m-1", Raw: r.Event.Raw,
		Sender: r.Event.Sender.ID, Recipients: []string{"ada@chat.example", "bob1@chat.example"},
	})
	for _, to := range []nospim.HoldState{nospim.HoldReleased, nospim.HoldRefused, nospim.HoldExpired} {
		if err := s.Settle(ctx, id, to, "bob", ""); !errors.Is(err, nospim.ErrConflict) {
			t.Errorf("settling it again, as %s: %v, want ErrConflict", to, err)
		}
	}
	for _, to := range []nospim.HoldState{nospim.HoldHeld, nospim.HoldDelivered, "nonsense", ""} {
		if err := s.Settle(ctx, id, to, "bob", ""); !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("settling it as %q: %v, want ErrInvalid", to, err)
		}
	}
	same(t, "orders afterwards", orders(t, s), o)
	same(t, "held afterwards", held(t, s, record.HeldFilter{}), h)
}

func testRefuse(t *testing.T, l *lab) {
	s := l.store
	for n, to := range []nospim.HoldState{nospim.HoldRefused, nospim.HoldExpired} {
		must(t, "settling", s.Settle(t.Context(), hold(t, s, n), to, "ada", "spam"))
		h := held(t, s, record.HeldFilter{State: to})
		if len(h) != 1 {
			t.Fatalf("%d %s messages, want 1", len(h), to)
		}
		want := message(n, nospim.Hold).Event
		want.Body, want.Raw, want.Links = "", "", nil
		same(t, string(to), h[0].Event, want)
	}
	if o := orders(t, s); len(o) != 0 {
		t.Errorf("orders: %v, want none", o)
	}
}

// testSettleOnce lets 32 people on two stores decide at once.
func testSettleOnce(t *testing.T, l *lab) {
	stores := []record.Store{l.store, l.another(t)}
	for round := range 4 {
		id := hold(t, l.store, round)
		ordersBefore, linesBefore := len(orders(t, l.store)), len(audit(t, l.store))
		errs := make([]error, 32)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				to := nospim.HoldReleased
				if i%2 == 1 {
					to = nospim.HoldRefused
				}
				errs[i] = stores[i/2%2].Settle(t.Context(), id, to, "ada", "")
			})
		}
		wg.Wait()
		wins, released := 0, 0
		for i, err := range errs {
			switch {
			case err == nil:
				wins++
				released += 1 - i%2
			case !errors.Is(err, nospim.ErrConflict):
				t.Errorf("settler %d: %v", i, err)
			}
		}
		if wins != 1 {
			t.Errorf("%d settled it, want 1", wins)
		}
		if n := len(orders(t, l.store)) - ordersBefore; n != released {
			t.Errorf("%d orders, want %d", n, released)
		}
		if n := len(audit(t, l.store)) - linesBefore; n != 1 {
			t.Errorf("%d lines in the journal, want 1", n)
		}
	}
}

func testOrders(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	for n := range 3 {
		must(t, "releasing", s.Settle(ctx, hold(t, s, n), nospim.HoldReleased, "ada", ""))
	}
	o := orders(t, s)
	if len(o) != 3 || o[0].ID >= o[1].ID || o[1].ID >= o[2].ID {
		t.Fatalf("orders %v, want 3 in the order of giving", o)
	}
	later, err := s.Orders(ctx, "chat.example", o[0].ID)
	must(t, "orders after the first", err)
	same(t, "orders after the first", later, o[1:])
	if other, err := s.Orders(ctx, "other.example", ""); err != nil || len(other) != 0 {
		t.Errorf("orders of another service: %v, %v", other, err)
	}
	if _, err := s.Orders(ctx, "chat.example", "nonsense"); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("orders after nonsense: %v, want ErrInvalid", err)
	}

	must(t, "acknowledging", s.Ack(ctx, o[1].ID, ""))
	l.reopen(t)
	s = l.store
	left := []nospim.Order{o[0], o[2]}
	same(t, "orders after acknowledging the second", orders(t, s), left)
	must(t, "acknowledging again", s.Ack(ctx, o[1].ID, ""))
	must(t, "failing what was done", s.Ack(ctx, o[1].ID, "too late"))
	same(t, "orders after acknowledging the second again", orders(t, s), left)

	h := held(t, s, record.HeldFilter{State: nospim.HoldDelivered})
	if len(h) != 1 || h[0].Event.ID != "m-1" || h[0].Event.Body != "" || h[0].Event.Raw != "" || h[0].By != "ada" {
		t.Errorf("delivered: %+v, want m-1 without text", h)
	}
}

func testFailedOrder(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	must(t, "releasing", s.Settle(ctx, hold(t, s, 1), nospim.HoldReleased, "ada", ""))
	id := orders(t, s)[0].ID
	must(t, "failing", s.Ack(ctx, id, "no such user"))
	must(t, "failing again", s.Ack(ctx, id, "no such user"))
	if o := orders(t, s); len(o) != 0 {
		t.Errorf("orders after the failure: %v, want none", o)
	}
	if h := held(t, s, record.HeldFilter{State: nospim.HoldReleased}); len(h) != 1 || h[0].Event.Raw == "" {
		t.Errorf("after the failure: %+v, want it released and complete", h)
	}
	must(t, "succeeding after all", s.Ack(ctx, id, ""))
	if h := held(t, s, record.HeldFilter{State: nospim.HoldDelivered}); len(h) != 1 || h[0].Event.Raw != "" {
		t.Errorf("after the success: %+v, want it delivered, without text", h)
	}
}
