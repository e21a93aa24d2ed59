package cluster

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stats are counts since Open.
type Stats struct {
	// Connected says that frames come and go, CutOff what [Node.CutOff] says.
	Connected, CutOff bool
	// Sent and SentBytes are the frames that JetStream has taken from this node, Waiting and WaitingBytes those that it has not yet.
	Sent, SentBytes, Waiting, WaitingBytes int64
	// Failed counts the attempts that NATS did not answer, Dropped the frames for which the backlog had no room, and LostCells the cells
	// that were forgotten before they became frames.
	Failed, Dropped, LostCells int64
	// Received are other nodes' frames that were merged, with so many cells; Again those that had been merged before.
	Received, Cells, Again int64
	// Forged are frames that were not sealed with the cluster's key, Versions those of another version or of no sense, Unbelievable
	// those from the future, Missed those that the stream no longer had, and Unknown the sections of frames that this program does not know.
	Forged, Versions, Unbelievable, Missed, Unknown int64
	// Snapshots are those that this node wrote, SnapshotFailures those that it could not.
	Snapshots, SnapshotFailures int64
	// Lag is how long the last own frame took until it came back: as long as the others waited for it.
	Lag time.Duration
	// Peers is how many other nodes were heard of within five seconds.
	Peers int
}

type counts struct {
	sent, sentBytes, failed, dropped                atomic.Int64
	received, cells, again                          atomic.Int64
	forged, versions, unbelievable, missed, unknown atomic.Int64
	snapshots, snapshotFailures                     atomic.Int64
	lag                                             atomic.Int64
}

// Stats returns what was counted.
func (n *Node) Stats() Stats {
	c, s := &n.counts, &n.sender
	s.mu.Lock()
	waiting, bytes := int64(len(s.backlog)), int64(s.bytes)
	s.mu.Unlock()
	cells := c.cells.Load() // before the frames that they came in: then they are never more than those frames had
	return Stats{
		Connected: n.up.Load(), CutOff: n.CutOff(),
		Sent: c.sent.Load(), SentBytes: c.sentBytes.Load(), Waiting: waiting, WaitingBytes: bytes,
		Failed: c.failed.Load(), Dropped: c.dropped.Load(), LostCells: s.gather.Lost(),
		Received: c.received.Load(), Cells: cells, Again: c.again.Load(),
		Forged: c.forged.Load(), Versions: c.versions.Load(), Unbelievable: c.unbelievable.Load(), Missed: c.missed.Load(), Unknown: c.unknown.Load(),
		Snapshots: c.snapshots.Load(), SnapshotFailures: c.snapshotFailures.Load(),
		Lag: time.Duration(c.lag.Load()), Peers: n.peers.alive(),
	}
}

// peers are the other nodes heard of lately.
type peers struct {
	mu   sync.Mutex
	last map[incarnation]peer
}

type peer struct {
	name string
	at   time.Time
}

const (
	aliveFor  = 5 * time.Second
	mostPeers = 256
)

func (p *peers) heard(id incarnation, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil || len(p.last) > mostPeers {
		p.last = make(map[incarnation]peer)
	}
	p.last[id] = peer{name: name, at: time.Now()}
}

func (p *peers) alive() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, peer := range p.last {
		if time.Since(peer.at) < aliveFor {
			n++
		}
	}
	return n
}
