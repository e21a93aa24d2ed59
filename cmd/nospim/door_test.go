package main

import (
	"context"
	"encoding/xml"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mellium.im/sasl"
	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/xmpp/servertest"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/record"
)

// xmppMessage is what a person's client shows of a message.
type xmppMessage struct {
	XMLName xml.Name
	From    string `xml:"from,attr"`
	Type    string `xml:"type,attr"`
	ID      string `xml:"id,attr"`
	Body    string `xml:"body"`
	Error   string `xml:"error>text"`
	Spim    struct {
		Key    string `xml:"key,attr"`
		Filter string `xml:"filter,attr"`
	} `xml:"urn:xmpp:spim-report:0 report"`
	Command struct {
		Status string `xml:"status,attr"`
		Note   string `xml:"note"`
		Fields []struct {
			Var string `xml:"var,attr"`
		} `xml:"jabber:x:data x>field"`
	} `xml:"http://jabber.org/protocol/commands command"`
}

// person is somebody with a client.
type person struct {
	t       *testing.T
	session *xmpp.Session
	got     chan xmppMessage
}

func logIn(t *testing.T, addr, account, password string) *person {
	t.Helper()
	got := make(chan xmppMessage, 100)
	p := logInWith(t, addr, account, password, xmpp.HandlerFunc(func(r xmlstream.TokenReadEncoder, start *xml.StartElement) error {
		var m xmppMessage
		if err := xml.NewTokenDecoder(xmlstream.MultiReader(xmlstream.Token(*start), r)).Decode(&m); err != nil {
			return err
		}
		if m.Body != "" || m.Type == "result" || m.Type == "error" {
			got <- m
		}
		return nil
	}))
	p.got = got
	return p
}

// logInWith logs somebody in whose stanzas are read by h.
func logInWith(t *testing.T, addr, account, password string, h xmpp.Handler) *person {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	me := jid.MustParse(account + "/desk")
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	// The library logs in over secured connections only. This one does not leave the machine, and is said to be secure.
	s, err := xmpp.NewSession(ctx, me.Domain(), me, conn, xmpp.Secure, xmpp.NewNegotiator(func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
		return xmpp.StreamConfig{Features: []xmpp.StreamFeature{xmpp.SASL("", password, sasl.Plain), xmpp.BindResource()}}
	}))
	if err != nil {
		t.Fatalf("logging in as %s: %v", account, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(h)
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	if err := s.Send(ctx, stanza.Presence{}.Wrap(nil)); err != nil {
		t.Fatal(err)
	}
	return &person{t: t, session: s}
}

// say sends a message.
func (p *person) say(to, body string) {
	p.t.Helper()
	text := xmlstream.Wrap(xmlstream.Token(xml.CharData(body)), xml.StartElement{Name: xml.Name{Local: "body"}})
	if err := p.session.Send(p.t.Context(), stanza.Message{To: jid.MustParse(to), Type: stanza.ChatMessage}.Wrap(text)); err != nil {
		p.t.Fatal(err)
	}
}

// raw sends a stanza as it stands.
func (p *person) raw(s string) {
	p.t.Helper()
	if err := p.session.Send(p.t.Context(), xml.NewDecoder(strings.NewReader(s))); err != nil {
		p.t.Fatal(err)
	}
}

// hears waits for what comes next, which must come from somebody and have a part in it.
func (p *person) hears(from, part string) xmppMessage {
	p.t.Helper()
	select {
	case m := <-p.got:
		if !strings.HasPrefix(m.From, from) || !strings.Contains(m.Body+m.Command.Note, part) {
			p.t.Fatalf("heard %q %q from %s, want %q from %s", m.Body+m.Command.Note, m.Error, m.From, part, from)
		}
		return m
	case <-time.After(patience):
		p.t.Fatalf("heard nothing, want %q from %s", part, from)
		return xmppMessage{}
	}
}

// TestDoor is the story of a door, with real servers and real connections: a stranger writes, the person is told quietly, looks, lets
// in, and hears everything once and in order; another one is reported and shut out. Commands do the same as words.
func TestDoor(t *testing.T) {
	besideBoth(t, storyOfADoor)
}

func storyOfADoor(t *testing.T, kind *servertest.Kind) {
	d, server, name := openedDoor(t, kind)
	const host = "chat.example"
	ada, bob, eve := logIn(t, server.Addr(), "ada@"+host, "a"), logIn(t, server.Addr(), "bob@"+host, "b"), logIn(t, server.Addr(), "eve@"+host, "e")
	awaitDoor(t, ada, name)

	ada.say(name, "profile contacts_only")
	ada.hears(name, "is now: contacts_only")
	untilRaised(t, d, "probe@"+host, "ada@"+host, "DOOR_CONTACTS_ONLY")
	bob.say("ada@"+host, "hello ada, it is bob from the choir")
	notice := ada.hears(name, "It waits until you decide")
	if strings.Contains(notice.Body, "bob") || strings.Contains(notice.Body, "choir") {
		t.Errorf("the notice says who: %q", notice.Body)
	}
	bob.say("ada@"+host, "are you there?")
	untilHeld(t, d, 2)
	ada.say(name, "show")
	ada.hears(name, "> hello ada, it is bob from the choir\n> are you there?")
	ada.say(name, "accept")
	answers := map[string]bool{}
	var order []string
	for range 3 {
		m := ada.hears("", "")
		answers[m.From] = true
		if strings.HasPrefix(m.From, "bob@") {
			order = append(order, m.Body)
		}
	}
	if strings.Join(order, "|") != "hello ada, it is bob from the choir|are you there?" {
		t.Errorf("from bob: %q", order)
	}
	untilInForce(t, d)
	bob.say("ada@"+host, "thank you")
	ada.hears("bob@"+host, "thank you")

	// Who was invited need not wait, also with what follows; who made an invitation up waits.
	boss := logIn(t, server.Addr(), "boss@"+host, "o")
	ada.say(name, "invite")
	link := ada.hears(name, "xmpp:ada@"+host+"?roster;preauth=").Body
	_, token, _ := strings.Cut(link, "preauth=")
	token, _, _ = strings.Cut(token, "\n")
	knock := func(who *person, token string) {
		who.raw(`<presence xmlns='jabber:client' type='subscribe' to='ada@` + host + `'><preauth xmlns='urn:xmpp:pars:0' token='` + token + `'/></presence>`)
	}
	knock(boss, token)
	boss.say("ada@"+host, "it is boss, you gave me your card")
	ada.hears("boss@"+host, "it is boss")
	ada.raw(`<iq xmlns='jabber:client' type='set' id='i1' to='` + name + `'><command xmlns='http://jabber.org/protocol/commands' node='urn:xmpp:invite#invite' action='execute'/></iq>`)
	if m := ada.hears(name, ""); m.Command.Status != "completed" || len(m.Command.Fields) != 2 || m.Command.Fields[0].Var != "uri" {
		t.Errorf("the invitation: %+v", m)
	}

	knock(eve, token[1:]+"A")
	ada.hears(name, "It waits")
	eve.say("ada@"+host, "hello you")
	untilHeld(t, d, 2)
	ada.raw(`<iq xmlns='jabber:client' type='set' id='c1' to='` + name + `'><command xmlns='http://jabber.org/protocol/commands' node='waiting' action='execute'/></iq>`)
	if m := ada.hears(name, ""); m.Command.Status != "executing" || len(m.Command.Fields) != 2 {
		t.Fatalf("the form: %+v", m)
	}
	ada.raw(`<iq xmlns='jabber:client' type='set' id='c2' to='` + name + `'><command xmlns='http://jabber.org/protocol/commands' node='waiting' sessionid='waiting'>` +
		`<x xmlns='jabber:x:data' type='submit'><field var='sender'><value>eve@chat.example</value></field><field var='decision'><value>report</value></field></x></command></iq>`)
	if m := ada.hears(name, "Thank you. eve@chat.example"); m.Command.Status != "completed" {
		t.Fatalf("the command: %+v", m)
	}
	untilInForce(t, d)
	eve.say("ada@"+host, "hello?")
	if m := eve.hears("ada@"+host, ""); m.Type != "error" {
		t.Errorf("eve heard %+v, want a refusal", m)
	}
	// The other decisions: refused by word, the next message waits again; shown and let in by command; blocked by word.
	zed, mia := logIn(t, server.Addr(), "zed@"+host, "z"), logIn(t, server.Addr(), "mia@"+host, "m")
	decide := func(sender, decision string) {
		ada.raw(`<iq xmlns='jabber:client' type='set' id='d' to='` + name + `'><command xmlns='http://jabber.org/protocol/commands' node='waiting' sessionid='waiting/0'>` +
			`<x xmlns='jabber:x:data' type='submit'><field var='sender'><value>` + sender + `</value></field><field var='decision'><value>` + decision + `</value></field></x></command></iq>`)
	}
	zed.say("ada@"+host, "good evening, is this the number of the library?")
	ada.hears(name, "It waits")
	ada.say(name, "refuse")
	ada.hears(name, "What zed@chat.example wrote is deleted")
	zed.say("ada@"+host, "it is zed from the library, see http://books.example/1")
	untilHeld(t, d, 1) // and ada is not told again
	decide("zed@chat.example", "show")
	ada.hears(name, "> it is zed from the library, see hxxp://books[.]example/1")
	decide("zed@chat.example", "let_in")
	for range 2 {
		if m := ada.hears("", ""); strings.HasPrefix(m.From, "zed@") && m.Body != "it is zed from the library, see http://books.example/1" {
			t.Errorf("zed's message became %q", m.Body)
		}
	}
	mia.say("ada@"+host, "are you up for a chat tonight?")
	ada.hears(name, "It waits")
	ada.say(name, "block mia@chat.example")
	ada.hears(name, "mia@chat.example cannot write to you")
	untilRaised(t, d, "mia@"+host, "ada@"+host, "DOOR_SHUT")
	mia.say("ada@"+host, "hello?")
	if m := mia.hears("ada@"+host, ""); m.Type != "error" {
		t.Errorf("mia heard %+v, want a refusal", m)
	}

	// The owner of an account that acts unlike itself is asked through the door.
	r := nospim.Record{Event: nospim.Event{
		ID: "m-1", Kind: nospim.KindMessage, Time: time.Now(), Service: host, Client: "thief",
		Sender: nospim.Account{ID: "ada@" + host, Local: true}, Recipients: []nospim.Account{{ID: "bob@" + host, Local: true}},
		Raw: `<message from="ada@` + host + `/thief" to="bob@` + host + `" type="chat"><body>look at this</body></message>`,
	}, Verdict: nospim.Verdict{EventID: "m-1", Action: nospim.Hold, Signals: []nospim.Signal{{Symbol: "BURST_TO_CONTACTS"}}}, Kept: time.Now()}
	if _, err := d.Store.Keep(&r).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := nospim.Order{Do: nospim.OrderNotify, Service: host, EventID: "m-1", Sender: "ada@" + host, Text: "was it you?"}
	if made, err := d.Store.Ask(t.Context(), o, time.Hour, "nospim", "a burst"); err != nil || !made {
		t.Fatalf("ordering a question: %v, %v", made, err)
	}
	ada.hears(name, "was it you?\nIf it was you, answer \"it was me\"")
	ada.say(name, "it was me")
	ada.hears(name, "What waited is on its way")
	for m := bob.hears("", ""); m.Body != "look at this"; m = bob.hears("", "") {
		if m.From != name { // bob may have been told that something waits
			t.Fatalf("bob heard %+v", m)
		}
	}

	// The door talks to nobody from elsewhere, and not with servers, rooms or itself: what comes is dropped or refused by kind.
	ada.raw(`<iq xmlns='jabber:client' type='get' id='c3' to='` + name + `'><query xmlns='urn:example:nothing'/></iq>`)
	if m := ada.hears(name, ""); m.Type != "error" {
		t.Errorf("an unknown request: %+v", m)
	}
}

// openedDoor starts a server with accounts ada, bob, eve, zed, mia and boss (passwords a, b, e, z, m and o) at chat.example, and a daemon with a door
// there, in force, whose admin is boss. It returns the door's address, too.
func openedDoor(t *testing.T, kind *servertest.Kind, change ...func(*config.Config)) (*daemon, servertest.Instance, string) {
	t.Helper()
	servers.Need(t, kind.Name)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("a secret of the door"), 0o600); err != nil {
		t.Fatal(err)
	}
	const host, name = "chat.example", "nospim.chat.example"
	c := config.Default()
	c.Data, c.Line.Listen, c.HTTP.Listen = filepath.Join(dir, "data"), "127.0.0.1:0", config.None
	c.Policy = config.PolicyIn(c.Data)
	c.Door.Name = name
	for _, f := range change {
		f(&c)
	}
	// The server must know nospim's port, and nospim the server's.
	d := enforced(t, c)
	server := serverBeside(t, d, kind, servertest.Options{
		Host: host, Accounts: map[string]string{"ada": "a", "bob": "b", "eve": "e", "boss": "o", "zed": "z", "mia": "m"},
		Components: map[string]string{name: "a secret of the door"},
	})
	d.config.Door = config.Door{Server: server.ComponentAddr(), Name: name, Service: host, SecretFile: secret, Language: "en", Admins: "boss@" + host, AdminMessages: 100}
	if err := d.openDoor(d.Engine); err != nil {
		t.Fatal(err)
	}
	running(t, d)
	untilAsked(t, d)
	return d, server, name
}

// untilHeld waits until so many messages are held.
func untilHeld(t *testing.T, d *daemon, n int) {
	t.Helper()
	for end := time.Now().Add(patience); ; <-time.After(10 * time.Millisecond) {
		held, err := d.Store.Held(t.Context(), record.HeldFilter{State: nospim.HoldHeld})
		switch {
		case err != nil || time.Now().After(end):
			t.Fatalf("%d messages are held, want %d; %v", len(held), n, err)
		case len(held) == n:
			return
		}
	}
}

// awaitDoor waits until the component answers.
func awaitDoor(t *testing.T, p *person, name string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); { // each question has its answer before the next one is asked
		p.raw(`<iq xmlns='jabber:client' type='get' id='d' to='` + name + `'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
		if p.answered("d") == "result" {
			return
		}
	}
	t.Fatal("the door does not open")
}
