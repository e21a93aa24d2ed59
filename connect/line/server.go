package line

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// Server is nospim's end of the line protocol. Its fields are not changed once it serves; zero limits mean the defaults.
type Server struct {
	Judge nospim.Judge
	// Orders may be nil: then a hello with a service starts nothing, and an ack is refused.
	Orders nospim.Orders
	// Secret must be in the first hello; empty means that none is asked for.
	Secret  string
	Version string
	// About says what the answer to hello tells; it may be nil.
	About func() (policy string, shadow bool)
	// Wires have by protocol what reads events from their raw form, for connectors that leave that to nospim. It may be nil.
	Wires map[string]Wire
	// Gate decides which events are judged when more arrive than can be; nil lets all be judged.
	Gate *wire.Gate
	// Log may be nil.
	Log *slog.Logger

	MaxConns    int           // connections at once: 1024
	MaxWaits    int           // verdicts of one connection that wait for the disk at once: 256
	MaxBadLines int           // lines of one connection that are none, until it is hung up: 100
	MaxLine     int           // bytes: wire.MaxLine
	WriteWait   time.Duration // how long a peer may leave an answer unread: 10 seconds
	HelloWait   time.Duration // how long a peer may leave out the secret: 10 seconds
	Grace       time.Duration // how long verdicts under way may take when the server ends: 500 milliseconds

	once   sync.Once
	guard  *wire.Guard
	stats  counters
	events sync.Pool

	adapters adapters
}

// strangerLine is the longest line before the secret has been given.
const strangerLine = 16 << 10

// Serve serves the connections of l until ctx ends, then lets verdicts under way finish for Grace. It returns nil when ctx
// ended, and leaves no goroutine behind.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	places := make(chan struct{}, orDefault(s.MaxConns, 1024))
	for {
		nc, err := accept(ctx, l)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case places <- struct{}{}:
		default:
			s.turnAway(nc)
			continue
		}
		conns.Go(func() {
			defer func() { <-places }()
			s.ServeConn(ctx, nc)
		})
	}
}

// accept takes the next connection. When the process has no file descriptor left, it waits for one.
func accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	const longest = time.Second
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, longest) {
		nc, err := l.Accept()
		var ne net.Error
		if err == nil || !errors.As(err, &ne) || !ne.Timeout() && !exhausted(err) {
			return nc, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// turnAway tells a connection too many why, and closes it.
func (s *Server) turnAway(nc net.Conn) {
	s.stats.turned.Add(1)
	s.log().Warn("line: too many connections", "peer", nc.RemoteAddr().String())
	_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = nc.Write([]byte(`{"error":{"code":"unavailable","message":"too many connections"}}` + "\n"))
	_ = nc.Close()
}

// ServeConn serves one connection until the peer or ctx ends it, and closes it.
func (s *Server) ServeConn(ctx context.Context, nc net.Conn) {
	s.stats.conns.Add(1)
	s.stats.open.Add(1)
	defer s.stats.open.Add(-1)
	c := s.newConn(ctx, nc)
	stop := context.AfterFunc(ctx, c.end)
	defer stop()
	c.serve()
}

func (s *Server) newConn(ctx context.Context, nc net.Conn) *conn {
	limit := orDefault(s.MaxLine, wire.MaxLine)
	if s.Secret != "" {
		limit = min(limit, strangerLine)
	}
	c := &conn{
		s: s, guard: s.guarded(), flow: wire.NewFlow(s.Gate, false), nc: nc, in: wire.NewLines(nc, limit), greeted: s.Secret == "",
		serving: ctx, waits: make(chan struct{}, orDefault(s.MaxWaits, 256)),
		log: s.log().With("peer", nc.RemoteAddr().String()),
	}
	c.out = wire.NewOut(c.write)
	if s.Gate != nil {
		c.in.SetEager()
	}
	// What is being judged when the server ends may finish within the grace, so ctx must not end it.
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return c
}

// admits reports whether the secret is right, in a time that does not depend on it.
func (s *Server) admits(secret string) bool {
	want, got := sha256.Sum256([]byte(s.Secret)), sha256.Sum256([]byte(secret))
	return s.Secret == "" || subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// guarded returns the judge behind its guard.
func (s *Server) guarded() *wire.Guard {
	s.once.Do(func() { s.guard = wire.NewGuard(s.Judge, s.Log) })
	return s.guard
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

func (s *Server) takeEvent() *nospim.Event {
	if e, ok := s.events.Get().(*nospim.Event); ok {
		return e
	}
	return new(nospim.Event)
}

func (s *Server) putEvent(e *nospim.Event) {
	wire.ResetEvent(e)
	s.events.Put(e)
}

func orDefault[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}
