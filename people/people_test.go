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

var start = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

const ada, mum = "ada@chat.example", "mum@chat.example"

func TestSet(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i, c := range []struct {
		what   string
		change people.Change
		err    error
		want   people.Standing
	}{
		{"nobody chose anything", people.Change{As: people.Self, By: ada}, nil, people.Standing{}},
		{"she chooses", people.Change{Profile: nospim.ProfileContactsOnly, As: people.Self, By: ada, Lock: true}, nil, people.Standing{Profile: nospim.ProfileContactsOnly, By: ada}},
		{"and another", people.Change{Profile: nospim.ProfileOpen, As: people.Self, By: ada}, nil, people.Standing{Profile: nospim.ProfileOpen, By: ada}},
		{"the guardian locks it", people.Change{Profile: nospim.ProfileMinor, As: people.Guardian, By: mum, Lock: true}, nil, people.Standing{Profile: nospim.ProfileMinor, By: mum, Locked: true}},
		{"she cannot open it", people.Change{Profile: nospim.ProfileOpen, As: people.Self, By: ada}, people.ErrLocked, people.Standing{Profile: nospim.ProfileMinor, By: mum, Locked: true}},
		{"nor go back", people.Change{As: people.Self, By: ada}, people.ErrLocked, people.Standing{Profile: nospim.ProfileMinor, By: mum, Locked: true}},
		{"no such profile", people.Change{Profile: "closed", As: people.Operator, By: "cli"}, nospim.ErrInvalid, people.Standing{Profile: nospim.ProfileMinor, By: mum, Locked: true}},
		{"the guardian opens it", people.Change{Profile: nospim.ProfileMinor, As: people.Guardian, By: mum}, nil, people.Standing{Profile: nospim.ProfileMinor, By: mum}},
		{"she goes back to the default", people.Change{As: people.Self, By: ada}, nil, people.Standing{}},
	} {
		now := start.Add(time.Duration(i) * time.Hour)
		c.change.Account = ada
		if err := people.Set(t.Context(), store, c.change, now); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.what, err, c.err)
		}
		got, err := people.Find(t.Context(), store, ada, now)
		if err != nil {
			t.Fatal(err)
		}
		got.Since, c.want.Account = time.Time{}, ada
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
		if other, err := people.Find(t.Context(), store, "bob@chat.example", now); err != nil || other != (people.Standing{Account: "bob@chat.example"}) {
			t.Errorf("%s: bob stands %+v, %v", c.what, other, err)
		}
	}
	if lines, err := store.Audit(t.Context(), time.Time{}); err != nil || len(lines) < 7 {
		t.Errorf("the journal has %d lines, %v", len(lines), err)
	}
}
