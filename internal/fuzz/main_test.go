package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	said := "fuzz: elapsed: 0s, gathering baseline coverage: 0/1 completed\nfuzz: elapsed: 3s, execs: 12 (4/sec), new interesting: 1 (total: 2)\nPASS\n"
	if got, want := progress([]byte(said)), "3s, execs: 12 (4/sec), new interesting: 1 (total: 2)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-no-such-flag"}, {"argument"}, {"-time", "0"}} {
		if err := run(t.Context(), args, t.Output(), t.Output()); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v, want a usage error", args, err)
		}
	}
}

// TestFuzz makes a module with a target that holds and one that does not, and expects to be told them apart.
func TestFuzz(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and fuzzes a module")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module planted.test/planted\n\ngo 1.26\n",
		"planted_test.go": `package planted

import "testing"

func FuzzHolds(f *testing.F) { f.Fuzz(func(t *testing.T, s string) {}) }
func FuzzBreaks(f *testing.F) { f.Fuzz(func(t *testing.T, s string) { t.Fatal("planted") }) }
func TestOther(t *testing.T) {}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "-mod=mod")
	var out bytes.Buffer
	err := run(t.Context(), []string{"-time", (200 * time.Millisecond).String()}, &out, t.Output())
	if err == nil || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("got %v, want that 1 of 2 failed", err)
	}
	for _, want := range []string{"ok    planted.test/planted.FuzzHolds", "FAIL  planted.test/planted.FuzzBreaks", "planted_test.go"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in what was printed:\n%s", want, &out)
		}
	}
	out.Reset()
	if err := run(t.Context(), []string{"-time", "200ms", "-only", "Holds"}, &out, t.Output()); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("with -only: %v, and printed:\n%s", err, &out)
	}
	if err := run(t.Context(), []string{"-only", "NoSuch"}, &out, t.Output()); err == nil {
		t.Error("no target at all passes for success")
	}
}
