package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestApproach(t *testing.T) {
	symbol := []string{"CHILD_APPROACHED"}
	words := nospim.Features{Letters: 30, Parts: nospim.Parts{Approach: 1}}
	child := nospim.Account{ID: "kim@chat.example", Minor: true}
	to := func(change func(*nospim.Event)) nospim.Event {
		e := nospim.Event{Kind: nospim.KindMessage, Relation: nospim.RelationContact, Recipients: []nospim.Account{child}}
		if change != nil {
			change(&e)
		}
		return e
	}
	// known is somebody who was a stranger to the child so long ago, back when the child turned to them as one.
	known := func(lines float64, since, back time.Duration) []nospim.Fact {
		f := []nospim.Fact{{N: lines}, {N: 10, First: before(since)}, {}}
		if back > 0 {
			f[2] = nospim.Fact{N: 5, First: before(back)}
		}
		return f
	}
	detecttest.Run(t, detect.Approach{}, []detecttest.Case{
		{Name: "two lines of yesterday's acquaintance", Event: to(nil), Features: words, Recalled: known(2, day, 23*time.Hour), Want: symbol},
		{Name: "a stranger's third line", Event: to(func(e *nospim.Event) { e.Relation = nospim.RelationStranger }), Features: words, Recalled: known(3, time.Hour, 0), Want: symbol},
		{Name: "one line", Event: to(nil), Features: words, Recalled: known(1, day, 23*time.Hour), Not: symbol},
		{Name: "an aunt, who was never a stranger here", Event: to(nil), Features: words, Recalled: []nospim.Fact{{N: 5}, {}, {}}, Not: symbol},
		{Name: "a trainer of last month", Event: to(nil), Features: words, Recalled: known(5, 25*day, 0), Not: symbol},
		{Name: "whom the child wrote to first", Event: to(nil), Features: words, Recalled: known(5, day, 25*time.Hour), Not: symbol},
		{Name: "children among each other", Event: to(func(e *nospim.Event) { e.Sender = nospim.Account{ID: "lou@chat.example", Minor: true} }), Features: words, Recalled: known(5, day, 0), Not: symbol},
		{Name: "grown-ups among each other", Event: to(func(e *nospim.Event) { e.Recipients[0].Minor = false }), Features: words, Recalled: known(5, day, 0), Not: symbol},
		{Name: "other words", Event: to(nil), Features: nospim.Features{Letters: 30}, Recalled: known(5, day, 0), Not: symbol},
		{Name: "ciphertext", Event: to(func(e *nospim.Event) { e.Encrypted = true }), Features: words, Recalled: known(5, day, 0), Not: symbol},
		{Name: "in a room", Event: to(func(e *nospim.Event) { e.Room = "tea@rooms.example" }), Features: words, Recalled: known(5, day, 0), Not: symbol},
	})
}
