package town

import (
	"time"

	"github.com/nospim/nospim"
)

// The four timer families of Gianvecchio and others (USENIX Security 2008; ToN 2011): programs that post, by what decides when.
// What they say is mostly what people say, so that timing has to tell; one line in five has a link.

// timerPeriodic posts at a fixed beat, with little deviation.
func timerPeriodic(i *incident) {
	mean := 15 + 120*i.r.Float64()
	deviation := mean * map[string]float64{"exact": 0.003, "steady": 0.02, "loose": 0.06}[i.vary("exact", "steady", "loose")]
	i.post(func() time.Duration { return around(i.r, mean, deviation) }, false)
}

// timerRandom posts after pauses of chance: evenly from a range, or one of a few, or exponential.
func timerRandom(i *incident) {
	least := 10 + 30*i.r.Float64()
	switch i.vary("uniform", "steps", "exponential") {
	case "uniform":
		i.post(func() time.Duration { return within(i.r, least, 3*least) }, false)
	case "steps":
		steps := []float64{least, 1.5 * least, 2 * least, 3 * least}
		i.post(func() time.Duration { return seconds(pick(i.r, steps)) }, false)
	default:
		i.post(func() time.Duration { return rarely(i.r, seconds(2*least)) + seconds(1) }, false)
	}
}

// timerReplay repeats what others said in the room, or elsewhere, at a beat or with pauses of chance.
func timerReplay(i *incident) {
	mean := 25 + 90*i.r.Float64()
	if i.vary("periodic", "random") == "periodic" {
		i.post(func() time.Duration { return around(i.r, mean, mean/100) }, true)
	} else {
		i.post(func() time.Duration { return within(i.r, mean/2, 2*mean) }, true)
	}
}

// poster is a program that posts in a room, or to somebody who has accepted it.
type poster struct {
	i     *incident
	a     *actor
	room  *room
	with  *actor
	truth Truth
	same  []string
	links bool
}

// poster makes the account and chooses where it posts. Nobody is bothered by more than one.
func (i *incident) poster(place string) *poster {
	links := i.vary("links", "links", "no_links")
	a := i.account("bot", i.alias(), i.origin(), i.network())
	p := &poster{i: i, a: a, truth: i.truth("bot"), links: links == "links"}
	if place == "room" {
		p.room = pick(i.r, i.w.rooms)
		i.w.emit(act{kind: nospim.KindJoin, from: a, room: p.room.id, truth: p.truth})
		return p
	}
	p.with = pick(i.r, i.w.people)
	i.w.emit(act{kind: nospim.KindContactRequest, from: a, to: p.with, truth: p.truth})
	i.w.emit(act{kind: nospim.KindContactAccept, from: p.with, to: a, truth: recipient()})
	return p
}

// post posts 40 to 120 lines, with the pauses that gap says.
func (i *incident) post(gap func() time.Duration, replay bool) {
	p := i.poster(i.vary("room", "room", "chat"))
	var at time.Duration
	for range 40 + i.r.IntN(80) {
		at += gap()
		i.w.after(at, func() { p.line(replay) })
	}
}

// line posts a line: what somebody said before, one of a few of its own, or something new.
func (p *poster) line(replay bool) {
	i := p.i
	text := i.w.speech.line(i.r, smallTalk, "")
	switch {
	case replay && p.room != nil && len(p.room.said) > 5:
		text = pick(i.r, p.room.said[:len(p.room.said)-3])
	case replay:
		p.same = append(p.same, text)
		text = pick(i.r, p.same)
	case p.links && i.r.IntN(5) == 0:
		text = spin(i.r, pick(i.r, adverts), map[string]string{"name": "all", "bot": p.a.Name, "link": "http://" + i.host() + "/" + slug(i.r, 1)})
	}
	p.say(text)
}

func (p *poster) say(text string) {
	if p.room != nil {
		p.i.w.say(p.a, p.room, text, p.truth)
		return
	}
	p.i.send(p.a, p.with, text, p.truth)
	if chance(p.i.r, 0.4) {
		answer := p.i.w.speech.line(p.i.r, smallTalk, text)
		p.i.w.after(reply(p.i.r, len(answer)), func() {
			p.i.w.emit(act{kind: nospim.KindMessage, from: p.with, to: p.a, body: answer, truth: recipient()})
		})
	}
}

// timerResponder answers every line of somebody after a short pause that hardly varies.
func timerResponder(i *incident) {
	mean := 1.5 + 6*i.r.Float64()
	tight := i.vary("tight", "loose") == "tight"
	p := i.poster("chat")
	lines := 40 + i.r.IntN(60)
	var round func(n int, said string)
	round = func(n int, said string) {
		i.w.emit(act{kind: nospim.KindMessage, from: p.with, to: p.a, body: said, truth: recipient()})
		pause := around(i.r, mean, mean*0.05)
		if !tight {
			pause = within(i.r, mean, 2.5*mean)
		}
		i.w.after(pause, func() {
			text := i.w.speech.line(i.r, smallTalk, said)
			if p.links && i.r.IntN(5) == 0 {
				text = spin(i.r, pick(i.r, adverts), map[string]string{"name": p.with.Name, "bot": p.a.Name, "link": "http://" + i.host() + "/" + slug(i.r, 1)})
			}
			i.send(p.a, p.with, text, p.truth)
			if n < lines {
				next := i.w.speech.line(i.r, smallTalk, text)
				i.w.after(reply(i.r, len(next)), func() { round(n+1, next) })
			}
		})
	}
	round(1, i.w.speech.line(i.r, smallTalk, ""))
}
