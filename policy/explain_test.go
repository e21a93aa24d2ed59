package policy

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func TestExplain(t *testing.T) {
	p := load(t, map[string]string{
		"policy.yaml": scale + `
rules: [rules/*.yaml]
services:
  chat.example: {shadow: true, weights: {FAN_OUT: 0}, off: [B_RULE]}
  strict.example: {thresholds: {hold: 3}}
`,
		"rules/A_RULE.yaml": "name: A_RULE\ndescription: Somebody asks much.\nlet:\n  asks: kind == \"contact_request\"\n  n: count([sender, addr], \"90m\", asks and stranger)\n" +
			"when: |\n  asks &&\n  n > 5\nscore: 2.5\nwhy: asked {n} times\naction: hold\npercent: 12.5\nuntil: 2026-12-31\ntip: advice\nlabel: {entity: sender, name: asker, for: 1d}\n",
		"rules/B_RULE.yaml": ruleFile("B_RULE", 1, "shadow: true"),
		"rules/C_RULE.yaml": "name: C_RULE\ndescription: Many at once.\nwhen: count([sender, addr], \"90m\", kind == \"contact_request\" && stranger) > 9 && distinct(text, network, \"7d\") > 1\nscore: 1\nwhy: many\n",
	})
	var got bytes.Buffer
	if err := p.Explain(&got); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain.golden", got.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs; go test -update writes it:\n%s", file, d)
	}
}

// broken is a writer that fails.
type broken struct{}

var errBroken = errors.New("no room")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestExplainSaysThatItCannotWrite(t *testing.T) {
	if err := load(t, map[string]string{"policy.yaml": scale}).Explain(broken{}); !errors.Is(err, errBroken) {
		t.Errorf("the error is %v", err)
	}
}

func TestVocabularyIsWhatTheLanguageKnows(t *testing.T) {
	words := Vocabulary()
	if len(words) != len(names)+len(functions) {
		t.Errorf("%d words of %d", len(words), len(names)+len(functions))
	}
	for _, w := range words {
		if w.Name == "" || w.Type == "" || w.About == "" {
			t.Errorf("%+v says too little", w)
		}
		if strings.Contains(w.Name, "(") {
			continue
		}
		example := map[string]string{boolean.String(): w.Name, number.String(): w.Name + " >= 0", span.String(): w.Name + ` >= "0s"`, word.String(): w.Name + " == sender.id"}[w.Type]
		var errs Errors
		if _, ok := compileText(example, &errs); !ok {
			t.Errorf("%s is in the vocabulary, but %s is refused: %v", w.Name, example, errs)
		}
	}
}
