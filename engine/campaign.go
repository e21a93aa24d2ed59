package engine

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/text"
)

// copied is an event as campaigns see it; it is reused.
type copied struct {
	memory.Copy

	places []link.Place
	slots  []memory.SlotValue
	room   [1]uint64
	seen   nospim.Campaign
}

// mostTracked is how many links of one event are taken apart.
const mostTracked = 4

// campaignCounters tell whether the recipient wrote, and who wrote first. FirstContact notes them.
func campaignCounters() []nospim.Counter {
	const month = 30 * 24 * time.Hour
	asked := func(l *nospim.Look) bool { return l.Event.Relation.Stranger() && l.Event.Room == "" }
	kinds := copyKinds()
	return []nospim.Counter{
		{Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: month, When: nospim.Never, If: asked, Only: kinds},
		{Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: month, When: nospim.Never, If: asked, Only: kinds},
	}
}

func copyKinds() []nospim.Kind {
	return []nospim.Kind{nospim.KindMessage, nospim.KindContactRequest, nospim.KindInvite, nospim.KindFileOffer, nospim.KindCallOffer}
}

// interesting reports whether campaigns look at an event: what goes to strangers, and what goes to contacts with a link. Friends who
// only talk are left alone.
func (s *scratch) interesting() bool {
	e := s.look.Event
	switch e.Kind {
	case nospim.KindMessage, nospim.KindContactRequest, nospim.KindInvite, nospim.KindFileOffer, nospim.KindCallOffer:
	default:
		return false
	}
	return !e.Encrypted && e.Relation != nospim.RelationSelf && (e.Relation != nospim.RelationContact || len(s.features.Links) > 0)
}

// copyOf returns by what campaigns know the text; 0 when it says too little.
func (s *scratch) copyOf(seed uint64) nospim.CampaignID {
	if s.body == "" || !s.interesting() {
		return 0
	}
	k := &s.sketch
	if k.Weak() {
		return 0
	}
	s.copied.Sketch = nospim.Sketch(*k)
	return nospim.NewCampaignID(hashSketch(k, seed))
}

// hashSketch is one hash for texts that are the same but for names, numbers, links and words for the same thing.
func hashSketch(k *text.Sketch, seed uint64) uint64 {
	var b [2 * len(k.Min)]byte
	for i, m := range k.Min {
		binary.LittleEndian.PutUint16(b[2*i:], m)
	}
	return xxh3.HashSeed(b[:], seed)
}

// of returns the event as campaigns see it, nil when they do not look at it.
func (c *copied) of(s *scratch, seed uint64) *memory.Copy {
	if !s.interesting() || s.features.Copy == 0 && len(s.features.Links) == 0 {
		return nil
	}
	c.fill(s)
	c.links(s, seed)
	return &c.Copy
}

// kept returns a record as campaigns see it. It has no sketch any more, but knows which campaign it was of.
func (c *copied) kept(s *scratch, v *nospim.Verdict) *memory.Copy {
	if s.features.Copy == 0 {
		return nil
	}
	c.fill(s)
	c.Sketch, c.Links = nospim.Sketch{}, c.Links[:0]
	c.Stopped = v.Wanted.Stops()
	c.Of, _ = nospim.ParseCampaignID(v.Campaign)
	return &c.Copy
}

func (c *copied) fill(s *scratch) {
	e := s.look.Event
	c.Copy = memory.Copy{
		ID: s.features.Copy, Sketch: c.Sketch, Links: c.Links[:0],
		Sender: s.roles[nospim.RoleSender][0], People: s.roles[nospim.RoleRecipient],
		Cold: e.Relation.Stranger() || e.Relation == nospim.RelationBlocked, Warm: e.Relation == nospim.RelationContact,
	}
	if len(c.People) == 0 && len(s.roles[nospim.RoleRoom]) > 0 {
		c.room[0] = s.roles[nospim.RoleRoom][0]
		c.People = c.room[:]
	}
	if d := s.roles[nospim.RoleDomain]; len(d) > 0 {
		c.Domain = d[0]
	}
}

// links takes the first links apart.
func (c *copied) links(s *scratch, seed uint64) {
	c.slots = c.slots[:0]
	n := min(len(s.links), len(s.features.Links), mostTracked)
	for i := range s.links[:n] {
		l := &s.links[i]
		c.places = link.AppendPlaces(c.places[:0], l)
		if len(c.places) == 0 {
			continue
		}
		from := len(c.slots)
		template := xxh3.HashStringSeed(l.Domain, seed)
		for j := range c.places {
			v := c.slot(&c.places[j], s.look.Now, seed)
			template = mix(template, uint64(v.Slot))
			if j < memory.MostSlots {
				c.slots = append(c.slots, v)
				continue
			}
			last := &c.slots[len(c.slots)-1]
			*last = memory.SlotValue{Slot: last.Slot, Value: mix(last.Value, v.Value), Bits: uint8(min(int(last.Bits)+int(v.Bits), 255))}
		}
		c.Links = append(c.Links, memory.CopyLink{Link: i, Template: template, Slots: slices.Clip(c.slots[from:])})
	}
}

// slot hashes a place and what stands in it.
func (c *copied) slot(p *link.Place, now time.Time, seed uint64) memory.SlotValue {
	name := mix(xxh3.HashStringSeed(p.Key, seed), uint64(p.Kind)<<32|uint64(p.Number))
	v := memory.SlotValue{Slot: uint32(name), Bits: uint8(min(p.Bits(), 255)), Timely: link.Timely(p.Value, now)}
	if v.Value, v.Number = link.Decimal(p.Value); !v.Number {
		v.Value = xxh3.HashStringSeed(p.Value, seed)
	}
	return v
}

// recognise puts what was recalled of the campaign before the detectors.
func (s *scratch) recognise(pl *plan) {
	l := &s.look
	facts := s.facts[pl.campaignFacts[0]:pl.campaignFacts[1]]
	sent, got := facts[0], facts[1]
	l.Asked = got.N > 0 && (sent.First == 0 || got.First <= sent.First)
	c := s.note.Copy
	if c == nil {
		return
	}
	l.Links = s.recalled.Links
	l.Invited = l.Asked || got.N > 0 && len(s.features.Links) == 0
	if s.recalled.Campaign.Copies < 2 {
		c.Cold = c.Cold && !l.Invited
		return
	}
	s.copied.seen = s.recalled.Campaign
	l.Campaign = &s.copied.seen
	if l.Invited && c.Cold {
		c.Cold = false
		l.Campaign.Cold--
	}
}

// settle lets the verdict and the memory know of each other.
func (s *scratch) settle(v *nospim.Verdict) {
	s.note.Verdict = v
	if s.note.Copy == nil {
		return
	}
	s.note.Copy.Stopped = v.Wanted.Stops()
	if s.look.Campaign != nil {
		v.Campaign = s.look.Campaign.ID.String()
	}
}
