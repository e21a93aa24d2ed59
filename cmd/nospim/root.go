package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim/config"
)

// newRoot returns the tree of commands.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "nospim",
		Short: "Stops spam over instant messaging",
		Long: `nospim stops SPIM, spam over instant messaging. It sits beside an IM service and judges what happens on it before it is
delivered: allow, mark, hold, reject. A fresh installation only watches, until its policy says shadow: false.`,
		Example: `  nospim demo                              see a spim bot being stopped
  nospim serve                             start the daemon
  nospim check "hi, see my cam at http://x.example/a"`,
		Args:          usage(cobra.NoArgs),
		RunE:          help,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return wrongUsage(c, err) })
	root.CompletionOptions.DisableDescriptions = false
	root.AddCommand(
		newServe(a), newDemo(a), newCheck(a), newReplay(a), newEval(a), newTrain(a), newSimulate(a),
		newPolicy(a), newLists(a), newHeld(a), newAccounts(a), newCampaigns(a), newLearned(a), newPeople(a), newReportsCommand(a), newConfig(a),
		newSelftest(a), newVersion(a), newMan(a), newDocs(a),
		&cobra.Command{
			Use:   "exit-codes",
			Short: "What the exit codes mean",
			Long:  "The exit codes of every command:\n\n" + exitCodes,
		},
	)
	return root
}

// group returns a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: usage(cobra.NoArgs), RunE: help}
	c.AddCommand(commands...)
	return c
}

func help(c *cobra.Command, _ []string) error { return c.Help() }

// usage makes the error of an argument check a usageError.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return wrongUsage(c, err)
		}
		return nil
	}
}

func wrongUsage(c *cobra.Command, err error) error {
	return usageError{fmt.Errorf("%w; %s --help says how", err, c.CommandPath())}
}

// places are the flags that say which installation a command works on.
type places struct{ config, data string }

func (p *places) flags(c *cobra.Command) {
	c.Flags().StringVarP(&p.config, "config", "c", "", "configuration `file`")
	c.Flags().StringVarP(&p.data, "data", "d", "", "data `directory`")
}

// load reads the configuration; the flags win over the file.
func (p *places) load() (config.Config, error) {
	c, err := config.Load(p.config)
	if err != nil || p.data == "" {
		return c, err
	}
	if c.Policy == config.PolicyIn(c.Data) {
		c.Policy = "" // it moves along with the data directory
	}
	c.Data = p.data
	return c.Complete()
}

// printJSON writes v as one line of JSON.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printf writes to standard output.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.out, format, args...)
	return err
}
