package town

import (
	"errors"
	"strconv"
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
	if d := at["May I have your name?"].Sub(at["help"]); d <= 17*time.Second || d >= 19*time.Second {
		t.Errorf("the answer came after %v, want 18 s, give or take what a clock of seconds cuts off", d)
	}
	if d := at["hello"].Sub(at["hi"]); d < 500*time.Millisecond {
		t.Errorf("without a clock, the answer came after %v", d)
	}
}

// TestReplayTakesNoClockForAHabit: times that a log cut to minutes are not said on the stroke of the minute, nor out of their order or
// their minute.
func TestReplayTakesNoClockForAHabit(t *testing.T) {
	chat := Chat{ID: "room", Kind: "multi-party", Clock: "min"}
	for n := range 60 {
		chat.Turns = append(chat.Turns, Turn{From: "u1", Kind: "typed", T: float64(n / 4 * 60), Text: strconv.Itoa(n)})
	}
	play, err := Replay(Options{Seed: 1, Length: time.Hour}, []Chat{chat}, nospim.RelationStranger)
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	for e := range play {
		if e.Body != strconv.Itoa(len(times)) {
			t.Fatalf("line %d is %q", len(times), e.Body)
		}
		times = append(times, e.Time)
	}
	pauses := map[time.Duration]int{}
	for n := 1; n < len(times); n++ {
		pauses[times[n].Sub(times[n-1]).Round(10*time.Millisecond)]++
		if d := times[n].Sub(times[0]) - time.Duration(n/4)*time.Minute; d <= -time.Minute || d >= time.Minute {
			t.Errorf("line %d is %v from its minute", n, d)
		}
	}
	for pause, often := range pauses {
		if often > 3 {
			t.Errorf("the pause of %v came %d times", pause, often)
		}
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
