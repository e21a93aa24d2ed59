package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/record"
)

func newSelftest(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "selftest",
		Short: "Try the whole program on this machine, on loopback and in a temporary directory",
		Long: `Starts a daemon of its own on free loopback ports with its data in a temporary directory, sends it events through the line
protocol and HTTP, restarts it on the same data, and checks what it answers. It touches no installation. Exit code 1 when a
step fails.`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			ctx, cancel := context.WithTimeout(c.Context(), 3*time.Minute)
			defer cancel()
			dir, err := os.MkdirTemp("", "nospim-selftest-")
			if err != nil {
				return err
			}
			t := &selftest{app: a, asJSON: asJSON, data: dir}
			defer func() { err = errors.Join(err, t.stop(), os.RemoveAll(dir)) }()
			return t.run(ctx)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one step a line")
	return c
}

// selftest is one run of selftest.
type selftest struct {
	*app

	asJSON bool
	data   string

	daemon *daemon
	cancel context.CancelFunc
	ended  chan error
	client *line.Client
}

// The service of the selftest and its people.
const (
	testService  = "selftest.example"
	testStranger = "nina@elsewhere.example"
	testPerson   = "ada@" + testService
)

func (t *selftest) run(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"the daemon starts and a connector says hello", t.start},
		{"a contact's message is allowed (line)", t.allow},
		{"a stranger's link to a child waits (line)", t.hold},
		{"the same event again gets the same verdict (HTTP)", t.again},
		{"an account on the block list is rejected (HTTP)", t.block},
		{"an event that is none is refused with its field (line)", t.refuse},
		{"the daemon stops and starts on the same data", t.restart},
		{"the held message is still there and gets the same verdict", t.hold},
		{"released, it is delivered by an order that is acknowledged", t.release},
		{"the metrics count", t.metrics},
		{"the daemon stops", func(context.Context) error { return t.stop() }},
	} {
		begun := time.Now()
		err := step.do(ctx)
		if e := t.say(step.name, time.Since(begun), err); e != nil {
			return e
		}
		if err != nil {
			return errTold
		}
	}
	return nil
}

// say prints the outcome of a step.
func (t *selftest) say(step string, took time.Duration, err error) error {
	if t.asJSON {
		result := struct {
			Step         string  `json:"step"`
			OK           bool    `json:"ok"`
			Milliseconds float64 `json:"ms"`
			Error        string  `json:"error,omitempty"`
		}{Step: step, OK: err == nil, Milliseconds: float64(took.Microseconds()) / 1000}
		if err != nil {
			result.Error = err.Error()
		}
		return t.printJSON(result)
	}
	if err != nil {
		return t.printf("failed  %s: %v\n", step, err)
	}
	return t.printf("ok      %s (%d ms)\n", step, took.Milliseconds())
}

func (t *selftest) start(ctx context.Context) error {
	c := config.Config{Data: t.data}
	c.Line.Listen, c.HTTP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	c, err := c.Complete()
	if err != nil {
		return err
	}
	p, err := defaultPolicy()
	if err != nil {
		return err
	}
	t.daemon, err = newDaemon(ctx, c, slog.New(slog.DiscardHandler), daemonOptions{Policy: p.Enforced()})
	if err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t.cancel, t.ended = cancel, make(chan error, 1)
	go func() { t.ended <- t.daemon.Run(run) }()
	t.client, err = line.DialAddr(ctx, t.daemon.LineAddr, line.Hello{Connector: "selftest", Service: testService}, line.Options{})
	return err
}

// stop ends the daemon, if it runs, and returns what Run returned.
func (t *selftest) stop() error {
	if t.cancel == nil {
		return nil
	}
	var err error
	if t.client != nil {
		err = t.client.Close()
	}
	t.cancel()
	t.cancel, t.client = nil, nil
	return errors.Join(err, <-t.ended)
}

func (t *selftest) restart(ctx context.Context) error {
	if err := t.stop(); err != nil {
		return err
	}
	return t.start(ctx)
}

// testEvent returns a message that happens now; it has the same id on every call with the same words.
func testEvent(id, from string, to nospim.Account, relation nospim.Relation, body string) *nospim.Event {
	return &nospim.Event{
		ID: id, Kind: nospim.KindMessage, Time: time.Now(), Protocol: "selftest", Service: testService,
		Sender: nospim.Account{ID: from}, Recipients: []nospim.Account{to}, Relation: relation, Body: body, Raw: "<" + id + "/>",
	}
}

// want compares an answer with the action that it should have.
func want(v *nospim.Verdict, err error, action nospim.Action) error {
	if err == nil && v.Action != action {
		err = fmt.Errorf("the verdict is %s (score %.1f), not %s", v.Action, v.Score, action)
	}
	return err
}

func (t *selftest) allow(ctx context.Context) error {
	v, err := t.client.Judge(ctx, testEvent("t-1", "bob@"+testService, nospim.Account{ID: testPerson}, nospim.RelationContact, "are you coming at five?"))
	return want(v, err, nospim.Allow)
}

// heldEvent is a stranger's link to a child.
func heldEvent() *nospim.Event {
	return testEvent("t-2", testStranger, nospim.Account{ID: testPerson, Minor: true}, nospim.RelationStranger, "look at http://x.example/a")
}

func (t *selftest) hold(ctx context.Context) error {
	v, err := t.client.Judge(ctx, heldEvent())
	if err := want(v, err, nospim.Hold); err != nil {
		return err
	}
	held, err := t.daemon.Store.Held(ctx, record.HeldFilter{Service: testService})
	if err == nil && len(held) != 1 {
		err = fmt.Errorf("%d messages are held, not 1", len(held))
	}
	return err
}

func (t *selftest) again(ctx context.Context) error {
	v, err := t.post(ctx, heldEvent())
	return want(v, err, nospim.Hold)
}

func (t *selftest) block(ctx context.Context) error {
	entry, err := detect.ParseEntry(nospim.ListAccount, "spammer@elsewhere.example")
	if err != nil {
		return err
	}
	entry.By = "selftest"
	if err := t.daemon.Store.PutList(ctx, entry); err != nil {
		return err
	}
	// The daemon takes a change over within a second. Each try is another event, because the same one keeps its verdict.
	try := 0
	return eventually(ctx, func() error {
		try++
		e := testEvent(fmt.Sprintf("t-3-%d", try), entry.Value, nospim.Account{ID: testPerson}, nospim.RelationContact, "hello")
		v, err := t.post(ctx, e)
		return want(v, err, nospim.Reject)
	})
}

// eventually tries until it succeeds, for a minute at most, and returns the last error.
func eventually(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

func (t *selftest) refuse(ctx context.Context) error {
	e := heldEvent()
	e.ID, e.Kind = "t-4", "smoke_signal"
	_, err := t.client.Judge(ctx, e)
	var refused *wire.Error
	if errors.As(err, &refused) && refused.Field == "kind" {
		return nil
	}
	return fmt.Errorf("the answer is %w, not that kind is wrong", err)
}

func (t *selftest) release(ctx context.Context) error {
	held, err := t.daemon.Store.Held(ctx, record.HeldFilter{Service: testService, State: nospim.HoldHeld})
	if err != nil {
		return err
	}
	for _, h := range held {
		if err := t.daemon.Store.Settle(ctx, h.ID, nospim.HoldReleased, "selftest", ""); err != nil {
			return err
		}
	}
	ordered := make(chan nospim.Order, len(held))
	t.client.OnOrder(func(o nospim.Order) string { ordered <- o; return "" })
	select {
	case o := <-ordered:
		if o.Do != nospim.OrderDeliver || o.Raw != heldEvent().Raw {
			return fmt.Errorf("the order is %s of %q", o.Do, o.Raw)
		}
	case <-ctx.Done():
		return fmt.Errorf("no order came: %w", ctx.Err())
	}
	return eventually(ctx, func() error {
		done, err := t.daemon.Store.Held(ctx, record.HeldFilter{Service: testService, State: nospim.HoldDelivered})
		if err == nil && len(done) != len(held) {
			err = errors.New("the order was acknowledged, and the message does not count as delivered")
		}
		return err
	})
}

func (t *selftest) metrics(ctx context.Context) error {
	b, err := t.fetch(ctx, http.MethodGet, "/metrics", nil)
	if err == nil && !bytes.Contains(b, []byte("nospim_again_total 1\n")) {
		err = errors.New("nospim_again_total is not 1: the event that came again after the restart")
	}
	return err
}

// post judges an event through HTTP.
func (t *selftest) post(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	b, err := t.fetch(ctx, http.MethodPost, "/v1/judge", wire.AppendEvent(nil, e))
	if err != nil {
		return nil, err
	}
	v := new(nospim.Verdict)
	return v, json.Unmarshal(b, v)
}

// fetch asks the daemon on loopback.
func (t *selftest) fetch(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+t.daemon.HTTPAddr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, b)
	}
	return b, err
}
