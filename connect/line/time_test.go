package line_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// pipe serves one end of a pipe in the test's own time and returns the other. The connection is over when the test ends.
func pipe(t *testing.T, s *line.Server) net.Conn {
	t.Helper()
	here, there := net.Pipe()
	over := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		s.ServeConn(ctx, there)
		close(over)
	}()
	t.Cleanup(func() {
		cancel()
		_ = here.Close()
		<-over
	})
	return here
}

func TestSilentStrangerIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc := pipe(t, &line.Server{Judge: nospim.JudgeFunc(allow), Secret: "open sesame"})
		start := time.Now()
		b, _ := io.ReadAll(nc)
		if after := time.Since(start); after != 10*time.Second || len(b) == 0 {
			t.Errorf("hung up after %v with %q, want 10s and the reason", after, b)
		}
	})
}

// TestEndsWithinTheGrace: when the server ends, a connection at rest and one in the middle of a line end at once, and one that is being
// judged within half a second, although its judge wants more.
func TestEndsWithinTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := make(chan struct{}, 1)
		s := &line.Server{Judge: nospim.JudgeFunc(func(ctx context.Context, _ *nospim.Event) (*nospim.Verdict, error) {
			begun <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		})}
		event := wire.AppendEventLine(nil, 1, message("m-1"))
		for _, c := range []struct {
			sent []byte
			most time.Duration
		}{{nil, 0}, {event[:len(event)/2], 0}, {event, 500 * time.Millisecond}} {
			here, there := net.Pipe()
			ctx, end := context.WithCancel(t.Context())
			over := make(chan struct{})
			go func() {
				s.ServeConn(ctx, there)
				close(over)
			}()
			if _, err := here.Write(c.sent); err != nil {
				t.Fatal(err)
			}
			if len(c.sent) == len(event) {
				<-begun
			}
			synctest.Wait()
			at := time.Now()
			go func() { _, _ = io.Copy(io.Discard, here) }()
			end()
			<-over
			if took := time.Since(at); took != c.most {
				t.Errorf("with %d bytes of %d sent it ends after %v, want %v", len(c.sent), len(event), took, c.most)
			}
			_ = here.Close()
		}
	})
}

func TestKnownPeerMayRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc := pipe(t, &line.Server{Judge: nospim.JudgeFunc(allow), Secret: "open sesame"})
		c, err := line.NewClient(t.Context(), nc, line.Hello{Secret: "open sesame"}, line.Options{})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(24 * time.Hour)
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("after a day: %v", err)
		}
		_ = c.Close()
	})
}

func TestPeerThatDoesNotReadIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &line.Server{Judge: nospim.JudgeFunc(allow)}
		nc := pipe(t, s)
		if _, err := io.WriteString(nc, "{\"ping\":1}\n"); err != nil {
			t.Fatal(err)
		}
		<-time.After(9 * time.Second)
		synctest.Wait()
		if n := s.Stats().Open; n != 1 {
			t.Errorf("%d open after 9 seconds, want 1", n)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if st := s.Stats(); st.Open != 0 || st.Slow != 1 {
			t.Errorf("%+v after 11 seconds, want none open and one slow", st)
		}
	})
}

// failing is a store of orders that fails at first.
type failing struct {
	orders
	tries atomic.Int64
}

func (f *failing) Watch(ctx context.Context, service string, send func(nospim.Order) error) error {
	if f.tries.Add(1) < 4 {
		return errors.New("the store is away")
	}
	return f.orders.Watch(ctx, service, send)
}

func (f *failing) Ack(context.Context, string, string) error { return errors.New("the store is away") }

func TestOrdersOutliveTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &failing{orders: orders{acked: map[string]string{}, out: []nospim.Order{{ID: "o-1", Service: "chat.example"}}}}
		s := &line.Server{Judge: nospim.JudgeFunc(allow), Orders: store}
		nc := pipe(t, s)
		start := time.Now()
		if _, err := nc.Write(wire.AppendHello(nil, &wire.Hello{Service: "chat.example"})); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewScanner(nc)
		var l wire.Line
		for _, want := range []wire.What{wire.IsHello, wire.IsOrder} {
			if !r.Scan() {
				t.Fatal(r.Err())
			}
			if err := wire.DecodeLine(r.Bytes(), &l); err != nil || l.What != want {
				t.Fatalf("got %s, %v", r.Bytes(), err)
			}
		}
		if after := time.Since(start); after != 3*time.Second || l.Order.ID != "o-1" {
			t.Errorf("order %q after %v, want o-1 after 3s", l.Order.ID, after)
		}
		// An ack that could not be kept is answered, so that the connector knows that the order will come again.
		if _, err := nc.Write(wire.AppendAckLine(nil, "o-1", "")); err != nil {
			t.Fatal(err)
		}
		if !r.Scan() || wire.DecodeLine(r.Bytes(), &l) != nil || l.What != wire.IsError || l.Error.Code != wire.Unavailable {
			t.Errorf("the answer to the ack is %s", r.Bytes())
		}
		if st := s.Stats(); st.Acks != 0 {
			t.Errorf("%d acks counted, want none", st.Acks)
		}
	})
}

// A verdict that comes after its caller has gone is passed over, and the next one reaches its own caller.
func TestClientDoesNotWaitBeyondItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &beginner{JudgeFunc: allow, letGo: make(chan struct{})}
		c, err := line.NewClient(t.Context(), pipe(t, &line.Server{Judge: b}), line.Hello{}, line.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Judge(ctx, message("hold-1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Judge: %v, want DeadlineExceeded", err)
		}
		close(b.letGo)
		if v, err := c.Judge(t.Context(), message("m-2")); err != nil || v.EventID != "m-2" {
			t.Errorf("Judge = %v, %v, want m-2", v, err)
		}
	})
}

func TestObservationsAreJudgedAndRefusalsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &line.Server{Judge: nospim.JudgeFunc(allow)}
		refused := make(chan error, 1)
		c, err := line.NewClient(t.Context(), pipe(t, s), line.Hello{}, line.Options{OnError: func(err error) { refused <- err }})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		bad := message("m-2")
		bad.Sender.ID = ""
		for _, e := range []*nospim.Event{message("m-1"), bad} {
			if err := c.Observe(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-refused; !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("told %v, want ErrInvalid", err)
		}
		if st := s.Stats(); st.Verdicts[nospim.Allow] != 1 {
			t.Errorf("%+v, want one verdict", st)
		}
	})
}

func TestClientHello(t *testing.T) {
	for answer, want := range map[string]error{
		`{"error":{"code":"denied","message":"no"}}` + "\n": nospim.ErrDenied,
		`{"pong":1}` + "\n": nil,
		"SSH-2.0-x\n":       nospim.ErrInvalid,
		"":                  io.EOF,
	} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			go func() {
				_, _ = bufio.NewReader(there).ReadString('\n')
				_, _ = io.WriteString(there, answer)
				_ = there.Close()
			}()
			c, err := line.NewClient(t.Context(), here, line.Hello{}, line.Options{})
			if err == nil || want != nil && !errors.Is(err, want) {
				t.Errorf("hello answered by %q: %v, %v, want %v", answer, c, err, want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := line.NewClient(ctx, here, line.Hello{}, line.Options{}); err == nil {
			t.Error("a server that says nothing: no error")
		}
	})
}

func TestUnixSocket(t *testing.T) {
	addr := "unix:" + t.TempDir() + "/n.sock"
	l, err := line.Listen(t.Context(), addr, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- (&line.Server{Judge: nospim.JudgeFunc(allow)}).Serve(ctx, l) }()
	c, err := line.DialAddr(t.Context(), addr, line.Hello{}, line.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Judge(t.Context(), message("m-1")); err != nil {
		t.Error(err)
	}
	_ = c.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := line.DialAddr(t.Context(), addr, line.Hello{}, line.Options{}); err == nil {
		t.Error("dialling a socket that is gone: no error")
	}
}
