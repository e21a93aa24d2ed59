// Package connecttest is the contract of connectors: what every package below connect promises of how it turns the wire into
// events and verdicts into the wire, and of how it bears bad peers and a bad judge. Each connector's tests call [Run].
package connecttest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

// Server is a connector that serves.
type Server interface {
	// Serve serves l until ctx ends.
	Serve(ctx context.Context, l net.Listener) error
	// Refused is how many events it has counted as not judged.
	Refused() int64
}

// Connector is what the contract has to know of a connector.
type Connector struct {
	// New makes a connector that asks j.
	New func(j nospim.Judge) Server
	// Dir holds the golden files: in/NAME.wire is what a peer sends and in/NAME.json the event that it is; out/ACTION.wire is
	// what a peer is sent for a verdict with that action.
	Dir string
	// Update writes the golden files.
	Update bool
	// Message is the wire form of a message with that id and body, as a peer may send it any number of times on a connection.
	// The id must be found in its answer.
	Message func(id, body string) []byte
	// TooLarge is a wire form over the connector's limits.
	TooLarge []byte
	// Answer reads one whole answer from the wire.
	Answer func(r *bufio.Reader) ([]byte, error)
	// Refusal reports whether an answer says that there is no verdict, so that the message passes, and does not say why if the
	// judge was at fault.
	Refusal func(answer []byte) bool
}

// patience is how long the contract waits for what should come at once.
const patience = time.Minute

// Run runs the contract.
func Run(t *testing.T, c Connector) {
	t.Helper()
	t.Run("wire in becomes events", c.wireIn)
	t.Run("actions become wire out", c.wireOut)
	t.Run("a duplicate is answered like the first", c.duplicate)
	t.Run("many peers at once", c.manyPeers)
	t.Run("what is too large is refused and counted", c.tooLarge)
	t.Run("a peer that is cut off", c.cut)
	t.Run("a peer that sends slowly", c.dribble)
	t.Run("a peer that does not read", c.deaf)
	t.Run("a judge that fails", c.badJudge)
	t.Run("ends in time, leaving nothing", c.ends)
}

// wireIn checks each wire form against the event it is to become.
func (c Connector) wireIn(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(c.Dir, "in", "*.wire"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no wire forms in %s: %v", c.Dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".wire"), func(t *testing.T) {
			var got []byte
			s := c.start(t, nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
				var err error
				got, err = json.MarshalIndent(e, "", "  ")
				return &nospim.Verdict{EventID: strings.Clone(e.ID)}, err
			}))
			sent, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s.dial(t).ask(t, sent)
			c.golden(t, strings.TrimSuffix(file, ".wire")+".json", append(got, '\n'))
		})
	}
}

// verdict is the verdict with everything set.
func verdict(a nospim.Action) *nospim.Verdict {
	nina := nospim.Entity{Kind: nospim.EntityAccount, ID: "nina_31@chat.example"}
	return &nospim.Verdict{
		EventID: "m-81", Action: a, Wanted: a, Score: 11.5, Required: 8,
		Signals: []nospim.Signal{{Symbol: "FANOUT", Score: 6.5, Why: "the same text to 12 strangers in a minute", Entities: []nospim.Entity{nina}}},
		Labels:  []nospim.Label{{Entity: nina, Name: "spimmer", Until: time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)}},
		Harm:    "spam", Tip: "stranger-link", Policy: "sha256:00", Degraded: []string{"memory"},
	}
}

// wireOut checks what a peer is sent for each action.
func (c Connector) wireOut(t *testing.T) {
	for _, a := range nospim.Actions() {
		t.Run(a.String(), func(t *testing.T) {
			s := c.start(t, nospim.JudgeFunc(func(context.Context, *nospim.Event) (*nospim.Verdict, error) { return verdict(a), nil }))
			c.golden(t, filepath.Join(c.Dir, "out", a.String()+".wire"), s.dial(t).ask(t, c.Message("m-81", "hello")))
		})
	}
}

// echo is a judge whose verdict has the event's id. It fails the test when the event changes under its eyes.
func echo(t *testing.T) nospim.Judge {
	return nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		id, body := strings.Clone(e.ID), strings.Clone(e.Body)
		runtime.Gosched()
		if e.ID != id || e.Body != body || !strings.Contains(body, id) {
			t.Errorf("the event %s was changed while it was judged", id)
		}
		return &nospim.Verdict{EventID: id}, nil
	})
}

func (c Connector) duplicate(t *testing.T) {
	s := c.start(t, echo(t))
	p := s.dial(t)
	first := p.ask(t, c.Message("m-1", "m-1"))
	again, elsewhere := p.ask(t, c.Message("m-1", "m-1")), s.dial(t).ask(t, c.Message("m-1", "m-1"))
	if !bytes.Equal(first, again) || !bytes.Equal(first, elsewhere) {
		t.Errorf("three answers to one message differ:\n%s%s%s", first, again, elsewhere)
	}
}

func (c Connector) manyPeers(t *testing.T) {
	s := c.start(t, echo(t))
	var peers sync.WaitGroup
	for i := range 8 {
		p := s.dial(t)
		peers.Go(func() {
			for j := range 50 {
				id := fmt.Sprintf("m-%d-%d", i, j)
				if a, err := p.try(c.Message(id, id)); err != nil || !bytes.Contains(a, []byte(id)) || c.Refusal(a) {
					t.Errorf("the answer to %s is %q, %v", id, a, err)
					return
				}
			}
		})
	}
	peers.Wait()
}

func (c Connector) tooLarge(t *testing.T) {
	s := c.start(t, nospim.JudgeFunc(func(context.Context, *nospim.Event) (*nospim.Verdict, error) {
		t.Error("what is too large was judged")
		return nil, nospim.ErrInvalid
	}))
	if a := s.dial(t).ask(t, c.TooLarge); !c.Refusal(a) {
		t.Errorf("the answer is %q, want a refusal", a)
	}
	if n := s.Refused(); n != 1 {
		t.Errorf("%d counted, want 1", n)
	}
}

// cut ends connections at every part of a message: nothing half is judged, and the next peer is served.
func (c Connector) cut(t *testing.T) {
	var mu sync.Mutex
	var judged []string
	s := c.start(t, nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		mu.Lock()
		defer mu.Unlock()
		judged = append(judged, strings.Clone(e.Body))
		return &nospim.Verdict{EventID: strings.Clone(e.ID)}, nil
	}))
	whole := c.Message("m-1", "one two three")
	for n := 0; n < len(whole)-2; n += 1 + len(whole)/50 {
		p := s.dial(t)
		if _, err := p.nc.Write(whole[:n]); err != nil {
			t.Fatal(err)
		}
		_ = p.nc.Close()
	}
	s.dial(t).ask(t, c.Message("m-2", "four five six"))
	mu.Lock()
	defer mu.Unlock()
	for _, body := range judged {
		if body != "one two three" && body != "four five six" {
			t.Errorf("%q was judged, which is a part of a message", body)
		}
	}
}

func (c Connector) dribble(t *testing.T) {
	s := c.start(t, echo(t))
	p := s.dial(t)
	for _, b := range c.Message("m-1", "m-1") {
		if _, err := p.nc.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := p.read(); err != nil || !bytes.Contains(a, []byte("m-1")) {
		t.Errorf("the answer is %q, %v", a, err)
	}
}

// deaf has a peer ask without end and never read: others are served, and the memory does not grow with what it asks.
func (c Connector) deaf(t *testing.T) {
	s := c.start(t, echo(t))
	p := s.dial(t)
	var sent int
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		many := bytes.Repeat(c.Message("m-1", "m-1"), 100)
		for {
			n, err := p.nc.Write(many)
			sent += n
			if err != nil {
				close(stop)
				return
			}
		}
	})
	_ = p.nc.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	other := s.dial(t)
	for open := true; open; {
		if a, err := other.try(c.Message("m-2", "m-2")); err != nil || !bytes.Contains(a, []byte("m-2")) {
			t.Errorf("another peer's answer is %q, %v", a, err)
			break
		}
		select {
		case <-stop:
			open = false
		default:
		}
	}
	_ = p.nc.Close()
	writer.Wait()
	if sent > 64<<20 {
		t.Errorf("the server took %d MB of questions from a peer that reads no answer", sent>>20)
	}
}

// badJudge errs, panics and gives no verdict: each time the peer is told that there is none, and not why.
func (c Connector) badJudge(t *testing.T) {
	s := c.start(t, nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		switch e.Body {
		case "err":
			return nil, errors.New("the wires are crossed")
		case "panic":
			panic("the wires are crossed")
		case "nil":
			return nil, nil
		}
		return &nospim.Verdict{EventID: strings.Clone(e.ID)}, nil
	}))
	for i, body := range []string{"err", "panic", "nil"} {
		a := s.dial(t).ask(t, c.Message("m-"+body, body))
		if !c.Refusal(a) || bytes.Contains(a, []byte("crossed")) {
			t.Errorf("%s: the answer is %q, want a refusal that does not say why", body, a)
		}
		if n := s.Refused(); n != int64(i+1) {
			t.Errorf("%s: %d counted, want %d", body, n, i+1)
		}
	}
	if a := s.dial(t).ask(t, c.Message("m-1", "well")); c.Refusal(a) {
		t.Errorf("after a judge's failures: %q", a)
	}
}

// ends has connections at rest, half sent and being judged when the context ends.
func (c Connector) ends(t *testing.T) {
	before := runtime.NumGoroutine()
	judging := make(chan struct{})
	s := c.start(t, nospim.JudgeFunc(func(ctx context.Context, _ *nospim.Event) (*nospim.Verdict, error) {
		close(judging)
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	message := c.Message("m-1", "m-1")
	s.dial(t)
	for _, part := range [][]byte{message[:len(message)/2], message} {
		if _, err := s.dial(t).nc.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	<-judging
	s.stop(t)
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// running is a server under test.
type running struct {
	Server
	answer func(*bufio.Reader) ([]byte, error)
	addr   string
	cancel context.CancelFunc
	ended  chan error
	once   sync.Once
}

// start serves on loopback until the test ends.
func (c Connector) start(t *testing.T, j nospim.Judge) *running {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &running{Server: c.New(j), answer: c.Answer, addr: l.Addr().String(), cancel: cancel, ended: make(chan error, 1)}
	go func() { s.ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() { s.stop(t) })
	return s
}

// stop ends the context and checks that the server does so, too. How soon is for tests with their own time.
func (s *running) stop(t *testing.T) {
	t.Helper()
	s.once.Do(func() {
		s.cancel()
		select {
		case err := <-s.ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(patience):
			t.Error("Serve did not end with its context")
		}
	})
}

// peer is a connection to a server under test.
type peer struct {
	nc     net.Conn
	r      *bufio.Reader
	answer func(*bufio.Reader) ([]byte, error)
}

func (s *running) dial(t *testing.T) *peer {
	t.Helper()
	var d net.Dialer
	nc, err := d.DialContext(t.Context(), "tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return &peer{nc: nc, r: bufio.NewReader(nc), answer: s.answer}
}

// ask sends and returns the answer.
func (p *peer) ask(t *testing.T, wire []byte) []byte {
	t.Helper()
	a, err := p.try(wire)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try is ask for goroutines. The answer may come before all was sent, when it refuses the rest.
func (p *peer) try(wire []byte) ([]byte, error) {
	sent := make(chan error, 1)
	go func() {
		_, err := p.nc.Write(wire)
		sent <- err
	}()
	a, err := p.read()
	if err != nil {
		_ = p.nc.Close()
		err = errors.Join(err, <-sent)
	}
	return a, err
}

func (p *peer) read() ([]byte, error) {
	_ = p.nc.SetReadDeadline(time.Now().Add(patience))
	return p.answer(p.r)
}

// golden compares with a file, or writes it.
func (c Connector) golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if c.Update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
