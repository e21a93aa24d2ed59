package rtbl

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/door"
)

var sum = hash("bot@spam.example")

func TestParse(t *testing.T) {
	for _, c := range []struct {
		t        Type
		id, want string // empty: refused
	}{
		{Accounts, sum, "sha256:" + sum},
		{RoomBans, strings.ToUpper(sum), "sha256:" + sum},
		{Accounts, sum[1:], ""},
		{Accounts, sum + "00", ""},
		{Accounts, strings.Replace(sum, sum[:1], "g", 1), ""},
		{RoomBans, "bot@spam.example", ""},
		{RoomBans, "", ""},
		{Domains, "Spam.Example", "*@spam.example"},
		{Domains, "bot@spam.example", ""},
		{Domains, "spam.example/x", ""},
		{Domains, "two words", ""},
		{Domains, strings.Repeat("x", 10<<10), ""},
		{Addrs, "198.51.100.7", "198.51.100.7/32"},
		{Addrs, "198.51.100.7/24", "198.51.100.0/24"},
		{Addrs, "2001:DB8::1", "2001:db8::1/128"},
		{Addrs, "::ffff:198.51.100.7", "198.51.100.7/32"},
		{Addrs, "0.0.0.0/0", ""},
		{Addrs, "::/3", ""},
		{Addrs, "198.51.100.7/99", ""},
		{Addrs, "spam.example", ""},
		{"other", sum, ""},
	} {
		got, err := c.t.Parse(c.id)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("%s %.80q: %q, %v; want %q", c.t, c.id, got, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, id := range []string{"", sum, "spam.example", "198.51.100.0/24", "::1", "\x00", "xn--", "a@b/c", strings.Repeat("a", 300)} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		for _, kind := range Types() {
			value, err := kind.Parse(id)
			if err != nil {
				continue
			}
			if value == "" || strings.ContainsAny(value, "\n\r\x00 ") || len(value) > maxID+64 {
				t.Fatalf("%s %q became %q", kind, id, value)
			}
			again := strings.TrimPrefix(strings.TrimPrefix(value, hashPrefix), "*@")
			if twice, err := kind.Parse(again); err != nil || twice != value {
				t.Fatalf("%s %q became %q, which becomes %q, %v", kind, id, value, twice, err)
			}
		}
	})
}

// memo is a keeper that keeps lists in memory.
type memo struct {
	mu    sync.Mutex
	lists map[string]map[string]bool // by value: for strangers only
}

func (m *memo) Fill(_ context.Context, list string, items iter.Seq2[Item, error]) error {
	all := map[string]bool{}
	for i, err := range items {
		if err != nil {
			return err
		}
		all[i.Value] = i.Strangers
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lists[list] = all
	return nil
}

func (m *memo) Change(_ context.Context, list string, add []Item, gone []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lists[list] == nil {
		m.lists[list] = map[string]bool{}
	}
	for _, v := range gone {
		delete(m.lists[list], v)
	}
	for _, i := range add {
		m.lists[list][i.Value] = i.Strangers
	}
	return nil
}

func (m *memo) Note(context.Context, string, time.Time, string) error { return nil }

func (m *memo) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for list, items := range m.lists {
		for value, soft := range items {
			all = append(all, fmt.Sprint(list, " ", value, " ", soft))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func client(t *testing.T) (*Client, *memo) {
	t.Helper()
	m := &memo{lists: map[string]map[string]bool{}}
	return NewClient(jid.MustParse("nospim.chat.example"), []Feed{
		{List: "d", Service: jid.MustParse("rtbl.example"), Node: "domains", Type: Domains},
		{List: "h", Service: jid.MustParse("rtbl.example"), Node: "hashes", Type: Accounts},
		{List: "o", Service: jid.MustParse("other.example"), Node: "domains", Type: Domains},
	}, m, time.Hour, slog.New(slog.DiscardHandler)), m
}

// give gives a stanza to a part as the door would.
func give(t *testing.T, p door.Part, s string) (reply string, mine bool) {
	t.Helper()
	in, err := door.ParseStanza(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	r, mine := p.Handle(t.Context(), in)
	if r == nil {
		return "", mine
	}
	var out strings.Builder
	e := xml.NewEncoder(&out)
	if _, err := xmlstream.Copy(e, r); err != nil {
		t.Fatal(err)
	}
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String(), mine
}

// takeAll carries out what waits.
func takeAll(t *testing.T, c *Client) {
	t.Helper()
	for _, f := range c.feeds {
		for len(f.pushes) > 0 {
			if err := c.take(t.Context(), f, <-f.pushes); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func pushed(from, inner string) string {
	return `<message xmlns="jabber:component:accept" from="` + from + `" to="nospim.chat.example" type="headline"><event xmlns="http://jabber.org/protocol/pubsub#event">` + inner + `</event></message>`
}

// TestPushes gives a client what services tell, right and wrong.
func TestPushes(t *testing.T) {
	strangers := `<report xmlns="urn:xmpp:reporting:1"><meta xmlns="https://xmppbl.org/meta/v1"><recommendations><block-strangers/></recommendations></meta></report>`
	for _, c := range []struct {
		name, from, inner string
		want              string // what is listed then
		forged, bad       int64
	}{
		{"an item", "rtbl.example", `<items node="domains"><item id="new.example"/></items>`, "d new.example false\nd old.example false\no old.example false", 0, 0},
		{"an item for strangers", "rtbl.example", `<items node="domains"><item id="new.example">` + strangers + `</item></items>`, "d new.example true\nd old.example false\no old.example false", 0, 0},
		{"a recommendation elsewhere", "rtbl.example", `<items node="domains"><item id="new.example"><recommendations><block-strangers/></recommendations></item></items>`, "d new.example false\nd old.example false\no old.example false", 0, 0},
		{"a private payload", "rtbl.example", `<items node="domains"><item id="new.example"><secret xmlns="urn:example:own"><a/>b</secret></item></items>`, "d new.example false\nd old.example false\no old.example false", 0, 0},
		{"a retraction", "rtbl.example", `<items node="domains"><retract id="old.example"/></items>`, "o old.example false", 0, 0},
		{"a retraction of the unknown", "rtbl.example", `<items node="domains"><retract id="unknown.example"/><retract id=""/><retract/></items>`, "d old.example false\no old.example false", 0, 0},
		{"a purge", "rtbl.example", `<purge node="domains"/>`, "o old.example false", 0, 0},
		{"a deletion", "rtbl.example", `<delete node="domains"><redirect uri="xmpp:elsewhere.example"/></delete>`, "o old.example false", 0, 0},
		{"of another service", "other.example", `<purge node="domains"/>`, "d old.example false", 0, 0},
		{"a node that is not followed", "rtbl.example", `<items node="more"><item id="new.example"/></items>`, "d old.example false\no old.example false", 0, 0},
		{
			"items that are none", "rtbl.example", `<items node="hashes"><item id="new.example"/><item id=""/><item/><item id="` + strings.Repeat("a", 10<<10) + `"/><item id="` + sum + `"/></items>`,
			"d old.example false\nh " + sum + " false\no old.example false", 0, 4,
		},
		{"forged", "evil.example", `<items node="domains"><item id="new.example"/></items>`, "d old.example false\no old.example false", 1, 0},
		{"forged by a user of the service", "eve@rtbl.example", `<purge node="domains"/>`, "d old.example false\no old.example false", 1, 0},
		{"forged by a resource", "rtbl.example/x", `<purge node="domains"/>`, "d old.example false\no old.example false", 1, 0},
		{"empty", "rtbl.example", ``, "d old.example false\no old.example false", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, m := client(t)
			m.lists["d"], m.lists["o"] = map[string]bool{"*@old.example": false}, map[string]bool{"*@old.example": false}
			if reply, mine := give(t, client, pushed(c.from, c.inner)); !mine || reply != "" {
				t.Errorf("mine: %t, reply %q", mine, reply)
			}
			takeAll(t, client)
			got := strings.NewReplacer("*@", "", "sha256:", "").Replace(m.String())
			if got != c.want {
				t.Errorf("listed:\n%s\nwant:\n%s", got, c.want)
			}
			if st := client.Stats(); st.Forged != c.forged || st.Bad != c.bad {
				t.Errorf("%+v, want %d forged and %d bad", st, c.forged, c.bad)
			}
		})
	}
}

// TestManyPushes: the last word counts; what is too much at once is read again as a whole.
func TestManyPushes(t *testing.T) {
	client, m := client(t)
	for i := range 100 {
		give(t, client, pushed("rtbl.example", fmt.Sprintf(`<items node="domains"><item id="a%d.example"/></items>`, i%10)))
		give(t, client, pushed("rtbl.example", fmt.Sprintf(`<items node="domains"><retract id="a%d.example"/></items>`, i%10)))
	}
	give(t, client, pushed("rtbl.example", `<items node="domains"><item id="a3.example"/></items>`))
	takeAll(t, client)
	if m.String() != "d *@a3.example false" {
		t.Errorf("listed: %s", m)
	}
	domains := client.feeds[0]
	if len(domains.stale) != 0 {
		t.Error("to be read again, though nothing was missed")
	}
	for range waitingPushes + 1 {
		give(t, client, pushed("rtbl.example", `<items node="domains"><item id="b.example"/></items>`))
	}
	if len(domains.stale) != 1 {
		t.Error("more waits than may, and nothing is to be read again")
	}
	// A million items in one push: they are not kept, and the lists of that service are read again.
	million := strings.Repeat(`<item id="x.example"/>`, 1_000_000)
	if _, mine := give(t, client, pushed("rtbl.example", `<items node="hashes">`+million+`</items>`)); !mine || len(client.feeds[1].stale) != 1 || len(client.feeds[2].stale) != 0 {
		t.Error("a million items of one service do not make its lists, and those alone, be read again")
	}
	if _, mine := give(t, client, pushed("evil.example", `<items node="hashes">`+million+`</items>`)); mine {
		t.Error("what is too large of somebody else is taken")
	}
	for _, other := range []string{
		`<message xmlns="jabber:component:accept" from="rtbl.example" to="n"><body>hello</body></message>`,
		`<iq xmlns="jabber:component:accept" from="rtbl.example" type="get" id="1"/>`,
	} {
		if _, mine := give(t, client, other); mine {
			t.Errorf("%s is taken", other)
		}
	}
}

func FuzzPush(f *testing.F) {
	f.Add(`<items node="domains"><item id="x.example"/><retract id="y"/></items>`)
	f.Add(`<purge node="domains"/>`)
	f.Add(`<items><item><report xmlns="urn:xmpp:reporting:1"><meta xmlns="https://xmppbl.org/meta/v1"/></report></item></items>`)
	f.Fuzz(func(t *testing.T, inner string) {
		in, err := door.ParseStanza(strings.NewReader(pushed("rtbl.example", inner)))
		if err != nil {
			return
		}
		c, m := client(t)
		c.Handle(t.Context(), in)
		takeAll(t, c)
		for _, items := range m.lists {
			for value := range items {
				if value == "" || strings.ContainsAny(value, "\n\x00") {
					t.Fatalf("%q is listed", value)
				}
			}
		}
	})
}

func FuzzReadItems(f *testing.F) {
	f.Add(`<items><item id="x.example"/><item id="y"><report xmlns="urn:xmpp:reporting:1"/></item></items>`)
	f.Add(`<item id=""/><item/>`)
	f.Add(`<items><item id="x"`)
	f.Fuzz(func(t *testing.T, doc string) {
		n := 0
		ReadItems(strings.NewReader(doc), func(id string, _ bool, _ int, err error) bool {
			if err == nil && id == "" {
				t.Fatal("an item without an id")
			}
			n++
			return true
		})
		if n > len(doc) {
			t.Fatalf("%d items of %d bytes", n, len(doc))
		}
	})
}

// cupboard is a shelf in memory.
type cupboard struct {
	entries     []nospim.ListEntry
	subscribers map[string][]string
}

func (s *cupboard) Published(context.Context) ([]nospim.ListEntry, error) { return s.entries, nil }

func (s *cupboard) Subscribers(context.Context) (map[string][]string, error) {
	return maps.Clone(s.subscribers), nil
}

func (s *cupboard) Subscribe(_ context.Context, node, address string, most int) error {
	n := 0
	for _, all := range s.subscribers {
		n += len(all)
	}
	if slices.Contains(s.subscribers[node], address) {
		return nil
	}
	if n >= most {
		return nospim.ErrTooLarge
	}
	s.subscribers[node] = append(s.subscribers[node], address)
	return nil
}

func (s *cupboard) Unsubscribe(_ context.Context, node, address string) error {
	i := slices.Index(s.subscribers[node], address)
	if i < 0 {
		return nospim.ErrNotFound
	}
	s.subscribers[node] = slices.Delete(s.subscribers[node], i, i+1)
	return nil
}

func ask(from, kind, payload string) string {
	return `<iq xmlns="jabber:component:accept" from="` + from + `" to="nospim.chat.example" id="i" type="` + kind + `">` + payload + `</iq>`
}

func askPubsub(from, kind, payload string) string {
	return ask(from, kind, `<pubsub xmlns="http://jabber.org/protocol/pubsub">`+payload+`</pubsub>`)
}

// TestPublisher asks for what is published by pages, as a whole and by name, and for what is refused.
func TestPublisher(t *testing.T) {
	shelf := &cupboard{subscribers: map[string][]string{}}
	for i := range 1200 {
		shelf.entries = append(shelf.entries, nospim.ListEntry{Kind: nospim.ListAccount, Value: fmt.Sprintf("bot%d@spam.example", i), Publish: true})
	}
	shelf.entries = append(shelf.entries,
		nospim.ListEntry{Kind: nospim.ListAccount, Value: "*@relay.example", Publish: true},
		nospim.ListEntry{Kind: nospim.ListAddr, Value: "198.51.100.0/24", Publish: true},
		nospim.ListEntry{Kind: nospim.ListAccount, Value: "private@spam.example"},
		nospim.ListEntry{Kind: nospim.ListAccount, Value: "friend@spam.example", Publish: true, Allow: true},
		nospim.ListEntry{Kind: nospim.ListDecoy, Value: "vera@chat.example", Publish: true})
	p := &Publisher{Shelf: shelf, Most: 20, Log: slog.New(slog.DiscardHandler)}

	whole, _ := give(t, p, askPubsub("x.example", "get", `<items node="spam_source_jids_sha256"/>`))
	if n := strings.Count(whole, "<item "); n != 1200 || strings.Contains(whole, "spam.example") {
		t.Errorf("%d items at once, want 1200, and none in clear", n)
	}
	for _, never := range []string{"private@spam.example", "friend@spam.example", "vera@chat.example"} {
		if strings.Contains(whole, hash(never)) {
			t.Errorf("%s is published", never)
		}
	}
	seen, after := map[string]bool{}, ""
	for range 100 {
		page, _ := give(t, p, askPubsub("x.example", "get", `<items node="spam_source_jids_sha256"/><set xmlns="http://jabber.org/protocol/rsm"><max>100</max><after>`+after+`</after></set>`))
		var got struct {
			Items []wireItem `xml:"pubsub>items>item"`
			Last  string     `xml:"pubsub>set>last"`
			Count int        `xml:"pubsub>set>count"`
		}
		if err := xml.Unmarshal([]byte(page), &got); err != nil || got.Count != 1200 {
			t.Fatalf("%v, %d items in all: %s", err, got.Count, page)
		}
		if len(got.Items) == 0 {
			break
		}
		for _, i := range got.Items {
			seen[i.ID] = true
		}
		after = got.Last
	}
	if len(seen) != 1200 {
		t.Errorf("%d items by pages, want 1200", len(seen))
	}

	set := `<set xmlns="http://jabber.org/protocol/rsm">`
	for _, c := range []struct {
		name, stanza string
		want         []string
	}{
		{"the last page", askPubsub("x.example", "get", `<items node="spam_source_jids_sha256"/>`+set+`<max>2</max><before/></set>`), []string{`index="1198"`}},
		{"a page of none", askPubsub("x.example", "get", `<items node="spam_source_jids_sha256"/>`+set+`<max>0</max></set>`), []string{"<count>1200</count>"}},
		{"a page of nonsense", askPubsub("x.example", "get", `<items node="spam_source_jids_sha256"/>`+set+`<max>many</max></set>`), []string{"bad-request"}},
		{"by name", askPubsub("x.example", "get", `<items node="spam_source_jids_sha256"><item id="`+hash("bot7@spam.example")+`"/><item id="zz"/></items>`), []string{hash("bot7@spam.example")}},
		{"domains by hash", askPubsub("x.example", "get", `<items node="muc_bans_sha256"/>`+set+`<max>500</max><before/></set>`), []string{"result"}},
		{"in clear", askPubsub("x.example", "get", `<items node="spam_source_ips"/>`), []string{`type="error"`, "item-not-found"}},
		{"without a node", askPubsub("x.example", "get", `<items/>`), []string{"bad-request", "nodeid-required"}},
		{"for somebody else", askPubsub("eve@x.example", "set", `<subscribe node="muc_bans_sha256" jid="ada@x.example"/>`), []string{"bad-request", "invalid-jid"}},
		{"for nobody", askPubsub("eve@x.example", "set", `<subscribe node="muc_bans_sha256"/>`), []string{"invalid-jid"}},
		{"to nothing", askPubsub("x.example", "set", `<subscribe node="nothing" jid="x.example"/>`), []string{"item-not-found"}},
		{"to end what is not", askPubsub("x.example", "set", `<unsubscribe node="muc_bans_sha256" jid="x.example"/>`), []string{"unexpected-request", "not-subscribed"}},
		{"to publish", askPubsub("x.example", "set", `<publish node="muc_bans_sha256"><item id="x"/></publish>`), []string{"forbidden"}},
		{"to own", ask("x.example", "set", `<pubsub xmlns="http://jabber.org/protocol/pubsub#owner"><delete node="muc_bans_sha256"/></pubsub>`), []string{"forbidden"}},
		{"something else", askPubsub("x.example", "get", `<affiliations/>`), []string{"feature-not-implemented"}},
		{"the nodes", ask("x.example", "get", `<query xmlns="http://jabber.org/protocol/disco#items"/>`), []string{`node="muc_bans_sha256"`, `node="spam_source_jids_sha256"`}},
		{"a node", ask("x.example", "get", `<query xmlns="http://jabber.org/protocol/disco#info" node="muc_bans_sha256"/>`), []string{`type="leaf"`}},
	} {
		reply, mine := give(t, p, c.stanza)
		if !mine {
			t.Errorf("asked for %s: not taken", c.name)
		}
		for _, want := range c.want {
			if !strings.Contains(reply, want) {
				t.Errorf("asked for %s: %s\nwant %s", c.name, reply, want)
			}
		}
	}
	open := &Publisher{Shelf: shelf, Clear: true, Most: 20, Log: slog.New(slog.DiscardHandler)}
	for node, want := range map[string]string{"spam_source_ips": "198.51.100.0/24", "spam_source_domains": "relay.example"} {
		if reply, _ := give(t, open, askPubsub("x.example", "get", `<items node="`+node+`"/>`)); !strings.Contains(reply, `id="`+want+`"`) {
			t.Errorf("%s in clear: %s", node, reply)
		}
	}
}

// TestSubscribers: their number is bounded, also for one domain; who is gone is not told any more.
func TestSubscribers(t *testing.T) {
	shelf := &cupboard{subscribers: map[string][]string{}}
	p := &Publisher{Shelf: shelf, Most: mostOfDomain + 2, Log: slog.New(slog.DiscardHandler)}
	subscribe := func(address string) string {
		reply, _ := give(t, p, askPubsub(address, "set", `<subscribe node="muc_bans_sha256" jid="`+address+`"/>`))
		return reply
	}
	for i := range mostOfDomain {
		if reply := subscribe(fmt.Sprintf("u%d@crowd.example", i)); !strings.Contains(reply, `subscription="subscribed"`) {
			t.Fatalf("subscriber %d: %s", i, reply)
		}
	}
	if reply := subscribe("late@crowd.example"); !strings.Contains(reply, "too-many-subscriptions") {
		t.Errorf("one too many of a domain: %s", reply)
	}
	if reply := subscribe("u1@crowd.example"); !strings.Contains(reply, "subscribed") {
		t.Errorf("renewing in a crowd: %s", reply)
	}
	for _, address := range []string{"a.example", "b.example"} {
		if reply := subscribe(address); !strings.Contains(reply, "subscribed") {
			t.Errorf("%s: %s", address, reply)
		}
	}
	if reply := subscribe("c.example"); !strings.Contains(reply, "too-many-subscriptions") {
		t.Errorf("one too many: %s", reply)
	}
	bounce := func(from, condition string) bool {
		_, mine := give(t, p, `<message xmlns="jabber:component:accept" from="`+from+`" to="nospim.chat.example" type="error"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="muc_bans_sha256"/></event>`+
			`<error type="cancel"><`+condition+` xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>`)
		return mine
	}
	if !bounce("a.example", "gone") || !bounce("b.example", "remote-server-timeout") || slices.Contains(shelf.subscribers[string(RoomBans)], "a.example") || !slices.Contains(shelf.subscribers[string(RoomBans)], "b.example") {
		t.Errorf("after bounces: %v", shelf.subscribers)
	}
}
