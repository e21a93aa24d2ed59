package servertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/internal/servers"
)

// besideTheDaemon drives the program itself, as an operator installs it: with its default policy, enforcing.
func besideTheDaemon(t *testing.T, k *Kind) {
	program := filepath.Join(t.TempDir(), "nospim")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/nospim/nospim/cmd/nospim").CombinedOutput(); err != nil {
		t.Fatalf("building nospim: %v\n%s", err, out)
	}
	for name, test := range map[string]func(*testing.T, *daemon){
		"people and a bulk sender": peopleAndABulkSender,
		"killed":                   killed,
		"released through kills":   releasedThroughKills,
		"stopped":                  stopped,
		"registration flood":       registrationFlood,
		"through a gateway":        throughAGateway,
		"own account sprays":       ownAccountSprays,
		"condemned campaign":       condemnedCampaign,
		"honest contacts":          honestContacts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newDaemon(t, k, program))
		})
	}
}

// daemon is nospim serve as a process of its own.
type daemon struct {
	t       *testing.T
	kind    *Kind
	program string
	data    string
	addr    string // of the line protocol; the same after a restart
	config  string // the file, empty for none

	log        logged
	federation *servers.Federation // of its server
	process    *os.Process
}

// newDaemon makes a data directory with the default policy, as the first start writes it, sets it to enforce, and starts.
func newDaemon(t *testing.T, k *Kind, program string) *daemon {
	t.Helper()
	d := &daemon{t: t, kind: k, program: program, data: t.TempDir(), addr: freeAddr(t)}
	d.start()
	d.end(syscall.SIGTERM)
	policy := filepath.Join(d.data, "policy.yaml")
	text, err := os.ReadFile(policy)
	if err == nil {
		err = os.WriteFile(policy, []byte(strings.Replace(string(text), "\nshadow: true", "\nshadow: false", 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if ready := d.start(); !strings.Contains(ready, "enforcing") || strings.Contains(ready, "shadow") {
		t.Fatalf("the daemon says %q", ready)
	}
	t.Cleanup(func() { d.end(syscall.SIGKILL) })
	return d
}

// logged is what a daemon wrote to its log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start returns what the daemon says when it is ready.
func (d *daemon) start() string {
	d.t.Helper()
	args := []string{"serve", "--data", d.data, "--line", d.addr, "--http", "none"}
	if d.config != "" {
		args = append(args, "--config", d.config)
	}
	cmd := exec.CommandContext(d.t.Context(), d.program, args...)
	cmd.Stderr = io.MultiWriter(d.t.Output(), &d.log)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.process = cmd.Process
	ready, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		d.t.Fatalf("the daemon ended before it was ready: %v", cmd.Wait())
	}
	_, rest, _ := strings.Cut(ready, "line ")
	d.addr, _, _ = strings.Cut(rest, ",")
	return ready
}

// end sends the process a signal that ends it, and waits for that.
func (d *daemon) end(signal os.Signal) {
	d.t.Helper()
	if err := d.process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		d.t.Error(err)
	}
	_, _ = d.process.Wait()
}

// run runs a command of nospim on the daemon's data.
func (d *daemon) run(args ...string) string {
	d.t.Helper()
	out, err := exec.CommandContext(d.t.Context(), d.program, append(args, "--data", d.data)...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("nospim %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// port is where it listens.
func (d *daemon) port() int {
	d.t.Helper()
	_, port, err := net.SplitHostPort(d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// world starts a server that asks the daemon.
func (d *daemon) world(timeout time.Duration) *world {
	d.t.Helper()
	w := startWorld(d.t, d.kind, Options{Port: d.port(), Timeout: timeout, Federation: d.federation})
	w.answers(d.t, 1)
	return w
}

// judges sends messages from somebody who is on the block list until one is refused: then the daemon judges.
func (d *daemon) judges(blocked, to *client) {
	d.t.Helper()
	untilRefused(d.t, blocked, to, "to somebody who does not want it")
}

// unhurried has somebody never throttled, who writes faster than anybody types; blocked, who is put on the block list after that, is
// refused when the daemon has heard of both.
func (d *daemon) unhurried(account string, blocked, to *client) {
	d.t.Helper()
	d.run("lists", "add", "account", account, "--allow")
	d.run("lists", "add", "account", blocked.jid)
	d.judges(blocked, to)
}

// untilRefused sends messages until one is refused, each when the one before has arrived, or has not ended for a second: what the log
// says of a nospim that answers may be late, and what is judged until then may also be delayed or held.
func untilRefused(t *testing.T, from, to *client, body string) {
	t.Helper()
	const slow = time.Second
	first, tries, sent := fmt.Sprintf("try-%d-", len(from.received())), 0, time.Time{}
	eventually(t, fmt.Sprintf("a refusal of %q", body), func() bool {
		if slices.ContainsFunc(from.received(), func(m stanza) bool {
			return strings.HasPrefix(m.ID, first) && strings.Contains(m.Inner, "policy-violation")
		}) {
			return true
		}
		last := first + strconv.Itoa(tries)
		if tries == 0 || time.Since(sent) > slow || slices.ContainsFunc(to.received(), func(m stanza) bool { return m.ID == last }) {
			tries, sent = tries+1, time.Now()
			from.send(`<message to="` + to.jid + `" id="` + first + strconv.Itoa(tries) + `"><body>` + body + `</body></message>`)
		}
		return false
	})
}

// heldList returns what waits for a decision.
func (d *daemon) heldList() (list []nospim.Held) {
	d.t.Helper()
	for l := range strings.Lines(d.run("held", "list", "--json")) {
		var h nospim.Held
		if err := json.Unmarshal([]byte(l), &h); err != nil {
			d.t.Fatalf("held list: %v: %s", err, l)
		}
		list = append(list, h)
	}
	return list
}

// peopleAndABulkSender: an advert to many strangers is stopped after the first few copies, people go on chatting, and what was
// held is delivered once when somebody releases it.
func peopleAndABulkSender(t *testing.T, d *daemon) {
	w := d.world(patient)
	bulk := w.user(t)
	people := make([]*client, 24)
	for i := range people {
		people[i] = w.user(t)
	}
	ann, bob := w.contacts(t)
	var want []string
	const advert = "Great offers this week only, see http://shop.example/deals and tell your friends"
	for i, p := range people {
		bulk.say(p.jid, advert)
		if i%4 == 0 { // whoever says more at once is throttled
			want = append(want, fmt.Sprintf("and then she said number %d", i))
			ann.say(bob.jid, want[len(want)-1])
		}
	}
	if got := bob.waitBodies(len(want)); !slices.Equal(got, want) {
		t.Errorf("of what people said, %q arrived", got)
	}
	people[1].say(people[0].jid, "Excuse me, do you know when the library opens?")
	people[0].waitBody("Excuse me, do you know when the library opens?")
	w.counted(t, "checked", len(people)+len(want)+1)

	list := d.heldList()
	stopped := w.counters(t)["blocked"] + w.counters(t)["held"]
	if len(list) == 0 || stopped < len(people)/2 {
		t.Fatalf("%d of %d adverts were stopped, %d are held", stopped, len(people), len(list))
	}
	for _, p := range people[len(people)/2:] {
		if got := bodies(p.received()); slices.Contains(got, advert) {
			t.Errorf("%s got the advert", p.jid)
		}
	}
	release(t, d, people, &list[0], ann)
}

// release releases a held message twice and makes sure that its recipient gets it once.
func release(t *testing.T, d *daemon, people []*client, h *nospim.Held, friend *client) {
	t.Helper()
	i := slices.IndexFunc(people, func(p *client) bool { return p.jid == h.Event.Recipients[0].ID })
	p := people[i]
	if got := bodies(p.received()); slices.ContainsFunc(got, func(b string) bool { return strings.Contains(b, "shop.example") }) {
		t.Fatalf("what is held arrived: %q", got)
	}
	d.run("held", "release", h.ID)
	p.wait("the released advert", func(m stanza) bool { return strings.Contains(m.Body, "shop.example") })
	eventually(t, "the delivery in nospim's books", func() bool {
		return strings.Contains(d.run("held", "list", "--state", "delivered"), h.ID+" ")
	})
	d.end(syscall.SIGTERM) // what was not acknowledged would come again
	d.start()
	friend.say(p.jid, "has it come twice?")
	p.waitBody("has it come twice?")
	if got := bodies(p.received()); len(got)-slices.Index(got, "has it come twice?") != 1 || count(got, "shop.example") != 1 {
		t.Errorf("the released message did not arrive once: %q", got)
	}
}

// count counts the texts that have a word.
func count(texts []string, word string) (n int) {
	for _, text := range texts {
		if strings.Contains(text, word) {
			n++
		}
	}
	return n
}

// stream sends messages in one write and returns them.
func stream(a, b *client, word string, messages int) (want []string) {
	var all strings.Builder
	for i := range messages {
		want = append(want, fmt.Sprintf("%s, page %d", word, i))
		all.WriteString(chat(b.jid, want[i]))
	}
	a.send(all.String())
	return want
}

// killed: kill -9 in the middle of a stream loses and reorders nothing, and after a restart on the same data the daemon judges
// again, without a restart of the server.
func killed(t *testing.T, d *daemon) {
	w := d.world(patient)
	a, b := w.contacts(t)
	blocked, c := w.strangers(t)
	d.unhurried(a.jid, blocked, c)
	const opening = 100
	want := stream(a, b, "how it began", opening)
	b.waitBodies(opening)
	var dead atomic.Bool
	story := make(chan []string)
	go func() { story <- goOn(a, b, opening, &dead) }()
	d.end(syscall.SIGKILL)
	dead.Store(true)
	want = append(want, <-story...)
	sent := len(want)
	if got := b.waitBodies(sent); !slices.Equal(got, want) { // what waits for a verdict that never comes is let go at once
		t.Errorf("%d messages arrived, not complete or not in order", len(got))
	}
	var got map[string]int
	eventually(t, "all messages in the counters", func() bool {
		got = w.counters(t)
		return got["checked"]+got["failed_open"] >= sent
	})
	if got["checked"] < opening || got["failed_open"] == 0 {
		t.Errorf("counters %v: the daemon was not killed in the middle", got)
	}
	before := strings.Count(w.log(t), "nospim answers")
	d.start()
	w.answers(t, before+1)
	d.judges(blocked, c)
	last := stream(a, b, "the end", 100)
	if got := b.waitBodies(sent + 100)[sent:]; !slices.Equal(got, last) {
		t.Errorf("after the restart %q arrived", got)
	}
	if n := len(bodies(b.received())); n != sent+100 {
		t.Errorf("%d messages arrived, want %d: something came twice", n, sent+100)
	}
}

// goOn streams on, a few hundred messages ahead of what arrives, until the daemon is dead, and a little longer: however fast the machine
// is, there is a stream on its way when the daemon dies. Before it, so many messages have arrived.
func goOn(a, b *client, before int, dead *atomic.Bool) (want []string) {
	const part, ahead = 100, 5
	for n := 0; ; n++ {
		last := dead.Load()
		want = append(want, stream(a, b, fmt.Sprintf("part %d of a long story", n), part)...)
		if last || !b.arrived(before+(n+1-ahead)*part) {
			return want
		}
	}
}

// stopped: with a daemon that hangs (SIGSTOP), a hundred messages arrive after a few time-outs, and the counters say why.
func stopped(t *testing.T, d *daemon) {
	w := d.world(short)
	a, b := w.contacts(t)
	blocked, c := w.strangers(t)
	d.unhurried(a.jid, blocked, c)
	before := w.counters(t)
	if err := d.process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	hundred(t, a, b, "nobody listens")
	w.counted(t, "failed_open", before["failed_open"]+100)
	if got := w.counters(t); got["breaker_open"] != before["breaker_open"]+1 {
		t.Errorf("counters %v, before %v", got, before)
	}
	openBreaker(t, a, b)
	times := strings.Count(w.log(t), "nospim answers")
	if err := d.process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.answers(t, times+1)
	d.judges(blocked, c)
}

// registrationFlood: accounts whose names differ in digits only are refused from some point on, before they exist; other people
// can register.
func registrationFlood(t *testing.T, d *daemon) {
	s := &scene{world: d.world(patient)}
	made, refused := 0, 0
	for i := range 12 {
		switch a := register(t, s, fmt.Sprintf("shop%d", 100+i)); {
		case a.Type == "result" && refused == 0:
			made++
		case a.Type == "error" && strings.Contains(a.Inner, "policy-violation"):
			refused++
		default:
			t.Errorf("registering shop%d after %d refusals: %+v", 100+i, refused, a)
		}
	}
	if made < 3 || refused < 3 {
		t.Errorf("%d accounts were made and %d refused", made, refused)
	}
	for name, want := range map[string]bool{"shop100": true, "shop111": false} {
		if got, err := s.Exists(t.Context(), name); err != nil || got != want {
			t.Errorf("there is an account %s: %v (%v), want %v", name, got, err, want)
		}
	}
	if a := register(t, s, "grandmother"); a.Type != "result" {
		t.Errorf("registering grandmother: %+v", a)
	}
	s.counted(t, "blocked", refused)
}

// throughAGateway: what comes through a component (XEP-0114) is judged like everything else.
func throughAGateway(t *testing.T, d *daemon) {
	w := d.world(patient)
	gateway := component(t, w.ComponentAddr(), gate, "gate's secret")
	blocked, c := w.strangers(t)
	d.unhurried("aunt@"+gate, blocked, c)
	before := w.counters(t)
	var people []*client
	for range 20 {
		people = append(people, w.user(t))
	}
	for i, p := range people {
		_, _ = fmt.Fprintf(gateway, `<message from="icq%d@%s" to="%s"><body>Meet me at http://cam.example/live tonight, all free of charge</body></message>`, 7, gate, p.jid)
		_, _ = fmt.Fprintf(gateway, `<message from="aunt@%s" to="%s"><body>Dear, it is me, line %d of my letter</body></message>`, gate, people[0].jid, i)
	}
	for i := range people {
		people[0].waitBody(fmt.Sprintf("Dear, it is me, line %d of my letter", i))
	}
	w.counted(t, "checked", before["checked"]+40)
	got := w.counters(t)
	if got["blocked"]-before["blocked"]+got["held"] < 10 {
		t.Errorf("counters %v: the gateway's spim was not stopped", got)
	}
	for _, p := range people[15:] {
		if count(bodies(p.received()), "cam.example") > 0 {
			t.Errorf("%s got it all the same", p.jid)
		}
	}
}
