package detect_test

import (
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/model"
)

// TestContentInRooms: a voice that a room knows gets what a contact gets.
func TestContentInRooms(t *testing.T) {
	m, err := model.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	e := says("HUGE SALE!! up to 60% off all watches today only! Shop now https://watch-shop.example Reply STOP to unsubscribe", "")
	e.Room, e.Recipients = "tea@rooms.chat.example", nil
	factor := map[float64]float64{}
	for _, spoken := range []float64{1, 9} {
		f := withLink()
		l := nospim.Look{Event: &e, Features: &f, Now: at, Facts: []nospim.Fact{{N: spoken}}}
		if err := (detect.Content{Model: m}).Look(&l); err != nil || len(l.Raised) != 1 {
			t.Fatalf("after %v lines: %+v, %v", spoken, l.Raised, err)
		}
		factor[spoken] = l.Raised[0].Score
	}
	if factor[9] >= factor[1] {
		t.Errorf("factor %v of somebody who is new in the room, %v of somebody who is not", factor[1], factor[9])
	}
}

// TestContentInATalk: a stranger who is answered and turns to hardly anybody else gets what a contact gets.
func TestContentInATalk(t *testing.T) {
	m, err := model.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	e := says("HUGE SALE!! up to 60% off all watches today only! Shop now https://watch-shop.example Reply STOP to unsubscribe", nospim.RelationStranger)
	for _, c := range []struct {
		name                string
		answered, strangers float64
		asked, familiar     bool
	}{
		{"the first message", 0, 1, false, false},
		{"one answer, which bots get", 1, 1, false, false},
		{"a talk", 2, 1, false, true},
		{"a talk like several others", 2, 3, false, false},
		{"a desk answers one of many who wrote to it", 1, 40, true, true},
	} {
		f := withLink()
		l := nospim.Look{Event: &e, Features: &f, Now: at, Facts: []nospim.Fact{{}, {N: c.answered}, {N: c.strangers}}, Asked: c.asked}
		if err := (detect.Content{Model: m}).Look(&l); err != nil || len(l.Raised) != 1 {
			t.Fatalf("%s: %+v, %v", c.name, l.Raised, err)
		}
		if got := l.Raised[0].Score < 1; got != c.familiar {
			t.Errorf("%s: factor %v", c.name, l.Raised[0].Score)
		}
	}
}
