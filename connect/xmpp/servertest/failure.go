package servertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// stub is something that sits where nospim should: it has each connection served by serve.
type stub struct {
	addr string
	port int
	mu   sync.Mutex
	open []net.Conn
	dead bool
	l    net.Listener
}

func startStub(t *testing.T, addr string, serve func(net.Conn)) *stub {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := l.Addr().(*net.TCPAddr)
	s := &stub{addr: l.Addr().String(), port: a.Port, l: l}
	t.Cleanup(s.kill)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if s.add(conn) {
				go serve(conn)
			}
		}
	}()
	return s
}

func (s *stub) add(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		_ = conn.Close()
		return false
	}
	s.open = append(s.open, conn)
	return true
}

// kill closes everything at once, with a reset instead of a farewell, as the end of a process does with unread data.
func (s *stub) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	_ = s.l.Close()
	for _, conn := range s.open {
		if c, ok := conn.(*net.TCPConn); ok {
			_ = c.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// greet reads the hello and answers it, and returns the reader of what follows.
func greet(conn net.Conn) *bufio.Reader {
	in := bufio.NewReader(conn)
	_, _ = in.ReadString('\n')
	_, _ = conn.Write([]byte(`{"hello":{"version":"stub"}}` + "\n"))
	return in
}

// readOn reads and answers nothing.
func readOn(conn net.Conn) {
	in := greet(conn)
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
	}
}

// readNothing answers hello and then leaves everything unread, as a process that was stopped does.
func readNothing(conn net.Conn) { greet(conn) }

// rave answers every line with garbage.
func rave(conn net.Conn) {
	in := greet(conn)
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n\x00\xff{]"))
	}
}

// failing: whatever nospim does, every stanza is delivered, in order and soon, and the counters say so.
func failing(t *testing.T, k *Kind) {
	for _, mode := range []struct {
		name    string
		serve   func(net.Conn) // nil: nothing listens
		breaker bool           // whether the breaker opens
		errors  bool           // whether errors are counted
	}{
		{name: "refusing"},
		{name: "hung, reading", serve: readOn, breaker: true},
		{name: "hung, not reading", serve: readNothing, breaker: true},
		{name: "raving", serve: rave, errors: true},
		{name: "silent from the start", serve: func(net.Conn) {}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			var s *stub
			if mode.serve == nil {
				s = startStub(t, freeAddr(t), readOn)
				s.kill()
			} else {
				s = startStub(t, freeAddr(t), mode.serve)
			}
			w := startWorld(t, k, Options{Port: s.port, Timeout: short})
			if mode.breaker || mode.errors {
				w.answers(t, 1)
			}
			a, b := w.strangers(t)
			hundred(t, a, b, "first")
			w.counted(t, "failed_open", 100)
			hundred(t, a, b, "second")
			w.counted(t, "failed_open", 200)
			got := w.counters(t)
			openBreaker(t, a, b)
			if got["checked"] != 0 || got["failed_open"] != 200 || (got["breaker_open"] > 0) != mode.breaker || (got["errors"] > 0) != mode.errors {
				t.Errorf("counters %v", got)
			}
			comeBack(t, w, s, a, b)
		})
	}
}

// short is a time-out that is soon over, and much longer than a message takes, also where the machine is busy.
const short = time.Second

// hundred sends a hundred messages in one write; all must arrive in order, long before each of them has waited for a time-out.
func hundred(t *testing.T, a, b *client, word string) {
	t.Helper()
	before := len(bodies(b.received()))
	var all strings.Builder
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprintf("%s %d reject-me", word, i))
		all.WriteString(chat(b.jid, want[i]))
	}
	began := time.Now()
	a.send(all.String())
	if got := b.waitBodies(before + 100)[before:]; !slices.Equal(got, want) {
		t.Errorf("delivered %q", got)
	}
	if took := time.Since(began); took > 100*short/2 {
		t.Errorf("a hundred messages took %v, although a time-out is %v", took, short)
	}
}

// openBreaker makes sure that nothing waits any more: messages one after the other take less than a time-out. A busy machine that stops some
// for a while is no matter.
func openBreaker(t *testing.T, a, b *client) {
	t.Helper()
	if took := figuresOf((&pair{a: a, b: b}).time(t, 20)); took.median > short {
		t.Errorf("with the breaker open, half of the messages took more than %v", took.median)
	}
}

// wrongSecret: a nospim that does not let the module in is one that is not there, and the errors are counted.
func wrongSecret(t *testing.T, k *Kind) {
	d := startNospim(t, freeAddr(t), &judge{}, nil)
	w := startWorld(t, k, Options{Port: d.port, Secret: "wrong", Timeout: short})
	a, b := w.strangers(t)
	w.counted(t, "errors", 2)
	hundred(t, a, b, "to nobody")
	w.counted(t, "failed_open", 100)
	if got := w.counters(t); got["checked"] != 0 || strings.Contains(w.log(t), "nospim answers") {
		t.Errorf("counters %v; want nothing checked, and nospim not taken for one that answers", got)
	}
}

// comeBack puts a real nospim where the stub was: it must judge again without a restart of the server.
func comeBack(t *testing.T, w *world, s *stub, a, b *client) {
	t.Helper()
	s.kill()
	j := &judge{}
	startNospim(t, s.addr, j, nil)
	times := strings.Count(w.log(t), "nospim answers") + 1
	w.answers(t, times)
	untilRefused(t, a, b, "reject-me, you are back")
	eventually(t, "what was judged, and nothing else, to be refused", func() bool {
		got := w.counters(t)
		return got["blocked"] > 0 && got["checked"] == got["blocked"]
	})
}

// oddVerdicts are lines that are JSON and no answer that nospim gives; %d is the question's number.
var oddVerdicts = []string{
	`{"n":%d,"verdict":"reject"}`,
	`{"n":%d,"verdict":5}`,
	`{"n":%d,"verdict":true}`,
	`{"n":%d,"verdict":[]}`,
	`{"n":%d,"verdict":{"action":{}}}`,
	`{"n":%d,"verdict":{"action":"ponder"}}`,
	`{"n":%d,"verdict":{"action":"mark","signals":[5]}}`,
	`{"n":%d,"verdict":{"action":"mark","signals":[{"why":{}}]}}`,
	`{"n":%d,"verdict":{"action":"mark","signals":null}}`,
	`{"n":%d,"error":{"code":"invalid","message":"no"}}`,
	`{"n":%d,"error":7}`,
}

// oddAnswers: an answer that makes no sense can only let the stanza pass.
func oddAnswers(t *testing.T, k *Kind) {
	s := startStub(t, freeAddr(t), func(conn net.Conn) {
		in := greet(conn)
		for n := 0; ; {
			l, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if strings.Contains(l, `"n":`) {
				n++
				_, _ = fmt.Fprintf(conn, oddVerdicts[n-1]+"\n", n)
			}
		}
	})
	w := startWorld(t, k, Options{Port: s.port, Timeout: patient})
	w.odd = true
	w.answers(t, 1)
	a, b := w.strangers(t)
	var want []string
	for i := range oddVerdicts {
		want = append(want, fmt.Sprintf("odd %d", i))
		a.say(b.jid, want[i])
	}
	if got := b.waitBodies(len(want)); !slices.Equal(got, want) {
		t.Errorf("delivered %q, want %q", got, want)
	}
	w.counted(t, "errors", 4)
	if n := strings.Count(w.log(t), "odd "); n > 0 {
		t.Errorf("the server's log quotes messages %d times", n)
	}
}

// diesInABurst: what waits for a verdict when the connection breaks is delivered in order, once. What nospim had
// held without having said so is not delivered again when it is released later.
func diesInABurst(t *testing.T, k *Kind) {
	const messages = 500
	judged := make(chan struct{})
	dying, die := context.WithCancel(context.Background())
	var once sync.Once
	j := &judge{delay: func(e *nospim.Event) {
		if e.Body == "hello 50" {
			once.Do(func() { close(judged) })
			<-dying.Done()
		}
	}}
	d := startNospim(t, freeAddr(t), j, nil)
	defer die()
	w := startWorld(t, k, Options{Port: d.port, Timeout: patient})
	w.answers(t, 1)
	a, b := w.strangers(t)
	var all strings.Builder
	var want []string
	for i := range messages {
		want = append(want, fmt.Sprintf("hello %d", i))
		all.WriteString(chat(b.jid, want[i]))
	}
	a.send(all.String())
	<-judged
	stopped := make(chan struct{})
	go func() { d.stop(); close(stopped) }() // its connection goes before the verdict under way is there
	if got := b.waitBodies(messages); !slices.Equal(got, want) {
		t.Errorf("delivered %d messages: %q", len(got), got)
	}
	die()
	<-stopped
	e := j.wait(t, a.jid, func(e nospim.Event) bool { return e.Body == "hello 50" })
	o := newOrders()
	o.give(nospim.Order{ID: "o-late", Do: nospim.OrderDeliver, Service: host, EventID: e.ID, Raw: e.Raw})
	back := startNospim(t, d.addr, &judge{}, o)
	if failure := o.acked(t, "o-late", 1); failure != "" {
		t.Errorf("the order failed: %s", failure)
	}
	a.say(b.jid, "last")
	b.waitBody("last")
	passedWithout(t, back.stats, 1) // it learns of what it has missed
	if got := bodies(b.received()); len(got) != messages+1 {
		t.Errorf("%d messages arrived, want %d: something came twice", len(got), messages+1)
	}
}

// senderLeaves: what a sender left behind is delivered, although its session is gone when the verdict comes.
func senderLeaves(t *testing.T, k *Kind) {
	gone, leave := context.WithCancel(t.Context())
	defer leave()
	j := &judge{delay: func(e *nospim.Event) {
		if e.Kind == nospim.KindMessage {
			<-gone.Done()
		}
	}}
	d := startNospim(t, freeAddr(t), j, nil)
	w := startWorld(t, k, Options{Port: d.port, Timeout: patient})
	w.answers(t, 1)
	a, b := w.strangers(t)
	gateway := component(t, w.ComponentAddr(), gate, "gate's secret")
	_, _ = fmt.Fprintf(gateway, `<message from="icq@%s" to="%s"><body>reject-me</body></message></stream:stream>`, gate, b.jid)
	a.send(chat(b.jid, "I am") + chat(b.jid, "off, mark-me") + chat(b.jid, "reject-me") + chat(b.jid, "bye") + `</stream:stream>`)
	<-a.ended
	if _, err := io.Copy(io.Discard, gateway); err != nil {
		t.Fatalf("the end of the gateway's stream: %v", err)
	}
	leave()
	if got := b.waitBodies(3); !slices.Equal(got, []string{"I am", "off, mark-me", "bye"}) {
		t.Errorf("delivered %q", got)
	}
	w.counted(t, "blocked", 2)
}

// besideACopier: a message that another module replaces by a copy on its way is judged once, not for ever.
func besideACopier(t *testing.T, k *Kind) {
	j := &judge{}
	d := startNospim(t, freeAddr(t), j, nil)
	w := startWorld(t, k, Options{Port: d.port, Timeout: patient, Copier: true})
	w.answers(t, 1)
	a, b := w.strangers(t)
	a.send(chat(b.jid, "one") + chat(b.jid, "two"))
	if got := b.waitBodies(2); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("delivered %q", got)
	}
	w.counted(t, "checked", 2)
	if got := w.counters(t); got["checked"] != 2 {
		t.Errorf("counters %v, want checked=2", got)
	}
}

// reloaded: the module can be loaded anew beside traffic; what waits passes, and it judges on.
func reloaded(t *testing.T, k *Kind) {
	j := &judge{}
	d := startNospim(t, freeAddr(t), j, nil)
	w := startWorld(t, k, Options{Port: d.port, Timeout: patient})
	w.answers(t, 1)
	a, b := w.strangers(t)
	a.say(b.jid, "before")
	b.waitBody("before")
	if err := w.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.answers(t, 2)
	a.say(b.jid, "reject-me")
	a.wait("a refusal", func(m stanza) bool { return m.Type == "error" })
	eventually(t, "the end of the old connection", func() bool { return d.open() == 1 })
	if err := w.Unload(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.say(b.jid, "reject-me not")
	b.waitBody("reject-me not")
	eventually(t, "the end of the connection", func() bool { return d.open() == 0 })
}
