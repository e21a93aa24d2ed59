package town

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

const threeChats = `{"id":"pair","kind":"human-human","clock":"none","turns":[{"from":"A","kind":"typed","text":"hi"},{"from":"B","kind":"typed","text":"hello"},{"from":"A","kind":"typed","text":"bye"}]}

{"id":"desk","kind":"human-human","clock":"s","turns":[{"from":"A","kind":"typed","t":0,"text":"help"},{"from":"B","kind":"canned","t":18,"text":"May I have your name?"}]}
{"id":"room","kind":"multi-party","clock":"min","turns":[{"from":"u1","kind":"typed","t":0,"text":"one"},{"from":"u2","kind":"typed","t":0,"text":"two"},{"from":"u1","kind":"typed","t":60,"text":"three"},{"from":"ubotu","kind":"bot","t":60,"text":"four"}]}
`

func TestReplay(t *testing.T) {
	chats, err := ReadChats(strings.NewReader(threeChats))
	if err != nil {
		t.Fatal(err)
	}
	play, err := Replay(Options{Seed: 1, Length: time.Hour}, chats, nospim.RelationStranger)
	if err != nil {
		t.Fatal(err)
	}
	said, at := map[string][]string{}, map[string]time.Time{}
	var last time.Time
	for e, truth := range play {
		if err := e.Validate(); err != nil || e.Time.Before(last) || truth.Label != Ham {
			t.Fatalf("%s: %v, %v, %+v", e.ID, err, e.Time, truth)
		}
		last, at[e.Body] = e.Time, e.Time
		if e.Room == "" && (e.Relation != nospim.RelationStranger || len(e.Recipients) != 1) {
			t.Errorf("%q goes to %v as %s", e.Body, e.Recipients, e.Relation)
		}
		said[truth.Role] = append(said[truth.Role], e.Body)
	}
	if diff := cmp.Diff([]string{"one", "two", "three"}, said["room_member"]); diff != "" {
		t.Error(diff)
	}
	if len(said["support"]) != 1 || len(said["help_bot"]) != 1 || len(said["person"]) != 4 {
		t.Errorf("said %v", said)
	}
	if d := at["May I have your name?"].Sub(at["help"]); d != 18*time.Second {
		t.Errorf("the answer came after %v, want 18 s: times are the chat's own", d)
	}
	if d := at["hello"].Sub(at["hi"]); d < 500*time.Millisecond {
		t.Errorf("without a clock, the answer came after %v", d)
	}
}

func TestReadChatsNamesTheLine(t *testing.T) {
	for _, bad := range []string{"\n{", "\n{\"id\":\"x\"}", "\n[]"} {
		_, err := ReadChats(strings.NewReader(bad))
		var input *nospim.InputError
		if !errors.As(err, &input) || input.Place != "line 2" {
			t.Errorf("%q: %v, want an InputError at line 2", bad, err)
		}
	}
}
