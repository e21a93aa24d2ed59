package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
)

// Traffic while the policy is loaded again and again.
const (
	askedReload = 1.5  // times the p99 without
	traffic     = 2000 // messages a second
	talkers     = 8
	reloadEvery = 250 * time.Millisecond
)

// measureReload compares the latency of moderate traffic on the line protocol with and without a policy that changes all the time.
func measureReload(ctx context.Context, b *bench) (rows []row, err error) {
	d, err := b.serveFresh(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	c, err := line.DialAddr(ctx, d.line, line.Hello{Connector: "bench"}, line.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	r := &reloader{daemon: d}
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	var without, with, ratios []float64
	for turn := range b.size.Turns + 1 {
		quiet, err := talk(ctx, c, crowd, b.size.Reloads)
		if err != nil {
			return nil, err
		}
		busy, err := r.beside(ctx, func() ([]time.Duration, error) { return talk(ctx, c, crowd, b.size.Reloads) })
		if err != nil {
			return nil, err
		}
		if turn == 0 {
			continue
		}
		a, z := percentile(busy, 99), percentile(quiet, 99)
		with, without, ratios = append(with, micros(a)), append(without, micros(z)), append(ratios, ratio(a, z))
	}
	loaded, err := r.loaded(ctx)
	if err == nil && loaded < r.done/2 { // two signals close to each other may be one
		err = fmt.Errorf("the policy was changed %d times and loaded %d times", r.done, loaded)
	}
	return []row{{
		fmt.Sprintf("policy reload beside %s msgs/s on the line protocol, every %d ms: p99 against that without", thousands(traffic), reloadEvery.Milliseconds()),
		fmt.Sprintf("<= %.1f times", askedReload),
		fmt.Sprintf("p99 %.0f µs, without %.0f µs (%d loads)", median(with), median(without), loaded),
		median(ratios), verdict(median(ratios) <= askedReload),
	}}, err
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// reloader changes a daemon's policy.
type reloader struct {
	daemon *daemon
	done   int
}

// beside changes the policy all the time that do takes.
func (r *reloader) beside(ctx context.Context, do func() ([]time.Duration, error)) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.keepChanging(ctx) }()
	times, err := do()
	cancel()
	return times, errors.Join(err, <-ended)
}

func (r *reloader) keepChanging(ctx context.Context) error {
	ticks := time.NewTicker(reloadEvery)
	defer ticks.Stop()
	for {
		if err := r.change(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// change writes another threshold into the policy and says so.
func (r *reloader) change() error {
	text, err := os.ReadFile(r.daemon.policy)
	if err != nil {
		return err
	}
	from, to := []byte("\n  mark: 4\n"), []byte("\n  mark: 4.5\n")
	if !bytes.Contains(text, from) {
		from, to = to, from
	}
	if !bytes.Contains(text, from) {
		return errors.New("the policy has no threshold for mark to change")
	}
	beside := r.daemon.policy + ".new"
	if err := os.WriteFile(beside, bytes.Replace(text, from, to, 1), 0o600); err != nil {
		return err
	}
	if err := os.Rename(beside, r.daemon.policy); err != nil {
		return err
	}
	r.done++
	return r.daemon.cmd.Process.Signal(syscall.SIGHUP)
}

var loads = regexp.MustCompile(`(?m)^nospim_policy_loads_total\{result="ok"\} (\d+)$`)

// loaded is how often the daemon says that it has loaded its policy.
func (r *reloader) loaded(ctx context.Context) (int, error) {
	text, err := r.daemon.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	found := loads.FindSubmatch(text)
	if found == nil {
		return 0, errors.New("the metrics do not say how often the policy was loaded")
	}
	return strconv.Atoi(string(found[1]))
}

// talk sends traffic for a time and returns how long each answer took. A message is sent when its time has come; when that has
// passed because an answer was late, the wait counts.
func talk(ctx context.Context, c *line.Client, crowd *crowd, length time.Duration) ([]time.Duration, error) {
	const period = time.Second * talkers / traffic
	errs, times := make([]error, talkers), make([][]time.Duration, talkers)
	events := make([][]nospim.Event, talkers)
	for i := range events {
		for range int(length / period) {
			e := *crowd.next()
			e.Recipients = []nospim.Account{e.Recipients[0]}
			events[i] = append(events[i], e)
		}
	}
	begun := time.Now()
	var all sync.WaitGroup
	for i := range talkers {
		first := begun.Add(period * time.Duration(i) / talkers)
		all.Go(func() { times[i], errs[i] = talkOne(ctx, c, events[i], first, period) })
	}
	all.Wait()
	var joined []time.Duration
	for _, t := range times {
		joined = append(joined, t...)
	}
	return joined, errors.Join(errs...)
}

func talkOne(ctx context.Context, c *line.Client, events []nospim.Event, first time.Time, period time.Duration) ([]time.Duration, error) {
	times := make([]time.Duration, 0, len(events))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := range events {
		due := first.Add(time.Duration(i) * period)
		if wait := time.Until(due); wait > 0 {
			timer.Reset(wait)
			<-timer.C
			due = time.Now()
		}
		if _, err := c.Judge(ctx, &events[i]); err != nil {
			return nil, err
		}
		times = append(times, time.Since(due))
	}
	return times, nil
}
