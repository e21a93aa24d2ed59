package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

func TestDecodeLine(t *testing.T) {
	hello := wire.Hello{Connector: "a/1", Service: "chat.example", Secret: "s"}
	welcome := wire.Hello{Version: "v1", Policy: "sha256:0", Shadow: true}
	tests := map[string]struct {
		in   string
		want wire.Line
	}{
		"hello":     {string(wire.AppendHello(nil, &hello)), wire.Line{What: wire.IsHello, N: wire.None, Hello: hello}},
		"welcome":   {string(wire.AppendWelcome(nil, &welcome)), wire.Line{What: wire.IsHello, N: wire.None, Hello: welcome}},
		"ack":       {string(wire.AppendAckLine(nil, "o-1", "")), wire.Line{What: wire.IsAck, N: wire.None, Ack: "o-1"}},
		"failure":   {string(wire.AppendAckLine(nil, "o-1", "gone")), wire.Line{What: wire.IsAck, N: wire.None, Ack: "o-1", Failure: "gone"}},
		"ping":      {string(wire.AppendPingLine(nil, 7)), wire.Line{What: wire.IsPing, N: wire.None, Ping: 7}},
		"pong":      {string(wire.AppendPongLine(nil, 7)), wire.Line{What: wire.IsPong, N: wire.None, Ping: 7}},
		"verdict":   {string(wire.AppendVerdictLine(nil, 3, verdict(), "")), wire.Line{What: wire.IsVerdict, N: 3, Verdict: verdict()}},
		"instead":   {string(wire.AppendVerdictLine(nil, 3, verdict(), "<a/>")), wire.Line{What: wire.IsVerdict, N: 3, Verdict: verdict(), Instead: "<a/>"}},
		"unread":    {`{"n":1,"event":{"raw":"<a/>"}}`, wire.Line{What: wire.IsEvent, N: 1, Event: &nospim.Event{Raw: "<a/>"}}},
		"event":     {string(wire.AppendEventLine(nil, 0, full())), wire.Line{What: wire.IsEvent, N: 0, Event: full()}},
		"new words": {`{"ping":1,"x":{"ping":2},"n":null}`, wire.Line{What: wire.IsPing, N: wire.None, Ping: 1, Unknown: 1}},
		"new code": {
			`{"error":{"code":"on_fire","limit":9,"field":"f","message":"m"}}`,
			wire.Line{What: wire.IsError, N: wire.None, Error: &wire.Error{Code: wire.Unavailable, Limit: 9, Field: "f", Message: "m"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := wire.Line{Ack: "left over", Ping: 9, Verdict: verdict()}
			if err := wire.DecodeLine([]byte(test.in), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, empty, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".many" }, cmp.Ignore())); diff != "" {
				t.Errorf("DecodeLine(%s) (-want +got):\n%s", test.in, diff)
			}
		})
	}
}

// The number is found though the event before it is bad, because the refusal must carry it.
func TestDecodeLineFindsTheNumber(t *testing.T) {
	for in, want := range map[string]wire.Line{
		`{"event":{"id":[{"n":5}],"count":-1},"n":7}`: {What: wire.IsEvent, N: 7},
		`{"event":{"id":"m","id":"m"},"n":7}`:         {What: wire.IsEvent, N: 7},
		`{"event":7,"n":7}`:                           {What: wire.IsEvent, N: 7},
		`{"n":8,"event":{}}`:                          {What: wire.IsEvent, N: 8},
		`{"n":8,"event":{}`:                           {What: wire.Nothing, N: 8},
		`{"n":"8","event":{}}`:                        {What: wire.IsEvent, N: wire.None},
		`{"n":8,"ack":3}`:                             {What: wire.IsAck, N: 8},
	} {
		var got wire.Line
		err := wire.DecodeLine([]byte(in), &got)
		if !errors.Is(err, nospim.ErrInvalid) || got.What != want.What || got.N != want.N {
			t.Errorf("DecodeLine(%s) = %d, n %d, %v; want %d, n %d", in, got.What, got.N, err, want.What, want.N)
		}
	}
}

func TestDecodeVerdictRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{"score":"x"}`:                       "score must be a number",
		`{"score":1e999}`:                     "score must be a number",
		`{"signals":[{"entities":["nina"]}]}`: "signals[0].entities[0] has no kind: it is written kind:id",
		`{"action":"smite"}`:                  "action is no action",
		`{"labels":[{"until":"soon"}]}`:       "labels[0].until must be a time as RFC 3339",
	} {
		if v, err := wire.DecodeVerdict([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("DecodeVerdict(%s) = %v, %v, want %q", in, v, err, want)
		}
	}
}

func TestErrorAndPlace(t *testing.T) {
	other := errors.New("x")
	if got := wire.At("line 7", other); !errors.Is(got, other) || got.Error() != "x" {
		t.Errorf("At of another error: %v", got)
	}
	e := &wire.Error{Code: wire.TooLarge, Message: "id is long"}
	if e.Error() != "too_large: id is long" || !errors.Is(e, nospim.ErrTooLarge) || !errors.Is(e, nospim.ErrInvalid) || errors.Is(e, nospim.ErrDenied) {
		t.Errorf("%v is not the sentinels of its code", e)
	}
	if wire.CodeOf(e) != wire.TooLarge {
		t.Errorf("CodeOf a peer's error: %v", wire.CodeOf(e))
	}
	if e := (&wire.Error{}); errors.Is(e, nospim.ErrInvalid) || errors.Is(e, nospim.ErrDenied) {
		t.Errorf("%v is a sentinel", e)
	}
}

// Answers that are gathered while a write is under way are written by one more, whoever flushes.
func TestOutWritesTogether(t *testing.T) {
	begun, gate := make(chan struct{}, 20), make(chan struct{})
	var writes []string
	out := wire.NewOut(func(b []byte) error {
		writes = append(writes, string(b))
		begun <- struct{}{}
		<-gate
		return nil
	})
	put := func(text string) { out.Unlock(append(out.Lock(), text...)) }
	var writers sync.WaitGroup
	flush := func() {
		if err := out.Flush(); err != nil {
			t.Error(err)
		}
	}
	put("first ")
	writers.Go(flush)
	<-begun
	for range 10 {
		put("x") // does not wait for the write
		writers.Go(flush)
	}
	close(gate)
	writers.Wait()
	if diff := cmp.Diff([]string{"first ", "xxxxxxxxxx"}, writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestOutAfterAnError(t *testing.T) {
	broken := errors.New("broken pipe")
	writes := 0
	out := wire.NewOut(func([]byte) error { writes++; return broken })
	for range 3 {
		if full := out.Unlock(append(out.Lock(), make([]byte, wire.FlushSize)...)); !full {
			t.Error("the buffer is not full")
		}
		if err := out.Flush(); !errors.Is(err, broken) {
			t.Errorf("Flush: %v, want the write's error", err)
		}
	}
	if writes != 1 || len(out.Lock()) != 0 {
		t.Errorf("%d writes, and something is still gathered", writes)
	}
}

// begins is a judge with a Begin of its own.
type begins struct {
	nospim.JudgeFunc
	begin func() (*nospim.Verdict, wire.Wait, error)
}

func (b begins) Begin(context.Context, *nospim.Event) (*nospim.Verdict, wire.Wait, error) {
	return b.begin()
}

func TestGuard(t *testing.T) {
	given, failed := &nospim.Verdict{EventID: "m"}, errors.New("failed")
	var log bytes.Buffer
	for name, test := range map[string]struct {
		judge func() (*nospim.Verdict, error)
		err   string
	}{
		"gives":  {func() (*nospim.Verdict, error) { return given, nil }, ""},
		"errs":   {func() (*nospim.Verdict, error) { return nil, failed }, "failed"},
		"none":   {func() (*nospim.Verdict, error) { return nil, nil }, "the judge gave no verdict"},
		"panics": {func() (*nospim.Verdict, error) { panic("somebody's secret") }, "the judge panicked"},
	} {
		judge := nospim.JudgeFunc(func(context.Context, *nospim.Event) (*nospim.Verdict, error) { return test.judge() })
		plain := wire.NewGuard(judge, slog.New(slog.NewTextHandler(&log, nil)))
		atOnce := wire.NewGuard(begins{judge, func() (*nospim.Verdict, wire.Wait, error) {
			v, err := test.judge()
			return v, nil, err
		}}, nil)
		later := wire.NewGuard(begins{judge, func() (*nospim.Verdict, wire.Wait, error) { return nil, test.judge, nil }}, nil)
		for way, ask := range map[string]func() (*nospim.Verdict, error){
			"Judge":   func() (*nospim.Verdict, error) { return plain.Judge(t.Context(), nil) },
			"Begin":   func() (*nospim.Verdict, error) { v, _, err := plain.Begin(t.Context(), nil); return v, err },
			"at once": func() (*nospim.Verdict, error) { v, _, err := atOnce.Begin(t.Context(), nil); return v, err },
			"later": func() (*nospim.Verdict, error) {
				_, wait, err := later.Begin(t.Context(), nil)
				if err != nil {
					return nil, err
				}
				return later.Settle(wait)
			},
		} {
			v, err := ask()
			if test.err == "" && (v != given || err != nil) || test.err != "" && (v != nil || err == nil || err.Error() != test.err) {
				t.Errorf("%s, %s: %v, %v; want the error %q", name, way, v, err, test.err)
			}
		}
		if name == "panics" && plain.Panics() != 2 {
			t.Errorf("%d panics counted, want 2", plain.Panics())
		}
	}
	if text := log.String(); strings.Contains(text, "secret") || !strings.Contains(text, "type=string") {
		t.Errorf("the log of a panic must have its type and not its text: %s", text)
	}
}

// TestReset leaves something everywhere and begins again: nothing of the one before may come out.
func TestReset(t *testing.T) {
	in := wire.NewLines(strings.NewReader("first\nsecond\ncut o"), 100)
	if line, err := in.Next(); err != nil || string(line) != "first" {
		t.Fatalf("Next: %q, %v", line, err)
	}
	in.Reset(strings.NewReader("third\n"), 100)
	if line, err := in.Next(); err != nil || string(line) != "third" || in.Number() != 1 {
		t.Errorf("Next after Reset: %q, %v, number %d; want the third line as number 1", line, err, in.Number())
	}
	if _, err := in.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("Next at the end: %v", err)
	}

	var wrote []byte
	out := wire.NewOut(func([]byte) error { return errors.New("broken") })
	out.Unlock(append(out.Lock(), "lost"...))
	if out.Flush() == nil {
		t.Fatal("Flush to a broken writer gives no error")
	}
	out.Unlock(append(out.Lock(), "left"...))
	out.Reset(func(b []byte) error { wrote = append(wrote, b...); return nil })
	out.Unlock(append(out.Lock(), "new"...))
	if err := out.Flush(); err != nil || string(wrote) != "new" {
		t.Errorf("after Reset: %v, wrote %q", err, wrote)
	}
}
