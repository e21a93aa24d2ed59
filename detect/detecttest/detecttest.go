// Package detecttest is the contract of detectors. Each declared symbol has a case that raises it and one that must not;
// nothing undeclared is raised; the same input gives the same output and is not changed; empty, huge and parallel inputs
// survive.
package detecttest

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
)

// Case is one look.
type Case struct {
	// Name says what happens, as a person would say it.
	Name string
	// Event is what happened. ID, Service, Time and Sender are filled in when empty.
	Event nospim.Event
	// Features are what text and link derived.
	Features nospim.Features
	// Facts are what was recalled, as plain counts, in the order of the detector's counters; missing ones are zero.
	Facts []float64
	// Recalled are what was recalled, whole, when plain counts do not say it; Facts is then left out.
	Recalled []nospim.Fact
	Listed   []nospim.Listed
	// Campaign, Asked, Invited and Links are those of the look.
	Campaign       *nospim.Campaign
	Asked, Invited bool
	Links          []nospim.LinkUse
	// Raised are the symbols that other detectors raised before, with factor 1.
	Raised []string
	// Want are the symbols that must be raised, and no others. Not names symbols for which this is the case that must not raise.
	Want, Not []string
}

// Run holds a detector to the contract.
func Run(t *testing.T, d detect.Detector, cases []Case) {
	t.Run("declarations", func(t *testing.T) { declarations(t, d) })
	raised, spared := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			signals := run(t, d, c)
			for _, s := range signals {
				raised[s] = true
			}
			if strings.Join(signals, " ") != strings.Join(c.Want, " ") {
				t.Errorf("raised %v, want %v", signals, c.Want)
			}
			for _, s := range c.Not {
				spared[s] = true
			}
		})
	}
	t.Run("each symbol both ways", func(t *testing.T) {
		for _, s := range d.Symbols() {
			if !raised[s.Name] {
				t.Errorf("no case raises %s", s.Name)
			}
			if !spared[s.Name] {
				t.Errorf("no case names %s as what must not be raised", s.Name)
			}
		}
	})
	t.Run("rough input", func(t *testing.T) { rough(t, d) })
}

// declarations checks names, texts and counters.
func declarations(t *testing.T, d detect.Detector) {
	upper := regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)
	names := map[string]bool{}
	for _, s := range d.Symbols() {
		if !upper.MatchString(s.Name) || names[s.Name] {
			t.Errorf("symbol %q is not upper case with underscores, or declared twice", s.Name)
		}
		names[s.Name] = true
		if s.Group == "" || s.Weight == 0 || !strings.HasSuffix(s.Description, ".") {
			t.Errorf("symbol %s lacks a group, a weight or a sentence of description", s.Name)
		}
	}
	for _, c := range d.Counters() {
		plain := c.Kind == nospim.Count || c.Kind == nospim.Labelled
		if c.Name == "" || (c.Window <= 0 && c.Kind != nospim.Labelled) || plain != (c.Of == nospim.RoleNone) {
			t.Errorf("counter %+v lacks a name or a window, or counts distinct nothings", c.Name)
		}
	}
}

// run looks twice at copies of the case and returns the symbols raised.
func run(t *testing.T, d detect.Detector, c Case) []string {
	t.Helper()
	l := look(d, c)
	event, features := *l.Event, *l.Features
	first := raise(t, d, l)
	if !reflect.DeepEqual(event, *l.Event) || !reflect.DeepEqual(features, *l.Features) {
		t.Error("Look changed its input")
	}
	if second := raise(t, d, look(d, c)); !reflect.DeepEqual(first, second) {
		t.Errorf("the same input gave %+v, then %+v", first, second)
	}
	var names []string
	for _, s := range first {
		names = append(names, s.Symbol)
	}
	return names
}

// raise looks and checks what every signal must be.
func raise(t *testing.T, d detect.Detector, l *nospim.Look) []nospim.Signal {
	t.Helper()
	before := len(l.Raised)
	if err := d.Look(l); err != nil {
		t.Fatalf("Look: %v", err)
	}
	l.Raised = l.Raised[before:]
	declared := map[string]bool{}
	for _, s := range d.Symbols() {
		declared[s.Name] = true
	}
	for _, s := range l.Raised {
		if !declared[s.Symbol] {
			t.Errorf("raised %s, which is not declared", s.Symbol)
		}
		if s.Why == "" || s.Score <= 0 || math.IsInf(s.Score, 0) || math.IsNaN(s.Score) {
			t.Errorf("%s has no sentence why, or a factor of %v", s.Symbol, s.Score)
		}
		if body := l.Event.Body; len(body) >= 8 && strings.Contains(s.Why, body) {
			t.Errorf("%s quotes the message", s.Symbol)
		}
	}
	return l.Raised
}

func look(d detect.Detector, c Case) *nospim.Look {
	e := c.Event
	if e.ID == "" {
		e.ID = "e-1"
	}
	if e.Service == "" {
		e.Service = "chat.example"
	}
	if e.Time.IsZero() {
		e.Time = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	}
	if e.Sender.ID == "" {
		e.Sender.ID = "nina_31@chat.example"
	}
	f := c.Features
	l := &nospim.Look{Event: &e, Features: &f, Now: e.Time, Listed: c.Listed, Asked: c.Asked, Invited: c.Invited, Links: c.Links, Facts: make([]nospim.Fact, len(d.Counters()))}
	if c.Campaign != nil {
		copied := *c.Campaign
		l.Campaign = &copied
	}
	for i, n := range c.Facts {
		l.Facts[i].N = n
	}
	copy(l.Facts, c.Recalled)
	for _, s := range c.Raised {
		l.Raise(s, 1, "raised before")
	}
	return l
}

// rough looks at what no connector should send: every kind with nothing in it, extreme facts, a megabyte, and all at once.
func rough(t *testing.T, d detect.Detector) {
	huge := make([]nospim.Link, 100)
	for i := range huge {
		huge[i] = nospim.Link{URL: fmt.Sprintf("http://h%d.example/%s", i, strings.Repeat("a", 10_000)), Host: "h.example", Domain: "h.example"}
	}
	var group sync.WaitGroup
	for _, kind := range append(nospim.Kinds(), "") {
		for _, n := range []float64{0, 1, math.MaxUint32, math.Inf(1), math.NaN(), -1} {
			group.Go(func() {
				c := Case{Event: nospim.Event{Kind: kind}, Facts: make([]float64, len(d.Counters()))}
				for i := range c.Facts {
					c.Facts[i] = n
				}
				if err := d.Look(look(d, c)); err != nil {
					t.Errorf("empty %s with facts of %v: %v", kind, n, err)
				}
				c.Event.Body = strings.Repeat("x", 1<<20)
				c.Features = nospim.Features{Length: 1 << 20, Letters: 1 << 20, Words: 1, Text: 1, Links: huge, Cut: true}
				if err := d.Look(look(d, c)); err != nil {
					t.Errorf("huge %s with facts of %v: %v", kind, n, err)
				}
			})
		}
	}
	group.Wait()
}
