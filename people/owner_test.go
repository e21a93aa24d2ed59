package people_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record/sqlite"
)

// TestConfirm: the owner's word from another device releases what waits because the account acted unlike itself, once, in order, and
// nothing else; the word of the device that sent it does nothing.
func TestConfirm(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	burst := func(id, client string, symbols ...string) {
		v := nospim.Verdict{EventID: id, Action: nospim.Hold}
		for _, s := range symbols {
			v.Signals = append(v.Signals, nospim.Signal{Symbol: s})
		}
		r := nospim.Record{Event: nospim.Event{
			ID: id, Kind: nospim.KindMessage, Time: start, Service: "chat.example", Sender: nospim.Account{ID: ada, Local: true}, Client: client,
			Recipients: []nospim.Account{{ID: mum}}, Raw: "<message/>",
		}, Verdict: v, Kept: start}
		if _, err := store.Keep(&r).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o := people.Owners{Store: store, Clock: func() time.Time { return start }}
	say := func(account, device string, want error) {
		t.Helper()
		if err := o.Confirm(t.Context(), "chat.example", account, device); !errors.Is(err, want) {
			t.Errorf("%s from %s: %v, want %v", account, device, err, want)
		}
	}
	burst("m1", "thief", "BURST_TO_CONTACTS")
	burst("m2", "thief", "FAN_OUT")
	burst("m3", "thief", "LOGIN_ELSEWHERE", "BURST_TO_CONTACTS")
	say(mum, "phone", nospim.ErrNotFound)
	say(ada, "thief", nospim.ErrDenied)
	say(ada, "", nospim.ErrDenied)
	burst("m4", "", "BURST_TO_CONTACTS")
	say(ada, "phone", nospim.ErrDenied) // of one it is not known
	if err := store.Settle(t.Context(), "h-4", nospim.HoldRefused, "the operator", ""); err != nil {
		t.Fatal(err)
	}
	say(ada, "phone", nil)
	say(ada, "phone", nospim.ErrNotFound)
	orders, err := store.Orders(t.Context(), "chat.example", "")
	if err != nil || len(orders) != 2 || orders[0].EventID != "m1" || orders[1].EventID != "m3" {
		t.Errorf("orders: %+v, %v", orders, err)
	}
	if !labelled(t, store, nospim.Entity{Kind: nospim.EntityAccount, ID: ada}, nospim.LabelOwnerConfirmed) {
		t.Error("no label says that she was asked")
	}
}
