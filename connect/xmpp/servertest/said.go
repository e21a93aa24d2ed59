package servertest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp"
)

// ears hear answers to challenges, as the tests' nospim does: right ones, and none that it does not understand.
var ears = xmpp.Ears{
	"urn:xmpp:captcha": func(_ context.Context, e *nospim.Event) (string, bool) {
		if !strings.Contains(e.Raw, "seven") {
			return "", false
		}
		id := between(e.Raw, "id='", "'") + between(e.Raw, `id="`, `"`)
		return fmt.Sprintf(`<iq type="result" id="%s" from="%s" to="%s/phone"/>`, id, e.Recipients[0].ID, e.Sender.ID), true
	},
}

// between returns what stands in a text between two others; empty when it does not.
func between(text, before, after string) string {
	_, rest, found := strings.Cut(text, before)
	if !found {
		return ""
	}
	found1, _, _ := strings.Cut(rest, after)
	return found1
}

// saidToNospim: what nospim understands of what is said to it ends there and is answered; the rest goes its way, on which the
// server refuses it. It makes no event.
func saidToNospim(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	for i, test := range []struct{ to, kind, child, want string }{
		{b.jid, "set", `<captcha xmlns="urn:xmpp:captcha">seven</captcha>`, "result"},
		{s.host, "set", `<captcha xmlns="urn:xmpp:captcha">seven</captcha>`, "result"},
		{b.jid, "set", `<captcha xmlns="urn:xmpp:captcha">nine</captcha>`, "error"},
		{s.host, "set", `<captcha xmlns="urn:xmpp:captcha">nine</captcha>`, "error"},
		{s.host, "get", `<captcha xmlns="urn:xmpp:captcha">seven</captcha>`, "error"},
		{b.jid, "set", `<query xmlns="urn:xmpp:spim-report:0" key="1"/>`, "error"},
		{s.host, "set", `<report xmlns="urn:xmpp:incident:2"/>`, "error"},
		{b.jid, "set", `<other xmlns="urn:other">seven</other>`, "error"},
	} {
		id := fmt.Sprint("said-", i)
		a.send(`<iq type="` + test.kind + `" id="` + id + `" to="` + test.to + `">` + test.child + `</iq>`)
		got := a.wait("an answer to "+id, func(m stanza) bool { return m.ID == id })
		if got.Type != test.want || got.From != test.to || test.want == "error" && !strings.Contains(got.Inner, "service-unavailable") {
			t.Errorf("%s %s to %s: %+v", test.kind, test.child, test.to, got)
		}
	}
	if list := s.judge.about(a.jid); len(list) > 0 {
		if e := list[len(list)-1]; e.Kind != nospim.KindLogin {
			t.Errorf("it was judged: %+v", e)
		}
	}
}

// notifies: an order to tell somebody something is a message from the service, once, also when the order comes again.
func notifies(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	order := nospim.Order{ID: "o-notify", Do: nospim.OrderNotify, Service: host, EventID: "m-1", Recipients: []string{a.jid, b.jid}, Text: "was it <you>?"}
	for nth := range 2 {
		s.orders.give(order)
		if failure := s.orders.acked(t, order.ID, nth+1); failure != "" {
			t.Fatalf("the order failed: %s", failure)
		}
	}
	for _, c := range []*client{a, b} {
		if m := c.waitBody("was it <you>?"); m.From != host {
			t.Errorf("told by %s, want the service", m.From)
		}
		s.say(t, c)
		if got := bodies(c.received()); len(got) != 2 {
			t.Errorf("told %q, want once", got)
		}
	}
}

// say has the service say a last thing, behind everything that was ordered before.
func (s *scene) say(t *testing.T, c *client) {
	t.Helper()
	id := "o-last-" + c.jid
	s.orders.give(nospim.Order{ID: id, Do: nospim.OrderNotify, Service: host, EventID: id, Recipients: []string{c.jid}, Text: "the last"})
	c.waitBody("the last")
}

// retracts: a delivered message is taken back in a way that says so, to clients that understand it and to those that do not.
func retracts(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	a.send(`<message to="` + b.jid + `" type="chat" id="lure-1"><body>look at this</body></message>`)
	b.waitBody("look at this")
	e := s.judge.wait(t, a.jid, ofKind(nospim.KindMessage))
	s.orders.give(nospim.Order{
		ID: "o-retracts", Do: nospim.OrderRetract, Service: host, EventID: e.ID, WireID: e.WireID, Sender: a.jid, Recipients: []string{b.jid},
	})
	if failure := s.orders.acked(t, "o-retracts", 1); failure != "" {
		t.Fatalf("the order failed: %s", failure)
	}
	m := b.wait("a retraction", func(m stanza) bool { return strings.Contains(m.Inner, "urn:xmpp:message-retract:1") })
	if m.From != a.jid || !strings.Contains(m.Inner, "lure-1") || !strings.Contains(m.Inner, "urn:xmpp:message-moderate:1") ||
		!strings.Contains(m.Inner, "<reason>spam</reason>") || !strings.Contains(m.Body, "taken back") {
		t.Errorf("the retraction is %+v", m)
	}
}
