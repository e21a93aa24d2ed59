package engine_test

import (
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/people"
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
