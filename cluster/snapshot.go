package cluster

import (
	"bufio"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/nospim/nospim/memory"
)

// A snapshot in the object store is a magic, a version, a random id (16 bytes), and chunks: their length (4 bytes, big endian), then so
// many bytes sealed under a key of the id's, with the chunk's number as nonce. An empty chunk ends it. The first chunk is the
// snapshotHead as JSON, the others are what the memory wrote. NATS cannot cut, mix or change it without being noticed.
const (
	objectMagic = "NSS"
	objectName  = "memory"
	chunkSize   = 64 << 10
	// objectWait is how long a snapshot may take on its way.
	objectWait = 30 * time.Second
)

// snapshotHead says up to where a snapshot goes.
type snapshotHead struct {
	Node string    `json:"node"`
	At   time.Time `json:"at"`
	// Stream is when the stream was made, Seq the last frame of it that the snapshot has.
	Stream time.Time `json:"stream"`
	Seq    uint64    `json:"seq"`
	// Incarnation is whose it is. Its own frames from First to Last were made while it was written: the snapshot has them, or part of
	// them, without knowing their numbers.
	Incarnation string `json:"incarnation"`
	First       uint64 `json:"first"`
	Last        uint64 `json:"last"`
}

// join fills the memory from the snapshot. An error says why there is none; the memory is then as it was.
func (n *Node) join(ctx context.Context) error {
	n.place.since = time.Now()
	wait, cancel := context.WithTimeout(ctx, n.config.JoinWait)
	defer cancel()
	if err := n.connected(wait); err != nil {
		return fmt.Errorf("waiting for NATS: %w", err)
	}
	stream, err := n.ensure(wait)
	if err != nil {
		return err
	}
	const tries = 3 // another node may put a new one in its place meanwhile, and what was waited for then never comes
	var head snapshotHead
	for range tries {
		try, stop := context.WithTimeout(ctx, objectWait/tries)
		head, err = n.fetch(try)
		stop()
		if err == nil || errors.Is(err, jetstream.ErrObjectNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) {
			break
		}
	}
	info := stream.CachedInfo()
	n.place.stream = info.Created
	if err != nil {
		n.place.seq = info.State.LastSeq
		return err
	}
	for seq := head.First; seq <= head.Last; seq++ {
		n.config.Memory.Merge(&memory.Frame{Node: head.Incarnation, Seq: seq})
	}
	if head.Stream.Equal(info.Created) {
		n.place.seq = head.Seq
	}
	n.joined = true
	n.log.Info("joined the cluster", "cluster", n.config.Name, "snapshot", head.Node, "age", time.Since(head.At).Round(time.Second))
	return nil
}

func (n *Node) bucket() string { return "nospim-" + n.config.Name }

// fetch reads the snapshot into the memory, which is empty again after an error.
func (n *Node) fetch(ctx context.Context) (head snapshotHead, err error) {
	objects, err := n.js.ObjectStore(ctx, n.bucket())
	if err != nil {
		return head, err
	}
	object, err := objects.Get(ctx, objectName)
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	in := &opener{vault: n.vault, from: bufio.NewReaderSize(object, chunkSize)}
	first, err := in.begin()
	if err != nil {
		return head, err
	}
	if err := json.Unmarshal(first, &head); err != nil || head.Last+1-head.First > memory.Reorder {
		return head, refusedSnapshot("has a head that makes no sense")
	}
	return head, n.config.Memory.Restore(in)
}

// takeTurns writes a snapshot when it is this node's turn, until ctx ends. Whoever comes first when the last turn is over has it: a key
// that only one can make, and that is gone after [Config.Snapshot].
func (n *Node) takeTurns(ctx context.Context) {
	tick := time.NewTicker(max(n.config.Snapshot/16, 10*time.Millisecond))
	defer tick.Stop()
	select {
	case <-ctx.Done():
		return
	case <-n.started: // before that the memory may lack what it will be filled with
	}
	for waitFor(ctx, tick.C) {
		if n.CutOff() {
			continue
		}
		mine, err := n.myTurn(ctx)
		if mine && err == nil {
			err = n.put(ctx)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			n.counts.snapshotFailures.Add(1)
			n.log.Warn("the cluster's snapshot could not be written", "cluster", n.config.Name, "err", err)
		case mine && err == nil:
			n.counts.snapshots.Add(1)
		}
	}
}

// waitFor waits for a tick, and reports whether ctx goes on.
func waitFor(ctx context.Context, tick <-chan time.Time) bool {
	select {
	case <-ctx.Done():
	case <-tick:
	}
	return ctx.Err() == nil
}

func (n *Node) myTurn(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	name := n.bucket() + "-turns"
	kv, err := n.js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = n.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name, TTL: n.config.Snapshot, Storage: jetstream.MemoryStorage})
	}
	if err != nil {
		return false, err
	}
	_, err = kv.Create(ctx, objectName, []byte(n.id.String()))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return false, nil
	}
	return err == nil, err
}

// put writes the snapshot to a file and from there into the object store.
func (n *Node) put(ctx context.Context) (err error) {
	file, err := os.CreateTemp(n.config.Dir, ".cluster-*")
	if err != nil {
		return fmt.Errorf("making a file for the cluster's snapshot: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	head, err := n.copyTo(file)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the cluster's snapshot: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, objectWait)
	defer cancel()
	objects, err := n.js.ObjectStore(ctx, n.bucket())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		objects, err = n.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: n.bucket(), Storage: n.storage()})
	}
	if err != nil {
		return err
	}
	sealed, err := n.vault.sealer(head, file)
	if err != nil {
		return err
	}
	_, err = objects.Put(ctx, jetstream.ObjectMeta{Name: objectName}, sealed)
	return err
}

// copyTo writes the memory's snapshot and says up to where it goes. No frame is merged meanwhile; judging goes on. What this node notes
// meanwhile is told in frames that the snapshot counts as its own: who restores it misses part of that, and counts nothing twice.
func (n *Node) copyTo(w io.Writer) (snapshotHead, error) {
	n.place.mu.Lock()
	defer n.place.mu.Unlock()
	head := snapshotHead{
		Node: n.config.Node, At: time.Now().UTC(), Incarnation: n.id.String(),
		Stream: n.place.stream, Seq: n.place.seq, First: n.sender.newest() + 1,
	}
	buffered := bufio.NewWriterSize(w, chunkSize)
	if err := n.config.Memory.Snapshot(buffered); err != nil {
		return head, err
	}
	if err := buffered.Flush(); err != nil {
		return head, fmt.Errorf("writing the cluster's snapshot: %w", err)
	}
	n.makeFrames(false)
	head.Last = n.sender.newest()
	return head, nil
}

func (s *sender) newest() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq
}

// sealer returns a snapshot as it is stored.
func (v *vault) sealer(head snapshotHead, content io.Reader) (io.Reader, error) {
	var id incarnation
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("naming the cluster's snapshot: %w", err)
	}
	key, err := v.aead(labelObjects, id[:])
	if err != nil {
		return nil, err
	}
	first, err := json.Marshal(&head)
	if err != nil {
		return nil, fmt.Errorf("writing the cluster's snapshot: %w", err)
	}
	s := &sealer{key: key, content: content}
	s.out = append(append(append(s.out, objectMagic...), wireVersion), id[:]...)
	s.chunk(first)
	return s, nil
}

// sealer reads a snapshot's content and is read as it is stored.
type sealer struct {
	key     cipher.AEAD
	content io.Reader
	buf     [chunkSize]byte
	out     []byte
	number  uint64
	ended   bool
}

func (s *sealer) chunk(plain []byte) {
	s.out = binary.BigEndian.AppendUint32(s.out, uint32(len(plain)+s.key.Overhead()))
	s.out = s.key.Seal(s.out, nonce(s.number), plain, nil)
	s.number++
}

func (s *sealer) Read(b []byte) (int, error) {
	if len(s.out) == 0 {
		if s.ended {
			return 0, io.EOF
		}
		k, err := io.ReadFull(s.content, s.buf[:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		s.out = s.out[:0]
		if k > 0 {
			s.chunk(s.buf[:k])
		}
		if err != nil {
			s.chunk(nil)
			s.ended = true
		}
	}
	k := copy(b, s.out)
	s.out = s.out[k:]
	return k, nil
}

// opener reads a snapshot's content from how it is stored. What it returns was authenticated.
type opener struct {
	vault  *vault
	from   io.Reader
	key    cipher.AEAD
	buf    []byte
	plain  []byte // what was opened and not read yet
	number uint64
	ended  bool
}

// begin reads the head.
func (o *opener) begin() ([]byte, error) {
	var head [len(objectMagic) + 1 + len(incarnation{})]byte
	if _, err := io.ReadFull(o.from, head[:]); err != nil || string(head[:len(objectMagic)]) != objectMagic || head[len(objectMagic)] != wireVersion {
		return nil, errors.Join(refusedSnapshot("is none of this version"), err)
	}
	var err error
	if o.key, err = o.vault.aead(labelObjects, head[len(objectMagic)+1:]); err != nil {
		return nil, err
	}
	return o.next()
}

// next opens a chunk.
func (o *opener) next() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(o.from, size[:]); err != nil {
		return nil, errors.Join(refusedSnapshot("ends too soon"), err)
	}
	k := binary.BigEndian.Uint32(size[:])
	if k > chunkSize+uint32(o.key.Overhead()) {
		return nil, refusedSnapshot("has a chunk that is too long")
	}
	if o.buf == nil {
		o.buf = make([]byte, chunkSize+o.key.Overhead())
	}
	if _, err := io.ReadFull(o.from, o.buf[:k]); err != nil {
		return nil, errors.Join(refusedSnapshot("ends too soon"), err)
	}
	plain, err := o.key.Open(o.buf[:0], nonce(o.number), o.buf[:k], nil)
	if err != nil {
		return nil, refusedSnapshot("was not sealed with this cluster's key, or was damaged")
	}
	o.number++
	return plain, nil
}

func (o *opener) Read(b []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.ended {
			return 0, io.EOF
		}
		var err error
		if o.plain, err = o.next(); err != nil {
			return 0, err
		}
		o.ended = len(o.plain) == 0
	}
	k := copy(b, o.plain)
	o.plain = o.plain[k:]
	return k, nil
}
