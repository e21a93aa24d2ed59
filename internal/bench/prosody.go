package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/nospim/nospim/connect/xmpp/prosody"
	"github.com/nospim/nospim/internal/servers"
)

// What is asked of the adapters, and how many messages a second a server has to check with one.
const (
	prosodyRate  = 1000
	ejabberdRate = 3000
	askedMedian  = 500 * time.Microsecond
	askedP99     = 5 * time.Millisecond
	chatHost     = "chat.example"
	chatSecret   = "correct horse"
)

// chatServers are two servers of a kind that differ in the adapter only, with somebody on each who writes to a contact.
type chatServers struct {
	kind          *chatKind
	with, without *xmppPair
}

// xmppPair is two contacts on one server.
type xmppPair struct {
	server   chatServer
	ada, bob *chatter
}

// chatKind is an XMPP server that has an adapter.
type chatKind struct {
	name, program string
	// start starts one on an empty directory, with the adapter asking at a port; without a port it has none.
	start func(ctx context.Context, dir, port string) (chatServer, error)
	// rate is how many messages a second it has to check.
	rate float64
}

// chatServer is one that runs.
type chatServer struct {
	addr, log string
	close     func() error
}

// chatPeople and chatContacts are who is on a server.
func chatPeople() map[string]string { return map[string]string{"ada": chatSecret, "bob": chatSecret} }
func chatContacts() [][2]string     { return [][2]string{{"ada", "bob"}} }

func measureProsody(ctx context.Context, b *bench) ([]row, error) {
	return b.measureChat(ctx, &chatKind{name: "Prosody", program: "prosody", start: startProsody, rate: prosodyRate})
}

func startProsody(ctx context.Context, dir, port string) (chatServer, error) {
	plugins := filepath.Join(dir, "plugins")
	if err := prosody.Install(plugins); err != nil {
		return chatServer{}, err
	}
	o := servers.ProsodyOptions{
		Dir: dir, Host: chatHost, Accounts: chatPeople(), Created: time.Now().AddDate(-1, 0, 0), Contacts: chatContacts(), PluginPaths: []string{plugins},
	}
	if port != "" {
		o.Modules, o.Settings = []string{"nospim"}, "nospim_port = "+port+"\nnospim_report_interval = 0.1\n"
	}
	p, err := servers.StartProsody(ctx, o)
	if err != nil {
		return chatServer{}, err
	}
	return chatServer{p.Addr, p.Log, p.Close}, nil
}

// measureChat sends messages one by one through a server with the adapter and one without, in turns, and then many at once.
func (b *bench) measureChat(ctx context.Context, kind *chatKind) (rows []row, err error) {
	if _, err := servers.Find(kind.program); err != nil {
		return []row{{What: kind.name + " with the adapter against " + kind.name + " without", Verdict: notInstalled}}, nil
	}
	d, err := b.serveFresh(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	p, err := b.startChat(ctx, kind, d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.with.close(), p.without.close()) }()
	rows, err = p.sequence(b.size.Chats)
	if err != nil {
		return nil, err
	}
	burst, err := p.burst(b.size.Burst)
	return append(rows, burst), err
}

func (b *bench) startChat(ctx context.Context, kind *chatKind, d *daemon) (*chatServers, error) {
	_, port, err := net.SplitHostPort(d.line)
	if err != nil {
		return nil, err
	}
	with, err := b.startXMPP(ctx, kind, port, b.size.Burst)
	if err != nil {
		return nil, err
	}
	without, err := b.startXMPP(ctx, kind, "", b.size.Burst)
	if err != nil {
		return nil, errors.Join(err, with.close())
	}
	return &chatServers{kind, with, without}, nil
}

// startXMPP starts a server and logs two contacts in.
func (b *bench) startXMPP(ctx context.Context, kind *chatKind, port string, most int) (*xmppPair, error) {
	dir, err := os.MkdirTemp(b.dir, kind.program+"-")
	if err != nil {
		return nil, err
	}
	p := &xmppPair{}
	if p.server, err = kind.start(ctx, dir, port); err != nil {
		return nil, err
	}
	if p.ada, err = dialChatter(ctx, p.server.addr, chatHost, "ada", chatSecret, most); err == nil {
		p.bob, err = dialChatter(ctx, p.server.addr, chatHost, "bob", chatSecret, most)
	}
	if err == nil {
		_, err = p.say("hello") // what else came at the log-in has been read by then
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *xmppPair) close() error {
	for _, c := range []*chatter{p.ada, p.bob} {
		if c != nil {
			_ = c.conn.Close()
		}
	}
	return p.server.close()
}

// say sends a message and returns how long it took to arrive.
func (p *xmppPair) say(body string) (time.Duration, error) {
	begun := time.Now()
	if err := p.ada.send(chat(p.bob.full, body)); err != nil {
		return 0, err
	}
	a, err := p.bob.await()
	if err == nil && a.body != body {
		err = fmt.Errorf("got %q, want %q", a.body, body)
	}
	return a.at.Sub(begun), err
}

// sequence sends messages one after the other, each through both servers.
func (p *chatServers) sequence(n int) ([]row, error) {
	const warm = 50
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	var with, without []time.Duration
	for i := range n + warm {
		body := fmt.Sprintf("%d: %s", i, crowd.next().Body)
		a, err := p.with.say(body)
		if err != nil {
			return nil, fmt.Errorf("with the adapter: %w", err)
		}
		z, err := p.without.say(body)
		if err != nil {
			return nil, fmt.Errorf("without the adapter: %w", err)
		}
		if i >= warm {
			with, without = append(with, a), append(without, z)
		}
	}
	what := fmt.Sprintf("%s with the adapter against %s without, %s messages one by one: added ", p.kind.name, p.kind.name, thousands(n))
	return []row{
		added(what+"median", askedMedian, median(with), median(without)),
		added(what+"p99", askedP99, percentile(with, 99), percentile(without, 99)),
	}, nil
}

func added(what string, asked, with, without time.Duration) row {
	milli := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	more := with - without
	return row{
		what, fmt.Sprintf("<= %.1f ms", milli(asked)), fmt.Sprintf("%.2f ms (%.2f ms against %.2f ms)", milli(more), milli(with), milli(without)),
		float64(more) / float64(asked), verdict(more <= asked),
	}
}

// burst sends many messages in one write; they must arrive complete and in order.
func (p *chatServers) burst(n int) (row, error) {
	r := row{
		What:  fmt.Sprintf("%s messages in one write through %s with the adapter", thousands(n), p.kind.name),
		Asked: fmt.Sprintf("complete, in order, >= %s msgs/s", thousands(p.kind.rate)),
	}
	var all strings.Builder
	for i := range n {
		all.WriteString(chat(p.with.bob.full, fmt.Sprintf("burst %d", i)))
	}
	begun := time.Now()
	if err := p.with.ada.send(all.String()); err != nil {
		return r, err
	}
	for i := range n {
		a, err := p.with.bob.await()
		if err == nil && a.body != fmt.Sprintf("burst %d", i) {
			err = fmt.Errorf("message %d is %q", i, a.body)
		}
		if err != nil {
			r.Measured, r.Verdict = err.Error(), verdict(false)
			return r, nil //nolint:nilerr // it is what was measured
		}
	}
	rate := float64(n) / time.Since(begun).Seconds()
	r.Measured = fmt.Sprintf("so, %s msgs/s; the adapter says: %s", thousands(rate), p.counters())
	r.Ratio, r.Verdict = rate/p.kind.rate, verdict(rate >= p.kind.rate)
	return r, nil
}

var counters = regexp.MustCompile(`nospim counters (.*)`)

// counters returns what the adapter has counted, as it stands in the server's log.
func (p *chatServers) counters() string {
	log, err := os.ReadFile(p.with.server.log)
	if err != nil {
		return "nothing"
	}
	all := counters.FindAllStringSubmatch(string(log), -1)
	if len(all) == 0 {
		return "nothing"
	}
	return all[len(all)-1][1]
}
