package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/component"
	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/xmpp/servertest"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/record"
)

// far is another service, as its server's operator sees it: everything that comes is in got. It stands behind a component, so that it
// speaks in its own name.
type far struct {
	t       *testing.T
	session *xmpp.Session
	got     chan farStanza
}

// farStanza is what a service reads of what is sent to it.
type farStanza struct {
	XMLName xml.Name
	ID      string    `xml:"id,attr"`
	From    string    `xml:"from,attr"`
	To      string    `xml:"to,attr"`
	Type    string    `xml:"type,attr"`
	Body    string    `xml:"body"`
	Info    *struct{} `xml:"http://jabber.org/protocol/disco#info query"`
	Report  struct {
		Reason string `xml:"reason,attr"`
		JID    string `xml:"urn:xmpp:jid:0 jid"`
		Text   string `xml:"text"`
	} `xml:"urn:xmpp:reporting:1 report"`
	Forwarded struct {
		Message struct {
			From string `xml:"from,attr"`
			To   string `xml:"to,attr"`
			Body string `xml:"body"`
		} `xml:"jabber:client message"`
	} `xml:"urn:xmpp:forward:0 forwarded"`
	Receipt *struct{} `xml:"urn:xmpp:receipts request"`
}

func connectFar(t *testing.T, addr, name, secret string) *far {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s, err := component.NewSession(ctx, jid.MustParse(name), []byte(secret), conn)
	if err != nil {
		t.Fatalf("connecting %s: %v", name, err)
	}
	f := &far{t: t, session: s, got: make(chan farStanza, 100)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(xmpp.HandlerFunc(func(r xmlstream.TokenReadEncoder, start *xml.StartElement) error {
			var m farStanza
			if err := xml.NewTokenDecoder(xmlstream.MultiReader(xmlstream.Token(*start), r)).Decode(&m); err != nil {
				return err
			}
			f.got <- m
			return nil
		}))
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return f
}

func (f *far) raw(format string, args ...any) {
	f.t.Helper()
	if err := f.session.Send(f.t.Context(), xml.NewDecoder(strings.NewReader(fmt.Sprintf(format, args...)))); err != nil {
		f.t.Fatal(err)
	}
}

// gets waits for a stanza that matches; others are passed over.
func (f *far) gets(what string, match func(*farStanza) bool) farStanza {
	f.t.Helper()
	for end := time.After(patience); ; {
		select {
		case m := <-f.got:
			if match(&m) {
				return m
			}
		case <-end:
			f.t.Fatalf("never got %s", what)
		}
	}
}

// explain answers the question of where reports go.
func (f *far) explain(q *farStanza, field, address string) {
	f.raw(`<iq type='result' id='%s' from='%s' to='%s'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im'/>`+
		`<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value></field>`+
		`<field var='%s'><value>mailto:abuse@far.example</value><value>%s</value></field></x></query></iq>`, q.ID, q.To, q.From, field, address)
}

// both waits for two stanzas in whichever order: one is the result of an iq, the other has a part in its body.
func (p *person) both(id, part string) {
	p.t.Helper()
	result, said := false, false
	for end := time.After(patience); !result || !said; {
		select {
		case m := <-p.got:
			result = result || m.ID == id && m.Type == "result"
			said = said || strings.Contains(m.Body, part)
		case <-end:
			p.t.Fatalf("result of %s: %v; %q heard: %v", id, result, part, said)
		}
	}
}

// answered waits for the answer to an iq and returns its type.
func (p *person) answered(id string) string {
	p.t.Helper()
	for end := time.After(patience); ; {
		select {
		case m := <-p.got:
			if m.ID == id {
				return m.Type
			}
		case <-end:
			p.t.Fatalf("no answer to %s", id)
		}
	}
}

// TestReports is the story of reports, with real servers and real connections: people report a spammer of another service, are thanked in
// their language, and the spammer's next message is marked within a second; the other service is asked where it takes reports and gets
// one; who got the mark complains with its key, and nobody else can; the other service reports, and is not believed.
func TestReports(t *testing.T) {
	besideBoth(t, storyOfReports)
}

func storyOfReports(t *testing.T, kind *servertest.Kind) {
	servers.Need(t, kind.Name)
	const host, name, spammer = "chat.example", "nospim.chat.example", "spammer@far.example"
	w := openReports(t, kind, host, name)
	d, away, silent := w.daemon, w.far, w.silent
	people := map[string]*person{}
	for _, n := range []string{"ada", "bob", "kim", "dan"} {
		people[n] = logIn(t, w.server.Addr(), n+"@"+host, n)
	}
	ada, bob, kim, dan := people["ada"], people["bob"], people["kim"], people["dan"]
	awaitDoor(t, ada, name)

	// Everybody has said something here, and got something from the spammer.
	for _, pair := range [][2]string{{"ada", "bob"}, {"bob", "kim"}, {"kim", "ada"}} {
		people[pair[0]].say(pair[1]+"@"+host, "good morning")
		people[pair[1]].hears(pair[0]+"@", "good morning")
	}
	for _, n := range []string{"ada", "bob", "kim"} {
		away.raw(`<message from='%s/bot' to='%s@%s' type='chat' id='x-%s'><body>hello %s, a canary sings</body></message>`, spammer, n, host, n, n)
		people[n].hears(spammer, "a canary sings")
	}

	block := func(p *person, inner string) {
		p.raw(`<iq xmlns='jabber:client' type='set' id='block'><block xmlns='urn:xmpp:blocking'><item jid='` + spammer + `'>` +
			`<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'>` + inner + `</report></item></block></iq>`)
	}
	block(ada, `<stanza-id xmlns='urn:xmpp:sid:0' by='ada@chat.example' id='a-name-of-the-archive'/><text xml:lang='de'>Werbung</text><report-origin/>`)
	ada.both("block", "Danke für deine Meldung")
	block(bob, `<text xml:lang='tlh'>?</text>`)
	bob.both("block", "Thank you for your report")
	before := time.Now()
	block(kim, ``)
	if kind.Created(time.Now().AddDate(0, -3, 0)).IsZero() {
		// This server does not know how old its accounts are, and nospim is new: everybody is fresh. Somebody decides.
		kim.both("block", "Thank you")
		entity := nospim.Entity{Kind: nospim.EntityAccount, ID: spammer}
		now := time.Now()
		if err := d.Store.PutLabel(t.Context(), record.Labelling{Label: nospim.Label{Entity: entity, Name: nospim.LabelReported, Until: now.Add(time.Hour)}, At: now, By: "op"}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	become(t, "what was reported is noticed", func() bool {
		n++
		v, err := d.Engine.Judge(t.Context(), &nospim.Event{
			ID: fmt.Sprint("probe-", n), Kind: nospim.KindContactRequest, Time: time.Now(), Service: host, Relation: nospim.RelationStranger,
			Sender: nospim.Account{ID: spammer}, Recipients: []nospim.Account{{ID: fmt.Sprintf("probe%d@%s", n, host), Local: true}},
		})
		return err == nil && slices.ContainsFunc(v.Signals, func(s nospim.Signal) bool { return s.Symbol == "REPORTED" })
	})
	t.Logf("the third report is in force after %v", time.Since(before).Round(time.Millisecond))

	proven := func(by string) bool {
		all, err := d.Store.Complaints(t.Context(), record.ComplaintFilter{By: by, About: spammer})
		return err == nil && len(all) == 1 && all[0].Proof == record.Proven && all[0].Weight > 0
	}
	for _, n := range []string{"ada", "bob", "kim"} {
		if !proven(n + "@" + host) {
			t.Errorf("the report by %s is not proven", n)
		}
	}

	// The service of the spammer is asked where reports go, and gets the one that may be told.
	question := away.gets("the question where reports go", func(m *farStanza) bool { return m.XMLName.Local == "iq" && m.Info != nil && m.Type == "get" })
	away.explain(&question, "abuse-addresses", "xmpp:abuse@far.example")
	got := away.gets("the report", func(m *farStanza) bool { return m.Report.JID != "" })
	if got.To != "abuse@far.example" || got.From != name || got.Report.JID != spammer || got.Report.Reason != "urn:xmpp:reporting:spam" || got.Report.Text != "Werbung" ||
		got.Forwarded.Message.To != "" || !strings.HasPrefix(got.Forwarded.Message.From, spammer) || !strings.Contains(got.Forwarded.Message.Body, "a canary sings") || got.Receipt == nil {
		t.Errorf("forwarded: %+v", got)
	}
	if strings.Contains(fmt.Sprint(got.Body, got.Report, got.Forwarded.Message.To), "ada@") {
		t.Errorf("the report names who reports: %+v", got)
	}
	away.raw(`<message from='abuse@far.example' to='%s'><received xmlns='urn:xmpp:receipts' id='%s'/></message>`, name, got.ID)
	become(t, "the receipt ends it", func() bool {
		orders, err := d.Store.Orders(t.Context(), host, "")
		return err == nil && len(orders) == 0
	})
	if contacts, err := d.Store.AbuseContacts(t.Context()); err != nil || len(contacts) != 1 || !slices.Equal(contacts[0].Addresses, []string{"abuse@far.example"}) {
		t.Errorf("contacts: %+v, %v", contacts, err)
	}

	// A stranger gets a mark, and only the stranger can complain about it, once.
	away.raw(`<message from='%s/bot' to='dan@%s' type='chat' id='x-dan'><body>hello dan, an owl hoots</body></message>`, spammer, host)
	marked := dan.hears(spammer, "an owl hoots")
	if marked.Spim.Key == "" || marked.Spim.Filter != host {
		t.Fatalf("no key on what is marked: %+v", marked)
	}
	complain := func(p *person, id, to, key string) string {
		p.raw(`<iq xmlns='jabber:client' type='set' id='` + id + `' to='` + to + `'><query xmlns='urn:xmpp:spim-report:0' key='` + key + `'/></iq>`)
		return p.answered(id)
	}
	for id, c := range map[string]struct {
		by            *person
		to, key, want string
	}{
		"stolen":          {bob, host, marked.Spim.Key, "error"},
		"stolen-door":     {bob, name, marked.Spim.Key, "error"},
		"forged":          {dan, host, marked.Spim.Key[:3] + "A" + marked.Spim.Key[4:], "error"},
		"short":           {dan, name, "x", "error"},
		"right":           {dan, host, marked.Spim.Key, "result"},
		"right-and-again": {dan, name, marked.Spim.Key, "result"},
	} {
		if c.key == marked.Spim.Key && id == "forged" {
			continue // the fourth character is an A
		}
		if got := complain(c.by, id, c.to, c.key); got != c.want {
			t.Errorf("a complaint with a key, %s: %s, want %s", id, got, c.want)
		}
	}
	become(t, "the complaint is proven", func() bool { return proven("dan@" + host) })
	if proven("bob@"+host) == false {
		t.Error("bob's report is lost")
	}

	// A warning: of who wrote, and of who did not.
	ada.say(name, "warn "+spammer)
	drainUntil(ada, name, spammer+" is warned")
	ada.say(name, "warn nobody@else.example")
	drainUntil(ada, name, "has not written to you")

	// What other services say is kept, and not believed.
	away.raw(`<iq type='set' id='i1' from='far.example' to='%s'><report xmlns='urn:xmpp:incident:2'><Incident xmlns='urn:ietf:params:xml:ns:iodef-1.0'>`+
		`<EventData><Flow><System category='source'><AdditionalData><jid xmlns='urn:xmpp:jid:0'>bob@chat.example</jid></AdditionalData></System></Flow></EventData></Incident></report></iq>`, name)
	if m := away.gets("the answer to an incident", func(m *farStanza) bool { return m.ID == "i1" }); m.Type != "result" {
		t.Errorf("an incident is answered by %+v", m)
	}
	away.raw(`<message from='far.example' to='%s'><body>%s</body><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><jid xmlns='urn:xmpp:jid:0'>kim@chat.example</jid></report></message>`, name, strings.Repeat("a", 200<<10))
	away.raw(`<message from='somebody@far.example' to='%s'><body>x</body><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><jid xmlns='urn:xmpp:jid:0'>dan@chat.example</jid></report></message>`, name)
	become(t, "reports of another service are kept", func() bool {
		all, err := d.Store.Complaints(t.Context(), record.ComplaintFilter{By: "far.example"})
		return err == nil && len(all) == 2 && all[0].Proof == record.Unproven && all[1].Proof == record.Unproven
	})

	// A service that does not say where reports go is noted.
	silent.raw(`<message from='bot@silent.example' to='dan@%s' type='chat'><body>hello dan, a crow caws</body></message>`, host)
	drainUntil(dan, "bot@silent.example", "a crow caws")
	dan.raw(`<iq xmlns='jabber:client' type='set' id='block2'><block xmlns='urn:xmpp:blocking'><item jid='bot@silent.example'>` +
		`<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><report-origin/></report></item></block></iq>`)
	question = silent.gets("the question", func(m *farStanza) bool { return m.Info != nil && m.Type == "get" })
	silent.explain(&question, "abuse-addresses", "xmpp:victim@else.example")
	become(t, "a service without a contact is noted", func() bool {
		all, err := d.Store.AbuseContacts(t.Context())
		return err == nil && len(all) == 2 && all[1].Domain == "silent.example" && len(all[1].Addresses) == 0 && strings.Contains(all[1].Problem, "others")
	})
}

// drainUntil passes over what comes until something with a part in it comes.
func drainUntil(p *person, from, part string) {
	p.t.Helper()
	for end := time.After(patience); ; {
		select {
		case m := <-p.got:
			if strings.HasPrefix(m.From, from) && strings.Contains(m.Body, part) {
				return
			}
		case <-end:
			p.t.Fatalf("never heard %q from %s", part, from)
		}
	}
}

// reportWorld is a daemon with a door on a server, and two other services.
type reportWorld struct {
	daemon      *daemon
	server      servertest.Instance
	far, silent *far
}

func openReports(t *testing.T, kind *servertest.Kind, host, name string) *reportWorld {
	t.Helper()
	const shared = "a secret of the components"
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(shared), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Data, c.Line.Listen, c.HTTP.Listen = filepath.Join(dir, "data"), "127.0.0.1:0", config.None
	c.Policy = config.PolicyIn(c.Data)
	c.Door.Name, c.Reports.Evidence = name, config.Duration(time.Hour)
	d := enforced(t, c)
	server := serverBeside(t, d, kind, servertest.Options{
		Host: host, Accounts: map[string]string{"ada": "ada", "bob": "bob", "kim": "kim", "dan": "dan"},
		Components: map[string]string{name: shared, "far.example": shared, "silent.example": shared},
	})
	d.config.Door = config.Door{Server: server.ComponentAddr(), Name: name, Service: host, SecretFile: secret, Language: "en"}
	if err := d.openDoor(d.reports); err != nil {
		t.Fatal(err)
	}
	running(t, d)
	untilAsked(t, d)
	return &reportWorld{d, server, connectFar(t, server.ComponentAddr(), "far.example", shared), connectFar(t, server.ComponentAddr(), "silent.example", shared)}
}
