// Package ejabberd carries mod_nospim.erl, the adapter that runs inside an ejabberd XMPP server: it asks nospim about what
// reaches the people of a host before it is delivered, over the line protocol (docs/protocols/line.md), and enforces the
// answer. How to install it is in docs/protocols/ejabberd.md.
//
// The module has no policy and stops nothing by itself. Its tests drive a real ejabberd 23.01, with the suite of
// connect/xmpp/servertest that Prosody's adapter passes, too.
package ejabberd

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

// FileName is the module's source, which ejabberdctl module_install and erlc compile.
const FileName = "mod_nospim.erl"

// module is the adapter, one file of Erlang; spec is what module_install wants to know of it.
//
//go:embed mod_nospim.erl
var module []byte

const spec = "summary: \"Asks nospim about what reaches people, before it is delivered\"\n"

// Install writes the module into dir, which is made when there is none, as ejabberdctl module_install expects it: dir has to be
// sources/mod_nospim below the directory that CONTRIB_MODULES_PATH names. The source is src/mod_nospim.erl in it.
func Install(dir string) error {
	src := filepath.Join(dir, "src")
	if err := os.MkdirAll(src, 0o755); err != nil { //nolint:gosec // ejabberd's own user must be able to read it
		return fmt.Errorf("making the directory for %s: %w", FileName, err)
	}
	for path, text := range map[string][]byte{filepath.Join(src, FileName): module, filepath.Join(dir, "mod_nospim.spec"): []byte(spec)} {
		if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // as above
			return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
		}
	}
	return nil
}
