package detect

import "github.com/nospim/nospim/link"

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
