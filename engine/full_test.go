package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// limited is an engine whose store bounds what waits, with ada who takes messages from contacts only.
func limited(t *testing.T, l record.Limits) *rig {
	t.Helper()
	file := newRig(t, "").file
	store, err := sqlite.Open(t.Context(), file, sqlite.WithLimits(l))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	change := people.Change{Account: "ada@chat.example", Profile: nospim.ProfileContactsOnly, As: people.Self, By: "ada@chat.example"}
	if err := people.Set(t.Context(), store, change, start); err != nil {
		t.Fatal(err)
	}
	return newRig(t, file, func(c *engine.Config) { c.Records = store })
}

// TestFlood: a flood of strangers cannot push out what waits already. What cannot wait is refused, the sender is told by the connector,
// it is counted, and the journal says so once.
func TestFlood(t *testing.T) {
	const most = 5
	r := limited(t, record.Limits{Recipient: most})
	if v := judge(t, r, message("friend", "kim@far.example", "ada@chat.example", "it is kim from the choir, we met on sunday")); v.Action != nospim.Hold {
		t.Fatalf("the first: %v", v.Action)
	}
	actions := map[nospim.Action]int{}
	var refused *nospim.Event
	for i := range 40 {
		e := message(fmt.Sprint("f", i), fmt.Sprintf("bot%d@far.example", i), "ada@chat.example", fmt.Sprintf("hello number %d, how is your day?", i))
		v := judge(t, r, e)
		actions[v.Action]++
		if v.Action == nospim.Reject && refused == nil {
			refused = e
			if v.Wanted != nospim.Hold || !slices.ContainsFunc(v.Signals, func(s nospim.Signal) bool { return s.Symbol == nospim.SymbolFull && s.Why != "" }) {
				t.Errorf("refused by %+v", v)
			}
		}
	}
	if actions[nospim.Hold] != most-1 || actions[nospim.Reject] != 40-(most-1) {
		t.Errorf("%v, want %d held and the others refused", actions, most-1)
	}
	waiting, err := r.records.Held(t.Context(), record.HeldFilter{State: nospim.HoldHeld})
	if err != nil || len(waiting) != most || waiting[0].Event.ID != "friend" {
		t.Errorf("%d wait, the first is %s, %v; want %d and the friend", len(waiting), waiting[0].Event.ID, err, most)
	}
	if n := r.Stats().Full; n != [4]int64{40 - (most - 1), 0, 0, 0} {
		t.Errorf("counted %v", n)
	}
	news, err := r.records.News(t.Context(), 0, 1000)
	said := 0
	for i := range news {
		if news[i].Action == "held.full" && news[i].Object == "recipient ada@chat.example" {
			said++
		}
	}
	if err != nil || said != 1 {
		t.Errorf("the journal says it %d times, %v; want once", said, err)
	}
	// The same message again is refused again, though there is room now: its sender was told.
	if err := r.records.Settle(t.Context(), waiting[1].ID, nospim.HoldRefused, "ada@chat.example", ""); err != nil {
		t.Fatal(err)
	}
	if v := judge(t, r, refused); v.Action != nospim.Reject {
		t.Errorf("the same again: %v, want reject", v.Action)
	}
	if v := judge(t, r, message("room", "late@far.example", "ada@chat.example", "is there room again?")); v.Action != nospim.Hold {
		t.Errorf("with room again: %v, want hold", v.Action)
	}
}

// TestFullWithoutReject: where a connector cannot refuse, nothing is lost either.
func TestFullWithoutReject(t *testing.T) {
	r := limited(t, record.Limits{Recipient: 1})
	judge(t, r, message("first", "kim@far.example", "ada@chat.example", "hello"))
	for i, c := range []struct {
		can  []nospim.Action
		want nospim.Action
	}{
		{[]nospim.Action{nospim.Allow, nospim.Hold}, nospim.Allow},
		{[]nospim.Action{nospim.Allow, nospim.Mark, nospim.Hold, nospim.Drop}, nospim.Mark},
		{[]nospim.Action{nospim.Allow, nospim.Hold, nospim.Reject}, nospim.Reject},
	} {
		e := message(fmt.Sprint("m", i), fmt.Sprintf("bot%d@far.example", i), "ada@chat.example", "hello")
		e.Can = c.can
		if v := judge(t, r, e); v.Action != c.want {
			t.Errorf("of %v: %v, want %v", c.can, v.Action, c.want)
		}
	}
}
