package ejabberd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nospim/nospim/connect/xmpp/ejabberd"
)

// TestModuleStaysSmall counts the module's lines of logic: all but blank ones, comments, attributes (exports and constants), and
// the callbacks that say what options there are. An adapter inside somebody else's server has to be read by whoever installs it,
// so the lines may not be long either, and nothing may be included.
func TestModuleStaysSmall(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mod_nospim")
	if err := ejabberd.Install(dir); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "src", ejabberd.FileName))
	if err != nil {
		t.Fatal(err)
	}
	const most, widest = 200, 125
	lines, attribute, declarations := 0, false, false
	for l := range strings.Lines(string(b)) {
		l = strings.TrimRight(l, "\n")
		if columns := utf8.RuneCountInString(l); columns > widest {
			t.Errorf("%d columns, want at most %d: %s", columns, widest, l)
		}
		code, comment, _ := strings.Cut(l, "% ")
		switch code = strings.TrimSpace(code); {
		case strings.HasPrefix(l, "%%%"):
			declarations = strings.HasPrefix(comment, "What ejabberd asks")
		case strings.HasPrefix(code, "-include"):
			t.Errorf("a header file: %s", code)
		case strings.HasPrefix(code, "-"), attribute:
			attribute = !strings.HasSuffix(code, ".")
		case code != "" && !strings.HasPrefix(code, "%") && !declarations:
			lines++
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
	if err := ejabberd.Install(file); err == nil || !strings.Contains(err.Error(), ejabberd.FileName) {
		t.Errorf("Install into a file: %v, want an error that names %s", err, ejabberd.FileName)
	}
}
