package wire

import (
	"slices"

	"github.com/nospim/nospim"
)

// Usual appends verdicts, and in a fraction of the time where one says the same as the last, but for the event: of most events nothing
// is noticed. Its zero value is ready; it is not to be used by several goroutines at once.
type Usual struct {
	last nospim.Verdict // that noticed nothing; its EventID means nothing
	rest []byte         // what is written of it behind the event's id; empty as long as there is none
}

// AppendVerdict appends what the function of that name does.
func (u *Usual) AppendVerdict(dst []byte, v *nospim.Verdict) []byte {
	dst = appendEventID(dst, v)
	if !bare(v) {
		return appendRest(dst, v)
	}
	if len(u.rest) == 0 || !u.like(v) {
		u.last = nospim.Verdict{
			Action: v.Action, Wanted: v.Wanted, Score: v.Score, Required: v.Required, RetryAfter: v.RetryAfter,
			Policy: v.Policy, Degraded: slices.Clone(v.Degraded), Shadow: v.Shadow,
		}
		u.rest = appendRest(u.rest[:0], v)
	}
	return append(dst, u.rest...)
}

// bare reports whether a verdict speaks of nothing that was noticed.
func bare(v *nospim.Verdict) bool {
	return len(v.Signals) == 0 && len(v.Labels) == 0 && v.Campaign == "" && v.Harm == "" && v.Tip == ""
}

// like reports whether a bare verdict says the same as the last.
func (u *Usual) like(v *nospim.Verdict) bool {
	l := &u.last
	return v.Action == l.Action && v.Wanted == l.Wanted && v.Score == l.Score && v.Required == l.Required && v.RetryAfter == l.RetryAfter &&
		v.Policy == l.Policy && v.Shadow == l.Shadow && slices.Equal(v.Degraded, l.Degraded)
}
