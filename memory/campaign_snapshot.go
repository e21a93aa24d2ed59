package memory

import (
	"encoding/binary"
	"slices"

	"github.com/nospim/nospim"
)

// What a snapshot has of campaigns: the campaigns, then the texts in the order of their places, each with the name of its campaign,
// then the links. A few are copied at a time, so that judging waits for microseconds. What changes meanwhile may be missing: a text
// whose campaign is not there is left out when it is read.
const (
	blockGroups   = 'g'
	blockTexts    = 't'
	blockPatterns = 'l'
	// atOnce is how many entries are copied while judging waits.
	atOnce = 64
)

// form writes fields, or reads them: one description for both ways. Numbers are unsigned varints.
type form struct {
	out  []byte
	in   *decoder // nil while writing
	fail bool     // a number that cannot be
}

func number[T ~int64 | ~uint64 | ~uint32 | ~int32 | ~uint8](f *form, v *T, most uint64) {
	if f.in == nil {
		f.out = binary.AppendUvarint(f.out, uint64(*v))
		return
	}
	n := f.in.uvarint()
	f.fail = f.fail || n > most
	*v = T(n)
}

func (f *form) time(v *int64)   { number(f, v, maxMillis) }
func (f *form) hash(v *uint32)  { number(f, v, 1<<32-1) }
func (f *form) count(v *uint32) { number(f, v, 1<<32-1) }

func (f *form) id(v *nospim.CampaignID) { number(f, v, 1<<50-1) }

func (f *form) flags(flags ...*bool) {
	var b uint8
	for i, v := range flags {
		if *v {
			b |= 1 << i
		}
	}
	number(f, &b, 1<<len(flags)-1)
	for i, v := range flags {
		*v = b>>i&1 != 0
	}
}

func (f *form) ring(r *ring) {
	number(f, &r.head, maxMillis)
	for i := range r.n {
		f.count(&r.n[i])
	}
}

func (f *form) few(p *few) {
	number(f, &p.head, maxMillis)
	number(f, &p.n, Exact)
	f.flags(&p.over)
	if f.fail {
		return
	}
	for i := range p.of[:p.n] {
		f.hash(&p.of[i])
		// In order, each once, and in some step.
		f.fail = f.fail || p.of[i]&stepBits == 0 || i > 0 && p.of[i-1]|stepBits >= p.of[i]
	}
}

func (f *form) standing(s *nospim.Standing) {
	all := [...]nospim.Standing{"", nospim.Condemned, nospim.Spared, nospim.Undecided}
	n := uint8(max(0, slices.Index(all[:], *s)))
	number(f, &n, uint64(len(all)-1))
	if !f.fail {
		*s = all[n]
	}
}

func (f *form) group(g *group) {
	f.id(&g.id)
	f.time(&g.named)
	f.count(&g.copies)
	f.count(&g.stopped)
	f.time(&g.first)
	f.time(&g.last)
	f.standing(&g.standing)
	f.time(&g.decided)
	for _, r := range []*ring{&g.all, &g.cold, &g.warm, &g.held, &g.linked, &g.hour} {
		f.ring(r)
	}
	for _, p := range []*few{&g.senders, &g.people, &g.strangers} {
		f.few(p)
	}
	for i := range g.domains {
		f.hash(&g.domains[i])
	}
}

// text writes or reads a text; of is the name of its campaign, 0 when it has none.
func (f *form) text(t *written, of *nospim.CampaignID) {
	f.id(&t.id)
	f.id(of)
	for i := range t.bins {
		number(f, &t.bins[i], 1<<64-1)
	}
	f.time(&t.last)
	o := &t.only
	f.time(&o.at)
	f.hash(&o.sender)
	f.hash(&o.person)
	f.hash(&o.domain)
	f.flags(&o.cold, &o.warm, &o.stopped)
}

func (f *form) pattern(p *pattern) {
	number(f, &p.template, 1<<64-1)
	f.time(&p.last)
	slots, seen := uint32(len(p.slots)), uint32(len(p.seen))
	number(f, &slots, MostSlots)
	number(f, &seen, mostSeen)
	if f.fail {
		return
	}
	if f.in != nil {
		p.slots, p.seen = make([]uint32, slots), make([]sighting, seen)
	}
	for i := range p.slots {
		f.hash(&p.slots[i])
	}
	for i := range p.seen {
		s := &p.seen[i]
		f.time(&s.at)
		f.hash(&s.sender)
		f.hash(&s.person)
		f.id(&s.text)
		number(f, &s.number, 255)
		number(f, &s.timely, 255)
		for j := range p.slots {
			number(f, &s.values[j], 1<<64-1)
			number(f, &s.bits[j], 255)
		}
	}
}

// snapshot writes all of it.
func (c *campaigns) snapshot(b *blocks) error {
	c.gather(b, func() int { return len(c.groups.all) }, func(f *form, i int) {
		if g := c.groups.all[i]; g.id != 0 {
			f.group(g)
		}
	})
	if err := b.flush(blockGroups); err != nil {
		return err
	}
	c.gather(b, func() int { return c.placed }, func(f *form, i int) {
		t := c.at(uint32(i))
		if t.id == 0 {
			return
		}
		var of nospim.CampaignID
		if t.group != 0 {
			of = c.groups.at(t.group).id
		}
		f.text(t, &of)
	})
	if err := b.flush(blockTexts); err != nil {
		return err
	}
	c.gather(b, func() int { return len(c.links.ring) }, func(f *form, i int) { f.pattern(c.links.ring[i]) })
	return b.flush(blockPatterns)
}

// gather appends entries, a few at a time while the lock is held.
func (c *campaigns) gather(b *blocks, n func() int, write func(f *form, i int)) {
	f := form{out: b.buf}
	for i := 0; ; {
		c.mu.Lock()
		end := min(n(), i+atOnce)
		for ; i < end; i++ {
			write(&f, i)
			b.buf = f.out
			b.mark()
		}
		done := i >= n()
		c.mu.Unlock()
		if done {
			return
		}
	}
}

// restoreGroup reads a campaign. What there is no room for is left out.
func (c *campaigns) restoreGroup(d *decoder) bool {
	f := form{in: d}
	var g group
	f.group(&g)
	if f.fail || d.short || g.id == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.restored == nil {
		c.restored = make(map[nospim.CampaignID]uint32)
	}
	if c.restored[g.id] != 0 || c.groups.full() {
		return true
	}
	number := c.groups.add()
	*c.groups.at(number) = g
	c.restored[g.id] = number
	return true
}

// restoreText reads a text, and puts it into its campaign.
func (c *campaigns) restoreText(d *decoder) bool {
	f := form{in: d}
	var t written
	var of nospim.CampaignID
	f.text(&t, &of)
	if f.fail || d.short || t.id == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	number := c.restored[of]
	c.furnish()
	if _, known := c.lookup(t.id); known || of != 0 && number == 0 || c.placed == c.limit {
		return true
	}
	place := c.place(t.last)
	t.next, t.before = place, place
	*c.at(place) = t
	c.index.add(hashID(t.id), place)
	c.used++
	c.version++
	if number != 0 {
		c.enlist(place, number)
	}
	mins := t.bins.unpack()
	c.spread(place, &mins)
	return true
}

// enlist puts a text into a campaign that was read.
func (c *campaigns) enlist(place, number uint32) {
	t, g := c.at(place), c.groups.at(number)
	if t.group = number; g.texts == 0 {
		g.member = place
	} else {
		after := c.at(g.member)
		t.before, t.next = g.member, after.next
		c.at(after.next).before = place
		after.next = place
	}
	g.texts++
}

// restorePattern reads what was seen of links.
func (c *campaigns) restorePattern(d *decoder) bool {
	f := form{in: d}
	p := new(pattern)
	f.pattern(p)
	if f.fail || d.short || len(p.slots) == 0 || !slices.IsSortedFunc(p.seen, compareSightings) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.links.index[p.template] == nil && len(c.links.ring) < c.links.limit {
		c.links.index[p.template] = p
		c.links.ring = append(c.links.ring, p)
	}
	return true
}

// finish gives back campaigns of which no text was read.
func (c *campaigns) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, number := range c.restored {
		if c.groups.at(number).texts == 0 {
			c.groups.free(number)
		}
	}
	c.restored = nil
}
