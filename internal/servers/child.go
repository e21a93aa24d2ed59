package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// child is a process that was started here and is ended by its own id.
type child struct {
	cmd  *exec.Cmd
	exit chan struct{} // closed when the process has ended
	err  error         // how it ended; read after exit
	stop func() bool   // ends the watch on the context
	once sync.Once
}

// Times of a child's life.
const (
	startWait = 2 * time.Minute // until it takes connections
	stopWait  = 3 * time.Second // from the kind signal to the other one
	poll      = 10 * time.Millisecond
)

// attempts is how often a server is started: another program may take a port between its being found and being used.
const attempts = 3

// started starts a server that needs ports, and tries again where that may help.
func started[S any](ctx context.Context, name string, start func() (S, error)) (s S, err error) {
	var errs []error
	for range attempts {
		if s, err = start(); err == nil {
			return s, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil || errors.Is(err, ErrMissing) {
			break
		}
	}
	return s, fmt.Errorf("starting %s: %w", name, errors.Join(errs...))
}

// startChild starts cmd with its output in dir/output.log. When ctx ends, or this program, the process is killed.
func startChild(ctx context.Context, cmd *exec.Cmd, dir string) (*child, error) {
	out, err := os.Create(filepath.Join(dir, "output.log"))
	if err != nil {
		return nil, fmt.Errorf("making the server's output file: %w", err)
	}
	defer func() { _ = out.Close() }()
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, out, out, dieWithUs()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	c := &child{cmd: cmd, exit: make(chan struct{})}
	c.stop = context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	go func() {
		c.err = cmd.Wait()
		close(c.exit)
	}()
	return c, nil
}

// waitFor returns when something listens at each of the addresses, or says why nothing does.
func (c *child) waitFor(ctx context.Context, addrs ...string) error {
	for _, addr := range addrs {
		if err := c.wait(ctx, "listen at "+addr, func() bool { return listens(ctx, addr) }); err != nil {
			return err
		}
	}
	return nil
}

// wait returns when the server has done something, or says why it has not.
func (c *child) wait(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for !done() {
		select {
		case <-c.exit:
			return fmt.Errorf("the server ended: %w", errors.Join(errors.New("before it could "+what), c.err))
		case <-ctx.Done():
			return fmt.Errorf("waiting for the server to %s: %w", what, ctx.Err())
		case <-time.After(poll):
		}
	}
	return nil
}

func listens(ctx context.Context, addr string) bool {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// tail returns the end of a server's log as an error, to say why it did not come up.
func tail(log string) error {
	const most = 2000
	b, err := os.ReadFile(log)
	if err != nil {
		return fmt.Errorf("reading why: %w", err)
	}
	return fmt.Errorf("its log ends with: %s", b[max(0, len(b)-most):])
}

// close ends the process, with SIGTERM and, when that does not help, SIGKILL. It may be called more than once.
func (c *child) close() error {
	var err error
	c.once.Do(func() {
		c.stop()
		if e := c.cmd.Process.Signal(syscall.SIGTERM); e != nil && !errors.Is(e, os.ErrProcessDone) {
			err = fmt.Errorf("ending the server: %w", e)
		}
		select {
		case <-c.exit:
		case <-time.After(stopWait):
			_ = c.cmd.Process.Kill()
			<-c.exit
		}
	})
	return err
}
