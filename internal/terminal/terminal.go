// Package terminal has programs for people run in a real terminal, for tests: what is typed goes in, what a person would see comes
// out. The terminal is tmux (its manual page, tmux(1)), with a server of its own for each [Terminal], so that nobody's sessions are
// touched.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Terminal is one terminal with one program in it. Make one with Start, end it with Close.
type Terminal struct{ socket string }

// The size of the terminal, in characters: wide enough that what one person writes stays on one line.
const (
	columns = "240"
	lines   = "60"
)

// poll is how often the screen is looked at.
const poll = 50 * time.Millisecond

// Start runs a program in a new terminal, with an environment beside that of this process ("NAME=value"). Dir is an empty directory
// for the terminal's own use; its path must be short enough for a Unix socket (108 bytes).
func Start(ctx context.Context, dir string, env []string, program string, args ...string) (*Terminal, error) {
	t := &Terminal{socket: filepath.Join(dir, "tmux")}
	all := []string{"-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", lines}
	for _, e := range env {
		all = append(all, "-e", e)
	}
	if _, err := t.tmux(ctx, append(append(all, program), args...)...); err != nil {
		return nil, fmt.Errorf("starting %s in a terminal: %w", program, err)
	}
	return t, nil
}

// Type types a line, and presses Enter.
func (t *Terminal) Type(ctx context.Context, line string) error {
	if _, err := t.tmux(ctx, "send-keys", "-l", line); err != nil {
		return fmt.Errorf("typing: %w", err)
	}
	_, err := t.tmux(ctx, "send-keys", "Enter")
	return err
}

// Screen returns what stands on the screen.
func (t *Terminal) Screen(ctx context.Context) (string, error) {
	return t.tmux(ctx, "capture-pane", "-p", "-J")
}

// ErrUnseen says that what was waited for did not come onto the screen.
var ErrUnseen = errors.New("did not come onto the screen")

// Sees waits until a part of a line stands on the screen, and returns the screen. The error is an ErrUnseen when ctx ends before.
func (t *Terminal) Sees(ctx context.Context, part string) (string, error) {
	for {
		screen, err := t.Screen(ctx)
		switch {
		case err == nil && strings.Contains(screen, part):
			return screen, nil
		case err != nil && ctx.Err() == nil:
			return "", err
		}
		select {
		case <-ctx.Done():
			last, _ := t.Screen(context.WithoutCancel(ctx)) // for the message only
			return last, fmt.Errorf("%q %w:\n%s", part, ErrUnseen, last)
		case <-time.After(poll):
		}
	}
}

// Close ends the program and the terminal.
func (t *Terminal) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := t.tmux(ctx, "kill-server")
	return err
}

func (t *Terminal) tmux(ctx context.Context, args ...string) (string, error) {
	var said strings.Builder
	c := exec.CommandContext(ctx, "tmux", append([]string{"-S", t.socket}, args...)...) //nolint:gosec // tests say what runs
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return string(out), nil
}
