package engine

import (
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

// gate says at which events a counter is noted or recalled: the places of its conditions. It is small, because every event passes by
// those of all counters of its kind.
type gate struct {
	counter int
	// when is the condition for noting it.
	when int
	// asked are those of which any makes it worth recalling besides; nil is at every event.
	asked places
}

// gates are those of the counters of one kind of event, and the conditions that they ask.
type gates struct {
	asked []int
	all   []gate
}

// places are a set of places, a bit each.
type places []uint64

func (p *places) add(place int) {
	for len(*p) <= place/64 {
		*p = append(*p, 0)
	}
	(*p)[place/64] |= 1 << (place % 64)
}

func (p places) has(place int) bool {
	return place/64 < len(p) && p[place/64]>>(place%64)&1 == 1
}

// meets reports whether two sets share a place.
func (p places) meets(other places) bool {
	for i := range min(len(p), len(other)) {
		if p[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// ask returns the places of the conditions that an event fulfils, in the memory of held.
func (g gates) ask(c *conditions, held places, l *nospim.Look) places {
	clear(held)
	for _, i := range g.asked {
		if c.list[i](l) {
			held.add(i)
		}
	}
	return held
}

// open reports whether a counter is noted, and whether it is recalled, at an event that fulfils conditions.
func (g *gate) open(held places) (note, recall bool) {
	note = g.when == always || held.has(g.when)
	return note, note || g.asked == nil || held.meets(g.asked)
}
