package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/simulate"
)

// runDemo runs demo with its temporary directories in a place of the test, and makes sure that nothing stays there.
func runDemo(t *testing.T, args ...string) (code int, out, errors string) {
	t.Helper()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	var stdout, stderr bytes.Buffer
	code = run(append([]string{"demo"}, args...), strings.NewReader(""), &stdout, &stderr)
	left, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("the demo left %s behind", f.Name())
	}
	return code, stdout.String(), stderr.String()
}

// demoLine is any line of demo --json.
type demoLine struct {
	Begin   *demoBegin
	Summary *simulate.Summary
	OK      bool
	demoStep
}

func demoLines(t *testing.T, out string) []demoLine {
	t.Helper()
	var lines []demoLine
	for text := range strings.Lines(out) {
		var l demoLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

// checkDemo checks what every demo must come to, whatever it is played through.
func checkDemo(t *testing.T, mode string, code int, out, errors string) {
	t.Helper()
	lines := demoLines(t, out)
	if code != 0 || errors != "" || len(lines) < 3 {
		t.Fatalf("exit code %d, %d lines, last %q, errors %q", code, len(lines), lastLine(out), errors)
	}
	begin, end := lines[0].Begin, lines[len(lines)-1]
	if begin == nil || begin.Mode != mode {
		t.Fatalf("it begins with %+v, want mode %s", begin, mode)
	}
	if end.Summary == nil || !end.OK || !end.Summary.OK() {
		t.Fatalf("it ends with %+v", end)
	}
	sum := end.Summary
	if p := &sum.People; p.Attempts < 100 || p.Delivered+p.Marked != p.Attempts || sum.Unjudged != 0 {
		t.Errorf("of the people's chat: %+v, %d unjudged", p, sum.Unjudged)
	}
	for _, b := range sum.Bots {
		if b.Attempts < 15 || b.Held+b.Rejected < b.Attempts/3 {
			t.Errorf("of %s: %+v", b.Label, b)
		}
	}
	fates := map[string]simulate.Fate{}
	for _, l := range lines[1 : len(lines)-1] {
		fates[l.Step] = l.Fate
		if (l.Fate == simulate.Held || l.Fate == simulate.Rejected) && (len(l.Why) == 0 || l.Action == "") {
			t.Errorf("%s was %s, and nothing says why: %+v", l.Step, l.Fate, l)
		}
	}
	if len(fates) != begin.Steps {
		t.Errorf("the fates of %d steps of %d are told", len(fates), begin.Steps)
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

func TestDemoThroughTheLineProtocol(t *testing.T) {
	code, out, errors := runDemo(t, "--for", "2s", "--json", "--no-prosody", "--seed", "4")
	checkDemo(t, "line", code, out, errors)
}

func TestDemoThroughProsody(t *testing.T) {
	servers.Need(t, "prosody")
	code, out, errors := runDemo(t, "--for", "5s", "--json", "--seed", "4")
	checkDemo(t, "prosody", code, out, errors)
}

func TestDemoWithoutProsodySaysSo(t *testing.T) {
	t.Setenv("NOSPIM_PROSODY", "no-such-program")
	code, out, errors := runDemo(t, "--for", "2s")
	if code != 0 || errors != "" {
		t.Errorf("exit code %d, errors %q", code, errors)
	}
	for _, want := range []string{
		"Prosody is not installed", "through the line protocol", "rejected", "because: ",
		"Lost: 0. Doubled: 0. Out of order: 0.", "every bot was stopped", "What next", "docs/protocols/prosody.md",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo does not say %q", want)
		}
	}
	if strings.Contains(out, "http://") {
		t.Error("a link is shown so that it can be clicked")
	}
	if strings.Contains(out, "\x1b") {
		t.Error("colour where nobody looks")
	}
}

func TestDemoRefusesLengths(t *testing.T) {
	for _, length := range []string{"1s", "0", "-5s", "2h", "long"} {
		if code, _, errors := runDemo(t, "--for", length); code != exitUsage || !strings.Contains(errors, "--for") {
			t.Errorf("--for %s: exit code %d, %q", length, code, errors)
		}
	}
}
