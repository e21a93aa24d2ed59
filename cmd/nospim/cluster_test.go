package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// startNode runs a daemon as a node of a cluster: with data of its own, and the record store and the policy of the others.
func startNode(t *testing.T, name, url, shared string) *daemon {
	t.Helper()
	c := config.Config{
		Data: filepath.Join(t.TempDir(), name), Record: filepath.Join(shared, "nospim.db"), Policy: filepath.Join(shared, "policy.yaml"),
		Cluster: config.Cluster{URL: url, Node: name},
	}
	c.Line.Listen, c.HTTP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	c, err := c.Complete()
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), c, slog.New(slog.DiscardHandler), daemonOptions{})
	if err != nil {
		t.Fatal(err)
	}
	running(t, d)
	return d
}

// counted3 reports whether the rule COUNTED fired: the message was the sender's third.
func counted3(v *nospim.Verdict) bool {
	return slices.ContainsFunc(v.Signals, func(s nospim.Signal) bool { return s.Symbol == "COUNTED" })
}

// TestThreeDaemons runs three daemons as one service: they count together, deliver what is released once, load a changed policy, and go on
// when NATS is gone, saying so in each verdict, in /healthz and in the metrics.
func TestThreeDaemons(t *testing.T) {
	program, err := servers.BuildNATS(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	nats, err := servers.StartNATS(context.WithoutCancel(t.Context()), servers.NATSOptions{Dir: t.TempDir(), Program: program})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nats.Close() })
	shared := newData(t)
	var nodes [3]*daemon
	var clients [3]*line.Client
	var mu sync.Mutex
	delivered := map[string]int{}
	for i := range nodes {
		nodes[i] = startNode(t, string(rune('a'+i)), nats.URL, shared)
		c, err := line.DialAddr(t.Context(), nodes[i].LineAddr, line.Hello{Connector: "test", Service: "chat.example"}, line.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		c.OnOrder(func(o nospim.Order) string {
			mu.Lock()
			defer mu.Unlock()
			delivered[o.EventID]++
			return ""
		})
		clients[i] = c
	}
	judge := func(at int, ev *nospim.Event) *nospim.Verdict {
		t.Helper()
		v, err := clients[at].Judge(t.Context(), ev)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}

	// The third message of a sender is the third wherever it comes.
	for i, name := range []string{"ada", "bob", "eve"} {
		for k := range 2 {
			if v := judge((i+k)%3, message(fmt.Sprint(name, k), name+"@chat.example", nospim.RelationContact, "hello")); counted3(v) {
				t.Fatalf("message %d of %s is counted as the third", k+1, name)
			}
		}
		third := (i + 2) % 3
		become(t, "the third node has heard of both", func() bool { return nodes[third].Engine.Stats().Memory.Events == 3*i+2 })
		if v := judge(third, message(name+"-third", name+"@chat.example", nospim.RelationContact, "hello")); !counted3(v) {
			t.Errorf("the third message of %s is not the third at node %d: %v", name, third, v.Signals)
		}
	}

	// What is released is delivered once, although three connectors wait for orders.
	const held = 10
	for i := range held {
		v := judge(i%3, message(fmt.Sprint("held", i), fmt.Sprintf("nina%d@chat.example", i), nospim.RelationStranger, "look at http://pills.example/a"))
		if v.Action != nospim.Hold {
			t.Fatalf("%v for %v, want hold", v.Action, v.Signals)
		}
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(shared, "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	waiting, err := store.Held(t.Context(), record.HeldFilter{State: nospim.HoldHeld})
	if err != nil || len(waiting) != held {
		t.Fatalf("%d held, %v", len(waiting), err)
	}
	for _, h := range waiting {
		if err := store.Settle(t.Context(), h.ID, nospim.HoldReleased, "ada", ""); err != nil {
			t.Fatal(err)
		}
	}
	become(t, "everything is delivered", func() bool {
		h, err := store.Held(t.Context(), record.HeldFilter{State: nospim.HoldDelivered})
		return err == nil && len(h) == held
	})
	mu.Lock()
	for id, n := range delivered {
		if n != 1 {
			t.Errorf("%s was delivered %d times", id, n)
		}
	}
	mu.Unlock()

	// A changed policy, and NATS gone.
	writeFile(t, filepath.Join(shared, "policy.yaml"), strict+"weights: {FAN_OUT: 7}\n")
	for _, n := range nodes {
		become(t, "the policy is loaded", func() bool { return n.reloads.done.Load() == 1 })
	}
	if err := nats.Close(); err != nil {
		t.Fatal(err)
	}
	for i, n := range nodes {
		become(t, "the node is cut off", n.others.node.CutOff)
		v := judge(i, message(fmt.Sprint("cut", i), "carl@chat.example", nospim.RelationContact, "hello"))
		if !slices.Contains(v.Degraded, "cluster") || v.Action != nospim.Allow {
			t.Errorf("cut off: %v, degraded %v", v.Action, v.Degraded)
		}
		if body := get(t, "http://"+n.HTTPAddr+"/healthz"); !strings.Contains(body, `"degraded":["cluster"]`) {
			t.Errorf("healthz says %s", body)
		}
		if body := get(t, "http://"+n.HTTPAddr+"/metrics"); !strings.Contains(body, "nospim_cluster_cut_off 1\n") || !strings.Contains(body, "nospim_cluster_frames_sent_total ") {
			t.Error("the metrics lack the cluster")
		}
	}
}
