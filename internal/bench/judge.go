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
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/internal/pages"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record/sqlite"
)

// What is asked of judging in process.
const (
	askedJudged = 80_000 // messages a second on one core, with the detectors of the first day
	askedAllocs = 10     // a message
	askedBytes  = 12e3   // ns of CPU a message with everything on, from JSON to JSON
	askedFew    = 4      // allocations of that
)

// judged is what a turn of judging in process took, for each message.
type judged struct {
	CPU    float64 `json:"cpu"`  // ns, of the whole process: collector and writing behind included
	Wall   float64 `json:"wall"` // ns
	Allocs float64 `json:"allocs"`
}

// What a judging child does.
const (
	childFirst = "judge"       // the detectors of the first day
	childBytes = "judge-bytes" // everything, from JSON to JSON
)

// measureJudge judges in processes of their own, on one core: this process's memory and clients must not count.
func measureJudge(ctx context.Context, b *bench) ([]row, error) {
	first, err := judgeTurns(ctx, b, childFirst)
	if err != nil {
		return nil, err
	}
	bytes, err := judgeTurns(ctx, b, childBytes)
	if err != nil {
		return nil, err
	}
	rate := 1e9 / first.CPU
	took := func(j judged) string {
		return fmt.Sprintf("%s msgs/s (%.2f µs CPU, %.2f µs by the clock)", thousands(1e9/j.CPU), j.CPU/1e3, j.Wall/1e3)
	}
	allocs := func(of string, asked, got float64) row {
		return row{of, fmt.Sprintf("<= %.0f a message", asked), fmt.Sprintf("%.2f a message", got), got / asked, verdict(got <= asked)}
	}
	return []row{
		{
			"in-process Judge, one core, the detectors of the first day, embedded stores", fmt.Sprintf(">= %s msgs/s", thousands(askedJudged)),
			took(first), rate / askedJudged, verdict(rate >= askedJudged),
		},
		allocs("allocations of it", askedAllocs, first.Allocs),
		{
			"everything on, from JSON to JSON, one core", fmt.Sprintf("<= %.0f µs CPU", askedBytes/1e3),
			took(bytes), bytes.CPU / askedBytes, verdict(bytes.CPU <= askedBytes),
		},
		allocs("allocations of that", askedFew, bytes.Allocs),
	}, nil
}

// judgeTurns lets a child take its turns and returns the medians.
func judgeTurns(ctx context.Context, b *bench, child string) (m judged, err error) {
	dir, err := os.MkdirTemp(b.dir, "judge-")
	if err != nil {
		return m, err
	}
	c, err := start(ctx, dir, b.self, "-child", child, "-size", strconv.Itoa(b.size.Judged), "-dir", dir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	var cpu, wall, allocs []float64
	for range b.size.Turns {
		if err := c.turn(); err != nil {
			return m, err
		}
		j, err := heard[judged](c)
		if err != nil {
			return m, err
		}
		cpu, wall, allocs = append(cpu, j.CPU), append(wall, j.Wall), append(allocs, j.Allocs)
	}
	return judged{median(cpu), median(wall), median(allocs)}, nil
}

// judgeChild is a child that judges, with its data in dir. For each line that it reads it takes a turn and prints what that took.
func judgeChild(ctx context.Context, child, dir string, size int, in io.Reader, out io.Writer) (err error) {
	runtime.GOMAXPROCS(1)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "nospim.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }() //nolint:contextcheck // closing waits for the disk, whatever ctx says
	e, err := newEngine(ctx, store, child == childFirst, memory.Limits{})
	if err != nil {
		return err
	}
	crowd, err := newCrowd()
	if err != nil {
		return err
	}
	turn := judgeTurn
	if child == childBytes {
		turn = bytesTurn
	}
	if _, err := turn(ctx, e, store, crowd, 2*size); err != nil { // until the memory is full
		return err
	}
	turns := bufio.NewScanner(in)
	for turns.Scan() {
		j, err := turn(ctx, e, store, crowd, size)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(j); err != nil {
			return err
		}
	}
	return turns.Err()
}

// firstDay are the detectors that the first issue asked for.
func firstDay() []detect.Detector {
	return []detect.Detector{
		detect.Lists{}, detect.FirstContact{}, detect.FanOut{}, detect.BulkText{}, detect.RequestFlood{}, detect.RegistrationFlood{}, detect.Oversize{},
	}
}

// newEngine makes an engine with the default policy out of shadow and all detectors, or those of the first day. It learns, as serve does.
func newEngine(ctx context.Context, store *sqlite.Store, first bool, limits memory.Limits) (*engine.Engine, error) {
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		return nil, err
	}
	m, err := model.Shipped()
	if err != nil {
		return nil, err
	}
	salt, err := store.Salt(ctx)
	if err != nil {
		return nil, err
	}
	learned := model.NewLearned(m, engine.Seed(salt))
	ds := detect.WithLearned(detect.All(m), learned)
	if first {
		ds, learned = firstDay(), nil
	}
	limits.Pages = pages.Large
	return engine.New(ctx, engine.Config{
		Memory: memory.New(limits), Records: store, Policy: p.Enforced(), Detectors: ds, Learned: learned, Clock: time.Now,
	})
}

// bytesTurn judges from JSON to JSON. The lines are made before it is measured.
func bytesTurn(ctx context.Context, e *engine.Engine, store *sqlite.Store, c *crowd, size int) (judged, error) {
	var lines []byte
	ends := make([]int, 0, size)
	for range size {
		lines = wire.AppendEvent(lines, c.next())
		ends = append(ends, len(lines))
	}
	var (
		event nospim.Event
		out   []byte
		start int
	)
	return turnOf(size, func() error {
		var t tally
		for _, end := range ends {
			wire.ResetEvent(&event)
			if _, err := wire.DecodeEvent(lines[start:end], &event); err != nil {
				return err
			}
			start = end
			v, err := e.Judge(ctx, &event)
			if err != nil {
				return err
			}
			out = wire.AppendVerdict(out[:0], v)
			t.judged.Add(1)
			if v.Action == nospim.Allow {
				t.allowed.Add(1)
			}
		}
		return errors.Join(t.check(), store.Flush(ctx))
	})
}

func judgeTurn(ctx context.Context, e *engine.Engine, store *sqlite.Store, c *crowd, size int) (judged, error) {
	return turnOf(size, func() error {
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
}

// turnOf measures what do takes of this process, for each of n messages.
func turnOf(n int, do func() error) (judged, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w, err := during(ownCPU, do)
	runtime.ReadMemStats(&after)
	return judged{float64(w.cpu) / float64(n), float64(w.wall) / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n)}, err
}

// thousands writes a number with commas between the thousands.
func thousands[T int | float64](v T) string {
	s := strconv.FormatInt(int64(v), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
