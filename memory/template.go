package memory

import (
	"cmp"
	"math"
	"slices"

	"github.com/nospim/nospim"
)

// CopyLink is a link of a copy, taken apart.
type CopyLink struct {
	// Link is which of Features.Links.
	Link int
	// Template is a hash of the domain and of how the link is built: links with the same slots share it.
	Template uint64
	Slots    []SlotValue
}

// SlotValue is what stands in one place of a link.
type SlotValue struct {
	Slot uint32 // hash of the place's name
	// Value is a hash, or the number that the value is.
	Value  uint64
	Number bool
	// Timely says that it is a time within a day of the sending.
	Timely bool
	// Bits is how much it can tell apart: its length times the bits of its alphabet, up to 255.
	Bits uint8
}

// Bounds of what is remembered of links that are built alike: the newest, and of a link with more slots the last one stands for
// all that are left.
const (
	MostSlots = 8
	mostSeen  = 48
	mostUsers = 40
)

// patterns are the links seen lately, by how they are built.
type patterns struct {
	index map[uint64]*pattern
	ring  []*pattern
	limit int
	hand  int
}

// pattern is what was seen of links that are built alike.
type pattern struct {
	template uint64
	last     int64
	slots    []uint32
	seen     []sighting
}

// sighting is one link that somebody got.
type sighting struct {
	at             int64
	sender, person uint32
	text           nospim.CampaignID
	values         [MostSlots]uint64
	bits           [MostSlots]uint8
	number, timely uint8 // masks
}

func newPatterns(limit int) patterns {
	return patterns{index: make(map[uint64]*pattern), limit: limit}
}

// note adds the links of a copy.
func (p *patterns) note(copied *Copy, now int64) {
	for i := range copied.Links {
		l := &copied.Links[i]
		if len(l.Slots) == 0 {
			continue
		}
		t := p.of(l, now)
		t.last = max(t.last, now)
		for _, person := range copied.People[:min(len(copied.People), mostPeople)] {
			t.see(see(copied, l, now, short(person)))
		}
	}
}

func see(copied *Copy, l *CopyLink, now int64, person uint32) sighting {
	s := sighting{at: now, sender: short(copied.Sender), person: person, text: copied.ID}
	for i, v := range l.Slots[:min(len(l.Slots), MostSlots)] {
		s.values[i], s.bits[i] = v.Value, v.Bits
		if v.Number {
			s.number |= 1 << i
		}
		if v.Timely {
			s.timely |= 1 << i
		}
	}
	return s
}

// of returns the pattern of a link, a new one if there is none: the one left alone for longest makes room for it.
func (p *patterns) of(l *CopyLink, now int64) *pattern {
	if t := p.index[l.Template]; t != nil {
		return t
	}
	var t *pattern
	if len(p.ring) < p.limit {
		t = new(pattern)
		p.ring = append(p.ring, t)
	} else {
		for range probes {
			other := p.ring[p.hand]
			p.hand = (p.hand + 1) % len(p.ring)
			if t == nil || other.last < t.last {
				t = other
			}
		}
		delete(p.index, t.template)
		*t = pattern{slots: t.slots[:0], seen: t.seen[:0]}
	}
	t.template, t.last = l.Template, now
	for _, s := range l.Slots[:min(len(l.Slots), MostSlots)] {
		t.slots = append(t.slots, s.Slot)
	}
	p.index[l.Template] = t
	return t
}

// see adds a sighting in the order of time. The oldest makes room.
func (t *pattern) see(s sighting) {
	i, _ := slices.BinarySearchFunc(t.seen, s, compareSightings)
	if len(t.seen) < mostSeen {
		t.seen = slices.Insert(t.seen, i, s)
		return
	}
	if i > 0 {
		copy(t.seen[:i-1], t.seen[1:i])
		t.seen[i-1] = s
	}
}

func compareSightings(a, b sighting) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.person, b.person), cmp.Compare(a.sender, b.sender), cmp.Compare(a.text, b.text),
		slices.Compare(a.values[:], b.values[:]))
}

// recall works out how the slots of a copy's links were used by its campaign or its sender.
func (p *patterns) recall(c *campaigns, copied *Copy, now int64, r *Recalled) {
	of := &copied.memo.near
	if copied.ID == 0 {
		of = &near{}
	}
	for i := range copied.Links {
		l := &copied.Links[i]
		t := p.index[l.Template]
		if t == nil || len(copied.People) == 0 || len(l.Slots) == 0 {
			continue
		}
		r.seen = appendRelated(r.seen[:0], t.seen, c, copied, of)
		if len(r.seen) == 0 {
			continue
		}
		for _, person := range copied.People[:min(len(copied.People), mostPeople)] {
			r.seen = append(r.seen, see(copied, l, now, short(person)))
		}
		r.use(l, len(t.slots))
	}
}

// appendRelated appends those of the sightings that are of a copy's sender, or of the texts near it.
func appendRelated(to, seen []sighting, c *campaigns, copied *Copy, of *near) []sighting {
	var (
		sender  = short(copied.Sender)
		last    nospim.CampaignID // the text that was asked for last: links come with the same one time and again
		belongs bool
	)
	for i := range seen {
		s := &seen[i]
		if s.sender != sender {
			if s.text != last {
				last, belongs = s.text, c.belongs(s.text, of)
			}
			if !belongs {
				continue
			}
		}
		to = append(to, *s)
	}
	return to
}

// use adds the uses of a link's slots, worked out from r.seen.
func (r *Recalled) use(l *CopyLink, slots int) {
	n := len(r.Links)
	r.Links = slices.Grow(r.Links, 1)[:n+1]
	u := &r.Links[n]
	u.Link, u.Slots = l.Link, u.Slots[:0]
	who := numbered(r.seen)
	for i := range min(slots, len(l.Slots), MostSlots) {
		s := usage(r.seen, who[:], i)
		s.Slot, s.Value = l.Slots[i].Slot, uint32(mix(l.Slots[i].Value)>>32)
		u.Slots = append(u.Slots, s)
	}
}

// table knows which of few things came before: open addressing, never full.
type table [128]uint64

// find returns the place of a key, which is not 0, and whether it was there.
func (t *table) find(key uint64) (at int, there bool) {
	for i := int(mix(key) % uint64(len(t))); ; i = (i + 1) % len(t) {
		if t[i] == key || t[i] == 0 {
			there = t[i] == key
			t[i] = key
			return i, there
		}
	}
}

// numbered numbers the people of sightings, of which there are fewer than a table has room for, in the order in which they are first
// seen. The statistics know mostUsers of them; who comes after has a number beyond.
func numbered(seen []sighting) (who [len(table{})]uint8) {
	var (
		people  table
		numbers [len(table{})]uint8
		n       uint8
	)
	for i := range seen {
		at, there := people.find(uint64(seen[i].person) + 1)
		if !there {
			numbers[at] = n
			n++
		}
		who[i] = numbers[at]
	}
	return who
}

// What is known of the values that a person got, beside the first one.
const (
	repeated = 1 << iota
	changed
)

// usage works out the statistics of one slot, given the number of who each sighting is of.
func usage(seen []sighting, who []uint8, slot int) (u nospim.SlotUse) {
	var (
		values table
		first  [mostUsers]uint64
		more   [mostUsers]uint8
		last   uint64
	)
	u.Bits, u.Rising, u.Timely = math.Inf(1), true, true
	for i := range seen {
		s, person := &seen[i], int(who[i])
		v := s.values[slot]
		switch {
		case person >= mostUsers:
			continue
		case person < u.Recipients && first[person] == v:
			more[person] |= repeated
			continue
		case person < u.Recipients:
			more[person] |= changed
			continue
		}
		first[person] = v
		u.Recipients++
		if _, known := values.find(max(1, mix(v))); !known {
			u.Distinct++
		}
		u.Bits = min(u.Bits, float64(s.bits[slot]))
		u.Timely = u.Timely && s.timely>>slot&1 != 0
		u.Rising = u.Rising && s.number>>slot&1 != 0 && (u.Recipients == 1 || v > last)
		last = v
	}
	for _, flags := range more[:u.Recipients] {
		switch {
		case flags&changed != 0:
			u.Changes++
		case flags&repeated != 0:
			u.Repeats++
		}
	}
	return u
}

func (p *patterns) bytes() (n int64) {
	for _, t := range p.ring {
		n += sizeOf[pattern]() + int64(cap(t.seen))*sizeOf[sighting]()
	}
	return n
}
