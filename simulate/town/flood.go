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
