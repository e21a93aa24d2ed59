package http

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// grace is how long what is under way may take when the server ends.
const grace = 500 * time.Millisecond

// patience is how long one event may take to come and its verdict to be read. Streams have their own.
const patience = 30 * time.Second

// Serve serves h on l until ctx ends; then streams are read no further, and what is under way may finish within half a second.
// It returns nil when ctx ended, and leaves no goroutine behind.
func Serve(ctx context.Context, l net.Listener, h *Handler) error {
	base, cancel := context.WithCancel(context.WithValue(context.WithoutCancel(ctx), stopKey{}, ctx))
	defer cancel()
	var conns sync.WaitGroup
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: patience, WriteTimeout: patience,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return base },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state { //nolint:exhaustive // only the first and the last count
			case http.StateNew:
				conns.Add(1)
			case http.StateClosed, http.StateHijacked:
				conns.Done()
			}
		},
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("serving HTTP: %w", err), server.Close())
	case <-ctx.Done():
	}
	last, done := context.WithTimeout(base, grace)
	defer done()
	if server.Shutdown(last) != nil {
		cancel()
		_ = server.Close()
	}
	<-ended
	conns.Wait()
	return nil
}
