package door

import (
	"context"
	"encoding/xml"
	"log/slog"
	"strings"
	"testing"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
)

// echo is a part that answers pings of anybody.
type echo struct{ seen []*Stanza }

func (*echo) Disco() ([]Identity, []string) {
	return []Identity{{"test", "echo"}}, []string{"urn:example:ping"}
}

func (*echo) Attend(context.Context, *xmpp.Session) {}

func (e *echo) Handle(_ context.Context, in *Stanza) (xml.TokenReader, bool) {
	e.seen = append(e.seen, in)
	var ping struct {
		Ping *struct {
			Word string `xml:"word,attr"`
		} `xml:"urn:example:ping ping"`
	}
	if in.TooLarge || in.Decode(&ping) != nil || ping.Ping == nil {
		return nil, false
	}
	if ping.Ping.Word == "" {
		return in.Refuse("modify", "bad-request", Element("urn:example:ping", "wordless", nil)), true
	}
	return in.Result(Element("urn:example:ping", "pong", Attrs{"word": ping.Ping.Word})), true
}

// wire is the stream of a session, of which a handler sees one stanza.
type wire struct {
	xml.TokenReader
	*xml.Encoder
}

// give has a door take a stanza, and returns what it writes.
func give(t *testing.T, d *Door, stanza string) string {
	t.Helper()
	var out strings.Builder
	in := xml.NewDecoder(strings.NewReader(stanza))
	token, err := in.Token()
	if err != nil {
		t.Fatal(err)
	}
	start, ok := token.(xml.StartElement)
	if !ok {
		t.Fatalf("%q begins with no element", stanza)
	}
	w := wire{xmlstream.InnerElement(in), xml.NewEncoder(&out)}
	if err := d.take(t.Context(), w, &start); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestParts(t *testing.T) {
	part := &echo{}
	d := &Door{Name: "nospim.chat.example", Talk: Talk{Service: "chat.example"}, Parts: []Part{part}, Log: slog.New(slog.DiscardHandler)}
	iq := func(from, payload string) string {
		return `<iq xmlns="jabber:component:accept" type="get" id="i1" from="` + from + `" to="nospim.chat.example">` + payload + `</iq>`
	}
	for _, c := range []struct {
		name, give string
		want       []string // parts of the answer; none means no answer
	}{
		{
			"a part answers anybody", iq("eve@elsewhere.example/x", `<ping xmlns="urn:example:ping" word="a&amp;b"/>`),
			[]string{`type="result"`, `id="i1"`, `to="eve@elsewhere.example/x"`, `from="nospim.chat.example"`, `<pong xmlns="urn:example:ping" word="a&amp;b"`},
		},
		{"a part refuses", iq("elsewhere.example", `<ping xmlns="urn:example:ping"/>`), []string{`type="error"`, `type="modify"`, "bad-request", "wordless"}},
		{"what no part wants is the door's, which answers nobody from elsewhere", iq("eve@elsewhere.example", `<other xmlns="urn:example:other"/>`), nil},
		{"its own people it does", iq("ada@chat.example/x", `<other xmlns="urn:example:other"/>`), []string{"service-unavailable"}},
		{
			"who asks what is here is told of the parts", iq("elsewhere.example", `<query xmlns="http://jabber.org/protocol/disco#info"/>`),
			[]string{`category="automation"`, `category="test"`, `var="http://jabber.org/protocol/commands"`, `var="urn:example:ping"`},
		},
		{"too large", iq("ada@chat.example/x", `<ping xmlns="urn:example:ping" word="w"/>`+strings.Repeat("<x/>", MaxStanza/4)), nil},
		{"too large in one text", iq("ada@chat.example/x", `<x>`+strings.Repeat("x", MaxStanza)+`</x>`), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			part.seen = nil
			got := give(t, d, c.give)
			if (got == "") != (c.want == nil) {
				t.Errorf("answered %q", got)
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("answered %q, without %q", got, want)
				}
			}
			if len(part.seen) != 1 || part.seen[0].TooLarge != strings.HasPrefix(c.name, "too large") || part.seen[0].ID != "i1" {
				t.Errorf("the part saw %+v", part.seen)
			}
		})
	}
}

// FuzzReadStanza reads whatever comes, at most so much of it.
func FuzzReadStanza(f *testing.F) {
	f.Add(`<message from="a" id="b"><body>hello</body></message>`)
	f.Add(`<iq type="get"><query xmlns="x"><!-- c --><?p i?></query></iq>`)
	f.Add(`<iq><unclosed></iq>`)
	f.Fuzz(func(t *testing.T, s string) {
		in := xml.NewDecoder(strings.NewReader(s))
		token, err := in.Token()
		start, ok := token.(xml.StartElement)
		if err != nil || !ok {
			return
		}
		got, err := readStanza(&start, xmlstream.InnerElement(in))
		if err != nil || got.TooLarge {
			return
		}
		var message incoming
		if err := got.Decode(&message); err == nil && message.ID != got.ID && strings.Count(s, "id") == 1 {
			t.Fatalf("the id is %q and %q", message.ID, got.ID)
		}
	})
}
