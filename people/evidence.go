package people

import (
	"strings"
	"sync"
	"time"

	"github.com/nospim/nospim"
)

// Bounds of what is remembered of messages as they were written.
const (
	mostEvidence = 2048
	longEvidence = 16 << 10 // bytes of one
)

// evidence remembers, in memory and for a while, what strangers wrote: the latest of each sender to each recipient.
type evidence struct {
	mu   sync.Mutex
	of   map[string]message
	ring []string // keys, in the order of coming
	next int
}

// message is what somebody wrote, and until when it is remembered.
type message struct {
	raw       string
	at, until time.Time
}

// keep remembers a stranger's message.
func (v *evidence) keep(e *nospim.Event, now time.Time, span time.Duration) {
	if e.Kind != nospim.KindMessage || !e.Relation.Stranger() || e.Raw == "" || len(e.Raw) > longEvidence || len(e.Recipients) != 1 {
		return
	}
	key := strings.Clone(nospim.Pair(e.Sender.ID, e.Recipients[0].ID).ID)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.of == nil {
		v.of, v.ring = map[string]message{}, make([]string, mostEvidence)
	}
	if _, ok := v.of[key]; !ok {
		delete(v.of, v.ring[v.next])
		v.ring[v.next] = key
		v.next = (v.next + 1) % mostEvidence
	}
	v.of[key] = message{raw: strings.Clone(e.Raw), at: e.Time, until: now.Add(span)}
}

// find returns what is remembered of a sender's message to a recipient.
func (v *evidence) find(sender, recipient string, now time.Time) (m message, ok bool) {
	key := nospim.Pair(sender, recipient).ID
	v.mu.Lock()
	defer v.mu.Unlock()
	m, ok = v.of[key]
	if !ok || !now.Before(m.until) {
		return message{}, false
	}
	return m, true
}
