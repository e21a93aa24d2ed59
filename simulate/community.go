package simulate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nospim/nospim"
)

// Options say what community is wanted. The zero value is the community of nospim demo.
type Options struct {
	// Service is the domain on which everybody lives; chat.example if empty.
	Service string
	// Start is the time of the first step; 2026-03-01 18:00 UTC if zero.
	Start time.Time
	// Length is how long the script lasts; 12 minutes if zero, at least 6.
	Length time.Duration
	// People is how many people there are, 24 to 48; 28 if zero.
	People int
	// Conversations is how many pairs of contacts chat, at most half of the people; 8 if zero.
	Conversations int
	// Names is under how many names the buddy bot works, 1 to 12; 6 if zero.
	Names int
}

// targets is how many people the buddy bot asks under each name; accepters is how many of them, the first, add it if the
// request reaches them.
const (
	targets   = 6
	accepters = 2
)

// friendContacts is how many contacts the stolen friend has.
const friendContacts = 18

func (o Options) complete() (Options, error) {
	o.Service = cmp.Or(o.Service, "chat.example")
	o.Length = cmp.Or(o.Length, 12*time.Minute)
	o.People = cmp.Or(o.People, 28)
	o.Conversations = cmp.Or(o.Conversations, 8)
	o.Names = cmp.Or(o.Names, 6)
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	}
	for _, limit := range []struct {
		field          string
		is, least, top int
	}{
		{"people", o.People, 24, len(peopleNames)},
		{"conversations", o.Conversations, 1, o.People / 2},
		{"names", o.Names, 1, len(buddyNames)},
		{"minutes", int(o.Length / time.Minute), 6, 7 * 24 * 60},
	} {
		if limit.is < limit.least || limit.is > limit.top {
			return o, &nospim.InputError{Field: limit.field, Limit: limit.top, Problem: fmt.Sprintf("is %d; it may be %d to %d", limit.is, limit.least, limit.top)}
		}
	}
	return o, nil
}

// Community returns a script. The same seed and options give the same script. The error is an [nospim.ErrInvalid] that names
// the option that is out of its bounds.
func Community(seed uint64, o Options) (*Script, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x6e6f7370696d)) // not for secrets: it has to repeat
	l, err := newLines(rng)
	if err != nil {
		return nil, err
	}
	b := &builder{rng: rng, o: o, lines: l, bots: make([]Account, 0, o.Names+1)} // pointers into bots stay good
	b.settle()
	b.chats()
	b.questions()
	b.friendships()
	b.buddyBot()
	b.bulkSender()
	b.stolenFriend()
	return b.script(), nil
}

// builder collects accounts and steps.
type builder struct {
	rng      *rand.Rand
	o        Options
	lines    *lines
	people   []Account // the first is the friend whose account is stolen
	bots     []Account
	drafts   []draft
	replies  []string
	replied  int
	answered int
}

// draft is a step whose ID is not known yet; needs is an index into the drafts, or -1.
type draft struct {
	Step
	needs int
}

// settle makes the people: each has the four nearest as contacts, and the first has many.
func (b *builder) settle() {
	names := slices.Clone(peopleNames)
	shuffle(b.rng, names)
	b.replies = slices.Clone(victimReplies)
	shuffle(b.rng, b.replies)
	for i := range b.o.People {
		b.people = append(b.people, Account{
			ID: names[i] + "@" + b.o.Service, Name: names[i], Label: Honest,
			Created: b.o.Start.Add(-time.Duration(30+b.rng.IntN(900)) * 24 * time.Hour),
			Addr:    fmt.Sprintf("198.51.100.%d", 10+i), Client: clients[b.rng.IntN(len(clients))],
		})
	}
	for i := range b.people {
		b.befriend(i, (i+1)%len(b.people))
		b.befriend(i, (i+2)%len(b.people))
	}
	for i := 3; len(b.people[0].Contacts) < friendContacts; i++ {
		b.befriend(0, i)
	}
}

func (b *builder) befriend(i, j int) {
	if !slices.Contains(b.people[i].Contacts, b.people[j].ID) {
		b.people[i].Contacts = append(b.people[i].Contacts, b.people[j].ID)
		b.people[j].Contacts = append(b.people[j].Contacts, b.people[i].ID)
	}
}

// chats lets neighbours chat in pairs. In every other conversation one of them sends a link.
func (b *builder) chats() {
	for n := range b.o.Conversations {
		i := 2 * n % b.o.People
		at := b.between(0.01, 0.45)
		b.converse(at, &b.people[i], &b.people[i+1], 14, n%2 == 0)
	}
}

// converse plays the turns of a real conversation, at most so many, with pauses as people make them.
func (b *builder) converse(at time.Duration, x, y *Account, most int, link bool) {
	chat := b.lines.chat()
	for n, turn := range chat.Turns {
		from, to := x, y
		if turn.From != chat.Turns[0].From {
			from, to = y, x
		}
		if n == most {
			break
		}
		b.say(at, from, to, turn.Text)
		at += b.typing()
		if link && n == 5 {
			b.say(at, from, to, b.lines.link())
			at += b.typing()
		}
	}
}

// questions are honest first messages to strangers, without a link, which get an answer.
func (b *builder) questions() {
	for n := range 4 {
		x, y := &b.people[1+n], &b.people[len(b.people)/2+3*n]
		at := b.between(0.1, 0.8)
		asked := b.say(at, x, y, b.lines.opening())
		b.reply(asked, at+b.typing(), y, x, take(strangerAnswers, &b.answered))
	}
}

// friendships are honest requests: asked, accepted both ways, then a short chat.
func (b *builder) friendships() {
	for n := range 2 {
		x, y := &b.people[6+5*n], &b.people[len(b.people)-4-3*n]
		at := b.between(0.1, 0.6)
		asked := b.add(draft{Step: Step{At: at, Kind: nospim.KindContactRequest, From: x.ID, To: y.ID, Body: introductions[(b.rng.IntN(3)+3*n)%len(introductions)], Label: Honest, Addr: x.Addr, Client: x.Client}, needs: -1})
		b.accept(asked, at+b.typing(), x, y, Honest)
		b.converse(at+3*time.Minute/2, x, y, 6, false)
	}
}

// accept lets y accept the request of x, and x the request that y's client makes in return (RFC 6121 §3.1).
func (b *builder) accept(asked int, at time.Duration, x, y *Account, label Label) {
	b.add(draft{Step: Step{At: at, Kind: nospim.KindContactAccept, From: y.ID, To: x.ID, Label: Honest, Addr: y.Addr, Client: y.Client}, needs: asked})
	back := b.add(draft{Step: Step{At: at + 200*time.Millisecond, Kind: nospim.KindContactRequest, From: y.ID, To: x.ID, Label: Honest, Addr: y.Addr, Client: y.Client}, needs: asked})
	b.add(draft{Step: Step{At: at + 6*time.Second, Kind: nospim.KindContactAccept, From: x.ID, To: y.ID, Label: label, Addr: x.Addr, Client: x.Client}, needs: back})
}

// say adds an honest message.
func (b *builder) say(at time.Duration, from, to *Account, body string) int {
	return b.add(draft{Step: Step{At: at, Kind: nospim.KindMessage, From: from.ID, To: to.ID, Body: body, Label: Honest, Addr: from.Addr, Client: from.Client}, needs: -1})
}

// reply adds an honest message that is only sent if the step it answers has arrived.
func (b *builder) reply(to int, at time.Duration, from, back *Account, body string) {
	b.drafts[b.say(at, from, back, body)].needs = to
}

func (b *builder) add(d draft) int {
	d.Conversation = d.From
	if d.To != "" {
		d.Conversation = min(d.From, d.To) + " " + max(d.From, d.To)
	}
	b.drafts = append(b.drafts, d)
	return len(b.drafts) - 1
}

// between is a moment between two parts of the script's length.
func (b *builder) between(from, to float64) time.Duration {
	return time.Duration((from + (to-from)*b.rng.Float64()) * float64(b.o.Length)).Round(time.Millisecond)
}

// script puts the steps in the order of time, drops those after the end, and names them.
func (b *builder) script() *Script {
	s := &Script{Service: b.o.Service, Start: b.o.Start, Length: b.o.Length, Accounts: slices.Concat(b.people, b.bots)}
	order := make([]int, 0, len(b.drafts))
	for i := range b.drafts {
		if b.drafts[i].At <= b.o.Length {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.drafts[i].At, b.drafts[j].At) })
	ids := make(map[int]string, len(order))
	standing := newStanding(s.Accounts)
	for n, i := range order {
		step := b.drafts[i].Step
		step.ID = fmt.Sprintf("s-%04d", n+1)
		ids[i] = step.ID
		if needs := b.drafts[i].needs; needs >= 0 {
			step.Needs = ids[needs]
		}
		step.Relation = standing.relation(step.From, step.To)
		standing.note(&step)
		s.Steps = append(s.Steps, step)
	}
	return s
}
