package main

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/engine"
)

// metrics returns what the rooms have counted, for Prometheus. The HTTP handler adds its own.
func (d *daemon) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{d}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// collector reads the rooms' own counts at each scrape: nothing is counted twice, and nothing on the path of a message.
type collector struct{ d *daemon }

// Describe sends nothing: the metrics are what Collect finds (an unchecked collector).
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	s := sample(ch)
	c.engine(s)
	c.overload(s)
	c.memory(s)
	c.records(s)
	c.line(s)
	c.cluster(s)
	c.lists(s)
	p := c.d.Engine.Policy()
	s.gauge("nospim_policy_info", "The policy in force.", 1, "policy", p.Hash(), "shadow", strconv.FormatBool(p.Shadow("")))
	s.counter("nospim_policy_loads_total", "Policies loaded since the start.", c.d.reloads.done.Load(), "result", "ok")
	s.counter("nospim_policy_loads_total", "Policies loaded since the start.", c.d.reloads.failed.Load(), "result", "failed")
	build := readBuild()
	s.gauge("nospim_build_info", "The program.", 1, "version", build.Version, "revision", build.Revision)
}

func (c collector) engine(s sample) {
	e := c.d.Engine.Stats()
	for _, a := range nospim.Actions() {
		s.counter("nospim_verdicts_total", "Verdicts given, by action.", e.Actions[a], "action", a.String())
		s.counter("nospim_wanted_total", "Verdicts by what the policy wished before shadow and the connector limited it.", e.Wanted[a], "action", a.String())
	}
	for i, limit := range engine.HoldLimits {
		s.counter("nospim_hold_full_total", "Messages refused because as much waits as may, by limit.", e.Full[i], "limit", limit)
	}
	if n, err := c.d.Store.CountWaiting(context.Background()); err == nil {
		s.gauge("nospim_held_waiting", "Held messages that wait now.", float64(n))
	}
	s.counter("nospim_again_total", "Events that had been judged before.", e.Again)
	s.counter("nospim_invalid_total", "Events that could not be judged.", e.Invalid)
	s.counter("nospim_unkept_total", "Verdicts not enforced because their record could not be written.", e.Unkept)
	s.counter("nospim_degraded_total", "Verdicts that lack something.", e.Degraded)
	for i, reason := range engine.Reasons {
		s.counter("nospim_degraded_reasons_total", "What verdicts lack, by reason: a verdict may lack several things.", e.Lacks[i], "reason", reason)
	}
	s.counter("nospim_detector_errors_total", "Times that a detector failed on an event.", e.Erred)
}

func (c collector) memory(s sample) {
	m := c.d.Engine.Stats().Memory
	s.gauge("nospim_memory_cells", "Counters and labels remembered now.", float64(m.Cells))
	s.gauge("nospim_memory_events", "Events whose verdicts are remembered now.", float64(m.Events))
	s.gauge("nospim_memory_bytes", "Estimate of what the memory occupies.", float64(m.Bytes))
	s.gauge("nospim_memory_texts", "Texts by which campaigns are found.", float64(m.Texts))
	s.gauge("nospim_memory_campaigns", "Campaigns remembered now.", float64(m.Campaigns))
	s.counter("nospim_memory_evicted_total", "Counters and texts forgotten before their time for want of room: raise memory.cells or memory.texts.", m.Evicted)
}

func (c collector) records(s sample) {
	r := c.d.Store.Stats()
	s.counter("nospim_record_commits_total", "Transactions, each with one wait for the disk.", r.Commits)
	s.counter("nospim_record_kept_total", "Records of enforced verdicts, written before the answer.", r.Kept)
	s.counter("nospim_record_appended_total", "Records of plain allows, written behind the answer.", r.Appended)
	s.counter("nospim_record_lost_total", "Records of plain allows that could not be written.", r.Lost)
	s.counter("nospim_record_failures_total", "Writes behind the answer that failed.", r.Failures)
	s.gauge("nospim_record_pending_bytes", "Records of plain allows not written yet.", float64(r.Pending))
}

func (c collector) line(s sample) {
	if c.d.line == nil {
		return
	}
	l := c.d.line.Stats()
	s.gauge("nospim_line_connections", "Connections open now.", float64(l.Open))
	s.counter("nospim_line_connections_total", "Connections accepted.", l.Conns)
	s.counter("nospim_line_turned_away_total", "Connections turned away because there were too many.", l.Turned)
	s.counter("nospim_line_lines_total", "Lines read.", l.Lines)
	s.counter("nospim_line_bad_lines_total", "Lines that were none of the protocol's.", l.Bad)
	s.counter("nospim_line_unknown_fields_total", "Fields passed over because they are not known.", l.Unknown)
	s.counter("nospim_line_slow_total", "Peers hung up because they did not read.", l.Slow)
	s.counter("nospim_line_orders_total", "Orders sent.", l.Orders)
	s.counter("nospim_line_acks_total", "Orders acknowledged, as done or as failed.", l.Acks-l.Failures, "result", "done")
	s.counter("nospim_line_acks_total", "Orders acknowledged, as done or as failed.", l.Failures, "result", "failed")
	for i := range l.Adapters {
		a := &l.Adapters[i]
		for counter, n := range a.Counters {
			s.counter("nospim_adapter_total", "What the adapters in servers count: failed_open are messages that passed without an answer.", n,
				"connector", a.Connector, "service", a.Service, "peer", a.Peer, "counter", wire.Counter(counter).String())
		}
	}
	for code := range wire.Codes {
		s.counter("nospim_line_errors_total", "Events and lines that were refused, by code.", l.Errors[code], "code", wire.Code(code).String())
	}
}

// sample sends metrics. Labels come in pairs of name and value.
type sample chan<- prometheus.Metric

func (s sample) counter(name, help string, n int64, labels ...string) {
	s.send(prometheus.CounterValue, name, help, float64(n), labels)
}

func (s sample) gauge(name, help string, v float64, labels ...string) {
	s.send(prometheus.GaugeValue, name, help, v, labels)
}

func (s sample) send(kind prometheus.ValueType, name, help string, v float64, labels []string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	s <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, v, values...)
}
