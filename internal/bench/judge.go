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
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record/sqlite"
)

// What is asked of judging in process.
const (
	askedJudged = 80_000 // messages a second on one core
	askedAllocs = 10     // a message
)

// judged is what a turn of judging in process took, for each message.
type judged struct {
	CPU    float64 `json:"cpu"`  // ns, of the whole process: collector and writing behind included
	Wall   float64 `json:"wall"` // ns
	Allocs float64 `json:"allocs"`
}

// measureJudge judges in a process of its own, on one core: this process's memory and clients must not count.
func measureJudge(ctx context.Context, b *bench) (rows []row, err error) {
	dir, err := os.MkdirTemp(b.dir, "judge-")
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, dir, b.self, "-child", "judge", "-size", strconv.Itoa(b.size.Judged), "-dir", dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	var cpu, wall, allocs []float64
	for range b.size.Turns {
		var j judged
		if _, err := io.WriteString(c.in, "turn\n"); err != nil {
			return nil, err
		}
		said, err := c.line()
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(said), &j); err != nil {
			return nil, err
		}
		cpu, wall, allocs = append(cpu, j.CPU), append(wall, j.Wall), append(allocs, j.Allocs)
	}
	rate := 1e9 / median(cpu)
	return []row{
		{
			"in-process Judge, one core, all detectors, embedded stores", fmt.Sprintf(">= %s msgs/s", thousands(askedJudged)),
			fmt.Sprintf("%s msgs/s (%.2f µs CPU, %.2f µs by the clock)", thousands(rate), median(cpu)/1e3, median(wall)/1e3),
			rate / askedJudged, verdict(rate >= askedJudged),
		},
		{
			"allocations of it", fmt.Sprintf("<= %d a message", askedAllocs), fmt.Sprintf("%.2f a message", median(allocs)),
			median(allocs) / askedAllocs, verdict(median(allocs) <= askedAllocs),
		},
	}, nil
}

// judgeChild is the child that judges, with its data in dir. For each line that it reads it takes a turn and prints what that took.
func judgeChild(ctx context.Context, dir string, size int, in io.Reader, out io.Writer) (err error) {
	runtime.GOMAXPROCS(1)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "nospim.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }() //nolint:contextcheck // closing waits for the disk, whatever ctx says
	e, err := newEngine(ctx, store)
	if err != nil {
		return err
	}
	crowd, err := newCrowd()
	if err != nil {
		return err
	}
	if _, err := judgeTurn(ctx, e, store, crowd, 2*size); err != nil { // until the memory is full
		return err
	}
	turns := bufio.NewScanner(in)
	for turns.Scan() {
		j, err := judgeTurn(ctx, e, store, crowd, size)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(j); err != nil {
			return err
		}
	}
	return turns.Err()
}

func newEngine(ctx context.Context, store *sqlite.Store) (*engine.Engine, error) {
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		return nil, err
	}
	m, err := model.Shipped()
	if err != nil {
		return nil, err
	}
	return engine.New(ctx, engine.Config{
		Memory: memory.New(memory.Limits{}), Records: store, Policy: p.Enforced(), Detectors: detect.All(m), Clock: time.Now,
	})
}

func judgeTurn(ctx context.Context, e *engine.Engine, store *sqlite.Store, c *crowd, size int) (judged, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := func() (time.Duration, error) {
		s, err := readStat(os.Getpid())
		return s.cpu, err
	}
	w, err := during(cpu, func() error {
		var t tally
		for range size {
			v, err := e.Judge(ctx, c.next())
			if err != nil {
				return err
			}
			t.judged.Add(1)
			if v.Action == nospim.Allow {
				t.allowed.Add(1)
			}
		}
		return errors.Join(t.check(), store.Flush(ctx))
	})
	runtime.ReadMemStats(&after)
	n := float64(size)
	return judged{float64(w.cpu) / n, float64(w.wall) / n, float64(after.Mallocs-before.Mallocs) / n}, err
}

// thousands writes a number with commas between the thousands.
func thousands[T int | float64](v T) string {
	s := strconv.FormatInt(int64(v), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
