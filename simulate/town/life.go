package town

import (
	"math/rand/v2"
	"time"

	"github.com/nospim/nospim"
)

// live lets everybody begin their days.
func (w *world) live() {
	for i, a := range w.people {
		w.days(w.dice("life", i), a)
	}
	w.greetings()
	w.newcomers()
	w.classes()
	w.serve()
}

// days lets a person do one thing after the other.
func (w *world) days(r *rand.Rand, a *actor) {
	w.at(w.next(r, a, a.daily), func() {
		w.arrive(r, a)
		w.something(r, a)
		w.days(r, a)
	})
}

// habit is something that people do, and how often among 1,000 things.
type habit struct {
	often int
	do    func(*world, *rand.Rand, *actor)
}

// habits are what people do, the most common first.
var habits = []habit{
	{640, (*world).chat},
	{150, (*world).speak},
	{60, (*world).move},
	{42, (*world).lookAt},
	{30, (*world).call},
	{22, (*world).forward},
	{18, (*world).makeFriend},
	{12, (*world).search},
	{8, (*world).restyle},
	{6, (*world).quarrel},
	{6, (*world).announce},
	{6, (*world).organise},
}

func (w *world) something(r *rand.Rand, a *actor) {
	n := r.IntN(1000)
	for _, h := range habits {
		if n -= h.often; n < 0 {
			h.do(w, r, a)
			return
		}
	}
}

// ham is the truth of what an honest actor does in a part; empty: in its usual one.
func ham(a *actor, role string) Truth {
	switch {
	case a.fate != "":
		role = a.fate
	case role != "":
	case a.Minor:
		role = "minor"
	default:
		role = a.role
	}
	return Truth{Label: Ham, Role: role}
}

// arrive logs a person in who has been away for hours: with the phone or the laptop, from home, on the move or from elsewhere.
func (w *world) arrive(r *rand.Rand, a *actor) {
	away := a.seen < 0 || w.now-a.seen > 4*time.Hour
	a.seen = w.now
	if away {
		w.move(r, a)
	}
}

// move changes device or network, and logs in from there. Clients read the contact list at most log-ins.
func (w *world) move(r *rand.Rand, a *actor) {
	role := ""
	a.client = a.phone
	if chance(r, 0.4) {
		a.client = a.laptop
	}
	switch n := r.IntN(100); {
	case n < 60:
		a.addr = a.home
	case n < 90:
		a.addr, a.client = a.mobile, a.phone
	default: // a friend's, a café's, an office's or a hotel's
		a.addr, role = address(r, r.IntN(1<<15)), "traveller"
	}
	if !a.Local {
		return // another service's business
	}
	if chance(r, 0.04) {
		w.emit(act{kind: nospim.KindLoginFailure, from: a, truth: ham(a, role)})
	}
	w.emit(act{kind: nospim.KindLogin, from: a, truth: ham(a, role)})
	if chance(r, 0.6) {
		w.emit(act{kind: nospim.KindRosterRead, from: a, count: len(a.contacts), truth: ham(a, role)})
	}
}

// friend is one of somebody's contacts, more often one of the first; nil for those who have none.
func (a *actor) friend(r *rand.Rand) *actor {
	if len(a.contacts) == 0 {
		return nil
	}
	return a.contacts[min(int(r.ExpFloat64()*float64(1+len(a.contacts)/3)), len(a.contacts)-1)]
}

// friends are some different contacts, in the order of chance.
func (a *actor) friends(r *rand.Rand, n int) []*actor {
	n = min(n, len(a.contacts))
	some := make([]*actor, n)
	for i, j := range r.Perm(len(a.contacts))[:n] {
		some[i] = a.contacts[j]
	}
	return some
}

// talk is a conversation of two.
type talk struct {
	w      *world
	r      *rand.Rand
	a, b   *actor
	topic  topic
	left   int
	last   string
	truthA Truth
	truthB Truth
	// encrypted says that only the two can read it: some pairs write like that always.
	encrypted bool
}

// chat begins a conversation with a contact.
func (w *world) chat(r *rand.Rand, a *actor) {
	if b := a.friend(r); b != nil {
		w.converse(r, a, b, 1+int(pause(r, 1.9, 0.8, 0, 60).Seconds()))
	}
}

// converse begins a conversation of so many lines.
func (w *world) converse(r *rand.Rand, a, b *actor, lines int) {
	t := &talk{w: w, r: r, a: a, b: b, topic: a.topic, left: lines, truthA: ham(a, ""), truthB: ham(b, "")}
	if chance(r, 0.5) {
		t.topic = smallTalk
	}
	t.encrypted = (len(a.ID)+len(b.ID))%8 == 0
	t.turn()
}

// turn says a line and plans the next one: half of the time the other answers, else the same goes on.
func (t *talk) turn() {
	t.last = t.text()
	t.w.emit(act{kind: nospim.KindMessage, from: t.a, to: t.b, body: t.last, encrypted: t.encrypted, truth: t.truthA})
	if t.left--; t.left <= 0 {
		return
	}
	if chance(t.r, 0.4) {
		t.w.after(further(t.r, len(t.last)), t.turn)
		return
	}
	t.a, t.b, t.truthA, t.truthB = t.b, t.a, t.truthB, t.truthA
	t.w.after(reply(t.r, len(t.last)), func() {
		t.w.arrive(t.r, t.a)
		t.turn()
	})
}

// text is the next line; one in twenty-five has a link.
func (t *talk) text() string {
	switch n := t.r.IntN(100); {
	case n < 2:
		return t.a.shared(t.r)
	case n < 4:
		return t.w.speech.line(t.r, t.topic, t.last) + " " + t.a.shared(t.r)
	case n < 9:
		return pick(t.r, shortAnswers)
	default:
		return t.w.speech.line(t.r, t.topic, t.last)
	}
}

// speak says some lines in a room.
func (w *world) speak(r *rand.Rand, a *actor) {
	if len(a.rooms) == 0 {
		w.chat(r, a)
		return
	}
	m := pick(r, a.rooms)
	w.speakOn(r, a, m, 1+int(pause(r, 0.9, 0.9, 0, 25).Seconds()))
}

func (w *world) speakOn(r *rand.Rand, a *actor, m *room, lines int) {
	before := ""
	if len(m.said) > 0 {
		before = m.said[len(m.said)-1]
	}
	text := w.speech.line(r, m.topic, before)
	if chance(r, 0.04) {
		text += " " + a.shared(r)
	}
	w.say(a, m, text, ham(a, "room_member"))
	if lines > 1 {
		w.after(spoken(r), func() { w.speakOn(r, a, m, lines-1) })
	}
}

// say says a line in a room: one event, however many are in it.
func (w *world) say(a *actor, m *room, text string, truth Truth) {
	w.emit(act{kind: nospim.KindMessage, from: a, room: m.id, body: text, truth: truth})
	if m.said = append(m.said, text); len(m.said) > 200 {
		m.said = append(m.said[:0], m.said[100:]...)
	}
}
