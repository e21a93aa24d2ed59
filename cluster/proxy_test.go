package cluster_test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// wire is one node's connection to NATS, which a test can cut.
type wire struct {
	url string
	to  string

	late atomic.Int64 // nanoseconds after which what comes goes on, either way

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

// newWire listens on loopback and passes everything on to an address.
func newWire(t *testing.T, to string) *wire {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{url: "nats://" + l.Addr().String(), to: to, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.pass(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.set(true)
		all.Wait()
	})
	return w
}

// set cuts the wire, or mends it. A cut wire takes connections and hangs up.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.conns {
			_ = c.Close()
		}
	}
}

func (w *wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.cut {
		w.conns[c] = true
	}
	return !w.cut
}

func (w *wire) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c)
	_ = c.Close()
}

func (w *wire) pass(in net.Conn) {
	defer w.drop(in)
	if !w.keep(in) {
		return
	}
	var d net.Dialer
	out, err := d.DialContext(context.Background(), "tcp", w.to)
	if err != nil {
		return
	}
	defer w.drop(out)
	if !w.keep(out) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.copy(out, in); _ = out.Close() })
	both.Go(func() { w.copy(in, out); _ = in.Close() })
	both.Wait()
}

// copy passes on what comes, late if that is asked for.
func (w *wire) copy(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if late := time.Duration(w.late.Load()); late > 0 {
			<-time.After(late)
		}
		if _, bad := to.Write(buf[:n]); err != nil || bad != nil {
			return
		}
	}
}
