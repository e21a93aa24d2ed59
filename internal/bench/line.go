package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
)

// askedLine is how many times the bare handler's messages a second the line protocol must have.
const askedLine = 2

// measureLine compares the pipelined line protocol, over one connection, with the bare handler.
func measureLine(ctx context.Context, b *bench) ([]row, error) {
	return b.bothServed(ctx, measurePipeline)
}

func measurePipeline(ctx context.Context, b *bench, s served) (rows []row, err error) {
	p, err := b.servePair(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var ours, bare, rates, cpus, ourCPU []float64
	for turn := range b.size.Turns + 1 {
		lines, bodies := p.crowd.questions(b.size.Lines), p.crowd.bodies(b.size.Requests)
		mine, err := p.nospim.during(func() error { return pipeline(ctx, p.nospim.line, lines, b.size.Lines) })
		if err != nil {
			return nil, err
		}
		other, err := p.bare.during(func() error { return postAll(ctx, p.addr, barePath, bodies) })
		if err != nil {
			return nil, err
		}
		if turn == 0 {
			continue
		}
		a, c := perMessage(mine.wall, b.size.Lines), perMessage(other.wall, b.size.Requests)
		ours, bare, rates = append(ours, 1e6/a), append(bare, 1e6/c), append(rates, c/a)
		ourCPU = append(ourCPU, perMessage(mine.cpu, b.size.Lines))
		cpus = append(cpus, perMessage(other.cpu, b.size.Requests)/perMessage(mine.cpu, b.size.Lines))
	}
	return []row{
		{
			"line protocol, pipelined over one connection, against the bare handler, with the clients on the machine" + s.what,
			fmt.Sprintf(">= %d times its msgs/s", askedLine),
			fmt.Sprintf("%s msgs/s, bare handler %s", thousands(median(ours)), thousands(median(bare))),
			median(rates), verdict(median(rates) >= askedLine),
		},
		{
			"the same, messages for each second of the server's CPU", fmt.Sprintf(">= %d times", askedLine),
			fmt.Sprintf("%s msgs/s a core (%.1f µs CPU a message)", thousands(1e6/median(ourCPU)), median(ourCPU)),
			median(cpus), verdict(median(cpus) >= askedLine),
		},
	}, nil
}

// pipeline sends n questions over one connection without waiting, and reads their answers.
func pipeline(ctx context.Context, addr string, questions []byte, n int) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(questions)
		sent <- err
	}()
	err = readAnswers(conn, n)
	err = errors.Join(err, conn.Close())
	return errors.Join(err, <-sent)
}

func readAnswers(conn net.Conn, n int) error {
	var t tally
	in := bufio.NewReaderSize(conn, 64<<10)
	for i := range n {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("reading answer %d: %w", i, err)
		}
		if err := t.count(line, 1); err != nil {
			return err
		}
	}
	return t.check()
}
