package line_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// shout is a wire form of which the text is everything but the last character; that says what becomes of it.
var shout = line.Wire{
	Read: func(e *nospim.Event) (bool, error) {
		switch {
		case strings.HasSuffix(e.Raw, "?"):
			return false, nil
		case strings.HasSuffix(e.Raw, "x"):
			return false, &nospim.InputError{Field: "raw", Problem: "is no shout"}
		case strings.HasSuffix(e.Raw, "p"):
			panic("somebody's secret")
		case strings.HasSuffix(e.Raw, "-"):
			e.Sender.ID = ""
		}
		e.Kind, e.Body = nospim.KindMessage, e.Raw[:len(e.Raw)-1]
		return true, nil
	},
	Instead: func(e *nospim.Event, v *nospim.Verdict) string { return v.Action.String() + " " + e.Raw },
}

// slow is a judge of which some verdicts have to be waited for. It keeps the bodies that it saw.
type slow struct {
	mu   sync.Mutex
	seen []string
}

func (s *slow) Judge(context.Context, *nospim.Event) (*nospim.Verdict, error) {
	panic("Begin is there")
}

func (s *slow) Begin(_ context.Context, e *nospim.Event) (*nospim.Verdict, wire.Wait, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, e.Body)
	v := &nospim.Verdict{EventID: e.ID}
	if a, err := nospim.ParseAction(e.Body); err == nil {
		v.Action = a
	}
	if v.Action == nospim.Hold {
		return v, func() (*nospim.Verdict, error) { return v, nil }, nil
	}
	return v, nil, nil
}

// TestWires: an event without kind is read from its raw form by its protocol, judged if it is anything, and answered with what
// is to be delivered instead.
func TestWires(t *testing.T) {
	t.Parallel()
	raw := func(n, protocol, raw string) string {
		return `{` + n + `"event":{"id":"m-1","time":"2026-03-01T18:04:05Z","protocol":"` + protocol + `","service":"chat.example","sender":{"id":"nina"},"raw":"` + raw + `"}}` + "\n"
	}
	verdict := func(action, instead string) string {
		return `{"n":1,"verdict":{"event_id":"m-1","action":"` + action + `","wanted":"allow","score":0,"required":0,"signals":[],"policy":"","shadow":false}` + instead + "}\n"
	}
	for name, test := range map[string]struct {
		line, want string
		judged     string
	}{
		"allowed":          {raw(`"n":1,`, "shout", "hey!"), verdict("allow", ""), "hey"},
		"rejected":         {raw(`"n":1,`, "shout", "reject!"), verdict("reject", `,"instead":"reject reject!"`), "reject"},
		"waited for":       {raw(`"n":1,`, "shout", "hold!"), verdict("hold", `,"instead":"hold hold!"`), "hold"},
		"nothing":          {raw(`"n":1,`, "shout", "hey?"), verdict("allow", ""), ""},
		"nothing, unasked": {raw("", "shout", "hey?"), "", ""},
		"unasked":          {raw("", "shout", "reject!"), "", "reject"},
		"no shout":         {raw(`"n":1,`, "shout", "x"), `{"n":1,"error":{"code":"invalid","field":"raw","message":"line 1: raw is no shout"}}` + "\n", ""},
		"no sender":        {raw(`"n":1,`, "shout", "hey-"), `{"n":1,"error":{"code":"invalid","field":"sender.id","message":"line 1: sender.id is required"}}` + "\n", ""},
		"panic":            {raw(`"n":1,`, "shout", "p"), `{"n":1,"error":{"code":"unavailable","message":"the event could not be judged: let it pass"}}` + "\n", ""},
		"unknown protocol": {raw(`"n":1,`, "sing", "hey!"), `{"n":1,"error":{"code":"invalid","field":"kind","message":"line 1: kind is \"\", which is no kind of event"}}` + "\n", ""},
		"not by the name": {
			strings.Replace(raw(`"n":1,`, "shout", "reject!"), `"raw"`, `"kind":"message","raw"`, 1), verdict("allow", ""), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &slow{}
			s := &line.Server{Judge: j, Wires: map[string]line.Wire{"shout": shout}}
			nc := &tape{in: bytes.NewReader([]byte(test.line))}
			s.ServeConn(t.Context(), nc)
			if diff := cmp.Diff(test.want, nc.out.String()); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			verdicts := int64(0)
			for _, n := range s.Stats().Verdicts {
				verdicts += n
			}
			if got := strings.Join(j.seen, ","); got != test.judged || (verdicts == 1) != (test.judged != "" || name == "not by the name") {
				t.Errorf("judged %q and counted %d verdicts, want %q", got, verdicts, test.judged)
			}
		})
	}
}
