package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/nospim/nospim"
)

// Cluster is what an engine knows of the nodes beside it, which share its record store and, by way of the memory that it is given, what
// is remembered. The zero value is a node alone.
type Cluster struct {
	// Node tells this life of this node from all others. With it, an order is sent by one node at a time, whichever has a connector
	// for it: who holds the order's lease.
	Node string
	// Joined says that the memory was filled by the other nodes: then neither snapshot nor records are read at the start.
	Joined bool
	// CutOff says that the memory lacks what others know. Judging goes on, and verdicts are degraded by "cluster". It is asked for each
	// event.
	CutOff func() bool
	// Changed is called when a look at the store found something new: the other nodes can be told to look, too. See [Engine.Nudge].
	Changed func()
}

const (
	// nudgeEvery is how often nudges make the engine look at most.
	nudgeEvery = 5 * time.Millisecond
	// orderLease is how long a node has an order for itself. A connector that got it and did not acknowledge it by then may get it again
	// from another node: connectors do an order once by its ID.
	orderLease = 30 * time.Second
	// leaseRetry is how often an order that another node has is looked at.
	leaseRetry = time.Second
)

// Nudge makes the engine look at once whether the record store has changed, instead of at its next poll. It does not wait.
func (e *Engine) Nudge() {
	select {
	case e.nudged <- struct{}{}:
	default:
	}
}

// found tells the other nodes when a poll found a change that no nudge had spoken of.
func (e *Engine) found(change bool) {
	if change && e.cluster.Changed != nil {
		e.cluster.Changed()
	}
}

// sendOrders sends the orders that this node may send, up to the first that another node has: that one, and what was given after it, come
// later, so that the order of giving stays. Sent is the last one sent.
func (e *Engine) sendOrders(ctx context.Context, orders []nospim.Order, send func(nospim.Order) error) (sent string, later bool, err error) {
	for _, o := range orders {
		if !e.mine(ctx, o.ID) {
			return sent, true, nil
		}
		if err := send(o); err != nil {
			return sent, false, fmt.Errorf("sending order %s: %w", o.ID, err)
		}
		sent = o.ID
	}
	return sent, false, nil
}

// mine takes the lease of an order. A node alone needs none.
func (e *Engine) mine(ctx context.Context, order string) bool {
	if e.cluster.Node == "" {
		return true
	}
	now := time.Now()
	has, err := e.records.Lease(ctx, "order "+order, e.cluster.Node, now, now.Add(orderLease))
	if err != nil && ctx.Err() == nil {
		e.log.Error("an order waits, because its lease cannot be had", "order", order, "err", err)
	}
	return has && err == nil
}
