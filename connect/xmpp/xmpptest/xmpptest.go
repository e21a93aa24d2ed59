// Package xmpptest holds stanzas for the tests of what reads them and of the adapters that pick them: those that carry a first
// contact, with what they say, and those that do not.
package xmpptest

import (
	"slices"
	"strings"

	"github.com/nospim/nospim"
)

// Part is what a message holds, and what of it an event says.
type Part struct {
	Name string
	// XML are the children of the stanza.
	XML string
	// Attrs are its attributes besides from, to and id; mostly type="chat".
	Attrs string
	// Want is the event, with Kind, Body, Links, Files and Encrypted alone. It has no kind when the message is not to be judged.
	Want nospim.Event
}

// Silent returns messages that carry no first contact.
func Silent() []Part {
	return chat([]Part{
		{Name: "empty", XML: ``},
		{Name: "blank body", XML: `<body> </body>`},
		{Name: "receipt", XML: `<received xmlns="urn:xmpp:receipts" id="1"/>`},
		{Name: "chat state", XML: `<composing xmlns="http://jabber.org/protocol/chatstates"/>`},
		{Name: "marker", XML: `<displayed xmlns="urn:xmpp:chat-markers:0" id="1"/>`},
		{Name: "error", XML: `<body>x</body><error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`, Attrs: `type="error"`},
		{Name: "personal event", XML: `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="urn:xmpp:avatar:metadata"><item/></items></event>`, Attrs: `type="headline"`},
		{Name: "key exchange", XML: `<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"/></encrypted>`},
		{Name: "call ended", XML: `<retract xmlns="urn:xmpp:jingle-message:0" id="1"/>`},
		{Name: "link mention", XML: `<reference xmlns="urn:xmpp:reference:0" type="mention" uri="xmpp:ada@chat.example"/>`},
	})
}

// Loud returns messages that carry a first contact.
func Loud() []Part {
	return chat([]Part{
		{Name: "body", XML: `<body>hello</body>`, Want: nospim.Event{Kind: nospim.KindMessage, Body: "hello"}},
		{Name: "headline", Attrs: `type="headline"`, XML: `<body>news</body>`, Want: nospim.Event{Kind: nospim.KindMessage, Body: "news"}},
		{Name: "two languages", XML: `<subject>s</subject><body>one</body><body xml:lang="de">zwei</body>`, Want: nospim.Event{Kind: nospim.KindMessage, Body: "s\none\nzwei"}},
		{
			Name: "groupchat from no room", Attrs: `type="groupchat"`, XML: `<body>hi all</body>`,
			Want: nospim.Event{Kind: nospim.KindMessage, Body: "hi all"},
		},
		{
			Name: "mediated invite", XML: `<x xmlns="http://jabber.org/protocol/muc#user"><invite from="eve@chat.example/x"><reason>come</reason></invite></x>`,
			Want: nospim.Event{Kind: nospim.KindInvite, Body: "come"},
		},
		{
			Name: "direct invite", XML: `<x xmlns="jabber:x:conference" jid="r@rooms.chat.example" reason="come"/>`,
			Want: nospim.Event{Kind: nospim.KindInvite, Body: "come", Room: "r@rooms.chat.example"},
		},
		{Name: "call", XML: `<propose xmlns="urn:xmpp:jingle-message:0" id="1"><description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"/></propose>`, Want: nospim.Event{Kind: nospim.KindCallOffer}},
		{Name: "link", XML: `<x xmlns="jabber:x:oob"><url>http://x.example/a</url></x>`, Want: nospim.Event{Kind: nospim.KindMessage, Links: []string{"http://x.example/a"}}},
		{
			Name: "rich text", XML: `<body>see here</body><html xmlns="http://jabber.org/protocol/xhtml-im"><body xmlns="http://www.w3.org/1999/xhtml"><p>see <a href="http://x.example/b">h<b>er</b>e</a></p></body></html>`,
			Want: nospim.Event{Kind: nospim.KindMessage, Body: "see here", Links: []string{"http://x.example/b"}},
		},
		{
			Name: "other rich text", XML: `<body>hi</body><html xmlns="http://jabber.org/protocol/xhtml-im"><body xmlns="http://www.w3.org/1999/xhtml">buy</body></html>`,
			Want: nospim.Event{Kind: nospim.KindMessage, Body: "hi\nbuy"},
		},
		{
			Name: "file, XEP-0385", XML: `<reference xmlns="urn:xmpp:reference:0" type="data"><media-sharing xmlns="urn:xmpp:sims:1"><file xmlns="urn:xmpp:jingle:apps:file-transfer:5"><media-type>image/png</media-type><name>a.png</name><size>12</size></file><sources><reference xmlns="urn:xmpp:reference:0" type="data" uri="http://x.example/a.png"/></sources></media-sharing></reference>`,
			Want: nospim.Event{Kind: nospim.KindFileOffer, Files: []nospim.File{{Name: "a.png", Type: "image/png", Size: 12, URL: "http://x.example/a.png"}}},
		},
		{
			Name: "file, XEP-0447", XML: `<body>look</body><file-sharing xmlns="urn:xmpp:sfs:0"><file xmlns="urn:xmpp:file:metadata:0"><name>b.exe</name><size>99999999999999999999999</size></file><sources><url-data xmlns="http://jabber.org/protocol/url-data" target="http://x.example/b.exe"/></sources></file-sharing>`,
			Want: nospim.Event{Kind: nospim.KindMessage, Body: "look", Files: []nospim.File{{Name: "b.exe", Size: 1 << 53, URL: "http://x.example/b.exe"}}},
		},
		{Name: "OMEMO", XML: `<body>fallback hold-me</body><encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"/><payload>AAAA</payload></encrypted>`, Want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
		{Name: "OMEMO 2", XML: `<body>fallback</body><encrypted xmlns="urn:xmpp:omemo:2"><header sid="1"/><payload>AAAA</payload></encrypted>`, Want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
		{Name: "OpenPGP", XML: `<body>fallback</body><openpgp xmlns="urn:xmpp:openpgp:0">AAAA</openpgp>`, Want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
		{Name: "old OpenPGP", XML: `<body>fallback</body><x xmlns="jabber:x:encrypted">AAAA</x>`, Want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
		{Name: "OTR", XML: `<body>?OTR:AAMDAAAA.</body>`, Want: nospim.Event{Kind: nospim.KindMessage, Encrypted: true}},
		{
			Name: "more links than an event may have", XML: `<html xmlns="http://jabber.org/protocol/xhtml-im"><body xmlns="http://www.w3.org/1999/xhtml">` +
				strings.Repeat(`<a href="http://x.example/`+strings.Repeat("é", nospim.MaxLink/2)+`"/>`, 3) + strings.Repeat(`<a href="http://x.example/"/>`, 150) + `</body></html>`,
			Want: nospim.Event{Kind: nospim.KindMessage, Links: append(
				slices.Repeat([]string{"http://x.example/" + strings.Repeat("é", (nospim.MaxLink-len("http://x.example/"))/2)}, 3),
				slices.Repeat([]string{"http://x.example/"}, 97)...)},
		},
		{Name: "OTR greeting with text", XML: `<body>?OTRv23? buy this</body>`, Want: nospim.Event{Kind: nospim.KindMessage, Body: "?OTRv23? buy this"}},
	})
}

// chat sets the type of those that have none.
func chat(parts []Part) []Part {
	for i := range parts {
		if parts[i].Attrs == "" {
			parts[i].Attrs = `type="chat"`
		}
	}
	return parts
}
