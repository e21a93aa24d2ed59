package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// Listen listens on "host:port" or "unix:/path". It refuses what CheckAddr refuses. A socket file that nobody listens on is
// replaced; the new one may be used by its owner and group.
func Listen(ctx context.Context, addr, secret string) (net.Listener, error) {
	if err := CheckAddr(addr, secret); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	path, unix := strings.CutPrefix(addr, "unix:")
	if !unix {
		l, err := config.Listen(ctx, "tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("listening on %s: %w", addr, err)
		}
		return l, nil
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	if err := os.Chmod(path, 0o660); err != nil { //nolint:gosec // the group is how an operator lets another user's server in
		return nil, errors.Join(fmt.Errorf("letting the group use %s: %w", path, err), l.Close())
	}
	return l, nil
}

// removeStale removes a socket file that a process left behind which did not end in order.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("looking at the socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is a file that is no socket; choose another path", path)
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if errors.Is(err, syscall.ECONNREFUSED) {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("removing the old socket: %w", err)
		}
		return nil
	}
	if err == nil {
		err = c.Close()
	}
	return errors.Join(fmt.Errorf("another process listens on %s", path), err)
}

// CheckAddr refuses an address that other machines can reach when no secret is set: who can connect can have messages judged,
// and is sent those that were held.
func CheckAddr(addr, secret string) error {
	if strings.HasPrefix(addr, "unix:") || secret != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return &net.AddrError{Err: "must be host:port or unix:/path", Addr: addr}
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s can be reached from other machines: set a secret, or listen on 127.0.0.1 or on unix:/path", addr)
}
