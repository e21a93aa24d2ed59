package engine

import (
	"slices"

	"github.com/nospim/nospim"
)

// single is a verdict with the one signal that most of those have that have any, in one piece of memory.
type single struct {
	nospim.Verdict
	signal [1]nospim.Signal
	entity [1]nospim.Entity
}

// disown returns a copy of a verdict that shares no lists with it and no string that names the event or an entity. The memory keeps
// verdicts for long, and a connector may have cut all of an event's strings from one line of input, body included. Ids is memory to
// work in.
func disown(of *nospim.Verdict, ids *[]byte) *nospim.Verdict {
	entities := 0
	for i := range of.Signals {
		entities += len(of.Signals[i].Entities)
	}
	v, room := roomFor(len(of.Signals), entities)
	signals := v.Signals
	*v = *of
	v.Signals = append(signals, of.Signals...)
	v.Labels, v.Degraded = append([]nospim.Label(nil), of.Labels...), append([]string(nil), of.Degraded...)
	for i := range v.Signals {
		g := &v.Signals[i]
		from := len(room)
		room = append(room, g.Entities...)
		g.Entities = slices.Clip(room[from:])
	}
	nameAnew(v, ids)
	return v
}

// roomFor makes a verdict with room for signals and their entities.
func roomFor(signals, entities int) (*nospim.Verdict, []nospim.Entity) {
	switch {
	case signals == 0:
		return &nospim.Verdict{Signals: []nospim.Signal{}}, nil
	case signals == 1 && entities <= 1:
		one := new(single)
		one.Signals = one.signal[:0]
		return &one.Verdict, one.entity[:0]
	}
	return &nospim.Verdict{Signals: make([]nospim.Signal, 0, signals)}, make([]nospim.Entity, 0, entities)
}

// nameAnew puts all ids of a verdict into one string of its own.
func nameAnew(v *nospim.Verdict, ids *[]byte) {
	b := (*ids)[:0]
	eachID(v, func(id *string) { b = append(b, *id...) })
	rest := string(b)
	eachID(v, func(id *string) { *id, rest = rest[:len(*id)], rest[len(*id):] })
	*ids = b
}

// eachID calls a function for everything in a verdict that names the event or an entity.
func eachID(v *nospim.Verdict, do func(id *string)) {
	do(&v.EventID)
	for i := range v.Signals {
		for j := range v.Signals[i].Entities {
			do(&v.Signals[i].Entities[j].ID)
		}
	}
	for i := range v.Labels {
		do(&v.Labels[i].Entity.ID)
	}
}
