package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// What the default policy may stop of honest chat when every line is a stranger's first message to somebody, in lines per source.
// The shipped model has learned from these texts: this is a ceiling that must not break, the honest number is that of
// nospim eval --leave-one-source-out.
func TestHonestChatPasses(t *testing.T) {
	if testing.Short() {
		t.Skip("judges 43,000 messages")
	}
	a := &app{}
	p, err := defaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLab(t.Context(), p, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for set, most := range map[string]int{"chat-star": 0, "chat-irc-ubuntu": 3, "chat-casino": 0, "chat-meena": 0} {
		all, err := readAll(a, []string{filepath.Join("..", "..", "testdata", set, "conversations.jsonl")}, false)
		if err != nil {
			t.Fatal(err)
		}
		stopped := map[string]int{}
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) // a day apart: what was sent before is forgotten
		for i, s := range all {
			e := nospim.Event{
				ID: fmt.Sprint(set, i), Kind: nospim.KindMessage, Time: at.Add(time.Duration(i) * 26 * time.Hour), Service: "chat.example",
				Sender:     nospim.Account{ID: fmt.Sprintf("%s%d@else.example", set, i)},
				Recipients: []nospim.Account{{ID: fmt.Sprintf("r%d@chat.example", i)}}, Relation: nospim.RelationStranger, Body: s.Text,
			}
			v, err := l.engine.Judge(t.Context(), &e)
			if err != nil {
				t.Fatal(err)
			}
			if !v.Action.Stops() {
				continue
			}
			for _, s := range v.Signals {
				if s.Score >= 1 {
					stopped[s.Symbol]++
				}
			}
			stopped["all"]++
		}
		t.Logf("%s: %d of %d stopped: %v", set, stopped["all"], len(all), stopped)
		if stopped["all"] > most {
			t.Errorf("%s: %d honest lines stopped, at most %d", set, stopped["all"], most)
		}
	}
}
