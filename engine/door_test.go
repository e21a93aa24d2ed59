package engine_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/people/challenge"
)

// TestDoor: strangers wait at the door of somebody who takes contacts only, until the person writes to them.
func TestDoor(t *testing.T) {
	r := newRig(t, "")
	before := judge(t, r, message("m1", "bob@far.example", "ada@chat.example", "hello, are you the one who sells the bike?"))
	if before.Action != nospim.Allow {
		t.Fatalf("before the choice: %v %s", before.Action, symbols(before))
	}
	change := people.Change{Account: "ada@chat.example", Profile: nospim.ProfileContactsOnly, As: people.Self, By: "ada@chat.example"}
	if err := people.Set(t.Context(), r.records, change, start); err != nil {
		t.Fatal(err)
	}
	again := newRig(t, r.file) // as after a restart
	for i, c := range []struct {
		from, to string
		want     nospim.Action
	}{
		{"bob@far.example", "ada@chat.example", nospim.Hold},
		{"bob@far.example", "zoe@chat.example", nospim.Allow},
		{"ada@chat.example", "bob@far.example", nospim.Allow},
		{"bob@far.example", "ada@chat.example", nospim.Allow},
		{"eve@far.example", "ada@chat.example", nospim.Hold},
	} {
		v := judge(t, again, message(string(rune('a'+i)), c.from, c.to, "hello, are you there?"))
		if v.Action != c.want {
			t.Errorf("%d: %s to %s: %v (%s), want %v", i, c.from, c.to, v.Action, symbols(v), c.want)
		}
	}
}

// TestChallenge: a stranger's message to somebody who wants strangers to prove something is kept, durably, before the answer; one
// challenge passed releases messages and requests of the pair, also over a restart, and opens nobody else's door. Where nobody can be
// asked, it is held.
func TestChallenge(t *testing.T) {
	const ada, bob, zoe = "ada@chat.example", "bob@far.example", "zoe@chat.example"
	r := newRig(t, "")
	for person, profile := range map[string]nospim.Profile{ada: nospim.ProfileChallenged, zoe: nospim.ProfileContactsOnly} {
		if err := people.Set(t.Context(), r.records, people.Change{Account: person, Profile: profile, As: people.Self, By: person}, start); err != nil {
			t.Fatal(err)
		}
	}
	r = newRig(t, r.file)
	request := message("r1", bob, ada, "")
	request.Kind = nospim.KindContactRequest
	unasked := message("m3", "eve@far.example", ada, "hello there")
	unasked.Can = []nospim.Action{nospim.Allow, nospim.Hold}
	for _, c := range []struct {
		event *nospim.Event
		want  nospim.Action
	}{
		{message("m1", bob, ada, "hello there"), nospim.Challenge},
		{request, nospim.Challenge},
		{message("m2", bob, zoe, "hello there"), nospim.Hold},
		{unasked, nospim.Hold},
	} {
		if v := judge(t, r, c.event); v.Action != c.want {
			t.Errorf("%s: %v (%s), want %v", c.event.ID, v.Action, symbols(v), c.want)
		}
	}
	desk := challenge.Desk{
		Store: r.records, Key: []byte("k"), Clock: func() time.Time { return start }, Offer: challenge.Offer{Kinds: []nospim.Proof{nospim.ProofPicture}, Bits: 8},
	}
	trial, err := desk.Ask(t.Context(), request)
	if err != nil || trial == nil {
		t.Fatalf("asked: %+v, %v", trial, err)
	}
	if err := desk.Answer(t.Context(), trial.ID, map[nospim.Proof]string{nospim.ProofPicture: desk.Digits(trial, nospim.ProofPicture)}); err != nil {
		t.Fatal(err)
	}
	orders, err := r.records.Orders(t.Context(), "chat.example", "")
	if err != nil || len(orders) != 2 || orders[0].EventID != "m1" || orders[1].EventID != "r1" {
		t.Errorf("orders: %+v, %v", orders, err)
	}
	r = newRig(t, r.file)
	for id, to := range map[string]string{"m4": ada, "m5": zoe} {
		want := map[string]nospim.Action{ada: nospim.Allow, zoe: nospim.Hold}[to]
		if v := judge(t, r, message(id, bob, to, "hello again")); v.Action != want {
			t.Errorf("afterwards to %s: %v (%s), want %v", to, v.Action, symbols(v), want)
		}
	}
}
