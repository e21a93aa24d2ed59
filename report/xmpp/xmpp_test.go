package xmpp_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/report/xmpp"
)

var update = flag.Bool("update", false, "write the golden files")

var sent = time.Date(2026, 3, 1, 18, 4, 5, 120e6, time.UTC)

// complaints are what is forwarded in these tests, by the name of the golden file.
func complaints() map[string]*nospim.Complaint {
	return map[string]*nospim.Complaint{
		"known": {
			Reason: nospim.ReasonSpam, By: "ada@chat.example", About: "spammer@far.example", Text: "an <advert> & more", Lang: "en", At: sent,
			Message: `<message xmlns='jabber:client' from='spammer@far.example/bot' to='ada@chat.example' id='x1' type='chat' xml:lang='en'>` +
				`<body>win &lt;now&gt; at http://x.example/a?u=9f3c</body><x xmlns='jabber:x:oob'><url>http://x.example/a</url></x>` +
				`<stanza-id xmlns='urn:xmpp:sid:0' by='ada@chat.example' id='a-1'/><delay xmlns='urn:xmpp:delay' from='chat.example' stamp='2026-03-01T18:04:05Z'/>` +
				`<mark xmlns='urn:xmpp:spim-marker:0' filter='chat.example'>suspicious</mark><report xmlns='urn:xmpp:spim-report:0' key='secret' filter='chat.example'/></message>`,
		},
		"unknown": {Reason: nospim.ReasonAbuse, By: "ada@chat.example", About: "spammer@far.example", At: sent},
		"no namespace": {
			Reason: nospim.ReasonSpam, About: "o'neil&co@far.example",
			Message: `<message from="o'neil&amp;co@far.example/1" to="kim@chat.example"><body>hello</body></message>`,
		},
		"not a message": {Reason: nospim.ReasonSpam, About: "spammer@far.example", Message: `<presence from="spammer@far.example" to="kim@chat.example"/>`},
		"broken":        {Reason: nospim.ReasonSpam, About: "spammer@far.example", Message: `<message from="spammer@far.example" to="kim@chat.example"><body>hello`},
	}
}

// TestCompose: what leaves the house, byte for byte. It is of the shape that servers forward, never says to whom the message was sent or
// who complains, and reads back as what it says.
func TestCompose(t *testing.T) {
	for name, c := range complaints() {
		t.Run(name, func(t *testing.T) {
			got := xmpp.Compose(c)
			golden := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".xml")
			if *update {
				if err := os.WriteFile(golden, []byte(got+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.TrimSuffix(string(want), "\n"), got); d != "" {
				t.Error(d)
			}
			valid(t, got)
			for _, secret := range []string{"ada@", "kim@", "a-1", "secret"} {
				if strings.Contains(got, secret) {
					t.Errorf("%s leaves the house: %s", secret, got)
				}
			}
			back, err := xmpp.ReadForwarded(got)
			if err != nil || back.About != c.About || back.Reason != c.Reason || back.Text != c.Text || !back.At.Equal(c.At.Truncate(time.Second)) {
				t.Errorf("it reads back as %+v, %v", back, err)
			}
		})
	}
}

// valid holds a forwarded report to its shape: the elements in their order, with their namespaces and the attributes that they need
// (XEP-0377 §5, XEP-0297 §3, XEP-0203 §4, RFC 6121 §5).
func valid(t *testing.T, raw string) {
	t.Helper()
	const report, forward = "urn:xmpp:reporting:1 ", "urn:xmpp:forward:0 "
	var got []string
	depth := 0
	for d := xml.NewDecoder(strings.NewReader(raw)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("it is no XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if depth > 3 {
				continue
			}
			words := []string{strings.TrimSpace(token.Name.Space + " " + token.Name.Local)}
			for _, a := range token.Attr {
				if a.Name.Local == "reason" || a.Name.Local == "to" {
					words = append(words, a.Name.Local+"="+a.Value)
				}
			}
			got = append(got, strings.Join(words, " "))
		case xml.EndElement:
			depth--
		}
	}
	shape := strings.Join(got, ", ")
	for _, optional := range []string{", " + report + "text", ", urn:xmpp:delay delay"} {
		shape = strings.Replace(shape, optional, "", 1)
	}
	for _, reason := range []string{"spam", "abuse"} {
		shape = strings.Replace(shape, "reporting:"+reason, "reporting:REASON", 1)
	}
	want := "message, body, " + report + "report reason=urn:xmpp:reporting:REASON, urn:xmpp:jid:0 jid, " + forward + "forwarded, jabber:client message"
	if shape != want {
		t.Errorf("its shape is\n%s\nwant\n%s", shape, want)
	}
}

// TestRead reads reports in blocks, with each combination of consent.
func TestRead(t *testing.T) {
	item := func(inner string) string { return `<item jid='spammer@far.example'>` + inner + `</item>` }
	report := func(inner string) string {
		return `<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'>` + inner + `</report>`
	}
	for _, c := range []struct {
		name, raw string
		want      nospim.Complaint
	}{
		{"a block", item(""), nospim.Complaint{Reason: "spam"}},
		{"neither", item(report("")), nospim.Complaint{Reason: "abuse"}},
		{"origin", item(report("<report-origin/>")), nospim.Complaint{Reason: "abuse", Origin: true}},
		{"third party", item(report("<third-party/>")), nospim.Complaint{Reason: "abuse", ThirdParty: true}},
		{
			"everything", `<iq type='set'><block xmlns='urn:xmpp:blocking'>` + item(report(
				`<stanza-id xmlns='urn:xmpp:sid:0' by='ada@chat.example' id='a-1'/><text xml:lang='de'>ein Spammer</text><report-origin/><third-party/>`)) + `</block></iq>`,
			nospim.Complaint{Reason: "abuse", Refers: "a-1", Text: "ein Spammer", Lang: "de", Origin: true, ThirdParty: true},
		},
		{"consent inside of something else", item(report("<x xmlns='urn:example:x'><report-origin xmlns='urn:xmpp:reporting:1'/></x>")), nospim.Complaint{Reason: "abuse"}},
		{"consent of another namespace", item(report("<report-origin xmlns='urn:example:x'/>")), nospim.Complaint{Reason: "abuse"}},
		{"an old namespace", item("<report xmlns='urn:xmpp:reporting:0'><spam/><report-origin/></report>"), nospim.Complaint{Reason: "spam"}},
		{"broken", item(report("<report-origin/>"))[:80], nospim.Complaint{Reason: "spam"}},
		{"too large", item(report("<report-origin/>" + strings.Repeat("x", 600<<10))), nospim.Complaint{Reason: "spam"}},
		{"a long text is cut", item(report("<text>" + strings.Repeat("ä", 256<<9) + "</text>")), nospim.Complaint{Reason: "abuse", Text: strings.Repeat("ä", 500)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, xmpp.Read(c.raw)); d != "" {
				t.Error(d)
			}
		})
	}
}

// incident is a report by another server, with so many addresses.
func incident(jids ...string) string {
	var b strings.Builder
	for _, j := range jids {
		b.WriteString(`<System category='source'><Node><Address category='ext-category' ext-category='xmpp'/><NodeRole category='ext-category'/></Node>` +
			`<AdditionalData dtype='xml'><jid xmlns='urn:xmpp:jid:0'>` + j + `</jid></AdditionalData></System>`)
	}
	return `<iq xmlns='jabber:component:accept' type='set' from='far.example' to='nospim.chat.example' id='i1'><report xmlns='urn:xmpp:incident:2' status='new'>` +
		`<Incident xmlns='urn:ietf:params:xml:ns:iodef-1.0' purpose='reporting'><IncidentID name='far.example'>BA51A035</IncidentID>` +
		`<ReportTime>2026-03-01T18:04:05Z</ReportTime><Assessment><Impact severity='low' type='social-engineering'/></Assessment>` +
		`<Contact role='creator' type='person'><AdditionalData dtype='xml'><jid xmlns='urn:xmpp:jid:0'>admin@far.example</jid></AdditionalData></Contact>` +
		`<EventData><Flow>` + b.String() + `</Flow></EventData></Incident></report></iq>`
}

func TestReadIncident(t *testing.T) {
	var many, first []string
	for i := range 50 {
		many = append(many, fmt.Sprintf("bot%d@chat.example", i))
	}
	first = many[:10]
	for _, c := range []struct {
		name, raw string
		want      []string
		bad       bool
	}{
		{"one", incident("bot@chat.example"), []string{"bot@chat.example"}, false},
		{"twice the same", incident("bot@chat.example", " bot@chat.example\n"), []string{"bot@chat.example"}, false},
		{"more than are looked at", incident(many...), first, false},
		{"nobody", incident(), nil, false},
		{"no incident", `<iq type='set'><report xmlns='urn:xmpp:incident:2'/></iq>`, nil, true},
		{"another namespace", strings.ReplaceAll(incident("bot@chat.example"), "incident:2", "incident:0"), nil, true},
		{"cut", incident("bot@chat.example")[:400], nil, true},
		{"a bomb of depth", `<iq><report xmlns='urn:xmpp:incident:2'>` + strings.Repeat("<Incident>", 100_000), nil, true},
		{"a bomb of elements", strings.Replace(incident("a@b.example"), "</Flow>", strings.Repeat("<a/>", 20_000)+"</Flow>", 1), nil, true},
		{"a bomb of entities", `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>` + strings.Replace(incident("&b;"), "&b;", "&b;", 1), nil, true},
		{"an entity that nobody declared", incident("&b;"), nil, true},
		{"too large", incident(strings.Repeat("x", 600<<10)), nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, err := xmpp.ReadIncident(c.raw)
			var got []string
			for _, a := range all {
				got = append(got, a.About)
			}
			if d := cmp.Diff(c.want, got); d != "" || (err != nil) != c.bad || err != nil && !errors.Is(err, nospim.ErrInvalid) {
				t.Errorf("%v, %s", err, d)
			}
		})
	}
}

func TestReadForwardedMistakes(t *testing.T) {
	good := xmpp.Compose(complaints()["known"])
	for name, raw := range map[string]string{
		"empty":           "",
		"a message":       "<message><body>hello</body></message>",
		"nobody reported": strings.Replace(good, "spammer@far.example</jid>", "</jid>", 1),
		"two reports":     strings.Replace(good, "<forwarded", `<report xmlns="urn:xmpp:reporting:1"/><forwarded`, 1),
		"a report inside": `<message><forwarded xmlns="urn:xmpp:forward:0">` + good + `</forwarded></message>`,
		"256 KiB of text": strings.Repeat("a", 256<<10),
		"no end":          good[:len(good)-4],
	} {
		if c, err := xmpp.ReadForwarded(raw); !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("%s: %+v, %v; want ErrInvalid", name, c, err)
		}
	}
}

// TestKeys: a key opens for whom it was made, and for nobody else; no part of it can be changed.
func TestKeys(t *testing.T) {
	keys := xmpp.NewKeys([16]byte{1, 2, 3})
	const service, event, ada = "chat.example", "m-81", "ada@chat.example"
	key := keys.Make(service, event, ada)
	if id, ok := keys.Open(key, service, ada); !ok || id != event {
		t.Fatalf("%s opens to %q, %v", key, id, ok)
	}
	if _, ok := keys.Open(key, service, "eve@chat.example"); ok {
		t.Error("it opens for somebody else")
	}
	if _, ok := keys.Open(key, "other.example", ada); ok {
		t.Error("it opens at another service")
	}
	if _, ok := xmpp.NewKeys([16]byte{1, 2, 4}).Open(key, service, ada); ok {
		t.Error("it opens with another secret")
	}
	for i := range key {
		forged := key[:i] + string(key[i]^1) + key[i+1:]
		if _, ok := keys.Open(forged, service, ada); ok {
			t.Errorf("with another character at %d it opens", i)
		}
	}
	for _, bad := range []string{"", ".", key[:20], "." + strings.Split(key, ".")[1], strings.Split(key, ".")[0] + ".", strings.Repeat("x", 5000) + key} {
		if _, ok := keys.Open(bad, service, ada); ok {
			t.Errorf("%.40q opens", bad)
		}
	}
	raw := `<iq type='set' to='chat.example'><query xmlns='urn:xmpp:spim-report:0' key='` + key + `'/></iq>`
	if got, err := xmpp.ReadKey(raw); err != nil || got != key {
		t.Errorf("read %q, %v", got, err)
	}
	for _, bad := range []string{"", "<iq/>", `<iq><query xmlns='urn:xmpp:spim-report:0'/></iq>`, `<iq><a><query xmlns='urn:xmpp:spim-report:0' key='k'/></a></iq>`, `<iq><query xmlns='urn:xmpp:spim-report:0' key='` + strings.Repeat("k", 1000) + `'/></iq>`} {
		if got, err := xmpp.ReadKey(bad); !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("%.60q: read %q, %v; want ErrInvalid", bad, got, err)
		}
	}
}

// FuzzRead: whatever comes, every reader ends, and what it took can be forwarded in a form that reads back.
func FuzzRead(f *testing.F) {
	for _, c := range complaints() {
		f.Add(xmpp.Compose(c))
		f.Add(c.Message)
	}
	f.Add(incident("bot@chat.example", "b&amp;c@chat.example"))
	f.Add(`<item jid='a'><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><text>x</text><third-party/></report></item>`)
	f.Add(`<iq type='set'><query xmlns='urn:xmpp:spim-report:0' key='a.b'/></iq>`)
	keys := xmpp.NewKeys([16]byte{1})
	f.Fuzz(func(t *testing.T, raw string) {
		if all, err := xmpp.ReadIncident(raw); err == nil && len(all) > 10 {
			t.Errorf("%d accounts", len(all))
		}
		if key, err := xmpp.ReadKey(raw); err == nil {
			if _, ok := keys.Open(key, "chat.example", "ada@chat.example"); ok {
				t.Errorf("%q opens", key)
			}
		}
		c := xmpp.Read(raw)
		if f, err := xmpp.ReadForwarded(raw); err == nil {
			c = f
		}
		c.Message = raw
		if c.About == "" {
			c.About = "spammer@far.example"
		}
		out := xmpp.Compose(&c)
		back, err := xmpp.ReadForwarded(out)
		if err != nil && !errors.Is(err, nospim.ErrTooLarge) && len(raw) < 1000 {
			t.Errorf("%q becomes %q, which reads back as %+v, %v", raw, out, back, err)
		}
	})
}
