package servertest

import (
	"crypto/sha1" // XEP-0114 §3 asks for it
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

func oneWritePlain(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	oneWrite(t, a, b)
}

func oneWriteTLS(t *testing.T, s *scene) {
	n := int(s.taken.Add(4))
	a := dialClient(t, s.Addr(), host, accountName(n-4), "phone", s.roots)
	b := dialClient(t, s.Addr(), host, accountName(n-2), "phone", s.roots)
	oneWrite(t, a, b)
}

// oneWrite sends a hundred messages in one write. Waiting instead of holding leaves those behind the first four kilobytes in
// the server until the client sends something else, which it does not here.
func oneWrite(t *testing.T, a, b *client) {
	t.Helper()
	want := stream(a, b, "a hundred", 100)
	if got := b.waitBodies(100); !slices.Equal(got, want) {
		t.Fatalf("delivered %q", got)
	}
}

// component speaks XEP-0114 on a bare socket.
func component(t *testing.T, addr, domain, secret string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	_, _ = fmt.Fprintf(conn, `<stream:stream xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams" to="%s">`, domain)
	in := xml.NewDecoder(conn)
	var id string
	for id == "" {
		token, err := in.Token()
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "id" {
					id = a.Value
				}
			}
		}
	}
	sum := sha1.Sum([]byte(id + secret))
	_, _ = fmt.Fprintf(conn, `<handshake>%s</handshake>`, hex.EncodeToString(sum[:]))
	var answer stanza
	if err := in.Decode(&answer); err != nil || answer.XMLName.Local != "handshake" {
		t.Fatalf("the component's handshake: %+v, %v", answer, err)
	}
	return conn
}

func components(t *testing.T, s *scene) {
	conn := component(t, s.ComponentAddr(), gate, "gate's secret")
	b := s.user(t)
	from := "icq123@" + gate
	_, _ = fmt.Fprintf(conn, `<message from="%s" to="%s"><body>drop-me</body></message><message from="%s" to="%s"><body>from the gate</body></message>`, from, b.jid, from, b.jid)
	b.waitBody("from the gate")
	if got := bodies(b.received()); len(got) != 1 {
		t.Errorf("delivered %q, want the second message only", got)
	}
	e := s.judge.wait(t, from, ofKind(nospim.KindMessage))
	if e.Direction != nospim.In || e.Sender.Local {
		t.Errorf("direction %s, sender local %v; want in and not local", e.Direction, e.Sender.Local)
	}
}

// register tries to make an account in band and returns the answer.
func register(t *testing.T, s *scene, name string) stanza {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn, more: make(chan struct{}, 1)}
	t.Cleanup(c.close)
	in := c.open(host)
	// A hundred more in the same write: waiting for the verdict must not keep them from being read.
	c.send(`<iq type="set" id="r"><query xmlns="jabber:iq:register"><username>` + name + `</username><password>` + password + `</password></query></iq>` +
		strings.Repeat(`<iq type="get" id="more"><query xmlns="jabber:iq:register"/></iq>`, 100))
	first := c.expect(in, "iq")
	for i := range 100 {
		if more := c.expect(in, "iq"); more.ID != "more" {
			t.Errorf("stanza %d behind a registration was answered by %+v", i, more)
		}
	}
	return first
}

func registration(t *testing.T, s *scene) {
	if a := register(t, s, "reject-me"); a.Type != "error" || !strings.Contains(a.Inner, "policy-violation") {
		t.Errorf("registering reject-me: %+v, want a refusal", a)
	}
	e := s.judge.wait(t, "reject-me@"+host, ofKind(nospim.KindRegistration))
	if e.Addr != "127.0.0.1" || !e.Sender.Local || !slices.Equal(e.Can, []nospim.Action{nospim.Allow, nospim.Reject}) {
		t.Errorf("the registration is told as %+v", e)
	}
	// The name is still free: the account never was.
	const second = time.Second // what a server rounds to
	began := time.Now().Add(-second)
	if a := register(t, s, "newcomer"); a.Type != "result" {
		t.Errorf("registering newcomer: %+v, want success", a)
	}
	c := s.login(t, "newcomer", "phone")
	if e := s.judge.wait(t, c.jid, ofKind(nospim.KindLogin)); e.Sender.Created.Before(began) || e.Sender.Created.After(time.Now().Add(second)) {
		t.Errorf("the new account was created at %v, and asked for after %v", e.Sender.Created, began)
	}
	if a := register(t, s, "newcomer"); !strings.Contains(a.Inner, "conflict") {
		t.Errorf("registering newcomer again: %+v, want a conflict", a)
	}
}

func logins(t *testing.T, s *scene) {
	a := s.user(t)
	e := s.judge.wait(t, a.jid, ofKind(nospim.KindLogin))
	if e.Addr != "127.0.0.1" || !e.Observe {
		t.Errorf("the log-in is told as %+v", e)
	}
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn}
	t.Cleanup(c.close)
	in := c.open(host)
	c.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">AHVzZXIwMDAAd3Jvbmc=</auth>`) // user000, wrong
	c.expect(in, "failure")
	if e := s.judge.wait(t, accountName(0)+"@"+host, ofKind(nospim.KindLoginFailure)); e.Addr != "127.0.0.1" {
		t.Errorf("the failure is told as %+v", e)
	}
}

func report(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	a.say(b.jid, "buy")
	m := b.waitBody("buy")
	_, id, ok := strings.Cut(m.Inner, "<stanza-id ")
	if !ok {
		t.Fatalf("the archive gave no stanza-id: %s", m.Inner)
	}
	_, id, _ = strings.Cut(id, "id='")
	id, _, _ = strings.Cut(id, "'")
	b.send(`<iq type="set" id="block1"><block xmlns="urn:xmpp:blocking"><item jid="` + a.jid + `"><report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:spam">` +
		`<stanza-id xmlns="urn:xmpp:sid:0" by="` + b.jid + `" id="` + id + `"/><text>an advert</text></report></item></block></iq>`)
	b.wait("the block's result", func(m stanza) bool { return m.ID == "block1" && m.Type == "result" })
	e := s.judge.wait(t, b.jid, ofKind(nospim.KindReport))
	if e.Sender.ID != b.jid || e.Recipients[0].ID != a.jid || e.Body != "an advert" || e.Refers != id ||
		!strings.Contains(e.Raw, "urn:xmpp:reporting:spam") || !e.Observe {
		t.Errorf("the report is told as %+v; the archive calls the message %s", e, id)
	}
	a.say(b.jid, "once more") // the block holds, and is in front of us
	a.wait("the block's error", func(m stanza) bool { return m.Type == "error" })
	b.send(`<iq type="get" id="disco" to="` + host + `"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`)
	info := b.wait("the features", func(m stanza) bool { return m.ID == "disco" })
	if !strings.Contains(info.Inner, "urn:xmpp:reporting:1") {
		t.Errorf("reporting is not advertised: %s", info.Inner)
	}
}
