package page

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

// Limits of the server.
const (
	mostConns = 512
	patience  = 20 * time.Second
	grace     = 500 * time.Millisecond
)

// Serve serves the page on l until ctx ends, and returns nil then.
func Serve(ctx context.Context, l net.Listener, h *Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: patience / 2, ReadTimeout: patience, WriteTimeout: patience, IdleTimeout: 2 * patience, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(h.Log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(l, mostConns)) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("serving the page of challenges: %w", err), server.Close())
	case <-ctx.Done():
	}
	last, done := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer done()
	if server.Shutdown(last) != nil {
		_ = server.Close()
	}
	<-ended
	return nil
}

// The budget of one address: what it may spend at once, and by how much that grows again in a second.
const (
	budget  = 60
	refresh = 2
)

// buckets is how many budgets there are. Addresses that fall into one share it, so that nothing grows with those who come.
const buckets = 4096

// limiter keeps budgets.
type limiter struct {
	mu    sync.Mutex
	seed  maphash.Seed
	spent [buckets]struct {
		amount float64
		at     time.Time
	}
	ready bool
}

// allows takes a weight from the budget that a request's address has by now, if that is enough.
func (l *limiter) allows(r *http.Request, weight int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ready {
		l.seed, l.ready = maphash.MakeSeed(), true
	}
	b := &l.spent[maphash.Comparable(l.seed, client(r))%buckets]
	b.amount = max(0, b.amount-refresh*now.Sub(b.at).Seconds())
	b.at = now
	if b.amount+float64(weight) > budget {
		return false
	}
	b.amount += float64(weight)
	return true
}

// client returns the network that a request comes from: an IPv4 address, or the /64 of an IPv6 one. A proxy on this machine is believed
// about the last address that it states.
func client(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr := peer.Addr().Unmap()
	if addr.IsLoopback() {
		all := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if stated, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			addr = stated.Unmap()
		}
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Listen listens on host:port. Everybody may be let in: the page is for strangers.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening for the page of challenges: %w", err)
	}
	return l, nil
}
