package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/nospim/nospim/connect/http"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/record/sqlite"
)

// childServe is the child that serves HTTP and the line protocol with the detectors of the first day, of which the numbers that
// were asked for speak. The program itself always has all of them.
const childServe = "serve-first"

// served is a way to serve.
type served struct {
	what  string // what the row says of it
	start func(*bench, context.Context) (*daemon, error)
}

// bothServed measures the program as it is, and with the detectors of the first day.
func (b *bench) bothServed(ctx context.Context, measure func(context.Context, *bench, served) ([]row, error)) (rows []row, err error) {
	for _, s := range []served{{"", (*bench).serveFresh}, {"; the detectors of the first day", (*bench).serveFirst}} {
		more, err := measure(ctx, b, s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// serveFirst starts the child.
func (b *bench) serveFirst(ctx context.Context) (*daemon, error) {
	dir, err := os.MkdirTemp(b.dir, "first-")
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, dir, b.self, "-child", childServe, "-dir", dir)
	if err != nil {
		return nil, err
	}
	d := &daemon{child: c}
	said, err := c.line()
	if err == nil {
		_, err = fmt.Sscan(said, &d.line, &d.http)
	}
	if err == nil {
		err = d.healthy(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return d, nil
}

// serveFirstDay is the child. It prints where the line protocol and HTTP listen.
func serveFirstDay(ctx context.Context, dir string, out io.Writer) (err error) {
	store, err := sqlite.Open(ctx, filepath.Join(dir, "nospim.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }() //nolint:contextcheck // closing waits for the disk, whatever ctx says
	e, err := newEngine(ctx, store, true, memory.Limits{})
	if err != nil {
		return err
	}
	lines, err := line.Listen(ctx, "127.0.0.1:0", "")
	if err != nil {
		return err
	}
	requests, err := http.Listen(ctx, "127.0.0.1:0", "")
	if err != nil {
		return errors.Join(err, lines.Close())
	}
	if _, err := fmt.Fprintln(out, lines.Addr(), requests.Addr()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 2)
	go func() { ended <- (&line.Server{Judge: e, Grace: time.Second}).Serve(ctx, lines) }()
	go func() { ended <- http.Serve(ctx, requests, http.New(http.Options{Judge: e})) }()
	err = <-ended
	cancel()
	return errors.Join(err, <-ended)
}
