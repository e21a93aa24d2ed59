package line

import (
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// orderPause is how long the watch rests after the store has failed.
const orderPause = time.Second

// sendOrders sends the orders of a service, in the form of a protocol, until the connection ends. When the store fails, it tries again: what was not
// acknowledged then comes again, which a connector bears.
func (c *conn) sendOrders(service, protocol string) {
	send := func(o nospim.Order) error {
		if shape := c.s.Wires[protocol].Order; shape != nil && o.Raw == "" {
			o = shape(o)
		}
		c.out.Unlock(wire.AppendOrderLine(c.out.Lock(), &o))
		c.s.stats.orders.Add(1)
		return c.out.Flush()
	}
	for c.ctx.Err() == nil {
		if err := c.s.Orders.Watch(c.ctx, service, send); err != nil && c.ctx.Err() == nil {
			c.log.Error("line: watching for orders", "service", service, "err", err)
		}
		select {
		case <-c.ctx.Done():
		case <-time.After(orderPause):
		}
	}
}

// ack passes an acknowledgement on. It is written to disk, so the connection does not wait for it; but its end does.
func (c *conn) ack() bool {
	id, failure, n, number := c.line.Ack, c.line.Failure, c.line.N, c.in.Number()
	if c.s.Orders == nil || id == "" {
		return c.refuse(n, &nospim.InputError{Field: "ack", Problem: "names no order"})
	}
	return c.apart(func() {
		if err := c.s.Orders.Ack(c.ctx, id, failure); err != nil {
			c.appendError(n, number, err)
			return
		}
		c.s.stats.acks.Add(1)
		if failure != "" {
			c.s.stats.failures.Add(1)
			c.log.Warn("line: an order could not be carried out", "order", id)
		}
	})
}
