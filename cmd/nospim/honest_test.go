package main

import (
	"fmt"
	"math/rand/v2"
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
	l := defaultLab(t)
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

// A contact who shares an album that nobody has ever seen is an everyday thing. The wordings are not those of the templates that
// the model learned from; the hosts are made up anew.
func TestAlbumsOfContactsPass(t *testing.T) {
	l := defaultLab(t)
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	const n, most = 2000, 20 // 1 %
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	marked := 0
	for i := range n {
		url := fmt.Sprintf("https://%s%d.example/%s/%x", pick("pictures", "foto", "cloudbox", "family", "summer", "bilder", "x", "keep"), rng.IntN(300),
			pick("album", "a", "s", "share", "our", "public"), rng.Uint32())
		e := nospim.Event{
			ID: fmt.Sprint("album", i), Kind: nospim.KindMessage, Time: at.Add(time.Duration(i) * 26 * time.Hour), Service: "chat.example",
			Sender:     nospim.Account{ID: fmt.Sprintf("friend%d@else.example", i), Created: at.AddDate(-1, 0, 0)},
			Recipients: []nospim.Account{{ID: fmt.Sprintf("r%d@chat.example", i)}}, Relation: nospim.RelationContact,
			Body: pick("the album of our walk is now at", "as promised, every picture of the party:", "mum scanned grandpa's slides,", "finally! the pictures",
				"pictures of the new place", "so here is the album", "you asked for the group picture:", "new album", "my brother's graduation, see", "look who is in there:",
				"", "the kids at the sea", "I put everything in one album, help yourself", "photos :)") + " " + url + pick("", "", " - see you on sunday", " the password is our street", " x"),
		}
		v, err := l.engine.Judge(t.Context(), &e)
		if err != nil {
			t.Fatal(err)
		}
		if v.Action > nospim.Allow {
			if marked < 5 {
				t.Logf("%v: %s %v", v.Action, e.Body, v.Signals)
			}
			marked++
		}
	}
	t.Logf("%d of %d marked", marked, n)
	if marked > most {
		t.Errorf("%d of %d albums of contacts marked, at most %d", marked, n, most)
	}
}
