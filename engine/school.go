package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/record"
)

// school is how the people of a service teach the learned filter: what they report is looked up among the texts seen lately, of
// which only salted hashes of words are remembered, and kept as an example; from the examples of moderators and people lessons are
// learned behind the answers.
type school struct {
	learned *model.Learned
	records record.Store
	log     *slog.Logger
	seed    uint64

	mu      sync.Mutex
	seen    []seen
	places  map[memory.Hash]int // of seen
	next    int
	samples map[string]*sampled // by service

	examples chan record.Example // to be kept by attend
	taught   int64               // the store's revision that the lessons were learned from
	plan     *plan               // for which names were made
	names    atomic.Pointer[map[string]string]
	dropped  atomic.Int64
}

// seen is a text that was judged lately.
type seen struct {
	event              memory.Hash
	id                 []byte // of the event
	sender, recipients uint64 // recipients: the one, or of several a Bloom filter of 64 bits
	several            bool
	base               float64
	words              []uint32
}

// sampled counts the samples of a service.
type sampled struct {
	all int
	by  map[uint64]int
}

// Limits of what is remembered and kept.
const (
	mostSeen       = 4096 // texts; about 1 MB
	mostSamples    = 512  // of a service
	firstSamples   = 64   // that are taken as they come, afterwards one message of sampleEvery
	sampleEvery    = 16
	samplesBySame  = 3 // of one sender
	mostUnkept     = 256
	probablyHonest = 0.2 // a sample's probability of spim is below
)

func newSchool(l *model.Learned, records record.Store, seed uint64, log *slog.Logger) *school {
	s := &school{
		learned: l, records: records, seed: seed, log: log, seen: make([]seen, 0, mostSeen), places: map[memory.Hash]int{},
		samples: map[string]*sampled{}, examples: make(chan record.Example, mostUnkept),
	}
	s.names.Store(&map[string]string{})
	return s
}

// watch looks at an event that was judged: it remembers texts that may be reported, learns from reports, and takes samples of what
// old contacts write to each other.
func (c *school) watch(s *scratch) {
	ev := s.look.Event
	switch {
	case ev.Kind == nospim.KindReport:
		c.report(s)
	case ev.Kind != nospim.KindMessage || ev.Encrypted || len(s.text.Tokens) == 0 || ev.Body == "":
	case s.look.Spim > 0:
		c.remember(s)
	case ev.Relation == nospim.RelationContact:
		c.sample(s)
	}
}

// remember takes a text's words into the ring of texts seen lately.
func (c *school) remember(s *scratch) {
	s.words = model.AppendWords(s.words[:0], &s.text, c.seed) // all the others wait behind the lock
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) < mostSeen {
		c.seen = append(c.seen, seen{})
	}
	t := &c.seen[c.next]
	delete(c.places, t.event)
	t.event, t.sender, t.base = s.hash, s.roles[nospim.RoleSender][0], model.Logit(s.look.Spim)
	t.address(s.roles[nospim.RoleRecipient])
	t.id, t.words = append(t.id[:0], s.look.Event.ID...), append(t.words[:0], s.words...)
	c.places[s.hash] = c.next
	c.next = (c.next + 1) % mostSeen
}

// address remembers to whom a text went.
func (t *seen) address(to []uint64) {
	if t.several = len(to) != 1; t.several {
		t.recipients = bloom(to)
	} else {
		t.recipients = to[0]
	}
}

// went reports whether a text went from a sender to a recipient; of several recipients, it may say so of another one.
func (t *seen) went(sender, recipient uint64) bool {
	if t.several {
		to := bloom([]uint64{recipient})
		return t.sender == sender && t.recipients&to == to
	}
	return t.sender == sender && t.recipients == recipient
}

// bloom marks hashes in a filter of 64 bits.
func bloom(hashes []uint64) (f uint64) {
	for _, h := range hashes {
		f |= 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63)
	}
	return f
}

// report makes an example of a report, if its reporter's account is not fresh and did get a message from the account that it names:
// the one that the report names, or, since many servers have names of their own for messages, the latest. Who reports something else
// teaches nothing.
func (c *school) report(s *scratch) {
	ev := s.look.Event
	age, known := s.look.Age()
	if len(s.roles[nospim.RoleRecipient]) == 0 || !known || age < settled {
		return
	}
	e, ok := c.find(eventHash(c.seed, ev.Service, ev.Refers), s.roles[nospim.RoleRecipient][0], s.roles[nospim.RoleSender][0])
	if !ok {
		return
	}
	e.Service, e.By, e.Source, e.Spam, e.At = strings.Clone(ev.Service), strings.Clone(ev.Sender.ID), record.FromPerson, true, s.look.Now
	c.keep(e)
}

// find returns what is remembered of an event, if it went from this sender to this recipient, or else of the latest one that did.
func (c *school) find(event memory.Hash, sender, recipient uint64) (e record.Example, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place, known := c.places[event]; known && c.seen[place].went(sender, recipient) {
		return c.seen[place].example(), true
	}
	for i := range c.seen { // from the one before next backwards
		if t := &c.seen[(c.next+2*len(c.seen)-1-i)%len(c.seen)]; t.went(sender, recipient) {
			return t.example(), true
		}
	}
	return record.Example{}, false
}

func (t *seen) example() record.Example {
	return record.Example{EventID: string(t.id), Base: t.base, Words: slices.Clone(t.words)}
}

// sample takes some of what old contacts write to each other as honest.
func (c *school) sample(s *scratch) {
	ev := s.look.Event
	if age, known := s.look.Age(); !known || age < settled || len(s.text.Tokens) < 3 || !c.takes(ev.Service, s.roles[nospim.RoleSender][0], s.hash) {
		return
	}
	p := c.learned.Model().ScoreForm(&s.text, s.body)
	if p >= probablyHonest {
		return
	}
	c.keep(record.Example{
		Service: strings.Clone(ev.Service), EventID: strings.Clone(ev.ID), Source: record.FromSample, At: s.look.Now, Base: model.Logit(p),
		Words: model.AppendWords(nil, &s.text, c.seed),
	})
}

// takes says whether another sample of a sender is wanted, and counts it.
func (c *school) takes(service string, sender uint64, event memory.Hash) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.samples[service]
	switch {
	case n == nil:
		n = &sampled{by: map[uint64]int{}}
		c.samples[strings.Clone(service)] = n
	case n.all >= mostSamples, n.all >= firstSamples && event[1]>>8%sampleEvery != 0:
		return false
	}
	if n.by[sender] >= samplesBySame {
		return false
	}
	n.all++
	n.by[sender]++
	return true
}

// keep hands an example to attend. When more come than can be written they are dropped and counted: reports are records as well.
func (c *school) keep(e record.Example) {
	select {
	case c.examples <- e:
	default:
		c.dropped.Add(1)
	}
}

// lessonEvery is how often it is looked whether there is something to learn.
const lessonEvery = 200 * time.Millisecond

// attend keeps examples and learns from them until ctx ends.
func (c *school) attend(ctx context.Context, planned func() *plan) {
	tick := time.NewTicker(lessonEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-c.examples:
			if err := c.records.Teach(ctx, &e); err != nil && ctx.Err() == nil {
				c.log.Error("an example could not be kept", "event", e.EventID, "err", err)
			}
		case <-tick.C:
			if err := c.study(ctx, planned()); err != nil && ctx.Err() == nil {
				c.log.Error("the lessons stay as they were", "err", err)
			}
		}
	}
}

// study learns anew if examples changed, wherever they came from.
func (c *school) study(ctx context.Context, pl *plan) error {
	if pl != c.plan {
		c.plan = pl
		c.name(pl)
	}
	now, err := c.records.Taught(ctx)
	if err != nil || now == c.taught {
		return err
	}
	all, err := c.records.Examples(ctx, "")
	if err != nil {
		return fmt.Errorf("reading examples: %w", err)
	}
	services := map[string][]record.Example{}
	for _, e := range all {
		services[e.Service] = append(services[e.Service], e)
	}
	for _, service := range c.learned.Services() {
		if services[service] == nil {
			c.learned.Set(service, model.Lessons{})
		}
	}
	for service, examples := range services {
		c.teach(service, examples)
	}
	c.taught = now
	c.name(pl)
	return nil
}

// teach puts in force what the examples of a service teach.
func (c *school) teach(service string, examples []record.Example) {
	l := learn(examples, c.learned.Model().Threshold())
	c.learned.Set(service, l.lessons)
	if l.moderatedRefused {
		c.log.Warn("what moderators decided would make spam of messages known to be honest; it is not put in force", "service", service)
	}
	if l.reportedRefused {
		c.log.Warn("what people reported would make spam of messages known to be honest; it is not put in force", "service", service)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.samples[service] == nil {
		n := &sampled{by: map[uint64]int{}}
		for i := range examples {
			if examples[i].Source == record.FromSample {
				n.all++
			}
		}
		c.samples[service] = n
	}
}

// name works out what verdicts of services that taught something call policy and model.
func (c *school) name(pl *plan) {
	names := map[string]string{}
	for _, service := range c.learned.Services() {
		sum := sha256.Sum256([]byte(pl.policy.Hash() + " " + c.learned.Of(service).Hash()))
		names[service] = "sha256:" + hex.EncodeToString(sum[:])
	}
	c.names.Store(&names)
}

// rename gives a verdict the name of policy, model and lessons together.
func (c *school) rename(service string, v *nospim.Verdict) {
	if name, ok := (*c.names.Load())[service]; ok {
		v.Policy = name
	}
}
