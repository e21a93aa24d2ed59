package xmpp_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp"
	"github.com/nospim/nospim/connect/xmpp/xmpptest"
	"github.com/nospim/nospim/internal/effort"
)

// Whatever a stanza is, reading it makes a valid event, the same each time, or an error that says that it is none; and what
// is delivered in its place is one stanza.
func FuzzRead(f *testing.F) {
	for _, part := range append(xmpptest.Silent(), xmpptest.Loud()...) {
		if len(part.XML) < 1000 {
			f.Add(`<message from="`+stranger+`/a" to="`+ada+`" `+part.Attrs+`>`+part.XML+`</message>`, false)
		}
	}
	f.Add(`<presence type="subscribe" from="a@b/c"><status>hi</status><nick>N</nick></presence>`, false)
	f.Add(`<iq type="set"><block xmlns="urn:xmpp:blocking"><item jid="a@b"><report><text>x</text></report></item></block></iq>`, true)
	f.Add(`<message type="groupchat" from="`+room+`/x"><body>&#x1;</body>`, true)
	f.Add(`<message><a:b:c/><body>&amp;lt;</body>`, true)
	f.Fuzz(func(t *testing.T, raw string, joined bool) {
		e, again := given(raw), given(raw)
		if joined {
			e.Room, again.Room = room, room
		}
		var approach bool
		var err error
		if cost := effort.Of(func() { approach, err = xmpp.Read(e) }); cost > 30*time.Second {
			t.Fatalf("%d bytes cost %v", len(raw), cost)
		}
		if other, _ := xmpp.Read(again); other != approach || again.Body != e.Body || again.Kind != e.Kind {
			t.Fatalf("read once more, it is %v %s %q, not %v %s %q", other, again.Kind, again.Body, approach, e.Kind, e.Body)
		}
		if err != nil || !approach {
			return
		}
		if !strings.HasPrefix(raw, "<message") && !strings.HasPrefix(raw, "<presence") && !e.Observe {
			t.Fatalf("%q approaches somebody", raw)
		}
		e.Body, e.Sender.Name = strings.ToValidUTF8(e.Body, ""), strings.ToValidUTF8(e.Sender.Name, "") // the line has valid UTF-8 only
		if err := e.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, a := range []nospim.Action{nospim.Mark, nospim.Reject} {
			instead := xmpp.Instead(e, &nospim.Verdict{Action: a, Signals: []nospim.Signal{{Why: "<&\""}}})
			if wellFormed(e.Raw) && !wellFormed(instead) {
				t.Fatalf("instead of %q to %s: %q", raw, a, instead)
			}
		}
	})
}

// TestShapes: no shape of a large stanza takes long or much memory.
func TestShapes(t *testing.T) {
	for name, raw := range map[string]string{
		"deep":       strings.Repeat("<a>", nospim.MaxRaw/3),
		"deep html":  `<html xmlns="http://jabber.org/protocol/xhtml-im">` + strings.Repeat("<a>", nospim.MaxRaw/3),
		"wide":       strings.Repeat("<a/>", nospim.MaxRaw/4),
		"bodies":     strings.Repeat("<body>a</body><body>b</body>", nospim.MaxRaw/28),
		"attributes": "<a" + strings.Repeat(` b=""`, nospim.MaxRaw/5) + "/>",
		"namespaces": strings.Repeat(`<a xmlns:b="c">`, nospim.MaxRaw/15),
		"sources":    `<file-sharing xmlns="urn:xmpp:sfs:0"><sources>` + strings.Repeat(`<url-data target="x"/>`, nospim.MaxRaw/22),
		"pieces":     "<body>" + strings.Repeat("<![CDATA[a]]>", nospim.MaxRaw/13),
		"commented":  "<body>" + strings.Repeat("a<!---->", nospim.MaxRaw/8),
		"entities":   "<body>" + strings.Repeat("&amp;", nospim.MaxRaw/5),
		"invites":    `<x xmlns="http://jabber.org/protocol/muc#user">` + strings.Repeat(`<invite from="a@b/c"><reason>x</reason></invite>`, nospim.MaxRaw/48),
		"brackets":   strings.Repeat("<", nospim.MaxRaw),
		"texts":      "</" + strings.Repeat("a>b<", nospim.MaxRaw/4),
		"items":      `<iq><block xmlns="urn:xmpp:blocking">` + strings.Repeat(`<item jid="a"/>`, nospim.MaxRaw/15),
	} {
		t.Run(name, func(t *testing.T) {
			e := given("<message>" + raw)
			if strings.HasPrefix(raw, "<iq") {
				e = given(raw)
				e.Recipients = nil
			}
			var approach bool
			const most = 30 * time.Second // of CPU time, many times what the race detector takes; TestLinear looks closer
			if cost := effort.Of(func() { approach, _ = xmpp.Read(e) }); cost > most {
				t.Errorf("it cost %v", cost)
			}
			if err := e.Validate(); approach && err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLinear: twice the stanza takes about twice the memory, in each shape that nests.
func TestLinear(t *testing.T) {
	for name, piece := range map[string]string{"deep": "<a>", "namespaces": `<a xmlns:b="c">`, "text": "<a>b"} {
		allocated := func(pieces int) uint64 {
			raw := `<message><html xmlns="http://jabber.org/protocol/xhtml-im">` + strings.Repeat(piece, pieces)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = xmpp.Read(given(raw))
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		if small, large := allocated(5000), allocated(50_000); large > 15*small {
			t.Errorf("%s: ten times the stanza takes %d times the memory", name, large/small)
		}
	}
}

// BenchmarkRead is the cost of reading a stanza as most are.
func BenchmarkRead(b *testing.B) {
	raw := `<message from='nina@far.example/bot' id='a1b2c3' to='ada@chat.example' type='chat' xml:lang='en'><body>are you there, number 7?</body>` +
		`<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='a1b2c3'/></message>`
	b.ReportAllocs()
	for b.Loop() {
		if approach, err := xmpp.Read(given(raw)); !approach || err != nil {
			b.Fatal(approach, err)
		}
	}
}
