package memory

import (
	"crypto/sha256"
	"math"
	"sync"
)

// maxNodes is of how many nodes the frames are told apart; the one heard of longest ago makes room for another.
const maxNodes = 256

// nodes know which frames have been merged.
type nodes struct {
	mu    sync.Mutex
	heard uint64 // frames accepted so far
	seen  map[nodeID]*frames
}

// nodeID stands for a node's name, whatever its length.
type nodeID [sha256.Size]byte

// frames are the frames of one node that have been merged: a bit for each of the last Reorder sequence numbers, as IPsec
// does against replay (RFC 6479 §2).
type frames struct {
	top   uint64
	bits  [Reorder / 64]uint64
	heard uint64 // when it was last heard of, by nodes.heard
}

// accept reports whether a frame is new, and remembers it.
func (n *nodes) accept(node string, seq uint64) bool {
	id := nodeID(sha256.Sum256([]byte(node)))
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.seen[id]
	if f == nil {
		f = &frames{}
		n.put(id, f)
	}
	if !f.accept(seq) {
		return false
	}
	n.heard++
	f.heard = n.heard
	return true
}

func (n *nodes) put(id nodeID, f *frames) {
	if n.seen == nil {
		n.seen = make(map[nodeID]*frames)
	}
	if len(n.seen) >= maxNodes {
		n.dropQuietest()
	}
	n.seen[id] = f
}

// dropQuietest forgets the node heard of longest ago. No two are heard of at once, so the map's order plays no part.
func (n *nodes) dropQuietest() {
	var quietest nodeID
	least := uint64(math.MaxUint64)
	for id, f := range n.seen {
		if f.heard <= least {
			quietest, least = id, f.heard
		}
	}
	delete(n.seen, quietest)
}

func (f *frames) accept(seq uint64) bool {
	if seq > f.top {
		for i := uint64(1); i <= min(seq-f.top, Reorder); i++ {
			f.set(f.top+i, false)
		}
		f.top = seq
	} else if f.top-seq >= Reorder || f.has(seq) {
		return false
	}
	f.set(seq, true)
	return true
}

func (f *frames) has(seq uint64) bool { return f.bits[seq%Reorder/64]>>(seq%64)&1 != 0 }

func (f *frames) set(seq uint64, on bool) {
	word, bit := &f.bits[seq%Reorder/64], uint64(1)<<(seq%64)
	if on {
		*word |= bit
	} else {
		*word &^= bit
	}
}
