package main

import (
	"context"
	"encoding/json"
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

// turnsOfPair is how many messages two contacts exchange before others go on, each in its turn. So nobody says more than people do at
// once, and what is measured is messages that are allowed: one client that never pauses is marked as the machine that it is, and a
// mark is a durable write.
const turnsOfPair = 6

// chatServers are two servers of a kind that differ in the adapter only.
type chatServers struct {
	kind          *chatKind
	with, without chatServer
}

// xmppPair is two contacts on one server.
type xmppPair [2]*chatter

// chatKind is an XMPP server that has an adapter.
type chatKind struct {
	name, program string
	// start starts one on an empty directory for a number of pairs, with the adapter asking at a port; without a port it has none.
	start func(ctx context.Context, dir, port string, pairs int) (chatServer, error)
	// rate is how many messages a second it has to check.
	rate float64
}

// chatServer is one that runs.
type chatServer struct {
	addr, log string
	close     func() error
}

// chatName is one of the two of a pair.
func chatName(pair, which int) string {
	return fmt.Sprintf("%s%d", [2]string{"ada", "bob"}[which], pair)
}

// chatPeople and chatContacts are who is on a server.
func chatPeople(pairs int) map[string]string {
	people := map[string]string{}
	for i := range pairs {
		people[chatName(i, 0)], people[chatName(i, 1)] = chatSecret, chatSecret
	}
	return people
}

func chatContacts(pairs int) (contacts [][2]string) {
	for i := range pairs {
		contacts = append(contacts, [2]string{chatName(i, 0), chatName(i, 1)})
	}
	return contacts
}

func measureProsody(ctx context.Context, b *bench) ([]row, error) {
	return b.measureChat(ctx, &chatKind{name: "Prosody", program: "prosody", start: startProsody, rate: prosodyRate})
}

func startProsody(ctx context.Context, dir, port string, pairs int) (chatServer, error) {
	plugins := filepath.Join(dir, "plugins")
	if err := prosody.Install(plugins); err != nil {
		return chatServer{}, err
	}
	o := servers.ProsodyOptions{
		Dir: dir, Host: chatHost, Accounts: chatPeople(pairs), Created: time.Now().AddDate(-1, 0, 0), Contacts: chatContacts(pairs), PluginPaths: []string{plugins},
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
	rows, err = p.sequence(ctx, b.size.Chats)
	if err != nil {
		return nil, err
	}
	burst, err := p.burst(ctx, chatPairs(b.size.Chats), b.size.Burst)
	return append(rows, burst), err
}

// warmChats is how many messages go before those that are measured.
const warmChats = 48

// chatPairs is how many pairs exchange a number of messages; those behind them are for the burst.
func chatPairs(chats int) int { return (chats + warmChats + turnsOfPair - 1) / turnsOfPair }

func (b *bench) startChat(ctx context.Context, kind *chatKind, d *daemon) (*chatServers, error) {
	_, port, err := net.SplitHostPort(d.line)
	if err != nil {
		return nil, err
	}
	with, err := b.startXMPP(ctx, kind, port)
	if err != nil {
		return nil, err
	}
	without, err := b.startXMPP(ctx, kind, "")
	if err != nil {
		return nil, errors.Join(err, with.close())
	}
	return &chatServers{kind, with, without}, nil
}

func (b *bench) startXMPP(ctx context.Context, kind *chatKind, port string) (chatServer, error) {
	dir, err := os.MkdirTemp(b.dir, kind.program+"-")
	if err != nil {
		return chatServer{}, err
	}
	return kind.start(ctx, dir, port, chatPairs(b.size.Chats)+burstPairs(b.size.Burst))
}

// dialPair logs a pair in at a server, with room for most messages that were not read yet.
func dialPair(ctx context.Context, s *chatServer, pair, most int) (p xmppPair, err error) {
	for i := range p {
		if p[i], err = dialChatter(ctx, s.addr, chatHost, chatName(pair, i), chatSecret, most); err != nil {
			return p, errors.Join(err, p.close())
		}
	}
	_, err = p.say(0, "hello") // what else came at the log-in has been read by then
	if err != nil {
		err = errors.Join(err, p.close())
	}
	return p, err
}

func (p *xmppPair) close() (err error) {
	for _, c := range p {
		if c != nil {
			err = errors.Join(err, c.conn.Close())
		}
	}
	return err
}

// say lets one of the two send a message and returns how long it took to arrive.
func (p *xmppPair) say(who int, body string) (time.Duration, error) {
	begun, to := time.Now(), p[1-who]
	if err := p[who].send(chat(to.full, body)); err != nil {
		return 0, err
	}
	a, err := to.await()
	if err == nil && a.body != body {
		err = fmt.Errorf("got %q, want %q", a.body, body)
	}
	return a.at.Sub(begun), err
}

// times are how long messages took.
type times struct{ with, without []time.Duration }

// sequence sends messages one after the other, each through both servers.
func (p *chatServers) sequence(ctx context.Context, n int) ([]row, error) {
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	var all times
	for pair := range chatPairs(n) {
		if err := p.converse(ctx, pair, crowd, &all); err != nil {
			return nil, err
		}
	}
	counted, err := p.marked(ctx)
	if err != nil {
		return nil, err
	}
	with, without := all.with[warmChats:], all.without[warmChats:]
	what := fmt.Sprintf("%s with the adapter against %s without, %s messages one by one, %d by each two contacts in turn, %s: added ",
		p.kind.name, p.kind.name, thousands(len(with)), turnsOfPair, counted)
	return []row{
		added(what+"median", askedMedian, median(with), median(without)),
		added("the same: added p99", askedP99, percentile(with, 99), percentile(without, 99)),
	}, nil
}

// converse lets a pair talk at both servers.
func (p *chatServers) converse(ctx context.Context, pair int, crowd *crowd, all *times) (err error) {
	const most = 4
	with, err := dialPair(ctx, &p.with, pair, most)
	if err != nil {
		return fmt.Errorf("with the adapter: %w", err)
	}
	defer func() { err = errors.Join(err, with.close()) }()
	without, err := dialPair(ctx, &p.without, pair, most)
	if err != nil {
		return fmt.Errorf("without the adapter: %w", err)
	}
	defer func() { err = errors.Join(err, without.close()) }()
	for i := range turnsOfPair {
		body := fmt.Sprintf("%d: %s", i, crowd.next().Body)
		a, err := with.say((i+1)%2, body)
		if err != nil {
			return fmt.Errorf("with the adapter: %w", err)
		}
		z, err := without.say((i+1)%2, body)
		if err != nil {
			return fmt.Errorf("without the adapter: %w", err)
		}
		all.with, all.without = append(all.with, a), append(all.without, z)
	}
	return nil
}

func added(what string, asked, with, without time.Duration) row {
	milli := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	more := with - without
	return row{
		what, fmt.Sprintf("<= %.1f ms", milli(asked)), fmt.Sprintf("%.2f ms (%.2f ms against %.2f ms)", milli(more), milli(with), milli(without)),
		float64(more) / float64(asked), verdict(more <= asked),
	}
}

// burstOfPair is how many messages a contact sends in one write: as many as a person may send at once before the policy slows them.
const burstOfPair = 6

// burstPairs is how many pairs a burst of n messages needs.
func burstPairs(n int) int { return (n + burstOfPair - 1) / burstOfPair }

// burst lets many contacts send at once, a few messages in one write each; they must arrive complete, and of each pair in order.
func (p *chatServers) burst(ctx context.Context, first, n int) (r row, err error) {
	pairs := make([]xmppPair, burstPairs(n))
	n = len(pairs) * burstOfPair
	r = row{
		What:  fmt.Sprintf("%s messages at once, %d by each of %d contacts in one write, through %s with the adapter", thousands(n), burstOfPair, len(pairs), p.kind.name),
		Asked: fmt.Sprintf("complete, in order, >= %s msgs/s", thousands(p.kind.rate)),
	}
	for i := range pairs {
		if pairs[i], err = dialPair(ctx, &p.with, first+i, burstOfPair); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, pairs[i].close()) }()
	}
	crowd, err := newCrowd()
	if err != nil {
		return r, err
	}
	bodies := make([][burstOfPair]string, len(pairs))
	for i := range bodies {
		for k := range bodies[i] {
			bodies[i][k] = fmt.Sprintf("%d: %s", k, crowd.next().Body)
		}
	}
	begun := time.Now()
	if err := burstAtOnce(pairs, bodies); err != nil {
		r.Measured, r.Verdict = err.Error(), verdict(false)
		return r, nil
	}
	rate := float64(n) / time.Since(begun).Seconds()
	r.Measured = fmt.Sprintf("so, %s msgs/s; the adapter says: %s", thousands(rate), p.said())
	r.Ratio, r.Verdict = rate/p.kind.rate, verdict(rate >= p.kind.rate)
	return r, nil
}

// burstAtOnce lets the first of each pair send, and waits until the second has it all.
func burstAtOnce(pairs []xmppPair, bodies [][burstOfPair]string) error {
	ended := make(chan error, len(pairs))
	for i := range pairs {
		go func() { ended <- pairs[i].burst(bodies[i][:]) }()
	}
	var err error
	for range pairs {
		err = errors.Join(err, <-ended)
	}
	return err
}

// burst lets the first of the two send messages in one write, and waits until the second has them in order.
func (p *xmppPair) burst(bodies []string) error {
	var all strings.Builder
	for _, body := range bodies {
		all.WriteString(chat(p[1].full, body))
	}
	if err := p[0].send(all.String()); err != nil {
		return err
	}
	for i, body := range bodies {
		a, err := p[1].await()
		if err == nil && a.body != body {
			err = fmt.Errorf("message %d is %q", i, a.body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var counters = regexp.MustCompile(`nospim counters (.*)`)

// said returns what the adapter has counted, as it stands in the server's log.
func (p *chatServers) said() string {
	log, err := os.ReadFile(p.with.log)
	if err != nil {
		return "nothing"
	}
	all := counters.FindAllStringSubmatch(string(log), -1)
	if len(all) == 0 {
		return "nothing"
	}
	return all[len(all)-1][1]
}

// marked says how many of the messages so far the adapter marked, once its counters in the log stand still. More than a few in a hundred
// are an error: then it is not allowed messages that were measured.
func (p *chatServers) marked(ctx context.Context) (string, error) {
	const pause = 500 * time.Millisecond // the adapters count into the log five times meanwhile
	var n struct{ Checked, Marked, Blocked, Held int }
	for before := ""; ; {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(pause):
		}
		said := p.said()
		if said != before {
			before = said
			continue
		}
		if err := json.Unmarshal([]byte(said), &n); err != nil {
			return "", fmt.Errorf("the adapter's counters %q: %w", said, err)
		}
		break
	}
	if enforced := n.Marked + n.Blocked + n.Held; enforced*100 > n.Checked*fewEnforced {
		return "", fmt.Errorf("%d of %d messages were not simply allowed", enforced, n.Checked)
	}
	return fmt.Sprintf("%d of %d marked", n.Marked, n.Checked), nil
}
