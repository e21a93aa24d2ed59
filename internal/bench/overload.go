package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nospim/nospim/connect/wire"
)

// What is asked of twice the load that can be carried: of the messages judged at the peak, so many are judged all the same, and 99 of
// 100 answers come as soon.
const (
	askedGoodput = 0.95
	askedAnswer  = 5 * time.Millisecond
)

const (
	// pipelined is how many messages wait for their answers when the peak is measured: a millisecond of work, which is no overload.
	pipelined = 48
	// settling is how long after its beginning the load of a turn is not counted: what is a burst is judged in full.
	settling = 300 * time.Millisecond
	// beat is how often the load is sent.
	beat = 500 * time.Microsecond
)

// loaded is what a turn at the peak, or at twice that, took: of all messages that were answered, those that were judged, in that time,
// and what the server and the clients used of the CPU.
type loaded struct {
	answered, judged int
	length           time.Duration
	server, client   time.Duration
}

// rate is how many messages a second were judged.
func (l *loaded) rate() float64 { return float64(l.judged) / l.length.Seconds() }

// each is the server's CPU time for each message that was answered, in microseconds.
func (l *loaded) each() float64 { return perMessage(l.server, l.answered) }

// perCPU is how many messages were judged for each second of the server's CPU.
func (l *loaded) perCPU() float64 { return float64(l.judged) / l.server.Seconds() }

// shed is the server's CPU time for each message that was not judged, in microseconds, if a judged one takes what it took at the peak.
func (l *loaded) shed(peak *loaded) float64 {
	return (perMessage(l.server, 1) - float64(l.judged)*peak.each()) / float64(max(l.answered-l.judged, 1))
}

func (l *loaded) cores() string {
	return fmt.Sprintf("%.2f and %.2f", l.server.Seconds()/l.length.Seconds(), l.client.Seconds()/l.length.Seconds())
}

// meter reads the CPU times of the server and of this process.
type meter struct {
	cpu            func() (time.Duration, error)
	begun          time.Time
	server, client time.Duration
}

func (m *meter) start() (err error) {
	m.begun = time.Now()
	if m.server, err = m.cpu(); err == nil {
		m.client, err = ownCPU()
	}
	return err
}

// stop puts into l what was used since start.
func (m *meter) stop(l *loaded) error {
	before := *m
	err := m.start()
	l.length, l.server, l.client = m.begun.Sub(before.begun), m.server-before.server, m.client-before.client
	return err
}

// measureOverload finds out how many messages a second are judged over one connection, then sends twice as many.
func measureOverload(ctx context.Context, b *bench) (rows []row, err error) {
	d, err := b.serveGated(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	if _, err := peak(ctx, d, questionsApart(crowd, b.size.Lines)); err != nil { // until it is warm
		return nil, err
	}
	var turns overloads
	for range b.size.Turns {
		most, err := peak(ctx, d, questionsApart(crowd, b.size.Lines))
		if err != nil {
			return nil, err
		}
		load := questionsApart(crowd, int(2*most.rate()*b.size.Overload.Seconds()))
		twice, times, err := flood(ctx, d, load, 2*most.rate())
		if err != nil {
			return nil, err
		}
		turns.add(&most, &twice, times)
	}
	return turns.rows(), nil
}

// overloads are the numbers of the turns.
type overloads struct {
	peaks, goods, shares, late, each, alone, shed, perCPU, frugal []float64
	peak, twice                                                   loaded // of the last turn
}

func (o *overloads) add(peak, twice *loaded, times []time.Duration) {
	o.peaks, o.goods = append(o.peaks, peak.rate()), append(o.goods, twice.rate()/peak.rate())
	o.shares, o.late = append(o.shares, 1-float64(twice.judged)/float64(twice.answered)), append(o.late, float64(percentile(times, 99)))
	o.alone, o.each, o.shed = append(o.alone, peak.each()), append(o.each, twice.each()), append(o.shed, twice.shed(peak))
	o.perCPU, o.frugal = append(o.perCPU, twice.perCPU()), append(o.frugal, twice.perCPU()/peak.perCPU())
	o.peak, o.twice = *peak, *twice
}

func (o *overloads) rows() []row {
	good, p99 := median(o.goods), time.Duration(median(o.late))
	return []row{
		{
			"twice the load that one connection of the line protocol can carry: messages judged, against the peak, by the clock, with the client on the machine",
			fmt.Sprintf(">= %.2f", askedGoodput),
			fmt.Sprintf("%s msgs/s at the peak; of twice as many %.0f %% answered at once, degraded; cores used by server and client %s, at the peak %s",
				thousands(median(o.peaks)), 100*median(o.shares), o.twice.cores(), o.peak.cores()),
			good, verdict(good >= askedGoodput),
		},
		{
			"the same for each second of the server's CPU: messages judged, against the peak", "",
			fmt.Sprintf("%s judged a second of CPU; %.1f µs CPU an answer, %.1f µs at the peak, %.1f µs one that is not judged",
				thousands(median(o.perCPU)), median(o.each), median(o.alone), median(o.shed)),
			median(o.frugal), noVerdict,
		},
		{
			"the same: p99 of all answers, from when a message was due", fmt.Sprintf("<= %v", askedAnswer),
			fmt.Sprintf("%.1f ms", float64(p99)/float64(time.Millisecond)), ratio(p99, askedAnswer), verdict(p99 <= askedAnswer),
		},
	}
}

// questionsApart returns n messages as lines of the line protocol, each apart.
func questionsApart(c *crowd, n int) [][]byte {
	all, lines := make([]byte, 0, 400*n), make([][]byte, n)
	for i := range lines {
		from := len(all)
		all = wire.AppendEventLine(all, int64(i), c.next())
		lines[i] = all[from:len(all):len(all)]
	}
	return lines
}

// peak sends lines over one connection, so many at a time that there is always one to judge.
func peak(ctx context.Context, d *daemon, lines [][]byte) (l loaded, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.line)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in, m := bufio.NewReaderSize(conn, 64<<10), meter{cpu: d.cpu}
	if err := m.start(); err != nil {
		return l, err
	}
	for sent := 0; l.judged < len(lines); {
		if upTo := min(len(lines), l.judged+pipelined); upTo > sent && (sent-l.judged <= pipelined/2) {
			if _, err := conn.Write(bytes.Join(lines[sent:upTo], nil)); err != nil {
				return l, err
			}
			sent = upTo
		}
		line, err := in.ReadSlice('\n')
		if err != nil {
			return l, err
		}
		if bytes.Contains(line, overloaded) {
			return l, errors.New("a message was not judged while the peak was measured")
		}
		l.judged++
	}
	l.answered = l.judged
	return l, m.stop(&l)
}

var overloaded = []byte(`"degraded":["overload"]`)

// flood sends lines over one connection at a rate a second, whatever comes back. It returns what came of them after that had settled,
// and how long each answer took.
func flood(ctx context.Context, d *daemon, lines [][]byte, rate float64) (l loaded, times []time.Duration, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.line)
	if err != nil {
		return l, nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	begun := time.Now()
	due := func(i int) time.Time { return begun.Add(time.Duration(float64(i) / rate * float64(time.Second))) }
	sent := make(chan error, 1)
	go func() { sent <- sendDue(conn, lines, due) }()
	in, m := bufio.NewReaderSize(conn, 256<<10), meter{cpu: d.cpu}
	for i := range lines {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return l, nil, errors.Join(err, conn.Close(), <-sent)
		}
		now := time.Now()
		n, err := number(line)
		if err != nil {
			return l, nil, err
		}
		if due(i).Sub(begun) <= settling {
			continue
		}
		if m.begun.IsZero() {
			if err := m.start(); err != nil {
				return l, nil, err
			}
		}
		times = append(times, now.Sub(due(n)))
		l.answered++
		if !bytes.Contains(line, overloaded) {
			l.judged++
		}
	}
	return l, times, errors.Join(m.stop(&l), <-sent)
}

// sendDue sends each line when it is due, those that are due together in one write.
func sendDue(conn net.Conn, lines [][]byte, due func(int) time.Time) error {
	var buf []byte
	for sent := 0; sent < len(lines); {
		<-time.After(time.Until(due(sent).Add(beat)))
		buf = buf[:0]
		for now := time.Now(); sent < len(lines) && !due(sent).After(now); sent++ {
			buf = append(buf, lines[sent]...)
		}
		if _, err := conn.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// number is that of the line which an answer is to.
func number(line []byte) (int, error) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"n":`))
	n, _, found := bytes.Cut(rest, []byte(","))
	if !ok || !found {
		return 0, fmt.Errorf("an answer without a number: %.40s", line)
	}
	return strconv.Atoi(string(n))
}
