package servertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nospim/nospim/internal/servers"
)

// elsewhere starts a second server, which asks nobody, and has the daemon's own speak with it.
func (d *daemon) elsewhere() (here, there *world) {
	d.t.Helper()
	const far = "there.example"
	authority, err := servers.NewAuthority(d.t.TempDir())
	if err != nil {
		d.t.Fatal(err)
	}
	peers := map[string]string{}
	for _, h := range []string{host, far} {
		if peers[h], err = servers.FreeAddr(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
	}
	d.federation = &servers.Federation{Addr: peers[host], Peers: peers, Authority: authority}
	there = startWorld(d.t, d.kind, Options{
		Host: far, Federation: &servers.Federation{Addr: peers[far], Peers: peers, Authority: authority},
	})
	return d.world(patient), there
}

// befriend makes two people of different servers contacts.
func befriend(a, b *client) {
	for _, p := range [][2]*client{{a, b}, {b, a}} {
		p[0].send(`<presence to="` + p[1].jid + `" type="subscribe"/>`)
		p[1].wait("a request", func(m stanza) bool { return m.Type == "subscribe" && m.From == p[0].jid })
		p[1].send(`<presence to="` + p[0].jid + `" type="subscribed"/>`)
		p[0].wait("an acceptance", func(m stanza) bool { return m.Type == "subscribed" && m.From == p[1].jid })
	}
}

// ownAccountSprays: an account that turns to strangers elsewhere is found within a few messages and restricted: nobody new gets
// anything of it, also not later and of another kind, while its contact elsewhere, who wrote to it, and support are within reach. The
// operator is told once, and one command lifts it.
func ownAccountSprays(t *testing.T, d *daemon) {
	here, there := d.elsewhere()
	stolen, friend, support := here.user(t), there.user(t), here.user(t)
	asker := there.user(t)
	befriend(stolen, friend)
	friend.say(stolen.jid, "so now we can talk here")
	stolen.waitBody("so now we can talk here")
	d.run("accounts", "support", support.jid)
	asker.say(stolen.jid, "Excuse me, are you the one with the garden?")
	stolen.waitBody("Excuse me, are you the one with the garden?")

	var people []*client
	for range 12 {
		people = append(people, there.user(t))
	}
	for i, p := range people {
		stolen.say(p.jid, fmt.Sprintf("Hello, here is what I told you about the %d cheap watches, have a look", i))
	}
	eventually(t, "the account to be restricted", func() bool { return strings.Contains(d.run("accounts", "list"), stolen.jid+"  ") })
	if list := d.run("accounts", "list"); !strings.Contains(list, "restricted") {
		t.Errorf("accounts list says %s", list)
	}
	stolen.say(friend.jid, "something seems to be wrong with my account")
	friend.waitBody("something seems to be wrong with my account")
	stolen.say(asker.jid, "yes, with the roses")
	asker.waitBody("yes, with the roses")
	eventually(t, "support to be within reach", func() bool { // the daemon looks for what the command line did five times a second
		stolen.say(support.jid, "please help me, nothing goes out")
		return len(bodies(support.received())) > 0
	})
	got := 0
	for _, p := range people {
		got += len(bodies(p.received()))
	}
	if got > 6 {
		t.Errorf("%d of %d strangers got something", got, len(people))
	}
	t.Logf("%d of %d strangers got something before the account was restricted", got, len(people))

	if out := d.run("accounts", "restore", stolen.jid); !strings.Contains(out, "restricted no longer") {
		t.Errorf("restore says %s", out)
	}
	if list := d.run("accounts", "list"); strings.Contains(list, "restricted") {
		t.Errorf("after that, accounts list says %s", list)
	}
	eventually(t, "the operator to be told", func() bool { return strings.Contains(d.log.String(), "is restricted") })
	if told := strings.Count(d.log.String(), "is restricted"); told != 1 {
		t.Errorf("the operator was told %d times, want once", told)
	}
}

// condemnedCampaign: when a person condemns a campaign, the copies that people got are taken back.
func condemnedCampaign(t *testing.T, d *daemon) {
	w := d.world(patient)
	const text = "The village fair is on Sunday, with cakes and music for young and old, bring your neighbours"
	var people []*client
	for i := range 8 {
		a, b := w.strangers(t)
		a.say(b.jid, text)
		if i < 3 { // later ones may be stopped
			b.waitBody(text)
			people = append(people, b)
		}
	}
	id := ""
	eventually(t, "the campaign", func() bool {
		id = campaignID(d.run("campaigns", "list", "--json"))
		return id != ""
	})
	d.run("campaigns", "condemn", id, "--reason", "not wanted here")
	for _, p := range people {
		m := p.wait("the retraction", func(m stanza) bool { return strings.Contains(m.Inner, "urn:xmpp:message-retract:1") })
		if !strings.Contains(m.Inner, chatID(text)) {
			t.Errorf("the retraction is %s", m.Inner)
		}
	}
}

// campaignID finds the first campaign in a list of JSON lines.
func campaignID(list string) string {
	_, rest, _ := strings.Cut(list, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}
