package recordtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// toOne is a held message of somebody to one person alone.
func toOne(id, from, to string, at time.Time) *nospim.Record {
	r := message(1, nospim.Hold)
	r.Event.ID, r.Verdict.EventID, r.Kept = id, id, at
	r.Event.Sender.ID, r.Event.Recipients = from, []nospim.Account{{ID: to, Local: true}}
	return r
}

// Strangers who turn to ada.
const (
	bob = "bob@far.example"
	eve = "eve@far.example"
)

func testWaiting(t *testing.T, l *lab) {
	s, ctx := l.store, t.Context()
	for i, m := range []struct{ from, to string }{{bob, ada}, {eve, ada}, {bob, ada}, {bob, "zoe@chat.example"}, {eve, ada}} {
		keep(t, s, toOne(fmt.Sprint("m", i), m.from, m.to, start.Add(time.Duration(i)*time.Minute)))
	}
	keep(t, s, message(9, nospim.Hold)) // to two people: neither decides
	both := func() []nospim.Waiting {
		t.Helper()
		w, err := s.Waiting(ctx, record.WaitingFilter{Service: "chat.example", Recipient: ada})
		must(t, "looking what waits", err)
		return w
	}
	same(t, "waiting", both(), []nospim.Waiting{
		{Service: "chat.example", Sender: bob, Recipient: ada, Count: 2, IDs: []string{"h-1", "h-3"}, Since: start},
		{Service: "chat.example", Sender: eve, Recipient: ada, Count: 2, IDs: []string{"h-2", "h-5"}, Since: start.Add(time.Minute)},
	})
	if w, err := s.Waiting(ctx, record.WaitingFilter{Service: "chat.example", Recipient: ada, Offset: 1, Limit: 1}); err != nil || len(w) != 1 || w[0].Sender != eve {
		t.Errorf("the second page: %+v, %v", w, err)
	}
	if w, err := s.Waiting(ctx, record.WaitingFilter{Service: "chat.example", Recipient: ada, Sender: eve}); err != nil || len(w) != 1 || w[0].Sender != eve {
		t.Errorf("of one sender: %+v, %v", w, err)
	}
	if _, err := s.Waiting(ctx, record.WaitingFilter{Service: "chat.example"}); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("of nobody: %v, want ErrInvalid", err)
	}
	if n, err := s.CountWaiting(ctx); err != nil || n != 6 {
		t.Errorf("%d wait, %v; want 6", n, err)
	}
	must(t, "refusing the first", s.Settle(ctx, "h-1", nospim.HoldRefused, "ada", ""))
	if w := both(); len(w) != 2 || w[0].Sender != eve || w[1].Count != 1 || !w[1].Since.Equal(start.Add(2*time.Minute)) {
		t.Errorf("after the first was refused: %+v", w)
	}
	_, err := s.Expire(ctx, start.Add(48*time.Hour), 0, 0, time.Hour)
	must(t, "expiring", err)
	if w := both(); len(w) != 0 {
		t.Errorf("after everything expired: %+v", w)
	}
	if n, err := s.CountWaiting(ctx); err != nil || n != 0 {
		t.Errorf("%d wait after everything expired, %v", n, err)
	}
}

func testUnnoticed(t *testing.T, l *lab) {
	s, ctx := l.store, t.Context()
	unnoticed := func(at time.Time, want ...string) []nospim.Waiting {
		t.Helper()
		w, err := s.Unnoticed(ctx, "chat.example", at, 10)
		must(t, "looking who was not told", err)
		var got []string
		for i := range w {
			got = append(got, w[i].Sender)
		}
		same(t, "unnoticed", got, want)
		return w
	}
	unnoticed(start)
	keep(t, s, toOne("m1", bob, ada, start))
	keep(t, s, toOne("m2", eve, ada, start))
	w := unnoticed(start, bob, eve)
	if w2, err := s.Unnoticed(ctx, "chat.example", start, 1); err != nil || len(w2) != 1 {
		t.Errorf("one at most: %+v, %v", w2, err)
	}
	must(t, "telling", s.Noticed(ctx, w[0], start.Add(time.Hour)))
	unnoticed(start, eve)
	keep(t, s, toOne("m3", bob, ada, start))
	unnoticed(start, eve) // told of bob already
	_, err := s.DecideWaiting(ctx, record.WaitingDecision{Service: "chat.example", Recipient: ada, Sender: bob, To: nospim.HoldRefused, By: ada})
	must(t, "refusing", err)
	keep(t, s, toOne("m4", bob, ada, start))
	l.reopen(t)
	s = l.store
	unnoticed(start, eve) // and so after a decision, and a restart
	unnoticed(start.Add(2*time.Hour), eve, bob)
}

func testDecideWaiting(t *testing.T, l *lab) {
	s, ctx := l.store, t.Context()
	for i, from := range []string{bob, eve, bob, bob} {
		keep(t, s, toOne(fmt.Sprint("m", i), from, ada, start))
	}
	d := record.WaitingDecision{
		Service: "chat.example", Recipient: ada, Sender: bob, To: nospim.HoldReleased, By: ada, Reason: "let_in",
		Label: record.Labelling{Label: nospim.Label{Entity: nospim.Pair(bob, ada), Name: nospim.LabelLetIn, Until: start.Add(time.Hour)}, At: start, By: ada},
	}
	l.faults.Break(NotPersisted)
	if _, err := s.DecideWaiting(ctx, d); err == nil {
		t.Fatal("a broken commit is no error")
	}
	if n := len(orders(t, s)) + len(labels(t, s)); n != 0 {
		t.Fatalf("%d orders and labels of a decision that failed", n)
	}
	if n, err := s.DecideWaiting(ctx, d); err != nil || n != 3 {
		t.Fatalf("released %d, %v; want 3", n, err)
	}
	var got []string
	for _, o := range orders(t, s) {
		got = append(got, o.EventID)
	}
	same(t, "orders", got, []string{"m0", "m2", "m3"})
	if len(labels(t, s)) != 1 || len(audit(t, s)) != 4 {
		t.Errorf("%d labels, %d lines in the journal; want 1 and 4", len(labels(t, s)), len(audit(t, s)))
	}
	if _, err := s.DecideWaiting(ctx, d); !errors.Is(err, nospim.ErrNotFound) {
		t.Errorf("again: %v, want ErrNotFound", err)
	}
	d.Sender, d.To = eve, nospim.HoldDelivered
	if _, err := s.DecideWaiting(ctx, d); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("to delivered: %v, want ErrInvalid", err)
	}

	// What was judged while bob was let in goes on; what is held later waits for another reason.
	keep(t, s, toOne("straggler", bob, ada, start.Add(time.Second)))
	keep(t, s, toOne("later", bob, ada, start.Add(time.Minute)))
	if h := held(t, s, record.HeldFilter{State: nospim.HoldHeld, Sender: bob}); len(h) != 1 || h[0].Event.ID != "later" {
		t.Errorf("of bob waits %+v, want the later one alone", h)
	}
	if o := orders(t, s); len(o) != 4 || o[3].EventID != "straggler" {
		t.Errorf("orders: %+v, want the straggler's last", o)
	}
}

func testMention(t *testing.T, l *lab) {
	s, ctx := l.store, t.Context()
	must(t, "adding an entry", s.PutList(ctx, nospim.ListEntry{Kind: nospim.ListDomain, Value: "x.example", By: "ada"}))
	after, err := s.Bookmark(ctx, "news")
	must(t, "a first bookmark", err)
	var wg sync.WaitGroup
	added := make([]bool, 16)
	stores := []record.Store{s, l.another(t)}
	for i := range added {
		wg.Go(func() {
			var err error
			if added[i], err = stores[i%2].Mention(ctx, "held.full", ada, "200 wait", time.Hour); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	for _, a := range added {
		if a {
			n++
		}
	}
	if n != 1 {
		t.Errorf("noted %d times, want 1", n)
	}
	for _, c := range []struct {
		action, object string
		every          time.Duration
	}{{"held.full", bob, time.Hour}, {"held.full", ada, 0}, {"other", ada, time.Hour}} {
		if added, err := s.Mention(ctx, c.action, c.object, "", c.every); err != nil || !added {
			t.Errorf("%+v: %v, %v", c, added, err)
		}
	}
	news, err := s.News(ctx, after, 10)
	must(t, "reading on", err)
	var got []string
	for i := range news {
		got = append(got, news[i].By+" "+news[i].Action+" "+news[i].Object)
	}
	same(t, "news", got, []string{"nospim held.full " + ada, "nospim held.full " + bob, "nospim held.full " + ada, "nospim other " + ada})
	must(t, "moving on", s.SetBookmark(ctx, "news", news[2].ID))
	must(t, "not moving back", s.SetBookmark(ctx, "news", news[0].ID))
	l.reopen(t)
	if at, err := l.store.Bookmark(ctx, "news"); err != nil || at != news[2].ID {
		t.Errorf("the bookmark is at %d, %v; want %d", at, err, news[2].ID)
	}
	if rest, err := l.store.News(ctx, news[2].ID, 10); err != nil || len(rest) != 1 {
		t.Errorf("the rest: %+v, %v", rest, err)
	}
}

// RunLimits runs the contract of a store that bounds what waits.
func RunLimits(t *testing.T, open func(t *testing.T, dir string, limits record.Limits) record.Store) {
	for _, c := range []struct {
		name   string
		limits record.Limits
		before []*nospim.Record
		full   *nospim.Record
		want   string
		of     string
		fits   *nospim.Record
	}{
		{
			"pair",
			record.Limits{Pair: 1},
			[]*nospim.Record{toOne("1", bob, ada, start)},
			toOne("2", bob, ada, start), "pair", bob, toOne("3", bob, "zoe@chat.example", start),
		},
		{
			"recipient",
			record.Limits{Recipient: 2},
			[]*nospim.Record{toOne("1", bob, ada, start), toOne("2", eve, ada, start)},
			toOne("3", "kim@far.example", ada, start), "recipient", ada, toOne("4", bob, "zoe@chat.example", start),
		},
		{
			"sender",
			record.Limits{Sender: 2},
			[]*nospim.Record{toOne("1", bob, ada, start), toOne("2", bob, "zoe@chat.example", start)},
			toOne("3", bob, "kim@chat.example", start), "sender", bob, toOne("4", eve, "kim@chat.example", start),
		},
		{"total", record.Limits{Total: 1}, []*nospim.Record{toOne("1", bob, ada, start)}, toOne("2", eve, "zoe@chat.example", start), "total", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir(), c.limits)
			for _, r := range c.before {
				keep(t, s, r)
			}
			for range 2 { // again is no way in
				_, err := s.Keep(c.full).Wait(t.Context())
				var full *record.FullError
				if !errors.As(err, &full) || !errors.Is(err, nospim.ErrFull) || full.Limit != c.want || full.Of != c.of {
					t.Errorf("one more: %v, want the limit %s of %q", err, c.want, c.of)
				}
			}
			if _, err := s.Get(t.Context(), "chat.example", c.full.Event.ID); !errors.Is(err, nospim.ErrNotFound) {
				t.Errorf("what could not wait was kept: %v", err)
			}
			for _, r := range c.before { // what waits already was not pushed out, and may be kept again
				keep(t, s, r)
			}
			if n := len(held(t, s, record.HeldFilter{State: nospim.HoldHeld})); n != len(c.before) {
				t.Errorf("%d wait, want %d", n, len(c.before))
			}
			if c.fits != nil {
				keep(t, s, c.fits)
			}
			must(t, "refusing", s.Settle(t.Context(), "h-1", nospim.HoldRefused, "ada", ""))
			keep(t, s, c.full)
		})
	}
}
