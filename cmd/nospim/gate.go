package main

import (
	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/engine"
)

// openGate makes the gate of all connectors, unless the configuration, or who is put between them and the engine, wants everything judged.
func (d *daemon) openGate(o daemonOptions) error {
	wait, err := d.config.Overload.Time()
	if err == nil && wait >= 0 && o.Wrap == nil {
		d.gate = &wire.Gate{Glance: d.Engine.Glance, Spare: d.spared, Wait: wait, Log: d.log}
	}
	return err
}

// spared reports whether an event is judged however much arrives: what people say about each other is rare, and nothing else says it.
func (d *daemon) spared(e *nospim.Event) bool {
	switch e.Kind {
	case nospim.KindBlock, nospim.KindWarning, nospim.KindContactAccept, nospim.KindContactRemove:
		return true
	default:
		return d.reports.Takes(e)
	}
}

// degraded says what verdicts lack at this moment, for /healthz.
func (d *daemon) degraded() (lacks []string) {
	if n := d.others.node; n != nil && n.CutOff() {
		lacks = append(lacks, "cluster")
	}
	if d.gate.Overloaded() {
		lacks = append(lacks, engine.Overload)
	}
	return lacks
}

func (c collector) overload(s sample) {
	over := 0.0
	if c.d.gate.Overloaded() {
		over = 1
	}
	s.gauge("nospim_overloaded", "Whether more arrived than could be judged within the last ten seconds.", over)
	e := c.d.Engine.Stats()
	for _, a := range [...]nospim.Action{nospim.Allow, nospim.Throttle} {
		s.counter("nospim_shed_total", "Events answered without judging because more arrived than could be judged, by action.", e.Glanced[a], "action", a.String())
	}
}
