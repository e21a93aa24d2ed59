package memory

import (
	"math/bits"
	"sync"

	"github.com/nospim/nospim"
)

// verdictSize is how many bytes a remembered verdict may have on average before fewer than Limits.Events are remembered.
const verdictSize = 512

// events are a bounded part of the events judged lately, first in, first out. They are numbered as they come, around 2^32. A chain
// leads from newer ones to older ones and ends where one is forgotten. So nothing is taken out of chains, which would mean to look
// for what nobody has asked for since long ago.
type events struct {
	mu     sync.Mutex
	heads  []uint32 // the index: chains by the event's hash, as the number of the newest
	ring   []judged
	oldest int    // its place
	first  uint32 // and its number
	used   int
	held   int64    // bytes of the verdicts
	_      [64]byte // two processors at two of them do not meet on a cache line
}

type judged struct {
	event   Hash
	verdict *nospim.Verdict
	next    uint32 // the number of the one before it in its chain
	size    uint32 // of the verdict, in bytes: it is cold when it is forgotten
}

func (h Hash) mix() uint64 { return mix(h[0] ^ mix(h[1])) }

// headsOf is how many heads are enough for a number of events.
func headsOf(events int) int { return 1 << bits.Len(uint(events)) }

func (e *events) head(event Hash) *uint32 { return &e.heads[event.mix()&uint64(len(e.heads)-1)] }

// touch has the processor fetch what find reads first.
func (e *events) touch(event Hash) { prefetch(e.head(event)) }

// at returns the event that so many are older than.
func (e *events) at(i int) *judged {
	place := e.oldest + i
	if place >= len(e.ring) {
		place -= len(e.ring)
	}
	return &e.ring[place]
}

func (e *events) find(event Hash) *judged {
	newer := uint32(e.used)
	for i := *e.head(event) - e.first; i < newer; {
		j := e.at(int(i))
		if j.event == event {
			return j
		}
		newer, i = i, j.next-e.first
	}
	return nil
}

// verdict returns the verdict of an event, nil when it is not known.
func (e *events) verdict(event Hash) *nospim.Verdict {
	e.mu.Lock()
	defer e.mu.Unlock()
	if j := e.find(event); j != nil {
		return j.verdict
	}
	return nil
}

// claim remembers an event and its verdict. Of all callers with one event, first is true for exactly one; the others get its
// verdict, except that the first to bring one where there is none gets nil.
func (e *events) claim(event Hash, verdict *nospim.Verdict) (prior *nospim.Verdict, first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j := e.find(event)
	if j == nil {
		e.add(event, verdict)
		return nil, true
	}
	if j.verdict != nil {
		return j.verdict, false
	}
	j.verdict, j.size = verdict, uint32(weigh(verdict))
	e.held += int64(j.size)
	return nil, false
}

// add takes a new event into the ring; the oldest ones make room.
func (e *events) add(event Hash, verdict *nospim.Verdict) {
	size := weigh(verdict)
	for e.used == len(e.ring) || (e.used > 0 && e.held+size > int64(len(e.ring))*verdictSize) {
		e.dropOldest()
	}
	head := e.head(event)
	*e.at(e.used) = judged{event: event, verdict: verdict, next: *head, size: uint32(size)}
	*head = e.first + uint32(e.used)
	e.used++
	e.held += size
}

func (e *events) dropOldest() {
	j := e.at(0)
	e.held -= int64(j.size)
	j.verdict = nil
	e.first++
	e.used--
	if e.oldest++; e.oldest == len(e.ring) {
		e.oldest = 0
	}
}

// inOrder returns a copy of the events, the oldest first.
func (e *events) inOrder() []judged {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]judged, 0, e.used)
	for i := range e.used {
		all = append(all, *e.at(i))
	}
	return all
}

func (e *events) bytes() int64 {
	return e.held + int64(len(e.ring))*sizeOf[judged]() + int64(len(e.heads))*4 + sizeOf[events]()
}

// weigh estimates how many bytes a verdict occupies.
func weigh(v *nospim.Verdict) int64 {
	if v == nil {
		return 0
	}
	n := sizeOf[nospim.Verdict]() + int64(len(v.EventID)+len(v.Campaign))
	for i := range v.Signals {
		s := &v.Signals[i]
		n += sizeOf[nospim.Signal]() + int64(len(s.Why))
		for j := range s.Entities {
			n += sizeOf[nospim.Entity]() + int64(len(s.Entities[j].ID))
		}
	}
	for i := range v.Labels {
		n += sizeOf[nospim.Label]() + int64(len(v.Labels[i].Entity.ID))
	}
	return n
}
