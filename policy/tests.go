package policy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Limits of one test.
const (
	maxTestEvents = 1000
	maxTestSpan   = 100 * 24 * time.Hour
)

// testStart is when the first event of every test happens, unless it says at: a Sunday at noon (UTC).
var testStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Test is one case of a rule's test file: events, and what must and must not come of them.
//
// A test file is a list. Each test has a name, events, and any of want, any, not and action. An event has the fields of
// [nospim.Event] and these: at (when, from the start of the test; else one second after the event before), repeat and every
// (so many events, so far apart), to (the recipients, or one), and age in the sender. A sender or recipient may be written as
// its id alone. %d in a text is the number of the repetition, from 1. An event without id gets one, one without kind is a
// message, one without service happens on chat.example.
type Test struct {
	// Name says what happens, Rule whose test file it stands in.
	Name, Rule string
	// File and Line say where.
	File string
	Line int
	// Events are played in their order; their times are set.
	Events []nospim.Event
	// Want are symbols that the last event must raise, Any those that some event must raise, and Not those that none may raise.
	Want, Any, Not []string
	// Action is what must be wanted for the last event; nil when the test does not say.
	Action *nospim.Action
}

// Failure is something that a test wanted otherwise.
type Failure struct {
	Test *Test
	// Problem says what was wanted and what came.
	Problem string
}

func (f Failure) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.Test.File, f.Test.Line, f.Test.Name, f.Problem)
}

// Tests reads the test files of all rules of a policy. It returns the tests that are right together with an [Errors] of all
// that is wrong: a rule without a test file beside it (NAME_test.yaml), or whose tests do not say both what must and what
// must not raise it, is a problem.
func Tests(fsys fs.FS, file string) ([]Test, error) {
	var errs Errors
	root, ok, err := readFile(fsys, file, &errs)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.err()
	}
	var rules node
	for _, e := range root.entries() {
		if e.key == "rules" {
			rules = e.value
		}
	}
	var tests []Test
	for _, name := range ruleFiles(fsys, file, rules) {
		tests = append(tests, ruleTests(fsys, name, &errs)...)
	}
	return tests, errs.err()
}

// ruleTests reads the test file beside a rule.
func ruleTests(fsys fs.FS, rule string, errs *Errors) []Test {
	name := strings.TrimSuffix(path.Base(rule), ".yaml")
	file := strings.TrimSuffix(rule, ".yaml") + testSuffix
	root, ok, err := readFile(fsys, file, errs)
	if err != nil {
		problem := fmt.Sprintf("cannot be read: %v", err)
		if errors.Is(err, fs.ErrNotExist) {
			problem = "is missing: each rule has a test file beside it"
		}
		*errs = append(*errs, Error{File: file, Problem: problem})
		return nil
	}
	if !ok {
		return nil
	}
	var tests []Test
	fires, spares := false, false
	for _, item := range root.items() {
		t, ok := readTest(item)
		if !ok {
			continue
		}
		t.Rule, t.File = name, file
		fires = fires || slices.Contains(t.Want, name) || slices.Contains(t.Any, name)
		spares = spares || slices.Contains(t.Not, name)
		tests = append(tests, t)
	}
	if !fires {
		root.problem("no test wants %s", name)
	}
	if !spares {
		root.problem("no test says what must not raise %s", name)
	}
	return tests
}

// readTest reads one test; ok is false when something is wrong with it.
func readTest(n node) (t Test, ok bool) {
	before := len(*n.src.errors)
	keys := n.keys("name", "events", "want", "any", "not", "action")
	t.Line, _ = n.position()
	if k, ok := keys["name"]; ok {
		t.Name, _ = k.str()
	} else {
		n.problem("name is missing")
	}
	t.Want, t.Any, t.Not = symbolNames(keys["want"]), symbolNames(keys["any"]), symbolNames(keys["not"])
	if k, ok := keys["action"]; ok {
		if a, ok := action(k); ok {
			t.Action = &a
		}
	}
	if k, ok := keys["events"]; ok {
		t.Events = readSteps(k)
	}
	if len(t.Events) == 0 && len(*n.src.errors) == before {
		n.problem("there are no events")
	}
	return t, len(*n.src.errors) == before
}

func symbolNames(n node) []string {
	if n.Node == nil {
		return nil
	}
	var names []string
	for _, item := range n.items() {
		s, ok := item.str()
		if ok && !symbolName.MatchString(s) {
			item.problem("%q is no symbol", clip(s))
		}
		names = append(names, s)
	}
	return names
}

// readSteps reads the events of a test and repeats those that are to be repeated.
func readSteps(n node) []nospim.Event {
	var events []nospim.Event
	next := time.Duration(0)
	for _, item := range n.items() {
		s := step{repeat: 1, every: time.Second, at: next, n: item}
		s.read()
		if len(events)+s.repeat > maxTestEvents {
			item.problem("the test has more than the limit of %d events", maxTestEvents)
			return nil
		}
		for i := range s.repeat {
			at := s.at + time.Duration(i)*s.every
			if at > maxTestSpan {
				item.problem("the test is longer than the limit of %s", spell(maxTestSpan))
				return nil
			}
			e := s.event(i+1, len(events)+1, testStart.Add(at))
			events = append(events, e)
			next = at + time.Second
		}
	}
	return events
}

// RunTests plays each test through a judge of its own and returns what came out otherwise than wanted. The judge is to have
// an empty memory; what is compared is Verdict.Wanted, so shadow does not matter. A judge that is an [io.Closer] is closed.
func RunTests(ctx context.Context, tests []Test, newJudge func() (nospim.Judge, error)) ([]Failure, error) {
	var failures []Failure
	for i := range tests {
		found, err := tests[i].run(ctx, newJudge)
		if err != nil {
			return failures, fmt.Errorf("running the test %q of %s: %w", tests[i].Name, tests[i].File, err)
		}
		failures = append(failures, found...)
	}
	return failures, nil
}

func (t *Test) run(ctx context.Context, newJudge func() (nospim.Judge, error)) (failures []Failure, err error) {
	judge, err := newJudge()
	if err != nil {
		return nil, fmt.Errorf("making a judge: %w", err)
	}
	if c, ok := judge.(io.Closer); ok {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	var last *nospim.Verdict
	raised := make(map[string]int) // symbol → number of the first event that raised it
	for i := range t.Events {
		e := t.Events[i]
		if last, err = judge.Judge(ctx, &e); err != nil {
			return nil, fmt.Errorf("judging event %d: %w", i+1, err)
		}
		for _, s := range last.Signals {
			if raised[s.Symbol] == 0 {
				raised[s.Symbol] = i + 1
			}
		}
	}
	return t.compare(last, raised), nil
}

// compare holds the last verdict, and all symbols raised, against what the test says.
func (t *Test) compare(last *nospim.Verdict, raised map[string]int) []Failure {
	var failures []Failure
	fail := func(format string, args ...any) {
		failures = append(failures, Failure{Test: t, Problem: fmt.Sprintf(format, args...)})
	}
	for _, w := range t.Want {
		if !slices.ContainsFunc(last.Signals, func(s nospim.Signal) bool { return s.Symbol == w }) {
			fail("the last event does not raise %s; it raises %s", w, listed(last.Signals))
		}
	}
	for _, w := range t.Any {
		if raised[w] == 0 {
			fail("no event raises %s", w)
		}
	}
	for _, w := range t.Not {
		if raised[w] != 0 {
			fail("event %d raises %s", raised[w], w)
		}
	}
	if t.Action != nil && last.Wanted != *t.Action {
		fail("the action for the last event is %s, not %s; it raises %s", last.Wanted, *t.Action, listed(last.Signals))
	}
	return failures
}

// listed names signals and their scores.
func listed(signals []nospim.Signal) string {
	if len(signals) == 0 {
		return "nothing"
	}
	var b strings.Builder
	for i, s := range signals {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.Symbol + " " + strconv.FormatFloat(s.Score, 'f', -1, 64))
	}
	return b.String()
}
