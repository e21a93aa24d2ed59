package people_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// hold holds a message of somebody to some people.
func hold(t *testing.T, s *sqlite.Store, id, from string, to ...string) {
	t.Helper()
	r := nospim.Record{
		Event: nospim.Event{
			ID: id, Kind: nospim.KindMessage, Time: start, Service: "chat.example", Sender: nospim.Account{ID: from}, Body: "hello", Raw: "<message/>",
		},
		Verdict: nospim.Verdict{EventID: id, Action: nospim.Hold, Wanted: nospim.Hold},
		Kept:    start,
	}
	for _, a := range to {
		r.Event.Recipients = append(r.Event.Recipients, nospim.Account{ID: a, Local: true})
	}
	if _, err := s.Keep(&r).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestDesk(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var reports []*nospim.Event
	now := start
	d := people.Desk{Store: store, Clock: func() time.Time { return now }, Judge: nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		reports = append(reports, e)
		return &nospim.Verdict{EventID: e.ID}, e.Validate()
	})}
	const bob, eve, spam = "bob@far.example", "eve@far.example", "spam@far.example"
	hold(t, store, "m1", bob, ada)
	hold(t, store, "m2", eve, ada)
	hold(t, store, "m3", bob, ada)
	hold(t, store, "m4", bob, mum)
	hold(t, store, "m5", spam, ada)
	hold(t, store, "m6", spam, ada, mum) // nobody decides for others

	waiting, err := d.Waiting(t.Context(), "chat.example", ada)
	if err != nil || len(waiting) != 3 || waiting[0].Sender != bob || len(waiting[0].IDs) != 2 || waiting[2].Sender != spam || len(waiting[2].IDs) != 1 {
		t.Fatalf("ada's: %+v, %v", waiting, err)
	}
	for _, want := range []int{4, 0} { // who was told is not told again
		unnoticed, err := d.Unnoticed(t.Context(), "chat.example")
		if err != nil || len(unnoticed) != want {
			t.Fatalf("unnoticed: %+v, %v; want %d", unnoticed, err, want)
		}
		for _, w := range unnoticed {
			if err := d.Noticed(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
	}
	now = now.Add(8 * 24 * time.Hour)
	if again, err := d.Unnoticed(t.Context(), "chat.example"); err != nil || len(again) != 4 {
		t.Errorf("a week later: %d, %v", len(again), err)
	}

	decide := func(account, sender string, what nospim.Decision) error {
		return d.Decide(t.Context(), "chat.example", account, sender, what)
	}
	for _, c := range []struct {
		sender string
		what   nospim.Decision
		label  string
		state  map[string]nospim.HoldState
	}{
		{bob, nospim.LetIn, nospim.LabelLetIn, map[string]nospim.HoldState{"m1": nospim.HoldReleased, "m3": nospim.HoldReleased, "m4": nospim.HoldHeld}},
		{eve, nospim.Refuse, "", map[string]nospim.HoldState{"m2": nospim.HoldRefused}},
		{spam, nospim.Report, nospim.LabelShutOut, map[string]nospim.HoldState{"m5": nospim.HoldRefused, "m6": nospim.HoldHeld}},
	} {
		if err := decide(ada, c.sender, c.what); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if err := decide(ada, c.sender, c.what); !errors.Is(err, nospim.ErrNotFound) {
			t.Errorf("%s again: %v", c.what, err)
		}
		for _, h := range heldOf(t, store) {
			if want, ok := c.state[h.Event.ID]; ok && h.State != want {
				t.Errorf("%s: %s is %s, want %s", c.what, h.Event.ID, h.State, want)
			}
		}
		if c.label != "" && !labelled(t, store, nospim.Pair(c.sender, ada), c.label) {
			t.Errorf("%s: no label %s", c.what, c.label)
		}
	}
	if len(reports) != 1 || reports[0].Refers != "m5" || reports[0].Sender.ID != ada || reports[0].Recipients[0].ID != spam {
		t.Errorf("reports: %+v", reports)
	}
	if err := decide(mum, bob, "eat"); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("no such decision: %v", err)
	}
	if orders, err := store.Orders(t.Context(), "chat.example", ""); err != nil || len(orders) != 2 || orders[0].EventID != "m1" || orders[1].EventID != "m3" {
		t.Errorf("orders: %+v, %v", orders, err)
	}
}

func heldOf(t *testing.T, s *sqlite.Store) []nospim.Held {
	t.Helper()
	all, err := s.Held(t.Context(), record.HeldFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func labelled(t *testing.T, s *sqlite.Store, e nospim.Entity, name string) bool {
	t.Helper()
	all, err := s.Labels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if all[i].Entity == e && all[i].Name == name {
			return true
		}
	}
	return false
}
