package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/record"
)

func inCluster(c engine.Cluster) option { return func(e *engine.Config) { e.Cluster = c } }

// TestCutOffIsSaid: while the memory lacks what others know, each verdict says so, and is given all the same.
func TestCutOffIsSaid(t *testing.T) {
	var cut atomic.Bool
	r := newRig(t, "", inCluster(engine.Cluster{CutOff: cut.Load}))
	for i, want := range []bool{false, true, false} {
		cut.Store(want)
		v := judge(t, r, message("m-"+string(rune('a'+i)), "ada@chat.example", "bob@chat.example", "are you coming tonight?"))
		if got := slices.Contains(v.Degraded, "cluster"); got != want || v.Action != nospim.Allow {
			t.Errorf("cut off %v: degraded %v, %v", want, v.Degraded, v.Action)
		}
	}
}

// TestOrderOfOneNode: of two nodes that each have a connector for a service, one sends an order, and nobody again after it is acknowledged.
func TestOrderOfOneNode(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nospim.db")
	nodes := [2]*rig{}
	for i, name := range []string{"a", "b"} {
		nodes[i] = newRig(t, file, inCluster(engine.Cluster{Node: name}), func(c *engine.Config) { c.Clock = time.Now })
	}
	background(t, nodes[0], nodes[1])
	const orders = 20
	for range orders {
		hold(t, nodes[0])
	}
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	got := map[string]int{}
	var watching sync.WaitGroup
	for _, n := range nodes {
		watching.Go(func() {
			err := n.Watch(ctx, "chat.example", func(o nospim.Order) error {
				mu.Lock()
				got[o.ID]++
				mu.Unlock()
				return n.Ack(ctx, o.ID, "")
			})
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	for _, h := range waiting(t, nodes[0]) {
		if err := nodes[1].records.Settle(t.Context(), h.ID, nospim.HoldReleased, "ada", ""); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "everything delivered", func() bool {
		h, err := nodes[0].records.Held(t.Context(), record.HeldFilter{State: nospim.HoldDelivered})
		return err == nil && len(h) == orders
	})
	cancel()
	watching.Wait()
	if len(got) != orders {
		t.Errorf("%d orders sent, want %d", len(got), orders)
	}
	for id, n := range got {
		if n != 1 {
			t.Errorf("order %s was sent %d times", id, n)
		}
	}
}

// TestNudge: a node that is nudged looks at once; one that finds a change by itself says so, once. It has its own time, in which a machine
// that is busy does not count.
func TestNudge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var changed atomic.Int64
		r := newRig(t, "", inCluster(engine.Cluster{Node: "a", Changed: func() { changed.Add(1) }}), func(c *engine.Config) { c.Clock = time.Now })
		background(t, r)
		block(t, r, "eve@chat.example")
		soon(t, "found by polling, and said", func() bool { return changed.Load() == 1 })
		const atOnce = 10 * time.Millisecond
		for i := range 10 {
			eve := "eve" + string(rune('a'+i)) + "@chat.example"
			block(t, r, eve)
			r.Nudge()
			<-time.After(atOnce)
			synctest.Wait()
			e := message("n-"+eve, eve, "bob@chat.example", "hello")
			e.Time = time.Now()
			if v := judge(t, r, e); v.Action != nospim.Reject {
				t.Errorf("%v after a nudge, what it tells of is not in force: %s", atOnce, v.Action)
			}
		}
		if n := changed.Load(); n > 2 { // a tick may come before a nudge
			t.Errorf("who was nudged told the others of %d changes", n)
		}
	})
}

// TestChangedBeforeRun: what changes after the engine was made and before its background runs is taken over, too.
func TestChangedBeforeRun(t *testing.T) {
	r := newRig(t, filepath.Join(t.TempDir(), "nospim.db"), func(c *engine.Config) { c.Clock = time.Now })
	block(t, r, "eve@chat.example")
	background(t, r)
	soon(t, "blocked", func() bool {
		e := message("b-"+time.Now().String(), "eve@chat.example", "bob@chat.example", "hello")
		e.Time = time.Now()
		return judge(t, r, e).Action == nospim.Reject
	})
}

// background runs the engines' background until the test ends.
func background(t *testing.T, rigs ...*rig) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var all sync.WaitGroup
	for _, r := range rigs {
		all.Go(func() {
			if err := r.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); all.Wait() })
}

// hold keeps one message as held, as a verdict would.
func hold(t *testing.T, r *rig) {
	t.Helper()
	id := "h-" + time.Now().String()
	v := nospim.Verdict{EventID: id, Action: nospim.Hold, Wanted: nospim.Hold}
	e := message(id, "eve@chat.example", "bob@chat.example", "cheap pills")
	if _, err := r.records.Keep(&nospim.Record{Event: *e, Verdict: v, Kept: start}).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func waiting(t *testing.T, r *rig) []nospim.Held {
	t.Helper()
	h, err := r.records.Held(t.Context(), record.HeldFilter{State: nospim.HoldHeld})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// soon waits until something is so.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
