package xmpp_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp"
	"github.com/nospim/nospim/connect/xmpp/xmpptest"
)

const (
	stranger = "nina@far.example"
	ada      = "ada@chat.example"
	room     = "tea@rooms.chat.example"
)

// given is an event as an adapter sends it: what only its server knows, and the stanza.
func given(raw string) *nospim.Event {
	return &nospim.Event{
		ID: "m-1", Time: time.Date(2026, 3, 1, 18, 4, 5, 0, time.UTC), Protocol: "xmpp", Service: "chat.example",
		Sender: nospim.Account{ID: stranger}, Recipients: []nospim.Account{{ID: ada, Local: true}},
		Relation: nospim.RelationStranger, Raw: raw,
	}
}

// said leaves of an event what the stanza said.
func said(e *nospim.Event) nospim.Event {
	return nospim.Event{Kind: e.Kind, Body: e.Body, Links: e.Links, Files: e.Files, Encrypted: e.Encrypted, Room: e.Room}
}

// TestCarriers reads every message of the common list, as clients' servers and components' servers write it.
func TestCarriers(t *testing.T) {
	t.Parallel()
	for _, part := range append(xmpptest.Silent(), xmpptest.Loud()...) {
		for _, xmlns := range []string{"", ` xmlns="jabber:client"`, ` xmlns='jabber:component:accept'`} {
			t.Run(part.Name+xmlns, func(t *testing.T) {
				t.Parallel()
				e := given(fmt.Sprintf(`<message from="%s/bot" to="%s" %s%s>%s</message>`, stranger, ada, part.Attrs, xmlns, part.XML))
				approach, err := xmpp.Read(e)
				if err != nil || approach != (part.Want.Kind != "") {
					t.Fatalf("an approach: %v, %v", approach, err)
				}
				if !approach {
					return
				}
				want := part.Want
				if strings.Contains(part.Attrs, "groupchat") || part.Name == "mediated invite" {
					want.Room = stranger
				}
				if diff := cmp.Diff(want, said(e)); diff != "" {
					t.Errorf("event (-want +got):\n%s", diff)
				}
				if err := e.Validate(); err != nil {
					t.Error(err)
				}
				if e.Client != "bot" || e.Direction != nospim.In || len(e.Can) != 7 {
					t.Errorf("client %q, direction %q, can %v", e.Client, e.Direction, e.Can)
				}
			})
		}
	}
}

// TestWho: who approaches whom, with what the adapter has said and without.
func TestWho(t *testing.T) {
	t.Parallel()
	const mediated = `<x xmlns="http://jabber.org/protocol/muc#user"><invite from="%s"><reason>come</reason></invite></x>`
	in := func(e nospim.Event) nospim.Event { e.Direction = nospim.In; return e }
	to := []nospim.Account{{ID: ada, Local: true}}
	tests := []struct {
		name  string
		given nospim.Event // besides the raw form
		raw   string
		want  nospim.Event
	}{
		{
			name: "nothing given", raw: `<message from="eve@chat.example/phone" to="ada@chat.example/home" type="chat"><body>hi</body></message>`,
			want: nospim.Event{Kind: "message", Body: "hi", Sender: nospim.Account{ID: "eve@chat.example", Local: true}, Recipients: to, Client: "phone", Direction: nospim.Local},
		},
		{
			name: "given", raw: `<message from="eve@chat.example/phone" to="bob@chat.example"><body>hi</body></message>`,
			given: nospim.Event{Sender: nospim.Account{ID: "x@y.example"}, Recipients: to, Client: "c", Direction: nospim.Out},
			want:  nospim.Event{Kind: "message", Body: "hi", Sender: nospim.Account{ID: "x@y.example"}, Recipients: to, Client: "c", Direction: nospim.Out},
		},
		{
			name: "an occupant of a joined room", raw: `<message from="` + room + `/ann" to="ada@chat.example/home" type="chat"><body>psst</body></message>`,
			given: nospim.Event{Sender: nospim.Account{ID: room, Created: time.Unix(1, 0)}, Room: room},
			want:  in(nospim.Event{Kind: "message", Body: "psst", Room: room, Sender: nospim.Account{ID: room + "/ann", Name: "ann"}, Recipients: to, Client: "ann"}),
		},
		{
			name: "somebody who writes like an occupant", raw: `<message from="` + stranger + `/ann" to="ada@chat.example/home"><x xmlns="http://jabber.org/protocol/muc#user"/><body>psst</body></message>`,
			want: in(nospim.Event{Kind: "message", Body: "psst", Sender: nospim.Account{ID: stranger}, Recipients: to, Client: "ann"}),
		},
		{
			name: "an invitation by an occupant of a room here", raw: `<message from="` + room + `" to="ada@chat.example">` + fmt.Sprintf(mediated, room+"/ann") + `</message>`,
			want: in(nospim.Event{Kind: "invite", Body: "come", Room: room, Sender: nospim.Account{ID: room + "/ann", Name: "ann"}, Recipients: to}),
		},
		{
			name: "an invitation by a person through a room here", raw: `<message from="` + room + `" to="ada@chat.example">` + fmt.Sprintf(mediated, "eve@chat.example/phone") + `</message>`,
			given: nospim.Event{Relation: nospim.RelationContact},
			want: nospim.Event{
				Kind: "invite", Body: "come", Room: room, Sender: nospim.Account{ID: "eve@chat.example", Name: "eve@chat.example", Local: true},
				Recipients: to, Relation: nospim.RelationUnknown, Direction: nospim.Local,
			},
		},
		{
			name: "a room elsewhere names somebody", raw: `<message from="r@rooms.far.example" to="ada@chat.example">` + fmt.Sprintf(mediated, "eve@chat.example/phone") + `</message>`,
			want: in(nospim.Event{Kind: "invite", Body: "come", Room: "r@rooms.far.example", Sender: nospim.Account{ID: "r@rooms.far.example", Name: "eve@chat.example"}, Recipients: to}),
		},
		{
			name: "a person names somebody", raw: `<message from="mallory@chat.example/bot" to="ada@chat.example">` + fmt.Sprintf(mediated, "eve@chat.example/phone") + `</message>`,
			want: nospim.Event{
				Kind: "invite", Body: "come", Room: "mallory@chat.example", Recipients: to, Client: "bot", Direction: nospim.Local,
				Sender: nospim.Account{ID: "mallory@chat.example", Name: "eve@chat.example", Local: true},
			},
		},
		{
			name: "both invitations, as rooms write them", raw: `<message from="` + room + `" to="ada@chat.example">` + fmt.Sprintf(mediated, room+"/ann") +
				`<x xmlns="jabber:x:conference" jid="` + room + `">come</x><body>ann invited you</body></message>`,
			want: in(nospim.Event{Kind: "invite", Body: "come\nann invited you", Room: room, Sender: nospim.Account{ID: room + "/ann", Name: "ann"}, Recipients: to}),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := test.given
			e.Service, e.Raw = "chat.example", test.raw
			approach, err := xmpp.Read(&e)
			if err != nil || !approach {
				t.Fatalf("an approach: %v, %v", approach, err)
			}
			if diff := cmp.Diff(test.want, e, cmpopts.IgnoreFields(nospim.Event{}, "Service", "Raw", "Can")); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOthers: what is no message.
func TestOthers(t *testing.T) {
	t.Parallel()
	const item = `<item jid="Spammer@Far.example/bot"><report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:spam">` +
		`<stanza-id xmlns="urn:xmpp:sid:0" by="ada@chat.example" id="a-1"/><text xml:lang="en">an <advert/>advert</text><report-origin/></report></item>`
	far := func(ids ...string) (list []nospim.Account) {
		for _, id := range ids {
			list = append(list, nospim.Account{ID: id})
		}
		return list
	}
	request := slices.DeleteFunc(nospim.Actions(), func(a nospim.Action) bool { return a == nospim.Mark })
	for name, test := range map[string]struct {
		raw  string
		want nospim.Event
	}{
		"request": {
			`<presence type="subscribe" from="n@far.example" to="ada@chat.example"><status>hi</status><status xml:lang="de">na</status><nick xmlns="http://jabber.org/protocol/nick">Nina</nick><x xmlns="vcard-temp:x:update"><photo>00</photo></x></presence>`,
			nospim.Event{Kind: "contact_request", Body: "hi\nna", Sender: nospim.Account{ID: "n@far.example", Name: "Nina"}, Recipients: []nospim.Account{{ID: ada, Local: true}}, Direction: nospim.In, Can: request},
		},
		"accept":   {`<presence type="subscribed" from="n@far.example"><status>hi</status></presence>`, nospim.Event{Kind: "contact_accept", Sender: nospim.Account{ID: "n@far.example"}, Direction: nospim.In, Observe: true}},
		"refusal":  {`<presence type="unsubscribed" from="n@far.example"/>`, nospim.Event{Kind: "contact_remove", Sender: nospim.Account{ID: "n@far.example"}, Direction: nospim.In, Observe: true}},
		"removal":  {`<presence type="unsubscribe" from="n@far.example"/>`, nospim.Event{Kind: "contact_remove", Sender: nospim.Account{ID: "n@far.example"}, Direction: nospim.In, Observe: true}},
		"presence": {`<presence from="n@far.example/a"><status>buy</status></presence>`, nospim.Event{}},
		"probe":    {`<presence type="probe" from="n@far.example"/>`, nospim.Event{}},
		"question": {`<iq type="get" from="n@far.example"><query xmlns="jabber:iq:version"/></iq>`, nospim.Event{}},
		"block":    {`<item xmlns='urn:xmpp:blocking' jid='far.example'/>`, nospim.Event{Kind: "block", Recipients: far("far.example"), Direction: nospim.In, Observe: true}},
		"report":   {item, nospim.Event{Kind: "report", Body: "an \nadvert", Refers: "a-1", Recipients: far("spammer@far.example"), Direction: nospim.In, Observe: true}},
		"blocks": {
			`<iq type="set" from="ada@chat.example/x"><block xmlns="urn:xmpp:blocking"><item jid="a@far.example"/>` + item + `<x/></block></iq>`,
			nospim.Event{Kind: "report", Body: "an \nadvert", Refers: "a-1", Sender: nospim.Account{ID: ada, Local: true}, Client: "x", Recipients: far("a@far.example", "spammer@far.example"), Direction: nospim.Local, Observe: true},
		},
		"no blocks": {`<iq type="set" from="ada@chat.example/x"><block xmlns="urn:x"><item jid="a@far.example"/></block></iq>`, nospim.Event{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := nospim.Event{Service: "chat.example", Raw: test.raw}
			approach, err := xmpp.Read(&e)
			if err != nil || approach != (test.want.Kind != "") {
				t.Fatalf("an approach: %v, %v", approach, err)
			}
			if !approach {
				return
			}
			if diff := cmp.Diff(test.want, e, cmpopts.IgnoreFields(nospim.Event{}, "Service", "Raw")); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

// TestJoinedRoom: what is said in a joined room is nobody's first contact.
func TestJoinedRoom(t *testing.T) {
	t.Parallel()
	e := given(`<message type="groupchat" from="` + room + `/ann" to="ada@chat.example/home"><body>hello all</body></message>`)
	e.Room = room
	if approach, err := xmpp.Read(e); approach || err != nil {
		t.Errorf("an approach: %v, %v", approach, err)
	}
}

// TestCiphertext: what stands beside it is not read, what it offers is.
func TestCiphertext(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]nospim.Event{
		`<subject>s</subject><encrypted xmlns="urn:xmpp:omemo:2"><payload/></encrypted><body>b</body>`: {Kind: "message", Encrypted: true},
		`<openpgp xmlns="urn:xmpp:openpgp:0"/><x xmlns="jabber:x:oob"><url>http://x.example/</url></x>`: {
			Kind: "message", Encrypted: true, Links: []string{"http://x.example/"},
		},
		`<x xmlns="jabber:x:encrypted"/><propose xmlns="urn:xmpp:jingle-message:0"/>`: {Kind: "call_offer", Encrypted: true},
		"<body>?OTR:AAM\n</body>":                         {Kind: "message", Encrypted: true},
		`<body>?OTR: look at</body>`:                      {Kind: "message", Body: "?OTR: look at"},
		`<encrypted xmlns="urn:x"><payload/></encrypted>`: {},
	} {
		e := given("<message>" + raw + "</message>")
		approach, err := xmpp.Read(e)
		if err != nil || approach != (want.Kind != "") {
			t.Fatalf("%s: an approach: %v, %v", raw, approach, err)
		}
		if diff := cmp.Diff(want, said(e)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

// TestFiles: addresses besides the first are links, and what is cut is cut between characters.
func TestFiles(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", nospim.MaxLink)
	e := given(`<message><file-sharing xmlns="urn:xmpp:sfs:0"><file xmlns="urn:xmpp:file:metadata:0"><name>a<b/>c</name><name>d</name><media-type>` + long + `</media-type><size> 7 </size><size>8</size></file>` +
		`<sources><url-data xmlns="http://jabber.org/protocol/url-data" target="http://x.example/` + long + `"/><url-data target="http://y.example/"/></sources></file-sharing>` +
		`<file-sharing xmlns="urn:xmpp:sfs:0"><sources><url-data target="http://z.example/"/></sources></file-sharing>` +
		strings.Repeat(`<file-sharing xmlns="urn:xmpp:sfs:0"><file><size>-1</size></file></file-sharing>`, 150) + `</message>`)
	if approach, err := xmpp.Read(e); !approach || err != nil {
		t.Fatalf("an approach: %v, %v", approach, err)
	}
	want := nospim.File{
		Name: "a", Type: strings.Repeat("é", nospim.MaxShort/2), Size: 7,
		URL: "http://x.example/" + strings.Repeat("é", (nospim.MaxLink-len("http://x.example/"))/2),
	}
	if diff := cmp.Diff(want, e.Files[0]); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"http://y.example/"}, e.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if len(e.Files) != nospim.MaxFiles || e.Files[1].Size != 0 || e.Kind != nospim.KindFileOffer {
		t.Errorf("%d files, the second %+v, kind %s", len(e.Files), e.Files[1], e.Kind)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
}

// TestTooLarge: a stanza that cannot be kept is judged all the same, and cannot be held.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	e := given("<message><body>" + strings.Repeat("€", nospim.MaxBody/3) + "ééé</body></message>")
	if approach, err := xmpp.Read(e); !approach || err != nil {
		t.Fatalf("an approach: %v, %v", approach, err)
	}
	if err := e.Validate(); err != nil || e.Raw != "" || len(e.Body) <= nospim.MaxBody-3 {
		t.Errorf("raw has %d bytes, the body %d: %v", len(e.Raw), len(e.Body), err)
	}
	if diff := cmp.Diff([]nospim.Action{nospim.Allow, nospim.Throttle, nospim.Reject, nospim.Drop}, e.Can); diff != "" {
		t.Errorf("can (-want +got):\n%s", diff)
	}
}

// TestUnreadable: what another reader let pass is judged by its text; what is no stanza is refused.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for raw, body := range map[string]string{
		`<message><p:a:b:c/><body>buy &lt;this&gt; &amp; that</body></message>`:     "buy <this> & that",
		`<message p:a:b="x"><body>buy</body>`:                                       "buy",
		`<presence type="subscribe"><status>hi</status><status>you</presence>`:      "hi\nyou",
		"<message><body>\x01</body><body>two</body></message>":                      "\x01\ntwo",
		`<message><encrypted xmlns="urn:xmpp:omemo:2"><payload/></x></message>text`: "text",
		`<message `: "",
	} {
		e := given(raw)
		approach, err := xmpp.Read(e)
		if !approach || err != nil || e.Kind != nospim.KindMessage || e.Body != body || e.Encrypted {
			t.Errorf("%s: %v, %v, %s %q", raw, approach, err, e.Kind, e.Body)
		}
	}
	for _, raw := range []string{"", "hello", "<message", "<messages/>", " <message/>", `<stream:features/>`, `<iq><block`, `<item <`, `{"a":1}`} {
		var input *nospim.InputError
		if approach, err := xmpp.Read(given(raw)); approach || !errors.As(err, &input) || input.Field != "raw" {
			t.Errorf("%q: %v, %v; want an error that names raw", raw, approach, err)
		}
	}
}

// TestLeaves: what goes to other servers is neither marked nor challenged, and its sender is who sent it, also in a room.
func TestLeaves(t *testing.T) {
	t.Parallel()
	e := &nospim.Event{
		Service: "chat.example", Direction: nospim.Out, Room: "tea@rooms.far.example",
		Raw: `<message from="ada@chat.example/home" to="tea@rooms.far.example/bob" id="1"><body>psst</body></message>`,
	}
	approach, err := xmpp.Read(e)
	want := []nospim.Action{nospim.Allow, nospim.Throttle, nospim.Hold, nospim.Reject, nospim.Drop}
	if err != nil || !approach || e.Sender.ID != "ada@chat.example" || !e.Sender.Local || e.Direction != nospim.Out || e.WireID != "1" || !slices.Equal(e.Can, want) {
		t.Errorf("%v, %v: %+v", approach, err, e)
	}
}
