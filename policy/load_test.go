package policy

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nospim/nospim"
)

// detectors are the symbols that the default policy names, as room detect declares them.
var detectors = []nospim.Symbol{
	{Name: "FIRST_CONTACT_LINK", Group: "first", Weight: 4.5, Description: "a stranger's first message has a link"},
	{Name: "STRANGER_LINK", Group: "first", Weight: 2.5, Description: "a stranger's later message has a link"},
	{Name: "FAN_OUT", Group: "fan", Weight: 4, Description: "one sender, many strangers"},
	{Name: "FAN_OUT_LINK", Group: "fan", Weight: 5, Description: "one link domain to many people"},
	{Name: "BULK_TEXT", Group: "bulk", Weight: 5, Description: "the same text to many people"},
	{Name: "BULK_TEXT_SENDERS", Group: "bulk", Weight: 5, Description: "the same text by several senders"},
	{Name: "REQUEST_FLOOD", Group: "flood", Weight: 5, Description: "many requests by one sender"},
	{Name: "REQUEST_FLOOD_NETWORK", Group: "flood", Weight: 4, Description: "many requests from one network"},
	{Name: "REGISTRATION_FLOOD", Group: "flood", Weight: 6, Description: "many registrations from one network"},
	{Name: "REGISTRATION_TEMPLATE", Group: "flood", Weight: 4, Description: "many registrations with one pattern of names"},
	{Name: "SCRIPTED_BOT", Group: "script", Weight: 8, Description: "one script for several people"},
	{Name: "SCRIPT_KNOWN", Group: "script", Weight: 8, Description: "a script that others followed"},
	{Name: "SCRIPTED_ANSWERS", Group: "script", Weight: 3, Description: "ready-made answers"},
	{Name: "REPEATS_ITSELF", Group: "script", Weight: 9, Description: "plays a recording"},
	{Name: "TIMING_MACHINE", Group: "timing", Weight: 9, Description: "a machine's pauses"},
	{Name: "TIMING_ODD", Group: "timing", Weight: 2, Description: "odd pauses"},
	{Name: "RATE_ALERT", Group: "rate", Weight: 1, Description: "fast"},
	{Name: "RATE_LIMIT", Group: "rate", Weight: 8, Description: "too fast"},
	{Name: "RATE_DISCONNECT", Group: "rate", Weight: 10, Description: "far too fast"},
	{Name: "WARNING", Group: "warnings", Weight: 0.1, Description: "a warning"},
	{Name: "WARNED_TO_STRANGER", Group: "warnings", Weight: 0.1, Description: "warned of, to a stranger"},
	{Name: "REPORT_PROVEN", Group: "warnings", Weight: 0.1, Description: "a proven report"},
	{Name: "WARNED", Group: "warnings", Weight: 2, Description: "warned of"},
	{Name: "WARNED_MUCH", Group: "warnings", Weight: 4, Description: "warned of by many"},
	{Name: "OVERSIZE_BODY", Group: "oversize", Weight: 1, Description: "longer than what is judged whole"},
	{Name: "LINK_LOOKALIKE", Group: "links", Weight: 6, Description: "a host that imitates a brand"},
	{Name: "LINK_USERINFO", Group: "links", Weight: 5, Description: "a host before an @"},
	{Name: "CONTENT_SPAM", Group: "content", Weight: 8, Description: "an advert"},
	{Name: "CONTENT_SCAM", Group: "content", Weight: 8, Description: "easy money"},
	{Name: "CONTENT_PHISHING", Group: "content", Weight: 8, Description: "phishing"},
	{Name: "CONTENT_ADULT", Group: "content", Weight: 8, Description: "a lure to an adult site"},
	{Name: "CONTENT_MALWARE", Group: "content", Weight: 8, Description: "a lure to install something"},
	{Name: "DISGUISE_MIXED", Group: "disguise", Weight: 2.5, Description: "a disguise"},
	{Name: "DISGUISE_HIDDEN", Group: "disguise", Weight: 2.5, Description: "a disguise"},
	{Name: "DISGUISE_BIDI", Group: "disguise", Weight: 2, Description: "a disguise"},
	{Name: "DISGUISE_STYLED", Group: "disguise", Weight: 1.5, Description: "a disguise"},
	{Name: "DISGUISE_PILED", Group: "disguise", Weight: 1, Description: "a disguise"},
	{Name: "DISGUISE_ACCENTS", Group: "disguise", Weight: 1.5, Description: "a disguise"},
	{Name: "DISGUISE_LEET", Group: "disguise", Weight: 1, Description: "a disguise"},
	{Name: "DISGUISE_SPACED", Group: "disguise", Weight: 1.5, Description: "a disguise"},
	{Name: "LURE_CREDENTIALS", Group: "lures", Weight: 3, Description: "a lure"},
	{Name: "LURE_WEBCAM", Group: "lures", Weight: 3, Description: "a lure"},
	{Name: "LURE_PRIZE", Group: "lures", Weight: 2, Description: "a lure"},
	{Name: "LURE_MONEY", Group: "lures", Weight: 2, Description: "a lure"},
	{Name: "LURE_MALWARE", Group: "lures", Weight: 2, Description: "a lure"},
	{Name: "LURE_THREAT", Group: "lures", Weight: 2, Description: "a lure"},
	{Name: "LURE_PICTURE", Group: "lures", Weight: 3, Description: "a lure"},
	{Name: "LURE_ELSEWHERE", Group: "lures", Weight: 1, Description: "a lure"},
	{Name: "WALLET_ADDRESS", Group: "lures", Weight: 1.5, Description: "a lure"},
	{Name: "LINK_HIDDEN", Group: "links", Weight: 3, Description: "a link written past programs"},
	{Name: "LINK_IP_HOST", Group: "links", Weight: 2.5, Description: "an address instead of a name"},
	{Name: "LINK_IDENTITY", Group: "links", Weight: 5, Description: "a link that names its recipient"},
	{Name: "LINK_REDIRECT", Group: "links", Weight: 1.5, Description: "a link in a link"},
	{Name: "LINK_SHORTENER", Group: "links", Weight: 1.5, Description: "a link shortener"},
	{Name: "LINK_DISPOSABLE", Group: "links", Weight: 3, Description: "a domain of throw-away mail"},
	{Name: "BURST_TO_CONTACTS", Group: "profile", Weight: 4, Description: "one thing to many contacts"},
	{Name: "ACCOUNT_UNLIKE_ITSELF", Group: "profile", Weight: 4, Description: "unlike itself"},
	{Name: "CONTACTS_DOUBT", Group: "profile", Weight: 3, Description: "those who got it ask back"},
	{Name: "CHILD_APPROACHED", Group: "approach", Weight: 6, Description: "a child is to keep a secret"},
	{Name: "PLEA_TO_SEVERAL", Group: "plea", Weight: 9, Description: "money of one after the other"},
	{Name: "REQUEST_UNANSWERED", Group: "flood", Weight: 4, Description: "requests that nobody answers"},
	{Name: "INVITE_FLOOD", Group: "flood", Weight: 5, Description: "invitations to many strangers"},
	{Name: "INVITE_FLOOD_ROOM", Group: "flood", Weight: 5, Description: "one room advertised by several"},
	{Name: "STRIKES", Group: "strikes", Weight: 9, Description: "goes on after three strikes"},
	{Name: "HARVEST_BURST", Group: "harvest", Weight: 4, Description: "read, then written to"},
	{Name: "DECOY_PROOF", Group: "decoy", Weight: 16, Description: "two decoys"},
	{Name: "CAMPAIGN", Group: "campaign", Weight: 5, Description: "alike texts from several accounts"},
	{Name: "CAMPAIGN_SPUN", Group: "campaign", Weight: 4, Description: "alike texts from one account"},
	{Name: "CAMPAIGN_CONDEMNED", Group: "campaign", Weight: 10, Description: "a copy of a condemned campaign"},
	{Name: "DOOR_CHALLENGED", Group: "door", Weight: 0.1, Description: "a stranger at the door"},
	{Name: "DOOR_CONTACTS_ONLY", Group: "door", Weight: 0.1, Description: "a stranger at the door"},
	{Name: "DOOR_MINOR", Group: "door", Weight: 0.1, Description: "a stranger at a child's door"},
	{Name: "DOOR_SHUT", Group: "door", Weight: 0.1, Description: "a stranger who was shut out"},
	{Name: "PASSED_ON", Group: "script", Weight: 0.1, Description: "a new account says what it was told"},
	{Name: "LIST_ALLOW", Group: "lists", Weight: 0, Description: "on the allow list"},
	{Name: "LIST_BLOCK_ACCOUNT", Group: "lists", Weight: 15, Description: "a blocked account"},
	{Name: "LIST_BLOCK_ADDR", Group: "lists", Weight: 15, Description: "a blocked address"},
	{Name: "LIST_BLOCK_DOMAIN", Group: "lists", Weight: 15, Description: "a blocked domain"},
	{Name: "LIST_BLOCK_LINK", Group: "lists", Weight: 15, Description: "a blocked link"},
	{Name: "LISTED_ACCOUNT", Group: "lists", Weight: 15, Description: "listed elsewhere"},
	{Name: "LISTED_SERVICE", Group: "lists", Weight: 15, Description: "listed elsewhere"},
	{Name: "LISTED_ADDR", Group: "lists", Weight: 15, Description: "listed elsewhere"},
	{Name: "LISTED_DOMAIN", Group: "lists", Weight: 15, Description: "listed elsewhere"},
	{Name: "LISTED_LINK", Group: "lists", Weight: 15, Description: "listed elsewhere"},
	{Name: "LISTED_TEXT", Group: "lists", Weight: 15, Description: "listed elsewhere"},
	{Name: "LIST_BLOCK_TEXT", Group: "lists", Weight: 15, Description: "a blocked text"},
}

func TestDefaultLoads(t *testing.T) {
	p, err := Load(Default(), "policy.yaml", detectors)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Shadow("chat.example") {
		t.Error("a fresh install does not start in shadow")
	}
}

func TestLoadNamesEveryProblem(t *testing.T) {
	good := ruleFile("GOOD", 1)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string // in their order; each is contained in its line
	}{
		{"unknown and wrong keys", map[string]string{"policy.yaml": "shadow: yes please\nthreshold: {}\nweights: {FAN_OUT: heavy, NOBODY: 1}\n"}, []string{
			`policy.yaml:2:9: is a text; true or false is expected`,
			`policy.yaml:3:1: "threshold" is no key here; it may be version, shadow, thresholds`,
			`policy.yaml:4:20: is a text; a finite number is expected`,
			`policy.yaml:4:27: NOBODY is no symbol`,
		}},
		{"thresholds", map[string]string{"policy.yaml": "thresholds:\n  allow: 1\n  mark: 9\n  hold: 8\n  reject: -1\nkinds: {letter: never}\nrelations: {friend: never, self: 3}\n"}, []string{
			`policy.yaml:3:3: "allow" has no threshold`,
			`policy.yaml:3:3: hold stands at 8, below a weaker action`,
			`policy.yaml:6:11: is -1; a number from 0.01 to 1000 is expected`,
			`policy.yaml:7:9: "letter" is no kind of event`,
			`policy.yaml:8:13: "friend" is no relation`,
			`policy.yaml:8:34: is a number; a mapping is expected`,
		}},
		{"symbols", map[string]string{"policy.yaml": "always_allow: [NOBODY]\nforce: {NOBODY: hold, FAN_OUT: kill}\ncontent: {symbols: [NOBODY]}\nharms: {FAN_OUT: \"S p\"}\ntips: {NOBODY: x}\nservices: {x: {off: [FAN_OUT], at: 1}}"}, []string{
			"policy.yaml:2:16: NOBODY is no symbol", "policy.yaml:3:9: NOBODY is no symbol", `policy.yaml:3:32: "kill" is no action; it may be allow, mark`,
			"policy.yaml:4:10: at_most is missing", "policy.yaml:4:21: NOBODY is no symbol", `policy.yaml:5:18: "S p" is no plain word`, "policy.yaml:6:8: NOBODY is no symbol",
			"policy.yaml:7:22: FAN_OUT is no rule; a detector is silenced by the weight 0", `policy.yaml:7:32: "at" is no key here`,
		}},
		{"rule files", map[string]string{
			"policy.yaml": "rules: [rules/*.yaml, none/*.yaml, x.txt, '[', 7]", "rules/GOOD.yaml": good, "rules/GOOD_test.yaml": "anything",
			"rules/OTHER.yaml": good, "rules/small.yaml": ruleFile("small", 1), "rules/FAN_OUT.yaml": ruleFile("FAN_OUT", 1), "rules/EMPTY.yaml": "# nothing\n",
		}, []string{
			"policy.yaml:2:23: no further file is named none/*.yaml", "policy.yaml:2:36: \"x.txt\" is no pattern", `policy.yaml:2:43: "[" is no pattern`, "policy.yaml:2:48: is a number; a text",
			"rules/EMPTY.yaml: is empty", "rules/FAN_OUT.yaml:1:7: FAN_OUT is the symbol of a detector", "rules/OTHER.yaml:1:7: GOOD stands in a file of another name, OTHER.yaml",
			`rules/small.yaml:1:7: "small" is no symbol`,
		}},
		{"a rule", map[string]string{"policy.yaml": "rules: [RULE.yaml]", "RULE.yaml": "name: RULE\nwhen: linkz > 0\nscore: 2000\nwhy: \"{links\"\naction: kill\nlabel: {entity: text, name: A, for: 100d}\nharm: A\ntip: 1\nshadow: 1\npercent: 101\nuntil: soon\nscore2: 1\n"}, []string{
			"RULE.yaml:1:1: description is missing", "RULE.yaml:2:7: linkz is not known", "RULE.yaml:3:8: is 2000; a number from -1000 to 1000", "RULE.yaml:4:7: { is not closed",
			`RULE.yaml:5:9: "kill" is no action`, `RULE.yaml:6:17: "text" cannot be labelled`, `RULE.yaml:6:29: "A" is no plain word`, "RULE.yaml:6:37: 100d is outside 1s to 90d",
			`RULE.yaml:7:7: "A" is no plain word`, "RULE.yaml:8:6: is a number; a text", "RULE.yaml:9:9: is a number; true or false", "RULE.yaml:10:10: is 101", `RULE.yaml:11:8: "soon" is no date`,
			`RULE.yaml:12:1: "score2" is no key here`,
		}},
		{"lets and sentences", map[string]string{"policy.yaml": "rules: [RULE.yaml]", "RULE.yaml": "name: RULE\ndescription: d\nlet:\n  Big: links\n  count: links\n  pair: links\n  a: b > 0\n  b: links\n  c: count(sender, \"1h\", n > 1)\n  n: count(sender, \"1h\")\n  d: count(sender, \"1h\", n > 1)\nwhen: b > 1\nscore: 1\nwhy: \"{body} and {stranger} and {b > }\"\n"}, []string{
			`RULE.yaml:4:3: "Big" is no name`, "RULE.yaml:5:3: count has a meaning already", "RULE.yaml:6:3: pair has a meaning already", "RULE.yaml:7:6: b is not known",
			"RULE.yaml:9:26: n is not known", "RULE.yaml:11:26: the condition of count may not use n", "RULE.yaml:14:8: only numbers and durations can be put into a sentence; this is a text",
			"RULE.yaml:14:19: only numbers and durations", "RULE.yaml:14:36: unexpected token EOF",
		}},
		{"broken YAML", map[string]string{"policy.yaml": "weights: {FAN_OUT: 1\nrules: ]\n"}, []string{"policy.yaml:3:"}},
		{"a key twice", map[string]string{"policy.yaml": "shadow: true\nshadow: false\n"}, []string{`policy.yaml:3:1: mapping key "shadow" already defined`}},
		{"anchors", map[string]string{"policy.yaml": "shadow: &a true\nrules: *a\n"}, []string{"policy.yaml:2:9: is an anchor, alias or tag", "policy.yaml:3:8: is an anchor, alias or tag"}},
		{"two documents", map[string]string{"policy.yaml": "---\nversion: 1\n"}, []string{"policy.yaml: has 2 documents"}},
		{"too deep", map[string]string{"policy.yaml": "rules: " + strings.Repeat("[", 10_000)}, []string{"policy.yaml: has more than 64 brackets within brackets"}},
		{"too long", map[string]string{"policy.yaml": "# " + strings.Repeat("long ", 20_000)}, []string{"policy.yaml: has 100013 bytes, more than the limit of 65536"}},
		{"a long expression", map[string]string{"policy.yaml": "rules: [RULE.yaml]", "RULE.yaml": strings.Replace(ruleFile("RULE", 1), "links > 0", strings.Repeat("(", 5000), 1)}, []string{"RULE.yaml:3:7: has 5021 characters, more than the limit of 4096"}},
		{"a list for a policy", map[string]string{"policy.yaml": "", "RULE.yaml": "- a"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadFiles(c.files)
			if len(c.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var errs Errors
			if !errors.As(err, &errs) || !errors.Is(err, nospim.ErrInvalid) {
				t.Fatalf("the error is %T %v", err, err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(lines), len(c.want), err)
			}
			for i, want := range c.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("got  %s\nwant %s", lines[i], want)
				}
			}
		})
	}
}

func TestVersion(t *testing.T) {
	for text, want := range map[string]string{
		"shadow: true\n": "policy.yaml:1:1: version is missing", "version: 2\n": "policy.yaml:1:10: version is 2; this program reads version 1",
		"version: one\n": "policy.yaml:1:10: is a text; a finite number", "- 1\n": "policy.yaml:1:1: is a list; a mapping is expected",
	} {
		_, err := Load(fstest.MapFS{"policy.yaml": {Data: []byte(text)}}, "policy.yaml", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestAMissingFileIsTheFileSystemsError(t *testing.T) {
	if _, err := Load(fstest.MapFS{}, "policy.yaml", nil); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("Load: %v", err)
	}
	if _, err := Tests(fstest.MapFS{}, "policy.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Tests: %v", err)
	}
}

func TestHash(t *testing.T) {
	files := map[string]string{"policy.yaml": "rules: [rules/*.yaml]", "rules/A_RULE.yaml": ruleFile("A_RULE", 1), "rules/B_RULE.yaml": ruleFile("B_RULE", 1)}
	first := load(t, files).Hash()
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(first) || load(t, files).Hash() != first {
		t.Errorf("the hash is %s, then %s", first, load(t, files).Hash())
	}
	files["rules/A_RULE_test.yaml"], files["rules/README"] = "- {}", "what the rules do"
	if got := load(t, files).Hash(); got != first {
		t.Error("a test file changes the hash")
	}
	files["rules/B_RULE.yaml"] += "# a comment\n"
	if got := load(t, files).Hash(); got == first {
		t.Error("a changed rule does not change the hash")
	}
}

func TestAPolicyInAFolder(t *testing.T) {
	fsys := fstest.MapFS{
		"etc/nospim/policy.yaml":  {Data: []byte("version: 1\nrules: [r/*.yaml]")},
		"etc/nospim/r/RULE.yaml":  {Data: []byte(ruleFile("RULE", 1))},
		"etc/nospim/r/WRONG.yaml": {Data: []byte("name: WRONG")},
	}
	_, err := Load(fsys, "etc/nospim/policy.yaml", nil)
	if err == nil || !strings.HasPrefix(err.Error(), "etc/nospim/r/WRONG.yaml:1:1: ") {
		t.Errorf("got %v", err)
	}
	delete(fsys, "etc/nospim/r/WRONG.yaml")
	if _, err := Load(fsys, "etc/nospim/policy.yaml", nil); err != nil {
		t.Error(err)
	}
}
