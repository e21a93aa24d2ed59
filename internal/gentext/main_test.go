package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTablesAreFresh makes the tables again and compares them with those in room text.
func TestTablesAreFresh(t *testing.T) {
	all, err := tables(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range all {
		have, err := os.ReadFile(table.file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, table.source) {
			t.Errorf("%s is not what its sources make now: run make tables", table.file)
		}
	}
}

// TestLexiconRefuses reads lexicons with mistakes.
func TestLexiconRefuses(t *testing.T) {
	for name, lexicon := range map[string]string{
		"no such part":          "[wonder]\nmiracle\n",
		"before the first part": "miracle\n",
		"* inside":              "[money]\nca*sh\n",
		"less than four bytes":  "[money]\nsex*\n",
	} {
		file := filepath.Join(t.TempDir(), "en.txt")
		if err := os.WriteFile(file, []byte(lexicon), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readLexicon(file); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v, want %q", lexicon, err, name)
		}
	}
	if _, err := readLexicon(filepath.Join(t.TempDir(), "??.txt")); err == nil {
		t.Error("no lexicon at all is fine")
	}
}

func TestLook(t *testing.T) {
	table, err := confusables("confusables-14.0.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[rune]string{'а': "a", 'ѕ': "s", 'ɡ': "g", 'ᴀ': "a", 'é': "e", 'ø': "o", 'в': "b", '\u13aa': "a", 'ʃ': "", '免': "", 'ш': "w", 'ӏ': "l"} {
		if got := look(from, table); got != want {
			t.Errorf("%c looks like %q, want %q", from, got, want)
		}
	}
}
