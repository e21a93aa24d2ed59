package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/nospim/nospim/memory"
)

const (
	// answerWait is how long NATS may take to answer.
	answerWait = 2 * time.Second
	// idle is how long nothing is told before an empty frame says that the node lives, and shows it that its frames come back.
	idle = time.Second
	// retryAfter is how long after a failure the next attempt is made.
	retryAfter = 100 * time.Millisecond
	// offAfter is how long no own frame may come back before the node calls itself cut off.
	offAfter = 3 * time.Second
)

// sender has what waits to be told, oldest first.
type sender struct {
	gather *memory.Gather
	wake   chan struct{}

	mu      sync.Mutex
	seq     uint64 // of the newest frame
	backlog []waiting
	bytes   int
	last    time.Time // when the newest frame was made
	made    [256]time.Time
}

type waiting struct {
	seq    uint64
	sealed []byte
}

// make makes frames of what was gathered until ctx ends. It waits for nobody: where NATS is slow, publish is.
func (n *Node) make(ctx context.Context) {
	tick := time.NewTicker(n.config.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			n.watch()
			if n.up.Load() && !n.sender.waits() {
				n.makeFrames(true)
			}
		case <-n.sender.gather.Full():
			n.makeFrames(false)
		}
	}
}

// send sends what waits until ctx ends, then what is left, if NATS takes it soon.
func (n *Node) send(ctx context.Context) {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			n.sayGoodbye(ctx)
			return
		case <-n.sender.wake:
		case <-retry.C:
		}
		if n.up.Load() && !n.publish(ctx) {
			retry.Reset(retryAfter)
		}
	}
}

func (n *Node) sayGoodbye(ctx context.Context) {
	if !n.conn.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWait)
	defer cancel()
	n.makeFrames(false)
	n.publish(ctx)
}

// watch says that the node is cut off when its frames do not come back. While NATS is away nothing is told, so nothing comes back.
func (n *Node) watch() {
	if n.place.silent() > offAfter && !n.off.Swap(true) {
		n.log.Warn("cut off from the cluster: what this node tells does not come back", "cluster", n.config.Name)
	}
}

// makeFrames turns what was gathered into frames; an empty one when there is nothing and alive says to show that the node lives. While
// NATS is away, what is gathered goes on being merged, and becomes frames when its room is used up.
func (n *Node) makeFrames(alive bool) {
	s := &n.sender
	s.mu.Lock()
	defer s.mu.Unlock()
	contents := s.gather.Take()
	if len(contents) == 0 && alive && time.Since(s.last) >= idle {
		contents = [][]byte{memory.NoNews()}
	}
	for _, c := range contents {
		s.seq++
		s.last = time.Now()
		s.made[s.seq%uint64(len(s.made))] = s.last
		// The memory has what its own frames tell: they are marked as merged, for it and for who restores its snapshot.
		n.config.Memory.Merge(&memory.Frame{Node: n.id.String(), Seq: s.seq})
		sealed := n.vault.seal(s.seq, n.config.Node, c)
		s.backlog = append(s.backlog, waiting{s.seq, sealed})
		s.bytes += len(sealed)
	}
	for s.bytes > n.config.Backlog && len(s.backlog) > 1 {
		s.pop()
		n.counts.dropped.Add(1)
	}
	n.sender.nudge()
}

// nudge says that something waits.
func (s *sender) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// waits reports whether a frame waits already: then what is gathered had better wait for it, and be merged meanwhile.
func (s *sender) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.backlog) > 0
}

func (s *sender) pop() {
	s.bytes -= len(s.backlog[0].sealed)
	s.backlog[0] = waiting{}
	s.backlog = s.backlog[1:]
}

// publish sends what waits, one frame after the other, and reports whether JetStream has them all. A frame is stored twice when the
// answer got lost; it counts once.
func (n *Node) publish(ctx context.Context) bool {
	for {
		w, ok := n.sender.first()
		if !ok {
			return true
		}
		if err := n.publishOne(ctx, w.sealed); err != nil {
			n.counts.failed.Add(1)
			if ctx.Err() == nil && !n.off.Swap(true) {
				n.log.Warn("cut off from the cluster: NATS does not take a frame", "cluster", n.config.Name, "err", err)
			}
			return false
		}
		n.sender.done(w.seq)
		n.counts.sent.Add(1)
		n.counts.sentBytes.Add(int64(len(w.sealed)))
	}
}

func (n *Node) publishOne(ctx context.Context, sealed []byte) error {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	_, err := n.js.Publish(ctx, n.subject("frames"), sealed, jetstream.WithExpectStream(n.stream()))
	if err != nil {
		return fmt.Errorf("telling the cluster: %w", err)
	}
	return nil
}

func (s *sender) first() (waiting, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.backlog) == 0 {
		return waiting{}, false
	}
	return s.backlog[0], true
}

// done takes a frame out that was stored, unless it was dropped meanwhile.
func (s *sender) done(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.backlog) > 0 && s.backlog[0].seq == seq {
		s.pop()
	}
}

// age returns how long ago a frame was made; ok is false when that is no longer known.
func (s *sender) age(seq uint64) (age time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq > s.seq || s.seq-seq >= uint64(len(s.made)) {
		return 0, false
	}
	return time.Since(s.made[seq%uint64(len(s.made))]), true
}
