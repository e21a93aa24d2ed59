package policy

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nospim/nospim"
)

// FuzzLoad feeds arbitrary files: whatever they hold, loading says what is wrong or makes a policy that decides.
func FuzzLoad(f *testing.F) {
	read := func(name string) []byte {
		b, err := fs.ReadFile(Default(), name)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	rules, err := fs.Glob(Default(), "rules/*"+testSuffix)
	if err != nil || len(rules) == 0 {
		f.Fatal("no rules", err)
	}
	for _, test := range rules {
		rule := test[:len(test)-len(testSuffix)] + ".yaml"
		f.Add(read("policy.yaml"), read(rule), read(test))
	}
	f.Add([]byte("version: 1\nrules: [rules/A.yaml]\nservices: {x: {weights: {A_B: 1}}}"), []byte("&a [*a]"), []byte("- {events: [{repeat: 1e9}]}"))
	f.Fuzz(func(t *testing.T, policy, rule, test []byte) {
		fsys := fstest.MapFS{
			"policy.yaml": {Data: policy}, "rules/RULE.yaml": {Data: rule}, "rules/RULE_test.yaml": {Data: test},
		}
		if p, err := Load(fsys, "policy.yaml", detectors); err == nil {
			decideAnything(p)
		}
		if _, err := Tests(fsys, "policy.yaml"); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}

// FuzzExpression feeds arbitrary conditions: a condition that compiles can be evaluated.
func FuzzExpression(f *testing.F) {
	for _, c := range conditions {
		f.Add(c.text)
	}
	for _, c := range mistakes {
		f.Add(c.text)
	}
	f.Add(`1/0 > 0 ? len(body) % 0 == -1 : "" matches "("`)
	f.Fuzz(func(t *testing.T, text string) {
		var errs Errors
		p, ok := compileText(text, &errs)
		if !ok && len(errs) == 0 {
			t.Fatal("refused without a problem")
		}
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 {
				t.Errorf("%v: no place", e)
			}
		}
		if ok {
			decideAnything(p)
		}
	})
}

// decideAnything decides on an empty event and on a full one.
func decideAnything(p *Policy) {
	var v nospim.Verdict
	p.Decide(&nospim.Look{Event: &nospim.Event{}, Features: &nospim.Features{}}, &v)
	l := sample()
	l.Facts = make([]nospim.Fact, len(p.Counters()))
	for i, c := range p.Counters() {
		l.Facts[i].N = float64(i * 100)
		if c.When != nil {
			c.When(l)
		}
	}
	l.Raise("FAN_OUT", 3, "fans out")
	p.Decide(l, &v)
}

// sample is a look at a message with everything set.
func sample() *nospim.Look {
	now := time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC)
	return &nospim.Look{
		Now: now,
		Event: &nospim.Event{
			ID: "m-1", Kind: nospim.KindMessage, Time: now, Protocol: "xmpp", Service: "chat.example", Direction: nospim.In,
			Sender: nospim.Account{
				ID: "nina@chat.example", Name: "Nina", Local: true, Created: now.Add(-5 * time.Minute), Affiliation: "registered",
			},
			Recipients: []nospim.Account{{ID: "ada@chat.example", Local: true, Minor: true}, {ID: "bob@other.example"}},
			Relation:   nospim.RelationPending, Addr: "198.51.100.7", Client: "bot/1", Body: "Grüße from http://a.x.example/1", Room: "",
			Files: []nospim.File{{Name: "a.png"}}, Count: 7,
		},
		Features: &nospim.Features{
			Length: 31, Letters: 22, Words: 5, Text: 7,
			Links: []nospim.Link{{URL: "http://a.x.example/1", Host: "a.x.example", Domain: "x.example"}},
		},
	}
}
