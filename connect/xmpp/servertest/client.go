package servertest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for something that must happen. The machine may be slow, and busy.
const patience = 2 * time.Minute

// stanza is what a client received.
type stanza struct {
	XMLName xml.Name
	From    string `xml:"from,attr"`
	To      string `xml:"to,attr"`
	Type    string `xml:"type,attr"`
	ID      string `xml:"id,attr"`
	Body    string `xml:"body"`
	Inner   string `xml:",innerxml"`
}

// client is an XMPP client on a bare socket, so that a test decides what goes into one write. mellium.im/xmpp waits for
// each stanza's own flush.
type client struct {
	t    testing.TB
	conn net.Conn
	jid  string // bare
	full string

	ended chan struct{} // closed when the server has closed the stream

	mu   sync.Mutex
	got  []stanza
	more chan struct{} // one token for each arrival that nobody has looked at
}

// dialClient connects, negotiates TLS when roots are given, logs in, binds the resource and sends presence.
func dialClient(t testing.TB, addr, host, name, resource string, roots *x509.CertPool) *client {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn, jid: name + "@" + host, more: make(chan struct{}, 1), ended: make(chan struct{})}
	t.Cleanup(c.close)
	in := c.open(host)
	if roots != nil {
		c.send(`<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>`)
		c.expect(in, "proceed")
		c.conn = tls.Client(conn, &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12})
		in = c.open(host)
	}
	c.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">` +
		base64.StdEncoding.EncodeToString([]byte("\x00"+name+"\x00"+password)) + `</auth>`)
	c.expect(in, "success")
	in = c.open(host)
	c.send(`<iq type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>` + resource + `</resource></bind></iq>`)
	c.expect(in, "iq")
	c.full = c.jid + "/" + resource
	go c.read(in)
	c.send(`<iq type="get" id="roster"><query xmlns="jabber:iq:roster"/></iq><presence/>`)
	c.wait("its own presence", func(s stanza) bool { return s.XMLName.Local == "presence" && s.From == c.full })
	return c
}

// open starts a stream and reads the features.
func (c *client) open(host string) *xml.Decoder {
	c.t.Helper()
	c.send(`<?xml version="1.0"?><stream:stream to="` + host + `" version="1.0" xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">`)
	in := xml.NewDecoder(c.conn)
	for {
		token, err := in.Token()
		if err != nil {
			c.t.Fatalf("opening the stream: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "stream" {
			c.expect(in, "features")
			return in
		}
	}
}

// expect reads the next element, which must have that name.
func (c *client) expect(in *xml.Decoder, name string) stanza {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	defer func() { _ = c.conn.SetReadDeadline(time.Time{}) }()
	var s stanza
	if err := in.Decode(&s); err != nil || s.XMLName.Local != name {
		c.t.Fatalf("got <%s>%s (%v), want <%s>", s.XMLName.Local, s.Inner, err, name)
	}
	return s
}

func (c *client) read(in *xml.Decoder) {
	defer close(c.ended)
	for {
		var s stanza
		if in.Decode(&s) != nil {
			return
		}
		c.mu.Lock()
		c.got = append(c.got, s)
		c.mu.Unlock()
		select {
		case c.more <- struct{}{}:
		default:
		}
	}
}

// send writes stanzas in one write.
func (c *client) send(xml string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(xml)); err != nil {
		c.t.Errorf("%s writing: %v", c.jid, err)
	}
}

func (c *client) close() { _ = c.conn.Close() }

// say sends a chat message, with an id as clients give it.
func (c *client) say(to, body string) { c.send(chat(to, body)) }

func chat(to, body string) string {
	return fmt.Sprintf(`<message to="%s" type="chat" id="%s"><body>%s</body></message>`, to, chatID(body), body)
}

func chatID(body string) string { return fmt.Sprintf("c-%08x", crc32.ChecksumIEEE([]byte(body))) }

// wait returns the first received stanza that match accepts, and fails the test when none comes.
func (c *client) wait(what string, match func(stanza) bool) stanza {
	c.t.Helper()
	var found stanza
	c.until(what, func(all []stanza) bool {
		for _, s := range all {
			if match(s) {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

// until waits until what was received satisfies ok.
func (c *client) until(what string, ok func([]stanza) bool) {
	c.t.Helper()
	deadline := time.After(patience)
	for {
		all := c.received()
		if ok(all) {
			return
		}
		select {
		case <-c.more:
		case <-deadline:
			c.t.Fatalf("%s waited in vain for %s; it has %d stanzas: %.2000v", c.jid, what, len(all), all)
		}
	}
}

// arrived waits until n stanzas have come, with as little ado as possible: it is timed.
func (c *client) arrived(n int) bool {
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		have := len(c.got)
		c.mu.Unlock()
		if have >= n {
			return true
		}
		select {
		case <-c.more:
		case <-deadline:
			return false
		}
	}
}

func (c *client) received() []stanza {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]stanza(nil), c.got...)
}

// waitBody waits for a message with that body.
func (c *client) waitBody(body string) stanza {
	c.t.Helper()
	return c.wait("a message "+body, func(s stanza) bool { return s.Type != "error" && s.Body == body })
}

// waitBodies waits until n messages have come and returns their bodies in the order of arrival.
func (c *client) waitBodies(n int) []string {
	c.t.Helper()
	c.arrived(n) // before looking at each of them
	c.until(fmt.Sprintf("%d messages", n), func(all []stanza) bool { return len(bodies(all)) >= n })
	return bodies(c.received())
}

func bodies(all []stanza) []string {
	var list []string
	for _, s := range all {
		if s.XMLName.Local == "message" && s.Type != "error" && s.Body != "" {
			list = append(list, s.Body)
		}
	}
	return list
}

// trust reads the certificate that a private server made.
func trust(t testing.TB, path string) *x509.CertPool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		t.Fatal("the certificate is none")
	}
	return pool
}
