package cluster_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/nospim/nospim/cluster"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/memory"
)

// dial connects to NATS beside the nodes, as an attacker or an operator would.
func dial(t *testing.T, url string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	c, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	js, err := jetstream.New(c, jetstream.WithDefaultTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return c, js
}

// TestForged sends a node everything that is no frame of another node's: each kind is refused, counted, and changes nothing.
func TestForged(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	a, b := join(t, s.URL, "a"), join(t, s.URL, "b")
	c, js := dial(t, s.URL)
	seen := make(chan []byte, 100)
	if _, err := c.Subscribe("nospim.test.frames", func(m *nats.Msg) { seen <- m.Data }); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	a.note(1, 1)
	eventually(t, "known", func() bool { return b.count(1) == 1 })
	var frame []byte
	eventually(t, "the frame is seen", func() bool { frame = telling(seen, a.ID()); return frame != nil })
	send := func(b []byte) {
		if _, err := js.Publish(t.Context(), "nospim.test.frames", b); err != nil {
			t.Fatal(err)
		}
	}
	flip := func(i int) []byte {
		f := bytes.Clone(frame)
		f[(i+len(f))%len(f)] ^= 1
		return f
	}
	before := b.Stats()
	send(frame) // again, as it was
	send(frame)
	send([]byte("no frame at all"))
	send(nil)
	send(flip(4))  // said to be of another node
	send(flip(27)) // of another number
	send(flip(40))
	send(flip(-1))
	send(frame[:len(frame)-1])
	send(flip(3)) // of another version
	eventually(t, "all refused", func() bool {
		st := b.Stats()
		return st.Again-before.Again >= 2 && st.Forged-before.Forged == 7 && st.Versions-before.Versions == 1
	})
	// With another key, everything is well-formed and still refused.
	stranger := join(t, s.URL, "stranger", func(c *cluster.Config) { c.Key = []byte("the key of somebody else") })
	if stranger.Joined() {
		t.Error("a stranger joined")
	}
	stranger.note(2, 1)
	eventually(t, "the stranger's frame refused", func() bool { return b.Stats().Forged > before.Forged+7 })
	a.note(3, 1)
	eventually(t, "what is true still counts", func() bool { return b.count(1) == 2 })
	if got := stranger.count(1); got != 1 {
		t.Errorf("the stranger knows %v, want its own one", got)
	}
	eventually(t, "not cut off by forgeries", func() bool { return !b.CutOff() })
}

// telling returns a frame of a node's that tells something, if one was seen; others say that a node lives.
func telling(seen <-chan []byte, id string) []byte {
	const head, seal = 3 + 1 + 16 + 8, 16
	for {
		select {
		case f := <-seen:
			if len(f) > head+len("\x01a")+len(memory.NoNews())+seal && hex.EncodeToString(f[4:20]) == id {
				return f
			}
		default:
			return nil
		}
	}
}

// TestFuture: notes from far ahead of the clock are refused, because they would blind their cells until then.
func TestFuture(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	now := begin.Add(time.Minute)
	a := join(t, s.URL, "a")
	b := join(t, s.URL, "b", func(c *cluster.Config) { c.Clock = func() time.Time { return now } })
	a.memory.Note(&memory.Note{At: begin.AddDate(1, 0, 0), Cells: []memory.Cell{count(1)}})
	eventually(t, "refused", func() bool { return b.Stats().Unbelievable > 0 })
	a.note(1, 2)
	eventually(t, "what is of now counts", func() bool { return b.count(2) == 1 })
}

// TestGoneAndBack kills NATS: each node says that it is cut off and goes on; when NATS is back, with an empty memory, both know
// everything, although each has noted more than one frame holds.
func TestGoneAndBack(t *testing.T) {
	dir := t.TempDir()
	s := start(t, servers.NATSOptions{Dir: dir})
	a, b := join(t, s.URL, "a"), join(t, s.URL, "b")
	a.note(1, 1)
	eventually(t, "known", func() bool { return b.count(1) == 1 && !a.CutOff() && !b.CutOff() })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "cut off", func() bool { return a.CutOff() && b.CutOff() })
	const more = 30_000
	for i := range uint64(more) {
		a.note(10+i, 10+i)
		b.note(1_000_000+i, 1)
	}
	if a.count(1) != 1 || b.count(1) != 1+more {
		t.Errorf("while cut off: %v and %v, want each what it noted itself", a.count(1), b.count(1))
	}
	start(t, servers.NATSOptions{Dir: dir, Addr: s.Addr})
	eventually(t, "caught up", func() bool { return !a.CutOff() && !b.CutOff() })
	eventually(t, "everything known", func() bool {
		return a.count(1) == 1+more && b.count(1) == 1+more && b.count(10) == 1 && b.count(10+more/2) == 1 && b.count(9+more) == 1
	})
	for _, n := range []*member{a, b} {
		if st := n.Stats(); st.Dropped+st.LostCells+st.Forged+st.Missed != 0 {
			t.Errorf("%+v, want nothing lost", st)
		}
	}
}

// TestBacklogBounded: what a node cut off has to tell is bounded; the oldest goes first, and is counted.
func TestBacklogBounded(t *testing.T) {
	dir := t.TempDir()
	s := start(t, servers.NATSOptions{Dir: dir})
	const bound = 256 << 10
	small := func(c *cluster.Config) { c.Backlog = bound }
	a, b := join(t, s.URL, "a", small), join(t, s.URL, "b")
	eventually(t, "there", func() bool { return !a.CutOff() && !b.CutOff() })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "cut off", func() bool { return a.CutOff() })
	last := uint64(0)
	eventually(t, "something dropped", func() bool {
		for range 1000 {
			last++
			a.note(last, last)
		}
		return a.Stats().Dropped > 5 // the first ones may have been empty
	})
	if st := a.Stats(); st.WaitingBytes > bound {
		t.Errorf("%d bytes wait, want at most %d", st.WaitingBytes, bound)
	}
	start(t, servers.NATSOptions{Dir: dir, Addr: s.Addr})
	eventually(t, "the newest is known", func() bool { return b.count(last) == 1 })
	if b.count(1) != 0 {
		t.Error("the oldest is known, although it was dropped")
	}
}

// TestHangs stops NATS without closing its connections: noting waits for nothing, nodes say that they are cut off, and catch up.
func TestHangs(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	a, b := join(t, s.URL, "a"), join(t, s.URL, "b")
	eventually(t, "there", func() bool { return !a.CutOff() && !b.CutOff() })
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	noted := uint64(0)
	eventually(t, "cut off", func() bool {
		noted++
		begun := time.Now()
		a.note(noted, 1)
		took = append(took, time.Since(begun))
		return a.CutOff() && b.CutOff()
	})
	// Notes that wait for NATS would take seconds. A busy machine that stops some for a while is no matter.
	if half := quantile(took, 50); half > 100*time.Millisecond {
		t.Errorf("half of %d notes took more than %v while NATS hung", noted, half)
	}
	if err := s.Continue(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "caught up", func() bool { return !a.CutOff() && !b.CutOff() && b.count(1) == float64(noted) })
	if a.count(1) != float64(noted) {
		t.Errorf("%v at who noted %d", a.count(1), noted)
	}
}

// TestFull: a JetStream without room takes no frame. The node says that it is cut off, keeps what it has to tell, and tells it when there is
// room again.
func TestFull(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	_, js := dial(t, s.URL)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "NOSPIM-test", Subjects: []string{"nospim.test.frames"}, Storage: jetstream.MemoryStorage, MaxMsgs: 3, Discard: jetstream.DiscardNew,
	})
	if err != nil {
		t.Fatal(err)
	}
	a := join(t, s.URL, "a")
	eventually(t, "cut off", func() bool { return a.Stats().Failed > 0 && a.CutOff() })
	for i := range uint64(100) {
		a.note(i+1, 1)
	}
	b := join(t, s.URL, "b", func(c *cluster.Config) { c.JoinWait = time.Second })
	info := stream.CachedInfo()
	info.Config.MaxMsgs = -1
	if _, err := js.UpdateStream(t.Context(), info.Config); err != nil {
		t.Fatal(err)
	}
	eventually(t, "told", func() bool { return b.count(1) == 100 && !a.CutOff() && !b.CutOff() })
}

// TestRestart: a node that died and comes back knows what it knew, what the others told meanwhile, and what its former life told; nothing
// counts twice. Then everybody dies, and NATS keeps what they knew.
func TestRestart(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	kept := func(c *cluster.Config) { c.OnDisk = true }
	clerk := scribe(t, s.URL)
	a, b := join(t, s.URL, "a", kept), join(t, s.URL, "b", kept)
	want := 0.0
	event := uint64(0)
	note := func(m *member) { event++; want++; m.note(event, 1) }
	for range 5 {
		for range 100 {
			note(a)
			note(b)
		}
		eventually(t, "told", func() bool { return clerk.count(1) == want })
		clerk.written(t)
		for _, m := range []*member{clerk, a} {
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
		}
		note(b)
		a = join(t, s.URL, "a", kept)
		if !a.Joined() {
			t.Error("back without the snapshot")
		}
		clerk = scribe(t, s.URL)
		eventually(t, "everything once", func() bool { return a.count(1) == want && b.count(1) == want && clerk.count(1) == want })
	}
	clerk.written(t)
	note(a)
	note(b)
	eventually(t, "told", func() bool { return a.count(1) == want && b.count(1) == want })
	for _, m := range []*member{clerk, a, b} {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c := join(t, s.URL, "c", kept)
	eventually(t, "everything once", func() bool { return c.count(1) == want })
}

// TestNudge reaches every other node, and neither who sent it nor another cluster.
func TestNudge(t *testing.T) {
	s := start(t, servers.NATSOptions{})
	var heard sync.Map
	hear := func(c *cluster.Config) { c.Nudged = func(what string) { heard.Store(c.Node+" "+what, true) } }
	a, b := join(t, s.URL, "a", hear), join(t, s.URL, "b", hear)
	join(t, s.URL, "other", hear, func(c *cluster.Config) { c.Name = "another" })
	eventually(t, "there", func() bool { return !a.CutOff() && !b.CutOff() })
	eventually(t, "both heard", func() bool {
		a.Nudge("records") // again and again: a nudge promises nothing
		b.Nudge("policy")
		_, atB := heard.Load("b records")
		_, atA := heard.Load("a policy")
		return atA && atB
	})
	heard.Range(func(what, _ any) bool {
		if what != "b records" && what != "a policy" {
			t.Errorf("also %s", what)
		}
		return true
	})
}

// TestWithoutNATS: a node without NATS begins at once as one alone, and says so.
func TestWithoutNATS(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n, err := cluster.Open(ctx, cluster.Config{URL: "nats://127.0.0.1:1", Name: "test", Key: key, Memory: memory.New(memory.Limits{})})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	if !n.CutOff() || n.Joined() || n.Stats().Connected {
		t.Errorf("%+v", n.Stats())
	}
	n.Nudge("records")
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}
