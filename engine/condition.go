package engine

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/nospim/nospim"
)

// conditions are what counters ask of events, each once. Dozens of counters ask the same few things, so that an event is asked each of
// them once.
type conditions struct {
	list []func(*nospim.Look) bool
	at   map[unsafe.Pointer]int
}

// always is the place of the condition that every event fulfils.
const always = -1

// place returns where a condition stands; always for nil.
func (c *conditions) place(holds func(*nospim.Look) bool) int {
	if holds == nil {
		return always
	}
	// A function value is a pointer to its code and to what it captured, so equal pointers are the same condition. Functions cannot
	// be compared otherwise. Equal conditions that are not recognised cost time and nothing else.
	id := *(*unsafe.Pointer)(unsafe.Pointer(&holds)) //nolint:gosec // nothing is read through it
	if i, ok := c.at[id]; ok {
		return i
	}
	if c.at == nil {
		c.at = map[unsafe.Pointer]int{}
	}
	c.at[id] = len(c.list)
	c.list = append(c.list, holds)
	return c.at[id]
}

// gates are the counters of one kind of event, and what opens them.
type gates struct {
	counters []int
	always   opened // at every event
	keys     []key
}

// key is a condition, by its place, and what an event opens that fulfils it.
type key struct {
	place int
	holds func(*nospim.Look) bool
	opens opened
}

// opened are the gates of the counters that are noted at an event, and of those that are recalled.
type opened struct{ notes, recalls places }

// add puts up the gate of a counter, which the conditions of its When and its If open; without an If, every event does.
func (g *gates) add(c *conditions, counter int, when int, asked []int) {
	place := len(g.counters)
	g.counters = append(g.counters, counter)
	g.always.notes.reach(place)
	g.always.recalls.reach(place)
	by := g.by(c, when)
	by.notes.add(place)
	by.recalls.add(place)
	if asked == nil {
		g.always.recalls.add(place)
	}
	for _, condition := range asked {
		g.by(c, condition).recalls.add(place)
	}
}

// by returns what a condition opens.
func (g *gates) by(c *conditions, condition int) *opened {
	if condition == always {
		return &g.always
	}
	i := slices.IndexFunc(g.keys, func(k key) bool { return k.place == condition })
	if i < 0 {
		i, g.keys = len(g.keys), append(g.keys, key{place: condition, holds: c.list[condition]})
	}
	return &g.keys[i].opens
}

// open puts into o what an event opens.
func (g *gates) open(l *nospim.Look, o *opened) {
	o.notes, o.recalls = append(o.notes[:0], g.always.notes...), append(o.recalls[:0], g.always.recalls...)
	for i := range g.keys {
		if k := &g.keys[i]; k.holds(l) {
			o.notes.join(k.opens.notes)
			o.recalls.join(k.opens.recalls)
		}
	}
}

// places are a set of places, a bit each.
type places []uint64

// reach makes room for a place.
func (p *places) reach(place int) {
	for len(*p) <= place/64 {
		*p = append(*p, 0)
	}
}

func (p *places) add(place int) {
	p.reach(place)
	(*p)[place/64] |= 1 << (place % 64)
}

func (p places) has(place int) bool { return p[place/64]>>(place%64)&1 == 1 }

// join adds the places of another set, which reaches no further.
func (p places) join(other places) {
	for i, word := range other {
		p[i] |= word
	}
}

// some reports whether there is a place in the set.
func (p places) some() bool {
	return slices.ContainsFunc(p, func(word uint64) bool { return word != 0 })
}

// all goes through the places, in their order.
func (p places) all(yield func(place int) bool) {
	for i, word := range p {
		for ; word != 0; word &= word - 1 {
			if !yield(64*i + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}
