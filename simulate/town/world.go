package town

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/nospim/nospim"
)

// world is one play of a town: the queue of what comes next, the accounts, and who stands how to whom.
type world struct {
	*Town

	queue   queue
	planned uint64
	yield   func(*nospim.Event, Truth) bool
	ended   bool
	now     time.Duration
	event   nospim.Event
	serial  int

	people  []*actor // residents, in the order of their making
	bonds   map[bond]tie
	rooms   []*room
	desks   []*actor // support staff and bots that strangers write to
	carrier []string // addresses that many phones share
}

// task is something that happens at a moment. Tasks of the same moment happen in the order in which they were planned.
type task struct {
	at   time.Duration
	turn uint64
	do   func()
}

type queue []task

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].turn < q[j].turn
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(task)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = task{} // let go of what it holds
	*q = (*q)[:last]
	return t
}

// at plans do for a moment; what lies after the end never happens, what lies in the past happens now.
func (w *world) at(t time.Duration, do func()) {
	if t >= w.o.Length {
		return
	}
	w.planned++
	heap.Push(&w.queue, task{at: max(t, w.now), turn: w.planned, do: do})
}

// after plans do for so much later than now.
func (w *world) after(d time.Duration, do func()) { w.at(w.now+d, do) }

// play runs until nothing is left to happen or nobody listens any more.
func (w *world) play() {
	for len(w.queue) > 0 && !w.ended {
		t := heap.Pop(&w.queue).(task)
		w.now = t.at
		t.do()
	}
}

// dice returns the generator of a process: it depends on the seed, the name and the number alone.
func (w *world) dice(name string, n int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(rand.NewPCG(w.o.Seed, h.Sum64()+uint64(n)*0x9e3779b97f4a7c15)) // not for secrets: it has to repeat
}

// bond names two actors, in the direction from the first to the second.
type bond struct{ from, to *actor }

// tie says what has passed between two: the second was asked by the first, the first has added the second, or has blocked it.
type tie uint8

const (
	asked tie = 1 << iota
	added
	blocked
)

// relation says how to stands to from, as the adapters in servers say it (see simulate.Script).
func (w *world) relation(from, to *actor) nospim.Relation {
	back := w.bonds[bond{to, from}]
	switch {
	case from == to:
		return nospim.RelationSelf
	case back&blocked != 0:
		return nospim.RelationBlocked
	case back&added != 0, w.bonds[bond{from, to}]&added != 0:
		return nospim.RelationContact
	case back&asked != 0:
		return nospim.RelationPending
	default:
		return nospim.RelationStranger
	}
}

// befriend makes two actors each other's contacts.
func (w *world) befriend(a, b *actor) {
	if a == b || w.bonds[bond{a, b}]&added != 0 {
		return
	}
	w.bonds[bond{a, b}] |= added
	w.bonds[bond{b, a}] |= added
	if !b.apart {
		a.contacts = append(a.contacts, b)
	}
	if !a.apart {
		b.contacts = append(b.contacts, a)
	}
}

// act is what somebody does: an event without what the world knows by itself.
type act struct {
	kind  nospim.Kind
	from  *actor
	to    *actor // nil for registrations, log-ins, searches and rooms
	room  string
	body  string
	count int
	files []nospim.File
	// links are targets that the text does not show.
	links     []string
	encrypted bool
	// refers is the event complained about.
	refers string
	// addr and client are of this act alone; empty: where from is just now.
	addr, client string
	truth        Truth
}

// emit makes the event of an act and hands it out. It returns the event's id.
func (w *world) emit(a act) string {
	if w.ended {
		return ""
	}
	w.serial++
	id := "t-" + strconv.FormatUint(w.o.Seed, 36) + "-" + strconv.Itoa(w.serial)
	e := &w.event
	*e = nospim.Event{
		ID: id, Kind: a.kind, Time: w.o.Start.Add(w.now.Truncate(time.Millisecond)), Protocol: "xmpp", Service: w.o.Service,
		Direction: a.from.direction(a.to), Sender: a.from.Account, Recipients: e.Recipients[:0], Room: a.room,
		Addr: a.addr, Client: a.client, Body: a.body, Count: a.count, Files: a.files, Links: a.links, Refers: a.refers, Encrypted: a.encrypted,
	}
	if a.encrypted {
		e.Body = "" // nobody here can read it
	}
	if e.Addr == "" && a.from.Local {
		e.Addr = a.from.addr
	}
	if e.Client == "" {
		e.Client = a.from.client
	}
	if a.to != nil {
		e.Recipients = append(e.Recipients, a.to.Account)
		e.Relation = w.relation(a.from, a.to)
	}
	e.Can, e.Observe = powers(a.kind)
	w.ended = !w.yield(e, a.truth)
	w.note(&a)
	return id
}

// note keeps what an act changes between two people.
func (w *world) note(a *act) {
	if a.to == nil {
		return
	}
	switch a.kind {
	case nospim.KindContactRequest:
		w.bonds[bond{a.from, a.to}] |= asked
	case nospim.KindContactAccept:
		w.befriend(a.from, a.to)
	case nospim.KindBlock:
		w.bonds[bond{a.from, a.to}] |= blocked
	case nospim.KindContactRemove:
		delete(w.bonds, bond{a.from, a.to})
		delete(w.bonds, bond{a.to, a.from})
	default:
	}
}

// powers says what a service can do to an event of a kind: all, some, or nothing but watch.
func powers(k nospim.Kind) (can []nospim.Action, observe bool) {
	switch k {
	case nospim.KindMessage, nospim.KindFileOffer, nospim.KindCallOffer:
		return nil, false
	case nospim.KindContactRequest, nospim.KindInvite:
		return approachPowers, false
	case nospim.KindRegistration, nospim.KindDirectorySearch, nospim.KindProfileRead, nospim.KindRosterRead:
		return servicePowers, false
	default:
		return nil, true
	}
}

// What a service can do about an approach that has no text to mark, and about a request to itself.
var (
	approachPowers = []nospim.Action{nospim.Allow, nospim.Challenge, nospim.Throttle, nospim.Hold, nospim.Reject, nospim.Drop}
	servicePowers  = []nospim.Action{nospim.Allow, nospim.Challenge, nospim.Throttle, nospim.Reject}
)
