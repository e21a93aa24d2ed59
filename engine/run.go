package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nospim/nospim"
)

// How often the background looks for changes that another process made (the command line, another node), writes the memory's
// snapshot, and deletes what has expired.
const (
	pollEvery     = 200 * time.Millisecond
	snapshotEvery = time.Minute
	expireEvery   = time.Hour
)

// Run does what goes on in the background until ctx ends. It needs a clock.
func (e *Engine) Run(ctx context.Context) error {
	poll, snap, expire := time.NewTicker(pollEvery), time.NewTicker(snapshotEvery), time.NewTicker(expireEvery)
	defer poll.Stop()
	defer snap.Stop()
	defer expire.Stop()
	campaigns := time.NewTicker(campaignsEvery)
	defer campaigns.Stop()
	if e.school != nil {
		var lessons sync.WaitGroup
		lessons.Go(func() { e.school.attend(ctx, e.plan.Load) })
		defer lessons.Wait()
	}
	polled := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
			poll.Reset(pollEvery)
			e.found(e.poll(ctx))
			polled = time.Now()
		case <-e.nudged:
			if time.Since(polled) < nudgeEvery {
				poll.Reset(nudgeEvery) // a storm of nudges is answered by the next tick
				continue
			}
			e.poll(ctx)
			polled = time.Now()
		case <-snap.C:
			if err := e.save(behind); err != nil {
				e.log.Error("the memory's snapshot failed", "err", err)
			}
		case <-campaigns.C:
			if err := e.Campaigns(ctx); err != nil && ctx.Err() == nil {
				e.log.Error("campaigns cannot be shown or swept", "err", err)
			}
		case <-expire.C:
			e.expire(ctx)
		}
	}
}

// InForce is the store's revision whose lists, labels and decisions [Engine.Run] has taken over, and all before it.
func (e *Engine) InForce() int64 { return e.inForce.Load() }

// poll takes over what changed in the store, and says whether something did.
func (e *Engine) poll(ctx context.Context) bool {
	now, err := e.records.Revision(ctx)
	if err != nil || now == e.inForce.Load() {
		if err != nil && ctx.Err() == nil {
			e.log.Error("the store cannot be read", "err", err)
		}
		return false
	}
	if err := errors.Join(e.loadLists(ctx), e.loadFeeds(ctx), e.loadLabels(ctx), e.decide(ctx)); err != nil {
		if ctx.Err() == nil {
			e.log.Error("lists or labels stay as they were", "err", err)
		}
		return false
	}
	e.inForce.Store(now)
	e.changed.tell()
	return true
}

func (e *Engine) expire(ctx context.Context) {
	k := e.keep.orDefault()
	n, err := e.records.Expire(ctx, e.clock(), k.Allow, k.Enforced, k.Hold)
	switch {
	case err != nil && ctx.Err() == nil:
		e.log.Error("expiring old records failed", "err", err)
	case n > 0:
		e.log.Info("expired old records", "rows", n)
	}
}

func (k Keep) orDefault() Keep {
	const day = 24 * time.Hour
	if k.Allow == 0 {
		k.Allow = 7 * day
	}
	if k.Enforced == 0 {
		k.Enforced = 90 * day
	}
	if k.Hold == 0 {
		k.Hold = 14 * day
	}
	return k
}

// Close makes everything durable and writes the memory's snapshot. Nothing may be judged any more. The record store stays open: who opened it closes it.
func (e *Engine) Close(ctx context.Context) error {
	if err := e.records.Flush(ctx); err != nil {
		return fmt.Errorf("flushing records: %w", err)
	}
	return e.save(0)
}

// Watch implements [nospim.Orders].
func (e *Engine) Watch(ctx context.Context, service string, send func(nospim.Order) error) error {
	after := ""
	for {
		changed := e.changed.wait()
		var retry <-chan time.Time
		orders, err := e.records.Orders(ctx, service, after)
		if err != nil && ctx.Err() == nil {
			e.log.Error("orders cannot be read", "service", service, "err", err)
			retry = time.After(pollEvery)
		}
		sent, later, err := e.sendOrders(ctx, orders, send)
		if err != nil {
			return err
		}
		if sent != "" {
			after = sent
		}
		if later {
			retry = time.After(leaseRetry)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-retry:
		}
	}
}

// Ack implements [nospim.Orders].
func (e *Engine) Ack(ctx context.Context, id, failure string) error {
	if failure != "" {
		e.log.Warn("a connector could not carry out an order", "order", id)
	}
	if err := e.records.Ack(ctx, id, failure); err != nil {
		return fmt.Errorf("acknowledging order %s: %w", id, err)
	}
	return nil
}

// broadcast wakes everybody who waits.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

func newBroadcast() *broadcast { return &broadcast{ch: make(chan struct{})} }

// wait returns a channel that closes at the next tell.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ch
}

func (b *broadcast) tell() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.ch)
	b.ch = make(chan struct{})
}
