package http

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// Options of a handler.
type Options struct {
	Judge nospim.Judge
	// Token is the bearer token that /v1 and /metrics ask for; empty means none.
	Token string
	// MaxInFlight is how many events are judged at once, and how many streams are open besides: 256 when 0. With a Gate, as many more
	// events are answered at a glance. More requests are answered 503 at once.
	MaxInFlight int
	// Gate decides which events are judged when more arrive than can be; nil lets all be judged.
	Gate *wire.Gate
	// XMPP reads the stanza in an event's raw form, for what MongooseIM asks (connect/xmpp.Read); nil judges the body alone.
	XMPP func(e *nospim.Event) (approach bool, err error)
	// Log may be nil.
	Log *slog.Logger
	// Registry is what /metrics shows; the handler adds what it counts. Nil means one of its own.
	Registry *prometheus.Registry
	// Health says why verdicts cannot be given; nil means that they always can.
	Health func() error
	// Degraded says what verdicts lack at this moment, though they are given; nil means nothing.
	Degraded func() []string
	Version  string
}

// judgePath is where one event is judged.
const judgePath = "/v1/judge"

// mongoosePath is where MongooseIM asks: the path_prefix of the pool of its mod_external_filter.
const mongoosePath = "/v1/mongooseim"

// Handler serves what the package's comment lists.
type Handler struct {
	mux     http.ServeMux
	single  http.HandlerFunc // of judgePath
	guard   *wire.Guard
	gate    *wire.Gate
	events  chan struct{} // a place for each event being judged
	surplus chan struct{} // a place for each event that is not judged, because there is none in events
	streams chan struct{} // a place for each stream
	token   [sha256.Size]byte
	open    bool // no token is asked for
	health  func() error
	lacks   func() []string
	version string
	log     *slog.Logger
	rooms   sync.Pool
	pipes   sync.Pool
	stats   counters
}

// New makes a handler.
func New(o Options) *Handler {
	h := &Handler{
		guard: wire.NewGuard(o.Judge, o.Log), gate: o.Gate, token: sha256.Sum256([]byte(o.Token)), open: o.Token == "",
		health: o.Health, lacks: o.Degraded, version: o.Version, log: o.Log,
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if o.MaxInFlight <= 0 {
		o.MaxInFlight = 256
	}
	h.events, h.surplus, h.streams = make(chan struct{}, o.MaxInFlight), make(chan struct{}, o.MaxInFlight), make(chan struct{}, o.MaxInFlight)
	surplus := h.turnAway
	if h.gate != nil {
		surplus = limited(h.surplus, h.glance, h.turnAway)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if err := o.Registry.Register(h); err != nil {
		h.log.Error("http: metrics of this handler are not shown", "err", err)
	}
	h.single = h.route(routeJudge, http.MethodPost, h.admitted(limited(h.events, h.judge, surplus)))
	h.mux.HandleFunc(judgePath, h.single)
	h.mux.HandleFunc("/v1/judge/batch", h.route(routeBatch, http.MethodPost, h.admitted(limited(h.streams, h.batch, h.turnAway))))
	h.mux.HandleFunc(mongoosePath, h.route(routeMongoose, http.MethodPost, h.admitted(limited(h.events, h.mongoose(o.XMPP).serve, h.turnAway))))
	h.mux.HandleFunc("/healthz", h.route(routeHealth, http.MethodGet, h.healthz))
	metrics := promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{})
	h.mux.HandleFunc("/metrics", h.route(routeMetrics, http.MethodGet, h.admitted(func(w http.ResponseWriter, r *http.Request) int {
		metrics.ServeHTTP(w, r)
		return http.StatusOK
	})))
	h.mux.HandleFunc("/openapi.json", h.route(routeOpenAPI, http.MethodGet, openAPIHandler(h.log)))
	h.mux.HandleFunc("/", h.route(routeOther, "", notFound))
	return h
}

// ServeHTTP serves one request. Most are for one verdict; for them, the search of the mux is spared.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == judgePath {
		h.single(w, r)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// serve serves a request and returns the status that it answered.
type serve func(w http.ResponseWriter, r *http.Request) int

// route checks the method and counts the request; an empty method allows all.
func (h *Handler) route(which route, method string, next serve) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if method == "" || r.Method == method || method == http.MethodGet && r.Method == http.MethodHead {
			h.stats.request(which, next(w, r))
			return
		}
		w.Header().Set("Allow", method)
		h.stats.request(which, refuse(w, http.StatusMethodNotAllowed, codeMethod, "this path takes "+method))
	}
}

// admitted lets requests with the right token pass, in a time that does not depend on it.
func (h *Handler) admitted(next serve) serve {
	return func(w http.ResponseWriter, r *http.Request) int {
		if h.open {
			return next(w, r)
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(token)))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], h.token[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer") // RFC 6750 §3
			h.stats.errors[wire.Denied].Add(1)
			return refuse(w, http.StatusUnauthorized, wire.Denied.String(), "the bearer token is missing or wrong")
		}
		return next(w, r)
	}
}

// limited lets a request pass while there is a place for it; otherwise it is surplus.
func limited(places chan struct{}, next, surplus serve) serve {
	return func(w http.ResponseWriter, r *http.Request) int {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			return next(w, r)
		default:
			return surplus(w, r)
		}
	}
}

// turnAway answers a request for which there is no place.
func (h *Handler) turnAway(w http.ResponseWriter, _ *http.Request) int {
	h.stats.turned.Add(1)
	w.Header().Set("Retry-After", "1")
	return refuse(w, http.StatusServiceUnavailable, wire.Unavailable.String(), "too many requests at once: let the message pass")
}

// healthz says whether verdicts are given. The reason why not is for the log, which the operator reads, not for whoever asks.
func (h *Handler) healthz(w http.ResponseWriter, _ *http.Request) int {
	if h.health != nil {
		if err := h.health(); err != nil {
			h.log.Error("http: not healthy", "err", err)
			return refuse(w, http.StatusServiceUnavailable, wire.Unavailable.String(), "no verdicts are given; nospim's log says why")
		}
	}
	status := Status{Status: "ok", Version: h.version}
	if h.lacks != nil {
		status.Degraded = h.lacks()
	}
	body, err := json.Marshal(&status)
	if err != nil {
		h.log.Error("http: the answer of /healthz", "err", err)
	}
	return reply(w, http.StatusOK, append(body, '\n'))
}

func notFound(w http.ResponseWriter, _ *http.Request) int {
	return refuse(w, http.StatusNotFound, codeNotFound, "there is nothing here; /openapi.json says what there is")
}

// isType reports whether a request's content is one of the types. One that is not named is taken for right.
func isType(r *http.Request, types ...string) bool {
	named := r.Header.Get("Content-Type")
	if named == "" || slices.Contains(types, named) {
		return true
	}
	media, params, err := mime.ParseMediaType(named)
	charset := params["charset"]
	return err == nil && slices.Contains(types, media) && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// refuse answers with an error that is the request's, not the event's.
func refuse(w http.ResponseWriter, status int, code, message string) int {
	body := wire.AppendString([]byte(`{"error":{"code":`), code)
	body = wire.AppendString(append(body, `,"message":`...), message)
	return reply(w, status, append(body, '}', '}', '\n'))
}

// jsonType is the header of every answer of one document. It is shared and not changed.
var jsonType = []string{"application/json"}

// reply answers with a JSON document and returns the status. That the peer may have gone is no concern of the answer.
func reply(w http.ResponseWriter, status int, body []byte) int {
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return status
}
