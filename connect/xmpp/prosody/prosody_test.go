package prosody_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nospim/nospim/connect/xmpp/prosody"
)

// closing are lines that only close what a line above opened.
var closing = regexp.MustCompile(`^(end|\})[;,)]*$`)

// TestModuleStaysSmall counts the module's lines of code: all but blank ones, comments and those that only close a block.
// An adapter inside somebody else's server has to be read by whoever installs it.
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
	const most = 240
	lines := 0
	for l := range strings.Lines(string(b)) {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "--") && !closing.MatchString(l) {
			lines++
		}
	}
	if lines > most {
		t.Errorf("%d lines of code, want at most %d", lines, most)
	}
	t.Logf("%d lines of code", lines)
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
