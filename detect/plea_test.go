package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestPlea(t *testing.T) {
	symbol := []string{"PLEA_TO_SEVERAL"}
	strong := nospim.Features{Letters: 60, Parts: nospim.Parts{Plea: 2}}
	sum := nospim.Features{Letters: 60, Parts: nospim.Parts{Plea: 1, Amount: 1}}
	gift := nospim.Features{Letters: 60, Parts: nospim.Parts{Money: 1, Amount: 1, Urgency: 1}}
	one := nospim.Features{Letters: 60, Parts: nospim.Parts{Plea: 1}}
	again := sent(2, time.Minute, 7)
	again.Recent = append(again.Recent, nospim.Item{At: before(time.Second), Of: 101, With: 7}, nospim.Item{At: before(time.Second), Of: 102, With: 7})
	confirmed := []nospim.Fact{sent(9, time.Minute, 7), {N: 1}}
	spun := sent(4, time.Minute, 0x11111111)
	spun.Own.With = 0x22222222
	treasurer := sent(4, time.Minute, 7)
	treasurer.Recent = append(sent(5, 36*time.Hour, 7).Recent[:4], treasurer.Recent...)
	for i := range treasurer.Recent[:4] {
		treasurer.Recent[i].Of = 200 + uint32(i)
	}
	encrypted, room := message(nospim.RelationContact), message(nospim.RelationContact)
	encrypted.Encrypted, room.Room = true, "tea@rooms.example"
	of := func(f nospim.Fact) []nospim.Fact { return []nospim.Fact{f, {}} }
	detecttest.Run(t, detect.Plea{}, []detecttest.Case{
		{Name: "the third friend", Event: message(nospim.RelationContact), Features: strong, Recalled: of(sent(2, time.Minute, 7)), Want: symbol},
		{Name: "the fifth friend, with a sum", Event: message(nospim.RelationContact), Features: sum, Recalled: of(sent(4, time.Hour, 7)), Want: symbol},
		{Name: "the third who is asked for a code, in haste", Event: message(nospim.RelationContact), Features: nospim.Features{Letters: 50, Parts: nospim.Parts{Plea: 1, Credential: 1}}, Recalled: of(sent(2, time.Minute, 7)), Want: symbol},
		{Name: "two friends", Event: message(nospim.RelationContact), Features: strong, Recalled: of(sent(1, time.Minute, 7)), Not: symbol},
		{Name: "two friends, time and again", Event: message(nospim.RelationContact), Features: strong, Recalled: of(again), Want: symbol},
		{Name: "each in other words", Event: message(nospim.RelationContact), Features: strong, Recalled: of(spun), Want: symbol},
		{Name: "a collection for a present", Event: message(nospim.RelationContact), Features: gift, Recalled: of(sent(9, time.Minute, 7)), Not: symbol},
		{Name: "one word says nothing", Event: message(nospim.RelationContact), Features: one, Recalled: of(sent(9, time.Minute, 7)), Not: symbol},
		{Name: "who asks every week", Event: message(nospim.RelationContact), Features: strong, Recalled: of(treasurer), Not: symbol},
		{Name: "days apart", Event: message(nospim.RelationContact), Features: strong, Recalled: of(sent(6, 30*time.Hour, 7)), Not: symbol},
		{Name: "the owner said so", Event: message(nospim.RelationContact), Features: strong, Recalled: confirmed, Not: symbol},
		{Name: "encrypted", Event: encrypted, Features: strong, Recalled: of(sent(9, time.Minute, 7)), Not: symbol},
		{Name: "in a room", Event: room, Features: strong, Recalled: of(sent(9, time.Minute, 7)), Not: symbol},
	})
}

// TestPleaFactor: friends are warned from the third on, and what goes to the fifth waits.
func TestPleaFactor(t *testing.T) {
	for n, want := range []float64{0, 0, 0.6, 0.6, 1, 1} {
		e := message(nospim.RelationContact)
		l := nospim.Look{Event: &e, Features: &nospim.Features{Parts: nospim.Parts{Plea: 3}}, Now: at, Facts: []nospim.Fact{sent(n, time.Minute, 7), {}}}
		got := 0.0
		if err := (detect.Plea{}).Look(&l); err != nil {
			t.Fatal(err)
		} else if len(l.Raised) > 0 {
			got = l.Raised[0].Score
		}
		if got != want {
			t.Errorf("after %d friends: factor %v, want %v", n, got, want)
		}
	}
}
