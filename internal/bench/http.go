package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What is asked of the HTTP interface.
const (
	connections = 8
	batchSize   = 64     // messages a request
	askedHTTP   = 1.4    // times the bare handler's CPU
	askedBatch  = 70_000 // messages a second of CPU
)

// What the requests say.
const (
	jsonHeader  = "Content-Type: application/json\r\n"
	jsonlHeader = "Content-Type: application/jsonl\r\n"
	judgePath   = "/v1/judge"
	batchPath   = "/v1/judge/batch"
	barePath    = "/"
)

// pair is nospim and the bare handler, and a crowd that talks to both.
type pair struct {
	nospim *daemon
	bare   *child
	addr   string // of the bare handler
	crowd  *crowd
}

func (b *bench) servePair(ctx context.Context, s served) (*pair, error) {
	d, err := s.start(b, ctx)
	if err != nil {
		return nil, err
	}
	c, addr, err := b.serveBare(ctx)
	if err != nil {
		return nil, errors.Join(err, d.stop())
	}
	p := &pair{nospim: d, bare: c, addr: addr}
	if p.crowd, err = newCrowd(); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *pair) stop() error { return errors.Join(p.nospim.stop(), p.bare.stop()) }

// perMessage is a time for each of n messages, in microseconds.
func perMessage(d time.Duration, n int) float64 {
	return float64(d) / float64(n) / float64(time.Microsecond)
}

// measureHTTP compares a request for each message with the bare handler's.
func measureHTTP(ctx context.Context, b *bench) ([]row, error) {
	return b.bothServed(ctx, measureRequests)
}

func measureRequests(ctx context.Context, b *bench, s served) (rows []row, err error) {
	p, err := b.servePair(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var ours, bare, ratios []float64
	for turn := range b.size.Turns + 1 {
		bodies := p.crowd.bodies(b.size.Requests)
		mine, err := p.nospim.during(func() error { return postAll(ctx, p.nospim.http, judgePath, bodies) })
		if err != nil {
			return nil, err
		}
		other, err := p.bare.during(func() error { return postAll(ctx, p.addr, barePath, bodies) })
		if err != nil {
			return nil, err
		}
		if turn == 0 {
			continue // it warms both up
		}
		ours, bare = append(ours, perMessage(mine.cpu, len(bodies))), append(bare, perMessage(other.cpu, len(bodies)))
		ratios = append(ratios, ratio(mine.cpu, other.cpu))
	}
	return []row{{
		"`/v1/judge`, one message a request, keep-alive, 8 connections, against a bare net/http handler with encoding/json" + s.what,
		fmt.Sprintf("<= %.1f times its CPU", askedHTTP),
		fmt.Sprintf("%.1f µs CPU a message, bare handler %.1f µs", median(ours), median(bare)),
		median(ratios), verdict(median(ratios) <= askedHTTP),
	}}, nil
}

// postAll posts every body in a request of its own, over all connections.
func postAll(ctx context.Context, addr, path string, bodies [][]byte) error {
	all, err := dialCallers(ctx, addr, connections)
	if err != nil {
		return err
	}
	return errors.Join(all.post(path, jsonHeader, bodies, one), all.close())
}

func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// measureBatch posts batches of messages.
func measureBatch(ctx context.Context, b *bench) ([]row, error) {
	return b.bothServed(ctx, measureStream)
}

func measureStream(ctx context.Context, b *bench, s served) (rows []row, err error) {
	d, err := s.start(b, ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	var cpu, wall []float64
	for turn := range b.size.Turns + 1 {
		bodies := crowd.batches(b.size.Lines, batchSize)
		w, err := d.during(func() error { return postBatches(ctx, d.http, bodies) })
		if err != nil {
			return nil, err
		}
		if turn > 0 {
			cpu, wall = append(cpu, perMessage(w.cpu, b.size.Lines)), append(wall, perMessage(w.wall, b.size.Lines))
		}
	}
	rate := 1e6 / median(cpu)
	return []row{{
		fmt.Sprintf("`/v1/judge/batch`, %d messages a request, %d connections%s", batchSize, connections, s.what),
		fmt.Sprintf(">= %s msgs/s a core", thousands(askedBatch)),
		fmt.Sprintf("%s msgs/s a core (%.1f µs CPU a message; with the clients on the machine %s msgs/s)", thousands(rate), median(cpu), thousands(1e6/median(wall))),
		rate / askedBatch, verdict(rate >= askedBatch),
	}}, nil
}

func postBatches(ctx context.Context, addr string, bodies [][]byte) error {
	all, err := dialCallers(ctx, addr, connections)
	if err != nil {
		return err
	}
	return errors.Join(all.post(batchPath, jsonlHeader, bodies, countLines), all.close())
}
