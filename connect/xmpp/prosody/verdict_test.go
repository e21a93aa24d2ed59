package prosody_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

// scene is what the tests that share one Prosody have in common.
type scene struct {
	*world
	judge  *judge
	orders *orders
}

// TestProsody drives one real Prosody with the module, and a judge that decides by words.
func TestProsody(t *testing.T) {
	t.Parallel()
	j, o := &judge{}, newOrders()
	d := startNospim(t, "127.0.0.1:0", j, o)
	s := &scene{world: startWorld(t, d.port, patient), judge: j, orders: o}
	s.ready(t)
	for name, test := range map[string]func(*testing.T, *scene){
		"passes and blocks in order": passesAndBlocksInOrder,
		"marks":                      marks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// ready returns when the module asks.
func (s *scene) ready(t *testing.T) {
	t.Helper()
	a := s.user(t)
	s.judge.wait(t, a.jid, func(e nospim.Event) bool { return e.Kind == nospim.KindLogin })
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
