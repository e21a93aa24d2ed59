package town

import (
	"fmt"
	"time"

	"github.com/nospim/nospim"
)

// registrationFlood makes accounts by the dozen, by name templates or with names of chance.
func registrationFlood(i *incident) {
	net, names := i.network(), i.vary("counted", "template", "random", "plausible")
	gap := i.tempo()
	stem := pick(i.r, luringNames)
	var at time.Duration
	for n := range 30 + i.r.IntN(170) {
		i.w.after(at, func() {
			var name string
			switch names {
			case "counted":
				name = fmt.Sprintf("%s%04d", stem, 1000+n)
			case "template":
				name = stem + "_" + pick(i.r, lureWords) + code(i.r, alphabet10, 3)
			case "random":
				name = code(i.r, alphabet36, 8+i.r.IntN(5))
			default:
				name = pick(i.r, firstNames) + pick(i.r, lastNames) + code(i.r, alphabet10, 1+i.r.IntN(4))
			}
			i.account("account", name, "new", net)
		})
		at += gap()
	}
}

// requestFlood asks many people to be added.
func requestFlood(i *incident) {
	origin, net := i.origin(), i.network()
	senders, people := i.crowd()
	text := i.vary("no_text", "fixed", "spun")
	template := pick(i.r, buddyRequests)
	write := i.writer(style{spun: text == "spun"}, template)
	gap := i.tempo()
	i.swarm("requester", senders, people, origin, net, gap, func(from, to *actor) {
		body := ""
		if text != "no_text" {
			body = write(nil)
		}
		i.w.emit(act{kind: nospim.KindContactRequest, from: from, to: to, body: body, truth: i.truth("requester")})
		if chance(i.r, 0.1) {
			i.w.after(pause(i.r, 4, 1.3, 3, 7200), func() {
				i.w.emit(act{kind: nospim.KindContactAccept, from: to, to: from, truth: recipient()})
			})
		}
	})
}

// inviteFlood invites many people to rooms.
func inviteFlood(i *incident) {
	origin, net := i.origin(), i.network()
	senders, people := i.crowd()
	rooms, text := i.vary("one_room", "many_rooms"), i.vary("no_text", "fixed", "spun")
	write := i.writer(style{spun: text == "spun"}, pick(i.r, roomLures))
	gap, stem := i.tempo(), slug(i.r, 2)
	i.swarm("inviter", senders, people, origin, net, gap, func(from, to *actor) {
		room := stem + "@rooms." + i.w.o.Service
		if rooms == "many_rooms" {
			room = stem + "-" + code(i.r, alphabet36, 4) + "@rooms." + pick(i.r, elsewhere)
		}
		body := ""
		if text != "no_text" {
			body = write(map[string]string{"name": to.Name, "link": "http://" + i.host() + "/room"})
		}
		i.w.emit(act{kind: nospim.KindInvite, from: from, to: to, room: room, body: body, truth: i.truth("inviter")})
	})
}

// swarm lets several accounts do something to many people each.
func (i *incident) swarm(role string, senders, people int, origin string, net network, gap func() time.Duration, do func(from, to *actor)) {
	var start time.Duration
	for range senders {
		some := i.victims(people)
		i.w.after(start, func() {
			from := i.account(role, i.alias(), origin, net)
			at := within(i.r, 1, 20)
			for _, to := range some {
				i.w.after(at, func() { do(from, to) })
				at += gap()
			}
		})
		start += within(i.r, 2, 600)
	}
}

// harvest searches the directory, reads profiles or contact lists, and later writes to those who were found, from the same
// account or from others.
func harvest(i *incident) {
	h := &harvester{i: i, how: i.vary("directory", "profiles", "both"), net: i.network()}
	h.origin = i.vary("new", "aged")
	spread := i.vary("one_reader", "some_readers", "many_readers")
	h.burst = i.vary("same_account", "other_account", "many_accounts")
	h.others = h.net
	if h.burst == "other_account" {
		h.others = i.network()
	}
	h.write = i.writer(i.style(), pick(i.r, adverts))
	h.gap = i.tempo()
	readers := map[string]int{"one_reader": 1, "some_readers": 3 + i.r.IntN(4), "many_readers": 8 + i.r.IntN(13)}[spread]
	h.found = i.victims(40 + i.r.IntN(120))
	i.host()
	var end time.Duration
	each := (len(h.found) + readers - 1) / readers
	for n := range readers {
		part := h.found[min(n*each, len(h.found)):min((n+1)*each, len(h.found))]
		end = max(end, h.read(part))
	}
	i.w.after(end+within(i.r, 120, 3*3600), h.send)
}

type harvester struct {
	i                  *incident
	how, origin, burst string
	net, others        network
	found              []*actor
	readers            []*actor
	write              func(map[string]string) string
	gap                func() time.Duration
}

// read lets one account read out its part; it returns when that is done.
func (h *harvester) read(part []*actor) time.Duration {
	i := h.i
	a := i.account("reader", i.alias(), h.origin, h.net)
	h.readers = append(h.readers, a)
	at := within(i.r, 2, 600)
	page := 10 + i.r.IntN(40)
	for n, p := range part {
		if h.how != "profiles" && n%page == 0 {
			i.w.after(at, func() {
				i.w.emit(act{kind: nospim.KindDirectorySearch, from: a, count: min(page, len(part)-n), truth: i.truth("reader")})
			})
			at += h.gap()
		}
		if h.how != "directory" {
			i.w.after(at, func() {
				i.w.emit(act{kind: nospim.KindProfileRead, from: a, to: p, truth: i.truth("reader")})
			})
			at += h.gap()
		}
	}
	return at
}

// send is the burst to those who were found.
func (h *harvester) send() {
	i := h.i
	senders := h.readers
	switch h.burst {
	case "other_account":
		senders = []*actor{i.account("sender", i.alias(), h.origin, h.others)}
	case "many_accounts":
		senders = nil
		for range 4 + i.r.IntN(8) {
			senders = append(senders, i.account("sender", i.alias(), h.origin, h.net))
		}
	}
	link := "http://" + i.hosts[0] + "/" + slug(i.r, 1)
	var at time.Duration
	for n, p := range h.found {
		from := senders[n%len(senders)]
		i.w.after(at, func() {
			id := i.send(from, p, h.write(map[string]string{"name": p.Name, "bot": from.Name, "link": link}), i.truth("sender"))
			i.reaction(from, p, id)
		})
		at += within(i.r, 0.2, 8)
	}
}

// reportGang complains about somebody who has done nothing: several accounts within an hour or so, some of which got the person to
// write to them first. What the person writes afterwards has the role accused.
func reportGang(i *incident) {
	accused := i.owner()
	if accused == nil {
		return
	}
	accused.busy = true
	origin, net := i.vary("new", "aged", "remote"), i.network()
	first := i.vary("baited", "never_written", "never_written")
	span := map[string]float64{"minutes": 300, "an_hour": 3600, "a_day": 8 * 3600}[i.vary("minutes", "an_hour", "a_day")]
	if i.w.o.Quiet {
		i.w.days(i.w.dice("life of "+i.name, 0), accused)
	}
	accused.fate = "accused"
	for range 5 + i.r.IntN(25) {
		i.w.after(within(i.r, 1, span), func() { i.accuse(accused, origin, net, first == "baited") })
	}
	i.w.after(seconds(span/2), func() { i.w.converse(i.r, accused, pick(i.r, accused.contacts), 30) })
}

func (i *incident) accuse(accused *actor, origin string, net network, baited bool) {
	a := i.account("reporter", i.alias(), origin, net)
	if !baited {
		i.w.after(within(i.r, 2, 60), func() {
			i.w.emit(act{kind: nospim.KindReport, from: a, to: accused, truth: i.truth("reporter")})
		})
		return
	}
	i.send(a, accused, spin(i.r, pick(i.r, baits), nil), i.truth("reporter"))
	i.w.after(reply(i.r, 20), func() {
		id := i.w.emit(act{kind: nospim.KindMessage, from: accused, to: a, body: pick(i.r, doubts), truth: ham(accused, "")})
		i.w.after(within(i.r, 2, 60), func() {
			i.w.emit(act{kind: nospim.KindReport, from: a, to: accused, refers: id, truth: i.truth("reporter")})
		})
	})
}
