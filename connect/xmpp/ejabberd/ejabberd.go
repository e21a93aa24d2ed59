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

// module is the adapter, one file of Erlang; spec is what module_install wants to know of it, and conf the configuration with
// which it starts.
//
//go:embed mod_nospim.erl
var module []byte

const (
	spec = "summary: \"Asks nospim about what reaches people, before it is delivered\"\n"
	conf = "modules:\n  mod_nospim: {}\n"
)

// Install writes the module into dir, which is made when there is none, as ejabberdctl module_install expects it: dir has to be
// sources/mod_nospim below the directory that CONTRIB_MODULES_PATH names. The source is src/mod_nospim.erl in it.
func Install(dir string) error {
	for path, text := range map[string]string{
		filepath.Join("src", FileName): string(module), "mod_nospim.spec": spec, filepath.Join("conf", "mod_nospim.yml"): conf,
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // ejabberd's own user must be able to read it
			return fmt.Errorf("making the directory for %s: %w", FileName, err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // as above
			return fmt.Errorf("writing %s: %w", FileName, err)
		}
	}
	return nil
}
