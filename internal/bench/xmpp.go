package main

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net"
	"strings"
	"time"
)

// chatter is an XMPP client on a bare socket: what is measured must not wait for a library.
type chatter struct {
	conn net.Conn
	in   *xml.Decoder
	full string // its own address with the device
	got  chan arrival
}

// arrival is a message that came.
type arrival struct {
	body string
	at   time.Time
}

// stanza is what the server sends, as far as it matters.
type stanza struct {
	XMLName xml.Name
	From    string `xml:"from,attr"`
	Type    string `xml:"type,attr"`
	Body    string `xml:"body"`
}

// patience is how long something that must happen may take.
const patience = 20 * time.Second

// dialChatter logs an account in, at a server that asks for no TLS. Messages go to got, which must be read.
func dialChatter(ctx context.Context, addr, host, name, password string, most int) (*chatter, error) {
	d := net.Dialer{Timeout: patience}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &chatter{conn: conn, full: name + "@" + host + "/bench", got: make(chan arrival, most)}
	if err := c.login(host, name, password); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("logging %s in: %w", name, err)
	}
	go c.read()
	return c, nil
}

func (c *chatter) login(host, name, password string) error {
	secret := base64.StdEncoding.EncodeToString([]byte("\x00" + name + "\x00" + password))
	if err := c.open(host); err != nil {
		return err
	}
	if err := c.ask(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">`+secret+`</auth>`, "success"); err != nil {
		return err
	}
	if err := c.open(host); err != nil {
		return err
	}
	if err := c.ask(`<iq type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>bench</resource></bind></iq>`, "iq"); err != nil {
		return err
	}
	return c.ask(`<presence/>`, "presence")
}

// open begins a stream (RFC 6120 §4) and reads the server's features.
func (c *chatter) open(host string) error {
	c.in = xml.NewDecoder(c.conn)
	if err := c.send(`<?xml version="1.0"?><stream:stream to="` + host + `" version="1.0" xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">`); err != nil {
		return err
	}
	for {
		token, err := c.in.Token()
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "stream" {
			return c.expect("features")
		}
	}
}

func (c *chatter) ask(question, answer string) error {
	if err := c.send(question); err != nil {
		return err
	}
	return c.expect(answer)
}

// expect reads the next element, which must have that name.
func (c *chatter) expect(name string) error {
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	defer func() { _ = c.conn.SetReadDeadline(time.Time{}) }()
	var s stanza
	if err := c.in.Decode(&s); err != nil {
		return err
	}
	if s.XMLName.Local != name || s.Type == "error" {
		return fmt.Errorf("got <%s> of type %q, want <%s>", s.XMLName.Local, s.Type, name)
	}
	return nil
}

// read hands on the messages that come, until the connection ends.
func (c *chatter) read() {
	defer close(c.got)
	for {
		var s stanza
		if c.in.Decode(&s) != nil {
			return
		}
		if s.XMLName.Local == "message" {
			c.got <- arrival{s.Body, time.Now()}
		}
	}
}

func (c *chatter) send(text string) error {
	_, err := c.conn.Write([]byte(text))
	return err
}

// await returns the next message.
func (c *chatter) await() (arrival, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a, ok := <-c.got:
		if !ok {
			return a, fmt.Errorf("%s lost its connection", c.full)
		}
		return a, nil
	case <-timer.C:
		return arrival{}, fmt.Errorf("%s waited %v for a message", c.full, patience)
	}
}

func chat(to, body string) string {
	var b strings.Builder
	b.WriteString(`<message to="` + to + `" type="chat"><body>`)
	_ = xml.EscapeText(&b, []byte(body)) // a Builder never fails
	b.WriteString(`</body></message>`)
	return b.String()
}
