package servertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/xmpptest"
)

// carriers sends every part from one stranger to another, and asserts the events one by one: none too few, none too many.
func carriers(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	var all strings.Builder
	var want []nospim.Event
	for _, p := range append(xmpptest.Silent(), xmpptest.Loud()...) {
		fmt.Fprintf(&all, `<message to="%s" id="%s" %s>%s</message>`, b.full, p.Name, p.Attrs, p.XML)
		if p.Want.Kind == "" {
			continue
		}
		e := p.Want
		e.Body = sorted(e.Body)
		e.Sender.ID, e.Relation, e.Client = a.jid, nospim.RelationStranger, "phone"
		switch {
		case strings.Contains(p.Attrs, "groupchat"):
			e.Room = a.jid
		case p.Name == "mediated invite": // from a person who pretends to be a room, and names somebody
			e.Room, e.Sender.Name = a.jid, "eve@chat.example"
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
		if e.Raw == "" || e.ID == "" || len(e.Can) != 7 {
			t.Errorf("event without id, wire form or actions: %+v", e)
		}
		got = append(got, nospim.Event{
			Kind: e.Kind, Sender: nospim.Account{ID: e.Sender.ID, Name: e.Sender.Name}, Room: e.Room, Relation: e.Relation, Client: e.Client,
			Body: sorted(e.Body), Links: e.Links, Files: e.Files, Encrypted: e.Encrypted,
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

// sorted returns the lines of a body in an order of their own: a server may put the parts of a message into another order.
func sorted(body string) string {
	return strings.Join(slices.Sorted(slices.Values(strings.Split(body, "\n"))), "\n")
}

// chatRooms: invitations by a room are the inviter's, whom it names by address or by nick; what is said in a joined room is nobody's first contact, what an
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
	if e.Sender.ID != room+"/ann" && e.Sender.ID != a.jid || e.Room != room || !strings.Contains(e.Body, "come in") {
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
