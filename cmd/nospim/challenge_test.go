package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/xmpp/servertest"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/people/challenge"
)

// guarded is a service whose people want strangers to prove something: a server with accounts, and a daemon in force.
type guarded struct {
	*daemon
	t      *testing.T
	host   string
	server servertest.Instance
}

// newGuarded starts one. Federation may be nil.
func newGuarded(t *testing.T, kind *servertest.Kind, host string, federation *servers.Federation, accounts ...string) *guarded {
	t.Helper()
	servers.Need(t, kind.Name)
	c := config.Default()
	c.Data, c.Line.Listen, c.HTTP.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", config.None
	c.Policy, c.Profile = config.PolicyIn(c.Data), string(nospim.ProfileChallenged)
	c.Challenge.Bits = 12
	page, err := servers.FreeAddr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Challenge.Listen, c.Challenge.URL = page, "http://"+page+"/door"
	d := enforced(t, c)
	passwords := map[string]string{}
	for _, a := range accounts {
		passwords[a] = a
	}
	server := serverBeside(t, d, kind, servertest.Options{Host: host, Accounts: passwords, Federation: federation})
	running(t, d)
	untilAsked(t, d)
	return &guarded{daemon: d, t: t, host: host, server: server}
}

// desk is where the answers are known.
func (g *guarded) desk() *challenge.Desk { return g.challenges.asker.Desk.(*challenge.Desk) } //nolint:forcetypeassert // openChallenges made it

// trial returns the challenge of somebody to somebody.
func (g *guarded) trial(from, to string) *nospim.Trial {
	g.t.Helper()
	t, err := g.desk().Open(g.t.Context(), g.host, from, to)
	if err != nil {
		g.t.Fatalf("the challenge of %s: %v", from, err)
	}
	return t
}

// heard is what a client got, as far as these tests read it.
type heard struct {
	XMLName xml.Name
	From    string `xml:"from,attr"`
	Type    string `xml:"type,attr"`
	ID      string `xml:"id,attr"`
	Body    string `xml:"body"`
	URL     string `xml:"jabber:x:oob x>url"`
	Captcha *struct {
		Fields []struct {
			Var   string `xml:"var,attr"`
			Label string `xml:"label,attr"`
			Value string `xml:"value"`
		} `xml:"jabber:x:data x>field"`
	} `xml:"urn:xmpp:captcha captcha"`
	Error *struct {
		Conditions []struct{ XMLName xml.Name } `xml:",any"`
	} `xml:"error"`
}

// condition names what an iq was answered with.
func (h *heard) condition() string {
	if h.Error == nil || len(h.Error.Conditions) == 0 {
		return h.Type
	}
	return h.Error.Conditions[0].XMLName.Local
}

func (h *heard) field(name string) string {
	for _, f := range h.Captcha.Fields {
		if f.Var == name {
			return f.Value + f.Label
		}
	}
	return ""
}

// caller is somebody with a client that shows everything.
type caller struct {
	*person
	address string
	all     chan heard
}

// call logs somebody in.
func (g *guarded) call(account string) *caller {
	g.t.Helper()
	c := &caller{address: account + "@" + g.host, all: make(chan heard, 100)}
	c.person = logInWith(g.t, g.server.Addr(), c.address, account, xmpp.HandlerFunc(func(r xmlstream.TokenReadEncoder, start *xml.StartElement) error {
		var h heard
		if err := xml.NewTokenDecoder(xmlstream.MultiReader(xmlstream.Token(*start), r)).Decode(&h); err != nil {
			return err
		}
		if h.Body != "" || h.Type == "result" || h.Type == "error" || h.Type == "subscribe" {
			c.all <- h
		}
		return nil
	}))
	return c
}

// next waits for what comes next.
func (c *caller) next(what string) heard {
	c.t.Helper()
	select {
	case h := <-c.all:
		return h
	case <-time.After(patience):
		c.t.Fatalf("%s heard nothing, want %s", c.address, what)
		return heard{}
	}
}

// challenged waits for the challenge of somebody.
func (c *caller) challenged(by string) heard {
	c.t.Helper()
	h := c.next("a challenge by " + by)
	if h.Captcha == nil || h.From != by || h.field("from") != by || h.field("challenge") != h.ID || !strings.Contains(h.Body, h.URL) || h.URL == "" {
		c.t.Fatalf("%s got %+v, want a challenge by %s", c.address, h, by)
	}
	return h
}

// submits sends an answer by form and returns what comes of it.
func (c *caller) submits(to, id string, fields ...string) string {
	c.t.Helper()
	var b strings.Builder
	for i := 0; i+1 < len(fields); i += 2 {
		fmt.Fprintf(&b, `<field var='%s'><value>%s</value></field>`, fields[i], fields[i+1])
	}
	c.raw(`<iq xmlns='jabber:client' type='set' id='answer' to='` + to + `'><captcha xmlns='urn:xmpp:captcha'><x xmlns='jabber:x:data' type='submit'>` +
		`<field var='FORM_TYPE'><value>urn:xmpp:captcha</value></field><field var='from'><value>` + to + `</value></field>` +
		`<field var='challenge'><value>` + id + `</value></field>` + b.String() + `</x></captcha></iq>`)
	h := c.next("what came of an answer")
	if h.XMLName.Local != "iq" || h.ID != "answer" || h.From != to {
		c.t.Fatalf("%s got %+v, want an answer to the answer", c.address, h)
	}
	return h.condition()
}

// hearsFrom waits for a text of somebody.
func (c *caller) hearsFrom(from, body string) {
	c.t.Helper()
	if h := c.next(body); !strings.HasPrefix(h.From, from) || h.Body != body {
		c.t.Fatalf("%s heard %q from %s, want %q from %s", c.address, h.Body, h.From, body, from)
	}
}

// nothing checks that nothing has come, by a message to oneself.
func (c *caller) nothing() {
	c.t.Helper()
	c.say(c.address, "a note to myself")
	c.hearsFrom(c.address, "a note to myself")
}

// TestChallenges is the story of strangers who prove themselves, with real servers and real connections: by form with hashcash, in plain
// words, on the page, for a message and for a request; and of those who do not.
func TestChallenges(t *testing.T) {
	besideBoth(t, strangersProveThemselves)
}

func strangersProveThemselves(t *testing.T, kind *servertest.Kind) {
	g := newGuarded(t, kind, "chat.example", nil, "ada", "bob", "eve", "carol", "dave")
	ada, bob, eve, carol, dave := g.call("ada"), g.call("bob"), g.call("eve"), g.call("carol"), g.call("dave")

	// By form. What waits is delivered in order, and what comes later at once; wrong, forged and used answers do nothing.
	bob.say(ada.address, "hello ada")
	c := bob.challenged(ada.address)
	bob.say(ada.address, "are you there?")
	right := challenge.Hashcash(ada.address, c.field("SHA-256"))
	for _, wrong := range []struct {
		by     *caller
		to, id string
		fields []string
		want   string
	}{
		{bob, ada.address, c.ID, []string{"SHA-256", "x" + right}, "not-acceptable"}, // with something behind it, it may be right by chance
		{bob, ada.address, c.ID, []string{"ocr", "12", "qa", ""}, "not-acceptable"},
		{bob, ada.address, c.ID, nil, "not-acceptable"},
		{bob, ada.address, strings.Repeat("0", 32), []string{"SHA-256", right}, "service-unavailable"},
		{bob, ada.address, "", []string{"SHA-256", right}, "bad-request"},
		{bob, eve.address, c.ID, []string{"SHA-256", right}, "service-unavailable"},
		{eve, ada.address, c.ID, []string{"SHA-256", right}, "service-unavailable"},
	} {
		if got := wrong.by.submits(wrong.to, wrong.id, wrong.fields...); got != wrong.want {
			t.Errorf("%s to %s, %v: %s, want %s", wrong.by.address, wrong.to, wrong.fields, got, wrong.want)
		}
	}
	ada.nothing()
	for _, want := range []string{"result", "service-unavailable"} {
		if got := bob.submits(ada.address, c.ID, "SHA-256", right); got != want {
			t.Errorf("the right answer: %s, want %s", got, want)
		}
	}
	for _, body := range []string{"hello ada", "are you there?"} {
		ada.hearsFrom(bob.address, body)
	}
	bob.say(ada.address, "thank you") // not before: nothing keeps what is on its way ahead of what passes at once
	ada.hearsFrom(bob.address, "thank you")
	bob.nothing()

	// In plain words: the answer is not delivered.
	eve.say(ada.address, "hello, it is eve")
	eve.challenged(ada.address)
	eve.say(ada.address, "0000 00")
	if h := eve.next("that it was wrong"); !strings.Contains(h.Body, "not the answer") || h.From != ada.address {
		t.Errorf("eve was told %+v", h)
	}
	eve.say(ada.address, g.desk().Digits(g.trial(eve.address, ada.address), nospim.ProofQuestion))
	if h := eve.next("that it was right"); !strings.Contains(h.Body, "Thank you") {
		t.Errorf("eve was told %+v", h)
	}
	ada.hearsFrom(eve.address, "hello, it is eve")

	// On the page.
	carol.say(ada.address, "hello, it is carol")
	onThePage(t, g, carol.challenged(ada.address).URL)
	ada.hearsFrom(carol.address, "hello, it is carol")

	// For a request, which unlocks messages, too.
	dave.raw(`<presence xmlns='jabber:client' type='subscribe' to='` + ada.address + `'/>`)
	c = dave.challenged(ada.address)
	dave.say(ada.address, "hello, it is dave")
	if got := dave.submits(ada.address, c.ID, "SHA-256", challenge.Hashcash(ada.address, c.field("SHA-256"))); got != "result" {
		t.Errorf("dave's answer: %s", got)
	}
	if h := ada.next("dave's request"); h.Type != "subscribe" || !strings.HasPrefix(h.From, dave.address) {
		t.Errorf("ada got %+v", h)
	}
	ada.hearsFrom(dave.address, "hello, it is dave")
	ada.nothing()
}

// onThePage passes a challenge as a browser does.
func onThePage(t *testing.T, g *guarded, address string) {
	t.Helper()
	trial, err := g.desk().Find(t.Context(), address[strings.LastIndex(address, "/")+1:])
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := challenge.Solve(g.desk().Puzzle(trial))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(url.Values{"altcha": {payload}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(b), "Thank you") {
		t.Errorf("the page: %d %s, %v", res.StatusCode, b, err)
	}
}

// TestChallengesBetweenServers: two servers on which everybody wants strangers to prove themselves speak with each other. The first who
// writes is challenged, by a message that is let through, as it answers; nobody else is, and it ends.
func TestChallengesBetweenServers(t *testing.T) {
	authority, err := servers.NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	hosts, peers := []string{"chat.example", "far.example"}, map[string]string{}
	for _, h := range hosts {
		if peers[h], err = servers.FreeAddr(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	at := func(i int, kind *servertest.Kind, accounts ...string) *guarded {
		return newGuarded(t, kind, hosts[i], &servers.Federation{Addr: peers[hosts[i]], Peers: peers, Authority: authority}, accounts...)
	}
	near, far := at(0, servertest.Prosody(), "ada"), at(1, servertest.Ejabberd(t), "bob")
	ada, bob := near.call("ada"), far.call("bob")
	bob.say(ada.address, "hello from far")
	c := bob.challenged(ada.address)
	if got := bob.submits(ada.address, c.ID, "SHA-256", "no"); got != "not-acceptable" {
		t.Errorf("a wrong answer: %s", got)
	}
	if got := bob.submits(ada.address, c.ID, "SHA-256", challenge.Hashcash(ada.address, c.field("SHA-256"))); got != "result" {
		t.Errorf("the answer: %s", got)
	}
	ada.hearsFrom(bob.address, "hello from far")
	ada.say(bob.address, "hello from near") // bob wrote to her first
	bob.hearsFrom(ada.address, "hello from near")
	ada.nothing()
	bob.nothing()
	if _, err := far.desk().Open(t.Context(), far.host, ada.address, bob.address); err == nil {
		t.Error("ada was challenged because of a challenge")
	}
}
