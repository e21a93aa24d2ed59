package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/record/sqlite"
)

// What is asked of judging while many accounts live, and on two cores.
const (
	askedTail    = 100 * time.Microsecond // p99.9
	askedAccount = 400                    // bytes
	askedCores   = 1.8                    // times one
)

// What a child of this file does.
const (
	childLive  = "live"  // judges while many accounts live in the memory
	childCores = "cores" // judges on one core and on two, in turns
)

// lived is a turn among many accounts: how long answers took by the clock, and by the CPU time of the thread that judges where no other
// program interrupted it, in nanoseconds, and the memory's bytes for each account.
type lived struct {
	P50      float64 `json:"p50"`
	P999     float64 `json:"p999"`
	Longest  float64 `json:"longest"`
	CPU999   float64 `json:"cpu999"`
	Bytes    float64 `json:"bytes"`
	Cells    float64 `json:"cells"`
	Accounts int     `json:"accounts"`
}

// measureLive judges in process while many accounts live in the memory, and everything that goes on beside it does: learning, writing
// records behind, looking for changes.
func measureLive(ctx context.Context, b *bench) ([]row, error) {
	turns, err := childTurns[lived](ctx, b, childLive, b.size.Live)
	if err != nil {
		return nil, err
	}
	of := func(value func(*lived) float64) float64 {
		var all []float64
		for i := range turns {
			all = append(all, value(&turns[i]))
		}
		return median(all)
	}
	last := turns[len(turns)-1]
	tail := time.Duration(of(func(l *lived) float64 { return l.P999 }))
	return []row{
		{
			fmt.Sprintf("everything on, judged one by one by the clock, while %s accounts live: p99.9", thousands(last.Accounts)),
			fmt.Sprintf("< %d µs", askedTail.Microseconds()),
			fmt.Sprintf("%.0f µs (median %.1f µs, longest %.1f ms); by the CPU time of the judging thread, of messages that no other program interrupted, %.0f µs", micros(tail),
				of(func(l *lived) float64 { return l.P50 })/1e3, of(func(l *lived) float64 { return l.Longest })/1e6, of(func(l *lived) float64 { return l.CPU999 })/1e3),
			float64(tail) / float64(askedTail), verdict(tail < askedTail),
		},
		{
			"the memory's bytes for each account, after it wrote to a contact and a contact to it, without the index (8 bytes a cell) and what has limits of its own, verdicts and texts",
			fmt.Sprintf("<= %d bytes", askedAccount), fmt.Sprintf("%.0f bytes, %.1f cells", last.Bytes, last.Cells),
			last.Bytes / askedAccount, verdict(last.Bytes <= askedAccount),
		},
	}, nil
}

// childTurns lets a child of a size take its turns and returns what it said of each.
func childTurns[T any](ctx context.Context, b *bench, what string, size int) (all []T, err error) {
	dir, err := os.MkdirTemp(b.dir, what+"-")
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, dir, b.self, "-child", what, "-size", strconv.Itoa(size), "-dir", dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	for range b.size.Turns {
		if err := c.turn(); err != nil {
			return nil, err
		}
		t, err := heard[T](c)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// turn has a child take a turn.
func (c *child) turn() error {
	_, err := io.WriteString(c.in, "turn\n")
	return err
}

// heard returns what a child says of its turn.
func heard[T any](c *child) (t T, err error) {
	said, err := c.line()
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(said), &t)
}

// answerTurns prints, for each line that a child reads, what a turn was.
func answerTurns[T any](in io.Reader, out io.Writer, turn func() (T, error)) error {
	turns := bufio.NewScanner(in)
	for turns.Scan() {
		t, err := turn()
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(t); err != nil {
			return err
		}
	}
	return turns.Err()
}

// cellsOfAccount is for how many cells an account the memory has room.
const cellsOfAccount = 16

// liveChild is the child that judges among size accounts.
func liveChild(ctx context.Context, dir string, size int, in io.Reader, out io.Writer) (err error) {
	store, err := sqlite.Open(ctx, filepath.Join(dir, "nospim.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }() //nolint:contextcheck // closing waits for the disk, whatever ctx says
	e, err := newEngine(ctx, store, false, memory.Limits{Cells: cellsOfAccount * size})
	if err != nil {
		return err
	}
	beside, cancel := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- e.Run(beside) }()
	defer func() { cancel(); err = errors.Join(err, <-ran) }()
	crowd, err := newCrowdOf(size)
	if err != nil {
		return err
	}
	l := lived{Accounts: size}
	empty := e.Stats().Memory
	for i := range size {
		if _, err := e.Judge(ctx, crowd.from(i)); err != nil {
			return err
		}
	}
	full := e.Stats().Memory
	l.Bytes, l.Cells = float64(full.CellBytes-empty.CellBytes)/float64(size), float64(full.Cells)/float64(size)
	return answerTurns(in, out, func() (lived, error) { return l.turn(ctx, e, crowd) })
}

// turn judges messages and looks at how long each takes.
func (l lived) turn(ctx context.Context, e *engine.Engine, crowd *crowd) (lived, error) {
	const messages = 100_000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	took, used := make([]time.Duration, 0, messages), make([]time.Duration, 0, messages)
	for range messages {
		event := crowd.next()
		before, err := interrupted()
		if err != nil {
			return l, err
		}
		w, err := during(threadCPU, func() error { _, err := e.Judge(ctx, event); return err })
		if err != nil {
			return l, err
		}
		took = append(took, w.wall)
		switch after, err := interrupted(); {
		case err != nil:
			return l, err
		case after == before: // otherwise the processor's cache is another program's, which costs more than the message
			used = append(used, w.cpu)
		}
	}
	l.CPU999 = float64(percentile(used, 99.9))
	l.P50, l.P999, l.Longest = float64(median(took)), float64(percentile(took, 99.9)), float64(percentile(took, 100))
	return l, nil
}

// cores is a turn on one core and one on two.
type cores struct {
	One judged `json:"one"`
	Two judged `json:"two"`
}

// measureCores compares what two cores judge with what one does.
func measureCores(ctx context.Context, b *bench) ([]row, error) {
	turns, err := childTurns[cores](ctx, b, childCores, b.size.Judged)
	if err != nil {
		return nil, err
	}
	var byCPU, byClock []float64
	for i := range turns {
		one, two := &turns[i].One, &turns[i].Two
		byCPU, byClock = append(byCPU, 2*one.CPU/two.CPU), append(byClock, one.Wall/two.Wall)
	}
	machine, err := measureApart(ctx, b)
	if err != nil {
		return nil, err
	}
	return []row{{
		"everything on, two cores against one", fmt.Sprintf(">= %.1f times", askedCores),
		fmt.Sprintf("%.2f times by the clock; %.2f by the CPU that a message takes on each, which other programs on the machine disturb less; two processes that share nothing: %.2f and %.2f",
			median(byClock), median(byCPU), machine.Wall, machine.CPU),
		median(byClock), verdict(median(byClock) >= askedCores),
	}}, nil
}

// measureApart compares what two processes judge at once, each on a core of its own, with what one does alone. They share nothing but
// the machine, so that this is what it gives.
func measureApart(ctx context.Context, b *bench) (times judged, err error) {
	var both [2]*child
	for i := range both {
		var dir string
		if dir, err = os.MkdirTemp(b.dir, "apart-"); err != nil {
			return times, err
		}
		if both[i], err = start(ctx, dir, b.self, "-child", childBytes, "-size", strconv.Itoa(b.size.Judged), "-dir", dir); err != nil {
			return times, err
		}
		defer func() { err = errors.Join(err, both[i].stop()) }()
	}
	var cpu, wall []float64
	for range b.size.Turns {
		alone, err := turnsOf(both[:1])
		if err != nil {
			return times, err
		}
		two, err := turnsOf(both[:])
		if err != nil {
			return times, err
		}
		cpu = append(cpu, 2*alone[0].CPU/((two[0].CPU+two[1].CPU)/2))
		wall = append(wall, 2*alone[0].Wall/max(two[0].Wall, two[1].Wall))
	}
	return judged{CPU: median(cpu), Wall: median(wall)}, nil
}

// turnsOf has children take a turn at once.
func turnsOf(children []*child) (all []judged, err error) {
	for _, c := range children {
		if err := c.turn(); err != nil {
			return nil, err
		}
	}
	for _, c := range children {
		j, err := heard[judged](c)
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	return all, nil
}

// coresChild is the child that judges on one core and on two.
func coresChild(ctx context.Context, dir string, size int, in io.Reader, out io.Writer) (err error) {
	store, err := sqlite.Open(ctx, filepath.Join(dir, "nospim.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }() //nolint:contextcheck // closing waits for the disk, whatever ctx says
	e, err := newEngine(ctx, store, false, memory.Limits{})
	if err != nil {
		return err
	}
	crowd, err := newCrowd()
	if err != nil {
		return err
	}
	turn := func(n int) (judged, error) {
		runtime.GOMAXPROCS(n)
		events := make([][]nospim.Event, n)
		for i := range size {
			event := *crowd.next()
			event.Recipients = []nospim.Account{event.Recipients[0]}
			events[i%n] = append(events[i%n], event)
		}
		return turnOf(size, func() error { return errors.Join(judgeAtOnce(ctx, e, events), store.Flush(ctx)) })
	}
	return answerTurns(in, out, func() (c cores, err error) {
		if c.One, err = turn(1); err == nil {
			c.Two, err = turn(2)
		}
		return c, err
	})
}

// judgeAtOnce judges each list in a goroutine of its own.
func judgeAtOnce(ctx context.Context, e *engine.Engine, events [][]nospim.Event) error {
	errs := make([]error, len(events))
	var all sync.WaitGroup
	for i, list := range events {
		all.Go(func() {
			for j := range list {
				if _, err := e.Judge(ctx, &list[j]); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
