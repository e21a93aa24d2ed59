package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// full is an event with every field set.
func full() *nospim.Event {
	at := time.Date(2026, 3, 1, 18, 4, 5, 120e6, time.UTC)
	return &nospim.Event{
		ID: "m-81", Kind: nospim.KindMessage, Time: at, Protocol: "xmpp", Service: "chat.example", Direction: nospim.Local,
		Sender:     nospim.Account{ID: "nina_31@chat.example", Name: "nina \"n\"", Local: true, Created: at.Add(-time.Hour), Minor: true, Affiliation: "member"},
		Recipients: []nospim.Account{{ID: "ada@chat.example", Local: true}, {ID: "bob@chat.example"}},
		Room:       "tea@rooms.example", Relation: nospim.RelationStranger, Addr: "198.51.100.7", Client: "bot/1",
		Body: "hey 😀,\n\tmy cam \u2028is <at> http://x.example/a?u=9f3c&b \x01", Links: []string{"http://y.example/"},
		Files: []nospim.File{{Name: "a.png", Type: "image/png", Size: 1 << 40, URL: "http://f.example/"}, {}}, Encrypted: true,
		Refers: "m-80", WireID: "w-81", InvitedBy: "bob@chat.example", Count: 12, Can: nospim.Actions(), Observe: true, Raw: `<message to="a"/>`,
	}
}

func verdict() *nospim.Verdict {
	return &nospim.Verdict{
		EventID: "m-81", Action: nospim.Hold, Wanted: nospim.Reject, Score: 11.5, Required: 8,
		Signals: []nospim.Signal{
			{Symbol: "SCRIPTED_BOT", Score: 6.125, Why: "the same four turns to 3 people", Entities: []nospim.Entity{{Kind: nospim.EntityAccount, ID: "nina:31@chat.example"}}},
			{Symbol: "KNOWN", Score: -0.05},
		},
		Labels:   []nospim.Label{{Entity: nospim.Entity{Kind: nospim.EntityDomain, ID: "x.example"}, Name: "spim", Until: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)}},
		Campaign: "c-17", Harm: "spam", Tip: "stranger-link", RetryAfter: 26, Policy: "sha256:ab", Degraded: []string{"model"}, Shadow: true,
	}
}

var empty = cmpopts.EquateEmpty()

func TestEventThereAndBack(t *testing.T) {
	want := full()
	std, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"encoding/json": std, "AppendEvent": wire.AppendEvent(nil, want)} {
		var got, byStd nospim.Event
		if unknown, err := wire.DecodeEvent(text, &got); err != nil || unknown != 0 {
			t.Fatalf("%s: DecodeEvent: %d unknown, %v", name, unknown, err)
		}
		if diff := cmp.Diff(want, &got, empty); diff != "" {
			t.Errorf("%s: DecodeEvent (-want +got):\n%s", name, diff)
		}
		if err := json.Unmarshal(text, &byStd); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, &byStd, empty); diff != "" {
			t.Errorf("%s: Unmarshal (-want +got):\n%s", name, diff)
		}
	}
}

// A decoded event must not change when the text's buffer or the event is used again.
func TestEventOwnsItsStrings(t *testing.T) {
	text := wire.AppendEvent(nil, full())
	var e nospim.Event
	if _, err := wire.DecodeEvent(text, &e); err != nil {
		t.Fatal(err)
	}
	kept := e
	kept.Recipients = append([]nospim.Account(nil), e.Recipients...)
	clear(text)
	small := `{"id":"m-82","kind":"login","time":"2026-03-01T18:04:05+01:00","service":"s","sender":{"id":"a"}}`
	if _, err := wire.DecodeEvent([]byte(small), &e); err != nil {
		t.Fatal(err)
	}
	want := &nospim.Event{
		ID: "m-82", Kind: nospim.KindLogin, Time: time.Date(2026, 3, 1, 17, 4, 5, 0, time.UTC), Service: "s", Sender: nospim.Account{ID: "a"},
	}
	if diff := cmp.Diff(want, &e, empty); diff != "" {
		t.Errorf("the second event has something of the first (-want +got):\n%s", diff)
	}
	if kept.ID != "m-81" || kept.Recipients[1].ID != "bob@chat.example" || !strings.HasPrefix(kept.Body, "hey 😀") {
		t.Errorf("the first event changed: %+v", kept)
	}
}

const minimal = `"id":"m","kind":"message","time":"2026-03-01T18:04:05Z","service":"s","sender":{"id":"a"}`

func TestDecodeEventRefuses(t *testing.T) {
	tests := []struct{ in, want string }{
		{``, "byte 1: json lacks a value"},
		{`{`, "byte 2: json lacks the name of a field"},
		{`[]`, "json must be an object"},
		{`{"id":7}`, "id must be a string"},
		{`{"sender":"a"}`, "sender must be an object"},
		{`{"sender":{"id":{}}}`, "sender.id must be a string"},
		{`{"sender":{"local":"yes"}}`, "sender.local must be true or false"},
		{`{"recipients":{}}`, "recipients must be an array"},
		{`{"recipients":[{"id":"a"},{"name":[1]}]}`, "recipients[1].name must be a string"},
		{`{"recipients":[null]}`, "recipients[0] must be an object"},
		{`{"links":[3]}`, "links[0] must be a string"},
		{`{"files":[{"size":1.5}]}`, "files[0].size must be a whole number from 0 to 9007199254740992"},
		{`{"count":-1}`, "count must be a whole number from 0 to 9007199254740992"},
		{`{"count":1e3}`, "count must be a whole number from 0 to 9007199254740992"},
		{`{"count":"1"}`, "count must be a whole number from 0 to 9007199254740992"},
		{`{"count":9007199254740993}`, "count must be a whole number from 0 to 9007199254740992"},
		{`{"can":["hold","smite"]}`, "can[1] is no action"},
		{`{"can":["hold","hold","hold","hold","hold","hold","hold","hold"]}`, "can has more elements than the limit of 7"},
		{`{"time":"yesterday"}`, "time must be a time as RFC 3339"},
		{`{"time":"2026-03-01 18:04:05Z"}`, "time must be a time as RFC 3339"},
		{`{"id":"a","id":"b"}`, "id stands twice"},
		{`{"sender":{"id":"a","id":"b"}}`, "sender.id stands twice"},
		{`{"id":"\ud83d"}`, "byte 8: json has a control character or a broken escape in a string"},
		{`{"id":"\ud83d\u0041"}`, "byte 8: json has a control character or a broken escape in a string"},
		{`{"id":"\x"}`, "byte 8: json has a control character or a broken escape in a string"},
		{`{"id":"\u12g4"}`, "byte 8: json has a control character or a broken escape in a string"},
		{"{\"id\":\"a\nb\"}", "byte 9: json has a control character or a broken escape in a string"},
		{"{\"id\":\"\\n\x02\"}", "byte 10: json has a control character or a broken escape in a string"},
		{"{\"id\":\"a\xc3\x28\"}", "byte 9: json is not valid UTF-8"},
		{`{"x":01}`, "byte 8: json has a number that is none"},
		{`{"x":1.}`, "byte 8: json has a number that is none"},
		{`{"x":-}`, "byte 7: json has a number that is none"},
		{`{"x":1e}`, "byte 8: json has a number that is none"},
		{`{"x":NaN}`, "byte 6: json lacks a value"},
		{`{"x":nan}`, "byte 6: json has a word that is none of true, false and null"},
		{`{"x":[1,]}`, "byte 9: json has a comma too many"},
		{`{"x":1,}`, "byte 8: json has a comma too many"},
		{`{"x" 1}`, "byte 6: json lacks a colon"},
		{`{x:1}`, "byte 2: json lacks the name of a field"},
		{`{"x":{"y":[{"z":"` + "", "byte 18: json ends within a string"},
		{`{` + minimal + `} {}`, "byte 93: json goes on after its end"},
		{`{"x":` + strings.Repeat("[", 300), "byte 305: json nests deeper than 300"},
		{`{` + minimal + `,"kind":null}`, "kind stands twice"},
		{`{"id":null}`, "id is required: it is the idempotency key"},
		{`{"id":"m","kind":"message","time":"1980-03-01T18:04:05Z","service":"s","sender":{"id":"a"}}`, "time is 1980-03-01T18:04:05Z, outside 1990 to 2200"},
	}
	var e nospim.Event
	for _, test := range tests {
		_, err := wire.DecodeEvent([]byte(test.in), &e)
		if err == nil || err.Error() != test.want || !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("DecodeEvent(%s) = %v, want ErrInvalid %q", test.in, err, test.want)
		}
	}
}

func TestUnknownFieldsAreCounted(t *testing.T) {
	var e nospim.Event
	unknown, err := wire.DecodeEvent([]byte(`{"ID":"M","new":{"a":[1,{"id":true}]},`+minimal+`,"also":null}`), &e)
	if err != nil || unknown != 3 || e.ID != "m" {
		t.Errorf("got %d unknown, id %q, %v; want 3 unknown, id m", unknown, e.ID, err)
	}
}

// Each limit of an event is reached by one event that passes and one that does not.
func TestLimits(t *testing.T) {
	tests := map[string]struct {
		limit int
		set   func(e *nospim.Event, n int)
	}{
		"id":         {nospim.MaxID, func(e *nospim.Event, n int) { e.ID = strings.Repeat("é", n/2) + strings.Repeat("x", n%2) }},
		"body":       {nospim.MaxBody, func(e *nospim.Event, n int) { e.Body = strings.Repeat("x", n) }},
		"sender.id":  {nospim.MaxAccountID, func(e *nospim.Event, n int) { e.Sender.ID = strings.Repeat("x", n) }},
		"recipients": {nospim.MaxRecipients, func(e *nospim.Event, n int) { e.Recipients = make([]nospim.Account, n) }},
		"links":      {nospim.MaxLinks, func(e *nospim.Event, n int) { e.Links = make([]string, n) }},
		"files":      {nospim.MaxFiles, func(e *nospim.Event, n int) { e.Files = make([]nospim.File, n) }},
	}
	for field, test := range tests {
		for _, over := range []int{0, 1} {
			e := full()
			test.set(e, test.limit+over)
			for i := range e.Recipients {
				e.Recipients[i].ID = "a"
			}
			var got nospim.Event
			_, err := wire.DecodeEvent(wire.AppendEvent(nil, e), &got)
			var input *nospim.InputError
			switch {
			case over == 0 && err != nil:
				t.Errorf("%s of %d: %v", field, test.limit, err)
			case over == 1 && (!errors.As(err, &input) || !errors.Is(err, nospim.ErrTooLarge) || input.Field != field || input.Limit != test.limit):
				t.Errorf("%s of %d: %v, want ErrTooLarge with the limit %d", field, test.limit+1, err, test.limit)
			}
		}
	}
}

func TestVerdictThereAndBack(t *testing.T) {
	for _, want := range []*nospim.Verdict{verdict(), {Signals: []nospim.Signal{}}} {
		std, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{std, wire.AppendVerdict(nil, want)} {
			var byStd nospim.Verdict
			if err := json.Unmarshal(text, &byStd); err != nil {
				t.Fatal(err)
			}
			got, err := wire.DecodeVerdict(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, empty); diff != "" {
				t.Errorf("DecodeVerdict(%s) (-want +got):\n%s", text, diff)
			}
			if diff := cmp.Diff(want, &byStd, empty); diff != "" {
				t.Errorf("Unmarshal(%s) (-want +got):\n%s", text, diff)
			}
		}
	}
}

// The bytes of a verdict are what connectors outside this repository read.
func TestVerdictBytes(t *testing.T) {
	const want = `{"event_id":"m-81","action":"hold","wanted":"reject","score":11.5,"required":8,"signals":[` +
		`{"symbol":"SCRIPTED_BOT","score":6.125,"why":"the same four turns to 3 people","entities":["account:nina:31@chat.example"]},` +
		`{"symbol":"KNOWN","score":-0.05,"why":""}],"labels":[{"entity":"domain:x.example","name":"spim","until":"2026-04-01T00:00:00Z"}],` +
		`"campaign":"c-17","harm":"spam","tip":"stranger-link","retry_after":26,"policy":"sha256:ab","degraded":["model"],"shadow":true}`
	if diff := cmp.Diff(want, string(wire.AppendVerdict(nil, verdict()))); diff != "" {
		t.Errorf("AppendVerdict (-want +got):\n%s", diff)
	}
}

func TestScores(t *testing.T) {
	tests := []struct {
		score float64
		want  string
	}{
		{0, "0"},
		{8, "8"},
		{-8, "-8"},
		{0.5, "0.5"},
		{-0.5, "-0.5"},
		{1.05, "1.05"},
		{1.005, "1.005"},
		{0.001, "0.001"},
		{0.0004, "0"},
		{-0.0004, "0"},
		{2.9996, "3"},
		{123456.789, "123456.789"},
		{1e12, "1000000000000"},
		{-1e300, "-1000000000000000000"},
		{math.Inf(1), "1000000000000000000"},
		{math.NaN(), "0"},
	}
	for _, test := range tests {
		text := string(wire.AppendVerdict(nil, &nospim.Verdict{Score: test.score}))
		if !strings.Contains(text, `"score":`+test.want+`,"required"`) {
			t.Errorf("score %v is written in %s, want %s", test.score, text, test.want)
		}
	}
}

func TestOrderThereAndBack(t *testing.T) {
	want := nospim.Order{
		ID: "o-000000000012", Do: nospim.OrderDeliver, Service: "chat.example", EventID: "m-81", Raw: "<a/>\u2029", Sender: "a@x.example",
		Recipients: []string{"b@chat.example"}, Text: "sorry",
	}
	text := wire.AppendOrder(nil, &want)
	var got nospim.Order
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Unmarshal(%s) (-want +got):\n%s", text, diff)
	}
	var l wire.Line
	if err := wire.DecodeLine(wire.AppendOrderLine(nil, &want), &l); err != nil || l.What != wire.IsOrder {
		t.Fatalf("DecodeLine: %v, %v", l.What, err)
	}
	if diff := cmp.Diff(want, l.Order); diff != "" {
		t.Errorf("DecodeLine (-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{&nospim.InputError{Field: "kind", Problem: "is bad"}, `{"code":"invalid","field":"kind","message":"kind is bad"}`},
		{
			fmt.Errorf("judging: %w", wire.At("line 7", &nospim.InputError{Field: "body", Problem: "is long", Limit: 9, TooLarge: true})),
			`{"code":"too_large","field":"body","limit":9,"message":"line 7: body is long"}`,
		},
		{fmt.Errorf("x: %w", nospim.ErrDenied), `{"code":"denied","message":"the secret is missing or wrong"}`},
		{fmt.Errorf("x: %w", nospim.ErrInvalid), `{"code":"invalid","message":"invalid input"}`},
		{errors.New("disk is full"), `{"code":"unavailable","message":"the event could not be judged: let it pass"}`},
		{nospim.ErrClosed, `{"code":"unavailable","message":"the event could not be judged: let it pass"}`},
	}
	for _, test := range tests {
		if got := string(wire.AppendError(nil, test.err)); got != test.want {
			t.Errorf("AppendError(%v) = %s, want %s", test.err, got, test.want)
		}
	}
	for _, sentinel := range []error{nospim.ErrInvalid, nospim.ErrTooLarge, nospim.ErrDenied} {
		var l wire.Line
		if err := wire.DecodeLine(wire.AppendErrorLine(nil, 7, sentinel), &l); err != nil || l.N != 7 || !errors.Is(l.Error, sentinel) {
			t.Errorf("%v came back as %v, %v", sentinel, l.Error, err)
		}
	}
}

// TestUsual: whichever verdicts follow each other, each is written as it is alone.
func TestUsual(t *testing.T) {
	bare := func(change func(v *nospim.Verdict)) *nospim.Verdict {
		v := &nospim.Verdict{EventID: "m-\"1\"", Required: 9, Policy: "sha256:ab", Degraded: []string{"overload"}}
		change(v)
		return v
	}
	all := []*nospim.Verdict{
		verdict(), bare(func(*nospim.Verdict) {}), bare(func(v *nospim.Verdict) { v.EventID = "m-2" }), bare(func(v *nospim.Verdict) { v.Action = nospim.Throttle }),
		bare(func(v *nospim.Verdict) { v.Wanted = nospim.Reject }), bare(func(v *nospim.Verdict) { v.Score = 0.5 }), bare(func(v *nospim.Verdict) { v.Required = 8 }),
		bare(func(v *nospim.Verdict) { v.Signals = []nospim.Signal{{Symbol: "KNOWN"}} }), bare(func(v *nospim.Verdict) { v.Labels = []nospim.Label{{Name: "spim"}} }),
		bare(func(v *nospim.Verdict) { v.Campaign = "c-1" }), bare(func(v *nospim.Verdict) { v.Harm = "spam" }), bare(func(v *nospim.Verdict) { v.Tip = "tip" }),
		bare(func(v *nospim.Verdict) { v.RetryAfter = 3 }), bare(func(v *nospim.Verdict) { v.Policy = "sha256:cd" }), bare(func(v *nospim.Verdict) { v.Degraded = nil }),
		bare(func(v *nospim.Verdict) { v.Degraded[0] = "time" }), bare(func(v *nospim.Verdict) { v.Shadow = true }),
	}
	var u wire.Usual
	for _, first := range all {
		for _, second := range all {
			for _, v := range []*nospim.Verdict{first, second, second} {
				if want, got := string(wire.AppendVerdict([]byte("x"), v)), string(u.AppendVerdict([]byte("x"), v)); got != want {
					t.Fatalf("written as %s, want %s", got, want)
				}
			}
		}
	}
	line := wire.AppendVerdictLine(nil, 7, all[1], "<a/>")
	if got := u.AppendVerdictLine(nil, 7, all[1], "<a/>"); !bytes.Equal(got, line) {
		t.Errorf("the line is %s, want %s", got, line)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	e, v, buf := full(), verdict(), make([]byte, 0, 4096)
	for name, f := range map[string]func(){
		"AppendVerdict": func() { buf = wire.AppendVerdict(buf[:0], v) },
		"AppendEvent":   func() { buf = wire.AppendEvent(buf[:0], e) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
	text, got, least := wire.AppendEvent(nil, full()), new(nospim.Event), math.Inf(1)
	for range 50 { // under the race detector, pools forget on purpose
		least = min(least, testing.AllocsPerRun(1, func() { _, _ = wire.DecodeEvent(text, got) }))
	}
	if least > 4 {
		t.Errorf("DecodeEvent: %v allocations, want 4: the text, three strings with escapes", least)
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 20)
	in := "one\r\n\n  two \n" + long + "\n" + long + long + "\nthree\n" + long[:10] + "\nlast"
	for name, r := range map[string]io.Reader{
		"at once": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in)), "with the end": iotest.DataErrReader(strings.NewReader(in)),
	} {
		l := wire.NewLines(r, 10)
		var got []string
		for {
			line, err := l.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.Is(err, nospim.ErrTooLarge) {
				t.Fatal(err)
			}
			if err != nil {
				line = []byte("too long")
			}
			got = append(got, fmt.Sprint(l.Number(), " ", string(line)))
		}
		want := []string{"1 one", "3 two", "4 too long", "5 too long", "6 three", "7 xxxxxxxxxx", "8 last"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nbb\n\nccc\r\ndddddddddd"), 3)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit = 1 + (limit&0xff)%100
		l := wire.NewLines(iotest.HalfReader(bytes.NewReader(in)), limit)
		var want [][]byte
		for line := range bytes.SplitSeq(in, []byte("\n")) {
			if len(line) > limit {
				want = append(want, nil)
			} else if line = bytes.Trim(line, " \t\r"); len(line) > 0 {
				want = append(want, line)
			}
		}
		for i := 0; ; i++ {
			line, err := l.Next()
			if errors.Is(err, io.EOF) {
				if i != len(want) {
					t.Fatalf("%d lines, want %d", i, len(want))
				}
				return
			}
			if i >= len(want) || (err != nil) != (want[i] == nil) || !bytes.Equal(line, want[i]) {
				t.Fatalf("line %d is %q, %v", i, line, err)
			}
		}
	})
}

// exact removes what DecodeEvent does not know by exact case, so that encoding/json, which ignores case, reads the same.
func exact(text []byte, known map[string]any) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	for name, value := range all {
		inner, ok := known[name]
		switch {
		case !ok:
			delete(all, name)
		case inner != nil && bytes.HasPrefix(value, []byte("{")):
			v, err := exact(value, inner.(map[string]any))
			if err != nil {
				return nil, err
			}
			all[name] = v
		case inner != nil && bytes.HasPrefix(value, []byte("[")):
			var list []json.RawMessage
			if err := json.Unmarshal(value, &list); err != nil {
				return nil, err
			}
			for i := range list {
				v, err := exact(list[i], inner.(map[string]any))
				if err != nil {
					return nil, err
				}
				list[i] = v
			}
			v, err := json.Marshal(list)
			if err != nil {
				return nil, err
			}
			all[name] = v
		}
	}
	return json.Marshal(all)
}

// knownFields are the fields of an event with those of what is inside, taken from an event that has them all.
func knownFields(t testing.TB) map[string]any {
	t.Helper()
	var all map[string]any
	text, err := json.Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	account := all["sender"].(map[string]any)
	file := all["files"].([]any)[0].(map[string]any)
	for _, inner := range []map[string]any{all, account, file} {
		for name := range inner {
			inner[name] = nil
		}
	}
	all["sender"], all["recipients"], all["files"] = account, account, file
	return all
}

// Whatever DecodeEvent accepts is what encoding/json reads.
func FuzzEvent(f *testing.F) {
	text, err := json.Marshal(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(wire.AppendEvent(nil, full()))
	f.Add([]byte(`{` + minimal + `}`))
	f.Add([]byte(`{` + minimal + `,"body":"\u00e9\ud83d\ude00\b\f\/","count":0,"can":[],"links":null,"x":[1.5e-3,{"y":null}]}`))
	f.Add([]byte(`{"ID":"x","sender":{"ID":"y","id":"a"},"id":"m","kind":"block","time":"2026-03-01T18:04:05.123456789+14:00","service":"s"}`))
	known := knownFields(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		var got nospim.Event
		unknown, err := wire.DecodeEvent(text, &got)
		sameSkimmed(t, text, &got, unknown, err)
		if err != nil {
			if !errors.Is(err, nospim.ErrInvalid) || !utf8.ValidString(err.Error()) {
				t.Fatalf("the error %q is no ErrInvalid", err)
			}
			return
		}
		plain, err := exact(text, known)
		if err != nil {
			t.Fatalf("accepted what is no JSON (%d unknown): %v", unknown, err)
		}
		var want nospim.Event
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if diff := cmp.Diff(want, got, empty); diff != "" {
			t.Fatalf("(-encoding/json +wire):\n%s", diff)
		}
		var again nospim.Event
		if _, err := wire.DecodeEvent(wire.AppendEvent(nil, &got), &again); err != nil {
			t.Fatalf("AppendEvent wrote what DecodeEvent refuses: %v", err)
		}
		if diff := cmp.Diff(got, again, empty); diff != "" {
			t.Fatalf("there and back (-want +got):\n%s", diff)
		}
	})
}

// sameSkimmed checks that a text is skimmed as it was decoded, into what stays as it is and fails as it failed.
func sameSkimmed(t *testing.T, text []byte, want *nospim.Event, unknown int, wrong error) {
	t.Helper()
	before := bytes.Clone(text)
	var got nospim.Event
	n, err := wire.SkimEvent(text, &got)
	if n != unknown || fmt.Sprint(err) != fmt.Sprint(wrong) || !bytes.Equal(text, before) {
		t.Fatalf("skimmed: %d unknown, %v; decoded: %d unknown, %v", n, err, unknown, wrong)
	}
	if diff := cmp.Diff(want, &got, empty); wrong == nil && diff != "" {
		t.Fatalf("(-decoded +skimmed):\n%s", diff)
	}
}

// Whatever is appended is JSON that encoding/json reads as the same string, with U+FFFD for what is no UTF-8.
func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\r\t\x00\x1f\x7f\u2028\u2029😀\xff\xed\xa0\x80\ufffd")
	f.Fuzz(func(t *testing.T, s string) {
		text := wire.AppendString(nil, s)
		var got string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var want string
		std, _ := json.Marshal(s)
		_ = json.Unmarshal(std, &want)
		if got != want {
			t.Fatalf("%s reads as %q, want %q", text, got, want)
		}
	})
}

func BenchmarkDecodeEvent(b *testing.B) {
	text := []byte(`{"id":"m-81","kind":"message","time":"2026-03-01T18:04:05.120Z","protocol":"xmpp","service":"chat.example","direction":"local","sender":{"id":"nina_31@chat.example","name":"nina","local":true,"created":"2026-03-01T17:58:00Z"},"recipients":[{"id":"ada@chat.example","local":true,"minor":true}],"relation":"stranger","addr":"198.51.100.7","client":"bot/1","body":"hey, my cam is at http://x.example/a?u=9f3c and it is free for you today, come and see me there soon ok"}`)
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		var e nospim.Event
		for b.Loop() {
			if _, err := wire.DecodeEvent(text, &e); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("std", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e nospim.Event
			if err := json.Unmarshal(text, &e); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAppendVerdict(b *testing.B) {
	b.ReportAllocs()
	v, buf := verdict(), []byte(nil)
	for b.Loop() {
		buf = wire.AppendVerdict(buf[:0], v)
	}
}
