package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/record/sqlite"
)

// strict is a policy under which a contact's message is allowed, a stranger's link waits and a listed account is rejected.
// The rule COUNTED fires on the third message of a sender.
const strict = `version: 1
shadow: false
thresholds: {hold: 4}
force: {LIST_BLOCK_ACCOUNT: reject}
rules: [rules/*.yaml]
`

const counted = `name: COUNTED
description: the third message of a sender
when: count(sender, "1d", kind == "message") == 3
score: 0.5
why: it is the third
`

// newData makes a data directory with the strict policy.
func newData(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "policy.yaml"), strict)
	writeFile(t, filepath.Join(dir, "rules", "COUNTED.yaml"), counted)
	return dir
}

// writeFile writes a file at once: whoever watches it never sees half of it.
func writeFile(t *testing.T, name, content string) {
	t.Helper()
	fresh := name + ".new"
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(fresh, []byte(content), 0o600), os.Rename(fresh, name)); err != nil {
		t.Fatal(err)
	}
}

// startDaemon runs a daemon in this process until the test ends.
func startDaemon(t *testing.T, data string, o daemonOptions) *daemon {
	t.Helper()
	c := config.Config{Data: data}
	c.Line.Listen, c.HTTP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	c, err := c.Complete()
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), c, slog.New(slog.DiscardHandler), o)
	if err != nil {
		t.Fatal(err)
	}
	running(t, d)
	return d
}

func dial(t *testing.T, addr string) *line.Client {
	t.Helper()
	c, err := line.DialAddr(t.Context(), addr, line.Hello{Connector: "test"}, line.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// become fails the test when something does not become true in time.
func become(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func message(id, from string, relation nospim.Relation, body string) *nospim.Event {
	return &nospim.Event{
		ID: id, Kind: nospim.KindMessage, Time: time.Now(), Service: "chat.example", Sender: nospim.Account{ID: from},
		Recipients: []nospim.Account{{ID: "ada@chat.example"}}, Relation: relation, Body: body, Raw: "<" + id + "/>",
	}
}

// The policy changes under load: nobody gets an error or a verdict of neither policy, and a wrong one changes nothing.
func TestReloadBesideTraffic(t *testing.T) {
	data := newData(t)
	d := startDaemon(t, data, daemonOptions{})
	file := filepath.Join(data, "policy.yaml")
	first := d.Engine.Policy().Hash()
	var (
		known  sync.Map
		judged atomic.Int64
		wg     sync.WaitGroup
	)
	known.Store(first, true)
	ctx, cancel := context.WithCancel(t.Context())
	for w := range 4 {
		c := dial(t, d.LineAddr)
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				v, err := c.Judge(t.Context(), message(fmt.Sprintf("w%d-%d", w, i), "bob@chat.example", nospim.RelationContact, "hello"))
				if err != nil {
					t.Errorf("beside a reload: %v", err)
					return
				}
				known.LoadOrStore(v.Policy, false)
				judged.Add(1)
			}
		})
	}
	for i := range 3 {
		writeFile(t, file, strict+fmt.Sprintf("weights: {FAN_OUT: %d}\n", i))
		become(t, "the policy is loaded", func() bool { return d.reloads.done.Load() == int64(i+1) })
		known.Store(d.Engine.Policy().Hash(), true)
		at := judged.Load()
		become(t, "it is used", func() bool { return judged.Load() > at+100 })
	}
	last := d.Engine.Policy().Hash()
	writeFile(t, file, strict+"weights: {NO_SUCH_SYMBOL: 1}\n")
	become(t, "the wrong one is refused", func() bool { return d.reloads.failed.Load() == 1 })
	at := judged.Load()
	become(t, "traffic goes on", func() bool { return judged.Load() > at+100 })
	if got := d.Engine.Policy().Hash(); got != last {
		t.Errorf("a wrong policy is in force: %s", got)
	}
	cancel()
	wg.Wait()
	known.Range(func(hash, was any) bool {
		if was == false {
			t.Errorf("a verdict names policy %s, which never was", hash)
		}
		return true
	})
	if body := get(t, "http://"+d.HTTPAddr+"/metrics"); !strings.Contains(body, `nospim_policy_loads_total{result="failed"} 1`+"\n") ||
		!strings.Contains(body, `nospim_policy_loads_total{result="ok"} 3`+"\n") {
		t.Error("the loads are not in the metrics")
	}
}

// get returns what is at a URL. A daemon whose disk has not answered for a second says that it is not well, which passes.
func get(t *testing.T, url string) string {
	t.Helper()
	var body []byte
	become(t, url+" is answered", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if body, err = io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode == http.StatusOK
	})
	return string(body)
}

// A policy that is handed over is in force, is not written to disk, and the connectors ask the wrapper.
func TestDaemonOptions(t *testing.T) {
	p, err := defaultPolicy()
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	data := t.TempDir()
	d := startDaemon(t, data, daemonOptions{Policy: p.Enforced(), Wrap: func(next nospim.Judge) nospim.Judge {
		return nospim.JudgeFunc(func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
			asked.Add(1)
			return next.Judge(ctx, e)
		})
	}})
	child := message("m-1", "nina@x.example", nospim.RelationStranger, "see http://x.example/a")
	child.Recipients[0].Minor = true
	v, err := dial(t, d.LineAddr).Judge(t.Context(), child)
	if err != nil || v.Action != nospim.Hold || v.Shadow {
		t.Errorf("the policy does not enforce: %+v, %v", v, err)
	}
	if asked.Load() != 1 {
		t.Errorf("the wrapper was asked %d times", asked.Load())
	}
	if _, err := os.Stat(filepath.Join(data, "policy.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a policy was written: %v", err)
	}
	if body := get(t, "http://"+d.HTTPAddr+"/healthz"); !strings.Contains(body, `"status":"ok"`) {
		t.Errorf("health is %s", body)
	}
}

// SIGTERM ends it in order, with code 0 and nothing lost that was answered; SIGHUP does not end it.
func TestSignals(t *testing.T) {
	data := newData(t)
	sock := "unix:" + filepath.Join(data, "s")
	c, _ := child(t, "serve", "--data", data, "--line", sock, "--http", "none")
	client := dial(t, sock)
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	const sent = 200
	for i := range sent {
		if _, err := client.Judge(t.Context(), message(fmt.Sprint("m-", i), "bob@chat.example", nospim.RelationContact, "hello")); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	s, err := sqlite.Open(t.Context(), filepath.Join(data, "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	kept := 0
	if err := s.Scan(t.Context(), time.Time{}, func(*nospim.Record) error { kept++; return nil }); err != nil || kept != sent {
		t.Errorf("%d records are kept of %d, %v", kept, sent, err)
	}
}
