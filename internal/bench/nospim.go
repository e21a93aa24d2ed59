package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/nospim/nospim/policy"
)

// daemon is a running nospim serve.
type daemon struct {
	*child

	line, http string // where it listens
	policy     string // the policy file
	ready      time.Duration
}

// fresh makes a data directory with the default policy, out of shadow.
func (b *bench) fresh() (dir string, err error) {
	if dir, err = os.MkdirTemp(b.dir, "data-"); err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, policy.Default()); err != nil {
		return "", fmt.Errorf("writing the policy: %w", err)
	}
	file := filepath.Join(dir, "policy.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	const shadow = "\nshadow: true\n"
	if !strings.Contains(string(text), shadow) {
		return "", errors.New("the default policy is not in shadow, as it should be")
	}
	return dir, os.WriteFile(file, []byte(strings.Replace(string(text), shadow, "\nshadow: false\n", 1)), 0o600)
}

var readyLine = regexp.MustCompile(`^ready in .*line (\S+), http (\S+), policy .*\(enforcing\)$`)

// serve starts nospim on a data directory and returns when it answers that it is healthy. Ready is how long that took. It judges everything,
// however late: what is measured is asked as fast as it goes.
func (b *bench) serve(ctx context.Context, data string) (*daemon, error) {
	config := filepath.Join(data, "nospim.yaml")
	if err := os.WriteFile(config, []byte("overload: {wait: none}\n"), 0o600); err != nil {
		return nil, err
	}
	return b.serveAs(ctx, data, "--config", config)
}

// serveGated is serveFresh with a gate: what is more than can be judged is not judged.
func (b *bench) serveGated(ctx context.Context) (*daemon, error) {
	data, err := b.fresh()
	if err != nil {
		return nil, err
	}
	return b.serveAs(ctx, data)
}

// serveAs starts nospim with further arguments.
func (b *bench) serveAs(ctx context.Context, data string, args ...string) (*daemon, error) {
	begun := time.Now()
	c, err := start(ctx, data, b.nospim, append([]string{"serve", "--data", data, "--line", "127.0.0.1:0", "--http", "127.0.0.1:0"}, args...)...)
	if err != nil {
		return nil, err
	}
	said, err := c.line()
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	at := readyLine.FindStringSubmatch(said)
	if at == nil {
		return nil, errors.Join(fmt.Errorf("nospim is not ready and enforcing: %s", said), c.stop())
	}
	d := &daemon{child: c, line: at[1], http: at[2], policy: filepath.Join(data, "policy.yaml")}
	if err := d.healthy(ctx); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	d.ready = time.Since(begun)
	return d, nil
}

// serveFresh starts nospim on a data directory of its own.
func (b *bench) serveFresh(ctx context.Context) (*daemon, error) {
	data, err := b.fresh()
	if err != nil {
		return nil, err
	}
	return b.serve(ctx, data)
}

func (d *daemon) healthy(ctx context.Context) error {
	_, err := d.get(ctx, "/healthz")
	return err
}

// get returns what nospim has at a path.
func (d *daemon) get(ctx context.Context, path string) (body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.http+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("asking nospim for %s: %w", path, err)
	}
	body, err = io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("asking nospim for %s: %s", path, resp.Status)
	}
	return body, err
}
