package prosody_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

// part is what a message holds, and what of it an event says. A part without kind makes no event.
type part struct {
	name  string
	xml   string // children of the stanza
	attrs string // of the stanza, instead of type="chat"
	want  nospim.Event
}

// silent are the stanzas that carry no first contact.
var silent = []part{
	{name: "empty", xml: ``},
	{name: "blank body", xml: `<body> </body>`},
	{name: "receipt", xml: `<received xmlns="urn:xmpp:receipts" id="1"/>`},
	{name: "chat state", xml: `<composing xmlns="http://jabber.org/protocol/chatstates"/>`},
	{name: "marker", xml: `<displayed xmlns="urn:xmpp:chat-markers:0" id="1"/>`},
	{name: "error", xml: `<body>x</body><error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`, attrs: `type="error"`},
	{name: "personal event", xml: `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="urn:xmpp:avatar:metadata"><item/></items></event>`, attrs: `type="headline"`},
	{name: "key exchange", xml: `<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"/></encrypted>`},
	{name: "call ended", xml: `<retract xmlns="urn:xmpp:jingle-message:0" id="1"/>`},
	{name: "link mention", xml: `<reference xmlns="urn:xmpp:reference:0" type="mention" uri="xmpp:ada@chat.example"/>`},
}

// loud are the carriers of first contact.
var loud = []part{
	{name: "body", xml: `<body>hello</body>`, want: nospim.Event{Kind: nospim.KindMessage, Body: "hello"}},
	{name: "headline", attrs: `type="headline"`, xml: `<body>news</body>`, want: nospim.Event{Kind: nospim.KindMessage, Body: "news"}},
	{name: "two languages", xml: `<subject>s</subject><body>one</body><body xml:lang="de">zwei</body>`, want: nospim.Event{Kind: nospim.KindMessage, Body: "s\none\nzwei"}},
	{
		name: "groupchat from no room", attrs: `type="groupchat"`, xml: `<body>hi all</body>`,
		want: nospim.Event{Kind: nospim.KindMessage, Body: "hi all"},
	},
	{
		name: "mediated invite", xml: `<x xmlns="http://jabber.org/protocol/muc#user"><invite from="eve@chat.example/x"><reason>come</reason></invite></x>`,
		want: nospim.Event{Kind: nospim.KindInvite, Body: "come"},
	},
	{
		name: "direct invite", xml: `<x xmlns="jabber:x:conference" jid="r@rooms.chat.example" reason="come"/>`,
		want: nospim.Event{Kind: nospim.KindInvite, Body: "come", Room: "r@rooms.chat.example"},
	},
	{name: "call", xml: `<propose xmlns="urn:xmpp:jingle-message:0" id="1"><description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></propose>`, want: nospim.Event{Kind: nospim.KindCallOffer}},
	{name: "link", xml: `<x xmlns="jabber:x:oob"><url>http://x.example/a</url></x>`, want: nospim.Event{Kind: nospim.KindMessage, Links: []string{"http://x.example/a"}}},
	{
		name: "rich text", xml: `<body>see here</body><html xmlns="http://jabber.org/protocol/xhtml-im"><body xmlns="http://www.w3.org/1999/xhtml"><p>see <a href="http://x.example/b">h<b>er</b>e</a></p></body></html>`,
		want: nospim.Event{Kind: nospim.KindMessage, Body: "see here", Links: []string{"http://x.example/b"}},
	},
	{
		name: "other rich text", xml: `<body>hi</body><html xmlns="http://jabber.org/protocol/xhtml-im"><body xmlns="http://www.w3.org/1999/xhtml">buy</body></html>`,
		want: nospim.Event{Kind: nospim.KindMessage, Body: "hi\nbuy"},
	},
	{
		name: "file, XEP-0385", xml: `<reference xmlns="urn:xmpp:reference:0" type="data"><media-sharing xmlns="urn:xmpp:sims:1"><file xmlns="urn:xmpp:jingle:apps:file-transfer:5"><media-type>image/png</media-type><name>a.png</name><size>12</size></file><sources><reference xmlns="urn:xmpp:reference:0" type="data" uri="http://x.example/a.png"/></sources></media-sharing></reference>`,
		want: nospim.Event{Kind: nospim.KindFileOffer, Files: []nospim.File{{Name: "a.png", Type: "image/png", Size: 12, URL: "http://x.example/a.png"}}},
	},
	{
		name: "file, XEP-0447", xml: `<body>look</body><file-sharing xmlns="urn:xmpp:sfs:0"><file xmlns="urn:xmpp:file:metadata:0"><name>b.exe</name><size>99999999999999999999999</size></file><sources><url-data xmlns="http://jabber.org/protocol/url-data" target="http://x.example/b.exe"/></sources></file-sharing>`,
		want: nospim.Event{Kind: nospim.KindMessage, Body: "look", Files: []nospim.File{{Name: "b.exe", Size: 1 << 53, URL: "http://x.example/b.exe"}}},
	},
	{name: "OMEMO", xml: `<body>fallback hold-me</body><encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"/><payload>AAAA</payload></encrypted>`, want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
	{name: "OMEMO 2", xml: `<body>fallback</body><encrypted xmlns="urn:xmpp:omemo:2"><header sid="1"/><payload>AAAA</payload></encrypted>`, want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
	{name: "OpenPGP", xml: `<body>fallback</body><openpgp xmlns="urn:xmpp:openpgp:0">AAAA</openpgp>`, want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
	{name: "old OpenPGP", xml: `<body>fallback</body><x xmlns="jabber:x:encrypted">AAAA</x>`, want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
	{name: "OTR", xml: `<body>?OTR:AAMDAAAA.</body>`, want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
	{
		name: "more links than an event may have", xml: `<html xmlns="http://jabber.org/protocol/xhtml-im"><body xmlns="http://www.w3.org/1999/xhtml">` +
			strings.Repeat(`<a href="http://x.example/`+strings.Repeat("é", nospim.MaxLink/2)+`"/>`, 3) + strings.Repeat(`<a href="http://x.example/"/>`, 150) + `</body></html>`,
		want: nospim.Event{Kind: nospim.KindMessage, Links: append(
			slices.Repeat([]string{"http://x.example/" + strings.Repeat("é", (nospim.MaxLink-len("http://x.example/"))/2)}, 3),
			slices.Repeat([]string{"http://x.example/"}, 97)...)},
	},
	{name: "OTR greeting with text", xml: `<body>?OTRv23? buy this</body>`, want: nospim.Event{Kind: nospim.KindMessage, Body: "?OTRv23? buy this"}},
}

// carriers sends every part from one stranger to another, and asserts the events one by one: none too few, none too many.
func carriers(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	var all strings.Builder
	var want []nospim.Event
	for _, p := range append(append([]part{}, silent...), loud...) {
		attrs := p.attrs
		if attrs == "" {
			attrs = `type="chat"`
		}
		fmt.Fprintf(&all, `<message to="%s" id="%s" %s>%s</message>`, b.full, p.name, attrs, p.xml)
		if p.want.Kind == "" {
			continue
		}
		e := p.want
		e.Sender.ID, e.Relation, e.Client = a.jid, nospim.RelationStranger, "phone"
		switch {
		case strings.Contains(p.attrs, "groupchat"):
			e.Room = a.jid
		case p.name == "mediated invite": // from a person who pretends to be a room of this host
			e.Room, e.Sender.ID = a.jid, "eve@chat.example"
		}
		want = append(want, e)
	}
	a.send(all.String() + `<message to="` + a.jid + `"><body>to my own devices</body></message>` + chat(b.jid, "the end"))
	b.waitBody("the end")
	var got []nospim.Event
	for _, e := range s.judge.about(b.jid) {
		if e.Observe || e.Body == "the end" {
			continue
		}
		if e.Raw == "" || e.ID == "" || len(e.Can) != 5 {
			t.Errorf("event without id, wire form or actions: %+v", e)
		}
		got = append(got, nospim.Event{
			Kind: e.Kind, Sender: nospim.Account{ID: e.Sender.ID}, Room: e.Room, Relation: e.Relation, Client: e.Client,
			Body: e.Body, Links: e.Links, Files: e.Files, Encrypted: e.Encrypted,
		})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for _, e := range s.judge.about(a.jid) {
		if e.Body == "to my own devices" {
			t.Error("a message to the sender's own devices was judged")
		}
	}
}

// chatRooms: invitations by a room are the inviter's, what is said in a joined room is nobody's first contact, what an
// occupant says in private is.
func chatRooms(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	room := "r1@" + rooms
	enter := func(c *client, nick string) {
		c.send(`<presence to="` + room + `/` + nick + `"><x xmlns="http://jabber.org/protocol/muc"/></presence>`)
		c.wait("its own presence in the room", func(m stanza) bool { return m.From == room+"/"+nick && strings.Contains(m.Inner, "110") })
	}
	enter(a, "ann")
	a.send(`<iq type="set" id="cfg" to="` + room + `"><query xmlns="http://jabber.org/protocol/muc#owner"><x xmlns="jabber:x:data" type="submit"/></query></iq>`)
	a.wait("the room", func(m stanza) bool { return m.ID == "cfg" })
	a.send(`<message to="` + room + `"><x xmlns="http://jabber.org/protocol/muc#user"><invite to="` + b.jid + `"><reason>come in</reason></invite></x></message>`)
	e := s.judge.wait(t, b.jid, ofKind(nospim.KindInvite))
	if e.Sender.ID != room+"/ann" || e.Room != room || !strings.Contains(e.Body, "come in") {
		t.Errorf("the invitation is told as %+v", e)
	}
	enter(b, "bob")
	a.send(`<message to="` + room + `" type="groupchat"><body>hello room</body></message>`)
	b.waitBody("hello room")
	a.send(`<message to="` + room + `/bob" type="chat"><body>psst</body></message>`)
	b.waitBody("psst")
	e = s.judge.wait(t, b.jid, func(e nospim.Event) bool { return e.Body == "psst" })
	if e.Sender.ID != room+"/ann" || e.Sender.Name != "ann" || e.Room != room {
		t.Errorf("the private message is told as %+v", e)
	}
	for _, e := range s.judge.about(b.jid) {
		if e.Body == "hello room" {
			t.Error("what was said in a joined room was judged")
		}
	}
}
