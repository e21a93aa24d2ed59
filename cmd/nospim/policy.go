package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/policy"
)

func newPolicy(a *app) *cobra.Command {
	return group("policy", "Check, explain and write the policy", newPolicyCheck(a), newPolicyExplain(a), newPolicyInit(a))
}

// policyName returns the policy file that is meant: the one named, else the one of the installation; empty when that has none.
func policyName(p *places, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	f := labFlags{places: *p}
	return f.file()
}

func newPolicyCheck(a *app) *cobra.Command {
	var (
		p      places
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say everything that is wrong with a policy, and run the tests of its rules",
		Long: `Reads the policy named, else the installed one, else the default one, and prints each mistake as file:line:column. Then runs
the tests that stand beside the rules. Exit code 1 when anything is wrong.`,
		Example: `  nospim policy check
  nospim policy check ./policy.yaml --json`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := policyName(&p, args)
			if err != nil {
				return err
			}
			f, err := inspect(c.Context(), name)
			if err != nil {
				return err
			}
			return f.print(a, asJSON)
		},
	}
	p.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// findings is what policy check found.
type findings struct {
	File     string    `json:"file"`
	Policy   string    `json:"policy,omitempty"`
	Tests    int       `json:"tests"`
	Problems []problem `json:"problems"`
}

type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Problem string `json:"problem"`
}

// inspect loads a policy and runs its tests. An empty name is the default policy.
func inspect(ctx context.Context, name string) (*findings, error) {
	f := &findings{File: name, Problems: []problem{}}
	var dir fs.FS
	var file, prefix string
	if name == "" {
		dir, file, f.File = policy.Default(), policyFile, "default"
	} else {
		dir, file = policyFS(name)
		prefix = filepath.Dir(name)
	}
	p, err := loadPolicyOr(name)
	if err != nil {
		return f, f.add("", err)
	}
	f.Policy = p.Hash()
	tests, err := policy.Tests(dir, file)
	if err := f.add(prefix, err); err != nil {
		return f, err
	}
	f.Tests = len(tests)
	failures, err := policy.RunTests(ctx, tests, func() (nospim.Judge, error) {
		l, err := newLab(ctx, p, "", nil)
		if err != nil {
			return nil, err
		}
		return l.engine, nil
	})
	for _, x := range failures {
		f.Problems = append(f.Problems, problem{
			File: filepath.Join(prefix, filepath.FromSlash(x.Test.File)), Line: x.Test.Line, Problem: x.Test.Name + ": " + x.Problem,
		})
	}
	return f, err
}

// add takes over the problems of err, in files below a directory. Any other error is returned.
func (f *findings) add(dir string, err error) error {
	var wrong policy.Errors
	if !errors.As(err, &wrong) {
		return err
	}
	for _, e := range inDir(wrong, dir) {
		f.Problems = append(f.Problems, problem{e.File, e.Line, e.Column, e.Problem})
	}
	return nil
}

func (f *findings) print(a *app, asJSON bool) error {
	var err error
	if asJSON {
		err = a.printJSON(f)
	} else {
		err = f.printText(a)
	}
	if err == nil && len(f.Problems) > 0 {
		err = errTold
	}
	return err
}

func (f *findings) printText(a *app) error {
	for _, p := range f.Problems {
		place := p.File
		if p.Line > 0 {
			place += fmt.Sprintf(":%d", p.Line)
		}
		if p.Column > 0 {
			place += fmt.Sprintf(":%d", p.Column)
		}
		if err := a.printf("%s: %s\n", place, p.Problem); err != nil {
			return err
		}
	}
	if len(f.Problems) > 0 {
		return a.printf("%d problems\n", len(f.Problems))
	}
	return a.printf("ok: %s, %d tests, %s\n", f.File, f.Tests, f.Policy)
}

func newPolicyExplain(a *app) *cobra.Command {
	var p places
	c := &cobra.Command{
		Use:     "explain [FILE]",
		Short:   "Print a policy in words: thresholds, weights, rules and what they count",
		Example: "  nospim policy explain",
		Args:    usage(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := policyName(&p, args)
			if err != nil {
				return err
			}
			loaded, err := loadPolicyOr(name)
			if err != nil {
				return err
			}
			return loaded.Explain(a.out)
		},
	}
	p.flags(c)
	return c
}

func newPolicyInit(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Write the default policy, its rules and their tests into a directory, to read and keep",
		Example: `  nospim policy init ./policy
  nospim policy check ./policy/policy.yaml`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := writePolicy(args[0]); err != nil {
				return err
			}
			return a.printf("written: %s\n", filepath.Join(args[0], policyFile))
		},
	}
}
