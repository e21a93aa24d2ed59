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

// allowed is in every answer to the crowd.
var allowed = []byte(`"action":"allow"`)

// allAllowed reports as an error when an answer does not allow n messages.
func allAllowed(answer []byte, n int) error {
	if got := bytes.Count(answer, allowed); got != n {
		return fmt.Errorf("%d of %d messages were allowed: %.500s", got, n, answer)
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
	errs := make([]error, len(all))
	var posting sync.WaitGroup
	for i, c := range all {
		posting.Go(func() {
			for n := i; n < len(bodies) && errs[i] == nil; n += len(all) {
				var answer []byte
				if answer, errs[i] = c.post(path, headers, bodies[n]); errs[i] == nil {
					errs[i] = allAllowed(answer, messages(bodies[n]))
				}
			}
		})
	}
	posting.Wait()
	return errors.Join(errs...)
}

func one([]byte) int             { return 1 }
func countLines(body []byte) int { return bytes.Count(body, []byte("\n")) }
