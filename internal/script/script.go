// Package script plays scenario files: what happens when, and what must come of it. Time is in the script, not on a clock.
//
//	# a comment
//	at 0s message ada@chat.example -> bob@chat.example contact "hi bob" : allow !BULK_TEXT
//	at 1m x40 every 2s message bot@chat.example -> u%d@chat.example "cheap pills at http://x.example/%d" : last reject BULK_TEXT
//
// A line says when (since the start), how often and how fast, the kind, from whom, to whom, optionally the relation (stranger
// when left out), the body in Go's quotes, fields as name=value (addr, client, room, service, count, created, minor), and after
// the colon what the verdict must be: an action ("stops" means challenge or stronger), symbols that must have fired, and
// symbols with ! that must not. %d in accounts and body counts the repetitions from 0. "last" looks at the last repetition
// only, otherwise every one must fit.
package script

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Start is the time that "at 0s" means.
var Start = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

// Step is one line.
type Step struct {
	// Place is file and line, for saying where an expectation failed.
	Place string
	At    time.Duration
	Times int
	Every time.Duration
	Event nospim.Event
	// Last limits the expectation to the last repetition.
	Last      bool
	Action    string
	Want, Not []string
}

// Parse reads a scenario. The error names file and line.
func Parse(name, text string) ([]Step, error) {
	var steps []Step
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		s, err := parseLine(line)
		s.Place = fmt.Sprintf("%s:%d", name, i+1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Place, err)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// words splits a line at blanks, but not inside quotes.
func words(line string) ([]string, error) {
	var out []string
	for line = strings.TrimLeft(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		if line[0] == '"' {
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("a quoted text does not end: %s", line)
			}
			out, line = append(out, q), line[len(q):]
			continue
		}
		w, rest, _ := strings.Cut(line, " ")
		out, line = append(out, w), rest
	}
	return out, nil
}

func parseLine(line string) (Step, error) {
	s := Step{Times: 1, Every: time.Second}
	w, err := words(line)
	if err != nil {
		return s, err
	}
	colon := slices.Index(w, ":")
	if colon < 0 || len(w) < 4 || w[0] != "at" {
		return s, fmt.Errorf("a line is: at TIME [xN [every TIME]] KIND FROM [-> TO] … : EXPECTED")
	}
	if s.At, err = time.ParseDuration(w[1]); err != nil {
		return s, err
	}
	rest := w[2:colon]
	if n, ok := strings.CutPrefix(rest[0], "x"); ok {
		if s.Times, err = strconv.Atoi(n); err != nil {
			return s, err
		}
		rest = rest[1:]
	}
	if len(rest) > 2 && rest[0] == "every" {
		if s.Every, err = time.ParseDuration(rest[1]); err != nil {
			return s, err
		}
		rest = rest[2:]
	}
	if err := s.event(rest); err != nil {
		return s, err
	}
	return s, s.expect(w[colon+1:])
}

// event reads kind, sender, recipient, relation, body and fields.
func (s *Step) event(w []string) error {
	if len(w) < 2 {
		return fmt.Errorf("kind and sender are missing")
	}
	s.Event = nospim.Event{Kind: nospim.Kind(w[0]), Service: "chat.example", Protocol: "xmpp", Sender: nospim.Account{ID: w[1], Local: true}}
	w = w[2:]
	if len(w) > 1 && w[0] == "->" {
		s.Event.Recipients = []nospim.Account{{ID: w[1], Local: true}}
		s.Event.Relation = nospim.RelationStranger
		w = w[2:]
	}
	for _, word := range w {
		if err := s.field(word); err != nil {
			return err
		}
	}
	return nil
}

func (s *Step) field(word string) error {
	name, value, found := strings.Cut(word, "=")
	var err error
	switch {
	case word[0] == '"':
		s.Event.Body, err = strconv.Unquote(word)
	case !found:
		s.Event.Relation = nospim.Relation(word)
	case name == "addr":
		s.Event.Addr = value
	case name == "client":
		s.Event.Client = value
	case name == "room":
		s.Event.Room = value
	case name == "service":
		s.Event.Service = value
	case name == "count":
		s.Event.Count, err = strconv.Atoi(value)
	case name == "created":
		var ago time.Duration
		ago, err = time.ParseDuration(value)
		s.Event.Sender.Created = Start.Add(s.At - ago)
	case name == "minor" && len(s.Event.Recipients) > 0:
		s.Event.Recipients[0].Minor = true
	default:
		err = fmt.Errorf("%q is no field", name)
	}
	return err
}

// expect reads what must come of it.
func (s *Step) expect(w []string) error {
	if len(w) > 0 && w[0] == "last" {
		s.Last, w = true, w[1:]
	}
	if len(w) == 0 {
		return fmt.Errorf("nothing is expected")
	}
	s.Action = w[0]
	if _, err := nospim.ParseAction(s.Action); err != nil && s.Action != "stops" && s.Action != "any" {
		return err
	}
	for _, symbol := range w[1:] {
		if not, ok := strings.CutPrefix(symbol, "!"); ok {
			s.Not = append(s.Not, not)
		} else {
			s.Want = append(s.Want, symbol)
		}
	}
	return nil
}

// Play judges the steps one after the other and returns what was not as expected.
func Play(ctx context.Context, j nospim.Judge, steps []Step) []error {
	var failures []error
	for n, s := range steps {
		for i := range s.Times {
			e := s.instance(n, i)
			v, err := j.Judge(ctx, &e)
			if err == nil && (!s.Last || i == s.Times-1) {
				err = s.check(v)
			}
			if err != nil {
				failures = append(failures, fmt.Errorf("%s: repetition %d: %w", s.Place, i, err))
			}
		}
	}
	return failures
}

// instance is the i-th repetition of a step.
func (s *Step) instance(n, i int) nospim.Event {
	e := s.Event
	count := strconv.Itoa(i)
	e.ID = fmt.Sprintf("s%d-%d", n, i)
	e.Time = Start.Add(s.At + time.Duration(i)*s.Every)
	e.Sender.ID = strings.ReplaceAll(e.Sender.ID, "%d", count)
	e.Body = strings.ReplaceAll(e.Body, "%d", count)
	e.Recipients = slices.Clone(e.Recipients)
	for r := range e.Recipients {
		e.Recipients[r].ID = strings.ReplaceAll(e.Recipients[r].ID, "%d", count)
	}
	return e
}

func (s *Step) check(v *nospim.Verdict) error {
	var fired []string
	for _, g := range v.Signals {
		fired = append(fired, g.Symbol)
	}
	ok := s.Action == "any" || s.Action == v.Wanted.String() || s.Action == "stops" && v.Wanted.Stops()
	for _, w := range s.Want {
		ok = ok && slices.Contains(fired, w)
	}
	for _, n := range s.Not {
		ok = ok && !slices.Contains(fired, n)
	}
	if !ok {
		return fmt.Errorf("got %s (score %v) for %v; want %s %v, not %v", v.Wanted, v.Score, fired, s.Action, s.Want, s.Not)
	}
	return nil
}
