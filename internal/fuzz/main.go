// Command fuzz lets every fuzz test of the module run for a while, one after the other, and prints a line for each. It fails when
// one of them finds something; what it found is then kept beside the test, where go test tries it ever after.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		_, _ = fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

// errUsage says that the flags were wrong, which package flag has already explained.
var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, out, log io.Writer) error {
	f := flag.NewFlagSet("fuzz", flag.ContinueOnError)
	f.SetOutput(log)
	length := f.Duration("time", 30*time.Second, "how long each target runs")
	only := f.String("only", "", "run only targets that this `regular expression` finds, as in memory.FuzzRestore")
	packages := f.String("packages", "./...", "the packages to look in")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil || f.NArg() > 0 || *length <= 0:
		return errUsage
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("reading -only: %w", err)
	}
	all, err := targets(ctx, *packages)
	if err != nil {
		return err
	}
	failed, ran := 0, 0
	for _, t := range all {
		if !wanted.MatchString(t.String()) {
			continue
		}
		ran++
		if !t.fuzz(ctx, *length, out) {
			failed++
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d targets failed", failed, ran)
	case ran == 0:
		return errors.New("there is no such target")
	}
	return nil
}

// target is a fuzz test.
type target struct{ pkg, name string }

func (t target) String() string { return t.pkg + "." + t.name }

// event is a line of go test -json.
type event struct{ Action, Package, Output string }

// targets returns the fuzz tests of the packages, in the order of go list.
func targets(ctx context.Context, packages string) ([]target, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-list", "^Fuzz", packages)
	listed, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the fuzz tests: %w: %s", err, reason(listed))
	}
	var all []target
	for line := range bytes.Lines(listed) {
		var e event
		if json.Unmarshal(line, &e) != nil {
			continue // what the tool says beside
		}
		if name := strings.TrimSpace(e.Output); e.Action == "output" && strings.HasPrefix(name, "Fuzz") {
			all = append(all, target{e.Package, name})
		}
	}
	return all, nil
}

// reason picks from the output of go test -json what people want to read.
func reason(listed []byte) string {
	var b strings.Builder
	for line := range bytes.Lines(listed) {
		var e event
		if json.Unmarshal(line, &e) == nil && (e.Action == "output" || e.Action == "build-output") {
			b.WriteString(e.Output)
		}
	}
	return strings.TrimSpace(b.String())
}

// fuzz runs a target, prints a line about it and, when it failed, what it said; it reports whether it did not fail.
func (t target) fuzz(ctx context.Context, length time.Duration, out io.Writer) bool {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", length.String(), t.pkg) //nolint:gosec // a target of the module
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	said, err := cmd.CombinedOutput()
	if err != nil {
		fmt.Fprintf(out, "FAIL  %s: %v\n%s", t, err, said)
		return false
	}
	fmt.Fprintf(out, "ok    %s  %s\n", t, progress(said))
	return true
}

// progress returns how far the fuzzing went, as go test said last.
func progress(said []byte) string {
	last := ""
	for lines := bufio.NewScanner(bytes.NewReader(said)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "fuzz: elapsed: "); ok {
			last = rest
		}
	}
	return last
}
