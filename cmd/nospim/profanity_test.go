package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/servertest"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/internal/terminal"
)

// TestStoryInProfanity is one whole story as a person sees it, in the client Profanity: a stranger asks, the person is told
// quietly, looks, lets in, and reads what was written; another one writes, and is reported by the client's own command.
func TestStoryInProfanity(t *testing.T) {
	servers.Need(t, "profanity")
	servers.Need(t, "tmux")
	besideBoth(t, storyInProfanity)
}

// screen is what a person has before them.
type screen struct {
	t *testing.T
	*terminal.Terminal
}

func (s *screen) types(line string) {
	s.t.Helper()
	if err := s.Type(s.t.Context(), line); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) sees(part string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	all, err := s.Sees(ctx, part)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func storyInProfanity(t *testing.T, kind *servertest.Kind) {
	d, server, door := openedDoor(t, kind)
	const host = "chat.example"
	bob, eve := logIn(t, server.Addr(), "bob@"+host, "b"), logIn(t, server.Addr(), "eve@"+host, "e")
	awaitDoor(t, bob, door)
	client, err := terminal.Profanity(t.Context(), t.TempDir(), server.Addr(), "ada@"+host, "a")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // it may have ended
	ada := &screen{t, client}
	ada.sees("logged in successfully")

	ada.types("/msg " + door + " profile contacts_only")
	ada.sees("is now: contacts_only")
	untilInForce(t, d)
	bob.raw(`<presence xmlns='jabber:client' type='subscribe' to='ada@chat.example'/>`)
	bob.say("ada@"+host, "hello ada, it is bob from the choir")
	if seen := ada.sees("It waits until you decide"); strings.Contains(seen, "bob") || strings.Contains(seen, "choir") {
		t.Errorf("the notice says who:\n%s", seen)
	}
	untilHeld(t, d, 2)
	ada.types("show")
	ada.sees("> hello ada, it is bob from the choir")
	ada.types("accept")
	ada.sees("bob@" + host + " may write to you")
	ada.types("/msg bob@" + host)
	ada.sees("hello ada, it is bob from the choir")
	untilInForce(t, d)
	bob.say("ada@"+host, "thank you for letting me in")
	ada.sees("thank you for letting me in")

	eve.say("ada@"+host, "hello you")
	untilHeld(t, d, 1)
	ada.types("/msg " + door + " show")
	ada.sees("> hello you")
	ada.types("/blocked report-spam eve@" + host)
	ada.types("/win 1")
	ada.sees("User eve@" + host + " successfully blocked.")
	become(t, "the client hears who is blocked", func() bool { // that it was blocked may be heard before
		ada.types("/blocked")
		screen, err := ada.Screen(t.Context())
		return err == nil && strings.Contains(screen, "Blocked users:") && strings.Contains(screen, "  eve@"+host)
	})
	untilReported(t, d, "eve@"+host)
	eve.say("ada@"+host, "are you there?")
	if m := eve.hears("ada@"+host, ""); m.Type != "error" {
		t.Errorf("eve heard %+v, want an error", m)
	}
}

// untilReported waits until a report about an account is on record.
func untilReported(t *testing.T, d *daemon, account string) {
	t.Helper()
	for end := time.Now().Add(patience); ; <-time.After(50 * time.Millisecond) {
		reported := false
		err := d.Store.Scan(t.Context(), time.Time{}, func(r *nospim.Record) error {
			reported = reported || r.Event.Kind == nospim.KindReport && slices.ContainsFunc(r.Event.Recipients, func(a nospim.Account) bool { return a.ID == account })
			return nil
		})
		switch {
		case err != nil || time.Now().After(end):
			t.Fatalf("no report about %s on record; %v", account, err)
		case reported:
			return
		}
	}
}
