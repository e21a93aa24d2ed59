package town

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nospim/nospim"
)

// lookAt reads the profile of a contact or of somebody in the same room.
func (w *world) lookAt(r *rand.Rand, a *actor) {
	b := a.friend(r)
	if len(a.rooms) > 0 && chance(r, 0.3) {
		b = pick(r, pick(r, a.rooms).members)
	}
	if b != nil && b != a {
		w.emit(act{kind: nospim.KindProfileRead, from: a, to: b, truth: ham(a, "")})
	}
}

// call calls a contact, or offers a file.
func (w *world) call(r *rand.Rand, a *actor) {
	b := a.friend(r)
	if b == nil {
		return
	}
	if chance(r, 0.4) {
		w.emit(act{kind: nospim.KindCallOffer, from: a, to: b, truth: ham(a, "")})
		return
	}
	f := nospim.File{Name: fmt.Sprintf("IMG_%04d.jpg", r.IntN(10000)), Type: "image/jpeg", Size: 200_000 + r.Int64N(4_000_000)}
	if chance(r, 0.2) {
		f = nospim.File{Name: slug(r, 2) + ".pdf", Type: "application/pdf", Size: 20_000 + r.Int64N(900_000)}
	}
	w.emit(act{kind: nospim.KindFileOffer, from: a, to: b, files: []nospim.File{f}, truth: ham(a, "")})
}

// restyle changes the own profile.
func (w *world) restyle(_ *rand.Rand, a *actor) {
	w.emit(act{kind: nospim.KindProfileChange, from: a, truth: ham(a, "")})
}

// quarrel ends a contact: mostly it is removed, sometimes blocked, seldom reported.
func (w *world) quarrel(r *rand.Rand, a *actor) {
	b := a.friend(r)
	if b == nil || chance(r, 0.5) {
		return
	}
	kind := nospim.KindContactRemove
	switch r.IntN(10) {
	case 0:
		kind = nospim.KindReport
	case 1, 2, 3:
		kind = nospim.KindBlock
	}
	w.emit(act{kind: kind, from: a, to: b, truth: ham(a, "")})
}

// makeFriend asks a friend's friend to be added.
func (w *world) makeFriend(r *rand.Rand, a *actor) {
	b := a.friend(r)
	if b == nil {
		return
	}
	if c := b.friend(r); c != nil && c != a && w.relation(a, c) == nospim.RelationStranger {
		w.ask(r, a, c, spin(r, pick(r, introductions), map[string]string{"name": a.Name, "friend": b.Name}), 0.85, ham(a, ""))
	}
}

// ask sends a contact request, which is accepted after a while, or never; then the two talk.
func (w *world) ask(r *rand.Rand, a, b *actor, text string, willing float64, truth Truth) {
	if !chance(r, 0.5) {
		text = "" // many clients send none
	}
	w.emit(act{kind: nospim.KindContactRequest, from: a, to: b, body: text, truth: truth})
	if !chance(r, willing) {
		return
	}
	w.after(pause(r, 4.5, 1.6, 5, 20*3600), func() {
		w.accept(b, a, ham(b, ""), truth)
		if chance(r, 0.6) {
			w.after(pause(r, 4, 1.2, 3, 3600), func() { w.converse(r, a, b, 3+r.IntN(12)) })
		}
	})
}

// accept lets b accept the request of a, and a the one that b's client makes in return (RFC 6121 §3.1).
func (w *world) accept(b, a *actor, truthB, truthA Truth) {
	w.emit(act{kind: nospim.KindContactAccept, from: b, to: a, truth: truthB})
	w.emit(act{kind: nospim.KindContactRequest, from: b, to: a, truth: truthB})
	w.emit(act{kind: nospim.KindContactAccept, from: a, to: b, truth: truthA})
}

// search looks for somebody in the directory, reads some profiles, and may ask one to be added.
func (w *world) search(r *rand.Rand, a *actor) {
	truth := ham(a, "searcher")
	var at time.Duration
	for range 1 + r.IntN(4) {
		w.after(at, func() {
			w.emit(act{kind: nospim.KindDirectorySearch, from: a, count: r.IntN(25), truth: truth})
		})
		at += pause(r, 2.7, 0.8, 2, 120)
	}
	var found *actor
	for range r.IntN(6) {
		b := pick(r, w.people)
		if b == a || b.Minor && !a.Minor {
			continue
		}
		found = b
		w.after(at, func() { w.emit(act{kind: nospim.KindProfileRead, from: a, to: b, truth: truth}) })
		at += pause(r, 2.5, 0.9, 1, 120)
	}
	if found == nil || chance(r, 0.4) {
		return
	}
	w.after(at, func() {
		if w.relation(a, found) == nospim.RelationStranger {
			w.ask(r, a, found, spin(r, pick(r, reunions), map[string]string{"name": a.Name}), 0.6, truth)
		}
	})
}

// announce tells all contacts the same: a wedding, a new number, a party with a link.
func (w *world) announce(r *rand.Rand, a *actor) {
	if len(a.contacts) < 6 || chance(r, 0.5) {
		return
	}
	text := spin(r, pick(r, announcements), map[string]string{
		"number": "555-01" + code(r, alphabet10, 2), "link": "https://events.example/e/" + code(r, alphabet36, 8), "name": a.Name, "list": "https://shop.example/wishlist/" + code(r, alphabet36, 10),
	})
	w.spread(r, a, a.friends(r, len(a.contacts)), text, ham(a, "announcer"), func() time.Duration { return pause(r, 1.9, 0.7, 1.5, 60) })
}

// spread sends one text to one after the other.
func (w *world) spread(r *rand.Rand, a *actor, to []*actor, text string, truth Truth, gap func() time.Duration) {
	var at time.Duration
	for _, b := range to {
		w.after(at, func() {
			w.emit(act{kind: nospim.KindMessage, from: a, to: b, body: text, truth: truth})
			if chance(r, 0.3) {
				w.answer(r, b, a, pick(r, shortAnswers))
			}
		})
		at += gap()
	}
}

// answer answers after the time that typing takes.
func (w *world) answer(r *rand.Rand, b, a *actor, text string) {
	w.after(reply(r, len(text)), func() {
		w.emit(act{kind: nospim.KindMessage, from: b, to: a, body: text, truth: ham(b, "")})
	})
}

// organise invites some to a room, or asks several people of a club to be added, within an hour.
func (w *world) organise(r *rand.Rand, a *actor) {
	if a.Minor || !a.Local || chance(r, 0.6) {
		return
	}
	truth := ham(a, "organiser")
	var at time.Duration
	if chance(r, 0.5) && len(a.rooms) > 0 {
		m := pick(r, a.rooms)
		for _, b := range a.friends(r, 3+r.IntN(9)) {
			w.after(at, func() {
				w.emit(act{kind: nospim.KindInvite, from: a, to: b, room: m.id, truth: truth})
				w.after(pause(r, 4, 1, 5, 3600), func() { w.emit(act{kind: nospim.KindJoin, from: b, room: m.id, truth: ham(b, "")}) })
			})
			at += pause(r, 2.5, 0.8, 2, 300)
		}
		return
	}
	text := spin(r, pick(r, clubTexts), map[string]string{"name": a.Name})
	for range 4 + r.IntN(8) {
		b := pick(r, w.people)
		if b == a || b.Minor {
			continue
		}
		w.after(at, func() {
			if w.relation(a, b) == nospim.RelationStranger {
				w.ask(r, a, b, text, 0.85, truth)
			}
		})
		at += pause(r, 4, 0.9, 15, 1200)
	}
}

// forward passes a joke on, as it is or with a word before it; those who get it may do the same.
func (w *world) forward(r *rand.Rand, a *actor) {
	if chance(r, 0.9) { // most are told in the conversation
		w.chat(r, a)
		return
	}
	text := pick(r, jokes)
	if chance(r, 0.4) {
		text += " https://" + pick(r, sites[:12]) + "/watch?v=" + code(r, alphabet62, 11)
	}
	left := 20 + r.IntN(60)
	w.pass(r, a, text, &left)
}

func (w *world) pass(r *rand.Rand, a *actor, text string, left *int) {
	var at time.Duration
	for _, b := range a.friends(r, 1+r.IntN(5)) {
		if *left--; *left < 0 {
			return
		}
		w.after(at, func() {
			said := text
			if chance(r, 0.2) {
				said = pick(r, forwards) + " " + text
			}
			w.emit(act{kind: nospim.KindMessage, from: a, to: b, body: said, truth: ham(a, "forwarder")})
			if chance(r, 0.35) {
				w.after(pause(r, 5.5, 1.3, 10, 6*3600), func() { w.pass(r, b, text, left) })
			}
		})
		at += pause(r, 1.6, 0.7, 1, 60)
	}
}

// greetings are the evenings on which many wish all their friends the same: the first is New Year's, the others are smaller.
func (w *world) greetings() {
	for day := 0; time.Duration(day)*24*time.Hour < w.o.Length; day++ {
		r := w.dice("greetings", day)
		from := time.Duration(day)*24*time.Hour + min(7*time.Hour, w.o.Length/3)
		words, share := pick(r, greetingWords), 0.06
		if day == 0 {
			words, share = newYear, 0.3
		}
		for _, a := range w.people {
			if !chance(r, share) {
				continue
			}
			w.at(from+within(r, 0, 5400), func() {
				w.arrive(r, a)
				w.spread(r, a, a.friends(r, 3+r.IntN(12)), pick(r, words), ham(a, "greeter"), func() time.Duration { return pause(r, 1.3, 0.6, 1, 30) })
			})
		}
	}
}

// newcomers register, and add the friends that brought them on the first day; half of them with the same words for all.
func (w *world) newcomers() {
	days := max(1, int(w.o.Length/(24*time.Hour)))
	for n := range days * (1 + w.o.People/100) {
		r := w.dice("newcomer", n)
		a := w.resident(r, len(w.people)+n)
		a.Local, a.ID = true, a.Name+"@"+w.o.Service
		host := pick(r, w.people)
		a.Minor = host.Minor
		w.at(within(r, 0, w.o.Length.Seconds()), func() { w.join(r, a, host) })
	}
}

func (w *world) join(r *rand.Rand, a, host *actor) {
	truth := ham(a, "newcomer")
	if chance(r, 0.3) {
		a.addr = a.mobile
	}
	w.register(r, a, truth)
	text := pick(r, newHere)
	at := pause(r, 4, 0.8, 20, 900)
	for _, b := range append(host.friends(r, 3+r.IntN(9)), host) {
		if chance(r, 0.5) {
			text = pick(r, newHere)
		}
		said := spin(r, text, map[string]string{"name": a.Name})
		w.after(at, func() { w.ask(r, a, b, said, 0.85, truth) })
		at += pause(r, 3.4, 0.9, 5, 900)
	}
	w.after(2*time.Hour, func() { w.days(r, a) })
}

// register makes an account and logs in.
func (w *world) register(r *rand.Rand, a *actor, truth Truth) {
	a.Created = time.Time{} // it does not exist yet
	w.emit(act{kind: nospim.KindRegistration, from: a, truth: truth})
	a.Created = w.o.Start.Add(w.now.Truncate(time.Second))
	w.after(within(r, 1, 9), func() {
		w.emit(act{kind: nospim.KindLogin, from: a, truth: truth})
		a.seen = w.now
	})
}

// classes are groups that register in one room within half an hour: a course, a workshop, a school class. They add those who sit
// near them.
func (w *world) classes() {
	for n := range 1 + int(w.o.Length/(48*time.Hour)) {
		r := w.dice("class", n)
		addr := address(r, r.IntN(1<<15))
		group := make([]*actor, 12+r.IntN(14))
		for k := range group {
			a := w.resident(r, 10*len(w.people)+100*n+k)
			a.Local, a.ID, a.Minor, a.addr = true, a.Name+"@"+w.o.Service, n%2 == 1, addr
			group[k] = a
		}
		w.at(within(r, 0.1*w.o.Length.Seconds(), 0.8*w.o.Length.Seconds()), func() { w.gather(r, group) })
	}
}

func (w *world) gather(r *rand.Rand, group []*actor) {
	for k, a := range group {
		truth := ham(a, "class")
		w.after(within(r, 0, 900), func() { w.register(r, a, truth) })
		for step := range 2 + r.IntN(4) {
			b := group[(k+step+1)%len(group)]
			w.after(within(r, 930, 1800), func() {
				if w.relation(a, b) == nospim.RelationStranger {
					w.ask(r, a, b, "", 0.95, truth)
				}
			})
		}
		w.after(3*time.Hour, func() { w.days(r, a) })
	}
}
