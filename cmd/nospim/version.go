package main

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what the program knows of its own making.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	// Policy is the hash of the default policy.
	Policy string `json:"default_policy,omitempty"`
}

func readBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = cmp.Or(info.Main.Version, b.Version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func newVersion(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the revision and the hash of the default policy",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			p, err := defaultPolicy()
			if err != nil {
				return err
			}
			b.Policy = p.Hash()
			if asJSON {
				return a.printJSON(b)
			}
			revision := cmp.Or(b.Revision, "unknown")
			if b.Modified {
				revision += ", modified"
			}
			return a.printf("nospim %s\nrevision %s\n%s\ndefault policy %s\n", b.Version, revision, b.Go, b.Policy)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
