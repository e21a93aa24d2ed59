// Readme writes into README.md what the commands in it really print. Each block says which command and how many of its last
// lines:
//
//	<!-- run 12: make test -->
//	    …
//	<!-- end -->
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := refresh(ctx, "README.md")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
}

// refresh runs the commands of a file's blocks and writes their output into it.
func refresh(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	blocks := regexp.MustCompile(`(?s)(<!-- run (\d+): (.*?) -->\n).*?(<!-- end -->)`)
	var failed error
	text = blocks.ReplaceAllFunc(text, func(block []byte) []byte {
		m := blocks.FindSubmatch(block)
		n, err := strconv.Atoi(string(m[2]))
		out, rerr := output(ctx, string(m[3]), n)
		if err = errors.Join(err, rerr); err != nil {
			failed = errors.Join(failed, err)
			return block
		}
		return bytes.Join([][]byte{m[1], []byte("\n"), out, []byte("\n"), m[4]}, nil)
	})
	if failed != nil {
		return failed
	}
	return os.WriteFile(file, text, 0o644) //nolint:gosec // a document for everybody
}

// output runs a command and returns its last n lines, indented as Markdown wants code.
func output(ctx context.Context, command string, n int) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "MAKEFLAGS=--no-print-directory") // no paths of this machine
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	lines = lines[max(0, len(lines)-n):]
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(strings.TrimRight("    "+strings.ReplaceAll(l, "\t", "  "), " ") + "\n")
	}
	return b.Bytes(), nil
}
