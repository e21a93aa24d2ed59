package servertest

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/xmpp"
	"github.com/nospim/nospim/internal/servers"
)

const (
	host     = "chat.example"
	rooms    = "rooms.chat.example"
	gate     = "gate.example"
	password = "correct horse"
	accounts = 200
	secret   = "opener"
	// doorSecret is that of nospim's component.
	doorSecret = "a secret of the door"
)

// registered is when every account of the tests was made.
var registered = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// judge decides by words in the body and remembers what it saw.
type judge struct {
	mu     sync.Mutex
	events []nospim.Event
	delay  func(e *nospim.Event) // may hold the verdict back
}

// words are the triggers, each with the action that it brings about.
var words = map[string]nospim.Action{
	"mark-me": nospim.Mark, "challenge-me": nospim.Challenge, "throttle-me": nospim.Throttle, "refuse-for-now": nospim.Throttle, "hold-me": nospim.Hold, "reject-me": nospim.Reject, "drop-me": nospim.Drop,
}

func (j *judge) Judge(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	if j.delay != nil {
		j.delay(e)
	}
	j.mu.Lock()
	j.events = append(j.events, keep(e))
	j.mu.Unlock()
	v := &nospim.Verdict{EventID: e.ID, Signals: []nospim.Signal{{Symbol: "WORD", Why: "a trigger word"}}}
	for word, action := range words {
		if e.Direction == nospim.Out && !strings.Contains(e.Body, "outward") {
			continue // it is for the other server
		}
		if strings.Contains(e.Body, word) || e.Kind == nospim.KindRegistration && strings.Contains(e.Sender.ID, word) {
			v.Action = action.Limit(e.Can)
			v.RetryAfter = map[string]int{"throttle-me": 2, "refuse-for-now": 300}[word]
		}
	}
	return v, nil
}

// instead is what nospim says instead, with a challenge that needs no desk.
func instead(e *nospim.Event, v *nospim.Verdict) string {
	if v.Action != nospim.Challenge {
		return xmpp.Instead(e, v)
	}
	return `<message from="` + e.Recipients[0].ID + `" to="` + e.Sender.ID + `" type="chat"><body>are you a person?</body><captcha xmlns="urn:xmpp:captcha"/></message>`
}

// keep copies an event: it is not the judge's after the verdict.
func keep(e *nospim.Event) nospim.Event {
	var copied nospim.Event
	b, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(b, &copied)
	}
	if err != nil {
		copied.Body = err.Error() // no test expects that
	}
	return copied
}

// about returns the events that somebody sent or that somebody was to receive.
func (j *judge) about(jid string) []nospim.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []nospim.Event
	for _, e := range j.events {
		if e.Sender.ID == jid || len(e.Recipients) > 0 && e.Recipients[0].ID == jid {
			list = append(list, e)
		}
	}
	return list
}

// wait returns the first event about jid that match accepts.
func (j *judge) wait(t *testing.T, jid string, match func(nospim.Event) bool) nospim.Event {
	t.Helper()
	var found nospim.Event
	eventually(t, "an event about "+jid, func() bool {
		list := j.about(jid)
		i := slices.IndexFunc(list, match)
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found
}

func ofKind(k nospim.Kind) func(nospim.Event) bool {
	return func(e nospim.Event) bool { return e.Kind == k }
}

// orders hands out what a test gives and notes what was acknowledged.
type orders struct {
	mu      sync.Mutex
	list    []nospim.Order
	acks    map[string][]string // failures by order
	changed chan struct{}
}

func newOrders() *orders { return &orders{acks: map[string][]string{}, changed: make(chan struct{})} }

func (o *orders) give(order nospim.Order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, order)
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *orders) Watch(ctx context.Context, service string, send func(nospim.Order) error) error {
	for sent := 0; ; {
		o.mu.Lock()
		list, changed := o.list, o.changed
		o.mu.Unlock()
		for ; sent < len(list); sent++ {
			if list[sent].Service != service {
				continue
			}
			if err := send(list[sent]); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

func (o *orders) Ack(_ context.Context, id, failure string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acks[id] = append(o.acks[id], failure)
	return nil
}

// acked waits for the nth acknowledgement of an order and returns its failure.
func (o *orders) acked(t *testing.T, id string, nth int) string {
	t.Helper()
	var failure string
	eventually(t, fmt.Sprintf("acknowledgement %d of %s", nth, id), func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.acks[id]) < nth {
			return false
		}
		failure = o.acks[id][nth-1]
		return true
	})
	return failure
}

// nospimd is nospim's end of the line, with the judge of the tests.
type nospimd struct {
	addr  string
	port  int
	stop  func()       // returns when everything has ended
	open  func() int64 // how many connections there are
	stats func() line.Stats
	judge *judge
}

// freeAddr is an address for somebody who may leave and come back: nobody else is given it meanwhile.
func freeAddr(t testing.TB) string {
	t.Helper()
	addr, err := servers.FreeAddr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// startNospim listens at addr, or at a Unix socket.
func startNospim(t testing.TB, addr string, j *judge, o nospim.Orders) *nospimd {
	t.Helper()
	var lc net.ListenConfig
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	l, err := lc.Listen(t.Context(), network, addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &line.Server{
		Judge: j, Orders: o, Secret: secret, Log: slog.New(slog.DiscardHandler),
		Wires: map[string]line.Wire{"xmpp": {Read: xmpp.Read, Instead: instead, Order: xmpp.Order, Hear: ears.Hear}},
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the line server: %v", err)
		}
	})
	t.Cleanup(stop)
	port := 0
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	return &nospimd{addr: l.Addr().String(), port: port, stop: stop, open: func() int64 { return s.Stats().Open }, stats: s.Stats, judge: j}
}

// world is a server with the adapter, and accounts that tests take one by one.
type world struct {
	Instance
	kind  *Kind
	host  string
	roots *x509.CertPool
	taken atomic.Int64
	odd   bool // the test makes the adapter err: complaints in the log are no defect
}

// patient gives the adapter all the time it needs, where time is not what a test is about: what waited for it would come too late.
const patient = 2 * patience

// startWorld starts a server. What all tests have in common is filled in.
func startWorld(t testing.TB, k *Kind, o Options) *world {
	t.Helper()
	servers.Need(t, k.Name)
	o.Dir, o.Host, o.MUC, o.Created, o.Components = t.TempDir(), cmp.Or(o.Host, host), rooms, registered, map[string]string{gate: "gate's secret", "broken.example": "broken's secret"}
	o.Components["nospim."+o.Host] = doorSecret
	o.Accounts = map[string]string{}
	for i := range accounts {
		o.Accounts[accountName(i)] = password
		if i%2 == 1 {
			o.Contacts = append(o.Contacts, [2]string{accountName(i - 1), accountName(i)})
		}
	}
	if o.Secret == "" {
		o.Secret = secret
	}
	instance, err := k.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Instance: instance, kind: k, host: o.Host, roots: trust(t, instance.Certificate())}
	t.Cleanup(func() {
		if err := instance.Close(); err != nil {
			t.Error(err)
		}
		if !w.odd {
			w.checkLog(t)
		}
	})
	return w
}

func accountName(i int) string { return fmt.Sprintf("user%03d", i) }

// checkLog fails a test when the adapter or the server complained of a defect.
func (w *world) checkLog(t testing.TB) {
	t.Helper()
	log := w.log(t)
	if i := w.kind.Defect.FindStringIndex(log); i != nil {
		t.Errorf("the server's log has a defect: %.2000s", log[max(0, i[0]-300):])
	}
}

func (w *world) log(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(w.Log())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// answers waits until the module has said times times that nospim answers.
func (w *world) answers(t testing.TB, times int) {
	t.Helper()
	eventually(t, "the module to find nospim", func() bool { return strings.Count(w.log(t), "nospim answers") >= times })
}

// user logs the next free account in. Accounts 0 and 1, 2 and 3 and so on are contacts of each other.
func (w *world) user(t testing.TB) *client {
	t.Helper()
	return w.login(t, accountName(int(w.taken.Add(4)-4)), "phone")
}

// strangers logs in two accounts that do not know each other.
func (w *world) strangers(t testing.TB) (a, b *client) {
	t.Helper()
	n := int(w.taken.Add(4))
	return w.login(t, accountName(n-4), "phone"), w.login(t, accountName(n-2), "phone")
}

// contacts logs in two accounts that know each other.
func (w *world) contacts(t testing.TB) (a, b *client) {
	t.Helper()
	n := int(w.taken.Add(4))
	return w.login(t, accountName(n-4), "phone"), w.login(t, accountName(n-3), "phone")
}

func (w *world) login(t testing.TB, name, resource string) *client {
	t.Helper()
	return dialClient(t, w.Addr(), w.host, name, resource, nil)
}

// counter is a line of counters in the log.
var counter = regexp.MustCompile(`nospim counters ({.*})`)

// counters returns the counters that the module has logged last.
func (w *world) counters(t *testing.T) map[string]int {
	t.Helper()
	all := counter.FindAllStringSubmatch(w.log(t), -1)
	got := map[string]int{}
	if len(all) == 0 {
		return got
	}
	if last := all[len(all)-1][1]; json.Unmarshal([]byte(last), &got) != nil {
		t.Fatalf("the counters in the log are %q", last)
	}
	return got
}

// counted waits until a counter has the wanted value at least.
func (w *world) counted(t *testing.T, name string, atLeast int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s=%d in the log", name, atLeast), func() bool { return w.counters(t)[name] >= atLeast })
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	const interval = 10 * time.Millisecond
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
