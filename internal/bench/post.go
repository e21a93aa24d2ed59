package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// caller is one HTTP connection that posts. It does as little as can be done: what it uses of the CPU, the server lacks.
type caller struct {
	conn   net.Conn
	in     *bufio.Reader
	out    []byte
	answer bytes.Buffer
}

func dialCaller(ctx context.Context, addr string) (*caller, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &caller{conn: conn, in: bufio.NewReaderSize(conn, 32<<10)}, nil
}

// post returns the body of the answer, valid until the next call. Any status but 200 is an error.
func (c *caller) post(path, headers string, body []byte) ([]byte, error) {
	c.out = fmt.Appendf(c.out[:0], "POST %s HTTP/1.1\r\nHost: bench.test\r\nContent-Length: %d\r\n%s\r\n", path, len(body), headers)
	c.out = append(c.out, body...)
	if _, err := c.conn.Write(c.out); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, fmt.Errorf("reading an answer: %w", err)
	}
	c.answer.Reset()
	_, err = io.Copy(&c.answer, resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", resp.Status, c.answer.Bytes())
	}
	return c.answer.Bytes(), nil
}

// tally counts the verdicts of a turn. The crowd is honest, so all but a few are to be allowed: it is the cost of allowing that
// is measured.
type tally struct{ judged, allowed atomic.Int64 }

// fewEnforced is how many of a hundred messages may be enforced.
const fewEnforced = 1

var (
	isVerdict = []byte(`"action":`)
	isAllowed = []byte(`"action":"allow"`)
)

// count counts the verdicts of an answer, which must be n.
func (t *tally) count(answer []byte, n int) error {
	if got := bytes.Count(answer, isVerdict); got != n {
		return fmt.Errorf("%d verdicts for %d messages: %.500s", got, n, answer)
	}
	t.judged.Add(int64(n))
	t.allowed.Add(int64(bytes.Count(answer, isAllowed)))
	return nil
}

// check returns an error when more than a few messages were not allowed.
func (t *tally) check() error {
	judged, enforced := t.judged.Load(), t.judged.Load()-t.allowed.Load()
	if enforced*100 > judged*fewEnforced {
		return fmt.Errorf("%d of %d messages of the crowd were not allowed", enforced, judged)
	}
	return nil
}

// callers are connections that post at once.
type callers []*caller

func dialCallers(ctx context.Context, addr string, n int) (all callers, err error) {
	for range n {
		c, err := dialCaller(ctx, addr)
		if err != nil {
			return nil, errors.Join(err, all.close())
		}
		all = append(all, c)
	}
	return all, nil
}

func (all callers) close() error {
	var errs []error
	for _, c := range all {
		errs = append(errs, c.conn.Close())
	}
	return errors.Join(errs...)
}

// post posts every body once; each of them has that many messages, the last one may have fewer.
func (all callers) post(path, headers string, bodies [][]byte, messages func(body []byte) int) error {
	var t tally
	errs := make([]error, len(all))
	var posting sync.WaitGroup
	for i, c := range all {
		posting.Go(func() {
			for n := i; n < len(bodies) && errs[i] == nil; n += len(all) {
				var answer []byte
				if answer, errs[i] = c.post(path, headers, bodies[n]); errs[i] == nil {
					errs[i] = t.count(answer, messages(bodies[n]))
				}
			}
		})
	}
	posting.Wait()
	return errors.Join(append(errs, t.check())...)
}

func one([]byte) int             { return 1 }
func countLines(body []byte) int { return bytes.Count(body, []byte("\n")) }
