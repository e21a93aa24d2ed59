package door

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record/sqlite"
)

// crowded is a door at which strangers wait for ada, s1@far.example and so on.
func crowded(t *testing.T, strangers int) *Door {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	now := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	for i := range strangers {
		r := nospim.Record{
			Event: nospim.Event{
				ID: fmt.Sprint("m", i), Kind: nospim.KindMessage, Time: now, Service: "chat.example", Body: fmt.Sprintf("I am number %d of http://x.example/a", i+1), Raw: "<message/>",
				Sender:     nospim.Account{ID: fmt.Sprintf("s%d@far.example", i+1), Name: "Your Bank"},
				Recipients: []nospim.Account{{ID: "ada@chat.example", Local: true}},
			},
			Verdict: nospim.Verdict{EventID: fmt.Sprint("m", i), Action: nospim.Hold, Wanted: nospim.Hold}, Kept: now,
		}
		if _, err := s.Keep(&r).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	judge := nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		return &nospim.Verdict{EventID: e.ID}, e.Validate()
	})
	desk := &people.Desk{Store: s, Judge: judge, Clock: func() time.Time { return now }}
	return &Door{Name: "nospim.chat.example", Language: "en", Talk: Talk{Service: "chat.example", Desk: desk}, Log: slog.New(slog.DiscardHandler)}
}

// contains checks what an answer must have in it, or after "!" must not.
func contains(t *testing.T, what, answer string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if without, not := strings.CutPrefix(part, "!"); strings.Contains(answer, without) == not {
			t.Errorf("%s: %q; want %q", what, answer, part)
		}
	}
}

// TestPagesInWords: where many wait, people leaf through them, and name one by number or address.
func TestPagesInWords(t *testing.T) {
	d := crowded(t, 45)
	for _, step := range [][]string{
		{"show", "\n1: s1@far.example", "\n20: s20@far.example", "!s21@", `… and 25 more: say "more 2".`, "!number"},
		{"more", "\n21: s21@far.example", "\n40: s40@", `5 more: say "more 3"`, "!s20@"},
		{"more 3", "\n41: s41@", "\n45: s45@", "!more:"},
		{"more 99", "\n45: s45@"},
		{"more of that", "\n1: s1@"},
		{"show 33", "From s33@far.example", "> I am number 33 of hxxp://x[.]example/a", "!Your Bank"},
		{"accept s44@far.example", "s44@far.example may write"},
		{"refuse 45", `Say which one`},
		{"refuse 44", "What s45@far.example wrote is deleted"},
		{"more 3", "\n43: s43@", "!s44@", "!s45@"},
	} {
		answer, err := d.Talk.Answer(t.Context(), "ada@chat.example", "en", step[0])
		if err != nil {
			t.Fatal(err)
		}
		contains(t, step[0], answer, step[1:]...)
	}
}

// TestPagesInForms: the same by command: forward, back, a look, and a decision.
func TestPagesInForms(t *testing.T) {
	d := crowded(t, 45)
	for _, step := range []struct {
		what, attrs, form string
		want              []string
	}{
		{"the first page", `action="execute"`, "", []string{`sessionid="waiting/0"`, "s1@far", "s20@far", "!s21@", "<next", "!<prev", "<complete", "!number"}},
		{"forward", `action="next" sessionid="waiting/0"`, "", []string{`sessionid="waiting/1"`, "s21@", "s40@", "<next", "<prev", "!s41@"}},
		{"to the end", `action="next" sessionid="waiting/1"`, "", []string{`sessionid="waiting/2"`, "s41@", "s45@", "!<next", "<prev"}},
		{"beyond", `action="next" sessionid="waiting/2"`, "", []string{`sessionid="waiting/2"`}},
		{"back", `action="prev" sessionid="waiting/1"`, "", []string{`sessionid="waiting/0"`}},
		{"what no page is", `action="next" sessionid="waiting/x99999999999999999999"`, "", []string{`sessionid="waiting/1"`}},
		{"a look", `sessionid="waiting/1"`, "s33@far.example show", []string{`status="completed"`, "&gt; I am number 33 of hxxp://x[.]example/a", "!Your Bank"}},
		{"a decision", `sessionid="waiting/1"`, "s33@far.example let_in", []string{`status="completed"`, "s33@far.example may write"}},
		{"about somebody who waits no more", `sessionid="waiting/1"`, "s33@far.example refuse", []string{`status="completed"`, "Nothing waits"}},
		{"a look at somebody who waits no more", `sessionid="waiting/1"`, "s33@far.example show", []string{`status="completed"`, "Nothing waits"}},
		{"no decision", `sessionid="waiting/1"`, "s34@far.example eat", []string{`type="error"`}},
	} {
		form := ""
		if sender, decision, ok := strings.Cut(step.form, " "); ok {
			form = `<x xmlns="jabber:x:data" type="submit"><field var="sender"><value>` + sender + `</value></field><field var="decision"><value>` + decision + `</value></field></x>`
		}
		answer := give(t, d, `<iq xmlns="jabber:component:accept" type="set" id="i1" from="ada@chat.example/x" to="nospim.chat.example">`+
			`<command xmlns="http://jabber.org/protocol/commands" node="waiting" `+step.attrs+`>`+form+`</command></iq>`)
		contains(t, step.what, answer, step.want...)
	}
}
