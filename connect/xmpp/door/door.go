package door

import (
	"context"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/component"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"github.com/nospim/nospim"
)

// Door is a component on an XMPP server. Its fields must not change while it serves.
type Door struct {
	// Server is where the server takes components, host:port.
	Server string
	// Name is the component's domain, such as nospim.chat.example, Secret the one that server and component share.
	Name, Secret string
	// Language is that of notices (RFC 5646). Answers are in the language of the question, where the client states it.
	Language string
	Talk     Talk
	// Orders has what nospim wants people to be told besides (orders to notify); nil means nothing.
	Orders nospim.Orders
	// Parts are what else lives at the component's address. Stanzas are offered to them in this order, before the door looks at them.
	Parts []Part
	Log   *slog.Logger
}

// How long the door waits before it knocks at the server again, and how often it looks for somebody who must be told.
const (
	redialEvery = time.Second
	noticeEvery = 250 * time.Millisecond
	dialWait    = 10 * time.Second
)

// Serve keeps the component connected until ctx ends, and returns nil then.
func (d *Door) Serve(ctx context.Context) error {
	name, err := jid.Parse(d.Name)
	if err != nil {
		return fmt.Errorf("the door's name: %w", err)
	}
	told := "" // of the same trouble once
	for {
		lost := d.session(ctx, name, func() {
			told = ""
			d.Log.Info("the door is open", "component", d.Name)
		})
		if trouble := fmt.Sprint(lost); ctx.Err() == nil && trouble != told {
			d.Log.Warn("the door has no server; trying again every second", "component", d.Name, "err", lost)
			told = trouble
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(redialEvery):
		}
	}
}

// session is one connection, from the handshake to its end.
func (d *Door) session(ctx context.Context, name jid.JID, open func()) error {
	dialer := net.Dialer{Timeout: dialWait}
	conn, err := dialer.DialContext(ctx, "tcp", d.Server)
	if err != nil {
		return fmt.Errorf("reaching the server: %w", err)
	}
	defer func() { _ = conn.Close() }() // nothing is written any more
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	shake, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	s, err := component.NewSession(shake, name, []byte(d.Secret), conn)
	if err != nil {
		return fmt.Errorf("the server refuses the component: %w", err)
	}
	open()
	ctx, end := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() { d.tell(ctx, s) })
	if d.Orders != nil {
		telling.Go(func() { d.obey(ctx, s) })
	}
	for _, p := range d.Parts {
		telling.Go(func() { p.Attend(ctx, s) })
	}
	err = s.Serve(xmpp.HandlerFunc(func(t xmlstream.TokenReadEncoder, start *xml.StartElement) error {
		return d.take(ctx, t, start)
	}))
	end()
	telling.Wait()
	return err
}

// take gives a stanza to whom it belongs.
func (d *Door) take(ctx context.Context, t xmlstream.TokenReadEncoder, start *xml.StartElement) error {
	whole, err := readStanza(start, t)
	if err != nil {
		return err
	}
	for _, p := range d.Parts {
		reply, mine := p.Handle(ctx, whole)
		switch {
		case mine && reply != nil:
			_, err := xmlstream.Copy(t, reply)
			return err
		case mine:
			return nil
		}
	}
	if whole.TooLarge {
		return nil
	}
	var in incoming
	if err := whole.Decode(&in); err != nil {
		return err
	}
	return d.got(ctx, t, &in)
}

// incoming is a stanza, as far as the door reads it.
type incoming struct {
	XMLName xml.Name
	ID      string `xml:"id,attr"`
	From    string `xml:"from,attr"`
	Type    string `xml:"type,attr"`
	Lang    string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	Body    string `xml:"body"`

	Info    *discoItem `xml:"http://jabber.org/protocol/disco#info query"`
	Items   *discoItem `xml:"http://jabber.org/protocol/disco#items query"`
	Command *command   `xml:"http://jabber.org/protocol/commands command"`
}

type discoItem struct {
	Node string `xml:"node,attr"`
}

// got answers one stanza. Errors and answers of others are not answered, nor is anybody from elsewhere: a door that answers strangers
// can be made to talk with another one for ever.
func (d *Door) got(ctx context.Context, out xmlstream.TokenWriter, in *incoming) error {
	if !d.serves(in) && (len(d.Parts) == 0 || !asksWhat(in)) {
		return nil
	}
	from, err := jid.Parse(in.From)
	if err != nil {
		return fmt.Errorf("reading an address: %w", err)
	}
	account, lang := from.Bare().String(), in.Lang
	if lang == "" {
		lang = d.Language
	}
	switch {
	case in.XMLName.Local == "iq":
		_, err = xmlstream.Copy(out, d.iq(ctx, in, from, account, lang))
	case in.XMLName.Local == "presence" && in.Type == "subscribe":
		_, err = xmlstream.Copy(out, stanza.Presence{To: from.Bare(), From: d.me(), Type: stanza.SubscribedPresence}.Wrap(nil))
	case in.XMLName.Local == "message" && in.Type != "groupchat" && in.Body != "":
		answer, failed := d.Talk.Answer(ctx, account, lang, in.Body)
		if failed != nil {
			d.Log.Error("the door could not answer", "err", failed)
		}
		_, err = xmlstream.Copy(out, d.message(from, lang, answer))
	}
	if err != nil {
		return fmt.Errorf("answering at the door: %w", err)
	}
	return nil
}

// serves reports whether a stanza is a question of somebody of the protected service.
func (d *Door) serves(in *incoming) bool {
	bare, _, _ := strings.Cut(in.From, "/")
	user, domain, ok := strings.Cut(bare, "@")
	return ok && user != "" && strings.EqualFold(domain, d.Talk.Service) && in.Type != "error" && in.Type != "result"
}

// asksWhat reports whether a stanza asks what lives here: with parts that anybody may turn to, anybody may ask. The answer is a result,
// which nobody answers.
func asksWhat(in *incoming) bool {
	return in.XMLName.Local == "iq" && in.Type == "get" && in.Info != nil && in.Info.Node == ""
}

func (d *Door) me() jid.JID { return jid.MustParse(d.Name) } // parsed before, in Serve

// message is a message of the door.
func (d *Door) message(to jid.JID, lang, body string) xml.TokenReader {
	text := xmlstream.Wrap(xmlstream.Token(xml.CharData(body)), xml.StartElement{Name: xml.Name{Local: "body"}})
	return stanza.Message{To: to, From: d.me(), Type: stanza.ChatMessage, Lang: lang}.Wrap(text)
}

// tell tells people what waits for them, once for each sender, until ctx ends.
func (d *Door) tell(ctx context.Context, s *xmpp.Session) {
	tick := time.NewTicker(noticeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := d.tellAll(ctx, s); err != nil && ctx.Err() == nil {
				d.Log.Error("people could not be told what waits", "err", err)
			}
		}
	}
}

func (d *Door) tellAll(ctx context.Context, s *xmpp.Session) error {
	waiting, err := d.Talk.Desk.Unnoticed(ctx, d.Talk.Service)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		// Who is no account of the service cannot be told: the operator decides.
		if to, err := jid.Parse(w.Recipient); err == nil && strings.EqualFold(to.Domain().String(), d.Talk.Service) {
			if err := s.Send(ctx, d.message(to, d.Language, d.Talk.Notice(d.Language))); err != nil {
				return err
			}
		}
		if err := d.Talk.Desk.Noticed(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// obey tells people what nospim orders them to be told, until ctx ends.
func (d *Door) obey(ctx context.Context, s *xmpp.Session) {
	err := d.Orders.Watch(ctx, d.Talk.Service, func(o nospim.Order) error {
		if o.Do != nospim.OrderNotify {
			return nil // the adapter's
		}
		failure := ""
		for _, to := range o.Recipients {
			address, err := jid.Parse(to)
			if err != nil || !strings.EqualFold(address.Domain().String(), d.Talk.Service) {
				failure = "not an account of this service"
				continue
			}
			if err := s.Send(ctx, d.message(address, d.Language, o.Text)); err != nil {
				return err
			}
		}
		return d.Orders.Ack(ctx, o.ID, failure)
	})
	if err != nil && ctx.Err() == nil {
		d.Log.Error("people could not be told what was ordered", "err", err)
	}
}
