package town

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// serve lets the desks work.
func (w *world) serve() {
	for i, desk := range w.desks {
		r := w.dice("desk", i)
		switch desk.role {
		case "support":
			w.repeat(r, desk, 45, func() { w.help(r, desk) })
		case "help_bot":
			w.repeat(r, desk, 40, func() { w.command(r, desk) })
		case "bridge":
			w.repeat(r, desk, 120, func() { w.relay(r, desk) })
		case "news_bot":
			w.subscribe(r, desk, 300)
			w.headlines(r, desk)
		case "reminder_bot":
			w.subscribe(r, desk, 80)
			w.repeat(r, desk, 60, func() { w.remind(r, desk) })
		}
	}
}

// repeat does something so often a day, by the hours of the desk.
func (w *world) repeat(r *rand.Rand, desk *actor, daily float64, do func()) {
	w.at(w.next(r, desk, daily), func() {
		do()
		w.repeat(r, desk, daily, do)
	})
}

// subscribe makes some people contacts of a program: they have asked for it.
func (w *world) subscribe(r *rand.Rand, desk *actor, most int) {
	for range min(most, len(w.people)/4) {
		w.befriend(desk, pick(r, w.people))
	}
}

// help is a case at the desk: somebody writes, staff answer with ready-made replies, some with a link, often in several
// conversations at once. Those who write are nobody's contacts, and many are from elsewhere.
func (w *world) help(r *rand.Rand, desk *actor) {
	who := pick(r, w.people)
	if chance(r, 0.3) {
		who = w.passerBy(r)
	}
	slots := map[string]string{"name": who.Name, "ticket": code(r, alphabet10, 6), "article": code(r, alphabet10, 3)}
	turns := 2 + r.IntN(6)
	var turn func(n int)
	turn = func(n int) {
		w.emit(act{kind: nospim.KindMessage, from: who, to: desk, body: w.speech.line(r, service, ""), truth: ham(who, "")})
		w.after(canned(r), func() {
			text := pick(r, cannedReplies)
			switch n {
			case 0:
				text = cannedGreeting
			case turns - 1:
				text = cannedFarewell
			}
			w.emit(act{kind: nospim.KindMessage, from: desk, to: who, body: spin(r, text, slots), truth: ham(desk, "")})
			if n < turns-1 {
				w.after(reply(r, 60), func() { turn(n + 1) })
			}
		})
	}
	turn(0)
}

// passerBy is somebody from elsewhere who is here for once.
func (w *world) passerBy(r *rand.Rand) *actor {
	name := pick(r, firstNames) + code(r, alphabet10, 5)
	a := &actor{role: "person", zone: pick(r, zones), topic: service, client: pick(r, laptops)}
	a.Account = nospim.Account{ID: name + "@" + pick(r, elsewhere), Name: name}
	return a
}

// command is somebody asking a program, which answers at once: a help text, or the words of the question again.
func (w *world) command(r *rand.Rand, desk *actor) {
	who := pick(r, w.people)
	asked := "!help " + pick(r, slugs)
	answer := spin(r, pick(r, botHelp), nil)
	if chance(r, 0.3) {
		words := w.speech.line(r, smallTalk, "")
		asked, answer = "!echo "+words, words
	}
	w.emit(act{kind: nospim.KindMessage, from: who, to: desk, body: asked, truth: ham(who, "")})
	w.after(within(r, 0.2, 0.9), func() {
		w.emit(act{kind: nospim.KindMessage, from: desk, to: who, body: answer, truth: ham(desk, "")})
	})
}

// relay carries what people elsewhere say: into a room mostly, sometimes to one person. All of them are one account here.
func (w *world) relay(r *rand.Rand, desk *actor) {
	nick := pick(r, firstNames)
	text := "<" + nick + "> " + w.speech.line(r, technical, "")
	if chance(r, 0.05) {
		text += " " + desk.shared(r)
	}
	if chance(r, 0.8) && len(w.rooms) > 0 {
		w.say(desk, pick(r, w.rooms), text, ham(desk, ""))
		return
	}
	b := pick(r, w.people[:1+len(w.people)/5])
	w.befriend(desk, b) // nobody gets what is relayed without having set it up
	w.emit(act{kind: nospim.KindMessage, from: desk, to: b, body: text, truth: ham(desk, "")})
}

// headlines go to all subscribers every few hours, the same to everybody.
func (w *world) headlines(r *rand.Rand, desk *actor) {
	w.after(within(r, 2*3600, 4*3600), func() {
		text := strings.ReplaceAll(slug(r, 6), "-", " ") + " https://news.example/2026/03/" + slug(r, 4) + "?utm_source=im"
		versions := []string{""}
		if chance(r, 0.3) { // which picture is clicked more? Some of the subscribers get one, some another
			for range 1 + r.IntN(12) {
				versions = append(versions, "&v="+code(r, alphabet36, 6))
			}
		}
		var at time.Duration
		for _, b := range desk.contacts {
			said := text + pick(r, versions)
			w.after(at, func() { w.emit(act{kind: nospim.KindMessage, from: desk, to: b, body: said, truth: ham(desk, "")}) })
			at += within(r, 0.02, 0.2)
		}
		w.headlines(r, desk)
	})
}

// remind tells one subscriber something that it wanted to be told.
func (w *world) remind(r *rand.Rand, desk *actor) {
	if len(desk.contacts) == 0 {
		return
	}
	text := spin(r, pick(r, reminders), map[string]string{"hour": code(r, "01", 1) + code(r, alphabet10, 1) + ":" + pick(r, []string{"00", "15", "30", "45"})})
	w.emit(act{kind: nospim.KindMessage, from: desk, to: pick(r, desk.contacts), body: text, truth: ham(desk, "")})
}
