// Package detect notices. Each detector stands in one file, declares its symbols and the counters it wants recalled, and then
// looks: a pure function of the event, its features and what was recalled. What a symbol weighs is the policy's business.
package detect

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/text"
)

// Detector notices something. Package detecttest is its contract.
type Detector interface {
	// Symbols are all that Look may raise.
	Symbols() []nospim.Symbol
	// Counters are what Look wants recalled; Look.Facts has their values in this order.
	Counters() []nospim.Counter
	// Look raises signals on l. It is pure, keeps nothing of l and changes nothing but l.Raised. Why sentences never quote the
	// message.
	Look(l *nospim.Look) error
}

// TextDetector is a Detector that reads the text. Whoever has read the body already calls LookText instead of Look and spares
// reading it twice; both raise the same.
type TextDetector interface {
	Detector
	// LookText is Look with a body and its form: the event's, or the head and tail of one that is too long to be judged whole. With
	// a nil form, the body is read here. Neither is kept or changed.
	LookText(l *nospim.Look, f *text.Form, body string) error
}

// All returns the detectors in the order in which they look. m is the learned filter that [Content] asks; with nil it says nothing.
func All(m *model.Model) []Detector {
	return []Detector{
		Lists{},
		Door{},
		Invited{},
		FirstContact{},
		FanOut{},
		BulkText{},
		Campaign{},
		Tracking{},
		RequestFlood{},
		InviteFlood{},
		RegistrationFlood{},
		Script{},
		Timing{},
		Rate{},
		Warnings{},
		Reported{},
		Profile{Brands: link.BuiltIn()},
		Plea{},
		Approach{},
		Calls{},
		NameLink{},
		Harvest{},
		Readers{},
		Decoys{},
		Strikes{},
		Restricted{},
		Oversize{},
		Links{Brands: link.BuiltIn()},
		Disguise{},
		Lures{},
		Content{Model: m},
	}
}

// Symbols returns the symbols of detectors, sorted by group and name.
func Symbols(ds []Detector) []nospim.Symbol {
	var all []nospim.Symbol
	for _, d := range ds {
		all = append(all, d.Symbols()...)
	}
	slices.SortFunc(all, func(a, b nospim.Symbol) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// step is one rung of a ladder: from this many on, the symbol counts with this factor.
type step struct {
	from, factor float64
}

// climb returns the factor of the highest rung that n reaches, 0 when it reaches none. Rungs ascend.
func climb(n float64, ladder []step) (factor float64) {
	for _, s := range ladder {
		if n < s.from {
			break
		}
		factor = s.factor
	}
	return factor
}

// number writes a recalled count for a sentence.
func number(n float64) string { return strconv.FormatInt(int64(n+0.5), 10) }

func account(id string) nospim.Entity {
	return nospim.Entity{Kind: nospim.EntityAccount, ID: id}
}

// contact reports whether an event is a first step towards a person: a message or something that comes instead of one.
func contact(l *nospim.Look) bool {
	switch l.Event.Kind {
	case nospim.KindMessage, nospim.KindContactRequest, nospim.KindInvite, nospim.KindFileOffer, nospim.KindCallOffer:
		return true
	default:
		return false
	}
}

// contactKinds are the kinds for which contact holds.
func contactKinds() []nospim.Kind {
	return []nospim.Kind{nospim.KindMessage, nospim.KindContactRequest, nospim.KindInvite, nospim.KindFileOffer, nospim.KindCallOffer}
}

func toStranger(l *nospim.Look) bool { return contact(l) && l.Event.Relation.Stranger() }
