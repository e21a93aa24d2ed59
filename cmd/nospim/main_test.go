package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nospim/nospim/link"
)

var update = flag.Bool("update", false, "write the golden files and the generated documents")

// runEnv makes the test binary the program: child processes of tests are this binary, with it set.
const runEnv = "NOSPIM_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(runEnv) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"nospim": main})
}

// The scripts are what a person would type, each with an empty home. Beyond testscript's own commands there are:
//
//	send [-orders=N] socket file   sends lines to the line protocol; prints the answers to those with a number, and N orders
//	await regexp send …            the same again, %d in the file being the number of the try, until the output matches
//	await regexp program args…     runs a program until its output matches
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "share"))
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "etc"))
			e.Setenv("DATA", filepath.Join(e.WorkDir, "share", "nospim"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "send": send},
	})
}

// patience is how long a test waits for what must come, on a machine that is slow and busy.
const patience = 3 * time.Minute

func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await regexp send|program args…")
	}
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	var out string
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for try, deadline := 1, time.Now().Add(patience); time.Now().Before(deadline); try++ {
		<-tick.C
		if args[1] == "send" {
			out, err = exchange(ts, try, args[2:])
		} else if err = ts.Exec(args[1], args[2:]...); err == nil {
			out = ts.ReadFile("stdout")
		}
		if err == nil && want.MatchString(out) {
			_, _ = io.WriteString(ts.Stdout(), out)
			return
		}
	}
	ts.Fatalf("no output matched %q; the last was %q, %v", args[0], out, err)
}

func send(ts *testscript.TestScript, neg bool, args []string) {
	out, err := exchange(ts, 1, args)
	_, _ = io.WriteString(ts.Stdout(), out)
	switch {
	case neg && err == nil:
		ts.Fatalf("the lines were answered")
	case !neg:
		ts.Check(err)
	}
}

// exchange waits for the socket, says hello, sends the lines of a file, and returns as many answers as lines have a number and
// as many orders as are asked for, each of which it acknowledges.
func exchange(ts *testscript.TestScript, try int, args []string) (string, error) {
	flags := flag.NewFlagSet("send", flag.ContinueOnError)
	orders := flags.Int("orders", 0, "")
	if err := flags.Parse(args); err != nil || flags.NArg() != 2 {
		ts.Fatalf("usage: send [-orders=N] socket file")
	}
	c, err := dialUnix(ts.MkAbs(flags.Arg(0)))
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	lines := strings.ReplaceAll(ts.ReadFile(flags.Arg(1)), "%d", strconv.Itoa(try))
	if _, err = io.WriteString(c, `{"hello":{"connector":"script","service":"chat.example"}}`+"\n"+lines); err != nil {
		return "", err
	}
	ts.Check(c.SetReadDeadline(time.Now().Add(patience)))
	var out strings.Builder
	answers := bufio.NewScanner(c)
	for want, given := 1+strings.Count(lines, `{"n":`), 0; want > 0 || given < *orders; {
		if !answers.Scan() {
			return out.String(), fmt.Errorf("the connection ended before the answer: %w", cmp.Or(answers.Err(), io.EOF))
		}
		var line struct{ Order struct{ ID string } }
		switch err := json.Unmarshal(answers.Bytes(), &line); {
		case err != nil || line.Order.ID == "":
			want--
		case *orders == 0: // one that was acknowledged to another connection, and not on disk yet when this one came
			continue
		default:
			given++
			_, err = io.WriteString(c, `{"ack":"`+line.Order.ID+`"}`+"\n")
			ts.Check(err)
		}
		out.WriteString(answers.Text() + "\n")
	}
	if *orders > 0 { // the acknowledgement has no answer: a ping's comes behind it
		_, err = io.WriteString(c, `{"ping":1}`+"\n")
		ts.Check(err)
		answers.Scan()
	}
	return out.String(), nil
}

// dialUnix waits for a socket that another process is about to listen on.
func dialUnix(path string) (c net.Conn, err error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if c, err = net.Dial("unix", path); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// child starts the program as a process of its own and waits until it says that it is ready. The line that it says is
// returned; the process is killed at the end of the test.
func child(t *testing.T, args ...string) (*exec.Cmd, string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), runEnv+"=1")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ready, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = c.Wait()
		t.Fatalf("the program ended before it was ready: %s", stderr.String())
	}
	return c, ready
}

// The generated part of docs/ is what the program says now.
func TestGeneratedDocuments(t *testing.T) {
	for _, d := range generated(newRoot(&app{})) {
		t.Run(d.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := d.write(&b); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("..", "..", "docs", d.name)
			if *update {
				if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if d2 := diff.Diff(string(want), b.String()); d2 != "" {
				t.Errorf("docs/%s is not what the program says; run make gen:\n%s", d.name, d2)
			}
		})
	}
}

// What is printed of a stranger's text can do nothing to a terminal and nobody can click it.
func TestSafeAndDefang(t *testing.T) {
	tests := []struct{ in, safe, defanged string }{
		{"hello.", "hello.", "hello."},
		{"a\x1b[31mred\a", "a\uFFFD[31mred\uFFFD", "a\uFFFD[31mred\uFFFD"},
		{"two\nlines\tand more", "two lines and more", "two lines and more"},
		{"turned \u202Eround", "turned \uFFFDround", "turned \uFFFDround"},
		{"see http://x.example/a. Now", "see http://x.example/a. Now", "see hxxp://x[.]example/a. Now"},
		{"HTTPS://X.EXAMPLE", "HTTPS://X.EXAMPLE", "hxxps://X[.]EXAMPLE"},
	}
	for _, tt := range tests {
		if got := safe(tt.in); got != tt.safe {
			t.Errorf("safe(%q) = %q, want %q", tt.in, got, tt.safe)
		}
		if got := link.Defang(safe(tt.in)); got != tt.defanged {
			t.Errorf("Defang(%q) = %q, want %q", tt.in, got, tt.defanged)
		}
	}
}
