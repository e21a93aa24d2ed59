package servertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nospim/nospim"
)

// offline: what comes for somebody who is not there is judged once, when it comes; what is refused is stored nowhere.
func offline(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	name, _, _ := strings.Cut(b.jid, "@")
	b.send(`</stream:stream>`)
	<-b.ended
	gone(t, a, b.full)
	a.send(chat(b.jid, "while you were out") + chat(b.jid, "drop-me") + chat(b.jid, "call me back") + chat(b.jid, "reject-me"))
	// It comes in its turn, when everything before it is stored. ejabberd can lose what it stores while somebody logs in: it reads and
	// deletes in a transaction, and writes beside it.
	a.wait("a refusal", func(m stanza) bool { return m.Type == "error" && strings.Contains(m.Inner, "policy-violation") })
	const now = "are you there?"
	b = s.login(t, name, "later")
	a.say(b.jid, now)
	b.waitBody(now)
	stored := slices.DeleteFunc(bodies(b.received()), func(body string) bool { return body == now })
	if !slices.Equal(stored, []string{"while you were out", "call me back"}) {
		t.Errorf("delivered %q", stored)
	}
	judged := 0
	for _, e := range s.judge.about(a.jid) {
		if e.Body == "while you were out" {
			judged++
		}
	}
	if judged != 1 {
		t.Errorf("a stored message was judged %d times", judged)
	}
	b.send(`<iq type="set" id="all"><query xmlns="urn:xmpp:mam:2"/></iq>`)
	b.wait("the archive", func(m stanza) bool { return m.ID == "all" && m.Type == "result" })
	for _, m := range b.received() {
		if strings.Contains(m.Inner, "drop-me") || strings.Contains(m.Inner, "reject-me") {
			t.Errorf("the recipient's archive has what was refused: %s", m.Inner)
		}
	}
}

// gone waits until a server knows of the end of a session, which is a moment after it has closed the stream: until then messages go the way
// of the session, and the server answers no question to it.
func gone(t *testing.T, a *client, session string) {
	t.Helper()
	asked := 0
	eventually(t, "the end of "+session, func() bool {
		asked++
		a.send(fmt.Sprintf(`<iq type="get" id="gone-%d" to="%s"><query xmlns="jabber:iq:version"/></iq>`, asked, session))
		return slices.ContainsFunc(a.received(), func(m stanza) bool { return m.Type == "error" && strings.HasPrefix(m.ID, "gone-") })
	})
}

// disguised: elements with a prefix are what they are without one.
func disguised(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	a.send(`<message to="` + b.jid + `"><c:body xmlns:c="jabber:client">reject-me</c:body></message>` +
		`<message to="` + b.jid + `" type="chat"><body>honest</body>` +
		`<m:mark xmlns:m="urn:xmpp:spim-marker:0" filter="chat.example">forged</m:mark></message>`)
	if m := b.waitBody("honest"); strings.Contains(m.Inner, "forged") {
		t.Errorf("a forged mark passed in disguise: %s", m.Inner)
	}
	if all := b.received(); slices.ContainsFunc(all, func(m stanza) bool { return strings.Contains(m.Inner, "reject-me") }) {
		t.Errorf("a body passed in disguise")
	}
}

// large: a stanza of 256 KiB is judged, held and released like any other.
func large(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	text := "hold-me " + strings.Repeat("0123456789abcdef", 1<<14)
	a.send(`<message to="` + b.jid + `" type="chat"><body>` + text + `</body></message>`)
	e := s.judge.wait(t, a.jid, ofKind(nospim.KindMessage))
	if len(e.Raw) < 1<<18 {
		t.Errorf("the wire form has %d bytes", len(e.Raw))
	}
	if failure := s.deliver(t, "o-large", &e); failure != "" {
		t.Fatalf("deliver failed: %s", failure)
	}
	b.waitBody(text)
}

// brokenGateway: what a component writes that is no XML is its own end, and nobody else's.
func brokenGateway(t *testing.T, s *scene) {
	const domain = "broken.example"
	b := s.user(t)
	for i, xml := range []string{`<message from="x@` + domain + `" to="` + b.jid + `"><body>reject-me`, `<message to=`, "\x00\xff", `<presence type="subscribe" to="` + b.jid + `"/><![CDATA[`} {
		conn := component(t, s.ComponentAddr(), domain, "broken's secret")
		_, _ = conn.Write([]byte(xml + `</nonsense>`))
		_ = conn.Close()
		a := s.user(t)
		body := fmt.Sprintf("still there, %d", i)
		a.say(b.jid, body)
		b.waitBody(body)
	}
}
