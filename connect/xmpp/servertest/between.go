package servertest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nospim/nospim/internal/servers"
)

// Between has three real servers speak with each other (s2s, certificates of one authority), with the program itself beside the first,
// as an operator installs it with a door: reports go to the service of whom they are about, and lists of several services count by
// quorum.
func Between(t *testing.T, here, there *Kind) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "nospim")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/nospim/nospim/cmd/nospim").CombinedOutput(); err != nil {
		t.Fatalf("building nospim: %v\n%s", err, out)
	}
	hosts := []string{host, "there.example", "third.example"}
	authority, err := servers.NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	peers := map[string]string{}
	for _, h := range hosts {
		addr, err := servers.FreeAddr(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{h, "nospim." + h, "pubsub." + h} {
			peers[name] = addr
		}
	}
	federated := func(i int) *servers.Federation {
		return &servers.Federation{Addr: peers[hosts[i]], Peers: peers, Authority: authority}
	}
	b := &three{d: newDaemon(t, here, program)}
	b.here = startWorld(t, here, Options{Port: b.d.port(), Timeout: patient, Federation: federated(0), PubSub: true})
	b.there = startWorld(t, there, Options{Host: hosts[1], Federation: federated(1), PubSub: true, Abuse: accountName(0) + "@" + hosts[1]})
	b.third = startWorld(t, here, Options{Host: hosts[2], Federation: federated(2), PubSub: true})
	b.here.answers(t, 1)
	b.abuse = b.there.user(t) // the first account
	t.Run("reports to the origin", func(t *testing.T) { reportsToTheOrigin(t, b) })
	t.Run("quorum", func(t *testing.T) { quorum(t, b) })
}

// three are three servers, and nospim beside one of them.
type three struct {
	here, there, third *world
	d                  *daemon
	abuse              *client // gets reports there
	restarts           int
}

// configure starts the daemon anew with a door and more of a configuration, and waits until its server asks again.
func (b *three) configure(t *testing.T, more string) {
	t.Helper()
	secret := filepath.Join(b.d.data, "door.secret")
	file := filepath.Join(b.d.data, "nospim.yaml")
	text := fmt.Sprintf("door: {server: %q, name: nospim.%s, service: %s, secret_file: %q, language: en}\n%s", b.here.ComponentAddr(), host, host, secret, more)
	for path, text := range map[string]string{secret: doorSecret, file: text} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.d.config = file
	b.d.end(syscall.SIGTERM)
	b.d.start()
	b.restarts++
	b.here.answers(t, 1+b.restarts)
}

// reportsToTheOrigin: a report goes to the abuse contact that the other server names (XEP-0157), with the reporter's consent and without
// the reporter's name; without consent it goes nowhere.
func reportsToTheOrigin(t *testing.T, b *three) {
	b.configure(t, "reports: {forward: consent}\n")
	ada, bob := b.here.user(t), b.here.user(t)
	first, second := b.there.user(t), b.there.user(t)
	report := func(by, about *client, consent string) {
		t.Helper()
		body := "a canary sings for " + by.jid
		about.say(by.jid, body)
		by.waitBody(body)
		id := "block-" + about.jid
		by.send(`<iq type="set" id="` + id + `"><block xmlns="urn:xmpp:blocking"><item jid="` + about.jid + `">` +
			`<report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:spam"><text xml:lang="en">birds</text>` + consent + `</report></item></block></iq>`)
		by.wait("the block", func(m stanza) bool { return m.ID == id && m.Type == "result" })
	}
	report(bob, first, "")
	report(ada, second, "<report-origin/>")
	got := b.abuse.wait("the report", func(m stanza) bool { return strings.Contains(m.Inner, "urn:xmpp:reporting:1") })
	for _, part := range []string{second.jid, "urn:xmpp:reporting:spam", "birds", "urn:xmpp:forward:0"} {
		if !strings.Contains(got.Inner, part) {
			t.Errorf("the report lacks %q: %s", part, got.Inner)
		}
	}
	if got.From != "nospim."+host || strings.Contains(got.Inner, `to="`) || strings.Contains(got.Inner, `to='`) {
		t.Errorf("the report comes from %s, or says to whom the message went: %s", got.From, got.Inner)
	}
	for _, m := range b.abuse.received() {
		if strings.Contains(m.Inner, first.jid) {
			t.Errorf("what nobody agreed to was forwarded: %s", m.Inner)
		}
	}
	eventually(t, "the contact to be noted", func() bool {
		return strings.Contains(b.d.run("reports", "contacts"), b.abuse.jid)
	})
}

// quorum: of three services that publish lists, one, most or all must have somebody, as the operator wants it.
func quorum(t *testing.T, b *three) {
	one, two, all := b.there.user(t), b.there.user(t), b.there.user(t)
	const node = "spam_source_jids_sha256"
	for i, w := range []*world{b.here, b.there, b.third} {
		editor := b.abuse
		if w != b.there {
			editor = w.login(t, accountName(0), "editor")
		}
		publishList(t, editor, "pubsub."+w.host, node, []*client{all, two, one}[:3-i])
	}
	var services strings.Builder
	for _, w := range []*world{b.here, b.there, b.third} {
		fmt.Fprintf(&services, "  - {address: pubsub.%s, weight: 1, room_bans: none, domains: none, addrs: none}\n", w.host)
	}
	for i, c := range []struct {
		quorum    string
		delivered []*client // then refused, one after the other: who was refused may be remembered for it
		refused   []*client
	}{
		{"all", []*client{one, two}, []*client{all}},
		{"majority", []*client{one}, []*client{two, all}},
		{"one", nil, []*client{one, two, all}},
	} {
		b.configure(t, "lists:\n  quorum: "+c.quorum+"\n  services:\n"+services.String())
		eventually(t, "three lists", func() bool { return b.followed(t, node) == 6 })
		ada := b.here.user(t)
		for _, from := range c.refused {
			untilRefused(t, from, ada, fmt.Sprintf("hello from %s, quorum %s", from.jid, c.quorum))
		}
		for _, from := range c.delivered {
			body := fmt.Sprintf("good morning %d from %s", i, from.jid)
			from.say(ada.jid, body)
			ada.waitBody(body)
		}
	}
}

// followed is how many items the daemon knows of the lists of a node.
func (b *three) followed(t *testing.T, node string) (items int) {
	t.Helper()
	for l := range strings.Lines(b.d.run("lists", "feeds", "--json")) {
		var feed struct {
			Name   string    `json:"name"`
			Items  int       `json:"items"`
			Synced time.Time `json:"synced"`
		}
		if err := json.Unmarshal([]byte(l), &feed); err != nil {
			t.Fatalf("lists feeds: %v: %s", err, l)
		}
		if strings.HasSuffix(feed.Name, node) && !feed.Synced.IsZero() {
			items += feed.Items
		}
	}
	return items
}

// publishList makes a node with the hashes of accounts at a service (XEP-0060 §8.1, §7.1).
func publishList(t *testing.T, editor *client, service, node string, accounts []*client) {
	t.Helper()
	ask := func(id, payload string) {
		t.Helper()
		id = service + id
		editor.send(`<iq type="set" id="` + id + `" to="` + service + `"><pubsub xmlns="http://jabber.org/protocol/pubsub">` + payload + `</pubsub></iq>`)
		if got := editor.wait("an answer of "+service, func(m stanza) bool { return m.ID == id }); got.Type != "result" {
			t.Fatalf("%s: %+v", payload, got)
		}
	}
	field := func(name, value string) string {
		return `<field var="` + name + `"><value>` + value + `</value></field>`
	}
	ask("create", `<create node="`+node+`"/><configure><x xmlns="jabber:x:data" type="submit">`+field("FORM_TYPE", "http://jabber.org/protocol/pubsub#node_config")+
		field("pubsub#access_model", "open")+field("pubsub#max_items", "100")+field("pubsub#persist_items", "1")+`</x></configure>`)
	for _, a := range accounts {
		hash := fmt.Sprintf("%x", sha256.Sum256([]byte(a.jid)))
		ask(hash, `<publish node="`+node+`"><item id="`+hash+`"><report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:spam"/></item></publish>`)
	}
}
