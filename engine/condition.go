package engine

import (
	"unsafe"

	"github.com/nospim/nospim"
)

// conditions are what counters ask of events, each once. Dozens of counters ask the same few things, so that an event is asked each of
// them once at most.
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

// any returns the places of the conditions of which one is enough: that of holds, or nil when every event will do.
func (c *conditions) any(holds func(*nospim.Look) bool) []int {
	if holds == nil {
		return nil
	}
	return []int{c.place(holds)}
}

// answers are what one event answered to conditions so far.
type answers []answer

type answer uint8

const (
	unasked answer = iota
	yes
	no
)

// reset makes room for the answers to n conditions, none of which has been asked.
func (a *answers) reset(n int) {
	if cap(*a) < n {
		*a = make(answers, n)
	}
	*a = (*a)[:n]
	clear(*a)
}

// holds reports whether the event of l fulfils the condition at a place.
func (a answers) holds(c *conditions, place int, l *nospim.Look) bool {
	if place == always {
		return true
	}
	if a[place] == unasked {
		a[place] = no
		if c.list[place](l) {
			a[place] = yes
		}
	}
	return a[place] == yes
}

// any reports whether the event fulfils any of the conditions at places; nil is fulfilled.
func (a answers) any(c *conditions, places []int, l *nospim.Look) bool {
	for _, p := range places {
		if a.holds(c, p, l) {
			return true
		}
	}
	return places == nil
}
