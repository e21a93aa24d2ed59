package town

import (
	"crypto/md5"  //nolint:gosec // spammers hash addresses with it
	"crypto/sha1" //nolint:gosec // spammers hash addresses with it
	"encoding/base64"
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// mailing is one text for many people, from one or more senders.
type mailing struct {
	senders, people int
	origin          string
	net             network
	write           func(map[string]string) string
	// link makes the link of one recipient.
	link func(to *actor) string
	gap  func() time.Duration
	// slots are those that are the same for everybody.
	slots map[string]string
	// hidden says that the text shows a name and the link stands behind it; encrypted, that only the recipient can read it.
	hidden, encrypted bool
	// rooms says that it is posted in rooms instead of being sent to people.
	rooms bool
}

// mail sends it: each sender has people of its own.
func (i *incident) mail(m mailing) {
	var start time.Duration
	for range m.senders {
		people := i.victims(m.people)
		i.w.after(start, func() {
			from := i.account("sender", i.alias(), m.origin, m.net)
			at := within(i.r, 2, 60)
			if m.rooms {
				i.postEverywhere(m, from, at)
				return
			}
			for _, to := range people {
				i.w.after(at, func() { i.deliver(m, from, to) })
				at += m.gap()
			}
		})
		start += within(i.r, 5, 900)
	}
}

// postEverywhere joins several rooms and posts it in each.
func (i *incident) postEverywhere(m mailing, from *actor, at time.Duration) {
	for _, k := range i.r.Perm(len(i.w.rooms))[:min(len(i.w.rooms), 3+i.r.IntN(12))] {
		room := i.w.rooms[k]
		i.w.after(at, func() {
			i.w.emit(act{kind: nospim.KindJoin, from: from, room: room.id, truth: i.truth("sender")})
			i.w.after(within(i.r, 0.5, 5), func() {
				i.w.say(from, room, m.write(map[string]string{"name": "all", "bot": from.Name, "link": m.link(from)}), i.truth("sender"))
			})
		})
		at += m.gap()
	}
}

func (i *incident) deliver(m mailing, from, to *actor) {
	slots := map[string]string{"name": to.Name, "bot": from.Name, "link": m.link(to)}
	maps.Copy(slots, m.slots)
	a := act{kind: nospim.KindMessage, from: from, to: to, truth: i.truth("sender"), encrypted: m.encrypted}
	if m.hidden {
		a.links = []string{slots["link"]}
		slots["link"] = "» " + m.slots["brand"] + " «"
	}
	a.body = m.write(slots)
	i.reaction(from, to, i.w.emit(a))
}

// crowd says how many senders write to how many people each.
func (i *incident) crowd() (senders, people int) {
	switch i.vary("one_sender", "some_senders", "many_senders") {
	case "one_sender":
		return 1, 20 + i.r.IntN(180)
	case "some_senders":
		return 2 + i.r.IntN(5), 15 + i.r.IntN(45)
	default:
		return 12 + i.r.IntN(28), 4 + i.r.IntN(12)
	}
}

// bulk is an advert to many strangers.
func bulk(i *incident) {
	senders, people := i.crowd()
	m := mailing{senders: senders, people: people, origin: i.origin(), net: i.network(), gap: i.tempo()}
	s := i.style()
	m.encrypted = i.vary("", "", "", "", "", "", "", "", "encrypted") != ""
	m.rooms = !m.encrypted && i.vary("", "", "", "", "in_rooms") != ""
	m.write = i.writer(s, pick(i.r, adverts))
	path := "/" + slug(i.r, 1)
	switch i.vary("same_link", "same_link", "link_of_each", "no_link") {
	case "link_of_each":
		m.link = func(*actor) string { return "http://" + i.host() + path + "/" + code(i.r, alphabet36, 5) }
	case "no_link":
		m.link = func(*actor) string { return pick(i.r, elsewherePhrases) + " " + i.contact() }
	default:
		m.link = func(*actor) string { return "http://" + i.hosts[0] + path }
	}
	i.host() // chooses the hosts
	i.mail(m)
}

// contact is a name elsewhere, which is the incident's own.
func (i *incident) contact() string { return "@" + strings.ReplaceAll(i.name, "/", "") + "_deals" }

// phishing asks for the name and the password of the account, in the name of the service.
func phishing(i *incident) {
	senders, people := i.crowd()
	m := mailing{senders: senders, people: min(people, 60), origin: i.origin(), net: i.network(), gap: i.tempo()}
	s := i.style()
	m.write = i.writer(s, pick(i.r, credentialLures))
	brand := pick(i.r, brands)
	host := pick(i.r, []string{brand + "-" + pick(i.r, lureWords), pick(i.r, lureWords) + "-" + brand, lookalike(brand), brand + "." + pick(i.r, lureWords) + code(i.r, alphabet10, 2)}) + pick(i.r, []string{".example", ".test"})
	m.slots = map[string]string{"brand": brand}
	if way := i.vary("form", "form", "form_behind_text", "asks_for_reply"); way != "asks_for_reply" {
		m.hidden = way == "form_behind_text"
		m.link = func(*actor) string {
			return "https://" + host + "/" + pick(i.r, []string{"login", "verify", "account", "signin"})
		}
	} else {
		m.link = func(*actor) string { return pick(i.r, replyPhrases) }
	}
	i.mail(m)
}

// lookalike writes a name with one letter that looks the same, or one more.
func lookalike(brand string) string {
	for _, pair := range [][2]string{{"l", "1"}, {"o", "0"}, {"i", "l"}, {"a", "а"}, {"m", "rn"}} {
		if strings.Contains(brand, pair[0]) {
			return strings.Replace(brand, pair[0], pair[1], 1)
		}
	}
	return brand + brand[len(brand)-1:]
}

// tracking gives each recipient a link of its own, so that a click tells who clicked (tracking-codes.md §1: every place where a
// code can hide, and the recipient's address itself).
func tracking(i *incident) {
	senders, people := i.crowd()
	m := mailing{senders: senders, people: people, origin: i.origin(), net: i.network(), gap: i.tempo()}
	s := i.style()
	m.write = i.writer(s, pick(i.r, adverts))
	slot, what := i.vary(trackingSlots...), i.vary("random", "random", "counter", "identity")
	host := i.host()
	encode, n, width := i.encoder(), i.r.IntN(5000), 5+i.r.IntN(8)
	m.link = func(to *actor) string {
		var c string
		switch what {
		case "identity":
			c = encode(to.ID)
		case "counter":
			n++
			c = code36(n)
		default:
			c = code(i.r, alphabet36, width)
		}
		return tracked(slot, host, c)
	}
	i.mail(m)
}

// trackingSlots are the places where a code can hide.
var trackingSlots = []string{"query", "bare_key", "path", "path_tail", "matrix", "fragment", "subdomain", "userinfo", "nested", "short"}

// tracked puts a code into a link.
func tracked(slot, host, c string) string {
	switch slot {
	case "query":
		return "http://" + host + "/offer?lang=en&id=" + c
	case "bare_key":
		return "http://" + host + "/offer?" + c
	case "path":
		return "http://" + host + "/c/" + c + "/start"
	case "path_tail":
		return "http://" + host + "/sale-" + c
	case "matrix":
		return "http://" + host + "/offer;s=" + c + "/start"
	case "fragment":
		return "http://" + host + "/offer#" + c
	case "subdomain":
		return "http://" + strings.ToLower(strings.NewReplacer("@", "-", "%", "", "=", "", "+", "", "/", "").Replace(c)) + "." + host + "/offer"
	case "userinfo":
		return "http://" + strings.NewReplacer("@", "%40", "/", "").Replace(c) + "@" + host + "/offer"
	case "nested":
		return "http://" + host + "/go?to=https%3A%2F%2Fshop." + host + "%2Fp%3Fr%3D" + c
	default:
		return "http://sho.rt.example/" + c
	}
}

// encoder is a way to write an address.
func (i *incident) encoder() func(id string) string {
	return pick(i.r, []func(string) string{
		func(id string) string { return id },
		func(id string) string { return strings.Split(id, "@")[0] },
		func(id string) string { return hex.EncodeToString([]byte(id)) },
		func(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) },
		func(id string) string { return strings.ReplaceAll(id, "@", "%40") },
		func(id string) string { sum := md5.Sum([]byte(id)); return hex.EncodeToString(sum[:]) },  //nolint:gosec // what spammers do
		func(id string) string { sum := sha1.Sum([]byte(id)); return hex.EncodeToString(sum[:]) }, //nolint:gosec // what spammers do
	})
}

func code36(n int) string {
	var b []byte
	for n += 36 * 36 * 36; n > 0; n /= 36 {
		b = append([]byte{alphabet36[(n+26)%36]}, b...) // digits first, so that it ascends
	}
	return string(b)
}
