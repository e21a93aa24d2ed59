package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// serveBare is the child that nospim is compared with: what a program does at least that takes the same JSON and answers the
// same JSON over net/http with encoding/json, and judges nothing. It prints where it listens.
func serveBare(ctx context.Context, out io.Writer) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		return err
	}
	s := &http.Server{Handler: http.HandlerFunc(bareHandler), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bareVerdict is what every message is answered, but for the id: a plain allow.
var bareVerdict = nospim.Verdict{Required: 9, Signals: []nospim.Signal{}, Policy: "sha256:" + strings.Repeat("0a", 32)}

func bareHandler(w http.ResponseWriter, r *http.Request) {
	var e nospim.Event
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v := bareVerdict
	v.EventID = e.ID
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(&v)
}

// serveBare starts the bare handler as a child.
func (b *bench) serveBare(ctx context.Context) (c *child, addr string, err error) {
	dir, err := os.MkdirTemp(b.dir, "bare-")
	if err != nil {
		return nil, "", err
	}
	c, err = start(ctx, dir, b.self, "-child", "bare")
	if err != nil {
		return nil, "", err
	}
	if addr, err = c.line(); err != nil {
		return nil, "", errors.Join(err, c.stop())
	}
	return c, addr, nil
}
