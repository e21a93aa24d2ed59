package prosody_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nospim/nospim/connect/xmpp/prosody"
)

// TestModuleStaysSmall counts the module's lines: all but blank ones and those that are only a comment. An adapter inside
// somebody else's server has to be read by whoever installs it, so the lines may not be long either.
func TestModuleStaysSmall(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "modules")
	if err := prosody.Install(dir); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, prosody.FileName))
	if err != nil {
		t.Fatal(err)
	}
	const most, widest = 150, 125
	lines := 0
	for l := range strings.Lines(string(b)) {
		text := strings.TrimSpace(l)
		if text != "" && !strings.HasPrefix(text, "--") {
			lines++
		}
		if columns := utf8.RuneCountInString(strings.ReplaceAll(strings.TrimRight(l, "\n"), "\t", "    ")); columns > widest {
			t.Errorf("%d columns, want at most %d: %s", columns, widest, text)
		}
	}
	if lines > most {
		t.Errorf("%d lines, want at most %d", lines, most)
	}
	t.Logf("%d lines", lines)
}

func TestInstallSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := prosody.Install(file); err == nil || !strings.Contains(err.Error(), prosody.FileName) {
		t.Errorf("Install into a file: %v, want an error that names %s", err, prosody.FileName)
	}
}
