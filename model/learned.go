package model

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nospim/nospim/text"
)

// Lessons are what one service taught.
type Lessons struct {
	// Moderated is what moderators decided, Reported what people said of which no moderator said anything.
	Moderated, Reported *Lesson
}

// By how much lessons may shift a logit: moderators may turn any text into its opposite. Reports alone may make a doubtful text
// spim, but no text that reads as honest.
const (
	MostModerated = 12
	MostReported  = 3
)

// Learned is what all services taught, beside a model whose weights stay as they are. It may be used from many goroutines at once.
type Learned struct {
	model *Model
	seed  uint64
	mu    sync.Mutex // of those who Set
	by    atomic.Pointer[map[string]Lessons]
	pool  sync.Pool // of *words
}

// NewLearned returns what nobody has taught anything yet. The seed is that of the examples' words.
func NewLearned(m *Model, seed uint64) *Learned {
	l := &Learned{model: m, seed: seed}
	l.by.Store(&map[string]Lessons{})
	return l
}

// Model is the model that is taught.
func (l *Learned) Model() *Model { return l.model }

// Of returns what a service taught.
func (l *Learned) Of(service string) Lessons { return (*l.by.Load())[service] }

// Services returns the services that taught something, in no order.
func (l *Learned) Services() []string { return slices.Collect(maps.Keys(*l.by.Load())) }

// Set puts the lessons of a service in force.
func (l *Learned) Set(service string, s Lessons) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := maps.Clone(*l.by.Load())
	if s == (Lessons{}) {
		delete(next, service)
	} else {
		next[service] = s
	}
	l.by.Store(&next)
}

// Score returns the probability that a text is spim, by the model and what the service taught, and by the model alone. The form
// may be nil, as in [Model.ScoreForm].
func (l *Learned) Score(service string, f *text.Form, body string) (p, shipped float64) {
	shipped = l.model.ScoreForm(f, body)
	s := l.Of(service)
	if s == (Lessons{}) {
		return shipped, shipped
	}
	w, ok := l.pool.Get().(*words)
	if !ok {
		w = new(words)
	}
	defer l.pool.Put(w)
	if f == nil {
		f = &w.form
		f.Read(headAndTail(body))
	}
	w.list = AppendWords(w.list[:0], f, l.seed)
	return s.Apply(shipped, w.list), shipped
}

// words are what reading the words of a text needs, used again.
type words struct {
	form text.Form
	list []uint32
}

// Shift is by how much the lessons move the logit of a text with these words.
func (s Lessons) Shift(words []uint32) float64 {
	return s.Moderated.Shift(words) + s.Reported.Shift(words)
}

// Apply returns what becomes of a probability of the model, given the text's words.
func (s Lessons) Apply(p float64, words []uint32) float64 { return Shifted(p, s.Shift(words)) }

// Hash names the lessons; empty when there are none.
func (s Lessons) Hash() string {
	if s == (Lessons{}) {
		return ""
	}
	return s.Moderated.Hash() + "+" + s.Reported.Hash()
}
