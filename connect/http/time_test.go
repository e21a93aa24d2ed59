package http_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
	connect "github.com/nospim/nospim/connect/http"
)

// within is a listener in the test's own time.
type within struct {
	conns chan net.Conn
	once  sync.Once
	over  chan struct{}
}

func newWithin() *within { return &within{conns: make(chan net.Conn), over: make(chan struct{})} }

func (w *within) Addr() net.Addr { return &net.TCPAddr{} }
func (w *within) Close() error   { w.once.Do(func() { close(w.over) }); return nil }
func (w *within) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.over:
		return nil, net.ErrClosed
	}
}

// dial connects, and leaves what comes unread by anybody.
func (w *within) dial(t *testing.T) net.Conn {
	t.Helper()
	here, there := net.Pipe()
	w.conns <- there
	go func() { _, _ = io.Copy(io.Discard, here) }()
	return here
}

// TestEndsWithinTheGrace: the server ends within half a second, with a connection on which nothing came, half of an event, or one whose
// judge wants more.
func TestEndsWithinTheGrace(t *testing.T) {
	event := eventJSON("m-1")
	head := fmt.Sprintf("POST /v1/judge HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(event))
	for what, c := range map[string]struct {
		sent   string
		judged bool
	}{
		"at rest":          {"", false},
		"half of an event": {head + event[:len(event)/2], false},
		"being judged":     {head + event, true},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := make(chan struct{}, 1)
				h := connect.New(connect.Options{Judge: nospim.JudgeFunc(func(ctx context.Context, _ *nospim.Event) (*nospim.Verdict, error) {
					begun <- struct{}{}
					<-ctx.Done()
					return nil, ctx.Err()
				})})
				l := newWithin()
				ctx, end := context.WithCancel(t.Context())
				over := make(chan error, 1)
				go func() { over <- connect.Serve(ctx, l, h) }()
				nc := l.dial(t)
				defer nc.Close()
				if _, err := io.WriteString(nc, c.sent); err != nil {
					t.Fatal(err)
				}
				if c.judged {
					<-begun
				}
				synctest.Wait()
				at := time.Now()
				end()
				if err := <-over; err != nil {
					t.Errorf("Serve: %v", err)
				}
				if took := time.Since(at); took > 500*time.Millisecond {
					t.Errorf("it ends after %v", took)
				}
			})
		})
	}
}

// A stream that is open when the server ends is answered as far as it was begun, and ends.
func TestServerEndsWithAnOpenStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{JudgeFunc: allow, begun: make(chan string, 1), letGo: make(chan struct{})}
		l := newWithin()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- connect.Serve(ctx, l, connect.New(connect.Options{Judge: s})) }()
		here, there := net.Pipe()
		defer here.Close()
		l.conns <- there
		event := eventJSON("hold-1") + "\n"
		go func() {
			_, _ = fmt.Fprintf(here, "POST /v1/judge/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(event), event)
		}()
		resp, err := http.ReadResponse(bufio.NewReader(here), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		out := bufio.NewScanner(resp.Body)
		<-s.begun
		cancel()
		synctest.Wait()
		close(s.letGo)
		if got := next(t, out); got != "hold-1 hold" {
			t.Errorf("answer %q, want hold-1 hold", got)
		}
		if out.Scan() || out.Err() != nil {
			t.Errorf("after the last answer: %q, %v", out.Text(), out.Err())
		}
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}
