package xmpp_test

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image/jpeg"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp"
	"github.com/nospim/nospim/people/challenge"
	"github.com/nospim/nospim/record/sqlite"
)

const bob, host = "bob@far.example", "chat.example"

// gatekeeper is nospim at a service that challenges every stranger.
type gatekeeper struct {
	*xmpp.Asker
	t       *testing.T
	service string
	desk    *challenge.Desk
	store   *sqlite.Store
	now     time.Time
	n       int
}

func newGatekeeper(t *testing.T, service string) *gatekeeper {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	g := &gatekeeper{t: t, service: service, store: store, now: time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)}
	kinds := []nospim.Proof{nospim.ProofHashcash, nospim.ProofPicture, nospim.ProofAudio, nospim.ProofQuestion}
	g.desk = &challenge.Desk{
		Store: store, Key: []byte("secret of " + service), Clock: func() time.Time { return g.now }, Offer: challenge.Offer{Kinds: kinds, Bits: 8},
	}
	g.Asker = &xmpp.Asker{Desk: g.desk, Kinds: kinds, Page: "https://" + service + "/door/", Log: slog.New(slog.DiscardHandler)}
	return g
}

// arrives lets a stanza of a stranger arrive, which is kept, and returns what is sent back.
func (g *gatekeeper) arrives(raw string) string {
	g.t.Helper()
	g.n++
	e := &nospim.Event{ID: fmt.Sprint(g.service, g.n), Time: g.now, Protocol: "xmpp", Service: g.service, Relation: nospim.RelationStranger, Raw: raw}
	approach, err := xmpp.Read(e)
	if err != nil || !approach {
		return ""
	}
	judge := challenge.Listener{Desk: g.desk, Next: nospim.JudgeFunc(func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		v := nospim.Verdict{EventID: e.ID, Action: nospim.Challenge}
		r := nospim.Record{Event: *e, Verdict: v, Kept: g.now}
		_, err := g.store.Keep(&r).Wait(ctx)
		return &v, err
	})}
	v, err := judge.Judge(g.t.Context(), e)
	if err != nil {
		g.t.Fatal(err)
	}
	return g.Instead(e, v)
}

// told is a challenge as a client reads it.
type told struct {
	ID   string `xml:"id,attr"`
	From string `xml:"from,attr"`
	To   string `xml:"to,attr"`
	Lang string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	Body string `xml:"body"`
	URL  string `xml:"jabber:x:oob x>url"`
	Data struct {
		CID  string `xml:"cid,attr"`
		Text string `xml:",chardata"`
	} `xml:"urn:xmpp:bob data"`
	Captcha struct {
		Fields []struct {
			Var      string    `xml:"var,attr"`
			Label    string    `xml:"label,attr"`
			Type     string    `xml:"type,attr"`
			Value    string    `xml:"value"`
			Required *struct{} `xml:"required"`
			URIs     []struct {
				Type string `xml:"type,attr"`
				URI  string `xml:",chardata"`
			} `xml:"urn:xmpp:media-element media>uri"`
		} `xml:"jabber:x:data x>field"`
	} `xml:"urn:xmpp:captcha captcha"`
}

func read(t *testing.T, stanza string) told {
	t.Helper()
	var c told
	if err := xml.Unmarshal([]byte(stanza), &c); err != nil {
		t.Fatalf("%v: %s", err, stanza)
	}
	return c
}

// field returns a field's value, or of one to be filled in its label.
func (c *told) field(name string) string {
	for _, f := range c.Captcha.Fields {
		if f.Var == name {
			return f.Value + f.Label
		}
	}
	return ""
}

// submit is an answer by form.
func submit(from, to, challenge string, fields ...string) string {
	var b strings.Builder
	b.WriteString(`<iq type="set" id="a1" from="` + from + `" to="` + to + `"><captcha xmlns="urn:xmpp:captcha"><x xmlns="jabber:x:data" type="submit">` +
		`<field var="FORM_TYPE"><value>urn:xmpp:captcha</value></field><field var="challenge"><value>` + challenge + `</value></field>`)
	for i := 0; i+1 < len(fields); i += 2 {
		b.WriteString(`<field var="` + fields[i] + `"><value>` + fields[i+1] + `</value></field>`)
	}
	return b.String() + `</x></captcha></iq>`
}

// hears lets somebody send an iq, and returns the type of the answer with its condition.
func (g *gatekeeper) hears(from, raw string) string {
	g.t.Helper()
	answer, heard := g.Hear(g.t.Context(), &nospim.Event{ID: "iq", Service: g.service, Sender: nospim.Account{ID: from}, Raw: raw})
	if !heard {
		return "not heard"
	}
	var iq struct {
		ID    string `xml:"id,attr"`
		Type  string `xml:"type,attr"`
		From  string `xml:"from,attr"`
		To    string `xml:"to,attr"`
		Error struct {
			Condition struct{ XMLName xml.Name } `xml:",any"`
		} `xml:"error"`
	}
	if err := xml.Unmarshal([]byte(answer), &iq); err != nil || iq.ID != "a1" {
		g.t.Fatalf("%v: %s", err, answer)
	}
	return strings.TrimSpace(iq.Type + " " + iq.Error.Condition.XMLName.Local)
}

// delivered returns which stanzas are to be delivered, by how many there are.
func (g *gatekeeper) delivered() (n int) {
	g.t.Helper()
	orders, err := g.store.Orders(g.t.Context(), g.service, "")
	if err != nil {
		g.t.Fatal(err)
	}
	return len(orders)
}

const hello = `<message type="chat" from="bob@far.example/desk" to="ada@chat.example/phone" id="m1" xml:lang="de"><body>Hallo &amp; guten Tag</body></message>`

// TestChallenge reads a challenge as XEP-0158 §3.1.2 wants it.
func TestChallenge(t *testing.T) {
	t.Parallel()
	g := newGatekeeper(t, host)
	g.Required = []nospim.Proof{nospim.ProofPicture}
	g.Answers = 2
	raw := g.arrives(hello)
	c := read(t, raw)
	if c.From != ada || c.To != "bob@far.example/desk" || c.Lang != "de" || len(c.ID) != 32 || c.URL != "https://chat.example/door/"+c.ID {
		t.Errorf("%+v", c)
	}
	if strings.Contains(raw, "guten Tag") || !strings.Contains(c.Body, c.URL) || !strings.Contains(c.Body, "Deine Nachricht an "+ada) {
		t.Errorf("the text: %q", c.Body)
	}
	for name, want := range map[string]string{
		"FORM_TYPE": "urn:xmpp:captcha", "from": "ada@chat.example/phone", "challenge": c.ID, "sid": "m1", "answers": "2", "ocr": "Tippe die Ziffern im Bild ab",
	} {
		if got := c.field(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	media := map[string]string{}
	for _, f := range c.Captcha.Fields {
		for _, u := range f.URIs {
			media[f.Var+" "+u.Type] += u.URI + " "
		}
		if (f.Required != nil) != (f.Var == "ocr") {
			t.Errorf("%s is required: %v", f.Var, f.Required != nil)
		}
	}
	if media["ocr image/jpeg"] != "cid:"+c.Data.CID+" "+c.URL+".jpg " || media["audio_recog audio/x-wav"] != c.URL+".wav " {
		t.Errorf("media: %v", media)
	}
	if b, err := base64.StdEncoding.DecodeString(c.Data.Text); err != nil || len(b) > 8<<10 {
		t.Errorf("the picture: %d bytes, %v", len(b), err)
	} else if _, err := jpeg.Decode(strings.NewReader(string(b))); err != nil {
		t.Error(err)
	}
	theirs := &nospim.Event{ID: "c", Service: "far.example", Raw: raw}
	if approach, err := xmpp.Read(theirs); !approach || err != nil || theirs.Refers != "m1" {
		t.Errorf("at the other server: %+v, %v", theirs, err)
	}
	if again := g.arrives(hello); again != "" {
		t.Errorf("again: %s", again)
	}
}

// TestWithoutPage: where there is no page, the plain answer is explained, and no sound offered; with neither, one can wait.
func TestWithoutPage(t *testing.T) {
	t.Parallel()
	g := newGatekeeper(t, host)
	g.Page = ""
	c := read(t, g.arrives(hello))
	if c.URL != "" || c.field("audio_recog") != "" || !strings.Contains(c.Body, c.field("qa")) || c.field("SHA-256") == "" {
		t.Errorf("%+v", c)
	}
	g = newGatekeeper(t, host)
	g.Page, g.Kinds = "", []nospim.Proof{nospim.ProofHashcash}
	if c := read(t, g.arrives(hello)); c.Data.Text != "" || !strings.Contains(c.Body, "Formular") {
		t.Errorf("%+v", c)
	}
}

// TestAnswers: forms are answered as XEP-0158 §3.1.4 says, and only the right one of the right sender lets the message in.
func TestAnswers(t *testing.T) {
	t.Parallel()
	g := newGatekeeper(t, host)
	id := read(t, g.arrives(hello)).ID
	trial, err := g.desk.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	work := challenge.Hashcash(ada, g.desk.Label(trial))
	right := submit(bob+"/desk", ada, id, "from", ada+"/phone", "SHA-256", work)
	for _, c := range []struct{ name, from, raw, want string }{
		{"no form", bob, `<iq type="set" id="a1"><captcha xmlns="urn:xmpp:captcha"/></iq>`, "error bad-request"},
		{"no challenge", bob, submit(bob, ada, "", "SHA-256", work), "error bad-request"},
		{"no submission", bob, strings.Replace(right, "submit", "form", 1), "error bad-request"},
		{"no such form", bob, strings.Replace(right, "<value>urn:xmpp:captcha", "<value>urn:example:x", 1), "error bad-request"},
		{"no answer", bob, submit(bob, ada, id), "error not-acceptable"},
		{"wrong", bob, submit(bob, ada, id, "SHA-256", ada+"nothing"), "error not-acceptable"},
		{"wrong digits", bob, submit(bob, ada, id, "ocr", "1", "qa", "2"), "error not-acceptable"},
		{"unknown", bob, submit(bob, ada, strings.Repeat("0", 32), "SHA-256", work), "error service-unavailable"},
		{"oversize", bob, submit(bob, ada, strings.Repeat("0", 100_000), "SHA-256", work), "error service-unavailable"},
		{"by another", "eve@far.example", strings.ReplaceAll(right, bob, "eve@far.example"), "error service-unavailable"},
		{"to another", bob, strings.Replace(right, `to="ada`, `to="mum`, 1), "error service-unavailable"},
		{"about another", bob, strings.Replace(right, ada+"/phone", "mum@chat.example", 1), "error service-unavailable"},
		{"no XML", bob, `<iq type="set" id="a1"><captcha`, "not heard"},
		{"without id", bob, strings.Replace(right, `id="a1" `, "", 1), "not heard"},
	} {
		if got := g.hears(c.from, c.raw); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if n := g.delivered(); n != 0 {
		t.Fatalf("%d are delivered", n)
	}
	for _, want := range []string{"result", "error service-unavailable"} {
		if got := g.hears(bob, right); got != want {
			t.Errorf("the right answer: %s, want %s", got, want)
		}
	}
	if n := g.delivered(); n != 1 {
		t.Errorf("%d are delivered", n)
	}
	late := newGatekeeper(t, host)
	id = read(t, late.arrives(hello)).ID
	late.now = late.now.Add(25 * time.Hour)
	if got := late.hears(bob, submit(bob, ada, id, "SHA-256", work)); got != "error service-unavailable" {
		t.Errorf("a day late: %s", got)
	}
}

// TestPlainReply: who has no forms answers in words, is told what came of it, and the answer is not delivered.
func TestPlainReply(t *testing.T) {
	t.Parallel()
	g := newGatekeeper(t, host)
	trial, err := g.desk.Find(t.Context(), read(t, g.arrives(hello)).ID)
	if err != nil {
		t.Fatal(err)
	}
	say := func(body string) string {
		return g.arrives(`<message type="chat" from="bob@far.example/desk" to="ada@chat.example" xml:lang="fr"><body>` + body + `</body></message>`)
	}
	if got := say("are you there?"); got != "" {
		t.Errorf("a message: %s", got)
	}
	if got := read(t, say("0 0-0 0")); got.From != ada || got.To != "bob@far.example/desk" || !strings.Contains(got.Body, "pas la réponse") {
		t.Errorf("a wrong answer: %+v", got)
	}
	if got := read(t, say(g.desk.Digits(trial, nospim.ProofQuestion))); !strings.Contains(got.Body, "Merci") {
		t.Errorf("the right answer: %+v", got)
	}
	if n := g.delivered(); n != 2 {
		t.Errorf("%d are delivered, want the two messages", n)
	}
}

// TestNeverAsked: servers, components, rooms, errors and what is itself a challenge are no reason to ask.
func TestNeverAsked(t *testing.T) {
	t.Parallel()
	g := newGatekeeper(t, host)
	challenged := g.arrives(strings.ReplaceAll(hello, "bob@", "carol@"))
	for name, raw := range map[string]string{
		"server":       `<message from="far.example" to="ada@chat.example"><body>hello</body></message>`,
		"component":    `<message from="gate.far.example/x" to="ada@chat.example"><body>hello</body></message>`,
		"error":        `<message type="error" from="bob@far.example" to="ada@chat.example"><body>hello</body></message>`,
		"a challenge":  strings.NewReplacer(`from="ada@chat.example"`, `from="bob@far.example"`, `to="carol@far.example/desk"`, `to="ada@chat.example"`).Replace(challenged),
		"to a server":  `<message from="bob@far.example" to="chat.example"><body>hello</body></message>`,
		"a receipt":    `<message from="bob@far.example" to="ada@chat.example"><received xmlns="urn:xmpp:receipts" id="1"/></message>`,
		"not readable": `<message from="bob@far.example" to="ada@chat.example"><body>hello`,
	} {
		if got := g.arrives(raw); got != "" && name != "not readable" {
			t.Errorf("%s: %s", name, got)
		}
	}
	requests := newGatekeeper(t, host)
	c := read(t, requests.arrives(`<presence type="subscribe" from="bob@far.example" to="ada@chat.example"><status>hello</status></presence>`))
	if c.To != bob || c.field("sid") != "" {
		t.Errorf("a request: %+v", c)
	}
}

// TestNoLoop: two services that challenge every stranger, and hand each other what they say, come to an end: one challenge, of the
// first stranger, and nobody is asked about a challenge or about what came of an answer.
func TestNoLoop(t *testing.T) {
	t.Parallel()
	far, chat := newGatekeeper(t, "far.example"), newGatekeeper(t, host)
	at := map[string]*gatekeeper{"far.example": far, host: chat}
	said := 0
	pass := func(stanza string) {
		for stanza != "" {
			said++
			if said > 20 {
				t.Fatalf("it does not end: %s", stanza)
			}
			to := read(t, stanza).To
			bare, _, _ := strings.Cut(to, "/")
			_, domain, _ := strings.Cut(bare, "@")
			stanza = at[domain].arrives(stanza)
		}
	}
	pass(hello)
	if said != 2 {
		t.Errorf("%d stanzas went to and fro, want the message and its challenge", said)
	}
	trial, err := chat.desk.Open(t.Context(), host, bob, ada)
	if err != nil {
		t.Fatal(err)
	}
	said = 0
	pass(`<message from="bob@far.example/desk" to="ada@chat.example"><body>` + chat.desk.Digits(trial, nospim.ProofPicture) + `</body></message>`)
	if said != 2 || chat.delivered() != 1 {
		t.Errorf("%d stanzas, %d delivered", said, chat.delivered())
	}
	if _, err := far.desk.Open(t.Context(), "far.example", ada, bob); err == nil {
		t.Error("ada was asked because of a challenge")
	}
}

// FuzzHear: whatever is said, the answer is a stanza.
func FuzzHear(f *testing.F) {
	f.Add(submit(bob, ada, "x", "SHA-256", "y"), bob)
	f.Add(`<iq id="1"><captcha xmlns="urn:xmpp:captcha"><x xmlns="jabber:x:data" type="submit"/></captcha></iq>`, "")
	a := xmpp.Asker{Desk: nobody{}, Kinds: []nospim.Proof{nospim.ProofHashcash}, Log: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, raw, from string) {
		answer, heard := a.Hear(t.Context(), &nospim.Event{ID: "1", Sender: nospim.Account{ID: from}, Raw: raw})
		if heard != (answer != "") || heard && !wellFormed(answer) {
			t.Errorf("%q: %v %q", raw, heard, answer)
		}
	})
}

// nobody is a desk at which nobody was asked.
type nobody struct{ xmpp.Challenges }

func (nobody) Find(context.Context, string) (*nospim.Trial, error) { return nil, nospim.ErrNotFound }
