package line

import (
	"context"

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
	// Hear is asked before Read. It returns nil, at once, for what is not said to nospim itself. Otherwise e is not judged, and
	// what Hear returned is called, apart from the reading of lines, for what is to be sent in the place of Raw; when that is
	// empty, Raw goes its way. E must not be kept beyond that. Hear may be nil.
	Hear func(e *nospim.Event) func(context.Context) (answer string)
	// Order gives an order its raw form, in which a connector of this protocol can carry it out knowing nothing of it. What it
	// leaves without one, the connector has to know. It may be nil.
	Order func(o nospim.Order) nospim.Order
}

// read has the event of the line read from its raw form. What is nothing to be judged passes and is not counted.
func (c *conn) read() bool {
	e, n := c.line.Event, c.line.N
	w := c.s.Wires[e.Protocol]
	if w.Hear != nil {
		if answer := c.heard(&w, e); answer != nil {
			return c.reply(answer)
		}
	}
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

// heard asks whether the event of the line is said to nospim. A Wire that panics has heard nothing.
func (c *conn) heard(w *Wire, e *nospim.Event) (answer func(context.Context) string) {
	_, _ = c.guard.Read(func(e *nospim.Event) (bool, error) {
		answer = w.Hear(e)
		return answer != nil, nil
	}, e)
	return answer
}

// reply answers what is said to nospim, apart from reading: to understand it may take the disk. It passes when that fails.
func (c *conn) reply(answer func(context.Context) string) bool {
	e, n, number := c.line.Event, c.line.N, c.in.Number()
	c.line.Event = c.s.takeEvent()
	return c.apart(func() {
		text := ""
		_, err := c.guard.Settle(func() (*nospim.Verdict, error) {
			text = answer(c.ctx)
			return &nospim.Verdict{}, nil
		})
		if err != nil {
			c.appendError(n, number, err)
		} else if n != wire.None {
			c.out.Unlock(wire.AppendVerdictLine(c.out.Lock(), n, &nospim.Verdict{EventID: e.ID}, text))
		}
		c.s.putEvent(e)
	})
}

// instead returns what the answer says is to be delivered in the place of the event's raw form.
func (w *Wire) instead(e *nospim.Event, v *nospim.Verdict) string {
	if w.Instead == nil || v == nil || !v.Action.Enforced() {
		return ""
	}
	return w.Instead(e, v)
}
