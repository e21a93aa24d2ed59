package servertest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// honestContacts: ten thousand lines of real chats between contacts, through the server and the program as it is installed: each arrives,
// in order; none is held or refused. Who types as no person does is delayed, which the rounds wait for.
func honestContacts(t *testing.T, d *daemon) {
	const pairs, each = 50, 20 // of a round
	rounds := 10
	if testing.Short() {
		rounds = 1
	}
	w := d.world(patient)
	lines := chatLines(t, rounds*pairs*each)
	var people [pairs][2]*client
	for i := range people {
		people[i][0], people[i][1] = w.contacts(t)
	}
	var want [pairs][2][]string // what each of the two is to get
	for round := range rounds {
		for i := range people {
			from, to := round%2, 1-round%2
			var all strings.Builder
			for range each {
				body := lines[0]
				lines = lines[1:]
				want[i][to] = append(want[i][to], body)
				fmt.Fprintf(&all, `<message to="%s" type="chat"><body>`, people[i][to].jid)
				_ = xml.EscapeText(&all, []byte(body)) // a builder gives no errors
				all.WriteString(`</body></message>`)
			}
			people[i][from].send(all.String())
		}
		for i := range people {
			to := 1 - round%2
			if got := people[i][to].waitBodies(len(want[i][to])); !slices.Equal(got, want[i][to]) {
				t.Fatalf("in round %d, pair %d: %q arrived, want %q", round, i, got, want[i][to])
			}
		}
	}
	total := rounds * pairs * each
	w.counted(t, "checked", total)
	if got := w.counters(t); got["blocked"]+got["held"]+got["failed_open"]+got["errors"] != 0 {
		t.Errorf("of %d honest messages not all were simply judged and delivered: %v", total, got)
	} else {
		t.Logf("%d honest messages: %v", total, got)
	}
}

// chatLines are so many lines of real chats, each another one.
func chatLines(t *testing.T, n int) (lines []string) {
	t.Helper()
	for _, set := range []string{"chat-casino", "chat-star", "chat-meena", "chat-irc-ubuntu"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", set, "conversations.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(b)) {
			var one struct {
				Turns []struct {
					Text string `json:"text"`
				} `json:"turns"`
			}
			if err := json.Unmarshal([]byte(l), &one); err != nil {
				t.Fatalf("%s: %v", set, err)
			}
			for _, turn := range one.Turns {
				if turn.Text != "" {
					lines = append(lines, fmt.Sprintf("%s (%d)", turn.Text, len(lines)))
				}
				if len(lines) == n {
					return lines
				}
			}
		}
	}
	t.Fatalf("there are only %d lines", len(lines))
	return nil
}
