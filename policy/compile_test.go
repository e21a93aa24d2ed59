package policy

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nospim/nospim"
)

// compileText makes a policy of one rule, RULE, with the condition; ok is false when there are problems.
func compileText(text string, errs *Errors) (p *Policy, ok bool) {
	ld := &loader{errors: *errs, weights: map[string]float64{"FAN_OUT": 4}}
	ld.counters.at = make(map[string]int)
	src := &source{name: "rule.yaml", text: "when: |\n  " + strings.ReplaceAll(text, "\n", "\n  "), errors: &ld.errors}
	root, ok := src.parse()
	if !ok {
		*errs = ld.errors
		return nil, false
	}
	r := rule{name: "RULE", percent: 100}
	ld.expressions(&r, root.keys("when"))
	*errs = ld.errors
	if r.text == "" {
		return nil, false
	}
	ld.weights["RULE"] = 1
	ld.rules = []rule{r}
	p = &Policy{rules: ld.rules, counters: ld.counters.narrow(ld.rules)}
	p.usual = ld.profile()
	p.index()
	return p, true
}

// conditions are true or false of the sample.
var conditions = []struct {
	text string
	want bool
}{
	{`kind == "message"`, true},
	{`"message" == kind`, true},
	{`kind != "message"`, false},
	{`kind in ["invite", "message"]`, true},
	{`kind not in ["invite", "message"]`, false},
	{`not (kind == "invite")`, true},
	{`direction == "in" && protocol == "xmpp" and service == "chat.example"`, true},
	{`relation == "pending"`, true},
	{`stranger`, true},
	{`!stranger`, false},
	{`!stranger || kind == "message"`, true},
	{`room == "" && addr startsWith "198.51." && client endsWith "/1"`, true},
	{`body contains "http"`, true},
	{`body matches "(?i)GRÜSSE|grüße"`, true},
	{`body not matches "^x"`, true},
	{`encrypted`, false},
	{`count == 7 && files == 1 && links == 1 && recipients == 2`, true},
	{`sender.id == "nina@chat.example" && sender.name == "Nina" && sender.local && !sender.minor`, true},
	{`sender.affiliation == "registered"`, true},
	{`sender.age < "10m"`, true},
	{`sender.age <= duration("5m") && sender.age >= "300s"`, true},
	{`"4m" < sender.age`, true},
	{`sender.age == "5m"`, true},
	{`sender.age * 2 == "10m" && sender.age / "1m" == 5 && sender.age + "5m" - "1d" < "0s"`, true},
	{`sender.age_known`, true},
	{`recipient.minor && recipient.local`, true},
	{`text.length == 31 && text.letters == 22 && text.words == 5`, true},
	{`len(body) == 31`, true},
	{`hour >= 18 && hour < 19`, true},
	{`hour in [1, 18]`, true},
	{`link_domain("x.example")`, true},
	{`link_domain("y.example", "a.x.example")`, true},
	{`link_domain("b.x.example", "example.x", "ple")`, false},
	{`links / 0 == 0 && links % 0 == 0`, true},
	{`7 % 4 == 3 && -links < 0 && 2 * 3 - 1 == 5 && links == 1`, true},
	{`(links > 0 ? "a" : "b") == "a"`, true},
	{`(links > 9 ? 1 : 2) == 2`, true},
	{`links > 0 ? stranger : false`, true},
	{`sender.local == recipient.minor`, true},
	{`sender.id != sender.name`, true},
	{`fired("FAN_OUT")`, true},
	{`count(sender, "10m") >= 3`, true},
	{`distinct(recipient, [sender, addr], "1h", links > 0 && kind == "message") < 3`, false},
	{`labelled("asker")`, true},
	{`!labelled("asker", recipient)`, false},
	{`sender.name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "Nina"]`, true},
	{"kind == \"message\" && // the usual kind\n  links > 0", true},
}

func TestConditions(t *testing.T) {
	for _, c := range conditions {
		t.Run(c.text, func(t *testing.T) {
			var errs Errors
			p, ok := compileText(c.text, &errs)
			if !ok {
				t.Fatal(errs)
			}
			l := sample()
			l.Facts = []nospim.Fact{{N: 3}}
			l.Raise("FAN_OUT", 1, "fans out")
			var v nospim.Verdict
			p.Decide(l, &v)
			if got := v.Signals[len(v.Signals)-1].Symbol == "RULE"; got != c.want {
				t.Errorf("it is %v", got)
			}
			if direct := p.rules[0].when(l); direct != c.want {
				t.Errorf("asked without the index, it is %v", direct)
			}
		})
	}
}

// mistakes are conditions that are refused, where, and with words of the problem.
var mistakes = []struct {
	text  string
	place string
	words string
}{
	{`kind == "mesage"`, "2:11", `"mesage" is never its value; it may be message, contact_request`},
	{`kind in ["message", "mesage"]`, "2:23", "never its value"},
	{`relation != "friend"`, "2:15", "it may be unknown, stranger"},
	{`kind == `, "2:9", "unexpected token EOF"},
	{`(links > 0`, "2:12", "unexpected token EOF"},
	{"links > 0 &&\nsender.agee < \"1m\"", "3:10", "sender.agee is not known; sender has affiliation, age, age_known"},
	{`sender == "x"`, "2:3", "sender is no value; it may be followed by .affiliation, age"},
	{`pair == "x"`, "2:3", "pair is a role"},
	{`fired == 1`, "2:3", "fired is a function"},
	{`linkz > 0`, "2:3", "linkz is not known; did you mean link"},
	{`links`, "1:7", "is a number; a condition is expected"},
	{`links == "1"`, "2:9", "a number cannot be equal to a text"},
	{`links < "1"`, "2:9", "a number cannot be compared with a text by <"},
	{`body < "b"`, "2:8", "cannot be compared"},
	{`1 < links < 3`, "2:13", "write a < b && b < c"},
	{`links && stranger`, "2:3", "&& stands between conditions; this is a number"},
	{`!links`, "2:3", "! cannot be applied to a number"},
	{`sender.age < "10 minutes"`, "2:16", "is no duration; it is written like"},
	{`sender.age * sender.age > "1m"`, "2:14", "* cannot be applied to a duration and a duration"},
	{`body + "x" == "y"`, "2:8", "+ cannot be applied to a text and a text"},
	{`body matches sender.name`, "2:23", "must be a constant"},
	{`body matches "("`, "2:16", "missing closing )"},
	{`links in [1, "a"]`, "2:16", "only constants that are a number"},
	{`links in count`, "2:12", "in needs a list of constants"},
	{`stranger in [true]`, "2:12", "in needs a text or a number"},
	{`[1] == links`, "2:3", "a list may only stand on the right of in"},
	{`links ** 2 > 1`, "2:9", "the operator ** is not in the rule language"},
	{`any([1], # > 0)`, "2:3", "any() is not in the rule language"},
	{`upper(body) == "X"`, "2:3", "upper() is not in the rule language"},
	{`nope(1)`, "2:3", "nope() is not in the rule language"},
	{`body.upper()`, "2:8", "nothing but functions can be called"},
	{`let x = 1; x > 0`, "2:7", "not in the rule language"},
	{`{"a": 1} == links`, "2:3", "not in the rule language"},
	{`body[0] == "a"`, "2:7", "may have a dot"},
	{`nil == links`, "2:3", "not in the rule language"},
	{`true`, "1:7", "is always true"},
	{`1 > 2`, "1:7", "is always false"},
	{`links > 0 ? 1 : "a"`, "2:19", "both sides of : must have one type"},
	{`(links ? 1 : 2) == 1`, "2:4", "a condition is expected before ?"},
	{`len(links) > 1`, "2:7", "len needs a text"},
	{`len() > 1`, "2:3", "len has 0 arguments"},
	{`duration(links) < sender.age`, "2:12", "a constant text is expected"},
	{`fired("NOBODY")`, "2:9", "NOBODY is no symbol of a detector or of a rule that stands before"},
	{`fired("RULE")`, "2:9", "RULE is no symbol"},
	{`link_domain("http://x.example/")`, "2:15", "is no domain"},
	{`link_domain()`, "2:3", "names no domain"},
	{`count(sender, "1h", body contains "x") > 1`, "2:23", "may not read body: counters are rebuilt from records, which have no body"},
	{`count(sender, "1h", count(sender, "1h") > 1) > 1`, "2:23", "may not use count"},
	{`count(sender, "1h", fired("FAN_OUT")) > 1`, "2:23", "may not use fired"},
	{`count(sender, "1h", links) > 1`, "2:23", "a condition is expected; this is a number"},
	{`count(sender, "1h", true) > 1`, "2:23", "always the same"},
	{`count(sender) > 1`, "2:3", "count has 1 arguments; it is written count(by, window, condition)"},
	{`count(nobody, "1h") > 1`, "2:9", "nobody is no role; it may be sender, recipient, pair, pair_back"},
	{`count("sender", "1h") > 1`, "2:9", "a role is expected"},
	{`count([sender, addr, link], "1h") > 1`, "2:9", "not by 3"},
	{`count([sender, sender], "1h") > 1`, "2:9", "names sender twice"},
	{`count(sender, 60) > 1`, "2:17", "the window must be a constant"},
	{`count(sender, "91d") > 1`, "2:17", "a window of 91d is outside 1s to 90d"},
	{`count(sender, "10ms") > 1`, "2:17", "outside 1s to 90d"},
	{`distinct(recipient, "1h") > 1`, "2:3", "distinct has 2 arguments"},
	{`labelled()`, "2:3", "labelled has 0 arguments; it is written labelled("},
	{`labelled(sender, "asker")`, "2:12", "the name of a label is expected"},
	{`labelled("An Asker")`, "2:12", "the name of a label is expected"},
	{`labelled("asker", text)`, "2:21", "text cannot be labelled; it may be sender, recipient, addr, room, link or domain"},
	{`labelled("asker", "sender")`, "2:21", "a role is expected"},
	{`labelled("asker") > 0`, "2:21", ""},
	{`count(sender, "1h", labelled("asker")) > 1`, "2:23", "may not use labelled"},
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	for _, c := range mistakes {
		t.Run(c.text, func(t *testing.T) {
			var errs Errors
			if _, ok := compileText(c.text, &errs); ok {
				t.Fatal("it is accepted")
			}
			if len(errs) != 1 {
				t.Fatalf("%d problems, want one:\n%v", len(errs), errs)
			}
			if got := errs[0].Error(); !strings.HasPrefix(got, "rule.yaml:"+c.place+": ") || !strings.Contains(got, c.words) {
				t.Errorf("got  %s\nwant rule.yaml:%s: … %s", got, c.place, c.words)
			}
		})
	}
}

func TestUnknownAgeIsOld(t *testing.T) {
	var errs Errors
	p, ok := compileText(`sender.age < "2000w"`, &errs)
	if !ok {
		t.Fatal(errs)
	}
	l := sample()
	if !p.rules[0].when(l) {
		t.Error("a known age of five minutes is not young")
	}
	l.Event.Sender.Created = l.Event.Sender.Created.AddDate(0, 0, 1)
	if !p.rules[0].when(l) {
		t.Error("an account from the future is not young")
	}
	l.Event.Sender = nospim.Account{ID: "x"}
	if p.rules[0].when(l) {
		t.Error("an unknown age is young")
	}
}

func TestCiphertextHasNoText(t *testing.T) {
	var errs Errors
	p, ok := compileText(`body == "" && text.length == 0 && text.letters == 0 && text.words == 0 && len(body) == 0 && encrypted`, &errs)
	if !ok {
		t.Fatal(errs)
	}
	l := sample()
	l.Event.Encrypted = true
	if !p.rules[0].when(l) {
		t.Error("a rule sees the text of an encrypted event")
	}
}

func TestLongBodiesAreReadToALimit(t *testing.T) {
	var errs Errors
	p, ok := compileText(`body contains "end"`, &errs)
	if !ok {
		t.Fatal(errs)
	}
	l := sample()
	l.Event.Body = strings.Repeat("é", nospim.MaxBodyWhole/2) + "end"
	if p.rules[0].when(l) {
		t.Error("a rule reads beyond the limit")
	}
	l.Event.Body = "end" + strings.Repeat("é", nospim.MaxBodyWhole/2)
	if !p.rules[0].when(l) {
		t.Error("a rule does not read the beginning of a long body")
	}
	if got := body(l); len(got) > nospim.MaxBodyWhole || !strings.HasSuffix(got, "é") {
		t.Errorf("the body is cut to %d bytes inside a character", len(got))
	}
}

// TestReachIsNeverTooSmall asks each condition of every kind and relation, with and without the index.
func TestReachIsNeverTooSmall(t *testing.T) {
	texts := []string{
		`kind == "invite" || relation == "contact"`,
		`!(kind == "invite" && relation == "contact")`,
		`!(kind == "invite" || relation == "contact")`,
		`kind != "invite" && relation not in ["contact", "self"]`,
		`!stranger && kind in ["invite", "join"]`,
		`!(!stranger) || links > 5`,
		`(kind == "invite") == stranger`,
		`stranger ? kind == "invite" : kind == "join"`,
		`kind == "invite" && kind == "join"`,
		`!(kind == "invite" && links == 1)`,
		`"invite" != kind && !(relation != "contact")`,
	}
	for _, c := range conditions {
		texts = append(texts, c.text)
	}
	for _, text := range texts {
		var errs Errors
		p, ok := compileText(text, &errs)
		if !ok {
			t.Fatalf("%s: %v", text, errs)
		}
		l := sample()
		l.Raise("FAN_OUT", 1, "fans out")
		for _, k := range kinds {
			for _, r := range relations {
				l.Event.Kind, l.Event.Relation = k, r
				var v nospim.Verdict
				p.Decide(l, &v)
				if got, want := len(v.Signals) == 2, p.rules[0].when(l); got != want {
					t.Errorf("%s for %s from %s: %v with the index, %v without", text, k, r, got, want)
				}
			}
		}
	}
}

func TestCounterIdentity(t *testing.T) {
	definition := func(text string) nospim.Counter {
		t.Helper()
		var errs Errors
		p, ok := compileText(text, &errs)
		if !ok || len(p.Counters()) != 1 {
			t.Fatalf("%s: %v", text, errs)
		}
		return p.Counters()[0]
	}
	a := definition(`distinct(recipient, sender, "60m", stranger and not sender.minor or links > 0) > 2`)
	b := definition("links == 1 && 5 <= distinct( recipient, [sender], '1h',\n  (stranger && !sender.minor) || links > 0 )")
	if a.Name != b.Name || a.Name == "" {
		t.Errorf("one counter has two identities:\n%s\n%s", a.Name, b.Name)
	}
	for _, other := range []string{
		`distinct(recipient, sender, "1h", stranger) > 2`, `distinct(recipient, sender, "2h", stranger and not sender.minor or links > 0) > 2`,
		`count(sender, "1h", stranger and not sender.minor or links > 0) > 2`, `distinct(recipient, addr, "1h", stranger and not sender.minor or links > 0) > 2`,
	} {
		if definition(other).Name == a.Name {
			t.Errorf("%s shares the identity of another counter", other)
		}
	}
}

func TestCountersSayWhereTheyMatter(t *testing.T) {
	var errs Errors
	p, ok := compileText(`kind == "message" && count(sender, "1h", kind in ["directory_search", "join"]) > 3 && count(sender, "1h") > 1`, &errs)
	if !ok {
		t.Fatal(errs)
	}
	cs := p.Counters()
	if got := kindList(cs[0].Only); got != "message join directory_search" {
		t.Errorf("noted at joins and searches and asked for at messages, but Only is %s", got)
	}
	if cs[1].Only != nil {
		t.Errorf("noted everywhere, but Only is %s", kindList(cs[1].Only))
	}
	l := sample()
	if cs[1].When != nil || cs[0].When(l) {
		t.Error("a message is noted as a search")
	}
	l.Event.Kind = nospim.KindJoin
	if !cs[0].When(l) {
		t.Error("a join is not noted")
	}
}

func kindList(ks []nospim.Kind) string {
	var words []string
	for _, k := range ks {
		words = append(words, string(k))
	}
	return strings.Join(words, " ")
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]string{
		"90s": "1m30s", "1h": "1h", "1d": "1d", "1.5d": "36h", "2w": "14d", "90m": "1h30m", "10m": "10m", "0s": "0s",
		"": "", "d": "", "1": "", "-1h": "", "-1d": "", "1e300d": "", "NaNd": "", "infw": "", "1d2h": "", "106752d": "",
	} {
		d, err := parseDuration(text)
		if got := spell(d); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestPlacesInEveryWayOfWritingAText(t *testing.T) {
	for name, c := range map[string]struct{ file, place string }{
		"plain":          {"name: RULE\nwhen: links > 0 && wrong > 1\n", "2:20"},
		"plain, 2 lines": {"when: links > 0 &&\n  wrong > 1\n", "2:3"},
		"quoted":         {"when: 'links > 0 && wrong > 1'\n", "1:21"},
		"double quoted":  {"when: \"kind == \\\"message\\\" && wrong > 1\"\n", "1:31"},
		"literal":        {"when: |\n    links > 0 &&\n    wrong > 1\n", "3:5"},
		"folded":         {"when: >-\n  links > 0 &&\n\n  wrong > 1\n", "4:3"},
		"after letters":  {"when: body contains \"üß漢\" && wrong > 1\n", "1:30"},
		"a comment":      {"# wrong\nwhen: wrong > 1 # wrong\n", "2:7"},
		"windows":        {"when: |\r\n  links > 0 &&\r\n  wrong > 1\r\n", "3:3"},
		"flow":           {"{score: 1, when: wrong > 1}", "1:18"},
		"in a sentence":  {"when: links > 0\nwhy: there were {links} links and {wrong} more\n", "2:36"},
		"in a let":       {"let:\n  a: links > 0\n  b: a && wrong > 1\nwhen: b\n", "3:11"},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{
				"policy.yaml": {Data: []byte("version: 1\nrules: [RULE.yaml]\n")},
				"RULE.yaml":   {Data: []byte(c.file)},
			}
			_, err := Load(fsys, "policy.yaml", nil)
			if err == nil || !strings.Contains(err.Error(), "RULE.yaml:"+c.place+": wrong is not known") {
				t.Errorf("want %s, got\n%v", c.place, err)
			}
		})
	}
}

func TestFactsAreRecalledWhereARuleMayFire(t *testing.T) {
	stranger := &nospim.Look{Event: &nospim.Event{Kind: nospim.KindMessage, Relation: nospim.RelationStranger}, Features: &nospim.Features{}}
	contact := &nospim.Look{Event: &nospim.Event{Kind: nospim.KindMessage, Relation: nospim.RelationContact}, Features: &nospim.Features{}}
	linked := &nospim.Look{Event: contact.Event, Features: &nospim.Features{Links: make([]nospim.Link, 1)}}
	for _, c := range []struct {
		text                      string
		stranger, contact, linked bool
	}{
		{`count(sender, "1h") > 3`, true, true, true},
		{`count(sender, "1h") > 3 && stranger`, true, false, false},
		{`stranger && (links > 0 && count(sender, "1h") > 3)`, false, false, false},
		{`(stranger || links > 0) && count(sender, "1h") > 3`, true, false, true},
		{`links > 0 || count(sender, "1h") > 3`, true, true, true},
		{`links > 0 && count(sender, "1h") > 3 || stranger && count(sender, "1h") > 5`, true, false, true},
		{`body contains "x" && count(sender, "1h") > 3`, true, true, true},
		{`fired("FAN_OUT") && count(sender, "1h") > 3`, true, true, true},
		{`stranger && fired("FAN_OUT") && count(sender, "1h") > 3`, true, false, false},
	} {
		var errs Errors
		p, ok := compileText(c.text, &errs)
		if !ok {
			t.Errorf("%s: %v", c.text, errs)
			continue
		}
		recalled := func(l *nospim.Look) bool { return p.counters[0].If == nil || p.counters[0].If(l) }
		if s, k, d := recalled(stranger), recalled(contact), recalled(linked); s != c.stranger || k != c.contact || d != c.linked {
			t.Errorf("%s: recalled for a stranger %v, a contact %v, a contact's link %v; want %v, %v, %v", c.text, s, k, d, c.stranger, c.contact, c.linked)
		}
	}
}

func TestFactsOfSeveralRules(t *testing.T) {
	is := func(r nospim.Relation) func(*nospim.Look) bool {
		return func(l *nospim.Look) bool { return l.Event.Relation == r }
	}
	cs := counters{list: make([]nospim.Counter, 2), kinds: make([]uint32, 2)}
	list := cs.narrow([]rule{
		{counters: []int{0, 1}, early: is(nospim.RelationStranger)}, {counters: []int{0}, early: is(nospim.RelationPending)}, {counters: []int{1}},
	})
	for relation, want := range map[nospim.Relation]bool{nospim.RelationStranger: true, nospim.RelationPending: true, nospim.RelationContact: false} {
		if got := list[0].If(&nospim.Look{Event: &nospim.Event{Relation: relation}}); got != want {
			t.Errorf("the fact of two rules is recalled for %s: %v, want %v", relation, got, want)
		}
	}
	if list[1].If != nil {
		t.Error("the fact of a rule that may always fire is not always recalled")
	}
}
