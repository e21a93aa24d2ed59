package servertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

// scene is what the tests that share one server have in common.
type scene struct {
	*world
	judge  *judge
	orders *orders
	nospim *nospimd
}

// byWords drives one server, and a judge that decides by words.
func byWords(t *testing.T, k *Kind) {
	j, o := &judge{}, newOrders()
	d := startNospim(t, freeAddr(t), j, o)
	s := &scene{world: startWorld(t, k, Options{Port: d.port, Timeout: patient, Archive: true}), judge: j, orders: o, nospim: d}
	s.answers(t, 1)
	for name, test := range map[string]func(*testing.T, *scene){
		"passes and blocks in order": passesAndBlocksInOrder,
		"marks":                      marks,
		"holds and releases":         holdsAndReleases,
		"holds a request":            holdsARequest,
		"refuses a request":          refusesARequest,
		"registration":               registration,
		"report":                     report,
		"log-ins":                    logins,
		"components":                 components,
		"one write, plain":           oneWritePlain,
		"one write, TLS":             oneWriteTLS,
		"nothing overtakes":          nothingOvertakes,
		"contacts are judged":        contactsAreJudged,
		"asked, not answered":        askedNotAnswered,
		"carriers":                   carriers,
		"offline":                    offline,
		"disguised":                  disguised,
		"large":                      large,
		"broken gateway":             brokenGateway,
		"rooms":                      chatRooms,
		"orders it cannot do":        ordersItCannotDo,
		"said to nospim":             saidToNospim,
		"challenges":                 challenges,
		"throttles":                  throttles,
		"notifies":                   notifies,
		"retracts":                   retracts,
		"counts":                     counts,
		"strange invitations":        strangeInvitations,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

func passesAndBlocksInOrder(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	var all strings.Builder
	var want []string
	for i := range 30 {
		body := fmt.Sprintf("hello %d", i)
		switch i % 3 {
		case 1:
			body += " reject-me"
		case 2:
			body += " drop-me"
		default:
			want = append(want, body)
		}
		all.WriteString(chat(b.jid, body))
	}
	a.send(all.String())
	if diff := cmp.Diff(want, b.waitBodies(len(want))); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
	refused := 0
	a.until("10 errors", func(all []stanza) bool {
		refused = 0
		for _, m := range all {
			if m.Type == "error" && strings.Contains(m.Inner, "policy-violation") {
				refused++
			}
		}
		return refused >= 10
	})
	id := s.judge.wait(t, a.jid, func(e nospim.Event) bool { return strings.Contains(e.Body, "reject-me") }).ID
	a.wait("the event's id in the error", func(m stanza) bool { return m.Type == "error" && strings.Contains(m.Inner, id) })
	if refused != 10 {
		t.Errorf("%d refusals, want 10", refused)
	}
}

func marks(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	forged := `<mark xmlns="urn:xmpp:spim-marker:0" filter="CHAT.example">forged</mark>`
	other := `<mark xmlns="urn:xmpp:spim-marker:0" filter="other.example">theirs</mark>`
	a.say(b.jid, "mark-me")
	a.send(`<message to="` + b.jid + `"><body>not marked</body>` + forged + other + `</message>`)
	a.send(`<message to="` + b.jid + `"><received xmlns="urn:xmpp:receipts" id="r"/>` + forged + `</message>`)
	if m := b.waitBody("mark-me"); !strings.Contains(m.Inner, `filter='chat.example'`) || !strings.Contains(m.Inner, "a trigger word") {
		t.Errorf("no mark of ours in %s", m.Inner)
	}
	if m := b.waitBody("not marked"); strings.Contains(m.Inner, "forged") || !strings.Contains(m.Inner, "theirs") {
		t.Errorf("want the other filter's mark and not the forged one in %s", m.Inner)
	}
	m := b.wait("the receipt", func(m stanza) bool { return strings.Contains(m.Inner, "urn:xmpp:receipts") })
	if strings.Contains(m.Inner, "forged") {
		t.Errorf("a forged mark passed with a receipt: %s", m.Inner)
	}
	if i := slices.IndexFunc(s.judge.about(a.jid), func(e nospim.Event) bool { return strings.Contains(e.Raw, "forged") }); i >= 0 {
		t.Error("the forged mark is in the event's wire form, and would be delivered with it later")
	}
}

// held makes a hold and returns its event.
func held(t *testing.T, s *scene, a, b *client, stanza string) nospim.Event {
	t.Helper()
	a.send(stanza)
	e := s.judge.wait(t, a.jid, func(e nospim.Event) bool { return strings.Contains(e.Body, "hold-me") })
	a.say(b.jid, "after the held one")
	b.waitBody("after the held one")
	return e
}

// deliver orders the delivery of a held event, and returns how the module acknowledged it.
func (s *scene) deliver(t *testing.T, id string, e *nospim.Event) string {
	t.Helper()
	s.orders.give(nospim.Order{ID: id, Do: nospim.OrderDeliver, Service: host, EventID: e.ID, Raw: e.Raw})
	return s.orders.acked(t, id, 1)
}

func holdsAndReleases(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	e := held(t, s, a, b, `<message to="`+b.jid+`" type="chat" id="m1" xml:lang="en"><body>hold-me &lt;&amp;&gt; "é"</body><x xmlns="jabber:x:oob"><url>http://x.example/</url></x></message>`)
	if got := bodies(b.received()); len(got) != 1 {
		t.Fatalf("delivered before the release: %q", got)
	}
	if failure := s.deliver(t, "o-hold-1", &e); failure != "" {
		t.Fatalf("deliver failed: %s", failure)
	}
	m := b.waitBody(`hold-me <&> "é"`)
	if m.From != a.full || m.ID != "m1" || m.Type != "chat" || !strings.Contains(m.Inner, "http://x.example/") {
		t.Errorf("released message changed: %+v", m)
	}
	// After a reconnect nospim sends again what it has not seen acknowledged.
	s.orders.give(nospim.Order{ID: "o-hold-1", Do: nospim.OrderDeliver, Service: host, EventID: e.ID, Raw: e.Raw})
	if failure := s.orders.acked(t, "o-hold-1", 2); failure != "" {
		t.Errorf("the second time: %s", failure)
	}
	a.say(b.jid, "last")
	b.waitBody("last")
	if got := bodies(b.received()); len(got) != 3 {
		t.Errorf("want the held message once, got %q", got)
	}
}

func holdsARequest(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	a.send(`<presence to="` + b.jid + `" type="subscribe"><status>hold-me</status><nick xmlns="http://jabber.org/protocol/nick">Nina</nick></presence>`)
	e := s.judge.wait(t, a.jid, ofKind(nospim.KindContactRequest))
	want := nospim.Event{
		ID: e.ID, Kind: nospim.KindContactRequest, Time: e.Time, Protocol: "xmpp", Service: host, Direction: nospim.Local,
		Sender:     nospim.Account{ID: a.jid, Name: "Nina", Local: true, Created: s.kind.Created(registered)},
		Recipients: []nospim.Account{{ID: b.jid, Local: true, Created: s.kind.Created(registered)}}, Relation: nospim.RelationStranger,
		Addr: "127.0.0.1", Body: "hold-me", Can: slices.DeleteFunc(nospim.Actions(), func(a nospim.Action) bool { return a == nospim.Mark }), Raw: e.Raw,
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	a.say(b.jid, "after the request")
	b.waitBody("after the request")
	isRequest := func(m stanza) bool { return m.XMLName.Local == "presence" && m.Type == "subscribe" }
	if slices.ContainsFunc(b.received(), isRequest) {
		t.Fatal("the held request arrived")
	}
	if failure := s.deliver(t, "o-request-1", &e); failure != "" {
		t.Fatalf("deliver failed: %s", failure)
	}
	if m := b.wait("the request", isRequest); m.From != a.jid {
		t.Errorf("the request is from %s, want %s", m.From, a.jid)
	}
	b.send(`<presence to="` + a.jid + `" type="subscribed"/>`)
	a.wait("the acceptance", func(m stanza) bool { return m.Type == "subscribed" })
	accept := s.judge.wait(t, b.jid, ofKind(nospim.KindContactAccept))
	if accept.Sender.ID != b.jid || accept.Recipients[0].ID != a.jid || !accept.Observe {
		t.Errorf("the acceptance is told as %+v", accept)
	}
	a.say(b.jid, "now as a contact")
	e = s.judge.wait(t, a.jid, func(e nospim.Event) bool { return e.Body == "now as a contact" })
	if e.Relation != nospim.RelationContact {
		t.Errorf("after the acceptance the relation is %s, want contact", e.Relation)
	}
}

func refusesARequest(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	a.send(`<presence to="` + b.jid + `" type="subscribe"><status>reject-me</status></presence>`)
	e := s.judge.wait(t, a.jid, ofKind(nospim.KindContactRequest))
	m := a.wait("a denial", func(m stanza) bool { return m.Type == "unsubscribed" })
	if m.From != b.jid || !strings.Contains(m.Inner, e.ID) {
		t.Errorf("the denial is %+v, want it from %s with %s", m, b.jid, e.ID)
	}
	a.say(b.jid, "after the denial")
	b.waitBody("after the denial")
	for _, m := range b.received() {
		if m.Type == "subscribe" {
			t.Error("the refused request arrived")
		}
	}
	for _, e := range s.judge.about(b.jid) {
		if e.Kind == nospim.KindContactRemove {
			t.Error("our own denial was told as the person's")
		}
	}
}

func contactsAreJudged(t *testing.T, s *scene) {
	a, b := s.contacts(t)
	a.say(b.jid, "my friend, reject-me")
	a.wait("a refusal", func(m stanza) bool { return m.Type == "error" })
	e := s.judge.wait(t, a.jid, ofKind(nospim.KindMessage))
	if e.Relation != nospim.RelationContact {
		t.Errorf("relation %s, want contact", e.Relation)
	}
	if e.Client != "phone" {
		t.Errorf("client %q, want the resource", e.Client)
	}
}

// askedNotAnswered: whom the recipient has asked to be added, and who has not answered, is neither a stranger nor a contact.
func askedNotAnswered(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	b.send(`<presence to="` + a.jid + `" type="subscribe"/>`)
	a.wait("the request", func(m stanza) bool { return m.XMLName.Local == "presence" && m.Type == "subscribe" })
	a.say(b.jid, "do I know you?")
	b.waitBody("do I know you?")
	if e := s.judge.wait(t, a.jid, ofKind(nospim.KindMessage)); e.Relation != nospim.RelationPending {
		t.Errorf("relation %s, want pending", e.Relation)
	}
}

// nothingOvertakes: what needs no verdict waits behind what does.
func nothingOvertakes(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	var all strings.Builder
	var want []string
	for i := range 20 {
		fmt.Fprintf(&all, `<message to="%s" id="c%d"><body>%d</body></message><message to="%s" id="r%d"><received xmlns="urn:xmpp:receipts" id="x"/></message>`, b.jid, i, i, b.full, i)
		want = append(want, fmt.Sprintf("c%d", i), fmt.Sprintf("r%d", i))
	}
	a.send(all.String())
	var got []string
	b.until("40 messages", func(all []stanza) bool {
		got = nil
		for _, m := range all {
			if m.XMLName.Local == "message" {
				got = append(got, m.ID)
			}
		}
		return len(got) >= len(want)
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func ordersItCannotDo(t *testing.T, s *scene) {
	for id, order := range map[string]nospim.Order{
		"o-retract": {Do: nospim.OrderRetract},
		"o-no-raw":  {Do: nospim.OrderDeliver},
		"o-bad-xml": {Do: nospim.OrderDeliver, Raw: "<message"},
	} {
		order.ID, order.Service, order.EventID = id, host, "e-"+id
		s.orders.give(order)
		if failure := s.orders.acked(t, id, 1); failure == "" {
			t.Errorf("%s was acknowledged as done", id)
		}
	}
}
