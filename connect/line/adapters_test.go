package line_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// TestAdaptersCount: what adapters count comes with their pings; what they let pass meanwhile is told in the log, once.
func TestAdaptersCount(t *testing.T) {
	var log strings.Builder
	s := &line.Server{Log: slog.New(slog.NewTextHandler(&log, nil))}
	serve := func(lines ...string) string {
		c := &tape{in: bytes.NewReader([]byte(strings.Join(lines, "\n")))}
		s.ServeConn(t.Context(), c)
		return c.out.String()
	}
	hello := func(service string) string {
		return fmt.Sprintf(`{"hello":{"connector":"prosody/0.12.3","service":%q}}`, service)
	}
	ping := func(counters string) string { return `{"ping":1,"counters":` + counters + `}` }
	for range 2 { // it connects anew, and says the same
		out := serve(hello("b.example"), ping(`{"checked":7,"failed_open":2,"latency":3}`), ping(`{"checked":9,"failed_open":5,"breaker_open":1}`), `{"ping":2}`)
		if strings.Count(out, `{"pong":`) != 3 || strings.Contains(out, "error") {
			t.Fatalf("answered %s", out)
		}
	}
	serve(hello("a.example"), ping(`{"failed_open":4}`), ping(`{}`)) // it was started anew
	for _, bad := range []string{`7`, `{"checked":-1}`, `{"checked":"many"}`, `{"checked":1,"checked":2}`, `[1]`} {
		if out := serve(hello("c.example"), ping(bad)); !strings.Contains(out, `"code":"invalid"`) {
			t.Errorf("the counters %s are answered by %s", bad, out)
		}
	}
	want := []line.Adapter{
		{Connector: "prosody/0.12.3", Service: "a.example"},
		{Connector: "prosody/0.12.3", Service: "b.example", Counters: wire.Counters{wire.Checked: 9, wire.FailedOpen: 5, wire.BreakerOpen: 1}},
	}
	if diff := cmp.Diff(want, s.Stats().Adapters); diff != "" {
		t.Errorf("adapters (-want +got):\n%s", diff)
	}
	// From 2 to 5, and again after the tape had gone back to 2.
	if n := strings.Count(log.String(), "messages passed without an answer"); n != 2 || !strings.Contains(log.String(), "passed=3") {
		t.Errorf("the log says it %d times: %s", n, log.String())
	}
	for i := range 300 {
		serve(hello(fmt.Sprintf("%d.example", i)), ping(`{}`))
	}
	if n := len(s.Stats().Adapters); n != 256 {
		t.Errorf("%d adapters are remembered", n)
	}
}
