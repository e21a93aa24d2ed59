// Command nospim stops spam over instant messaging: the daemon and everything that an operator does with it.
//
// This package is wiring: each command is one file that reads its flags, calls the rooms and prints. [run] is the program;
// newDaemon puts the rooms together for serve, selftest and demo alike.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program: arguments without the program's name, and the three streams. It returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	a := &app{in: stdin, out: stdout, err: stderr}
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if message := errorText(err); message != "" {
		_, _ = fmt.Fprintln(stderr, "nospim: "+message)
	}
	return exitCode(err)
}

// app is what every command has: the streams it reads and writes.
type app struct {
	in       io.Reader
	out, err io.Writer
}

// The exit codes. The topic exit-codes and docs/cli.md are made of exitCodes.
const (
	exitOK      = 0
	exitError   = 1
	exitUsage   = 2
	exitStopped = 3
)

// exitCodes says what each code means.
const exitCodes = `0  done; of check: the message would be delivered, marked or not
1  an error, told in one line on standard error; of policy check, config check and selftest: something is wrong
2  the command line is wrong
3  of check: the message would be stopped (challenged, throttled, held, rejected or dropped)
`

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errStopped ends check with exitStopped; there is nothing to say, the verdict is printed.
var errStopped = errors.New("the message would be stopped")

// errTold ends a command with exitError whose findings are printed already.
var errTold = errors.New("told already")

func exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errStopped):
		return exitStopped
	case errors.As(err, &usage):
		return exitUsage
	default:
		return exitError
	}
}

// errorText is what is printed of an error: one line for each of those that are joined.
func errorText(err error) string {
	switch {
	case err == nil, errors.Is(err, errStopped), errors.Is(err, errTold):
		return ""
	case errors.Is(err, context.Canceled):
		return "interrupted"
	default:
		return strings.ReplaceAll(err.Error(), "\n", "\nnospim: ")
	}
}
