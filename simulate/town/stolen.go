package town

import (
	"time"

	"github.com/nospim/nospim"
)

// stolenFriend is the whole chain: a person gets a link, gives name and password away, somebody logs in from elsewhere, reads
// the contact list and sends a link to everybody on it. The owner is back later and says sorry. One contact may be next.
func stolenFriend(i *incident) {
	owner := i.owner()
	if owner == nil {
		return
	}
	owner.busy = true
	t := &theft{i: i, owner: owner}
	t.network, t.client = i.vary("elsewhere", "elsewhere", "same_mobile_network"), i.vary("other_client", "other_client", "same_client")
	t.links = i.vary("same_link", "same_link", "link_of_each", "same_site", "no_link", "file")
	t.write = i.writer(i.style(), pick(i.r, stolenTexts))
	t.gap = i.tempo()
	t.lured = i.vary("lured", "lured", "lured", "password_reused")
	t.spread = i.vary("stops", "stops", "spreads")
	i.host()
	if i.w.o.Quiet { // nobody lives here; this one has to, for there to be habits to depart from
		i.w.days(i.w.dice("life of "+i.name, 0), owner)
	}
	t.lure()
}

// owner is somebody with many contacts whose account no other incident is about.
func (i *incident) owner() *actor {
	for range 200 {
		p := pick(i.r, i.w.people)
		if p.Local && !p.Minor && !p.busy && len(p.contacts) >= 10 {
			return p
		}
	}
	return nil
}

type theft struct {
	i                                     *incident
	owner                                 *actor
	network, client, links, lured, spread string
	write                                 func(map[string]string) string
	gap                                   func() time.Duration
	depth                                 int
}

// lure sends the link that steals the password.
func (t *theft) lure() {
	i := t.i
	in := within(i.r, 600, 3*3600)
	if t.lured == "lured" {
		from := i.account("lure", i.alias(), "remote", network{})
		brand := pick(i.r, brands)
		slots := map[string]string{"name": t.owner.Name, "brand": brand, "link": "https://" + brand + "-" + pick(i.r, lureWords) + ".example/login"}
		i.send(from, t.owner, spin(i.r, pick(i.r, credentialLures), slots), i.truth("lure"))
		in = within(i.r, 120, 5400)
	}
	i.w.after(in, t.enter)
}

// enter logs in as the owner.
func (t *theft) enter() {
	i := t.i
	t.owner.fate = "owner"
	addr, client := i.addr(network{kind: "many_networks"}), pick(i.r, botKits)
	if t.network == "same_mobile_network" {
		addr = t.owner.mobile
	}
	if t.client == "same_client" {
		client = t.owner.phone
	}
	do := func(a act) string {
		a.from, a.addr, a.client, a.truth = t.owner, addr, client, i.truth("thief")
		return i.w.emit(a)
	}
	if chance(i.r, 0.2) {
		do(act{kind: nospim.KindLoginFailure})
	}
	do(act{kind: nospim.KindLogin})
	i.w.after(within(i.r, 0.5, 20), func() { do(act{kind: nospim.KindRosterRead, count: len(t.owner.contacts)}) })
	if chance(i.r, 0.2) {
		i.w.after(within(i.r, 20, 60), func() { do(act{kind: nospim.KindProfileChange}) })
	}
	at := within(i.r, 5, 600)
	friends := t.owner.friends(i.r, len(t.owner.contacts))
	path := "/" + slug(i.r, 1) + "?v=" + code(i.r, alphabet36, 7)
	for _, b := range friends {
		i.w.after(at, func() {
			a := act{kind: nospim.KindMessage, to: b}
			if t.links == "file" { // as the worms of the 2000s did
				a.kind, a.files = nospim.KindFileOffer, []nospim.File{{Name: "photo_" + code(i.r, alphabet10, 4) + ".zip", Type: "application/zip", Size: 91_648}}
			} else {
				a.body = t.write(map[string]string{"name": b.Name, "link": t.link(path)})
			}
			t.noticed(b, do(a))
		})
		at += t.gap()
	}
	i.w.after(at+within(i.r, 1200, 6*3600), t.sorry)
	if t.spread == "spreads" && t.depth < 2 {
		t.next(friends)
	}
}

// link is the link that one contact gets: the same as everybody's, one of its own, on a site where many share things, or none.
func (t *theft) link(path string) string {
	i := t.i
	switch t.links {
	case "link_of_each":
		return "http://" + i.host() + "/w?id=" + code(i.r, alphabet36, 8)
	case "same_site":
		return "https://" + sites[len(i.name)%8] + "/watch?v=" + code(i.r, alphabet62, 11)
	case "no_link":
		return pick(i.r, urgentPleas)
	default:
		return "http://" + i.hosts[0] + path
	}
}

// noticed lets a contact do what friends do about it: a third answer, a few report.
func (t *theft) noticed(b *actor, id string) {
	i := t.i
	switch {
	case chance(i.r, 0.3):
		text := pick(i.r, friendDoubts)
		i.w.after(reply(i.r, len(text)), func() {
			i.w.emit(act{kind: nospim.KindMessage, from: b, to: t.owner, body: text, truth: recipient()})
		})
	case chance(i.r, 0.04):
		i.w.after(pause(i.r, 4, 1, 5, 7200), func() {
			i.w.emit(act{kind: nospim.KindReport, from: b, to: t.owner, refers: id, truth: recipient()})
		})
	}
}

// sorry is the owner, back from where the owner always is, telling everybody.
func (t *theft) sorry() {
	i := t.i
	t.owner.addr, t.owner.client = t.owner.home, t.owner.phone
	truth := ham(t.owner, "")
	i.w.emit(act{kind: nospim.KindLogin, from: t.owner, truth: truth})
	i.w.spread(i.r, t.owner, t.owner.friends(i.r, 3+i.r.IntN(12)), pick(i.r, apologies), truth, func() time.Duration { return pause(i.r, 2, 0.7, 2, 60) })
}

// next steals the account of a contact who fell for it.
func (t *theft) next(friends []*actor) {
	for _, b := range friends {
		if b.Local && !b.Minor && !b.busy && len(b.contacts) >= 8 {
			b.busy = true
			n := *t
			n.owner, n.lured, n.depth = b, "by a friend", t.depth+1
			t.i.w.after(within(t.i.r, 1200, 2*3600), n.enter)
			return
		}
	}
}
