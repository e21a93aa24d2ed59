package town

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// buddyBot works under several names, one after the other or at once: asks to be added, then runs one script with everybody,
// whatever is answered; it ends in a link. The published logs agree on the turns (data.md §3: an AIM bot, an MSN bot).
func buddyBot(i *incident) {
	origin, net, s := i.origin(), i.network(), i.style()
	clock := i.vary("on_answer", "on_clock", "random")
	echo := i.vary("", "", "", "echoes") != ""
	opening := i.vary("asks_first", "asks_first", "writes_at_once")
	gap := i.tempo()
	script := i.script(s)
	var at time.Duration
	for range 3 + i.r.IntN(6) {
		people := i.victims(5 + i.r.IntN(16))
		i.w.after(at, func() {
			bot := i.account("bot", i.alias(), origin, net)
			begin := 2 * time.Second
			for _, p := range people {
				d := &dialogue{i: i, bot: bot, with: p, script: script, clock: clock, echo: echo}
				i.w.after(begin, func() { d.open(opening == "asks_first") })
				begin += gap()
			}
		})
		at += within(i.r, 30, 5400)
	}
}

// script is the turns of a script: the same for all accounts of the incident.
func (i *incident) script(s style) []func(map[string]string) string {
	turns := pick(i.r, buddyScripts)
	script := make([]func(map[string]string) string, len(turns))
	for n, t := range turns {
		script[n] = i.writer(s, t)
	}
	return script
}

// dialogue is a bot at work on one person.
type dialogue struct {
	i      *incident
	bot    *actor
	with   *actor
	script []func(map[string]string) string
	turn   int
	clock  string
	// echo says that it repeats a word of the answer, so that it seems to listen; heard is the answer.
	echo  bool
	heard string
}

// open asks to be added first, or writes at once. Three of ten accept; bots that are not accepted write to a third all the same.
func (d *dialogue) open(ask bool) {
	i := d.i
	if !ask {
		d.next()
		return
	}
	text := ""
	if chance(i.r, 0.6) {
		text = spin(i.r, pick(i.r, buddyRequests), nil)
	}
	i.w.emit(act{kind: nospim.KindContactRequest, from: d.bot, to: d.with, body: text, truth: i.truth("bot")})
	switch {
	case chance(i.r, 0.3):
		i.w.after(pause(i.r, 3.5, 1.3, 3, 4*3600), func() {
			i.w.accept(d.with, d.bot, recipient(), i.truth("bot"))
			i.w.after(within(i.r, 1, 8), d.next)
		})
	case chance(i.r, 0.33):
		i.w.after(within(i.r, 20, 120), d.next)
	}
}

// next sends the next turn. The person may answer; the bot goes on by its clock, or as soon as there is an answer.
func (d *dialogue) next() {
	i := d.i
	body := d.script[d.turn](map[string]string{"name": d.with.Name, "bot": d.bot.Name, "age": "2" + code(i.r, alphabet10, 1), "link": "http://" + i.host() + "/" + pick(i.r, []string{"join", "cam", "u", "login"}) + "?u=" + code(i.r, alphabet36, 6)})
	if words := strings.Fields(d.heard); d.echo && len(words) > 0 {
		body = pick(i.r, words) + "? " + body
	}
	i.send(d.bot, d.with, body, i.truth("bot"))
	d.turn++
	answered := chance(i.r, 0.6)
	var typed time.Duration
	if answered {
		text := d.answer()
		typed = reply(i.r, len(text))
		i.w.after(typed, func() {
			d.heard = text
			i.w.emit(act{kind: nospim.KindMessage, from: d.with, to: d.bot, body: text, truth: recipient()})
		})
	}
	if d.turn == len(d.script) {
		return
	}
	switch {
	case d.clock == "on_answer" && answered:
		i.w.after(typed+around(i.r, 3, 0.8), d.next)
	case d.clock == "on_answer" && chance(i.r, 0.5): // it never got one
	case d.clock == "on_clock":
		i.w.after(around(i.r, 20, 0.4), d.next)
	default:
		i.w.after(within(i.r, 15, 45), d.next)
	}
}

func (d *dialogue) answer() string {
	if chance(d.i.r, 0.5) {
		return pick(d.i.r, doubts)
	}
	return d.i.w.speech.line(d.i.r, smallTalk, "")
}

// childApproach is a grown stranger who turns to several minors, slowly, and asks for what is nobody's business.
func childApproach(i *incident) {
	origin, net := i.vary("new", "aged", "aged", "remote"), i.network()
	way := i.vary("asks_first", "writes_at_once")
	search := i.vary("searches", "")
	pacing := i.vary("minutes", "quarter_hours", "hours")
	gaps := map[string]float64{"minutes": 90, "quarter_hours": 900, "hours": 4000}
	a := i.account("stranger", i.alias(), origin, net)
	var at time.Duration
	for _, child := range i.children(4 + i.r.IntN(9)) {
		if search != "" && origin != "remote" {
			i.w.after(at, func() {
				i.w.emit(act{kind: nospim.KindProfileRead, from: a, to: child, truth: i.truth("stranger")})
			})
			at += within(i.r, 10, 60)
		}
		d := &dialogue{i: i, bot: a, with: child, clock: "random", script: i.approach()}
		i.w.after(at, func() { d.openChild(way == "asks_first") })
		at += seconds(gaps[pacing] * (0.5 + i.r.Float64()))
	}
}

// children are some minors of the town.
func (i *incident) children(n int) []*actor {
	var all []*actor
	for _, p := range i.w.people {
		if p.Minor {
			all = append(all, p)
		}
	}
	shuffled(i.r, all)
	return all[:min(n, len(all))]
}

func shuffled(r *rand.Rand, all []*actor) {
	r.Shuffle(len(all), func(x, y int) { all[x], all[y] = all[y], all[x] })
}

// approach is what is said to one child, in words of its own.
func (i *incident) approach() []func(map[string]string) string {
	var script []func(map[string]string) string
	for _, t := range pick(i.r, approaches) {
		script = append(script, i.writer(style{spun: true}, t))
	}
	return script
}

// openChild is open with fewer who accept and more pauses between the turns.
func (d *dialogue) openChild(ask bool) {
	i := d.i
	if !ask {
		d.slowly()
		return
	}
	i.w.emit(act{kind: nospim.KindContactRequest, from: d.bot, to: d.with, truth: i.truth("stranger")})
	if chance(i.r, 0.25) {
		i.w.after(pause(i.r, 4.5, 1.2, 5, 4*3600), func() {
			i.w.accept(d.with, d.bot, recipient(), i.truth("stranger"))
			i.w.after(reply(i.r, 30), d.slowly)
		})
	}
}

// slowly sends the next turn as a person would.
func (d *dialogue) slowly() {
	i := d.i
	body := d.script[d.turn](map[string]string{"name": d.with.Name})
	id := i.send(d.bot, d.with, body, i.truth("stranger"))
	i.reaction(d.bot, d.with, id)
	if d.turn++; d.turn < len(d.script) && chance(i.r, 0.7) {
		i.w.after(reply(i.r, len(body))*3, d.slowly)
	}
}
