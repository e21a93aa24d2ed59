package xmppplay

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"time"

	"mellium.im/sasl"
	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// connectWait bounds connecting, logging in and registering.
const connectWait = time.Minute

// errRefused is a refusal by the server; its text is what the server said.
var errRefused = errors.New("refused")

// client is one device of an account.
type client struct {
	session *xmpp.Session
	done    chan struct{} // closed when nothing is read any more
}

// dial logs in as account, with resource as the device's name, and calls got for everything that comes in.
func dial(ctx context.Context, addr, account, password, resource string, got func(*received), lost func(error)) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	me, err := jid.Parse(account)
	if err != nil {
		return nil, fmt.Errorf("reading the address %s: %w", account, err)
	}
	if me, err = me.WithResource(resource); err != nil {
		return nil, fmt.Errorf("naming the device of %s: %w", account, err)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connecting as %s: %w", account, err)
	}
	// The library logs in over secured connections only. This one does not leave the machine, and is said to be secure.
	s, err := xmpp.NewSession(ctx, me.Domain(), me, conn, xmpp.Secure, xmpp.NewNegotiator(func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
		return xmpp.StreamConfig{Features: []xmpp.StreamFeature{xmpp.SASL("", password, sasl.Plain), xmpp.BindResource()}}
	}))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("logging in as %s: %w", account, err), conn.Close())
	}
	c := &client{session: s, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		lost(s.Serve(xmpp.HandlerFunc(func(t xmlstream.TokenReadEncoder, start *xml.StartElement) error {
			var r received
			if err := xml.NewTokenDecoder(xmlstream.MultiReader(xmlstream.Token(*start), t)).Decode(&r); err != nil {
				return fmt.Errorf("reading what came for %s: %w", account, err)
			}
			if r.XMLName.Local == "iq" && r.Type == string(stanza.SetIQ) {
				_, err := xmlstream.Copy(t, stanza.IQ{ID: r.ID, Type: stanza.ResultIQ}.Wrap(nil)) // the roster has changed
				return err
			}
			got(&r)
			return nil
		})))
	}()
	return c, nil
}

// appear asks for the roster, without which a server tells nothing of requests (RFC 6121 §2.2), and says that the account is
// there.
func (c *client) appear(ctx context.Context) error {
	roster := xmlstream.Wrap(nil, xml.StartElement{Name: xml.Name{Space: "jabber:iq:roster", Local: "query"}})
	return errors.Join(
		c.session.Send(ctx, stanza.IQ{ID: "roster", Type: stanza.GetIQ}.Wrap(roster)),
		c.session.Send(ctx, stanza.Presence{Type: stanza.AvailablePresence}.Wrap(nil)))
}

// close hangs up and waits until nothing is read any more.
func (c *client) close() error {
	err := errors.Join(c.session.Close(), c.session.Conn().Close())
	<-c.done
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// received is a stanza, as far as it matters here.
type received struct {
	XMLName xml.Name
	ID      string `xml:"id,attr"`
	From    string `xml:"from,attr"`
	Type    string `xml:"type,attr"`
	Status  string `xml:"status"`
	// Mark is XEP-0287.
	Mark *struct {
		Reason string `xml:",chardata"`
	} `xml:"urn:xmpp:spim-marker:0 mark"`
	Error struct {
		Text string `xml:"urn:ietf:params:xml:ns:xmpp-stanzas text"`
	} `xml:"error"`
}

// message is an outgoing message.
type message struct {
	stanza.Message

	Body string `xml:"body"`
}

// presence is an outgoing presence; the status goes with a request.
type presence struct {
	stanza.Presence

	Status string `xml:"status,omitempty"`
}

// register makes an account in-band (XEP-0077). The error is an errRefused with the server's words if it does not want to.
func register(ctx context.Context, addr, domain, name, password string) error {
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("connecting to register: %w", err)
	}
	defer func() { _ = conn.Close() }() // the answer is there, or an error
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err = fmt.Fprintf(conn, `<?xml version='1.0'?><stream:stream to=%q xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`, domain)
	if err != nil {
		return fmt.Errorf("opening a stream to register: %w", err)
	}
	d := xml.NewDecoder(conn)
	if _, err := nextElement(d, "features"); err != nil {
		return fmt.Errorf("opening a stream to register: %w", err)
	}
	var iq struct {
		XMLName xml.Name `xml:"iq"`
		Type    string   `xml:"type,attr"`
		ID      string   `xml:"id,attr"`
		Query   struct {
			Username string `xml:"username"`
			Password string `xml:"password"`
		} `xml:"jabber:iq:register query"`
	}
	iq.Type, iq.ID, iq.Query.Username, iq.Query.Password = "set", "register", name, password
	if err := xml.NewEncoder(conn).Encode(iq); err != nil {
		return fmt.Errorf("registering %s: %w", name, err)
	}
	return registered(d, name)
}

// registered reads the answer to a registration.
func registered(d *xml.Decoder, name string) error {
	start, err := nextElement(d, "iq")
	if err != nil {
		return fmt.Errorf("registering %s: %w", name, err)
	}
	var answer received
	if err := d.DecodeElement(&answer, &start); err != nil {
		return fmt.Errorf("registering %s: %w", name, err)
	}
	if answer.Type != "result" {
		return fmt.Errorf("%w: %s", errRefused, cmp.Or(answer.Error.Text, "no reason given"))
	}
	return nil
}

// nextElement reads until an element with this name begins.
func nextElement(d *xml.Decoder, name string) (xml.StartElement, error) {
	for {
		t, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := t.(xml.StartElement); ok && start.Name.Local == name {
			return start, nil
		}
	}
}
