package line

import (
	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// Wire reads and writes what stands in an event's raw form, for connectors that leave that to nospim.
type Wire struct {
	// Read fills in what Raw says, and reports whether that is anything to be judged. The error is a [*nospim.InputError].
	Read func(e *nospim.Event) (approach bool, err error)
	// Instead returns what is to be delivered in the place of Raw after a verdict, or for the sender to know of it; empty when
	// nothing is. It may be nil.
	Instead func(e *nospim.Event, v *nospim.Verdict) string
}

// read has the event of the line read from its raw form. What is nothing to be judged passes and is not counted.
func (c *conn) read() bool {
	e, n := c.line.Event, c.line.N
	w := c.s.Wires[e.Protocol]
	approach, err := true, error(nil)
	if w.Read != nil {
		approach, err = c.guard.Read(w.Read, e)
	}
	switch {
	case err != nil:
		return c.refuse(n, err)
	case !approach && n == wire.None:
		return true
	case !approach:
		return c.sent(c.out.Unlock(wire.AppendVerdictLine(c.out.Lock(), n, &nospim.Verdict{EventID: e.ID}, "")))
	}
	if err := e.Validate(); err != nil {
		return c.refuse(n, err)
	}
	return c.judge(w)
}

// instead returns what the answer says is to be delivered in the place of the event's raw form.
func (w *Wire) instead(e *nospim.Event, v *nospim.Verdict) string {
	if w.Instead == nil || v == nil || !v.Action.Enforced() {
		return ""
	}
	return w.Instead(e, v)
}
