package http

import (
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// route is one of the paths served.
type route int

const (
	routeJudge route = iota
	routeBatch
	routeMongoose
	routeHealth
	routeMetrics
	routeOpenAPI
	routeOther
	routes
)

// paths are the routes' names in metrics.
var paths = [routes]string{"/v1/judge", "/v1/judge/batch", mongoosePath, "/healthz", "/metrics", "/openapi.json", "other"}

// actions is how many actions there are.
const actions = int(nospim.Drop) + 1

// Stats is what a handler has counted since it was made.
type Stats struct {
	Verdicts [actions]int64    // by nospim.Action
	Errors   [wire.Codes]int64 // by wire.Code: events that were not judged, and requests without the token
	Unknown  int64             // fields passed over because they are not known
	Panics   int64             // of the judge; in Errors as unavailable, too
	Turned   int64             // requests turned away because there were too many
	InFlight int64             // events judged now, and streams open
}

// answered is how many statuses are told apart in metrics: 200 to 599.
const answered = 400

// counters are the stats as they grow.
type counters struct {
	verdicts        [actions]atomic.Int64
	errors          [wire.Codes]atomic.Int64
	unknown, turned atomic.Int64
	requests        [routes][answered]atomic.Int64
}

func (c *counters) verdict(a nospim.Action) {
	if a.Valid() {
		c.verdicts[a].Add(1)
	}
}

func (c *counters) request(r route, status int) {
	if i := status - http.StatusOK; i >= 0 && i < answered {
		c.requests[r][i].Add(1)
	}
}

// Stats returns what was counted so far.
func (h *Handler) Stats() Stats {
	c := &h.stats
	s := Stats{Unknown: c.unknown.Load(), Panics: h.guard.Panics(), Turned: c.turned.Load(), InFlight: int64(len(h.events) + len(h.surplus) + len(h.streams))}
	for i := range c.verdicts {
		s.Verdicts[i] = c.verdicts[i].Load()
	}
	for i := range c.errors {
		s.Errors[i] = c.errors[i].Load()
	}
	return s
}

// The metrics of the handler.
var (
	descRequests = prometheus.NewDesc("nospim_http_requests_total", "HTTP requests answered.", []string{"path", "status"}, nil)
	descVerdicts = prometheus.NewDesc("nospim_http_verdicts_total", "Verdicts given over HTTP.", []string{"action"}, nil)
	descErrors   = prometheus.NewDesc("nospim_http_errors_total", "Events not judged over HTTP, and requests without the token.", []string{"code"}, nil)
	descUnknown  = prometheus.NewDesc("nospim_http_unknown_fields_total", "Fields of events passed over because they are not known.", nil, nil)
	descPanics   = prometheus.NewDesc("nospim_http_judge_panics_total", "Panics of the judge.", nil, nil)
	descTurned   = prometheus.NewDesc("nospim_http_turned_away_total", "Requests turned away because there were too many at once.", nil, nil)
	descInFlight = prometheus.NewDesc("nospim_http_in_flight", "Events judged now, and streams open.", nil, nil)
)

// Describe is for Prometheus.
func (h *Handler) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descRequests, descVerdicts, descErrors, descUnknown, descPanics, descTurned, descInFlight} {
		ch <- d
	}
}

// Collect is for Prometheus.
func (h *Handler) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	for r := range h.stats.requests {
		for i := range h.stats.requests[r] {
			if n := h.stats.requests[r][i].Load(); n > 0 {
				counter(descRequests, n, paths[r], strconv.Itoa(i+http.StatusOK))
			}
		}
	}
	s := h.Stats()
	for i, n := range s.Verdicts {
		counter(descVerdicts, n, nospim.Action(i).String())
	}
	for i, n := range s.Errors {
		counter(descErrors, n, wire.Code(i).String())
	}
	counter(descUnknown, s.Unknown)
	counter(descPanics, s.Panics)
	counter(descTurned, s.Turned)
	ch <- prometheus.MustNewConstMetric(descInFlight, prometheus.GaugeValue, float64(s.InFlight))
}
