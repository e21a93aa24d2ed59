package servertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// challenges: what is challenged waits with nospim, its sender is asked, and the order delivers it.
func challenges(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	a.say(b.jid, "challenge-me")
	asked := a.waitBody("are you a person?")
	if asked.From != b.jid || !strings.Contains(asked.Inner, "urn:xmpp:captcha") {
		t.Errorf("asked by %+v", asked)
	}
	a.say(b.jid, "after the challenge")
	if got := b.waitBodies(1); !slices.Equal(got, []string{"after the challenge"}) {
		t.Fatalf("delivered %q", got)
	}
	e := s.judge.wait(t, a.jid, func(e nospim.Event) bool { return e.Body == "challenge-me" })
	if failure := s.deliver(t, "o-challenged", &e); failure != "" {
		t.Fatalf("deliver failed: %s", failure)
	}
	b.waitBody("challenge-me")
	s.counted(t, "challenged", 1)
}

// throttles: what is throttled comes later, with what came behind it for the same person; other people are not delayed. Who is to wait
// for long is told so.
func throttles(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	other := s.user(t)
	began := time.Now()
	a.send(chat(b.jid, "throttle-me") + chat(b.jid, "and more") + chat(other.jid, "to somebody else"))
	other.waitBody("to somebody else")
	if early := bodies(b.received()); len(early) > 0 && time.Since(began) < 2*time.Second {
		t.Errorf("%q arrived at once", early)
	}
	if got := b.waitBodies(2); !slices.Equal(got, []string{"throttle-me", "and more"}) {
		t.Errorf("delivered %q", got)
	}
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("throttled for %v, want 2s", took)
	}
	a.send(`<message to="` + b.jid + `" id="later"><body>refuse-for-now</body></message>`)
	refused := a.wait("a refusal", func(m stanza) bool { return m.ID == "later" && m.Type == "error" })
	if !strings.Contains(refused.Inner, "resource-constraint") || !strings.Contains(refused.Inner, `'wait'`) || !strings.Contains(refused.Inner, "5m0s") {
		t.Errorf("refused by %s", refused.Inner)
	}
	s.counted(t, "throttled", 2)
}

// throttledAndAlone: when nospim goes while something is throttled, nothing is lost and nothing comes twice. The same when the module
// is loaded anew.
func throttledAndAlone(t *testing.T, k *Kind) {
	d := startNospim(t, freeAddr(t), &judge{}, nil)
	w := startWorld(t, k, Options{Port: d.port, Timeout: patient})
	w.answers(t, 1)
	a, b := w.strangers(t)
	send := func(round int) []string {
		var all strings.Builder
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprintf("throttle-me, round %d, part %d", round, i))
			all.WriteString(chat(b.jid, want[i]))
		}
		a.send(all.String())
		eventually(t, "all to be judged", func() bool { return len(d.judge.about(a.jid)) >= 20*(round+1) })
		return want
	}
	want := send(0)
	if err := w.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.answers(t, 2)
	b.waitBodies(len(want))
	want = append(want, send(1)...)
	d.stop()
	b.waitBodies(len(want))
	a.say(b.jid, "the last")
	b.waitBody("the last")
	if got := bodies(b.received()); !slices.Equal(got, append(want, "the last")) {
		t.Errorf("delivered %q", got)
	}
}
