package connecttest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nospim/nospim"
	connecthttp "github.com/nospim/nospim/connect/http"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// pass is a judge that costs nothing.
func pass(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	return &nospim.Verdict{EventID: e.ID, Policy: "sha256:" + zeros}, nil
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// bare is what a web service in Go would be without care: encoding/json both ways.
func bare(w http.ResponseWriter, r *http.Request) {
	var e nospim.Event
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v, _ := pass(r.Context(), &e)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

const (
	benchConns = 8
	benchBatch = 64
)

// benchEvent is a message of the usual size: the body has about 100 bytes.
func benchEvent() []byte {
	return wire.AppendEvent(nil, &nospim.Event{
		ID: "m-81", Kind: nospim.KindMessage, Time: time.Date(2026, 3, 1, 18, 4, 5, 12e7, time.UTC), Protocol: "xmpp", Service: "chat.example",
		Sender:     nospim.Account{ID: "nina_31@chat.example", Name: "nina", Local: true, Created: time.Date(2026, 3, 1, 17, 58, 0, 0, time.UTC)},
		Recipients: []nospim.Account{{ID: "ada@chat.example", Local: true}}, Relation: nospim.RelationStranger, Addr: "198.51.100.7", Client: "bot/1",
		Body: "hey, my cam is at http://x.example/a?u=9f3c and it is free for you today, come and see me there soon",
	})
}

// peer talks to a server over connections of its own: each call of a turn sends per messages and reads their answers.
type peer struct {
	per  int
	turn []func() error
}

// requests is a peer that sends the same HTTP request again and again. It does next to nothing itself: answers are read up to
// their known length.
func requests(b *testing.B, addr, path, contentType string, body []byte, per int) *peer {
	b.Helper()
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, contentType, len(body), body)
	p := &peer{per: per}
	for range benchConns {
		nc := connection(b, addr)
		r := bufio.NewReaderSize(nc, 64<<10)
		p.turn = append(p.turn, func() error {
			if _, err := nc.Write(request); err != nil {
				return err
			}
			return readResponse(r)
		})
	}
	return p
}

// readResponse reads one response, by length or in chunks.
func readResponse(r *bufio.Reader) error {
	length, chunked := 0, false
	for first := true; ; first = false {
		text, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case first && !bytes.Contains(text, []byte(" 200 ")):
			return fmt.Errorf("status line %q", text)
		case len(text) == 2 && chunked:
			return readChunks(r)
		case len(text) == 2:
			_, err := r.Discard(length)
			return err
		case bytes.HasPrefix(text, []byte("Content-Length: ")):
			_, err = fmt.Sscanf(string(text), "Content-Length: %d", &length)
			if err != nil {
				return err
			}
		case bytes.HasPrefix(text, []byte("Transfer-Encoding: ")):
			chunked = true
		}
	}
}

func readChunks(r *bufio.Reader) error {
	for {
		var size int
		text, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if _, err := fmt.Sscanf(string(text), "%x", &size); err != nil {
			return err
		}
		if _, err := r.Discard(size + 2); err != nil || size == 0 {
			return err
		}
	}
}

// lines is a peer of the line protocol with per questions under way on each connection.
func lines(b *testing.B, addr string, event []byte, per int) *peer {
	b.Helper()
	var question []byte
	for i := range per {
		question = fmt.Appendf(question, `{"n":%d,"event":%s}`+"\n", i, event)
	}
	p := &peer{per: per}
	for range benchConns {
		nc := connection(b, addr)
		buf := make([]byte, 64<<10)
		p.turn = append(p.turn, func() error {
			if _, err := nc.Write(question); err != nil {
				return err
			}
			for left := per; left > 0; {
				n, err := nc.Read(buf)
				if err != nil {
					return err
				}
				left -= bytes.Count(buf[:n], []byte("\n"))
			}
			return nil
		})
	}
	return p
}

func connection(b *testing.B, addr string) net.Conn {
	b.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = nc.Close() })
	return nc
}

// cost sends at least n messages over all connections and returns the processor time of one, of client and server together.
func (p *peer) cost(b *testing.B, n int) time.Duration {
	b.Helper()
	before := cpu(b)
	var wg sync.WaitGroup
	turns := max(1, n/p.per/len(p.turn))
	for _, turn := range p.turn {
		wg.Go(func() {
			for range turns {
				if err := turn(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return (cpu(b) - before) / time.Duration(turns*p.per*len(p.turn))
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// listen serves on loopback until the benchmark ends.
func listen(b *testing.B, serve func(context.Context, net.Listener) error) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		_ = serve(ctx, l)
		close(ended)
	}()
	b.Cleanup(func() { cancel(); <-ended })
	return l.Addr().String()
}

// BenchmarkProtocols compares what the protocols cost with a judge that costs nothing, in processor time of client and server
// together, each as a part of what the bare handler costs: medians of rounds that are taken in turn, because the machine
// has its moods.
func BenchmarkProtocols(b *testing.B) {
	event := benchEvent()
	batch := []byte(strings.Repeat(string(event)+"\n", benchBatch))
	plain := listen(b, func(ctx context.Context, l net.Listener) error {
		s := &http.Server{Handler: http.HandlerFunc(bare), ReadHeaderTimeout: time.Second}
		context.AfterFunc(ctx, func() { _ = s.Close() })
		return s.Serve(l)
	})
	judge := nospim.JudgeFunc(pass)
	ours := listen(b, func(ctx context.Context, l net.Listener) error {
		return connecthttp.Serve(ctx, l, connecthttp.New(connecthttp.Options{Judge: judge}))
	})
	piped := listen(b, (&line.Server{Judge: judge}).Serve)
	names := []string{"bare", "judge", "batch", "line"}
	peers := map[string]*peer{
		"bare":  requests(b, plain, "/", "application/json", event, 1),
		"judge": requests(b, ours, "/v1/judge", "application/json", event, 1),
		"batch": requests(b, ours, "/v1/judge/batch", "application/jsonl", batch, benchBatch),
		"line":  lines(b, piped, event, benchBatch),
	}
	costs := map[string][]time.Duration{}
	for b.Loop() {
		for _, name := range names {
			n := 4000
			if peers[name].per > 1 {
				n = 40000
			}
			costs[name] = append(costs[name], peers[name].cost(b, n))
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, name := range names {
		ratios := make([]float64, len(costs[name]))
		for i := range ratios {
			ratios[i] = float64(costs[name][i]) / float64(costs["bare"][i])
		}
		slices.Sort(ratios)
		slices.Sort(costs[name])
		middle := len(ratios) / 2
		b.ReportMetric(float64(costs[name][middle])/1e3, name+"-µs/msg")
		if name != "bare" {
			b.ReportMetric(ratios[middle], name+"/bare")
		}
	}
}
