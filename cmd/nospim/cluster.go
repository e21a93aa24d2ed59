package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/nospim/nospim/cluster"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
)

// What nodes nudge each other to look at again.
const (
	nudgeRecords = "records"
	nudgePolicy  = "policy"
)

// others are the nodes beside this one. Node is nil for a node alone.
type others struct {
	node            *cluster.Node
	records, policy chan struct{} // another node changed something
}

// joinCluster makes the daemon one of many, if the configuration says so: it fills the memory from the others.
func (d *daemon) joinCluster(ctx context.Context, m *memory.Local, salt [16]byte) error {
	c := d.config.Cluster
	if c.URL == "" {
		return nil
	}
	secret, err := config.Secret(c.SecretFile)
	if err != nil {
		return err
	}
	options, err := natsOptions(c)
	if err != nil {
		return err
	}
	node := c.Node
	if node == "" {
		if node, err = os.Hostname(); err != nil {
			return fmt.Errorf("finding a name for this node: %w; write one with the key cluster.node", err)
		}
	}
	o := &d.others
	o.records, o.policy = make(chan struct{}, 1), make(chan struct{}, 1)
	o.node, err = cluster.Open(ctx, cluster.Config{
		URL: c.URL, Name: c.Name, Node: node, Memory: m, Log: d.log, Dir: d.config.Data, OnDisk: c.Storage == "file", Options: options,
		// Who shares the record store knows its salt: cells are hashed with it, so that others could not use them anyway.
		Key:    slices.Concat(salt[:], []byte(secret)),
		Clock:  time.Now,
		Nudged: o.nudged,
	})
	if err != nil {
		return err
	}
	d.closers = append(d.closers, o.node.Close)
	return nil
}

// natsOptions are how NATS and this node believe each other.
func natsOptions(c config.Cluster) ([]nats.Option, error) {
	var options []nats.Option
	if c.CAFile != "" {
		options = append(options, nats.RootCAs(c.CAFile))
	}
	if c.CredentialsFile == "" {
		return options, nil
	}
	b, err := os.ReadFile(c.CredentialsFile)
	if err != nil {
		return nil, fmt.Errorf("reading what NATS asks for: %w", err)
	}
	if bytes.Contains(b, []byte("BEGIN NATS USER JWT")) {
		return append(options, nats.UserCredentials(c.CredentialsFile)), nil
	}
	line := strings.TrimSpace(string(b))
	if user, password, ok := strings.Cut(line, ":"); ok {
		return append(options, nats.UserInfo(user, password)), nil
	}
	return append(options, nats.Token(line)), nil
}

// engineCluster is what the engine is told of the others.
func (o *others) engineCluster() engine.Cluster {
	if o.node == nil {
		return engine.Cluster{}
	}
	return engine.Cluster{
		Node: o.node.ID(), Joined: o.node.Joined(), CutOff: o.node.CutOff, Changed: func() { o.node.Nudge(nudgeRecords) },
	}
}

// start begins to tell the others what is noted.
func (o *others) start() {
	if o.node != nil {
		o.node.Start()
	}
}

// nudge tells the others that something changed.
func (o *others) nudge(what string) {
	if o.node != nil {
		o.node.Nudge(what)
	}
}

// nudged hears that another node changed something.
func (o *others) nudged(what string) {
	ch := o.records
	if what == nudgePolicy {
		ch = o.policy
	}
	select {
	case ch <- struct{}{}:
	default: // it is about to look anyway
	}
}

// passNudges has the engine look at the record store when another node says that it changed, until ctx ends.
func (d *daemon) passNudges(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.others.records:
			d.Engine.Nudge()
		}
	}
}

func (c collector) cluster(s sample) {
	if c.d.others.node == nil {
		return
	}
	st := c.d.others.node.Stats()
	flag := func(name, help string, is bool) {
		v := 0.0
		if is {
			v = 1
		}
		s.gauge(name, help, v)
	}
	flag("nospim_cluster_connected", "Whether frames come and go.", st.Connected)
	flag("nospim_cluster_cut_off", "Whether verdicts lack what other nodes know.", st.CutOff)
	s.gauge("nospim_cluster_peers", "Other nodes heard of within five seconds.", float64(st.Peers))
	s.gauge("nospim_cluster_lag_seconds", "How long the last frame of this node took to come back.", st.Lag.Seconds())
	s.counter("nospim_cluster_frames_sent_total", "Frames that NATS has taken.", st.Sent)
	s.counter("nospim_cluster_bytes_sent_total", "Bytes of these frames.", st.SentBytes)
	s.counter("nospim_cluster_frames_received_total", "Other nodes' frames that were merged.", st.Received)
	s.counter("nospim_cluster_cells_received_total", "Counters and labels in these frames.", st.Cells)
	s.gauge("nospim_cluster_waiting_bytes", "Frames that NATS has not taken yet.", float64(st.WaitingBytes))
	s.counter("nospim_cluster_failures_total", "Frames that NATS did not take at the first attempt.", st.Failed)
	for _, why := range []struct {
		name string
		n    int64
	}{{"again", st.Again}, {"forged", st.Forged}, {"version", st.Versions}, {"future", st.Unbelievable}} {
		s.counter("nospim_cluster_frames_refused_total", "Frames that were not merged, by reason: had been merged before, not sealed with the cluster's key, of another version, from a clock far ahead.", why.n, "reason", why.name)
	}
	s.counter("nospim_cluster_frames_missed_total", "Frames of others that the stream no longer had: counts may be too low.", st.Missed)
	s.counter("nospim_cluster_frames_dropped_total", "Frames for which there was no room while NATS was away.", st.Dropped)
	s.counter("nospim_cluster_cells_lost_total", "Counters and labels that were forgotten before they were told.", st.LostCells)
	s.counter("nospim_cluster_sections_unknown_total", "Parts of frames that a newer version wrote.", st.Unknown)
	s.counter("nospim_cluster_snapshots_total", "Snapshots for joining nodes that this node wrote.", st.Snapshots, "result", "ok")
	s.counter("nospim_cluster_snapshots_total", "Snapshots for joining nodes that this node wrote.", st.SnapshotFailures, "result", "failed")
	s.counter("nospim_cluster_counted_twice_total", "Events that two nodes judged before they heard of each other.", c.d.Engine.Stats().Memory.Twice)
}
