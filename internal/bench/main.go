// Command bench measures nospim and prints what was asked, what was measured and their ratio, as a table in Markdown.
//
// Everything is measured in one run. Where two things are compared, they take turns, and the ratio is the median of the
// turns' ratios: what slows the machine down for a while slows both. The CPU time of a server is what the kernel has accounted
// to its process, not what its clients used; the clients run in this process.
//
// The program that is measured is bin/nospim (make bench builds it). Rspamd and Prosody are measured when they are installed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
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
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errUsage says that the flags were wrong, which package flag has already explained.
var errUsage = errors.New("usage")

// options are the flags.
type options struct {
	nospim, write, only string
	quick, json         bool
	child, dir          string
	size                int
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&o.nospim, "nospim", "bin/nospim", "the program to measure")
	f.StringVar(&o.write, "write", "", "`file` to write the table to as well")
	f.StringVar(&o.only, "only", "", "measure only what this `regular expression` finds by name")
	f.BoolVar(&o.quick, "quick", false, "few and short turns: shows that the program works, not how fast nospim is")
	f.BoolVar(&o.json, "json", false, "print JSON instead of Markdown")
	f.StringVar(&o.child, "child", "", "for the program itself: be a child process: bare, judge, judge-bytes, serve-first, live, cores")
	f.StringVar(&o.dir, "dir", "", "for the program itself: where a child keeps its data")
	f.IntVar(&o.size, "size", 0, "for the program itself: how much a child does in a turn")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil || f.NArg() > 0:
		return errUsage
	}
	switch o.child {
	case "":
		return measure(ctx, o, out, log)
	case "bare":
		return serveBare(ctx, out)
	case childFirst, childBytes:
		return judgeChild(ctx, o.child, o.dir, o.size, os.Stdin, out)
	case childServe:
		return serveFirstDay(ctx, o.dir, out)
	case childLive:
		return liveChild(ctx, o.dir, o.size, os.Stdin, out)
	case childCores:
		return coresChild(ctx, o.dir, o.size, os.Stdin, out)
	default:
		return fmt.Errorf("there is no child %q", o.child)
	}
}

// measurement is something to measure, and what it is called on the command line.
type measurement struct {
	name string
	run  func(context.Context, *bench) ([]row, error)
}

// measurements returns everything, in the order of the table.
func measurements() []measurement {
	return []measurement{
		{"judge", measureJudge},
		{"cores", measureCores},
		{"live", measureLive},
		{"fingerprints", measureFingerprints},
		{"filter", measureFilter},
		{"http", measureHTTP},
		{"batch", measureBatch},
		{"line", measureLine},
		{"overload", measureOverload},
		{"converge", measureConvergence},
		{"rspamd", measureRspamd},
		{"memory", measureMemory},
		{"start", measureStart},
		{"reload", measureReload},
		{"prosody", measureProsody},
		{"ejabberd", measureEjabberd},
	}
}

// bench is what every measurement needs.
type bench struct {
	nospim string // the program that is measured
	self   string // this program, to be started as a child
	dir    string // for data, removed at the end
	size   sizes
}

// sizes say how much is measured. A turn is one of the repetitions of which the median is taken.
type sizes struct {
	Turns    int // of everything but what is said apart
	Judged   int // messages a turn, in process
	Live     int // accounts that live in the memory while messages are judged
	Texts    int // different texts, one after the other
	Requests int // requests a turn, one message each
	Lines    int // messages a turn, in batches or pipelined
	Mail     int // messages a turn, to Rspamd
	Memory   int // messages until the size is looked at
	Starts   int
	Reloads  time.Duration // of a turn of traffic, with or without reloads
	Overload time.Duration // of a turn of twice the load
	Notes    int           // that one node makes and the others wait for
	Chats    int           // messages one after the other, through Prosody
	Burst    int           // messages at once, through Prosody
}

func fullSizes() sizes {
	return sizes{
		Turns: 7, Judged: 150_000, Live: 1_000_000, Texts: 10_000_000, Requests: 20_000, Lines: 150_000, Mail: 280, Memory: 1_000_000, Starts: 7,
		Reloads: 3 * time.Second, Overload: 3 * time.Second, Notes: 1000, Chats: 1000, Burst: 2000,
	}
}

func quickSizes() sizes {
	return sizes{
		Turns: 2, Judged: 20_000, Live: 20_000, Texts: 200_000, Requests: 2_000, Lines: 20_000, Mail: 50, Memory: 50_000, Starts: 2,
		Reloads: 500 * time.Millisecond, Overload: time.Second, Notes: 60, Chats: 100, Burst: 500,
	}
}

// measure takes all measurements that are wanted and prints them. One that fails is a row that says so, and an error at the end.
func measure(ctx context.Context, o options, out, log io.Writer) (err error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("reading -only: %w", err)
	}
	b := &bench{nospim: o.nospim, size: fullSizes()}
	if o.quick {
		b.size = quickSizes()
	}
	if b.self, err = os.Executable(); err != nil {
		return fmt.Errorf("looking for this program: %w", err)
	}
	if b.dir, err = os.MkdirTemp("", "nospim-bench-"); err != nil {
		return fmt.Errorf("making a directory for data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	r := newReport(ctx, b, time.Now())
	var failed []error
	for _, m := range measurements() {
		if !only.MatchString(m.name) {
			continue
		}
		begun := time.Now()
		rows, err := m.run(ctx, b)
		if err != nil {
			err = fmt.Errorf("measuring %s: %w", m.name, err)
			failed = append(failed, err)
			rows = append(rows, row{What: m.name, Measured: err.Error(), Verdict: failedVerdict})
		}
		fmt.Fprintf(log, "%s: %.1f s\n", m.name, time.Since(begun).Seconds())
		r.Rows = append(r.Rows, rows...)
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(failed, r.put(o, out))...)
}
