package policy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

// testFiles is a policy of the rule RULE with a test file.
func testFiles(tests string) fstest.MapFS {
	return fstest.MapFS{
		"policy.yaml":    {Data: []byte("version: 1\nrules: [RULE.yaml]")},
		"RULE.yaml":      {Data: []byte(ruleFile("RULE", 1))},
		"RULE_test.yaml": {Data: []byte(tests)},
	}
}

const covered = "- {name: yes, events: [{body: a}], want: [RULE]}\n- {name: no, events: [{body: a}], not: [RULE]}\n"

func TestTestsAreRead(t *testing.T) {
	tests, err := Tests(testFiles(covered+`
- name: everything
  events:
    - {at: 1h, repeat: 2, every: 90s, id: "m-%d", sender: {id: nina@x.example, name: "N%d", local: true, age: 1d, affiliation: member}, to: ["a%d@x.example", {id: b@x.example, minor: true}], body: "no %d and %d"}
    - {sender: bob@x.example, to: ada@x.example, kind: file_offer, protocol: irc, service: irc.example, direction: in, room: r, relation: contact, addr: 192.0.2.1, client: c, links: ["http://x.example/%d"], files: [{name: a, type: image/png, size: 7, url: "http://x.example/a"}], encrypted: true, refers: m-1, count: 3, can: [mark, hold], observe: true}
    - {at: 0s}
  any: [FAN_OUT]
  action: reject
`), "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	reject := nospim.Reject
	at := testStart.Add(time.Hour)
	message := func(n string, at time.Time) nospim.Event {
		return nospim.Event{
			ID: "m-" + n, Kind: nospim.KindMessage, Time: at, Service: "chat.example", Protocol: "xmpp",
			Sender:     nospim.Account{ID: "nina@x.example", Name: "N" + n, Local: true, Created: at.Add(-24 * time.Hour), Affiliation: "member"},
			Recipients: []nospim.Account{{ID: "a" + n + "@x.example"}, {ID: "b@x.example", Minor: true}}, Body: "no " + n + " and " + n,
		}
	}
	want := Test{Name: "everything", Rule: "RULE", File: "RULE_test.yaml", Line: 4, Any: []string{"FAN_OUT"}, Action: &reject, Events: []nospim.Event{
		message("1", at), message("2", at.Add(90*time.Second)),
		{
			ID: "event-3", Kind: nospim.KindFileOffer, Time: at.Add(91 * time.Second), Service: "irc.example", Protocol: "irc", Direction: nospim.In,
			Sender: nospim.Account{ID: "bob@x.example"}, Recipients: []nospim.Account{{ID: "ada@x.example"}}, Room: "r", Relation: nospim.RelationContact,
			Addr: "192.0.2.1", Client: "c", Links: []string{"http://x.example/1"}, Files: []nospim.File{{Name: "a", Type: "image/png", Size: 7, URL: "http://x.example/a"}},
			Encrypted: true, Refers: "m-1", Count: 3, Can: []nospim.Action{nospim.Mark, nospim.Hold}, Observe: true,
		},
		{ID: "event-4", Kind: nospim.KindMessage, Time: testStart, Service: "chat.example", Protocol: "xmpp", Sender: nospim.Account{ID: "somebody@chat.example"}},
	}}
	if d := cmp.Diff(want, tests[2]); d != "" {
		t.Error(d)
	}
}

func TestWrongTestFiles(t *testing.T) {
	for _, c := range []struct {
		name, tests string
		want        []string
	}{
		{"nothing", "[]", []string{"RULE_test.yaml:1:1: no test says what must not raise RULE", "no test wants RULE"}},
		{"no counter-example", "- {name: a, events: [{}], any: [RULE]}", []string{"no test says what must not raise RULE"}},
		{"keys", covered + "- {names: a, events: [{bodi: x, sender: {id: b, agee: 1}, to: {id: a, age: 1d}, files: [{nam: 1}]}]}", []string{
			`RULE_test.yaml:3:3: name is missing`, `RULE_test.yaml:3:4: "names" is no key`, `:3:24: "bodi" is no field of an event`, `"agee" is no field of this account`,
			`"age" is no field of this account`, `"nam" is no field of a file`,
		}},
		{"values", covered + "- {name: a, events: [{kind: letter, at: -1s, repeat: 1.5, can: [kill], relation: 7, every: soon}], want: [x], action: kill}", []string{
			"kind is \"letter\", which is no kind of event", "is no duration", "is 1.5; a whole number", `"kill" is no action`, "is a number; a text is expected", `"soon" is no duration`,
			`"x" is no symbol`, `"kill" is no action`,
		}},
		{"no events", covered + "- {name: a}", []string{":3:3: there are no events"}},
		{"too many", covered + "- {name: a, events: [{repeat: 1001}]}", []string{"more than the limit of 1000 events"}},
		{"too long", covered + "- {name: a, events: [{repeat: 3, every: 60d}]}", []string{"longer than the limit of 100d"}},
		{"beyond a limit", covered + "- {name: a, events: [{id: '" + strings.Repeat("x", 600) + "'}]}", []string{"id has 600 bytes, more than the limit of 512"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Tests(testFiles(c.tests), "policy.yaml")
			var errs Errors
			if !errors.As(err, &errs) || len(errs) != len(c.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(errs), len(c.want), err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("no %q in\n%v", w, err)
				}
			}
		})
	}
	fsys := testFiles(covered)
	delete(fsys, "RULE_test.yaml")
	if _, err := Tests(fsys, "policy.yaml"); err == nil || err.Error() != "RULE_test.yaml: is missing: each rule has a test file beside it" {
		t.Errorf("without a test file: %v", err)
	}
}

// scripted is a judge that raises what an event's body says, and counts how often it is closed.
type scripted struct{ closed *int }

func (scripted) Judge(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	if e.Body == "err" {
		return nil, errBroken
	}
	v := &nospim.Verdict{EventID: e.ID, Wanted: nospim.Hold, Shadow: true}
	for s := range strings.FieldsSeq(e.Body) {
		v.Signals = append(v.Signals, nospim.Signal{Symbol: s, Score: 1})
	}
	return v, nil
}

func (s scripted) Close() error { *s.closed++; return nil }

func TestRunTests(t *testing.T) {
	tests, err := Tests(testFiles(`
- {name: right, events: [{body: A_B RULE}, {body: RULE}], want: [RULE], any: [A_B], not: [C_D], action: hold}
- {name: wrong, events: [{body: A_B}, {body: C_D}], want: [A_B], any: [X_Y], not: [A_B, RULE], action: reject}
`), "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	closed := 0
	failures, err := RunTests(t.Context(), tests, func() (nospim.Judge, error) { return scripted{&closed}, nil })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range failures {
		got = append(got, f.String())
	}
	want := []string{
		"RULE_test.yaml:3: wrong: the last event does not raise A_B; it raises C_D 1",
		"RULE_test.yaml:3: wrong: no event raises X_Y",
		"RULE_test.yaml:3: wrong: event 1 raises A_B",
		"RULE_test.yaml:3: wrong: the action for the last event is hold, not reject; it raises C_D 1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if closed != len(tests) {
		t.Errorf("%d judges of %d closed", closed, len(tests))
	}
}

func TestRunTestsStopsWhenJudgingFails(t *testing.T) {
	closed := 0
	tests := []Test{{Name: "a", File: "f", Events: []nospim.Event{{Body: "err"}}}}
	if _, err := RunTests(t.Context(), tests, func() (nospim.Judge, error) { return scripted{&closed}, nil }); !errors.Is(err, errBroken) || closed != 1 {
		t.Errorf("%v, closed %d", err, closed)
	}
	if _, err := RunTests(t.Context(), tests, func() (nospim.Judge, error) { return nil, errBroken }); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}
