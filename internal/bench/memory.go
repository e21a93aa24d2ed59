package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What is asked of the size, in MiB, and of the start.
const (
	askedEmpty = 40
	askedFull  = 150
	askedReady = 200 * time.Millisecond
)

// measureMemory looks at the size of a fresh nospim and of one that has judged many messages, and at how long the latter takes
// to come back.
func measureMemory(ctx context.Context, b *bench) (rows []row, err error) {
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	data, err := b.fresh()
	if err != nil {
		return nil, err
	}
	d, err := b.serve(ctx, data)
	if err != nil {
		return nil, err
	}
	empty, err := size(d, "resident memory of serve, empty with policy", askedEmpty)
	if err != nil {
		return nil, errors.Join(err, d.stop())
	}
	for done := 0; done < b.size.Memory && err == nil; done += b.size.Lines {
		err = pipeline(ctx, d.line, crowd.questions(b.size.Lines), b.size.Lines)
	}
	if err != nil {
		return nil, errors.Join(err, d.stop())
	}
	judged := (b.size.Memory + b.size.Lines - 1) / b.size.Lines * b.size.Lines
	full, err := size(d, fmt.Sprintf("the same after judging %s messages among 10,000 accounts", thousands(judged)), askedFull)
	if err = errors.Join(err, d.stop()); err != nil {
		return nil, err
	}
	again, err := b.startAgain(ctx, data)
	return append(rows, empty, full, again), err
}

// size is the row of a process's size.
func size(d *daemon, what string, asked float64) (row, error) {
	now, most, err := d.resident()
	return row{
		what, fmt.Sprintf("< %.0f MB", asked), fmt.Sprintf("%.1f MB (at most %.1f MB until then)", now, most),
		now / asked, verdict(now < asked),
	}, err
}

// startAgain starts nospim on data that there are.
func (b *bench) startAgain(ctx context.Context, data string) (row, error) {
	var times []time.Duration
	for range min(b.size.Starts, 3) {
		d, err := b.serve(ctx, data)
		if err != nil {
			return row{}, err
		}
		times = append(times, d.ready)
		if err := d.stop(); err != nil {
			return row{}, err
		}
	}
	return row{
		"start to ready with the memory of these messages", "", fmt.Sprintf("%d ms", median(times).Milliseconds()),
		float64(median(times)) / float64(askedReady), noVerdict,
	}, nil
}

// measureStart starts nospim where there is nothing but a policy.
func measureStart(ctx context.Context, b *bench) ([]row, error) {
	var times []time.Duration
	for range b.size.Starts {
		d, err := b.serveFresh(ctx)
		if err != nil {
			return nil, err
		}
		times = append(times, d.ready)
		if err := d.stop(); err != nil {
			return nil, err
		}
	}
	return []row{{
		"start of the process to the first answer of `/healthz`, new data directory", fmt.Sprintf("< %d ms", askedReady.Milliseconds()),
		fmt.Sprintf("%d ms (longest of %d: %d ms)", median(times).Milliseconds(), len(times), percentile(times, 100).Milliseconds()),
		float64(median(times)) / float64(askedReady), verdict(median(times) < askedReady),
	}}, nil
}
