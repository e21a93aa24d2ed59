package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/nospim/nospim/memory"
)

// place is how far in the stream this node has merged. Its lock is held while a frame is merged, and while a snapshot is copied, so
// that a snapshot says exactly up to where it goes.
type place struct {
	mu      sync.Mutex
	stream  time.Time // when the stream was made: another one counts from 1 again
	seq     uint64    // of the last frame merged
	since   time.Time // where to begin when no number is known: what came after it
	delta   memory.Delta
	heardMu sync.Mutex
	heard   time.Time // when an own frame came back last
}

// silent returns how long no own frame has come back.
func (p *place) silent() time.Duration {
	p.heardMu.Lock()
	defer p.heardMu.Unlock()
	return time.Since(p.heard)
}

func (p *place) heardNow() {
	p.heardMu.Lock()
	defer p.heardMu.Unlock()
	p.heard = time.Now()
}

// receive merges what the others tell until ctx ends, in one session after the other: each lasts as long as NATS does.
func (n *Node) receive(ctx context.Context) {
	if !n.joined {
		select {
		case <-ctx.Done():
			return
		case <-n.started:
		}
	}
	wait := retryAfter
	for ctx.Err() == nil {
		begun := time.Now()
		err := n.session(ctx)
		n.up.Store(false)
		if ctx.Err() != nil {
			return
		}
		if !n.off.Swap(true) {
			n.log.Warn("cut off from the cluster; judging goes on with what is known", "cluster", n.config.Name, "err", err)
		}
		if wait = min(2*wait, answerWait); time.Since(begun) > answerWait {
			wait = retryAfter
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// session merges the stream from where the last session ended, until something fails.
func (n *Node) session(ctx context.Context) error {
	if err := n.connected(ctx); err != nil {
		return err
	}
	select {
	case <-n.cut: // a cut before this session
	default:
	}
	answer, cancel := context.WithTimeout(ctx, answerWait)
	stream, err := n.ensure(answer)
	cancel()
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	consuming, err := n.consume(ctx, stream, fail)
	if err != nil {
		return err
	}
	defer consuming.Stop()
	n.place.heardNow() // the patience of watch begins now
	n.up.Store(true)
	n.sender.nudge()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-n.cut:
		return errors.New("the connection to NATS is gone")
	}
}

// connected returns when there is a connection.
func (n *Node) connected(ctx context.Context) error {
	came := n.conn.StatusChanged(nats.CONNECTED)
	defer n.conn.RemoveStatusListener(came)
	if n.conn.IsConnected() {
		return nil
	}
	select {
	case <-came:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *Node) stream() string { return "NOSPIM-" + n.config.Name }

// ensure returns the stream, after making it if there is none. One that is there stays as an operator made it.
func (n *Node) ensure(ctx context.Context) (jetstream.Stream, error) {
	stream, err := n.js.Stream(ctx, n.stream())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = n.js.CreateStream(ctx, jetstream.StreamConfig{
			Name: n.stream(), Description: "nospim: what the nodes of cluster " + n.config.Name + " tell each other",
			Subjects: []string{n.subject("frames")}, Storage: n.storage(), Discard: jetstream.DiscardOld,
			MaxAge: n.config.Retain, MaxBytes: n.config.StreamBytes, MaxMsgSize: maxFrame, AllowDirect: true,
		})
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			stream, err = n.js.Stream(ctx, n.stream())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("opening the stream %s: %w", n.stream(), err)
	}
	return stream, nil
}

// maxFrame is more than the longest frame, with its seal.
const maxFrame = memory.FrameMost + 1024

func (n *Node) storage() jetstream.StorageType {
	if n.config.OnDisk {
		return jetstream.FileStorage
	}
	return jetstream.MemoryStorage
}

// consume begins to merge the stream. What goes wrong ends the session.
func (n *Node) consume(ctx context.Context, stream jetstream.Stream, fail context.CancelCauseFunc) (jetstream.ConsumeContext, error) {
	c := jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: 10 * time.Second, Replicas: 1,
	}
	n.place.begin(stream.CachedInfo(), &c)
	setup, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	consumer, err := stream.CreateConsumer(setup, c)
	if err != nil {
		return nil, fmt.Errorf("reading the stream %s: %w", n.stream(), err)
	}
	return consumer.Consume(
		func(m jetstream.Msg) {
			if err := n.take(m); err != nil {
				fail(err)
			}
		},
		jetstream.PullExpiry(4*time.Second), jetstream.PullHeartbeat(time.Second), jetstream.PullMaxMessages(256),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { fail(fmt.Errorf("reading the stream: %w", err)) }),
	)
}

// begin says where to begin in a stream.
func (p *place) begin(info *jetstream.StreamInfo, c *jetstream.ConsumerConfig) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := !p.stream.IsZero()
	if !p.stream.Equal(info.Created) || p.seq > info.State.LastSeq {
		p.stream, p.seq = info.Created, 0 // another stream: all of it is new
	}
	switch {
	case p.seq > 0:
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, p.seq+1
	case known || p.since.IsZero():
		c.DeliverPolicy = jetstream.DeliverAllPolicy
	default:
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &p.since
	}
}

// take merges one message of the stream.
func (n *Node) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("reading the stream: %w", err)
	}
	p := &n.place
	p.mu.Lock()
	defer p.mu.Unlock()
	seq := meta.Sequence.Stream
	if seq <= p.seq {
		return nil // of a session that is over
	}
	if p.seq > 0 && seq > p.seq+1 {
		n.counts.missed.Add(int64(seq - p.seq - 1))
	}
	p.seq = seq
	n.merge(m.Data())
	return nil
}

// believed is how far ahead of the clock a note may be.
const believed = 5 * time.Minute

// merge takes one frame. What is wrong with it is counted, and harmless. The place is locked.
func (n *Node) merge(b []byte) {
	f, err := n.vault.open(b)
	switch {
	case errors.Is(err, errVersion):
		n.counts.versions.Add(1)
		return
	case err != nil:
		n.counts.forged.Add(1)
		return
	case f.from == n.id:
		n.cameBack(f.seq)
		return
	}
	d := &n.place.delta
	if err := d.Read(f.content); err != nil {
		n.counts.versions.Add(1)
		return
	}
	if n.config.Clock != nil && d.Newest() > n.config.Clock().Add(believed).UnixMilli() {
		n.counts.unbelievable.Add(1)
		return
	}
	n.peers.heard(f.from, f.node)
	if !n.config.Memory.Merge(&memory.Frame{Node: f.from.String(), Seq: f.seq, Merged: d}) {
		n.counts.again.Add(1)
		return
	}
	n.counts.received.Add(1)
	n.counts.cells.Add(int64(d.Cells()))
	n.counts.unknown.Add(int64(d.Unknown))
}

// cameBack notes that the stream is read as far as an own frame. One of this session shows that the node has caught up.
func (n *Node) cameBack(seq uint64) {
	age, ok := n.sender.age(seq)
	if ok {
		n.counts.lag.Store(int64(age))
	}
	if !n.up.Load() || !ok || age > offAfter {
		return
	}
	n.place.heardNow()
	n.catchUp.Do(func() { close(n.caughtUp) })
	if n.off.Swap(false) {
		n.log.Info("the cluster is there, and this node has caught up", "cluster", n.config.Name)
	}
}
