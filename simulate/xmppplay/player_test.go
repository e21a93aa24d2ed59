package xmppplay_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/simulate"
	"github.com/nospim/nospim/simulate/xmppplay"
)

const password = "secret"

// start starts a Prosody with the accounts of a script, and with a module of the given text if it is not empty.
func start(t *testing.T, s *simulate.Script, module string) *servers.Prosody {
	t.Helper()
	servers.Need(t, "prosody")
	o := servers.ProsodyOptions{Dir: t.TempDir(), Host: s.Service, Accounts: map[string]string{}, Created: s.Start, Register: true}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if a.Registers() {
			continue
		}
		o.Accounts[a.Name] = password
		for _, c := range a.Contacts {
			if a.ID < c {
				o.Contacts = append(o.Contacts, [2]string{a.Name, s.Account(c).Name})
			}
		}
	}
	if module != "" {
		o.Modules, o.PluginPaths = []string{"sieve"}, []string{o.Dir}
		if err := os.WriteFile(filepath.Join(o.Dir, "mod_sieve.lua"), []byte(module), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := servers.StartProsody(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// play plays a script. What was sent has the time that a busy machine needs: settle, where something is never to arrive.
func play(t *testing.T, s *simulate.Script, addr string, speed float64, settle time.Duration) []simulate.Outcome {
	t.Helper()
	p := xmppplay.New(s, xmppplay.Options{Password: password, Speed: speed, Patience: time.Minute, Settle: settle})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := p.Connect(t.Context(), addr); err != nil {
		t.Fatal(err)
	}
	outcomes, err := p.Play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(outcomes) != len(s.Steps) {
		t.Fatalf("%d outcomes of %d steps", len(outcomes), len(s.Steps))
	}
	return outcomes
}

func script(t *testing.T) *simulate.Script {
	t.Helper()
	s, err := simulate.Community(1, simulate.Options{Names: 2})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEverythingArrives(t *testing.T) {
	s := script(t)
	outcomes := play(t, s, start(t, s, "").Addr, 480, 30*time.Second)
	for _, o := range outcomes {
		if o.Fate != simulate.Delivered {
			t.Errorf("%s, a %s from %s to %s, was %s", o.Step.ID, o.Step.Kind, o.Step.From, o.Step.To, o.Fate)
		}
	}
	if sum := simulate.Summarize(outcomes); !sum.ChatOK() {
		t.Errorf("the people's chat: lost %v, doubled %v, out of order %v", sum.Lost, sum.Doubled, sum.Disordered)
	}
}

// sieve is a Prosody module that does to the bots what nospim's adapter may do.
const sieve = `
local st, jid = require "util.stanza", require "util.jid";
module:hook("message/bare", function (event)
	local stanza = event.stanza;
	local body = stanza:get_child_text("body") or "";
	if body:find("card to check", 1, true) then
		stanza:tag("mark", { xmlns = "urn:xmpp:spim-marker:0", filter = module.host }):text("beware"):up();
	elseif body:find("make a login", 1, true) then
		event.origin.send(st.error_reply(stanza, "cancel", "policy-violation", "not here"));
		return true;
	elseif jid.node(stanza.attr.from) == "STOLEN" and body:find("http", 1, true) then
		return true;
	end
end, 50);
module:hook("user-registering", function (event)
	if event.username:find("best-deals", 1, true) then
		event.allowed, event.reason, event.error_type, event.error_condition = false, "no adverts", "cancel", "policy-violation";
	end
end);
`

func TestFatesAreSeenOnTheWire(t *testing.T) {
	s := script(t)
	friend := ""
	for i := range s.Steps {
		if s.Steps[i].Label == simulate.StolenFriend {
			friend = s.Steps[i].From
		}
	}
	outcomes := play(t, s, start(t, s, strings.Replace(sieve, "STOLEN", s.Account(friend).Name, 1)).Addr, 480, 30*time.Second)
	seen := map[simulate.Fate]int{}
	for _, o := range outcomes {
		want, told := simulate.Delivered, ""
		switch body := o.Step.Body; {
		case o.Step.Label == simulate.Honest && o.Step.From != friend:
			continue
		case o.Step.Label == simulate.Bulk && o.Step.Kind == nospim.KindRegistration:
			want, told = simulate.Rejected, "no adverts"
		case o.Step.Label == simulate.Bulk:
			want = simulate.Skipped
		case strings.Contains(body, "card to check"):
			want, told = simulate.Marked, "beware"
		case strings.Contains(body, "make a login"):
			want, told = simulate.Rejected, "not here"
		case o.Step.From == friend && strings.Contains(body, "http"):
			want = simulate.Held
		}
		seen[want]++
		if o.Fate != want || o.Told != told {
			t.Errorf("%s (%s) was %s and told %q, want %s and %q", o.Step.ID, o.Step.Kind, o.Fate, o.Told, want, told)
		}
	}
	for _, f := range []simulate.Fate{simulate.Delivered, simulate.Marked, simulate.Held, simulate.Rejected, simulate.Skipped} {
		if seen[f] == 0 {
			t.Errorf("no step was to be %s", f)
		}
	}
}

func TestALostServerIsAnError(t *testing.T) {
	s := script(t)
	server := start(t, s, "")
	p := xmppplay.New(s, xmppplay.Options{Password: password, Speed: 240})
	defer func() { _ = p.Close() }()
	if err := p.Connect(t.Context(), server.Addr); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Play(t.Context()); err == nil {
		t.Error("playing without a server is no error")
	}
}

func TestPlayEndsWithItsContext(t *testing.T) {
	s := script(t)
	p := xmppplay.New(s, xmppplay.Options{Password: password, Speed: 1})
	defer func() { _ = p.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Play(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("playing after the end of the context: %v", err)
	}
}

func TestWrongPassword(t *testing.T) {
	s := script(t)
	p := xmppplay.New(s, xmppplay.Options{Password: "wrong"})
	defer func() { _ = p.Close() }()
	if err := p.Connect(t.Context(), start(t, s, "").Addr); err == nil || !strings.Contains(err.Error(), "logging in as") {
		t.Errorf("a wrong password: %v", err)
	}
}
