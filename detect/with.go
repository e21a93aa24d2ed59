package detect

import (
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/model"
)

// WithBrands returns detectors of which [Links] compares with b, an operator's list for instance.
func WithBrands(ds []Detector, b *link.Brands) []Detector {
	all := append([]Detector(nil), ds...)
	for i := range all {
		if _, ok := all[i].(Links); ok {
			all[i] = Links{Brands: b}
		}
	}
	return all
}

// AtAGlance returns those of the detectors that say, without reading text or links, what people decided: the operator's lists, the
// recipient's door, and restricted accounts.
func AtAGlance(ds []Detector) (some []Detector) {
	for _, d := range ds {
		switch d.(type) {
		case Lists, Door, Restricted:
			some = append(some, d)
		}
	}
	return some
}

// WithLearned returns detectors of which [Content] also asks what services taught.
func WithLearned(ds []Detector, learned *model.Learned) []Detector {
	all := append([]Detector(nil), ds...)
	for i := range all {
		if _, ok := all[i].(Content); ok {
			all[i] = Content{Model: learned.Model(), Learned: learned}
		}
	}
	return all
}
