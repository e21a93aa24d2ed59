package script

import (
	"context"
	"strings"
	"testing"

	"github.com/nospim/nospim"
)

func TestParseAndPlay(t *testing.T) {
	steps, err := Parse("a.txt", `
# two of them
at 1m x3 every 2s message bot%d@x.example -> ada@chat.example pending "no %d" addr=198.51.100.7 : last reject A !B
at 2m login ada@chat.example : allow
`)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	judge := nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		seen = append(seen, e.Sender.ID+" "+e.Body+" "+e.Time.Sub(Start).String()+" "+string(e.Relation))
		if e.Kind == nospim.KindLogin {
			return &nospim.Verdict{Wanted: nospim.Hold}, nil
		}
		return &nospim.Verdict{Wanted: nospim.Reject, Signals: []nospim.Signal{{Symbol: "A"}}}, nil
	})
	failures := Play(t.Context(), judge, steps)
	if len(failures) != 1 || !strings.HasPrefix(failures[0].Error(), "a.txt:4: ") {
		t.Errorf("failures: %v; want one of line 4", failures)
	}
	if want := "bot2@x.example no 2 1m4s pending"; len(seen) != 4 || seen[2] != want {
		t.Errorf("judged %q, want %q third of 4", seen, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, line := range []string{
		"message a -> b : allow", "at 1s message a -> b", "at x message a -> b : allow", "at 1s message a -> b \"open : allow",
		"at 1s message a -> b colour=red : allow", "at 1s message a -> b : perhaps", "at 1s xq message a -> b : allow", "at 1s message a -> b :",
	} {
		if _, err := Parse("a.txt", line); err == nil || !strings.HasPrefix(err.Error(), "a.txt:1: ") {
			t.Errorf("%q: %v; want an error with its place", line, err)
		}
	}
}
