// Package page is the page on which a stranger shows that a person is there, or a browser that works for a moment. It is nospim's own,
// asks nobody else for anything, and shows nothing of the message that waits.
//
// The browser finds a number by itself; people are asked for nothing. Behind that stand a picture and a sound with the same digits, and
// a question, which work without scripts, too. To look at the page changes nothing: only sending the form does, so that programs that
// look at links pass no challenge. [Handler] has the page, [Serve] serves it.
package page

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Desk is where answers are looked at: people/challenge.Desk.
type Desk interface {
	// Find returns a challenge that can be answered; nospim.ErrNotFound when there is none, nospim.ErrConflict when it was passed.
	Find(ctx context.Context, id string) (*nospim.Trial, error)
	// Answer takes answers; nospim.ErrDenied for wrong ones, and the errors of Find.
	Answer(ctx context.Context, id string, answers map[nospim.Proof]string) error
	// What is asked: work for the browser, a picture as JPEG, a sound as WAV, a question in a language.
	Puzzle(t *nospim.Trial) nospim.Puzzle
	Picture(t *nospim.Trial) ([]byte, error)
	Audio(t *nospim.Trial, lang string) ([]byte, error)
	Question(t *nospim.Trial, lang string) string
}

// Handler is the page. Its fields must not change once it serves.
type Handler struct {
	Desk Desk
	// Kinds are what is offered; Answers of them are wanted (0 is 1), and those in Required.
	Kinds    []nospim.Proof
	Answers  int
	Required []nospim.Proof
	Log      *slog.Logger
	Clock    func() time.Time // nil is time.Now

	limit limiter
}

// mostForm bounds a form that is sent, in bytes.
const mostForm = 16 << 10

//go:embed page.html page.css page.js
var files embed.FS

var (
	layout = template.Must(template.ParseFS(files, "page.html"))
	styles = must(files.ReadFile("page.css"))
	script = must(files.ReadFile("page.js"))
)

// must returns an embedded file, which is there or the program was not built.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// view is what the page shows.
type view struct {
	*words
	Lang, Service, ID string
	Voice             string // the language in which the digits are spoken
	Title, Text       string
	// Ask says that there is something to answer. Wrong says that an answer was.
	Ask, Wrong bool
	// Puzzle is nil where no work is offered. Alone says that it is enough.
	Puzzle *nospim.Puzzle
	Alone  bool
	// Digits says that picture and sound are offered, Sound that the sound is; Question is empty where none is asked.
	Digits, Sound bool
	Question      string
}

// Lead is the text with the service's name in it.
func (v *view) Lead() string { return strings.ReplaceAll(v.Text, "%s", v.Service) }

// HearThem says that the digits can be heard, and in which language.
func (v *view) HearThem() string { return strings.ReplaceAll(v.Hear, "%s", v.Voices[v.Voice]) }

// The weight of requests: what they cost against the budget of an address.
const (
	weighsPage  = 1
	weighsMedia = 3
	weighsForm  = 3
)

func (h *Handler) now() time.Time {
	if h.Clock == nil {
		return time.Now()
	}
	return h.Clock()
}

// ServeHTTP implements http.Handler. Whatever stands in front of the last part of the path is a proxy's business.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	name := path.Base(r.URL.Path)
	id, kind, _ := strings.Cut(name, ".")
	weight := weighsPage
	switch {
	case kind != "":
		weight = weighsMedia
	case r.Method == http.MethodPost:
		weight = weighsForm
	}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead && (r.Method != http.MethodPost || kind != ""):
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case name == "page.css":
		send(w, "text/css; charset=utf-8", styles)
	case name == "page.js":
		send(w, "text/javascript; charset=utf-8", script)
	case !h.limit.allows(r, weight, h.now()):
		h.show(w, r, http.StatusTooManyRequests, func(v *view) { v.Title, v.Text = v.BusyTitle, v.Busy })
	case kind == "jpg" || kind == "wav":
		h.media(w, r, id, kind)
	case kind != "":
		http.NotFound(w, r)
	case r.Method == http.MethodPost:
		h.answer(w, r, id)
	default:
		h.ask(w, r, id, false, false)
	}
}

// secure sets the headers that keep the page to itself. Its address is a secret of who was asked.
func secure(header http.Header) {
	for k, v := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; " +
			"base-uri 'none'; frame-ancestors 'none'",
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex",
		"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy": "camera=(), microphone=(), geolocation=()",
	} {
		header.Set(k, v)
	}
}

func send(w http.ResponseWriter, kind string, b []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // who went away is not told
}

// ask shows what is asked; again after a wrong answer. If that was the browser's work, the browser does not send it by itself again.
func (h *Handler) ask(w http.ResponseWriter, r *http.Request, id string, wrong, worked bool) {
	t, err := h.Desk.Find(r.Context(), id)
	if err != nil {
		h.ended(w, r, err)
		return
	}
	status := http.StatusOK
	if wrong {
		status = http.StatusUnprocessableEntity
	}
	h.show(w, r, status, func(v *view) {
		v.Title, v.Text, v.Ask, v.Wrong, v.ID, v.Service = v.AskTitle, v.AskText, true, wrong, t.ID, t.Service
		v.Digits, v.Sound = h.offers(nospim.ProofPicture) || h.offers(nospim.ProofAudio), h.offers(nospim.ProofAudio)
		if h.offers(nospim.ProofQuestion) {
			v.Question = h.Desk.Question(t, v.Lang)
		}
		if h.offers(nospim.ProofHashcash) {
			p := h.Desk.Puzzle(t)
			v.Puzzle = &p
			v.Alone = !worked && h.Answers <= 1 && !slices.ContainsFunc(h.Required, func(p nospim.Proof) bool { return p != nospim.ProofHashcash })
		}
	})
}

func (h *Handler) offers(p nospim.Proof) bool { return slices.Contains(h.Kinds, p) }

// answer looks at what was sent.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, id string) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read, or is larger than "+strconv.Itoa(mostForm)+" bytes", http.StatusBadRequest)
		return
	}
	answers := map[nospim.Proof]string{}
	for _, p := range []nospim.Proof{nospim.ProofWork, nospim.ProofPicture, nospim.ProofQuestion} {
		answers[p] = strings.TrimSpace(r.PostForm.Get(string(p)))
	}
	if !h.offers(nospim.ProofPicture) { // what is seen is what is heard
		answers[nospim.ProofAudio], answers[nospim.ProofPicture] = answers[nospim.ProofPicture], ""
	}
	err := h.Desk.Answer(r.Context(), id, answers)
	switch {
	case err == nil:
		h.show(w, r, http.StatusOK, func(v *view) { v.Title, v.Text = v.PassedTitle, v.Passed })
	case errors.Is(err, nospim.ErrDenied):
		h.ask(w, r, id, true, answers[nospim.ProofWork] != "")
	default:
		h.ended(w, r, err)
	}
}

// ended says why there is nothing to answer.
func (h *Handler) ended(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, nospim.ErrConflict):
		h.show(w, r, http.StatusOK, func(v *view) { v.Title, v.Text = v.PassedTitle, v.Passed })
	case errors.Is(err, nospim.ErrNotFound):
		h.show(w, r, http.StatusNotFound, func(v *view) { v.Title, v.Text = v.OverTitle, v.Over })
	default:
		if r.Context().Err() == nil {
			h.Log.Error("a challenge's page cannot be shown", "err", err)
		}
		h.show(w, r, http.StatusServiceUnavailable, func(v *view) { v.Title, v.Text = v.BusyTitle, v.Busy })
	}
}

// show writes the page in the reader's language.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, status int, fill func(v *view)) {
	wish := r.Header.Get("Accept-Language")
	lang := negotiate(wish, spoken)
	v := view{words: spoken[lang], Lang: lang, Voice: negotiate(wish, spoken[lang].Voices)}
	fill(&v)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", lang)
	w.Header().Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	if err := layout.Execute(w, &v); err != nil && r.Context().Err() == nil {
		h.Log.Debug("a page was not written to its end", "err", err)
	}
}

// media sends the picture or the sound.
func (h *Handler) media(w http.ResponseWriter, r *http.Request, id, kind string) {
	t, err := h.Desk.Find(r.Context(), id)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	var b []byte
	mime := "image/jpeg"
	if kind == "wav" {
		mime = "audio/x-wav"
		b, err = h.Desk.Audio(t, negotiate(cmp.Or(r.URL.Query().Get("voice"), r.Header.Get("Accept-Language")), spoken["en"].Voices))
	} else {
		b, err = h.Desk.Picture(t)
	}
	if err != nil {
		h.Log.Error("a challenge cannot be shown", "kind", kind, "err", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	send(w, mime, b)
}
