package memory

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/nospim/nospim"
)

// Copies are told so: those of one text by one sender, alike but for the recipient, are one while they fall into one step of what is
// counted, and the sketch of a text is told once in a frame. Links are told as what patterns keep of them: of links that are built
// alike the newest sightings, since older ones would push nothing out elsewhere either.
//
//	k  copies, see appendCopy
//	l  links, see appendPattern
const (
	sectionCopies = 'k'
	sectionLinks  = 'l'

	// gatherTexts is how many copies a part has room for, gatherLinks how many kinds of link.
	gatherTexts = 4 << 10
	gatherLinks = 512
)

// toldCopy is one copy, or several that came from first to last.
type toldCopy struct {
	Copy
	first, last int64
}

// copyKey is what copies that are told as one have in common.
type copyKey struct {
	id, of         nospim.CampaignID
	sender, domain uint64
	step, hour     int64
	flags          uint8
	standing       nospim.Standing
}

// copy gathers a copy, or several that came from first to last; lost says that there was no room.
func (g *gathered) copy(c *Copy, first, last int64) (lost bool) {
	if c.Standing == "" && len(c.Links) > 0 {
		g.links.note(c, last)
	}
	if c.ID == 0 {
		return false
	}
	key := copyKey{c.ID, c.Of, c.Sender, c.Domain, first / windowStep, first / hourStep, c.flags(), c.Standing}
	people := c.People[:min(len(c.People), mostPeople)]
	count := max(1, c.Count)
	if i, ok := g.alike[key]; ok {
		if t := &g.copies[i]; len(t.People)+len(people) <= mostPeople {
			t.Count += count
			t.People = append(t.People, people...)
			t.first, t.last = min(t.first, first), max(t.last, last)
			return false
		}
	}
	if len(g.copies) == gatherTexts {
		return true
	}
	g.alike[key] = len(g.copies)
	g.copies = slices.Grow(g.copies, 1)[:len(g.copies)+1]
	t := &g.copies[len(g.copies)-1]
	*t = toldCopy{first: first, last: last, Copy: Copy{
		ID: c.ID, Of: c.Of, Sketch: c.Sketch, Count: count, Sender: c.Sender, Domain: c.Domain, Cold: c.Cold, Warm: c.Warm, Stopped: c.Stopped,
		Standing: c.Standing, People: append(t.People[:0], people...),
	}}
	return false
}

func (g *gathered) resetCopies() {
	g.copies = g.copies[:0]
	clear(g.alike)
}

// The flags of a copy in a frame; what a person decided is the number of it above them.
const (
	flagCold = 1 << iota
	flagWarm
	flagStopped
	flagSketch // of a text of which the frame has not told before

	standingAbove = 4
)

// standings are what a person can decide, by number in a frame.
var standings = [...]nospim.Standing{"", nospim.Condemned, nospim.Spared, nospim.Undecided}

func (c *Copy) flags() (f uint8) {
	for i, is := range [...]bool{c.Cold, c.Warm, c.Stopped} {
		if is {
			f |= 1 << i
		}
	}
	return f
}

// appendCopy writes one: flags (1 byte); the text's ID and Of (varints); how often (varint); sender and domain (8 bytes each); the times
// of the first (signed, from the base) and, of several, how long after it the last came (varint); recipients (their number as a
// varint, 8 bytes each); and the sketch, if there is one: which places are set (4 bytes) and these (2 bytes each).
func appendCopy(b []byte, t *toldCopy, base int64, sketch bool) []byte {
	f := t.flags() | uint8(max(0, slices.Index(standings[:], t.Standing)))<<standingAbove
	if sketch {
		f |= flagSketch
	}
	b = append(b, f)
	b = binary.AppendUvarint(b, uint64(t.ID))
	b = binary.AppendUvarint(b, uint64(t.Of))
	b = binary.AppendUvarint(b, uint64(t.Count))
	b = binary.LittleEndian.AppendUint64(b, t.Sender)
	b = binary.LittleEndian.AppendUint64(b, t.Domain)
	b = binary.AppendVarint(b, t.first-base)
	if t.Count > 1 {
		b = binary.AppendUvarint(b, uint64(t.last-t.first))
	}
	b = binary.AppendUvarint(b, uint64(len(t.People)))
	for _, p := range t.People {
		b = binary.LittleEndian.AppendUint64(b, p)
	}
	if !sketch {
		return b
	}
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	var set uint32
	for i, m := range t.Sketch.Min {
		if m != 0 {
			set |= 1 << i
			b = binary.LittleEndian.AppendUint16(b, m)
		}
	}
	binary.LittleEndian.PutUint32(b[at:], set)
	return b
}

func (d *Delta) readCopies(in *decoder) bool {
	base := in.uvarint()
	if base > maxMillis {
		return false
	}
	for len(in.rest) > 0 && !in.short {
		d.copies = slices.Grow(d.copies, 1)[:len(d.copies)+1]
		t := &d.copies[len(d.copies)-1]
		*t = toldCopy{Copy: Copy{People: t.People[:0]}}
		if !t.read(in, int64(base)) {
			return false
		}
	}
	return !in.short
}

func (t *toldCopy) read(in *decoder, base int64) bool {
	f := in.byte()
	id, of, count := in.uvarint(), in.uvarint(), in.uvarint()
	t.Sender, t.Domain = in.uint64(), in.uint64()
	t.first = base + in.varint()
	t.last = t.first
	if count > 1 {
		t.last += int64(min(in.uvarint(), maxMillis))
	}
	people := in.uvarint()
	const most = 1 << 32
	if id == 0 || id > maxCampaign || of > maxCampaign || count == 0 || count >= most || people > mostPeople ||
		t.first < 0 || t.last > maxMillis || int(f>>standingAbove) >= len(standings) {
		return false
	}
	t.ID, t.Of, t.Count = nospim.CampaignID(id), nospim.CampaignID(of), uint32(count)
	t.Cold, t.Warm, t.Stopped = f&flagCold != 0, f&flagWarm != 0, f&flagStopped != 0
	t.Standing = standings[f>>standingAbove]
	for range people {
		t.People = append(t.People, in.uint64())
	}
	if f&flagSketch != 0 {
		for set := in.uint32(); set != 0; set &= set - 1 {
			m := in.uint16()
			if m == 0 {
				return false
			}
			t.Sketch.Min[bits.TrailingZeros32(set)] = m
		}
		for _, m := range t.Sketch.Min {
			if m != 0 {
				t.Sketch.N++
			}
		}
	}
	return !in.short
}

// maxCampaign is the largest nospim.CampaignID.
const maxCampaign = 1<<50 - 1

// appendPattern writes the links that are built in one way: a hash of it (8 bytes), the slots (their number as a varint, 4 bytes each), the
// sightings (number as a varint): time (signed, from the base), sender and person (4 bytes each), text (varint), the masks of slots
// that are numbers and times (1 byte each) and of each slot the value (8 bytes) and its bits (1 byte).
func appendPattern(b []byte, p *pattern, base int64) []byte {
	b = binary.LittleEndian.AppendUint64(b, p.template)
	b = binary.AppendUvarint(b, uint64(len(p.slots)))
	for _, s := range p.slots {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(p.seen)))
	for i := range p.seen {
		s := &p.seen[i]
		b = binary.AppendVarint(b, s.at-base)
		b = binary.LittleEndian.AppendUint32(b, s.sender)
		b = binary.LittleEndian.AppendUint32(b, s.person)
		b = binary.AppendUvarint(b, uint64(s.text))
		b = append(b, s.number, s.timely)
		for slot := range p.slots {
			b = binary.LittleEndian.AppendUint64(b, s.values[slot])
			b = append(b, s.bits[slot])
		}
	}
	return b
}

func (d *Delta) readLinks(in *decoder) bool {
	base := in.uvarint()
	if base > maxMillis {
		return false
	}
	for len(in.rest) > 0 && !in.short {
		p := pattern{template: in.uint64()}
		slots := in.uvarint()
		if slots == 0 || slots > MostSlots {
			return false
		}
		for range slots {
			p.slots = append(p.slots, in.uint32())
		}
		seen := in.uvarint()
		if seen > mostSeen {
			return false
		}
		for range seen {
			s, ok := readSighting(in, int64(base), int(slots))
			if !ok {
				return false
			}
			p.last = max(p.last, s.at)
			p.seen = append(p.seen, s)
		}
		d.links = append(d.links, p)
	}
	return !in.short
}

func readSighting(in *decoder, base int64, slots int) (s sighting, ok bool) {
	s.at = base + in.varint()
	s.sender, s.person = in.uint32(), in.uint32()
	text := in.uvarint()
	s.text, s.number, s.timely = nospim.CampaignID(text), in.byte(), in.byte()
	for i := range slots {
		s.values[i], s.bits[i] = in.uint64(), in.byte()
	}
	return s, !in.short && s.at >= 0 && s.at <= maxMillis && text <= maxCampaign
}

// copies writes what was gathered of copies and links.
func (w *frameWriter) copies(g *gathered) {
	var known map[nospim.CampaignID]bool
	var b []byte
	for i := range g.copies {
		t := &g.copies[i]
		if b == nil {
			known, b = make(map[nospim.CampaignID]bool), binary.AppendUvarint(nil, uint64(g.copies[0].first))
		}
		b = appendCopy(b, t, g.copies[0].first, !known[t.ID] && t.Sketch.Min != [32]uint16{})
		known[t.ID] = true
		if len(b) >= FrameSize {
			w.section(sectionCopies, b)
			b = nil
		}
	}
	w.section(sectionCopies, b)
	b = nil
	for _, p := range g.links.ring {
		if b == nil {
			b = binary.AppendUvarint(nil, uint64(g.links.ring[0].last))
		}
		if b = appendPattern(b, p, g.links.ring[0].last); len(b) >= FrameSize {
			w.section(sectionLinks, b)
			b = nil
		}
	}
	w.section(sectionLinks, b)
}

// mergeCopies takes what another node told of copies and links.
func (c *campaigns) mergeCopies(d *Delta) {
	for i := range d.copies {
		t := &d.copies[i]
		one := t.Copy
		if t.first == t.last {
			c.note(&one, t.first)
			continue
		}
		one.Count--
		c.note(&one, t.first)
		one.Count, one.People = 1, nil
		c.note(&one, t.last)
	}
	for i := range d.links {
		c.mergeLinks(&d.links[i])
	}
}

func (c *campaigns) mergeLinks(told *pattern) {
	l := CopyLink{Template: told.template}
	for _, s := range told.slots {
		l.Slots = append(l.Slots, SlotValue{Slot: s})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.links.of(&l, told.last)
	p.last = max(p.last, told.last)
	for i := range told.seen {
		p.see(told.seen[i])
	}
}
