package line

import (
	"cmp"
	"net"
	"slices"
	"sync"

	"github.com/nospim/nospim/connect/wire"
)

// Adapter is a connector that tells what it counts, as it said last: also after its connection has ended.
type Adapter struct {
	// Connector and Service are from its hello, Peer is the address of its machine, empty for a Unix socket.
	Connector, Service, Peer string
	Counters                 wire.Counters
}

// mostAdapters bounds how many are remembered.
const mostAdapters = 256

// adapters are those that have told something.
type adapters struct {
	mu  sync.Mutex
	all []Adapter
}

// told notes what an adapter counts, and returns how many messages it has let pass without an answer since it told last: none when it
// tells for the first time, or has started anew.
func (a *adapters) told(now Adapter) (passed int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.all, func(known Adapter) bool {
		return known.Connector == now.Connector && known.Service == now.Service && known.Peer == now.Peer
	})
	switch {
	case i >= 0:
		passed = now.Counters[wire.FailedOpen] - a.all[i].Counters[wire.FailedOpen]
		a.all[i] = now
	case len(a.all) < mostAdapters:
		a.all = append(a.all, now)
	}
	return max(0, passed)
}

// list returns them, sorted.
func (a *adapters) list() []Adapter {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := slices.Clone(a.all)
	slices.SortFunc(all, func(x, y Adapter) int {
		return cmp.Or(cmp.Compare(x.Service, y.Service), cmp.Compare(x.Connector, y.Connector), cmp.Compare(x.Peer, y.Peer))
	})
	return all
}

// told notes what the peer counts.
func (c *conn) told() {
	peer, _, err := net.SplitHostPort(c.nc.RemoteAddr().String())
	if err != nil {
		peer = ""
	}
	now := Adapter{Connector: c.who.Connector, Service: c.who.Service, Peer: peer, Counters: *c.line.Counters}
	if passed := c.s.adapters.told(now); passed > 0 {
		c.log.Warn("line: messages passed without an answer", "connector", now.Connector, "service", now.Service, "passed", passed)
	}
}
