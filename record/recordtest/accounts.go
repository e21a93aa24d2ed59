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

// testAccount: what an account sent or was to receive comes back in order, of both kinds of record, and nothing else.
func testAccount(t *testing.T, l *lab) {
	const eve = `eve"<quoted>@chat.example`
	var want []string
	for n := range 600 {
		r := message(n, nospim.Allow)
		r.Event.Sender.ID, r.Event.Recipients = fmt.Sprintf("u%d@chat.example", n), []nospim.Account{{ID: "ada@chat.example"}, {ID: "bob@chat.example"}}
		switch n % 50 {
		case 7:
			r.Event.Sender.ID = eve
		case 31:
			r.Event.Recipients[1].ID = eve
		case 33:
			r.Event.Room = eve // names it, but not as a party
		case 34:
			r.Event.Sender.ID, r.Event.Service = eve, "other.example"
		}
		if n >= 100 && (n%50 == 7 || n%50 == 31) {
			want = append(want, r.Event.ID)
		}
		if n%3 == 0 {
			r.Verdict.Action = nospim.Hold
			keep(t, l.store, r)
		} else {
			l.store.Append(r)
		}
	}
	var got []string
	read := func(r *nospim.Record) error { got = append(got, r.Event.ID); return nil }
	must(t, "reading an account", l.store.Account(t.Context(), "chat.example", eve, start.Add(100*time.Millisecond), read))
	same(t, "records of an account", got, want)
	got = nil
	must(t, "reading an account that nobody knows", l.store.Account(t.Context(), "chat.example", "nobody@chat.example", time.Time{}, read))
	same(t, "records of nobody", got, []string(nil))
	stop := errors.New("enough")
	if err := l.store.Account(t.Context(), "chat.example", eve, time.Time{}, func(*nospim.Record) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of fn came back as %v", err)
	}
	if err := l.store.Account(t.Context(), "chat.example", "", time.Time{}, read); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("the records of no account: %v, want ErrInvalid", err)
	}
}

// question asks an account about an event.
func question(account, event string) nospim.Order {
	return nospim.Order{Do: nospim.OrderNotify, Service: "chat.example", EventID: event, Sender: account, Text: "did you send this link?"}
}

// testAsk: of many who want to ask, on two stores, one does; another account, and the same after a while, is asked again.
func testAsk(t *testing.T, l *lab) {
	stores := []record.Store{l.store, l.another(t)}
	var made atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			ok, err := stores[i%2].Ask(t.Context(), question("eve@chat.example", fmt.Sprint("m-", i)), time.Hour, "nospim", "a burst")
			if err != nil {
				t.Error(err)
			}
			if ok {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("%d questions, want 1", made.Load())
	}
	before := revision(t, l.store)
	ok, err := l.store.Ask(t.Context(), question("ada@chat.example", "m-1"), time.Hour, "nospim", "a burst")
	if must(t, "asking another", err); !ok || revision(t, l.store) == before {
		t.Error("another account was not asked, or nobody hears of it")
	}
	o := orders(t, l.store)
	if len(o) != 2 {
		t.Fatalf("%d orders, want 2", len(o))
	}
	want := question("ada@chat.example", "m-1")
	want.ID, want.Recipients = o[1].ID, []string{"ada@chat.example"}
	same(t, "order", o[1], want)
	must(t, "acknowledging", l.store.Ack(t.Context(), o[1].ID, ""))
	if o := orders(t, l.store); len(o) != 1 {
		t.Errorf("%d orders after one was carried out, want 1", len(o))
	}
	if ok, err := l.store.Ask(t.Context(), question("eve@chat.example", "m-99"), 0, "nospim", "again"); err != nil || !ok {
		t.Errorf("asking again after a while: %v, %v", ok, err)
	}
	if list := audit(t, l.store); len(list) != 3 || list[0].Action != "account.ask" || list[0].Object != "eve@chat.example" || list[0].Reason != "a burst" {
		t.Errorf("journal: %+v", list)
	}
	for _, bad := range []nospim.Order{{Do: nospim.OrderDeliver, Service: "s", Sender: "a", EventID: "e"}, {Do: nospim.OrderNotify, Service: "s", EventID: "e"}, {Do: nospim.OrderNotify, Sender: "a", EventID: "e"}} {
		if _, err := l.store.Ask(t.Context(), bad, 0, "nospim", ""); !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("asking with %+v: %v, want ErrInvalid", bad, err)
		}
	}
}

func askWrite(nothing func(*testing.T, record.Store) string) write {
	return write{"ask an account", nothing, func(ctx context.Context, s record.Store, _ string) error {
		_, err := s.Ask(ctx, question("eve@chat.example", "m-1"), time.Hour, "nospim", "")
		return err
	}, nil, func(t *testing.T, s record.Store) {
		t.Helper()
		if o := orders(t, s); len(o) != 1 || o[0].Text == "" {
			t.Errorf("orders %+v, want one that asks", o)
		}
	}}
}
