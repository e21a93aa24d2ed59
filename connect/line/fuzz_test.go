package line_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// tape is a connection on which a peer has said everything and closed its side.
type tape struct {
	in  *bytes.Reader
	out bytes.Buffer
}

func (c *tape) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *tape) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *tape) Close() error                     { return nil }
func (c *tape) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (c *tape) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// moody is a judge that does everything a judge may do, by the event's id.
type moody struct{ nospim.JudgeFunc }

func (moody) Begin(ctx context.Context, e *nospim.Event) (*nospim.Verdict, wire.Wait, error) {
	switch {
	case strings.HasPrefix(e.ID, "p"):
		panic("moody")
	case strings.HasPrefix(e.ID, "e"):
		return nil, nil, errors.New("moody")
	case strings.HasPrefix(e.ID, "h"):
		return nil, func() (*nospim.Verdict, error) { return allow(ctx, e) }, nil
	}
	v, err := allow(ctx, e)
	return v, nil, err
}

// Whatever a peer sends, the server ends when the peer does, and every line that it sends is one of the protocol's.
func FuzzLine(f *testing.F) {
	event := string(wire.AppendEvent(nil, message("m-1")))
	f.Add([]byte(`{"hello":{"connector":"a","service":"chat.example","secret":"s"}}`+"\n"+`{"n":1,"event":`+event+"}\n"+`{"event":`+event+"}\n{\"ping\":7}\n{\"ack\":\"o-1\"}\n"), false)
	f.Add([]byte(`{"n":1,"event":`+strings.Replace(event, "m-1", "h", 1)+"}\n"+`{"n":2,"event":`+strings.Replace(event, "m-1", "p", 1)+"}\n"), false)
	f.Add([]byte(`{"hello":{"secret":"open sesame"}}`+"\n"+`{"n":9007199254740992,"event":`+strings.Replace(event, "m-1", "e", 1)+"}"), true)
	f.Add([]byte(strings.Repeat("x\n", 120)), false)
	f.Add([]byte(`{"n":1,"event":{"id":"h","time":"2026-03-01T18:04:05Z","protocol":"shout","service":"s","sender":{"id":"a"},"raw":"hold!"}}`), false)
	f.Add([]byte("{\"n\":1,\"event\":{\"body\":\"\xff\\ud800\"\r\n\r\n{\"ack\":\"o-1\",\"failure\":\"\\u2028\"}"), false)
	f.Fuzz(func(t *testing.T, in []byte, secret bool) {
		s := &line.Server{
			Judge: moody{}, Orders: &orders{acked: map[string]string{}}, MaxLine: 1 << 10, Wires: map[string]line.Wire{"shout": shout},
		}
		if secret {
			s.Secret = "open sesame"
		}
		nc := &tape{in: bytes.NewReader(in)}
		s.ServeConn(t.Context(), nc)
		asked := int64(bytes.Count(in, []byte("\n")) + 1)
		answers := int64(0)
		for text := range bytes.Lines(nc.out.Bytes()) {
			answers++
			var l wire.Line
			if err := wire.DecodeLine(text, &l); err != nil || !json.Valid(text) {
				t.Fatalf("the server sent %q: %v", text, err)
			}
			switch l.What {
			case wire.IsVerdict, wire.IsError, wire.IsHello, wire.IsPong:
			default:
				t.Fatalf("the server sent %q", text)
			}
		}
		st := s.Stats()
		judged := int64(0)
		for _, n := range st.Verdicts {
			judged += n
		}
		if answers > asked || judged > st.Lines || st.Open != 0 {
			t.Fatalf("%d lines, %d answers, %+v", asked, answers, st)
		}
	})
}
