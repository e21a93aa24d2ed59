package http_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	connect "github.com/nospim/nospim/connect/http"
	"github.com/nospim/nospim/connect/wire"
)

// glances is a gate that answers everything that it is asked about.
func glances() *wire.Gate {
	return &wire.Gate{Glance: func(e *nospim.Event, _ *nospim.Verdict) *nospim.Verdict {
		return &nospim.Verdict{EventID: e.ID, Degraded: []string{"overload"}}
	}}
}

// TestSurplusIsAnswered: with a gate, an event too many is answered without judging, and one more than that is turned away.
func TestSurplusIsAnswered(t *testing.T) {
	judging, letGo := make(chan string, 2), make(chan struct{})
	gate := glances()
	gate.Spare = func(e *nospim.Event) bool { return e.ID == "spared" }
	h := connect.New(connect.Options{MaxInFlight: 1, Gate: gate, Judge: nospim.JudgeFunc(func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		judging <- e.ID
		<-letGo
		return allow(ctx, e)
	})})
	url := serve(t, h)
	var waiting sync.WaitGroup
	waiting.Go(func() { do(t, "POST", url+"/v1/judge", "", eventJSON("wait")) })
	<-judging
	got := do(t, "POST", url+"/v1/judge", "", eventJSON("m-2"))
	if got.status != http.StatusOK || !strings.Contains(got.body, `"degraded":["overload"]`) || h.Stats().Turned != 0 || gate.Shedded() != 1 {
		t.Errorf("got %+v, stats %+v; want 200 and a verdict at a glance", got, h.Stats())
	}
	waiting.Go(func() { do(t, "POST", url+"/v1/judge", "", eventJSON("spared")) })
	if id := <-judging; id != "spared" {
		t.Errorf("%s is judged, want what is spared", id)
	}
	if got := do(t, "POST", url+"/v1/judge", "", eventJSON("m-3")); got.status != http.StatusServiceUnavailable || h.Stats().Turned != 1 {
		t.Errorf("got %+v, stats %+v; want 503 and one turned away", got, h.Stats())
	}
	close(letGo)
	waiting.Wait()
}

// TestStreamsAreShed: of a live stream that brings more than can be judged, what is too much is answered without judging; a body whose
// length is told is judged in full, at its pace.
func TestStreamsAreShed(t *testing.T) {
	gate := glances()
	url := serve(t, connect.New(connect.Options{Gate: gate, Judge: nospim.JudgeFunc(func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		<-time.After(time.Millisecond)
		return allow(ctx, e)
	})}))
	const n = 500
	var body strings.Builder
	for i := range n {
		body.WriteString(eventJSON(fmt.Sprint("m-", i)) + "\n")
	}
	answers := strings.Split(strings.TrimSpace(do(t, "POST", url+"/v1/judge/batch", "", body.String()).body), "\n")
	if len(answers) != n || gate.Shedded() != 0 {
		t.Errorf("%d answers to a body of known length, %d not judged; want %d, none", len(answers), gate.Shedded(), n)
	}
	in, out := talk(t, url)
	go func() {
		_, _ = io.WriteString(in, body.String())
		_ = in.Close()
	}()
	for i := range n {
		if got := next(t, out); got != fmt.Sprintf("m-%d allow", i) {
			t.Fatalf("answer %d is %q: out of order", i, got)
		}
	}
	if shed := gate.Shedded(); shed == 0 || shed > n-64 || !gate.Overloaded() {
		t.Errorf("%d of %d were not judged; want some, and not the first 64", shed, n)
	}
}
