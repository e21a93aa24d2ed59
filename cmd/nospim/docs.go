package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/http"
)

// newMan makes man, which packagers call.
func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the man pages into a directory",
		Example: "  nospim man /usr/local/share/man/man1",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // man pages are for everybody
				return err
			}
			c.Root().DisableAutoGenTag = true
			// Without a date of its own a page has that of its making, and no two are alike.
			day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			header := &doc.GenManHeader{Title: "NOSPIM", Section: "1", Source: "nospim", Manual: "nospim", Date: &day}
			if err := doc.GenManTree(c.Root(), header, args[0]); err != nil {
				return fmt.Errorf("writing man pages: %w", err)
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "nospim*.1"))
			if err != nil {
				return err
			}
			return a.printf("%d pages in %s; read one with man -l %s\n", len(pages), args[0], filepath.Join(args[0], "nospim.1"))
		},
	}
}

// newDocs makes docs, which make gen calls.
func newDocs(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "docs DIR",
		Short:  "Write the generated part of docs/",
		Hidden: true,
		Args:   usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			for _, d := range generated(c.Root()) {
				var b bytes.Buffer
				if err := d.write(&b); err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(args[0], d.name), b.Bytes(), 0o644); err != nil { //nolint:gosec // documents are for everybody
					return err
				}
				if err := a.printf("%s\n", d.name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// document is a generated file of docs/.
type document struct {
	name  string
	write func(io.Writer) error
}

func generated(root *cobra.Command) []document {
	return []document{
		{"cli.md", func(w io.Writer) error { return writeCLI(w, root) }},
		{"config.md", config.Markdown},
		{"symbols.md", writeSymbols},
		{"api.md", func(w io.Writer) error { return writeBytes(w, func() ([]byte, error) { return http.Markdown(), nil }) }},
		{"openapi.json", func(w io.Writer) error { return writeBytes(w, http.OpenAPI) }},
	}
}

func writeBytes(w io.Writer, produce func() ([]byte, error)) error {
	b, err := produce()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// writeCLI writes docs/cli.md: every command as its --help has it.
func writeCLI(w io.Writer, root *cobra.Command) error {
	var b strings.Builder
	b.WriteString("<!-- Generated from cmd/nospim: change the help there and run make gen. -->\n\n# The command line\n\n")
	b.WriteString(root.Long + "\n\n## Exit codes\n\n```\n" + exitCodes + "```\n")
	root.InitDefaultCompletionCmd() // cobra adds it when a command runs; the document is the same either way
	for _, c := range root.Commands() {
		writeCommand(&b, c)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeCommand(b *strings.Builder, c *cobra.Command) {
	if c.Hidden || (!c.IsAvailableCommand() && !c.HasAvailableSubCommands()) {
		return
	}
	level := "##"
	if c.Parent().HasParent() {
		level = "###"
	}
	fmt.Fprintf(b, "\n%s %s\n\n%s.\n", level, c.CommandPath(), c.Short)
	if c.Long != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", c.Long)
	}
	if c.Runnable() && !c.HasSubCommands() {
		fmt.Fprintf(b, "\n```\n%s\n", c.UseLine())
		if c.Example != "" {
			fmt.Fprintf(b, "\nExamples:\n%s\n", c.Example)
		}
		if flags := flagUsages(c.NonInheritedFlags()); flags != "" {
			fmt.Fprintf(b, "\nFlags:\n%s\n", flags)
		}
		b.WriteString("```\n")
	}
	for _, sub := range c.Commands() {
		writeCommand(b, sub)
	}
}

// flagUsages is the help of the flags but for --help, which every command has.
func flagUsages(flags *pflag.FlagSet) string {
	some := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			some.AddFlag(f)
		}
	})
	return strings.TrimRight(some.FlagUsages(), "\n")
}

// writeSymbols writes docs/symbols.md: what the detectors and the rules of the default policy can notice.
func writeSymbols(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`<!-- Generated from the detectors and the default policy: change them and run make gen. -->

# Symbols

A symbol is something that a detector or a rule can notice. Its weight is what it adds to the score unless the policy says
otherwise; a negative weight speaks for the sender. ` + "`nospim policy explain`" + ` prints what a policy makes of them.
`)
	p, err := defaultPolicy()
	if err != nil {
		return err
	}
	group := ""
	for _, s := range p.Symbols() {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(&b, "\n## %s\n\n| symbol | weight | what was noticed |\n|---|---:|---|\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %g | %s |\n", s.Name, s.Weight, strings.ReplaceAll(s.Description, "|", `\|`))
	}
	_, err = io.WriteString(w, b.String())
	return err
}
