package line_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// allow is a judge that lets everything pass.
func allow(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	return &nospim.Verdict{EventID: e.ID, Policy: "sha256:0"}, nil
}

func message(id string) *nospim.Event {
	return &nospim.Event{
		ID: id, Kind: nospim.KindMessage, Time: time.Date(2026, 3, 1, 18, 4, 5, 0, time.UTC), Service: "chat.example",
		Sender: nospim.Account{ID: "nina@chat.example"}, Body: "hello",
	}
}

// serve runs a server until the test ends, and checks that it ends then. How soon is TestEndsWithinTheGrace.
func serve(t *testing.T, s *line.Server) string {
	t.Helper()
	l, err := line.Listen(t.Context(), "127.0.0.1:0", s.Secret)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(2 * time.Minute):
			t.Error("Serve did not end with its context")
		}
	})
	return l.Addr().String()
}

func dial(t *testing.T, addr string, hello line.Hello) *line.Client {
	t.Helper()
	c, err := line.Dial(t.Context(), "tcp", addr, hello, line.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Errorf("in vain: %s", what)
			return
		}
	}
}

// talk sends raw lines, half-closes, and returns every line of the answer.
func talk(t *testing.T, addr, lines string) []string {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(2 * time.Minute))
	go func() {
		_, _ = io.WriteString(nc, lines)
		_ = nc.(*net.TCPConn).CloseWrite()
	}()
	b, err := io.ReadAll(nc)
	if err != nil && len(b) == 0 {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func TestAnswers(t *testing.T) {
	event := string(wire.AppendEvent(nil, message("m-1")))
	verdict := `"verdict":{"event_id":"m-1","action":"allow","wanted":"allow","score":0,"required":0,"signals":[],"policy":"sha256:0","shadow":false}}`
	tests := map[string]struct{ in, want string }{
		"hello":          {`{"hello":{"connector":"test/1"}}`, `{"hello":{"version":"v1","policy":"sha256:p","shadow":true}}`},
		"second hello":   {`{"hello":{}}` + "\n" + `{"hello":{}}`, `{"hello":{"version":"v1","policy":"sha256:p","shadow":true}}` + "\n" + `{"error":{"code":"invalid","field":"hello","message":"line 2: hello may come once"}}`},
		"event":          {`{"n":1,"event":` + event + `}`, `{"n":1,` + verdict},
		"n after event":  {`{"event":` + event + `,"n":1}`, `{"n":1,` + verdict},
		"no newline":     {`{"n":2,"event":` + event + `}`, `{"n":2,` + verdict},
		"observation":    {`{"event":` + event + `}` + "\n" + `{"ping":5}`, `{"pong":5}`},
		"blank lines":    {"\r\n  \n{\"ping\":7}\r\n", `{"pong":7}`},
		"invalid":        {`{"n":3,"event":{"id":"m-1","kind":"x"}}`, `{"n":3,"error":{"code":"invalid","field":"kind","message":"line 1: kind is \"x\", which is no kind of event"}}`},
		"wrong type":     {`{"event":{"sender":{"id":4}},"n":3}`, `{"n":3,"error":{"code":"invalid","field":"sender.id","message":"line 1: sender.id must be a string"}}`},
		"too large":      {`{"n":3,"event":{"id":"` + strings.Repeat("x", 513) + `","kind":"message","service":"s","sender":{"id":"a"},"time":"2026-03-01T18:04:05Z"}}`, `{"n":3,"error":{"code":"too_large","field":"id","limit":512,"message":"line 1: id has 513 bytes, more than the limit of 512"}}`},
		"refused, no n":  {`{"event":{"id":""}}`, `{"error":{"code":"invalid","field":"id","message":"line 1: id is required: it is the idempotency key"}}`},
		"not JSON":       {"\n" + `{"n":3,"event":{"id`, `{"error":{"code":"invalid","field":"json","message":"line 2, byte 20: json ends within a string"}}`},
		"not UTF-8":      {"{\"n\":3,\"event\":{\"id\":\"a\xff\"}}", `{"error":{"code":"invalid","field":"json","message":"line 1, byte 24: json is not valid UTF-8"}}`},
		"none":           {`{"n":3}`, `{"error":{"code":"invalid","field":"line","message":"line 1: line has none of hello, event, ack and ping"}}`},
		"two":            {`{"ping":3,"ack":"o-1"}`, `{"error":{"code":"invalid","field":"line","message":"line 1: line has more than one of hello, event, ack and ping"}}`},
		"n is no number": {`{"n":"a","ping":1}`, `{"error":{"code":"invalid","field":"n","message":"line 1: n must be a whole number from 0 to 9007199254740992"}}`},
		"nospim's line":  {`{"pong":3}`, `{"error":{"code":"invalid","field":"line","message":"line 1: line is one that only nospim sends"}}`},
		"ack, no orders": {`{"ack":"o-1"}`, `{"error":{"code":"invalid","field":"ack","message":"line 1: ack names no order"}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, &line.Server{
				Judge: nospim.JudgeFunc(allow), Version: "v1", About: func() (string, bool) { return "sha256:p", true },
			})
			if diff := cmp.Diff(test.want, strings.Join(talk(t, addr, test.in), "\n")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBlankLinesHoldNothingBack sends what peers use to keep a connection open right behind a question.
func TestBlankLinesHoldNothingBack(t *testing.T) {
	nc, err := net.Dial("tcp", serve(t, &line.Server{Judge: nospim.JudgeFunc(allow)}))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := io.WriteString(nc, "{\"ping\":7}\r\n\r\n  \n"); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64)
	n, err := nc.Read(answer)
	if got := string(answer[:n]); got != "{\"pong\":7}\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestOversizeLineIsSkipped(t *testing.T) {
	s := &line.Server{Judge: nospim.JudgeFunc(allow), MaxLine: 100 << 10}
	addr := serve(t, s)
	got := talk(t, addr, `{"ping":1}`+"\n"+strings.Repeat("x", 1<<20)+"\n"+`{"ping":3}`+"\n")
	want := []string{
		`{"pong":1}`,
		`{"error":{"code":"too_large","field":"line","limit":102400,"message":"line 2: line is longer than the limit of 102400 bytes"}}`,
		`{"pong":3}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if n := s.Stats().Bad; n != 1 {
		t.Errorf("bad lines = %d, want 1", n)
	}
}

func TestHangsUpAfterBadLines(t *testing.T) {
	addr := serve(t, &line.Server{Judge: nospim.JudgeFunc(allow)})
	if got := talk(t, addr, strings.Repeat("x\n", 200)); len(got) != 100 {
		t.Errorf("got %d answers, want 100 and then the end", len(got))
	}
}

func TestSecret(t *testing.T) {
	s := &line.Server{Judge: nospim.JudgeFunc(allow), Secret: "open sesame", HelloWait: time.Minute}
	addr := serve(t, s)
	denied := `{"error":{"code":"denied","message":"the secret is missing or wrong"}}`
	for name, in := range map[string]string{
		"wrong": `{"hello":{"secret":"open sesam"}}` + "\n{\"ping\":1}\n",
		"none":  `{"ping":1}` + "\n{\"ping\":2}\n",
	} {
		if got := talk(t, addr, in); len(got) != 1 || got[0] != denied {
			t.Errorf("%s: got %q, want %q and the end", name, got, denied)
		}
	}
	hasty := &line.Server{Judge: nospim.JudgeFunc(allow), Secret: "open sesame", HelloWait: time.Millisecond}
	nc, err := net.Dial("tcp", serve(t, hasty))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if b, _ := io.ReadAll(nc); string(b) != denied+"\n" {
		t.Errorf("a silent peer got %q, want %q", b, denied)
	}
	if _, err := line.Dial(t.Context(), "tcp", addr, line.Hello{Secret: "no"}, line.Options{}); !errors.Is(err, nospim.ErrDenied) {
		t.Errorf("Dial with a wrong secret: %v, want ErrDenied", err)
	}
	if err := dial(t, addr, line.Hello{Secret: "open sesame"}).Ping(t.Context()); err != nil {
		t.Errorf("Ping with the right secret: %v", err)
	}
}

func TestListenRefusesWithoutSecret(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:7746", "chat.example:7746", "7746"} {
		if l, err := line.Listen(t.Context(), addr, ""); err == nil {
			_ = l.Close()
			t.Errorf("Listen(%q) without a secret: no error", addr)
		}
	}
	path := filepath.Join(t.TempDir(), "nospim.sock")
	for range 2 { // the second finds the file of the first
		l, err := line.Listen(t.Context(), "unix:"+path, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := line.Listen(t.Context(), "unix:"+path, ""); err == nil {
			t.Error("Listen on a socket that is in use: no error")
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		_ = l.Close()
	}
}

func TestClientIsAJudge(t *testing.T) {
	s := &line.Server{Judge: nospim.JudgeFunc(allow)}
	c := dial(t, serve(t, s), line.Hello{Connector: "test/1"})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			id := fmt.Sprint("m-", i)
			v, err := c.Judge(t.Context(), message(id))
			if err != nil || v.EventID != id {
				t.Errorf("Judge(%s) = %v, %v", id, v, err)
			}
		})
	}
	wg.Wait()
	bad := message("m")
	bad.Kind = "nonsense"
	_, err := c.Judge(t.Context(), bad)
	var remote *wire.Error
	if !errors.Is(err, nospim.ErrInvalid) || !errors.As(err, &remote) || remote.Field != "kind" {
		t.Errorf("Judge of an invalid event: %v, want an ErrInvalid of kind", err)
	}
	huge := message("m")
	huge.Body = strings.Repeat("\x01", nospim.MaxBody)
	if _, err := c.Judge(t.Context(), huge); !errors.Is(err, nospim.ErrTooLarge) {
		t.Errorf("Judge of an event too long for a line: %v, want ErrTooLarge", err)
	}
	if got := s.Stats(); got.Verdicts[nospim.Allow] != 50 || got.Errors[wire.Invalid] != 1 {
		t.Errorf("stats = %+v, want 50 allowed and 1 invalid", got)
	}
}

// beginner is a judge whose verdicts wait until they are let go.
type beginner struct {
	nospim.JudgeFunc
	letGo   chan struct{}
	waiting atomic.Int64
}

func (b *beginner) Begin(ctx context.Context, e *nospim.Event) (*nospim.Verdict, func() (*nospim.Verdict, error), error) {
	if !strings.HasPrefix(e.ID, "hold") {
		v, err := b.Judge(ctx, e)
		return v, nil, err
	}
	b.waiting.Add(1)
	id := strings.Clone(e.ID)
	return nil, func() (*nospim.Verdict, error) {
		<-b.letGo
		if e.ID != id {
			return nil, errors.New("the event was touched")
		}
		return &nospim.Verdict{EventID: e.ID, Action: nospim.Hold}, nil
	}, nil
}

func TestDurabilityDoesNotStopThePipeline(t *testing.T) {
	b := &beginner{JudgeFunc: allow, letGo: make(chan struct{})}
	c := dial(t, serve(t, &line.Server{Judge: b}), line.Hello{})
	held := make(chan *nospim.Verdict, 10)
	for i := range 10 {
		go func() {
			v, err := c.Judge(t.Context(), message(fmt.Sprint("hold-", i)))
			if err != nil {
				t.Error(err)
			}
			held <- v
		}()
	}
	for b.waiting.Load() < 10 { // meanwhile others are answered
		if _, err := c.Judge(t.Context(), message("m-1")); err != nil {
			t.Fatal(err)
		}
	}
	if len(held) != 0 {
		t.Fatal("a verdict was given before it was durable")
	}
	close(b.letGo)
	for range 10 {
		if v := <-held; v.Action != nospim.Hold {
			t.Errorf("action %v, want hold", v.Action)
		}
	}
}

func TestWaitsAreBounded(t *testing.T) {
	b := &beginner{JudgeFunc: allow, letGo: make(chan struct{})}
	addr := serve(t, &line.Server{Judge: b, MaxWaits: 4})
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	r := bufio.NewScanner(nc)
	// An answer that was gathered before reading pauses must be sent all the same.
	lines := wire.AppendPingLine(nil, 1)
	for i := range 8 {
		lines = wire.AppendEventLine(lines, int64(i), message(fmt.Sprint("hold-", i)))
	}
	if _, err := nc.Write(lines); err != nil {
		t.Fatal(err)
	}
	if !r.Scan() || r.Text() != `{"pong":1}` {
		t.Fatalf("got %q, want the pong", r.Text())
	}
	// Four have a place and the fifth waits for one.
	eventually(t, "five are begun", func() bool { return b.waiting.Load() == 5 })
	close(b.letGo)
	for i := range 8 {
		if !r.Scan() {
			t.Fatalf("answer %d is missing: %v", i, r.Err())
		}
	}
}

func TestJudgeErrsOrPanics(t *testing.T) {
	s := &line.Server{Judge: nospim.JudgeFunc(func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		switch e.ID {
		case "err":
			return nil, errors.New("disk /dev/sda is full")
		case "panic":
			panic("at the " + e.Body)
		case "nil":
			return nil, nil
		}
		return allow(ctx, e)
	})}
	c := dial(t, serve(t, s), line.Hello{})
	for _, id := range []string{"err", "panic", "nil"} {
		_, err := c.Judge(t.Context(), message(id))
		var remote *wire.Error
		if !errors.As(err, &remote) || remote.Code != wire.Unavailable || strings.Contains(err.Error(), "disk") {
			t.Errorf("%s: %v, want unavailable with a general text", id, err)
		}
	}
	if _, err := c.Judge(t.Context(), message("m")); err != nil {
		t.Errorf("the connection did not outlive its judge's failures: %v", err)
	}
	if got := s.Stats(); got.Errors[wire.Unavailable] != 3 || got.Panics != 1 {
		t.Errorf("stats = %+v, want 3 unavailable, 1 panic", got)
	}
}

// orders is a store of orders for one service.
type orders struct {
	mu    sync.Mutex
	out   []nospim.Order
	acked map[string]string
}

func (o *orders) Watch(ctx context.Context, service string, send func(nospim.Order) error) error {
	o.mu.Lock()
	out := o.out
	o.mu.Unlock()
	for _, order := range out {
		o.mu.Lock()
		_, done := o.acked[order.ID]
		o.mu.Unlock()
		if done || order.Service != service {
			continue
		}
		if err := send(order); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func (o *orders) Ack(_ context.Context, id, failure string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acked[id] = failure
	return nil
}

func TestOrders(t *testing.T) {
	store := &orders{acked: map[string]string{}, out: []nospim.Order{
		{ID: "o-1", Do: nospim.OrderDeliver, Service: "chat.example", EventID: "m-1", Raw: "<message>\u2028</message>", Recipients: []string{"b@chat.example"}},
		{ID: "o-2", Do: nospim.OrderNotify, Service: "other.example"},
		{ID: "o-3", Do: nospim.OrderNotify, Service: "chat.example", Text: "hello"},
	}}
	s := &line.Server{Judge: nospim.JudgeFunc(allow), Orders: store}
	addr := serve(t, s)
	got := make(chan nospim.Order, 10)
	// The first connection is lost before anything is acknowledged.
	first := dial(t, addr, line.Hello{Service: "chat.example"})
	block := make(chan struct{})
	first.OnOrder(func(o nospim.Order) string { got <- o; <-block; return "" })
	if o := <-got; o.ID != "o-1" {
		t.Fatalf("first order %v, want o-1", o)
	}
	go func() { <-first.Done(); close(block) }()
	_ = first.Close()

	second := dial(t, addr, line.Hello{Service: "chat.example"})
	second.OnOrder(func(o nospim.Order) string {
		got <- o
		if o.ID == "o-3" {
			return "no such user"
		}
		return ""
	})
	if diff := cmp.Diff([]nospim.Order{store.out[0], store.out[2]}, []nospim.Order{<-got, <-got}); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
	eventually(t, "both orders are acknowledged, one as failed", func() bool { return s.Stats().Acks == 2 && s.Stats().Failures == 1 })
	if diff := cmp.Diff(map[string]string{"o-1": "", "o-3": "no such user"}, store.acked); diff != "" {
		t.Errorf("acknowledged (-want +got):\n%s", diff)
	}
}

func TestSlowPeerIsHungUp(t *testing.T) {
	s := &line.Server{Judge: nospim.JudgeFunc(allow), WriteWait: 100 * time.Millisecond}
	nc, err := net.Dial("tcp", serve(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	lines := []byte(strings.Repeat("{\"ping\":1}\n", 10000))
	for {
		if _, err := nc.Write(lines); err != nil {
			break // it never reads, so it is hung up on
		}
	}
	eventually(t, "one slow peer is counted", func() bool { return s.Stats().Slow == 1 })
}

func TestTooManyConnections(t *testing.T) {
	s := &line.Server{Judge: nospim.JudgeFunc(allow), MaxConns: 1}
	addr := serve(t, s)
	dial(t, addr, line.Hello{})
	if _, err := line.Dial(t.Context(), "tcp", addr, line.Hello{}, line.Options{}); err == nil || !strings.Contains(err.Error(), "too many connections") {
		t.Errorf("a connection too many: %v", err)
	}
}

func TestClientLearnsOfTheEnd(t *testing.T) {
	b := &beginner{JudgeFunc: allow, letGo: make(chan struct{})}
	c := dial(t, serve(t, &line.Server{Judge: b}), line.Hello{})
	go func() {
		eventually(t, "the event is begun", func() bool { return b.waiting.Load() > 0 })
		_ = c.Close()
		close(b.letGo)
	}()
	if _, err := c.Judge(t.Context(), message("hold")); !errors.Is(err, nospim.ErrClosed) {
		t.Errorf("Judge on a connection that ends: %v, want ErrClosed", err)
	}
	if _, err := c.Judge(t.Context(), message("m")); !errors.Is(err, nospim.ErrClosed) {
		t.Errorf("Judge on a closed connection: %v, want ErrClosed", err)
	}
}
