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
	Hear: func(e *nospim.Event) func(context.Context) string {
		switch e.Raw {
		case "nospim, listen!":
			return func(context.Context) string { return "I hear, " + e.Sender.ID }
		case "nospim, hum!":
			return func(context.Context) string { return "" }
		case "nospim, break!":
			return func(context.Context) string { panic("somebody's secret") }
		case "nospim, stumble!":
			panic("somebody's secret")
		}
		return nil
	},
	Order: func(o nospim.Order) nospim.Order {
		if o.Do == nospim.OrderNotify {
			o.Raw = o.Text + "!"
		}
		return o
	},
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
		"heard":            {raw(`"n":1,`, "shout", "nospim, listen!"), verdict("allow", `,"instead":"I hear, nina"`), ""},
		"heard, unasked":   {raw("", "shout", "nospim, listen!"), "", ""},
		"not understood":   {raw(`"n":1,`, "shout", "nospim, hum!"), verdict("allow", ""), ""},
		"breaks hearing":   {raw(`"n":1,`, "shout", "nospim, break!"), `{"n":1,"error":{"code":"unavailable","message":"the event could not be judged: let it pass"}}` + "\n", ""},
		"breaks the ear":   {raw(`"n":1,`, "shout", "nospim, stumble!"), verdict("allow", ""), "nospim, stumble"},
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

// TestOrdersInWireForm: a connector that says which protocol it speaks gets its orders in that form; what has one keeps it.
func TestOrdersInWireForm(t *testing.T) {
	list := []nospim.Order{
		{ID: "o-1", Do: nospim.OrderNotify, Service: "chat.example", Text: "hey"},
		{ID: "o-2", Do: nospim.OrderNotify, Service: "chat.example", Text: "hey", Raw: "as it is"},
		{ID: "o-3", Do: nospim.OrderRestrict, Service: "chat.example"},
	}
	for protocol, want := range map[string][]string{"shout": {"hey!", "as it is", ""}, "": {"", "as it is", ""}, "sing": {"", "as it is", ""}} {
		s := &line.Server{
			Judge: nospim.JudgeFunc(allow), Orders: &orders{acked: map[string]string{}, out: list}, Wires: map[string]line.Wire{"shout": shout},
		}
		got := make(chan string, len(list))
		dial(t, serve(t, s), line.Hello{Service: "chat.example", Protocol: protocol}).OnOrder(func(o nospim.Order) string { got <- o.Raw; return "" })
		if diff := cmp.Diff(want, []string{<-got, <-got, <-got}); diff != "" {
			t.Errorf("protocol %q: orders (-want +got):\n%s", protocol, diff)
		}
	}
}
