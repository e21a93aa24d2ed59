package town

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/nospim/nospim"
)

// Chat is a conversation as it was: who said what, and when.
type Chat struct {
	// ID names the conversation; the accounts are named after it.
	ID string `json:"id"`
	// Kind is multi-party for a room; anything else is a conversation of two.
	Kind string `json:"kind"`
	// Clock is what times are cut to: s or min; none where no times were kept.
	Clock string `json:"clock"`
	Turns []Turn `json:"turns"`
}

// Turn is a line of a conversation.
type Turn struct {
	From string `json:"from"`
	// Kind is typed, canned (a ready-made reply that a person chose) or bot.
	Kind string `json:"kind"`
	// T is seconds from the first turn.
	T    float64 `json:"t"`
	Text string  `json:"text"`
}

// maxChat is the longest line of a file of chats, in bytes.
const maxChat = 4 << 20

// ReadChats reads conversations, one JSON object a line. The error is a [nospim.InputError] that names the line, or that of
// reading.
func ReadChats(r io.Reader) ([]Chat, error) {
	var chats []Chat
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxChat)
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var c Chat
		place := "line " + strconv.Itoa(n)
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			return nil, &nospim.InputError{Field: "conversation", Problem: "is no JSON object with turns", Place: place}
		}
		if c.ID == "" || len(c.Turns) == 0 {
			return nil, &nospim.InputError{Field: "id or turns", Problem: "is missing", Place: place}
		}
		chats = append(chats, c)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("reading conversations: %w", err)
	}
	return chats, nil
}

// agents is how many members of staff share the conversations in which one side has ready-made replies: some have several
// conversations at once.
const agents = 20

// Replay plays conversations as they were, all at once over days: rooms with everybody in them, conversations of two with accounts
// of their own, who stand to each other as relation says; staff with ready-made replies have many. What the chat's clock cut off its
// times (seconds of a minute) is drawn; where no times were kept, people take the time that typing takes. Everything is ham, with the roles person, room_member, support and help_bot. Of the options,
// Seed, Service, Start and Length count: conversations begin within that length.
func Replay(o Options, chats []Chat, relation nospim.Relation) (iter.Seq2[*nospim.Event, Truth], error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	span := o.Length
	o.Length = 100 * 365 * 24 * time.Hour // they may go on as long as they did
	return func(yield func(*nospim.Event, Truth) bool) {
		w := &world{Town: &Town{o: o}, yield: yield, bonds: map[bond]tie{}}
		r := w.dice("chats", 0)
		for n := range chats {
			p := &replay{w: w, r: w.dice("chat", n), chat: &chats[n], actors: map[string]*actor{}, bound: relation == nospim.RelationContact}
			w.at(within(r, 0, span.Seconds()), p.begin)
		}
		w.play()
	}, nil
}

// replay is one conversation being played.
type replay struct {
	w      *world
	r      *rand.Rand
	chat   *Chat
	actors map[string]*actor
	bound  bool // the two are contacts
}

// begin plans all turns, in their order.
func (p *replay) begin() {
	times := p.times()
	for n, t := range p.chat.Turns {
		from := p.actor(t)
		p.w.after(times[n], func() { p.say(from, t) })
	}
}

// times returns when each turn is said. What the clock cut off is drawn anew, evenly: people do not talk on the stroke of the minute.
func (p *replay) times() []time.Duration {
	unit, turns := seconds(1), p.chat.Turns
	switch p.chat.Clock {
	case "none":
		return p.typed()
	case "min":
		unit = time.Minute
	}
	times := make([]time.Duration, len(turns))
	for from := 0; from < len(turns); {
		to := from
		for ; to < len(turns) && turns[to].T <= turns[from].T; to++ {
			times[to] = seconds(turns[from].T) + time.Duration(p.r.Int64N(int64(unit)))
		}
		slices.Sort(times[from:to])
		from = to
	}
	return times
}

// typed returns times that typing takes.
func (p *replay) typed() []time.Duration {
	times := make([]time.Duration, len(p.chat.Turns))
	var at time.Duration
	for n, t := range p.chat.Turns {
		times[n] = at
		at += reply(p.r, len(t.Text))
	}
	return times
}

// actor is who says a turn. Who has ready-made replies is one of the staff.
func (p *replay) actor(t Turn) *actor {
	a := p.actors[t.From]
	if a == nil {
		n := len(p.actors)
		a = &actor{role: "person", client: pick(p.r, laptops)}
		a.addr = address(p.r, p.r.IntN(1<<15))
		a.Account = nospim.Account{ID: fmt.Sprintf("%s-%s@%s", p.chat.ID, t.From, p.w.o.Service), Name: t.From, Local: true, Created: p.w.o.Start.AddDate(-1, 0, -n)}
		p.actors[t.From] = a
	}
	switch {
	case p.chat.Kind == "multi-party":
		a.role = "room_member"
	case t.Kind == "canned" && a.role == "person":
		a.role = "support"
		a.ID = fmt.Sprintf("agent%d@%s", p.r.IntN(agents), p.w.o.Service)
	}
	if t.Kind == "bot" {
		a.role = "help_bot"
	}
	return a
}

// say says a turn: in the room, or to the other one.
func (p *replay) say(from *actor, t Turn) {
	a := act{kind: nospim.KindMessage, from: from, body: t.Text, truth: Truth{Label: Ham, Role: from.role}}
	if p.chat.Kind == "multi-party" {
		a.room = p.chat.ID + "@rooms." + p.w.o.Service
		p.w.emit(a)
		return
	}
	for _, name := range [...]string{"A", "B"} {
		if b := p.actors[name]; b != nil && b != from {
			a.to = b
		}
	}
	if a.to == nil {
		return // nobody ever answered
	}
	if p.bound {
		p.w.befriend(from, a.to)
	}
	p.w.emit(a)
}
