package servers

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"
)

// TestAPortIsOneCallers: a port that was given to somebody is nobody else's until that one's context ends, also while nobody listens there.
func TestAPortIsOneCallers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ports, err := freePorts(ctx, 3)
	if err != nil || len(ports) != 3 {
		t.Fatal(ports, err)
	}
	for _, p := range ports {
		if reserve(t.Context(), p) == nil {
			t.Errorf("port %d was given away twice", p)
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(ports[0])))
	if err != nil {
		t.Fatalf("whose it is cannot listen there: %v", err)
	}
	cancel()
	for deadline := time.Now().Add(30 * time.Second); reserve(t.Context(), ports[1]) != nil; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what nobody needs any more is not given back")
		}
	}
	if reserve(t.Context(), ports[0]) == nil {
		t.Error("a port on which somebody listens was given away")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
