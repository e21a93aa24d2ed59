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

// What is asked of the adapter inside Prosody.
const (
	askedMedian = 500 * time.Microsecond
	askedP99    = 5 * time.Millisecond
	chatHost    = "chat.example"
	chatSecret  = "correct horse"
)

// prosodies are two servers that differ in the adapter only, with somebody on each who writes to a contact.
type prosodies struct{ with, without *xmppPair }

// xmppPair is two contacts on one server.
type xmppPair struct {
	server   *servers.Prosody
	ada, bob *chatter
}

// measureProsody sends messages one by one through a Prosody with the adapter and one without, in turns, and then many at once.
func measureProsody(ctx context.Context, b *bench) (rows []row, err error) {
	if _, err := servers.Find("prosody"); err != nil {
		return []row{{What: "Prosody with the adapter against Prosody without", Verdict: notInstalled}}, nil
	}
	d, err := b.serveFresh(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	p, err := b.startProsodies(ctx, d)
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

func (b *bench) startProsodies(ctx context.Context, d *daemon) (*prosodies, error) {
	_, port, err := net.SplitHostPort(d.line)
	if err != nil {
		return nil, err
	}
	with, err := b.startXMPP(ctx, []string{"nospim"}, "nospim_port = "+port+"\nnospim_report_interval = 0.1\n", b.size.Burst)
	if err != nil {
		return nil, err
	}
	without, err := b.startXMPP(ctx, nil, "", b.size.Burst)
	if err != nil {
		return nil, errors.Join(err, with.close())
	}
	return &prosodies{with, without}, nil
}

// startXMPP starts a Prosody and logs two contacts in.
func (b *bench) startXMPP(ctx context.Context, modules []string, settings string, most int) (*xmppPair, error) {
	dir, err := os.MkdirTemp(b.dir, "prosody-")
	if err != nil {
		return nil, err
	}
	plugins := filepath.Join(dir, "plugins")
	if err := prosody.Install(plugins); err != nil {
		return nil, err
	}
	server, err := servers.StartProsody(ctx, servers.ProsodyOptions{
		Dir: dir, Host: chatHost, Accounts: map[string]string{"ada": chatSecret, "bob": chatSecret}, Created: time.Now().AddDate(-1, 0, 0),
		Contacts: [][2]string{{"ada", "bob"}}, Modules: modules, PluginPaths: []string{plugins}, Settings: settings,
	})
	if err != nil {
		return nil, err
	}
	p := &xmppPair{server: server}
	if p.ada, err = dialChatter(ctx, server.Addr, chatHost, "ada", chatSecret, most); err == nil {
		p.bob, err = dialChatter(ctx, server.Addr, chatHost, "bob", chatSecret, most)
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
	return p.server.Close()
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
func (p *prosodies) sequence(n int) ([]row, error) {
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
	what := fmt.Sprintf("Prosody with the adapter against Prosody without, %s messages one by one: added ", thousands(n))
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
func (p *prosodies) burst(n int) (row, error) {
	r := row{What: fmt.Sprintf("%s messages in one write through Prosody with the adapter", thousands(n)), Asked: "complete, in order"}
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
	took := time.Since(begun).Seconds()
	r.Measured = fmt.Sprintf("so, in %.2f s (%s msgs/s; the adapter says: %s)", took, thousands(float64(n)/took), p.counters())
	r.Verdict = verdict(true)
	return r, nil
}

var counters = regexp.MustCompile(`nospim counters (.*)`)

// counters returns what the adapter has counted, as it stands in Prosody's log.
func (p *prosodies) counters() string {
	log, err := os.ReadFile(p.with.server.Log)
	if err != nil {
		return "nothing"
	}
	all := counters.FindAllStringSubmatch(string(log), -1)
	if len(all) == 0 {
		return "nothing"
	}
	return all[len(all)-1][1]
}
