package servertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/internal/servers"
)

// Federate has two servers speak with each other (RFC 6120), with certificates of one authority, and judges what arrives at
// either of them from the other. Each has a nospim of its own.
func Federate(t *testing.T, here, there *Kind) {
	t.Helper()
	hosts := [2]string{host, "there.example"}
	authority, err := servers.NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	peers := map[string]string{}
	for _, h := range hosts {
		if peers[h], err = servers.FreeAddr(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var people [2]*client
	var judges [2]*judge
	var clerks [2]*orders
	for i, kind := range []*Kind{here, there} {
		judges[i], clerks[i] = &judge{}, newOrders()
		w := startWorld(t, kind, Options{
			Host: hosts[i], Port: startNospim(t, freeAddr(t), judges[i], clerks[i]).port, Timeout: patient,
			Federation: &servers.Federation{Addr: peers[hosts[i]], Peers: peers, Authority: authority},
		})
		w.answers(t, 1)
		people[i] = w.user(t)
	}
	for i, name := range []string{"there to here", "here to there"} {
		t.Run(name, func(t *testing.T) { fromAbroad(t, people[1-i], people[i], judges[i], clerks[i], hosts[i]) })
	}
}

// fromAbroad sends from a on one server to b on another, whose nospim is j.
func fromAbroad(t *testing.T, a, b *client, j *judge, o *orders, service string) {
	var all strings.Builder
	var want []string
	for i := range 30 {
		body := fmt.Sprintf("hello from abroad %d", i)
		switch i % 3 {
		case 1:
			body += " reject-me"
		case 2:
			body += " hold-me"
		default:
			want = append(want, body)
		}
		all.WriteString(chat(b.jid, body))
	}
	a.send(all.String())
	if got := b.waitBodies(len(want)); !slices.Equal(got, want) {
		t.Errorf("delivered %q, want %q", got, want)
	}
	a.until("10 refusals", func(all []stanza) bool {
		refused := 0
		for _, m := range all {
			if m.Type == "error" && strings.Contains(m.Inner, "policy-violation") {
				refused++
			}
		}
		return refused == 10
	})
	e := j.wait(t, a.jid, func(e nospim.Event) bool { return e.Direction == nospim.In && strings.Contains(e.Body, "hold-me") })
	if e.Sender.Local || e.Addr != "127.0.0.1" || e.Relation != nospim.RelationStranger {
		t.Errorf("what comes from abroad is told as %+v", e)
	}
	o.give(nospim.Order{ID: "o-" + service, Do: nospim.OrderDeliver, Service: service, EventID: e.ID, Raw: e.Raw})
	if failure := o.acked(t, "o-"+service, 1); failure != "" {
		t.Errorf("the order failed: %s", failure)
	}
	b.waitBody(e.Body)
	o.give(nospim.Order{ID: "o-abroad-" + service, Do: nospim.OrderNotify, Service: service, Raw: `<message from="` + service + `" to="` + a.jid + `"><subject>from the service</subject></message>`})
	a.wait("what the service says", func(m stanza) bool { return strings.Contains(m.Inner, "from the service") && m.From == service })
	a.send(`<presence to="` + b.jid + `" type="subscribe"><status>reject-me</status></presence>`)
	a.wait("a denial", func(m stanza) bool { return m.Type == "unsubscribed" && m.From == b.jid })
}
