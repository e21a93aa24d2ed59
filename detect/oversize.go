package detect

import "github.com/nospim/nospim"

// Oversize notices bodies that are judged by head and tail only, so that nobody hides behind length unseen.
type Oversize struct{}

// Symbols implements [Detector].
func (Oversize) Symbols() []nospim.Symbol {
	return []nospim.Symbol{{Name: "OVERSIZE_BODY", Group: "oversize", Weight: 1, Description: "The body is longer than 64 KiB and was judged by its head and tail."}}
}

// Counters implements [Detector].
func (Oversize) Counters() []nospim.Counter { return nil }

// Look implements [Detector].
func (Oversize) Look(l *nospim.Look) error {
	if l.Features.Cut {
		l.Raise("OVERSIZE_BODY", 1, "the body is longer than 64 KiB and was judged by its head and tail")
	}
	return nil
}
