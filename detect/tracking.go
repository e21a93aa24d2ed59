package detect

import (
	"math"
	"strconv"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
)

// Tracking notices links that are each recipient's own: in one place of the links of one campaign, or of one sender, everybody got
// another value. That tells the sender who clicked. A value that encodes the recipient is LINK_IDENTITY, which [Links] raises.
//
// A newsletter does it, too, and every link to an album has a value of its own, so the weights are modest; only the number of people
// makes it a claim (see link.Seen).
type Tracking struct{}

// Symbols implements [Detector].
func (Tracking) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "TRACKING_UNIQUE", Group: "tracking", Weight: 3, Description: "Each recipient got a link of their own, so a click tells the sender who clicked: no value came twice among 18 people or more, or a counter grew with each of 6 or more."},
		{Name: "TRACKING_PROBABLE", Group: "tracking", Weight: 1.5, Description: "Each recipient probably gets a link of their own: 5 people or more got long values of which none came twice, or those who got a link again got their value again."},
	}
}

// Counters implements [Detector].
func (Tracking) Counters() []nospim.Counter { return nil }

// Look implements [Detector].
func (Tracking) Look(l *nospim.Look) error {
	if !toStranger(l) || l.Invited {
		return nil
	}
	var best nospim.TrackingCode
	eachCode(l, func(c nospim.TrackingCode) {
		if rank(c) > rank(best) {
			best = c
		}
	})
	if rank(best) == 0 {
		return nil
	}
	domain := nospim.Entity{Kind: nospim.EntityDomain, ID: l.Features.Links[best.Link].Domain}
	people := number(float64(best.N))
	facts := ": " + number(float64(best.D)) + " different values, " + number(float64(best.Collisions)) + " came again, at least " +
		number(math.Floor(best.Bound)) + " variants with 95 %"
	if best.P < 1 {
		facts += ", by chance p " + probability(best.P)
	}
	if best.Label == string(link.Unique) {
		l.Raise("TRACKING_UNIQUE", 1, "each of "+people+" people got a link of their own"+facts, domain)
	} else {
		l.Raise("TRACKING_PROBABLE", 1, "each of "+people+" people probably got a link of their own"+facts, domain)
	}
	return nil
}

// rank orders what is raised: 0 is not.
func rank(c nospim.TrackingCode) int {
	switch c.Label {
	case string(link.Unique):
		return 2
	case string(link.Probable):
		return 1
	}
	return 0
}

// Codes returns what is known of the places in an event's links that others got links with, in their order.
func Codes(l *nospim.Look) []nospim.TrackingCode {
	var codes []nospim.TrackingCode
	eachCode(l, func(c nospim.TrackingCode) { codes = append(codes, c) })
	return codes
}

func eachCode(l *nospim.Look, do func(nospim.TrackingCode)) {
	for i := range l.Links {
		u := &l.Links[i]
		if u.Link < 0 || u.Link >= len(l.Features.Links) {
			continue
		}
		for j := range u.Slots {
			s := &u.Slots[j]
			f := link.Seen{
				N: s.Recipients, D: s.Distinct, Repeats: s.Repeats, Changes: s.Changes, Bits: s.Bits, Rising: s.Rising, Timely: s.Timely,
			}.Judge()
			do(nospim.TrackingCode{
				Link: u.Link, Slot: s.Slot, Label: string(f.Code), Strip: f.Strip, N: s.Recipients, D: s.Distinct, Collisions: f.Collisions,
				Bound: f.Bound, P: f.P,
			})
		}
	}
}

// probability writes a probability for a sentence.
func probability(p float64) string { return strconv.FormatFloat(p, 'g', 2, 64) }
