package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nospim/nospim/cluster"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/memory"
)

// askedConverged is how soon what one node counts is counted by all others, 99 times of 100.
const askedConverged = 100 * time.Millisecond

const (
	// nodes are in the cluster, and each notes something every so often.
	nodes       = 3
	noteEvery   = time.Millisecond
	betweenLook = 500 * time.Microsecond
	// frameEvery is the time between frames that a cluster has when it is told none, over which the notes that are waited for are spread.
	frameEvery = 25 * time.Millisecond
	// convergeWait is when one is given up that is waited for.
	convergeWait = 30 * time.Second
)

// measureConvergence lets three nodes share what they count over a NATS of their own, and looks how long after one has noted something
// both others count it.
func measureConvergence(ctx context.Context, b *bench) (rows []row, err error) {
	const what = "three nodes over NATS, each noting 1,000 events a second: from a note at one until both others count it, p99"
	dir, err := os.MkdirTemp(b.dir, "nats-")
	if err != nil {
		return nil, err
	}
	server, err := startNATS(ctx, dir)
	if errors.Is(err, servers.ErrMissing) {
		return []row{{What: what, Verdict: notInstalled}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	n, err := newNeighbours(ctx, server.URL, dir)
	defer func() { err = errors.Join(err, n.close()) }()
	if err != nil {
		return nil, err
	}
	took, err := n.measure(ctx, b.size.Notes)
	if err != nil {
		return nil, err
	}
	p99 := percentile(took, 99)
	return []row{{
		what, fmt.Sprintf("<= %v", askedConverged),
		fmt.Sprintf("%.0f ms (median %.0f ms, longest %.0f ms, of %d); %.0f ms of it may pass until the next frame", millis(p99), millis(median(took)),
			millis(percentile(took, 100)), len(took), millis(frameEvery)),
		ratio(p99, askedConverged), verdict(p99 <= askedConverged),
	}}, nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// startNATS starts the server that is installed, or the one that the project's tools name.
func startNATS(ctx context.Context, dir string) (*servers.NATS, error) {
	program, err := servers.Find("nats-server")
	if err != nil {
		mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
		if err != nil {
			return nil, fmt.Errorf("looking for the project: %w", err)
		}
		if program, err = servers.BuildNATS(ctx, filepath.Dir(strings.TrimSpace(string(mod)))); err != nil {
			return nil, err
		}
	}
	return servers.StartNATS(ctx, servers.NATSOptions{Dir: dir, Program: program})
}

// neighbours are the nodes of a cluster, all in this process.
type neighbours struct {
	nodes    [nodes]*cluster.Node
	memories [nodes]*memory.Local
	at       time.Time
	stop     context.CancelFunc
	noting   sync.WaitGroup
}

// newNeighbours opens the nodes and has them note. What it returns is to be closed, also after an error.
func newNeighbours(ctx context.Context, url, dir string) (*neighbours, error) {
	ctx, stop := context.WithCancel(ctx)
	n := &neighbours{at: time.Now(), stop: stop}
	for i := range n.nodes {
		n.memories[i] = memory.New(memory.Limits{})
		node, err := cluster.Open(ctx, cluster.Config{
			URL: url, Name: "bench", Node: fmt.Sprint(i), Key: []byte("a key of the nodes that are measured"), Memory: n.memories[i],
			Dir: dir, Every: frameEvery,
		})
		if err != nil {
			return n, err
		}
		node.Start()
		n.nodes[i] = node
	}
	if err := n.await(ctx, func() bool {
		for _, node := range n.nodes {
			if node.CutOff() {
				return false
			}
		}
		return true
	}); err != nil {
		return n, fmt.Errorf("waiting for the cluster: %w", err)
	}
	for i := range n.memories {
		n.noting.Go(func() { n.note(ctx, i) })
	}
	return n, nil
}

func (n *neighbours) close() (err error) {
	n.stop()
	n.noting.Wait()
	for _, node := range n.nodes {
		if node != nil {
			err = errors.Join(err, node.Close())
		}
	}
	return err
}

// counter is the cell that counts for a key.
func counter(key uint64) memory.Cell {
	return memory.Cell{Key: key, Kind: memory.Count, Window: time.Hour, Note: true}
}

// note has a node note one event after the other, as a server's traffic has it do: of one of its accounts, and of everybody.
func (n *neighbours) note(ctx context.Context, node int) {
	const everybody, accounts, account = 1 << 40, 1000, 1 << 41
	tick := time.NewTicker(noteEvery)
	defer tick.Stop()
	for i := uint64(1); ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			one := uint64(account | node<<32)
			n.memories[node].Note(&memory.Note{
				Event: memory.Hash{one | i, 1}, At: n.at, Cells: []memory.Cell{counter(everybody), counter(one | i%accounts)},
			})
		}
	}
}

// counts reports whether a node counts something for a key.
func (n *neighbours) counts(node int, key uint64) bool {
	var r memory.Recalled
	cell := counter(key)
	cell.Note = false
	n.memories[node].Recall(&memory.Note{At: n.at, Cells: []memory.Cell{cell}}, &r)
	return r.Values[0].N > 0
}

// await looks until something is so.
func (n *neighbours) await(ctx context.Context, is func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, convergeWait)
	defer cancel()
	look := time.NewTicker(betweenLook)
	defer look.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
	return nil
}

// measure notes so many things, each at another node than the one before and at any time between two frames, and returns how long after
// each both others counted it.
func (n *neighbours) measure(ctx context.Context, times int) ([]time.Duration, error) {
	random, took := rand.New(rand.NewPCG(1, 2)), make([]time.Duration, 0, times)
	for i := range times {
		at, key := i%nodes, uint64(1000+i)
		<-time.After(time.Duration(random.Int64N(int64(frameEvery))))
		noted := time.Now()
		n.memories[at].Note(&memory.Note{Event: memory.Hash{key, 2}, At: n.at, Cells: []memory.Cell{counter(key)}})
		if err := n.await(ctx, func() bool { return n.counts((at+1)%nodes, key) && n.counts((at+2)%nodes, key) }); err != nil {
			return nil, fmt.Errorf("waiting for note %d to be known everywhere: %w", i, err)
		}
		took = append(took, time.Since(noted))
	}
	return took, nil
}
