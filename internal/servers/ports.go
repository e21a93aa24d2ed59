package servers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// loopback is where every server listens.
const loopback = "127.0.0.1"

// Ports for servers lie below those that the kernel gives to outgoing connections and to whoever listens on port 0 (Linux: from 32,768
// on, ip_local_port_range), so that nothing takes one between being found free and being listened on.
const (
	firstPort = 10_000
	lastPort  = 32_000
)

// FreeAddr returns an address of loopback at which nobody listens. It is the caller's until ctx ends: nobody else who asks here is given
// it, in this process or another, also while nobody listens there.
func FreeAddr(ctx context.Context) (string, error) {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(loopback, strconv.Itoa(ports[0])), nil
}

// freePorts returns n different ports of loopback on which nobody listens, drawn by lot. They are the caller's until ctx ends.
func freePorts(ctx context.Context, n int) ([]int, error) {
	ports := make([]int, 0, n)
	for tries := 0; len(ports) < n; tries++ {
		port := firstPort + rand.IntN(lastPort-firstPort)
		switch err := reserve(ctx, port); {
		case err == nil:
			ports = append(ports, port)
		case tries == 1000:
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
	}
	return ports, nil
}

// reserve makes a port of TCP the caller's until ctx ends, if nobody listens there. What says so to other processes is the port of UDP
// with its number, which nobody uses and the kernel gives to one at a time: tests of several packages start servers at the same time, and
// a server that is slow to start would find its port taken by another, or worse, whoever waits for it would find the other.
func reserve(ctx context.Context, port int) error {
	var lc net.ListenConfig
	addr := net.JoinHostPort(loopback, strconv.Itoa(port))
	sign, err := lc.ListenPacket(ctx, "udp", addr)
	if err != nil {
		return err
	}
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		_ = sign.Close()
		return err
	}
	context.AfterFunc(ctx, func() { _ = sign.Close() })
	return l.Close()
}
