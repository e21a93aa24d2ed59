package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// NATSOptions says what a private NATS server with JetStream is like. Only Dir is required.
type NATSOptions struct {
	// Dir is a directory of the caller's, for configuration, log and the streams. It is not removed. A server that is started
	// again in the same directory has what its predecessor kept on disk.
	Dir string
	// Program is the server's path; empty means the one of PATH. [BuildNATS] makes one of the version that the project knows.
	Program string
	// Addr is where it is to listen, for a server that takes another's place; empty means a free port of loopback.
	Addr string
	// MemoryStore and FileStore bound JetStream, in bytes; 0 means 256 MiB each.
	MemoryStore, FileStore int64
	// User and Password are asked of every client when they are set.
	User, Password string
}

// NATS is a running server.
type NATS struct {
	// Addr is where clients connect, URL the same as clients write it.
	Addr, URL string

	child *child
	log   string
}

// BuildNATS returns the path of the NATS server that tools/nats.mod names, built by the Go tool if it is not in its cache. Root is
// the project's directory.
func BuildNATS(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile="+filepath.Join("tools", "nats.mod"), "-n", "nats-server") //nolint:gosec // the arguments are the project's
	cmd.Dir = root
	var why bytes.Buffer
	cmd.Stderr = &why
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("building nats-server: %w: %w: %s", ErrMissing, err, why.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

// StartNATS starts a private NATS server and returns when it takes clients. The caller must call [NATS.Close]; when ctx ends, the
// server is killed.
func StartNATS(ctx context.Context, o NATSOptions) (*NATS, error) {
	n, err := startNATS(ctx, &o)
	for try := 1; err != nil && o.Addr == "" && try < 3 && ctx.Err() == nil && !errors.Is(err, ErrMissing); try++ {
		n, err = startNATS(ctx, &o) // another program took the port between finding and using it
	}
	if err != nil {
		return nil, fmt.Errorf("starting NATS: %w", err)
	}
	return n, nil
}

func startNATS(ctx context.Context, o *NATSOptions) (*NATS, error) {
	program := o.Program
	if program == "" {
		var err error
		if program, err = Find("nats-server"); err != nil {
			return nil, err
		}
	}
	addr := o.Addr
	if addr == "" {
		ports, err := freePorts(ctx, 1)
		if err != nil {
			return nil, err
		}
		addr = net.JoinHostPort(loopback, strconv.Itoa(ports[0]))
	}
	n := &NATS{Addr: addr, URL: "nats://" + addr, log: filepath.Join(o.Dir, "output.log")}
	config := filepath.Join(o.Dir, "nats.conf")
	if err := os.WriteFile(config, []byte(o.configuration(addr)), 0o600); err != nil {
		return nil, fmt.Errorf("writing the configuration of NATS: %w", err)
	}
	var err error
	n.child, err = startChild(ctx, exec.Command(program, "-c", config), o.Dir) //nolint:gosec,noctx // the program is NATS; child ends it with ctx
	if err != nil {
		return nil, err
	}
	if err := n.child.waitFor(ctx, addr); err != nil {
		return nil, errors.Join(err, n.Close(), n.tail())
	}
	return n, nil
}

// configuration is the server's configuration file. A ping every second makes it notice quickly that a client is gone.
func (o *NATSOptions) configuration(addr string) string {
	memory, file := o.MemoryStore, o.FileStore
	if memory == 0 {
		memory = 256 << 20
	}
	if file == 0 {
		file = 256 << 20
	}
	var b strings.Builder
	fmt.Fprintf(&b, "listen: %q\nping_interval: \"1s\"\nwrite_deadline: \"2s\"\n", addr)
	fmt.Fprintf(&b, "jetstream { store_dir: %q, max_mem: %d, max_file: %d }\n", filepath.Join(o.Dir, "streams"), memory, file)
	if o.User != "" {
		fmt.Fprintf(&b, "authorization { user: %q, password: %q }\n", o.User, o.Password)
	}
	return b.String()
}

// Close ends the server, kindly and then by force.
func (n *NATS) Close() error { return n.child.close() }

// Stop makes the server hang: it keeps its connections and answers nobody, until [NATS.Continue].
func (n *NATS) Stop() error { return n.child.cmd.Process.Signal(syscall.SIGSTOP) }

// Continue ends what Stop began.
func (n *NATS) Continue() error { return n.child.cmd.Process.Signal(syscall.SIGCONT) }

// tail returns the end of the server's output as an error, to say why it did not come up.
func (n *NATS) tail() error {
	const most = 2000
	b, err := os.ReadFile(n.log)
	if err != nil {
		return fmt.Errorf("reading why: %w", err)
	}
	return fmt.Errorf("its output ends with: %s", b[max(0, len(b)-most):])
}
