package http_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/nospim/nospim"
	connect "github.com/nospim/nospim/connect/http"
	"github.com/nospim/nospim/connect/wire"
)

var update = flag.Bool("update", false, "write the generated documents")

// allow is a judge that lets everything pass, except by what the event's id asks for.
func allow(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	switch e.ID {
	case "err":
		return nil, errors.New("disk /dev/sda is full")
	case "panic":
		panic("at the " + e.Body)
	}
	return &nospim.Verdict{EventID: e.ID, Policy: "sha256:0"}, nil
}

func message(id string) *nospim.Event {
	return &nospim.Event{
		ID: id, Kind: nospim.KindMessage, Time: time.Date(2026, 3, 1, 18, 4, 5, 0, time.UTC), Service: "chat.example",
		Sender: nospim.Account{ID: "nina@chat.example"}, Body: "hello",
	}
}

func eventJSON(id string) string { return string(wire.AppendEvent(nil, message(id))) }

// serve runs a server until the test ends, checks that it ends then, and returns its URL. How soon is TestEndsWithinTheGrace.
func serve(t *testing.T, h *connect.Handler) string {
	t.Helper()
	l, err := connect.Listen(t.Context(), "127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- connect.Serve(ctx, l, h) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("Serve did not end with its context")
		}
	})
	return "http://" + l.Addr().String()
}

// response is an answer, read to its end.
type response struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, method, url, contentType, body string, header ...string) response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{resp.StatusCode, resp.Header, string(b)}
}

func TestAnswers(t *testing.T) {
	const verdict = `{"event_id":"m-1","action":"allow","wanted":"allow","score":0,"required":0,"signals":[],"policy":"sha256:0","shadow":false}` + "\n"
	unavailable := `{"error":{"code":"unavailable","message":"the event could not be judged: let it pass"}}` + "\n"
	tests := map[string]struct {
		method, path, contentType, body string
		status                          int
		want                            string
	}{
		"judge":           {"POST", "/v1/judge", "application/json", eventJSON("m-1"), 200, verdict},
		"no type":         {"POST", "/v1/judge", "", eventJSON("m-1"), 200, verdict},
		"charset":         {"POST", "/v1/judge", "application/json; charset=UTF-8", eventJSON("m-1"), 200, verdict},
		"form":            {"POST", "/v1/judge", "application/x-www-form-urlencoded", eventJSON("m-1"), 415, `{"error":{"code":"unsupported_media_type","message":"the body must be application/json"}}` + "\n"},
		"latin":           {"POST", "/v1/judge", "application/json; charset=latin1", eventJSON("m-1"), 415, `{"error":{"code":"unsupported_media_type","message":"the body must be application/json"}}` + "\n"},
		"invalid":         {"POST", "/v1/judge", "", `{"id":"m-1","kind":"x"}`, 400, `{"error":{"code":"invalid","field":"kind","message":"kind is \"x\", which is no kind of event"}}` + "\n"},
		"empty":           {"POST", "/v1/judge", "", ``, 400, `{"error":{"code":"invalid","field":"json","message":"byte 1: json lacks a value"}}` + "\n"},
		"too large":       {"POST", "/v1/judge", "", `{"body":"` + strings.Repeat("x", 4<<20) + `"}`, 413, `{"error":{"code":"too_large","field":"body","limit":4194304,"message":"body is longer than the limit of 4194304 bytes"}}` + "\n"},
		"too many":        {"POST", "/v1/judge", "", strings.Replace(eventJSON("m-1"), `"body"`, `"links":[`+strings.Repeat(`"a",`, 100)+`"a"],"body"`, 1), 413, `{"error":{"code":"too_large","field":"links","limit":100,"message":"links has more elements than the limit of 100"}}` + "\n"},
		"judge errs":      {"POST", "/v1/judge", "", eventJSON("err"), 503, unavailable},
		"judge panics":    {"POST", "/v1/judge", "", eventJSON("panic"), 503, unavailable},
		"method":          {"GET", "/v1/judge", "", "", 405, `{"error":{"code":"method_not_allowed","message":"this path takes POST"}}` + "\n"},
		"nothing":         {"GET", "/v2/judge", "", "", 404, `{"error":{"code":"not_found","message":"there is nothing here; /openapi.json says what there is"}}` + "\n"},
		"health":          {"GET", "/healthz", "", "", 200, `{"status":"ok","version":"v1"}` + "\n"},
		"batch form":      {"POST", "/v1/judge/batch", "text/plain", "", 415, `{"error":{"code":"unsupported_media_type","message":"the body must be application/jsonl"}}` + "\n"},
		"batch, nothing":  {"POST", "/v1/judge/batch", "application/jsonl", "", 200, ""},
		"batch, one, bad": {"POST", "/v1/judge/batch", "application/x-ndjson", eventJSON("m-1") + "\n\nx\n" + eventJSON("panic"), 200, `{"verdict":` + strings.TrimSuffix(verdict, "\n") + "}\n" + `{"error":{"code":"invalid","field":"json","message":"line 3, byte 1: json lacks a value"},"line":3}` + "\n" + strings.TrimSuffix(unavailable, "}\n") + `,"line":4}` + "\n"},
	}
	h := connect.New(connect.Options{Judge: nospim.JudgeFunc(allow), Version: "v1"})
	url := serve(t, h)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := do(t, test.method, url+test.path, test.contentType, test.body)
			if got.status != test.status {
				t.Errorf("status %d, want %d", got.status, test.status)
			}
			if diff := cmp.Diff(test.want, got.body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if (got.header.Get("Retry-After") != "") != (test.status == 503) {
				t.Errorf("Retry-After is %q with status %d", got.header.Get("Retry-After"), test.status)
			}
		})
	}
	s := h.Stats()
	if s.Panics != 2 || s.Errors[wire.Unavailable] != 3 || s.Errors[wire.TooLarge] != 2 || s.Verdicts[nospim.Allow] != 4 {
		t.Errorf("stats = %+v, want 2 panics, 3 unavailable, 2 too large, 4 allowed", s)
	}
}

// A body without a length must not be read beyond the limit.
func TestEndlessBody(t *testing.T) {
	url := serve(t, connect.New(connect.Options{Judge: nospim.JudgeFunc(allow)}))
	nc, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	// On a bare socket: http.Client may say that it could not write on, though the answer is there.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/judge", io.LimitReader(neverEnds{}, 1<<30))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = r.Write(nc) }()
	resp, err := http.ReadResponse(bufio.NewReader(nc), r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", resp.StatusCode)
	}
}

type neverEnds struct{}

func (neverEnds) Read(p []byte) (int, error) { return len(p), nil }

func TestToken(t *testing.T) {
	url := serve(t, connect.New(connect.Options{Judge: nospim.JudgeFunc(allow), Token: "open sesame"}))
	tests := []struct {
		path, token string
		status      int
	}{
		{"/v1/judge", "", 401},
		{"/v1/judge", "Bearer open sesam", 401},
		{"/v1/judge", "Basic open sesame", 401},
		{"/v1/judge", "Bearer open sesame", 405},
		{"/metrics", "", 401},
		{"/metrics", "bearer open sesame", 200},
		{"/healthz", "", 200},
		{"/openapi.json", "", 200},
	}
	for _, test := range tests {
		method := http.MethodGet
		if test.status == 401 && test.path == "/v1/judge" {
			method = http.MethodPost
		}
		got := do(t, method, url+test.path, "", "", "Authorization", test.token)
		if got.status != test.status {
			t.Errorf("%s with %q: status %d, want %d", test.path, test.token, got.status, test.status)
		}
		if test.status == 401 && (got.header.Get("WWW-Authenticate") != "Bearer" || !strings.Contains(got.body, `"code":"denied"`)) {
			t.Errorf("%s with %q: %v %s", test.path, test.token, got.header, got.body)
		}
	}
	if connect.Check("0.0.0.0:80", "") == nil || connect.Check("0.0.0.0:80", "x") != nil || connect.Check("[::1]:80", "") != nil {
		t.Error("Check must refuse an address that others can reach without a token, and nothing else")
	}
}

func TestHealth(t *testing.T) {
	url := serve(t, connect.New(connect.Options{Judge: nospim.JudgeFunc(allow), Health: func() error { return errors.New("the disk is full") }}))
	got := do(t, "GET", url+"/healthz", "", "")
	if got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "disk") {
		t.Errorf("got %d %s, want 503 and no more than that", got.status, got.body)
	}
	url = serve(t, connect.New(connect.Options{Judge: nospim.JudgeFunc(allow), Version: "v1", Degraded: func() []string { return []string{"cluster"} }}))
	if got, want := do(t, "GET", url+"/healthz", "", ""), `{"status":"ok","version":"v1","degraded":["cluster"]}`+"\n"; got.status != http.StatusOK || got.body != want {
		t.Errorf("got %d %s, want 200 %s", got.status, got.body, want)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	url := serve(t, connect.New(connect.Options{Judge: nospim.JudgeFunc(allow), Registry: registry}))
	do(t, "POST", url+"/v1/judge", "", strings.Replace(eventJSON("m-1"), "{", `{"x":1,`, 1))
	do(t, "POST", url+"/v1/judge", "", `{}`)
	body := do(t, "GET", url+"/metrics", "", "").body
	for _, want := range []string{
		`nospim_http_requests_total{path="/v1/judge",status="200"} 1`, `nospim_http_requests_total{path="/v1/judge",status="400"} 1`,
		`nospim_http_verdicts_total{action="allow"} 1`, `nospim_http_errors_total{code="invalid"} 1`, `nospim_http_unknown_fields_total 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
	if problems, err := registry.Gather(); err != nil || len(problems) == 0 {
		t.Errorf("Gather: %v", err)
	}
}

// slow is a judge whose verdicts wait until they are let go.
type slow struct {
	nospim.JudgeFunc
	begun chan string
	letGo chan struct{}
}

func (s *slow) Begin(ctx context.Context, e *nospim.Event) (*nospim.Verdict, wire.Wait, error) {
	if !strings.HasPrefix(e.ID, "hold") {
		v, err := s.Judge(ctx, e)
		return v, nil, err
	}
	id := strings.Clone(e.ID)
	s.begun <- id
	return nil, func() (*nospim.Verdict, error) {
		<-s.letGo
		if e.ID != id {
			return nil, errors.New("the event was touched")
		}
		return &nospim.Verdict{EventID: e.ID, Action: nospim.Hold}, nil
	}, nil
}

// talk is a stream in turns: lines are written to in, answers read from out.
func talk(t *testing.T, url string) (in io.WriteCloser, out *bufio.Scanner) {
	t.Helper()
	r, in := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/judge/batch", r)
	if err != nil {
		t.Fatal(err)
	}
	// The answer's header comes before the first line, so that Do returns.
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = resp.Body.Close() })
	return in, bufio.NewScanner(resp.Body)
}

// next returns the event that the next line of an answer is about, with the action.
func next(t *testing.T, out *bufio.Scanner) string {
	t.Helper()
	if !out.Scan() {
		t.Fatalf("no more answers: %v", out.Err())
	}
	var line connect.BatchLine
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Error != nil {
		return fmt.Sprint("line ", line.Line, " ", line.Error.Code)
	}
	return fmt.Sprint(line.Verdict.EventID, " ", line.Verdict.Action)
}

func TestBatchInTurns(t *testing.T) {
	in, out := talk(t, serve(t, connect.New(connect.Options{Judge: nospim.JudgeFunc(allow)})))
	for i := range 3 {
		id := fmt.Sprint("m-", i)
		fmt.Fprintln(in, eventJSON(id))
		if got := next(t, out); got != id+" allow" {
			t.Fatalf("answer %q, want %s", got, id)
		}
	}
	// A line over the limit is an error; the stream goes on.
	go func() {
		_, _ = io.Copy(in, io.LimitReader(neverEnds{}, 5<<20))
		fmt.Fprintln(in, "\n"+eventJSON("m-9"))
		_ = in.Close()
	}()
	if got := next(t, out); got != "line 4 too_large" {
		t.Errorf("answer %q, want line 4 too_large", got)
	}
	if got := next(t, out); got != "m-9 allow" {
		t.Errorf("answer %q, want m-9 allow", got)
	}
	if out.Scan() || out.Err() != nil {
		t.Errorf("after the last line: %q, %v", out.Text(), out.Err())
	}
}

func TestBatchKeepsOrderWhileTheDiskIsSlow(t *testing.T) {
	s := &slow{JudgeFunc: allow, begun: make(chan string, 10), letGo: make(chan struct{})}
	in, out := talk(t, serve(t, connect.New(connect.Options{Judge: s})))
	var lines, want []string
	for _, id := range []string{"m-1", "hold-1", "m-2", "hold-2", "m-3"} {
		lines = append(lines, eventJSON(id))
		action := " allow"
		if strings.HasPrefix(id, "hold") {
			action = " hold"
		}
		want = append(want, id+action)
	}
	fmt.Fprintln(in, strings.Join(append(lines, "x"), "\n"))
	want = append(want, "line 6 invalid")
	got := []string{next(t, out)}
	// Both are begun before either is durable: waiting does not stop judging.
	if a, b := <-s.begun, <-s.begun; a != "hold-1" || b != "hold-2" {
		t.Errorf("begun %s, %s", a, b)
	}
	close(s.letGo)
	for range 5 {
		got = append(got, next(t, out))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// More waits than the window holds must neither block for ever nor change the order.
func TestBatchWindow(t *testing.T) {
	const n = 3000
	s := &slow{JudgeFunc: allow, begun: make(chan string, n), letGo: make(chan struct{})}
	in, out := talk(t, serve(t, connect.New(connect.Options{Judge: s})))
	go func() {
		for i := range n {
			fmt.Fprintln(in, eventJSON(fmt.Sprint([]string{"hold-", "m-"}[i%2], i)))
		}
		_ = in.Close()
	}()
	for range 512 {
		<-s.begun
	}
	close(s.letGo)
	for i := range n {
		want := fmt.Sprint([]string{"hold-", "m-"}[i%2], i, []string{" hold", " allow"}[i%2])
		if got := next(t, out); got != want {
			t.Fatalf("answer %d is %q, want %q", i, got, want)
		}
	}
}

func TestTooManyInFlight(t *testing.T) {
	judging, letGo := make(chan struct{}), make(chan struct{})
	h := connect.New(connect.Options{MaxInFlight: 1, Judge: nospim.JudgeFunc(func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		if e.ID == "wait" {
			close(judging)
			<-letGo
		}
		return allow(ctx, e)
	})})
	url := serve(t, h)
	var waiting sync.WaitGroup
	waiting.Go(func() { do(t, "POST", url+"/v1/judge", "", eventJSON("wait")) })
	<-judging
	got := do(t, "POST", url+"/v1/judge", "", eventJSON("m-2"))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || h.Stats().Turned != 1 {
		t.Errorf("got %+v, stats %+v; want 503 with Retry-After and one turned away", got, h.Stats())
	}
	// Streams have places of their own.
	in, out := talk(t, url)
	fmt.Fprintln(in, eventJSON("m-3"))
	if got := next(t, out); got != "m-3 allow" {
		t.Errorf("answer %q, want m-3 allow", got)
	}
	if got := do(t, "POST", url+"/v1/judge/batch", "", eventJSON("m-4")); got.status != http.StatusServiceUnavailable {
		t.Errorf("a stream too many: status %d, want 503", got.status)
	}
	close(letGo)
	waiting.Wait()
	if got := do(t, "POST", url+"/v1/judge", "", eventJSON("m-2")); got.status != http.StatusOK {
		t.Errorf("the place was not given back: status %d", got.status)
	}
}

func TestDocuments(t *testing.T) {
	openapi, err := connect.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"openapi.json": openapi, "api.md": connect.Markdown()} {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("docs/%s is not what the types say; write it with go test ./connect/http -update\n%s", name, cmp.Diff(string(want), string(got)))
		}
	}
	again, _ := connect.OpenAPI()
	if !bytes.Equal(openapi, again) {
		t.Error("OpenAPI differs from call to call")
	}
}

func TestEveryFieldIsDescribed(t *testing.T) {
	text, err := connect.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		OpenAPI    string
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Description string }
			}
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.OpenAPI != "3.1.0" || len(d.Components.Schemas) < 9 {
		t.Errorf("OpenAPI %s with %d schemas", d.OpenAPI, len(d.Components.Schemas))
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllSubmatch(text, -1) {
		if _, ok := d.Components.Schemas[string(ref[1])]; !ok {
			t.Errorf("there is no schema %s", ref[1])
		}
	}
	for name, s := range d.Components.Schemas {
		for field, p := range s.Properties {
			if p.Description == "" {
				t.Errorf("%s.%s is not described: add it to words", name, field)
			}
		}
	}
}
