package main

import (
	"github.com/spf13/cobra"

	"github.com/nospim/nospim/config"
)

func newConfig(a *app) *cobra.Command {
	return group("config", "Check and describe the configuration", newConfigCheck(a), newConfigDescribe(a))
}

func newConfigCheck(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Read the configuration and say what holds",
		Long:  "Reads the file named, or the one that serve would read, and the secrets it names. Prints what holds, or each mistake with its line.",
		Example: `  nospim config check
  nospim config check ./nospim.yaml`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			name := config.File()
			if len(args) > 0 {
				name = args[0]
			}
			cfg, err := config.Load(name)
			if err != nil {
				return err
			}
			if _, err := config.Secret(cfg.Line.SecretFile); err != nil {
				return err
			}
			if _, err := config.Secret(cfg.HTTP.TokenFile); err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(struct {
					File   string `json:"file"`
					Data   string `json:"data"`
					Policy string `json:"policy"`
					Line   string `json:"line"`
					HTTP   string `json:"http"`
				}{name, cfg.Data, cfg.Policy, cfg.Line.Listen, cfg.HTTP.Listen})
			}
			if name == "" {
				name = "no file, the defaults"
			}
			return a.printf("ok: %s\ndata    %s\npolicy  %s\nline    %s\nhttp    %s\n", name, cfg.Data, cfg.Policy, cfg.Line.Listen, cfg.HTTP.Listen)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func newConfigDescribe(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "describe",
		Short:   "Print a whole configuration file: every key, its default, what it means",
		Example: "  nospim config describe > nospim.yaml",
		Args:    usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if !asJSON {
				return config.Describe(a.out)
			}
			keys, err := config.Keys()
			if err != nil {
				return err
			}
			return a.printJSON(keys)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
