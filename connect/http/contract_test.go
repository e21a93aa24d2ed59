package http_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"regexp"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/connecttest"
	connect "github.com/nospim/nospim/connect/http"
)

// underTest is a handler as the contract sees it.
type underTest struct{ *connect.Handler }

func (u underTest) Serve(ctx context.Context, l net.Listener) error {
	return connect.Serve(ctx, l, u.Handler)
}

func (u underTest) Refused() int64 {
	var n int64
	for _, e := range u.Stats().Errors {
		n += e
	}
	return n
}

var date = regexp.MustCompile(`Date: [^\r]*`)

// answer reads one response as it is on the wire, but for its date and its chunks.
func answer(r *bufio.Reader) ([]byte, error) {
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := httputil.DumpResponse(resp, true)
	return date.ReplaceAll(text, []byte("Date: now")), err
}

func request(path string, body []byte) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: nospim.example\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

func TestContract(t *testing.T) {
	for _, path := range []string{"/v1/judge", "/v1/judge/batch"} {
		dir := map[string]string{"/v1/judge": "testdata", "/v1/judge/batch": "testdata/batch"}[path]
		t.Run(path, func(t *testing.T) {
			connecttest.Run(t, connecttest.Connector{
				New: func(j nospim.Judge) connecttest.Server { return underTest{connect.New(connect.Options{Judge: j})} },
				Dir: dir, Update: *update,
				Message: func(id, body string) []byte {
					return request(path, bytes.Replace([]byte(eventJSON(id)), []byte(`"body":"hello"`), fmt.Appendf(nil, `"body":%q`, body), 1))
				},
				TooLarge: request(path, fmt.Appendf(nil, `{"body":"%s"}`, bytes.Repeat([]byte("x"), 5<<20))),
				Answer:   answer,
				Refusal:  func(answer []byte) bool { return bytes.Contains(answer, []byte(`"error":{"code":`)) },
			})
		})
	}
}
