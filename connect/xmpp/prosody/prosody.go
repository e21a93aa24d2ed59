// Package prosody carries mod_nospim.lua, the adapter that runs inside a Prosody XMPP server: it asks nospim about what
// reaches the people of a host before it is delivered, over the line protocol (docs/protocols/line.md), and enforces the
// answer. How to install it is in docs/protocols/prosody.md.
//
// The module has no policy and stops nothing by itself. Its tests drive a real Prosody 0.12.
package prosody

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

// FileName is the name that Prosody expects of the module.
const FileName = "mod_nospim.lua"

// module is the adapter, one file of Lua.
//
//go:embed mod_nospim.lua
var module []byte

// Install writes the module into dir, which is made when there is none. The directory has to be in Prosody's plugin_paths.
func Install(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // Prosody's own user must be able to read it
		return fmt.Errorf("making the directory for %s: %w", FileName, err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), module, 0o644); err != nil { //nolint:gosec // as above
		return fmt.Errorf("writing %s: %w", FileName, err)
	}
	return nil
}
