package door_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/door"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record/sqlite"
)

const ada = "ada@chat.example"

var start = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

// newTalk is a conversation over a real store in which some messages wait for ada.
func newTalk(t *testing.T, from ...string) (*door.Talk, *sqlite.Store) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for i, f := range from {
		id := fmt.Sprint("m", i)
		r := nospim.Record{
			Event: nospim.Event{
				ID: id, Kind: nospim.KindMessage, Time: start, Service: "chat.example", Body: "hello \u202eada, see http://pics.example/1. bye", Raw: "<message/>",
				Sender: nospim.Account{ID: f, Name: "Your Bank"}, Recipients: []nospim.Account{{ID: ada, Local: true}},
			},
			Verdict: nospim.Verdict{EventID: id, Action: nospim.Hold, Wanted: nospim.Hold}, Kept: start,
		}
		if _, err := s.Keep(&r).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	judge := nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		v := &nospim.Verdict{EventID: e.ID}
		if e.Kind == nospim.KindWarning && e.Recipients[0].ID != "nobody@far.example" {
			v.Signals = []nospim.Signal{{Symbol: "REPORT_PROVEN"}}
		}
		return v, e.Validate()
	})
	return &door.Talk{Service: "chat.example", Desk: &people.Desk{Store: s, Judge: judge, Clock: func() time.Time { return start }}}, s
}

// TestTalk goes through whole conversations. Each step is what is said, and parts of the answer; a part after "!" must not be in it.
func TestTalk(t *testing.T) {
	const bob, eve = "bob@far.example", "eve@far.example"
	for _, c := range []struct {
		name, lang string
		from       []string
		steps      [][]string
	}{
		{"nothing waits", "en", nil, [][]string{{"show", "Nothing waits"}, {"accept", "Nothing waits"}, {"hello there", "did not understand", "accept"}, {"?", "show"}}},
		{"one is let in", "en", []string{bob, bob}, [][]string{
			{"Show.", bob, "> hello  ada, see hxxp://pics[.]example/1. bye", "!Your Bank", "!http:"},
			{" ACCEPT ", bob, "may write to you"},
			{"accept", "Nothing waits"},
		}},
		{"which of two", "en", []string{bob, eve}, [][]string{
			{"show", "1: " + bob, "2: " + eve, "!hello"},
			{"report", "Say which one", "\"report 1\""},
			{"report 3", "Say which one"},
			{"report 2", "Thank you. " + eve},
			{"refuse", "What " + bob, "deleted"},
			{"show", "Nothing waits"},
		}},
		{"in German", "de-AT", []string{bob}, [][]string{{"zeigen", "Von " + bob}, {"sperren", "nicht mehr schreiben"}}},
		{"in Spanish, with English words", "es", []string{bob}, [][]string{{"show", "De " + bob}, {"sí", "puede escribirte"}}},
		{"in French", "fr-CA", []string{bob}, [][]string{{"qui", "De " + bob}, {"bloquer", "ne peut plus t'écrire"}}},
		{"in a language that it has not", "tlh", []string{bob}, [][]string{{"show", "From " + bob}}},
		{"a warning", "en", nil, [][]string{
			{"warn", "Say whom you warn"},
			{"warn two of them", "Say whom you warn"},
			{"WARN <xmpp:Bob@far.example/phone>", bob + " is warned"},
			{"warn nobody@far.example", "nobody@far.example has not written to you"},
		}},
		{"a warning in German", "de", nil, [][]string{{"verwarnen " + bob, bob + " ist verwarnt"}}},
		{"an invitation", "en", nil, [][]string{{"invite", "until 2026-03-08", "xmpp:" + ada + "?roster;preauth="}}},
		{"an invitation in French", "fr", nil, [][]string{{"Inviter", "jusqu'au 2026-03-08", "?roster;preauth="}}},
		{"the profile", "en", nil, [][]string{
			{"profile", "Your profile: default", "contacts_only"},
			{"profile contacts_only", "is now: contacts_only"},
			{"profile", "Your profile: contacts_only"},
			{"profile castle", "did not understand"},
			{"profile default", "is now: default"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			talk, _ := newTalk(t, c.from...)
			for _, s := range c.steps {
				answer, err := talk.Answer(t.Context(), ada, c.lang, s[0])
				if err != nil {
					t.Fatal(err)
				}
				for _, part := range s[1:] {
					if without, not := strings.CutPrefix(part, "!"); strings.Contains(answer, without) == not {
						t.Errorf("to %q: %q; want %q", s[0], answer, part)
					}
				}
			}
		})
	}
}

// TestLockedProfile: a person cannot change what a guardian locked.
func TestLockedProfile(t *testing.T) {
	talk, s := newTalk(t)
	lock := people.Change{Account: ada, Profile: nospim.ProfileMinor, Lock: true, As: people.Guardian, By: "mum@chat.example"}
	if err := people.Set(t.Context(), s, lock, start); err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"profile open", "profile"} {
		if answer, err := talk.Answer(t.Context(), ada, "en", said); err != nil || !strings.Contains(answer, "is locked") {
			t.Errorf("%s: %q, %v", said, answer, err)
		}
	}
}

// TestNotice says nothing about the stranger, in every language.
func TestNotice(t *testing.T) {
	talk, _ := newTalk(t)
	seen := map[string]bool{}
	for _, lang := range []string{"en", "de", "es", "fr"} {
		n := talk.Notice(lang)
		if n == "" || seen[n] || strings.Contains(n, "%") || strings.Contains(n, "@") {
			t.Errorf("%s: %q", lang, n)
		}
		seen[n] = true
	}
}

// FuzzTalk: whatever is said, the door answers, and shows no link that can be clicked.
func FuzzTalk(f *testing.F) {
	for _, s := range []string{"show", "show 1", "accept 99999999999999999999", "profile \x00", "отчет", "report -1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, said string) {
		talk, _ := newTalk(t, "bob@far.example")
		if answer, err := talk.Answer(t.Context(), ada, "en", said); err != nil || answer == "" || strings.Contains(answer, "http:") {
			t.Errorf("%q: %q, %v", said, answer, err)
		}
	})
}
