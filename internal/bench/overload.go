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
	if _, err := peak(ctx, d.line, questionsApart(crowd, b.size.Lines)); err != nil { // until it is warm
		return nil, err
	}
	var peaks, goods, shares, late, alone, crowded []float64
	for range b.size.Turns {
		var most float64
		lines := questionsApart(crowd, b.size.Lines)
		all, err := d.during(func() (err error) { most, err = peak(ctx, d.line, lines); return err })
		if err != nil {
			return nil, err
		}
		load := questionsApart(crowd, int(2*most*b.size.Overload.Seconds()))
		var a answered
		w, err := d.during(func() (err error) { a, err = flood(ctx, d.line, load, 2*most); return err })
		if err != nil {
			return nil, err
		}
		peaks, goods, shares = append(peaks, most), append(goods, a.goodput()/most), append(shares, a.share())
		late = append(late, float64(percentile(a.times, 99)))
		alone, crowded = append(alone, perMessage(all.cpu, len(lines))), append(crowded, perMessage(w.cpu, len(load)))
	}
	p99 := time.Duration(median(late))
	return []row{
		{
			"twice the load that one connection of the line protocol can carry: messages judged, against the peak", fmt.Sprintf(">= %.2f", askedGoodput),
			fmt.Sprintf("%s msgs/s at the peak; of twice as many %.0f %% answered at once, degraded; %.1f µs CPU a message, %.1f µs at the peak",
				thousands(median(peaks)), 100*median(shares), median(crowded), median(alone)),
			median(goods), verdict(median(goods) >= askedGoodput),
		},
		{
			"the same: p99 of all answers, from when a message was due", fmt.Sprintf("<= %v", askedAnswer),
			fmt.Sprintf("%.1f ms", float64(p99)/float64(time.Millisecond)), ratio(p99, askedAnswer), verdict(p99 <= askedAnswer),
		},
	}, nil
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

// peak sends lines over one connection, so many at a time that there is always one to judge, and returns how many are judged a second.
func peak(ctx context.Context, addr string, lines [][]byte) (rate float64, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in := bufio.NewReaderSize(conn, 64<<10)
	begun := time.Now()
	for sent, got := 0, 0; got < len(lines); {
		if upTo := min(len(lines), got+pipelined); upTo > sent && (sent-got <= pipelined/2) {
			if _, err := conn.Write(bytes.Join(lines[sent:upTo], nil)); err != nil {
				return 0, err
			}
			sent = upTo
		}
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if bytes.Contains(line, overloaded) {
			return 0, errors.New("a message was not judged while the peak was measured")
		}
		got++
	}
	return float64(len(lines)) / time.Since(begun).Seconds(), nil
}

var overloaded = []byte(`"degraded":["overload"]`)

// answered is what came of a flood, after it had settled.
type answered struct {
	times        []time.Duration // how long each answer took
	judged, shed int
	length       time.Duration
}

func (a *answered) goodput() float64 { return float64(a.judged) / a.length.Seconds() }
func (a *answered) share() float64   { return float64(a.shed) / float64(a.judged+a.shed) }

// flood sends lines over one connection at a rate a second, whatever comes back.
func flood(ctx context.Context, addr string, lines [][]byte, rate float64) (a answered, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	begun := time.Now()
	due := func(i int) time.Time { return begun.Add(time.Duration(float64(i) / rate * float64(time.Second))) }
	sent := make(chan error, 1)
	go func() { sent <- sendDue(conn, lines, due) }()
	in := bufio.NewReaderSize(conn, 256<<10)
	for range lines {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return a, errors.Join(err, conn.Close(), <-sent)
		}
		now := time.Now()
		n, err := number(line)
		if err != nil {
			return a, err
		}
		if at := due(n); at.Sub(begun) > settling {
			a.add(now.Sub(at), bytes.Contains(line, overloaded))
			a.length = now.Sub(begun) - settling
		}
	}
	return a, <-sent
}

func (a *answered) add(took time.Duration, shed bool) {
	a.times = append(a.times, took)
	if shed {
		a.shed++
	} else {
		a.judged++
	}
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
