package policy

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nospim/nospim"
)

// load makes a policy of files; policy.yaml gets its version by itself.
func load(t testing.TB, files map[string]string) *Policy {
	t.Helper()
	p, err := loadFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func loadFiles(files map[string]string) (*Policy, error) {
	fsys := fstest.MapFS{}
	for name, text := range files {
		if name == "policy.yaml" {
			text = "version: 1\n" + text
		}
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Load(fsys, "policy.yaml", detectors)
}

// ruleFile is a rule that fires at every message with a link, and further lines.
func ruleFile(name string, score float64, more ...string) string {
	return fmt.Sprintf("name: %s\ndescription: a rule\nwhen: kind == \"message\" && links > 0\nscore: %v\nwhy: there is a link\n%s\n",
		name, score, strings.Join(more, "\n"))
}

const scale = `
thresholds: {mark: 4, hold: 8, reject: 15}
kinds:
  registration: {mark: never, hold: never, reject: 8}
relations:
  contact: {mark: 5, hold: 9, reject: never}
  self: never
content: {symbols: [FIRST_CONTACT_LINK, OVERSIZE_BODY], at_most: hold, contacts: mark}
manner: {symbols: [REGISTRATION_TEMPLATE], at_most: throttle}
always_allow: [LIST_ALLOW]
force: {LIST_BLOCK_ACCOUNT: reject, DOOR_CHALLENGED: challenge}
harms: {FAN_OUT: spam, BULK_TEXT: scam}
tips: {FIRST_CONTACT_LINK: stranger-link}
`

// raise is a detector's signal for a test.
type raise struct {
	symbol string
	factor float64
}

// TestWait looks at how long a throttled sender waits: as long as the detectors say, in whole seconds, an hour at most.
func TestWait(t *testing.T) {
	p := load(t, map[string]string{"policy.yaml": scale})
	for wait, want := range map[time.Duration]int{0: 30, -time.Second: 30, time.Millisecond: 1, 26190 * time.Millisecond: 27, 3 * time.Hour: 3600} {
		l := sample()
		l.Event.Relation = nospim.RelationStranger
		l.Raise("REGISTRATION_TEMPLATE", 3, "it is so")
		l.Slow(wait)
		l.Slow(wait / 2)
		var got nospim.Verdict
		if p.Decide(l, &got); got.Action != nospim.Throttle || got.RetryAfter != want {
			t.Errorf("a wait of %v: %v for %d s, want throttle for %d s", wait, got.Action, got.RetryAfter, want)
		}
	}
}

func TestDecide(t *testing.T) {
	p := load(t, map[string]string{"policy.yaml": scale + "services: {watched.example: {shadow: true}, strict.example: {thresholds: {hold: 3}, weights: {FAN_OUT: 9}}}"})
	for _, c := range []struct {
		name   string
		change func(*nospim.Event)
		raised []raise
		want   nospim.Verdict // Signals, Policy are compared elsewhere
	}{
		{"nothing", nil, nil, nospim.Verdict{Required: 8}},
		{"below mark", nil, []raise{{"BULK_TEXT", 0.79}}, nospim.Verdict{Score: 3.95, Required: 8}},
		{"mark", nil, []raise{{"FAN_OUT", 1}}, nospim.Verdict{Score: 4, Required: 8, Action: nospim.Mark, Wanted: nospim.Mark, Harm: "spam"}},
		{"two make a hold", nil, []raise{{"FAN_OUT", 1}, {"BULK_TEXT", 1}}, nospim.Verdict{Score: 9, Required: 8, Action: nospim.Hold, Wanted: nospim.Hold, Harm: "scam"}},
		{"reject", nil, []raise{{"BULK_TEXT", 3}}, nospim.Verdict{Score: 15, Required: 8, Action: nospim.Reject, Wanted: nospim.Reject, Harm: "scam"}},
		{"a contact's content is marked at most", contact, []raise{{"OVERSIZE_BODY", 30}}, nospim.Verdict{Score: 30, Required: 9, Action: nospim.Mark, Wanted: nospim.Mark}},
		{"a contact's content and more", contact, []raise{{"OVERSIZE_BODY", 30}, {"FAN_OUT", 0.1}}, nospim.Verdict{Score: 30.4, Required: 9, Action: nospim.Hold, Wanted: nospim.Hold, Harm: "spam"}},
		{"a contact waits at most", contact, []raise{{"BULK_TEXT", 30}}, nospim.Verdict{Score: 150, Required: 9, Action: nospim.Hold, Wanted: nospim.Hold, Harm: "scam"}},
		{"a contact is marked later", contact, []raise{{"FAN_OUT", 1}}, nospim.Verdict{Score: 4, Required: 9}},
		{"oneself", self, []raise{{"BULK_TEXT", 30}}, nospim.Verdict{Score: 150}},
		{"a blocked account among one's own", self, []raise{{"LIST_BLOCK_ACCOUNT", 1}}, nospim.Verdict{Score: 15, Action: nospim.Reject, Wanted: nospim.Reject}},
		{"registration is refused, not held", registration, []raise{{"BULK_TEXT", 2}}, nospim.Verdict{Score: 10, Required: 8, Action: nospim.Reject, Wanted: nospim.Reject, Harm: "scam"}},
		{"registration is not marked", registration, []raise{{"FAN_OUT", 1}}, nospim.Verdict{Score: 4, Required: 8}},
		{"content alone", nil, []raise{{"FIRST_CONTACT_LINK", 4}}, nospim.Verdict{Score: 18, Required: 8, Action: nospim.Hold, Wanted: nospim.Hold, Tip: "stranger-link"}},
		{"content and a good sign", nil, []raise{{"FIRST_CONTACT_LINK", 4}, {"FAN_OUT", -0.5}}, nospim.Verdict{Score: 16, Required: 8, Action: nospim.Hold, Wanted: nospim.Hold, Harm: "spam", Tip: "stranger-link"}},
		{"content and more", nil, []raise{{"FIRST_CONTACT_LINK", 3}, {"FAN_OUT", 1}}, nospim.Verdict{Score: 17.5, Required: 8, Action: nospim.Reject, Wanted: nospim.Reject, Harm: "spam", Tip: "stranger-link"}},
		{"manner alone slows", nil, []raise{{"REGISTRATION_TEMPLATE", 30}}, nospim.Verdict{Score: 120, Required: 8, Action: nospim.Throttle, Wanted: nospim.Throttle, RetryAfter: 30}},
		{"a contact's manner", contact, []raise{{"REGISTRATION_TEMPLATE", 30}}, nospim.Verdict{Score: 120, Required: 9, Action: nospim.Throttle, Wanted: nospim.Throttle, RetryAfter: 2}},
		{"manner below what slows", nil, []raise{{"REGISTRATION_TEMPLATE", 1}}, nospim.Verdict{Score: 4, Required: 8, Action: nospim.Mark, Wanted: nospim.Mark}},
		{"manner does not help content to hold", nil, []raise{{"REGISTRATION_TEMPLATE", 30}, {"FIRST_CONTACT_LINK", 1}}, nospim.Verdict{Score: 124.5, Required: 8, Action: nospim.Throttle, Wanted: nospim.Throttle, Tip: "stranger-link", RetryAfter: 30}},
		{"content holds beside manner", nil, []raise{{"REGISTRATION_TEMPLATE", 1}, {"FIRST_CONTACT_LINK", 4}}, nospim.Verdict{Score: 22, Required: 8, Action: nospim.Hold, Wanted: nospim.Hold, Tip: "stranger-link"}},
		{"a contact's content does not help manner to more", contact, []raise{{"REGISTRATION_TEMPLATE", 1}, {"OVERSIZE_BODY", 5}}, nospim.Verdict{Score: 9, Required: 9, Action: nospim.Mark, Wanted: nospim.Mark}},
		{"manner and more is slowed", nil, []raise{{"REGISTRATION_TEMPLATE", 1}, {"FAN_OUT", 1}}, nospim.Verdict{Score: 8, Required: 8, Action: nospim.Throttle, Wanted: nospim.Throttle, Harm: "spam", RetryAfter: 30}},
		{"manner does not help others to hold", nil, []raise{{"REGISTRATION_TEMPLATE", 30}, {"FAN_OUT", 1}}, nospim.Verdict{Score: 124, Required: 8, Action: nospim.Throttle, Wanted: nospim.Throttle, Harm: "spam", RetryAfter: 30}},
		{"others hold beside manner", nil, []raise{{"REGISTRATION_TEMPLATE", 1}, {"FAN_OUT", 2}}, nospim.Verdict{Score: 12, Required: 8, Action: nospim.Hold, Wanted: nospim.Hold, Harm: "spam"}},
		{"manner that the connector cannot slow", can(nospim.Mark, nospim.Reject), []raise{{"REGISTRATION_TEMPLATE", 3}}, nospim.Verdict{Score: 12, Required: 8, Action: nospim.Mark, Wanted: nospim.Throttle}},
		{"blocked contact", contact, []raise{{"LIST_BLOCK_ACCOUNT", 0}}, nospim.Verdict{Required: 9, Action: nospim.Reject, Wanted: nospim.Reject}},
		{"allowed beats everything", nil, []raise{{"LIST_BLOCK_ACCOUNT", 1}, {"FAN_OUT", 3}, {"LIST_ALLOW", 1}}, nospim.Verdict{Score: 27, Required: 8}},
		{"what the connector can", can(nospim.Allow, nospim.Mark, nospim.Drop), []raise{{"BULK_TEXT", 3}}, nospim.Verdict{Score: 15, Required: 8, Action: nospim.Mark, Wanted: nospim.Reject, Harm: "scam"}},
		{"challenged", nil, []raise{{"DOOR_CHALLENGED", 1}}, nospim.Verdict{Score: 0.1, Required: 8, Action: nospim.Challenge, Wanted: nospim.Challenge}},
		{"challenged where nobody can be asked", can(nospim.Allow, nospim.Mark, nospim.Hold), []raise{{"DOOR_CHALLENGED", 1}}, nospim.Verdict{Score: 0.1, Required: 8, Action: nospim.Hold, Wanted: nospim.Challenge}},
		{"challenged where nothing waits", can(nospim.Allow, nospim.Mark), []raise{{"DOOR_CHALLENGED", 1}}, nospim.Verdict{Score: 0.1, Required: 8, Action: nospim.Mark, Wanted: nospim.Challenge}},
		{"held, and challenged besides", can(nospim.Allow, nospim.Hold), []raise{{"DOOR_CHALLENGED", 1}, {"BULK_TEXT", 2}}, nospim.Verdict{Score: 10.1, Required: 8, Action: nospim.Hold, Wanted: nospim.Hold, Harm: "scam"}},
		{"observed", func(e *nospim.Event) { e.Observe = true }, []raise{{"BULK_TEXT", 3}}, nospim.Verdict{Score: 15, Required: 8, Wanted: nospim.Reject, Harm: "scam"}},
		{"a log-in that happened", login(), []raise{{"BULK_TEXT", 3}}, nospim.Verdict{Score: 15, Required: 8, Wanted: nospim.Reject, Harm: "scam"}},
		{"a log-in that can be refused", login(nospim.Reject), []raise{{"BULK_TEXT", 3}}, nospim.Verdict{Score: 15, Required: 8, Action: nospim.Reject, Wanted: nospim.Reject, Harm: "scam"}},
		{"shadow", func(e *nospim.Event) { e.Service = "watched.example" }, []raise{{"BULK_TEXT", 3}}, nospim.Verdict{Score: 15, Required: 8, Wanted: nospim.Reject, Harm: "scam", Shadow: true}},
		{"a stricter service", func(e *nospim.Event) { e.Service = "strict.example" }, []raise{{"FAN_OUT", 1}}, nospim.Verdict{Score: 9, Required: 3, Action: nospim.Hold, Wanted: nospim.Hold, Harm: "spam"}},
		{"a stricter service's contacts", func(e *nospim.Event) { e.Service = "strict.example"; contact(e) }, []raise{{"FAN_OUT", 0.9}}, nospim.Verdict{Score: 8.1, Required: 9, Action: nospim.Mark, Wanted: nospim.Mark, Harm: "spam"}},
		{"no number", nil, []raise{{"FAN_OUT", nan()}, {"BULK_TEXT", inf()}}, nospim.Verdict{Required: 8}},
		{"an undeclared symbol", nil, []raise{{"WHO_KNOWS", 100}}, nospim.Verdict{Required: 8}},
		{"thirds add up", nil, []raise{{"FAN_OUT", 1. / 3}, {"FAN_OUT", 1. / 3}, {"FAN_OUT", 1. / 3}}, nospim.Verdict{Score: 3.99, Required: 8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := sample()
			l.Event.Relation = nospim.RelationStranger
			if c.change != nil {
				c.change(l.Event)
			}
			for _, r := range c.raised {
				l.Raise(r.symbol, r.factor, "it is so")
			}
			var got nospim.Verdict
			p.Decide(l, &got)
			if len(got.Signals) != len(c.raised) || got.Signals == nil || got.Policy != p.Hash() {
				t.Errorf("%d signals, policy %s", len(got.Signals), got.Policy)
			}
			got.Signals, got.Policy = nil, ""
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func contact(e *nospim.Event)      { e.Relation = nospim.RelationContact }
func self(e *nospim.Event)         { e.Relation = nospim.RelationSelf }
func registration(e *nospim.Event) { e.Kind, e.Relation = nospim.KindRegistration, "" }

func can(actions ...nospim.Action) func(*nospim.Event) {
	return func(e *nospim.Event) { e.Can = actions }
}

func login(actions ...nospim.Action) func(*nospim.Event) {
	return func(e *nospim.Event) { e.Kind, e.Can = nospim.KindLogin, actions }
}

func nan() float64 { zero := 0.0; return zero / zero }
func inf() float64 { zero := 0.0; return 1 / zero }

func TestRulesSpeak(t *testing.T) {
	p := load(t, map[string]string{
		"policy.yaml": scale + "rules: [rules/B_FIRST.yaml, rules/*.yaml]\nweights: {C_HEAVY: 6}",
		"rules/B_FIRST.yaml": "name: B_FIRST\ndescription: d\nlet: {n: \"count(sender, '1h')\", strange: stranger}\nwhen: strange && n >= 2\nscore: 2\n" +
			"why: it is {n} in an hour, {n / 4} a quarter, and the account is {sender.age} old\nharm: scam\ntip: first",
		"rules/A_SECOND.yaml": "name: A_SECOND\ndescription: d\nwhen: fired(\"B_FIRST\") && fired(\"FAN_OUT\")\nscore: 1\nwhy: both\naction: reject\ntip: second\n" +
			"label: {entity: recipient, name: approached, for: 1h}",
		"rules/C_HEAVY.yaml": ruleFile("C_HEAVY", 1, "harm: spam", "label: {entity: domain, name: seen, for: 1d}"),
		"rules/D_QUIET.yaml": "name: D_QUIET\ndescription: d\nwhen: fired(\"LIST_ALLOW\")\nscore: 100\nwhy: never",
	})
	if got := len(p.Counters()); got != 1 {
		t.Fatalf("%d counters, want 1", got)
	}
	l := sample()
	l.Facts = []nospim.Fact{{N: 2}}
	l.Raise("FAN_OUT", 1, "fans out")
	var v nospim.Verdict
	p.Decide(l, &v)
	nina := []nospim.Entity{{Kind: nospim.EntityAccount, ID: "nina@chat.example"}}
	hour := l.Now.Add(time.Hour)
	want := nospim.Verdict{
		Action: nospim.Reject, Wanted: nospim.Reject, Score: 13, Required: 8, Harm: "spam", Tip: "first", Policy: p.Hash(),
		Signals: []nospim.Signal{
			{Symbol: "FAN_OUT", Score: 4, Why: "fans out"},
			{Symbol: "B_FIRST", Score: 2, Why: "it is 2 in an hour, 0.5 a quarter, and the account is 5m old", Entities: nina},
			{Symbol: "A_SECOND", Score: 1, Why: "both", Entities: nina},
			{Symbol: "C_HEAVY", Score: 6, Why: "there is a link", Entities: nina},
		},
		Labels: []nospim.Label{
			{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: "ada@chat.example"}, Name: "approached", Until: hour},
			{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: "bob@other.example"}, Name: "approached", Until: hour},
			{Entity: nospim.Entity{Kind: nospim.EntityDomain, ID: "x.example"}, Name: "seen", Until: l.Now.Add(24 * time.Hour)},
		},
	}
	if d := cmp.Diff(want, v); d != "" {
		t.Error(d)
	}
	if len(l.Raised) != 1 || l.Raised[0].Score != 1 {
		t.Errorf("the look is not as it was: %v", l.Raised)
	}
	var again nospim.Verdict
	p.Decide(l, &again)
	if d := cmp.Diff(v, again); d != "" {
		t.Errorf("the same look gives another verdict: %s", d)
	}
}

func TestLabelsOfEveryRole(t *testing.T) {
	for role, want := range map[string]string{
		"sender": "account:nina@chat.example", "recipient": "account:ada@chat.example account:bob@other.example", "addr": "addr:198.51.100.7",
		"room": "", "link": "link:http://a.x.example/1", "domain": "domain:x.example",
	} {
		p := load(t, map[string]string{"policy.yaml": "rules: [RULE.yaml]", "RULE.yaml": ruleFile("RULE", 1, "label: {entity: "+role+", name: n, for: 1h}")})
		var v nospim.Verdict
		p.Decide(sample(), &v)
		var got []string
		for _, l := range v.Labels {
			got = append(got, l.Entity.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("labels for %s: %v, want %s", role, got, want)
		}
	}
}

func TestARuleInShadowDoesNotCount(t *testing.T) {
	files := map[string]string{
		"policy.yaml": scale + "rules: [rules/*.yaml]",
		"rules/A_RULE.yaml": ruleFile("A_RULE", 20, "shadow: true", "action: drop", "harm: spam", "tip: advice",
			"label: {entity: sender, name: n, for: 1h}"),
		"rules/B_RULE.yaml": "name: B_RULE\ndescription: d\nwhen: fired(\"A_RULE\")\nscore: 1\nwhy: never",
	}
	var v nospim.Verdict
	load(t, files).Decide(sample(), &v)
	v.Policy, v.Signals[0].Entities = "", nil
	want := nospim.Verdict{Required: 8, Signals: []nospim.Signal{{Symbol: "A_RULE", Why: "in shadow, worth 20: there is a link"}}}
	if d := cmp.Diff(want, v); d != "" {
		t.Error(d)
	}
}

func TestARuleForSomeSenders(t *testing.T) {
	const senders = 5000
	counts := func(percent string) (n int, who map[string]bool) {
		p := load(t, map[string]string{"policy.yaml": scale + "rules: [RULE.yaml]", "RULE.yaml": ruleFile("RULE", 5, "percent: "+percent)})
		who = make(map[string]bool)
		for i := range senders {
			l := sample()
			l.Event.Sender.ID = fmt.Sprintf("u%d@chat.example", i)
			var v nospim.Verdict
			p.Decide(l, &v)
			if len(v.Signals) != 1 {
				t.Fatal("a rule for some is not seen for the others")
			}
			if v.Score == 5 {
				n++
				who[l.Event.Sender.ID] = true
			}
		}
		return n, who
	}
	if n, _ := counts("0"); n != 0 {
		t.Errorf("0 %%: %d", n)
	}
	if n, _ := counts("100"); n != senders {
		t.Errorf("100 %%: %d", n)
	}
	few, who := counts("10")
	if few < senders*8/100 || few > senders*12/100 {
		t.Errorf("10 %% are %d of %d", few, senders)
	}
	_, more := counts("50")
	for s := range who {
		if !more[s] {
			t.Errorf("%s counts at 10 %% and not at 50 %%", s)
		}
	}
}

func TestARuleUntilADate(t *testing.T) {
	p := load(t, map[string]string{"policy.yaml": "rules: [RULE.yaml]", "RULE.yaml": ruleFile("RULE", 5, "until: 2026-03-01")})
	for at, want := range map[string]int{"2026-03-01T23:59:59Z": 1, "2026-03-02T00:00:00Z": 0, "2026-03-02T00:59:00+01:00": 1} {
		l := sample()
		var err error
		if l.Now, err = time.Parse(time.RFC3339, at); err != nil {
			t.Fatal(err)
		}
		var v nospim.Verdict
		p.Decide(l, &v)
		if len(v.Signals) != want {
			t.Errorf("at %s: %d signals, want %d", at, len(v.Signals), want)
		}
	}
}

func TestServicesDiffer(t *testing.T) {
	p := load(t, map[string]string{
		"policy.yaml": "shadow: true\nweights: {FAN_OUT: 2}\nrules: [RULE.yaml]\nservices:\n  a.example: {shadow: false, off: [RULE]}\n  b.example: {weights: {RULE: 7, FAN_OUT: 0}}",
		"RULE.yaml":   ruleFile("RULE", 5),
	})
	for service, want := range map[string]string{"a.example": "[{FAN_OUT 2}] false", "b.example": "[{FAN_OUT 0} {RULE 7}] true", "c.example": "[{FAN_OUT 2} {RULE 5}] true"} {
		l := sample()
		l.Event.Service = service
		l.Raise("FAN_OUT", 1, "fans out")
		var v nospim.Verdict
		p.Decide(l, &v)
		var scores []raise
		for _, s := range v.Signals {
			scores = append(scores, raise{s.Symbol, s.Score})
		}
		if got := fmt.Sprint(scores, v.Shadow); got != want || p.Shadow(service) != v.Shadow {
			t.Errorf("on %s: %s, want %s", service, got, want)
		}
	}
	if e := p.Enforced(); e.Shadow("c.example") || !p.Shadow("c.example") || e.Hash() != p.Hash() {
		t.Error("Enforced is no copy that enforces")
	}
}

func TestShadowLeavesNoLabels(t *testing.T) {
	p := load(t, map[string]string{"policy.yaml": "shadow: true\nrules: [RULE.yaml]", "RULE.yaml": ruleFile("RULE", 5, "label: {entity: sender, name: n, for: 1h}")})
	var v nospim.Verdict
	if p.Decide(sample(), &v); v.Labels != nil {
		t.Errorf("a policy that only watches labels %v", v.Labels)
	}
	if p.Enforced().Decide(sample(), &v); len(v.Labels) != 1 {
		t.Errorf("enforced, it labels %v", v.Labels)
	}
}

func TestSymbolsHaveThePolicysWeights(t *testing.T) {
	p := load(t, map[string]string{"policy.yaml": "weights: {FAN_OUT: 2.5, RULE: 7}\nrules: [RULE.yaml]", "RULE.yaml": ruleFile("RULE", 5)})
	weights := make(map[string]float64)
	for _, s := range p.Symbols() {
		weights[s.Name] = s.Weight
	}
	if weights["FAN_OUT"] != 2.5 || weights["RULE"] != 7 || weights["BULK_TEXT"] != 5 || len(weights) != len(detectors)+1 {
		t.Errorf("weights are %v", weights)
	}
	if detectors[2].Weight != 4 {
		t.Error("the caller's symbols were changed")
	}
}

func TestNothingFiredAllocatesNothing(t *testing.T) {
	p := hundredRules(t)
	l := sample()
	l.Facts = make([]nospim.Fact, len(p.Counters()))
	var v nospim.Verdict
	if n := testing.AllocsPerRun(100, func() { p.Decide(l, &v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(v.Signals) != 0 || v.Signals == nil {
		t.Errorf("signals are %#v", v.Signals)
	}
}

// hundredRules is a policy of a hundred rules of several predicates, all for messages. None fires for the sample.
func hundredRules(t testing.TB) *Policy {
	files := map[string]string{"policy.yaml": scale + "rules: [rules/*.yaml]"}
	for i := range 100 {
		name := fmt.Sprintf("RULE_%02d", i)
		when := [...]string{
			`kind == "message" && stranger && links > 0 && count(sender, "10m") > %d + 100`,
			`kind in ["message", "invite"] && sender.age < "30m" && distinct(recipient, sender, "5m", stranger) > %d + 100`,
			`kind == "message" && text.length > 20 && recipients > 0 && client == "client/%d"`,
			`sender.name == "Nina" && links >= 1 && text.words > 3 && files == %d + 10`,
			`kind == "message" && !sender.minor && recipient.minor && count([sender, domain], "1h") >= %d + 100`,
		}[i%5]
		files["rules/"+name+".yaml"] = fmt.Sprintf("name: %s\ndescription: d\nscore: 1\nwhy: it is so\nwhen: >-\n  "+when+"\n", name, i)
	}
	return load(t, files)
}

func BenchmarkLoadDefault(b *testing.B) {
	for b.Loop() {
		if _, err := Load(Default(), "policy.yaml", detectors); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	p := hundredRules(b)
	run := func(b *testing.B, l *nospim.Look) {
		l.Facts = make([]nospim.Fact, len(p.Counters()))
		var v nospim.Verdict
		b.ReportAllocs()
		for b.Loop() {
			p.Decide(l, &v)
		}
	}
	b.Run("100 rules of the kind", func(b *testing.B) { run(b, sample()) })
	b.Run("100 rules of another kind", func(b *testing.B) {
		l := sample()
		l.Event.Kind = nospim.KindLogin
		run(b, l)
	})
	b.Run("100 rules, two signals", func(b *testing.B) {
		l := sample()
		l.Raise("FAN_OUT", 1, "fans out")
		l.Raise("BULK_TEXT", 2, "bulk")
		run(b, l)
	})
}
