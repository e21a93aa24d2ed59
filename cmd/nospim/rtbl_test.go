package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/record"
)

// island is a server with accounts, a place for nospim's component and a publish-subscribe service, that speaks with another one.
type island struct {
	host, addr, component string
	close                 func() error
}

// townSecret is shared by the servers and the components.
const townSecret = "a secret of the component"

// startTown starts a server of a kind.
func startTown(t *testing.T, kind, host string, f *servers.Federation) *island {
	t.Helper()
	servers.Need(t, kind)
	accounts, components := map[string]string{"ada": "a", "eve": "e"}, map[string]string{"nospim." + host: townSecret}
	if kind == "prosody" {
		p, err := servers.StartProsody(t.Context(), servers.ProsodyOptions{
			Dir: t.TempDir(), Host: host, TLS: true, Accounts: accounts, Components: components, Federation: f,
			PubSub: "pubsub." + host, Admins: []string{"ada@" + host},
		})
		if err != nil {
			t.Fatal(err)
		}
		return &island{host, p.Addr, p.ComponentAddr, p.Close}
	}
	e, err := servers.StartEjabberd(t.Context(), servers.EjabberdOptions{
		Dir: t.TempDir(), Host: host, TLS: true, Accounts: accounts, Components: components, Federation: f,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &island{host, e.Addr, e.ComponentAddr, e.Close}
}

// startTowns starts two servers that speak with each other, of the given kinds.
func startTowns(t *testing.T, here, there string) (home, away *island) {
	t.Helper()
	hosts := [2]string{"home.example", "away.example"}
	authority, err := servers.NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	peers, addrs := map[string]string{}, [2]string{}
	for i, h := range hosts {
		if addrs[i], err = servers.FreeAddr(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{h, "nospim." + h, "pubsub." + h} {
			peers[name] = addrs[i]
		}
	}
	var towns [2]*island
	for i, kind := range []string{here, there} {
		towns[i] = startTown(t, kind, hosts[i], &servers.Federation{Addr: addrs[i], Peers: peers, Authority: authority})
		t.Cleanup(func() { _ = towns[i].close() })
	}
	return towns[0], towns[1]
}

// follower is a nospim at a server.
type follower struct {
	*daemon
	stop func()
}

// startFollower starts nospim with the component of a server; it follows services.
func startFollower(t *testing.T, at *island, data string, services ...config.ListService) *follower {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(townSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Data, c.Line.Listen, c.HTTP.Listen = data, config.None, config.None
	c.Policy = config.PolicyIn(c.Data)
	c.Door = config.Door{Server: at.component, Name: "nospim." + at.host, Service: at.host, SecretFile: secret, Language: "en"}
	c.Lists.Services = services
	d := enforced(t, c)
	return &follower{daemon: d, stop: running(t, d)}
}

// eventNumber makes every event of these tests another one.
type eventNumber int

// says returns the symbols of lists for a message to somebody.
func (n *eventNumber) says(t *testing.T, f *follower, sender, addr string, relation nospim.Relation) string {
	t.Helper()
	var all []string
	for _, s := range n.judge(t, f, sender, addr, relation).Signals {
		if strings.HasPrefix(s.Symbol, "LIST") {
			all = append(all, s.Symbol)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// judge has a message judged.
func (n *eventNumber) judge(t *testing.T, f *follower, sender, addr string, relation nospim.Relation) *nospim.Verdict {
	t.Helper()
	*n++
	v, err := f.Engine.Judge(t.Context(), &nospim.Event{
		ID: fmt.Sprint("e-", *n), Kind: nospim.KindMessage, Time: time.Now(), Service: "home.example", Direction: nospim.In, Protocol: "xmpp",
		Sender: nospim.Account{ID: sender}, Recipients: []nospim.Account{{ID: "ada@home.example", Local: true}}, Relation: relation, Addr: addr, Body: "hello",
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// until waits until nospim says something of a stranger, and returns how long that took.
func (n *eventNumber) until(t *testing.T, f *follower, sender, want string) time.Duration {
	t.Helper()
	begun, got := time.Now(), ""
	for time.Since(begun) < patience {
		if got = n.says(t, f, sender, "", nospim.RelationStranger); got == want {
			return time.Since(begun)
		}
		<-time.After(2 * time.Millisecond)
	}
	t.Fatalf("of %s nospim says %q, want %q", sender, got, want)
	return 0
}

// tookEffect says how long changes took until they had effect. That they had, long before a list is read anew, is what until checks: how
// fast that is depends on what else the machine does.
func tookEffect(t *testing.T, took []time.Duration) {
	t.Helper()
	slices.Sort(took)
	t.Logf("%d changes took effect in %v, %v at most", len(took), took[len(took)/2], took[len(took)-1])
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// pubsub asks a publish-subscribe service and waits for its answer.
func (p *person) pubsub(service, kind, ns, payload string) xmppMessage {
	p.t.Helper()
	p.raw(fmt.Sprintf(`<iq xmlns="jabber:client" type="%s" id="p" to="%s"><pubsub xmlns="http://jabber.org/protocol/pubsub%s">%s</pubsub></iq>`, kind, service, ns, payload))
	return p.hears(service, "")
}

// node makes a node with items.
func (p *person) node(service, node string, items ...string) {
	p.t.Helper()
	field := func(name, value string) string {
		return `<field var="` + name + `"><value>` + value + `</value></field>`
	}
	m := p.pubsub(service, "set", "", `<create node="`+node+`"/><configure><x xmlns="jabber:x:data" type="submit">`+
		field("FORM_TYPE", "http://jabber.org/protocol/pubsub#node_config")+field("pubsub#access_model", "open")+field("pubsub#max_items", "200")+
		field("pubsub#persist_items", "1")+field("pubsub#notify_delete", "1")+`</x></configure>`)
	if m.Type != "result" {
		p.t.Fatalf("making the node %s: %+v", node, m)
	}
	for _, i := range items {
		p.publish(service, node, i, "")
	}
}

// publish publishes an item, with a recommendation or without.
func (p *person) publish(service, node, id, recommendation string) {
	p.t.Helper()
	if m := p.pubsub(service, "set", "", `<publish node="`+node+`"><item id="`+id+`"><report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:spam">`+
		recommendation+`</report></item></publish>`); m.Type != "result" {
		p.t.Fatalf("publishing at %s: %+v", node, m)
	}
}

const blockStrangers = `<meta xmlns="https://xmppbl.org/meta/v1"><recommendations><block-strangers/></recommendations></meta>`

// TestFollow follows the lists of a real service over a connection between two real servers, either way round: what it has, what it
// tells, what it takes back; nobody else is believed; what is known outlasts a restart during an outage.
func TestFollow(t *testing.T) {
	for _, c := range [][2]string{{"prosody", "ejabberd"}, {"ejabberd", "prosody"}} {
		t.Run(c[0]+" follows "+c[1], func(t *testing.T) {
			home, away := startTowns(t, c[0], c[1])
			follow(t, home, away)
		})
	}
}

func follow(t *testing.T, home, away *island) {
	service := "pubsub." + away.host
	editor, eve := logIn(t, away.addr, "ada@"+away.host, "a"), logIn(t, home.addr, "eve@"+home.host, "e")
	editor.node(service, "spam_source_domains", "relay.example", "not a domain", strings.Repeat("x", 300)+".example")
	editor.node(service, "muc_bans_sha256", sha("bot@rooms.example"), sha("rooms2.example"), "zz", strings.ToUpper(sha("upper@rooms.example")))
	editor.node(service, "spam_source_ips", "198.51.100.0/24", "2001:db8::1", "0.0.0.0/0")
	editor.publish(service, "spam_source_domains", "weak.example", blockStrangers)

	data := filepath.Join(t.TempDir(), "data")
	f := startFollower(t, home, data, config.ListService{Address: service, Weight: 1})
	var n eventNumber
	n.until(t, f, "any@relay.example", "LISTED_SERVICE")
	n.until(t, f, "bot@rooms.example", "LISTED_ACCOUNT")
	n.until(t, f, "upper@rooms.example", "LISTED_ACCOUNT")
	n.until(t, f, "any@rooms2.example", "LISTED_SERVICE")
	n.until(t, f, "any@weak.example", "LISTED_SERVICE")
	for _, c := range []struct {
		what, sender, addr string
		relation           nospim.Relation
		want               string
	}{
		{"nobody", "bob@away.example", "", nospim.RelationStranger, ""},
		{"a contact from there", "any@relay.example", "", nospim.RelationContact, "LISTED_CONTACT"},
		{"a contact from where strangers are to be stopped", "any@weak.example", "", nospim.RelationContact, ""},
		{"an address", "bob@away.example", "198.51.100.77", nospim.RelationStranger, "LISTED_ADDR"},
		{"an address of version 6", "bob@away.example", "2001:db8::1", nospim.RelationStranger, "LISTED_ADDR"},
	} {
		become(t, c.what+" is "+c.want, func() bool { return n.says(t, f, c.sender, c.addr, c.relation) == c.want })
	}

	for _, c := range []struct {
		sender   string
		relation nospim.Relation
		want     nospim.Action
	}{
		{"fresh1@relay.example", nospim.RelationStranger, nospim.Reject},
		{"fresh2@relay.example", nospim.RelationContact, nospim.Allow},
		{"fresh3@weak.example", nospim.RelationStranger, nospim.Reject},
		{"fresh4@weak.example", nospim.RelationContact, nospim.Allow},
	} {
		if v := n.judge(t, f, c.sender, "", c.relation); v.Action != c.want {
			t.Errorf("%s, %s: %s, want %s; %+v", c.sender, c.relation, v.Action, c.want, v.Signals)
		}
	}

	// What is told takes effect: nobody waits until the list is read anew.
	var took []time.Duration
	for i := range 5 {
		domain := fmt.Sprintf("new%d.example", i)
		editor.raw(`<iq xmlns="jabber:client" type="set" id="q" to="` + service + `"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="spam_source_domains"><item id="` +
			domain + `"><report xmlns="urn:xmpp:reporting:1"/></item></publish></pubsub></iq>`)
		took = append(took, n.until(t, f, "any@"+domain, "LISTED_SERVICE"))
		editor.hears(service, "")
		editor.raw(`<iq xmlns="jabber:client" type="set" id="q" to="` + service + `"><pubsub xmlns="http://jabber.org/protocol/pubsub"><retract node="spam_source_domains" notify="1"><item id="` +
			domain + `"/></retract></pubsub></iq>`)
		took = append(took, n.until(t, f, "any@"+domain, ""))
		editor.hears(service, "")
	}
	tookEffect(t, took)

	// The operator's allow list wins, and the recommendation may change.
	if err := f.Store.PutList(t.Context(), nospim.ListEntry{Kind: nospim.ListAccount, Value: "friend@relay.example", Allow: true}); err != nil {
		t.Fatal(err)
	}
	n.until(t, f, "friend@relay.example", "LIST_ALLOW")
	editor.publish(service, "spam_source_domains", "relay.example", blockStrangers)
	become(t, "contacts are left alone", func() bool { return n.says(t, f, "any@relay.example", "", nospim.RelationContact) == "" })

	// Others are not believed, nor what is longer than a stanza may be.
	eve.raw(`<message xmlns="jabber:client" to="nospim.home.example" type="headline"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="spam_source_domains"><item id="honest.example"/></items></event></message>`)
	eve.raw(`<message xmlns="jabber:client" to="nospim.home.example"><event xmlns="http://jabber.org/protocol/pubsub#event"><purge node="spam_source_domains"/></event></message>`)
	become(t, "forged changes are counted", func() bool { return f.rtbl.Stats().Forged >= 2 })
	n.until(t, f, "any@honest.example", "")
	n.until(t, f, "any@relay.example", "LISTED_SERVICE")
	if st := f.rtbl.Stats(); st.Bad < 4 || st.Pushes < 10 {
		t.Errorf("%+v: want 4 bad items at least, and 10 pushes", st)
	}

	// A purge empties a list, a node that is deleted takes its list with it.
	if m := editor.pubsub(service, "set", "#owner", `<purge node="muc_bans_sha256"/>`); m.Type != "result" {
		t.Fatalf("purging: %+v", m)
	}
	n.until(t, f, "bot@rooms.example", "")
	if m := editor.pubsub(service, "set", "#owner", `<delete node="spam_source_ips"/>`); m.Type != "result" {
		t.Fatalf("deleting: %+v", m)
	}
	become(t, "the deleted list is gone", func() bool {
		return n.says(t, f, "bob@away.example", "198.51.100.77", nospim.RelationStranger) == ""
	})

	// A restart while the service is away keeps the last list, and says how old it is.
	f.stop()
	if err := away.close(); err != nil {
		t.Log(err)
	}
	f = startFollower(t, home, data, config.ListService{Address: service, Weight: 1})
	if got := n.says(t, f, "any@relay.example", "", nospim.RelationStranger); got != "LISTED_SERVICE" {
		t.Errorf("after a restart during an outage: %q", got)
	}
	feeds, err := f.Store.Feeds(t.Context())
	if err != nil || len(feeds) != 4 {
		t.Fatalf("%d feeds, %v", len(feeds), err)
	}
	for _, feed := range feeds {
		if strings.HasSuffix(feed.Name, "/spam_source_domains") && (feed.Items != 2 || feed.Synced.IsZero() || time.Since(feed.Synced) > time.Hour) {
			t.Errorf("after a restart: %+v", feed)
		}
	}
	become(t, "the trouble is noted", func() bool {
		feeds, err := f.Store.Feeds(t.Context())
		return err == nil && slices.ContainsFunc(feeds, func(f record.Feed) bool { return f.Trouble != "" && !f.Synced.IsZero() })
	})
	var shown bytes.Buffer
	if code := run([]string{"lists", "feeds", "--data", data}, strings.NewReader(""), &shown, &shown); code != 0 || !strings.Contains(shown.String(), service+"/spam_source_domains") {
		t.Errorf("nospim lists feeds: %d, %s", code, shown.String())
	}
	// Who is not followed any more has no say.
	f.stop()
	f = startFollower(t, home, data)
	if got := n.says(t, f, "any@relay.example", "", nospim.RelationStranger); got != "" {
		t.Errorf("of a list that is not followed any more: %q", got)
	}
}

// TestPublish has one nospim follow what another one publishes, over a connection between two real servers.
func TestPublish(t *testing.T) {
	for _, c := range [][2]string{{"prosody", "ejabberd"}, {"ejabberd", "prosody"}} {
		t.Run(c[0]+" follows "+c[1], func(t *testing.T) {
			home, away := startTowns(t, c[0], c[1])
			publish(t, home, away)
		})
	}
}

func publish(t *testing.T, home, away *island) {
	publisher := startFollower(t, away, filepath.Join(t.TempDir(), "data"))
	put := func(e nospim.ListEntry) {
		t.Helper()
		if err := publisher.Store.PutList(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	block := func(value string) nospim.ListEntry {
		return nospim.ListEntry{Kind: nospim.ListAccount, Value: value, Publish: true}
	}
	var all []nospim.ListEntry
	for i := range 30 {
		all = append(all, block(fmt.Sprintf("bot%d@spam.example", i)))
	}
	private, allowed, decoy := block("private@spam.example"), block("friend@spam.example"), block("vera@away.example")
	private.Publish, allowed.Allow, decoy.Kind = false, true, nospim.ListDecoy
	for _, e := range append(all, private, allowed, decoy, block("*@relay.example")) {
		put(e)
	}
	var n eventNumber
	f := startFollower(t, home, filepath.Join(t.TempDir(), "data"), config.ListService{Address: "nospim." + away.host, Weight: 1})
	n.until(t, f, "bot7@spam.example", "LISTED_ACCOUNT LISTED_ACCOUNT") // as an account, and banned from rooms
	n.until(t, f, "any@relay.example", "LISTED_SERVICE")
	become(t, "subscribed", func() bool {
		subscribers, err := publisher.Store.Subscribers(t.Context())
		return err == nil && len(subscribers) == 2
	})

	var took []time.Duration
	for i := range 5 {
		e := block(fmt.Sprintf("late%d@spam.example", i))
		put(e)
		took = append(took, n.until(t, f, e.Value, "LISTED_ACCOUNT LISTED_ACCOUNT"))
		if err := publisher.Store.RemoveList(t.Context(), e, "test"); err != nil {
			t.Fatal(err)
		}
		took = append(took, n.until(t, f, e.Value, ""))
	}
	tookEffect(t, took)
	short := block("short@spam.example")
	short.Until = time.Now().Add(time.Hour)
	put(short)
	n.until(t, f, short.Value, "LISTED_ACCOUNT LISTED_ACCOUNT")
	short.Until = time.Now().Add(time.Second)
	put(short)
	n.until(t, f, short.Value, "")
	for _, never := range []string{private.Value, allowed.Value, decoy.Value} {
		if got := n.says(t, f, never, "", nospim.RelationStranger); got != "" {
			t.Errorf("%s was published: %q", never, got)
		}
	}
	askPublisher(t, logIn(t, home.addr, "ada@"+home.host, "a"), "nospim."+away.host)
}

// askPublisher asks what a publisher has, as any client may, and for what it refuses.
func askPublisher(t *testing.T, p *person, service string) {
	t.Helper()
	for _, c := range []struct{ what, kind, ns, payload, want string }{
		{"items", "get", "", `<items node="spam_source_jids_sha256"/>`, "result"},
		{"a page", "get", "", `<items node="spam_source_jids_sha256"/><set xmlns="http://jabber.org/protocol/rsm"><max>5</max></set>`, "result"},
		{"no node", "get", "", `<items/>`, "error"},
		{"a node in clear", "get", "", `<items node="spam_source_domains"/>`, "error"},
		{"to subscribe", "set", "", `<subscribe node="muc_bans_sha256" jid="ada@home.example"/>`, "result"},
		{"to subscribe another", "set", "", `<subscribe node="muc_bans_sha256" jid="eve@home.example"/>`, "error"},
		{"subscriptions", "get", "", `<subscriptions/>`, "result"},
		{"to unsubscribe", "set", "", `<unsubscribe node="muc_bans_sha256" jid="ada@home.example"/>`, "result"},
		{"to unsubscribe again", "set", "", `<unsubscribe node="muc_bans_sha256" jid="ada@home.example"/>`, "error"},
		{"to publish", "set", "", `<publish node="muc_bans_sha256"><item id="x"/></publish>`, "error"},
		{"to own", "set", "#owner", `<purge node="muc_bans_sha256"/>`, "error"},
		{"something else", "get", "", `<affiliations/>`, "error"},
	} {
		if m := p.pubsub(service, c.kind, c.ns, c.payload); m.Type != c.want {
			t.Errorf("asked for %s: %+v, want %s", c.what, m, c.want)
		}
	}
	for _, node := range []string{"", ` node="muc_bans_sha256"`} {
		p.raw(`<iq xmlns="jabber:client" type="get" id="d" to="` + service + `"><query xmlns="http://jabber.org/protocol/disco#info"` + node + `/></iq>`)
		if m := p.hears(service, ""); m.Type != "result" {
			t.Errorf("asked what is there: %+v", m)
		}
	}
}
