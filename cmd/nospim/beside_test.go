package main

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/xmpp/servertest"
)

// besideBoth tells a story with each of the servers.
func besideBoth(t *testing.T, story func(*testing.T, *servertest.Kind)) {
	t.Helper()
	t.Run("prosody", func(t *testing.T) { story(t, servertest.Prosody()) })
	t.Run("ejabberd", func(t *testing.T) { story(t, servertest.Ejabberd(t)) })
}

// enforced makes a daemon with the default policy out of shadow. It does not run yet: a server must know its port first.
func enforced(t *testing.T, c config.Config) *daemon {
	t.Helper()
	p, err := defaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), c, slog.New(slog.DiscardHandler), daemonOptions{Policy: p.Enforced()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// serverBeside starts a server with the adapter that asks a daemon, and has time for the answer. Its accounts are three months old.
func serverBeside(t *testing.T, d *daemon, kind *servertest.Kind, o servertest.Options) servertest.Instance {
	t.Helper()
	listener, _ := d.lineListener.Addr().(*net.TCPAddr)
	o.Dir, o.Port, o.Timeout, o.Created = t.TempDir(), listener.Port, patience/2, time.Now().Add(-90*24*time.Hour)
	server, err := kind.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}

// running runs a daemon until the returned function is called, or the test ends.
func running(t *testing.T, d *daemon) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// untilAsked waits until the adapter has found the daemon and heard of it: what is said before passes. A connection is not enough; the
// counters come a second later with the first ping, and whoever sends one was answered.
func untilAsked(t *testing.T, d *daemon) {
	t.Helper()
	become(t, "the adapter finds nospim", func() bool { return len(d.line.Stats().Adapters) > 0 })
}

// untilInForce waits until the engine has taken over what is written by now: what people decided, lists.
func untilInForce(t *testing.T, d *daemon) {
	t.Helper()
	written, err := d.Store.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	become(t, "what was decided is in force", func() bool { return d.Engine.InForce() >= written })
}
