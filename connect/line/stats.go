package line

import (
	"sync/atomic"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// actions is how many actions there are.
const actions = int(nospim.Drop) + 1

// Stats is what a server has counted since it was made.
type Stats struct {
	Conns    int64             // connections accepted
	Open     int64             // connections open now
	Turned   int64             // connections turned away because there were too many
	Lines    int64             // lines read, the bad ones within the limit included
	Bad      int64             // lines that were none: not JSON, none of the protocol's words, over the limit
	Unknown  int64             // fields passed over because they are not known
	Verdicts [actions]int64    // by nospim.Action; those of events that wanted no answer are in it
	Errors   [wire.Codes]int64 // by wire.Code; each is an event or a line that was not judged
	Panics   int64             // of the judge; in Errors as unavailable, too
	Slow     int64             // peers hung up because they did not read
	Orders   int64             // orders sent, again after a reconnect
	Acks     int64             // orders acknowledged
	Failures int64             // of these, orders that could not be carried out
	Adapters []Adapter         // what connectors have counted themselves
}

// counters are the stats as they grow.
type counters struct {
	conns, open, turned, lines, bad, unknown, slow, orders, acks, failures atomic.Int64

	verdicts [actions]atomic.Int64
	errors   [wire.Codes]atomic.Int64
}

func (c *counters) verdict(a nospim.Action) {
	if a.Valid() {
		c.verdicts[a].Add(1)
	}
}

// Stats returns what was counted so far.
func (s *Server) Stats() Stats {
	c := &s.stats
	stats := Stats{
		Conns: c.conns.Load(), Open: c.open.Load(), Turned: c.turned.Load(), Lines: c.lines.Load(), Bad: c.bad.Load(),
		Unknown: c.unknown.Load(), Slow: c.slow.Load(), Panics: s.guarded().Panics(),
		Orders: c.orders.Load(), Acks: c.acks.Load(), Failures: c.failures.Load(), Adapters: s.adapters.list(),
	}
	for i := range c.verdicts {
		stats.Verdicts[i] = c.verdicts[i].Load()
	}
	for i := range c.errors {
		stats.Errors[i] = c.errors[i].Load()
	}
	return stats
}
