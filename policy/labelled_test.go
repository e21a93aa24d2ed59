package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

// TestLabelledIsRecalled: each label of each role is asked for once, whatever the rules, as a counter of its name; the rule
// fires while it is recalled.
func TestLabelledIsRecalled(t *testing.T) {
	rule := func(name, when string) string {
		return "name: " + name + "\ndescription: d\nwhen: " + when + "\nscore: 5\nwhy: it bears the label\n"
	}
	p := load(t, map[string]string{
		"policy.yaml": "rules: [A_RULE.yaml, B_RULE.yaml]",
		"A_RULE.yaml": rule("A_RULE", `labelled("asker") && links > 0`),
		"B_RULE.yaml": rule("B_RULE", `labelled("asker", recipient) || labelled("asker", sender) && relation == "contact"`),
	})
	want := []nospim.Counter{
		{Name: "asker", Kind: nospim.Labelled, By: [2]nospim.Role{nospim.RoleSender}},
		{Name: "asker", Kind: nospim.Labelled, By: [2]nospim.Role{nospim.RoleRecipient}},
	}
	if d := cmp.Diff(want, p.Counters()); d != "" {
		t.Fatal(d)
	}
	for _, c := range []struct {
		sender, recipient float64
		want              string
	}{{0, 0, ""}, {1, 0, "A_RULE"}, {0, 1, "B_RULE"}, {1, 1, "A_RULE B_RULE"}} {
		l := sample()
		l.Event.Relation = nospim.RelationStranger
		l.Facts = []nospim.Fact{{N: c.sender}, {N: c.recipient}}
		var v nospim.Verdict
		p.Decide(l, &v)
		var got []string
		for _, s := range v.Signals {
			got = append(got, s.Symbol)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	var b strings.Builder
	if err := p.Explain(&b); err != nil {
		t.Fatal(err)
	}
	if text := "labelled(\"asker\", recipient)\n      whether the recipient bears the label; used by B_RULE\n"; !strings.Contains(b.String(), text) {
		t.Errorf("explained as:\n%s", b.String())
	}
}

// TestLabelEndsWithItsTime: what a rule labels ends the stated time after the event.
func TestLabelEndsWithItsTime(t *testing.T) {
	p := load(t, map[string]string{"policy.yaml": "rules: [RULE.yaml]", "RULE.yaml": ruleFile("RULE", 1, "label: {entity: sender, name: asker, for: 90m}")})
	var v nospim.Verdict
	l := sample()
	p.Decide(l, &v)
	if len(v.Labels) != 1 || v.Labels[0].Name != "asker" || !v.Labels[0].Until.Equal(l.Now.Add(90*time.Minute)) {
		t.Errorf("labels %+v", v.Labels)
	}
}
