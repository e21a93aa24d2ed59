package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

func TestPercentile(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []int
		p      float64
		want   int
	}{
		{"none", nil, 50, 0},
		{"one", []int{7}, 99, 7},
		{"odd", []int{3, 1, 2}, 50, 2},
		{"even takes the lower", []int{4, 1, 3, 2}, 50, 2},
		{"the highest", []int{1, 9, 5}, 100, 9},
		{"the lowest", []int{1, 9, 5}, 0, 1},
	} {
		if got := percentile(c.values, c.p); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	if got := percentile(hundred, 99); got != 99 {
		t.Errorf("p99 of 1 to 100 is %d", got)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestCrowdIsValidAndNeverTwice(t *testing.T) {
	c, err := newCrowd()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	before := time.Now().Add(-24 * time.Hour)
	for range 5000 {
		e := c.next()
		if err := e.Validate(); err != nil {
			t.Fatal(err)
		}
		if seen[e.ID] || !e.Time.After(before) || e.Relation != nospim.RelationContact || e.Sender.ID == e.Recipients[0].ID {
			t.Fatalf("message %d of the crowd: %+v", len(seen), e)
		}
		seen[e.ID], before = true, e.Time
	}
	if n := len(c.batches(130, 64)); n != 3 {
		t.Errorf("130 messages by 64 make %d batches", n)
	}
}

func TestTheKernelCountsOurTime(t *testing.T) {
	begun, err := readStat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if begun.parent != os.Getppid() {
		t.Errorf("the parent is %d, want %d", begun.parent, os.Getppid())
	}
	deadline := time.Now().Add(time.Minute)
	for { // busy until the kernel has seen it
		now, err := readStat(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now.cpu >= begun.cpu+5*tick {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no CPU time was counted")
		}
	}
}

func TestTally(t *testing.T) {
	var few tally
	for i := range 200 {
		answer := []byte(`{"action":"allow","wanted":"allow"}`)
		if i%100 == 0 {
			answer = []byte(`{"action":"mark","wanted":"mark"}`)
		}
		if err := few.count(answer, 1); err != nil {
			t.Error(err)
		}
	}
	if err := few.check(); err != nil {
		t.Errorf("2 of 200: %v", err)
	}
	if err := few.count([]byte(`{"action":"hold"}`), 1); err != nil || few.check() == nil {
		t.Errorf("3 of 201 pass for few; counting: %v", err)
	}
	if few.count([]byte(`{"error":{}}`), 1) == nil {
		t.Error("an error passes for a verdict")
	}
}

func TestMarkdown(t *testing.T) {
	r := report{CPU: "a chip", Cores: 2, Rows: []row{
		{"this | that", "< 1", "2", 2, "short"}, {"other", "", "3", 0, noVerdict},
	}}
	page := string(r.markdown())
	for _, want := range []string{"a chip, 2 cores", `| this \| that | < 1 | 2 | 2.00 | short |`, "| other |  | 3 |  | - |"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in %s", want, page)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-no-such-flag"}, {"argument"}} {
		if err := run(t.Context(), args, t.Output(), t.Output()); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v, want a usage error", args, err)
		}
	}
}

// TestChildCPU: what a child has used of the CPU is known to less than the kernel's tick, and grows.
func TestChildCPU(t *testing.T) {
	of := func() time.Duration {
		self := &child{cmd: &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}}
		used, err := self.cpu()
		if err != nil {
			t.Fatal(err)
		}
		return used
	}
	before, err := ownCPU()
	if err != nil {
		t.Fatal(err)
	}
	used := of()
	after, err := ownCPU()
	if err != nil || used < before || used > after {
		t.Errorf("%v, which is not from %v to %v: %v", used, before, after, err)
	}
}

// TestBench builds the program and what it measures, and lets it measure briefly: every row must have been measured.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	dir := t.TempDir()
	nospimPath, benchPath, page := filepath.Join(dir, "nospim"), filepath.Join(dir, "bench"), filepath.Join(dir, "benchmarks.md")
	for path, name := range map[string]string{nospimPath: "../../cmd/nospim", benchPath: "."} {
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, name).CombinedOutput(); err != nil {
			t.Fatalf("building %s: %v: %s", name, err, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), benchPath, "-nospim", nospimPath, "-quick", "-json", "-write", page, "-only", "judge|cores|live|fingerprints|http|batch|line|converge|memory|start")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("measuring: %v: %s", err, out)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	const rows = 4 + 1 + 2 + 1 + 2 + 2 + 4 + 1 + 3 + 1
	if len(r.Rows) != rows || r.CPU == "" || r.Cores == 0 {
		t.Errorf("%d rows, want %d: %s", len(r.Rows), rows, out)
	}
	for _, row := range r.Rows {
		if row.Ratio <= 0 || row.Verdict == failedVerdict {
			t.Errorf("not measured: %+v", row)
		}
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "/v1/judge") {
		t.Errorf("the page: %v, %s", err, text)
	}
}
