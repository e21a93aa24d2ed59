package line_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/connecttest"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

var update = flag.Bool("update", false, "write the golden files")

// underTest is a server as the contract sees it.
type underTest struct{ *line.Server }

func (s underTest) Refused() int64 {
	var n int64
	for _, e := range s.Stats().Errors {
		n += e
	}
	return n
}

func TestContract(t *testing.T) {
	connecttest.Run(t, connecttest.Connector{
		New: func(j nospim.Judge) connecttest.Server { return underTest{&line.Server{Judge: j}} },
		Dir: "testdata", Update: *update,
		Message: func(id, body string) []byte {
			e := message(id)
			e.Body = body
			return wire.AppendEventLine(nil, 1, e)
		},
		TooLarge: fmt.Appendf(nil, `{"n":1,"event":{"body":"%s"}}`+"\n", bytes.Repeat([]byte("x"), 5<<20)),
		Answer:   func(r *bufio.Reader) ([]byte, error) { return r.ReadBytes('\n') },
		Refusal:  func(answer []byte) bool { return bytes.Contains(answer, []byte(`"error":{"code":`)) },
	})
}
