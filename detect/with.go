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
