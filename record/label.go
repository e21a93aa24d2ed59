package record

import (
	"time"

	"github.com/nospim/nospim"
)

// Labelling is what somebody decided about a label of an entity: that it holds until a time, or, when Until is not after At, that
// it is lifted. The latest decision about an entity and a name stands. Whatever a verdict labelled before At is overruled by it;
// what a verdict labels later holds again.
type Labelling struct {
	nospim.Label

	At     time.Time `json:"at"` // zero: when it is kept
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// Lifts reports whether the decision takes the label away.
func (l *Labelling) Lifts() bool { return !l.Until.After(l.At) }
