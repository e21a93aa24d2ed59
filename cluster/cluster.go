// Package cluster lets many nodes share one memory, over NATS with JetStream. Nothing on the path of a message waits for it: a node
// judges on its own [memory.Local], and what it notes is gathered, merged cell by cell, and told to the others in a frame every
// 25 ms. The others merge it as if they had noted it themselves.
//
// Frames go through a JetStream stream that keeps them for a while. A node that joins restores the snapshot that one of the nodes puts
// into the object store now and then, and merges the stream since. A node that is cut off goes on judging, says so ([Node.CutOff]),
// keeps what it has to tell within bounds, and catches up when NATS is back. Frames are sealed (AES-256-GCM) under a key that the
// nodes share: forged and damaged ones are refused, and NATS learns nothing from them but how much there is.
//
// Read in this order: [Config], [Open], session (what is received), sender (what is sent), snapshot (how nodes join).
//
// # What is lost, and when
//
//   - A node that dies: what it noted since its last frame, 25 ms of its own traffic.
//   - A cut: nothing, while what was noted fits [Config.Backlog]; then the oldest frames, counted in [Stats.Dropped].
//   - A cut longer than [Config.Retain], or a JetStream that lost its storage: the frames that the stream no longer has, counted in
//     [Stats.Missed].
//   - A join: what the node that wrote the snapshot noted while it was written. Counts are then too low by that much, never too high.
//   - An event that two nodes judge before they hear of each other counts twice (memory.Stats.Twice).
//
// What must stay (holds, labels by people, lists, records) is in the record store and takes none of these ways: nodes only nudge each
// other to look there ([Node.Nudge]).
package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// Config says which cluster a node joins, and how. URL, Name, Key and Memory are required; zero fields mean what their comments say.
type Config struct {
	// URL is where NATS is: nats://host:4222, several with commas between them, tls:// for TLS.
	URL string
	// Name is the cluster's: 1 to 32 letters, digits, - and _. Clusters of different names share a NATS without noticing.
	Name string
	// Node is what people call this node; it need not be unique.
	Node string
	// Key is the secret that the nodes share, at least 16 bytes. Frames that were not sealed with it are refused.
	Key []byte
	// Memory is what is shared: empty, so that Open can fill it with the cluster's snapshot.
	Memory *memory.Local
	// Log gets what an operator should know; nil discards it.
	Log *slog.Logger
	// Options are for the connection: credentials, certificates.
	Options []nats.Option
	// Dir is where a snapshot is written before it is sent; empty is the system's directory for such files.
	Dir string
	// OnDisk keeps the stream on the disk of NATS, so that its restart loses nothing; otherwise it is in its memory. It counts when the
	// stream is made, as do Retain and StreamBytes.
	OnDisk bool
	// Every is how often a frame is sent when there is something to tell: 25 ms.
	Every time.Duration
	// Snapshot is how often one of the nodes writes a snapshot: 2 minutes.
	Snapshot time.Duration
	// Retain is how long the stream keeps frames: 15 minutes; several times Snapshot. StreamBytes bounds it: 64 MiB, which NATS reserves.
	Retain      time.Duration
	StreamBytes int64
	// Backlog bounds what waits to be told while NATS is away, in bytes: 32 MiB. What is over it is dropped, oldest first.
	Backlog int
	// JoinWait is how long Open waits for NATS and its stream, and then again for the stream since the snapshot: 5 seconds.
	JoinWait time.Duration
	// Clock is the wall clock that frames are believed by: one with notes from more than 5 minutes ahead is refused, because it would
	// blind its cells until then. Nil believes every frame.
	Clock func() time.Time
	// Nudged is called when another node says that something changed: see [Node.Nudge]. It must not block.
	Nudged func(what string)
}

func (c *Config) complete() error {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&c.Every, 25*time.Millisecond)
	set(&c.Snapshot, 2*time.Minute)
	set(&c.Retain, 15*time.Minute)
	set(&c.JoinWait, 5*time.Second)
	if c.StreamBytes == 0 {
		c.StreamBytes = 64 << 20
	}
	if c.Backlog == 0 {
		c.Backlog = 32 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case !ValidName(c.Name):
		return &nospim.InputError{Field: "cluster.name", Problem: "must be 1 to 32 letters, digits, - and _", Limit: maxName}
	case len(c.Key) < minKey:
		return &nospim.InputError{Field: "cluster key", Problem: fmt.Sprintf("has %d bytes; it needs at least %d", len(c.Key), minKey), Limit: minKey}
	case c.Memory == nil:
		return errors.New("a memory is required")
	}
	return nil
}

const (
	maxName = 32
	minKey  = 16
)

// ValidName reports whether a cluster may be called so: it becomes part of the names of streams and subjects.
func ValidName(name string) bool {
	for _, r := range name {
		if (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}

// Node is one node of a cluster. Its methods may be called at once from several goroutines.
type Node struct {
	config Config
	log    *slog.Logger
	conn   *nats.Conn
	js     jetstream.JetStream
	vault  *vault
	id     incarnation
	joined bool

	sender   sender
	place    place
	peers    peers
	counts   counts
	up       atomic.Bool // frames come and go
	off      atomic.Bool // what this node tells does not come back to it
	cut      chan struct{}
	caughtUp chan struct{} // closed when the first own frame came back
	catchUp  sync.Once
	started  chan struct{}
	start    sync.Once

	stop   context.CancelFunc
	ended  sync.WaitGroup
	closed sync.Once
}

// incarnation is one life of a node: its frames are numbered from 1 again after a restart, under another one.
type incarnation [16]byte

func (i incarnation) String() string { return hex.EncodeToString(i[:]) }

// Open joins a cluster. Without NATS it waits for [Config.JoinWait], and the node begins cut off; a snapshot may take up to half a minute. Call [Node.Start] when the memory has
// what it should have, and [Node.Close] at the end.
func Open(ctx context.Context, c Config) (*Node, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("joining the cluster: %w", err)
	}
	n := &Node{config: c, log: c.Log, cut: make(chan struct{}, 1), caughtUp: make(chan struct{}), started: make(chan struct{})}
	n.sender.gather, n.sender.wake = memory.NewGather(), make(chan struct{}, 1)
	n.off.Store(true)
	if _, err := rand.Read(n.id[:]); err != nil {
		return nil, fmt.Errorf("naming the node: %w", err)
	}
	var err error
	if n.vault, err = newVault(c.Key, c.Name, n.id); err != nil {
		return nil, fmt.Errorf("joining the cluster: %w", err)
	}
	if err := n.connect(); err != nil {
		return nil, fmt.Errorf("joining the cluster: %w", err)
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop = stop
	switch err := n.join(ctx); {
	case errors.Is(err, jetstream.ErrObjectNotFound) || errors.Is(err, jetstream.ErrBucketNotFound):
		n.log.Info("the cluster has no snapshot yet", "cluster", c.Name)
	case err != nil:
		n.log.Warn("the cluster cannot be joined now; going on with what is known here", "cluster", c.Name, "err", err)
	}
	n.ended.Go(func() { n.receive(work) })
	n.ended.Go(func() { n.make(work) })
	n.ended.Go(func() { n.send(work) })
	n.ended.Go(func() { n.takeTurns(work) })
	if n.joined {
		select {
		case <-n.caughtUp:
		case <-time.After(c.JoinWait):
		case <-ctx.Done():
		}
	}
	return n, nil
}

// connect makes the connection, which then comes and goes by itself. Nothing is buffered while it is away: that is the sender's.
func (n *Node) connect() error {
	o := append([]nats.Option{
		nats.Name("nospim " + n.config.Node),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(2 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(answerWait),
		nats.Timeout(answerWait),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { n.signalCut() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { n.log.Warn("NATS", "err", err) }),
	}, n.config.Options...)
	var err error
	if n.conn, err = nats.Connect(n.config.URL, o...); err != nil {
		return fmt.Errorf("connecting to NATS: %w", err)
	}
	if n.js, err = jetstream.New(n.conn); err == nil {
		_, err = n.conn.Subscribe(n.subject("nudges"), n.nudged)
	}
	if err != nil {
		n.conn.Close()
		return fmt.Errorf("connecting to NATS: %w", err)
	}
	return nil
}

func (n *Node) subject(what string) string { return "nospim." + n.config.Name + "." + what }

func (n *Node) signalCut() {
	select {
	case n.cut <- struct{}{}:
	default:
	}
}

// ID tells this life of the node from all others.
func (n *Node) ID() string { return n.id.String() }

// Joined reports whether the memory was filled from the cluster's snapshot: then nothing else needs to fill it.
func (n *Node) Joined() bool { return n.joined }

// Start begins to tell what the memory notes, and to merge what the others tell if the node has not joined: until then the memory may be
// filled from elsewhere. What it noted before, the others hear of only by the next snapshot.
func (n *Node) Start() {
	n.start.Do(func() {
		n.config.Memory.Tell(n.sender.gather)
		close(n.started)
	})
}

// CutOff reports whether the node knows less than it should: NATS is away, or what this node tells did not come back for three
// seconds, or it is still catching up. It is cheap enough to ask for each event.
func (n *Node) CutOff() bool { return n.off.Load() }

// Close tells what is left, if NATS is there, and leaves the cluster. Nothing may be noted any more.
func (n *Node) Close() error {
	n.closed.Do(func() {
		n.config.Memory.Tell(nil)
		n.stop()
		n.ended.Wait()
		n.conn.Close()
	})
	return nil
}

// Nudge tells the other nodes that something changed in what they share beside the memory ("records", "policy"), so that they look at
// once instead of at their next poll. It promises nothing.
func (n *Node) Nudge(what string) {
	if n.up.Load() {
		_ = n.conn.Publish(n.subject("nudges"), append(n.id[:], what...)) // who misses it polls
	}
}

// nudged takes another node's nudge. It is not authenticated: all it can do is to make this node look once more.
func (n *Node) nudged(m *nats.Msg) {
	const most = 64
	if len(m.Data) <= len(n.id) || len(m.Data) > most || incarnation(m.Data[:len(n.id)]) == n.id || n.config.Nudged == nil {
		return
	}
	n.config.Nudged(string(m.Data[len(n.id):]))
}
