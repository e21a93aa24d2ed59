package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/simulate"
)

func newSimulate(a *app) *cobra.Command {
	return group("simulate", "Make up what people and spammers do, to see what comes of it",
		newSimulateTown(a, "community", "Write the days of honest people", true, false),
		newSimulateTown(a, "attack", "Write attacks, and what those who are attacked answer", false, true),
		newSimulateTown(a, "mix", "Write the days of honest people with attacks among them", true, true),
		newSimulateHonest(a),
		newSimulateDisguise(a),
	)
}

func newSimulateDisguise(a *app) *cobra.Command {
	var kind string
	var seed uint64
	var asJSON bool
	kinds := make([]string, 0, 12)
	for _, k := range simulate.DisguiseKinds() {
		kinds = append(kinds, string(k))
	}
	c := &cobra.Command{
		Use:   "disguise [TEXT…]",
		Short: "Write a text as spammers do to get it past filters",
		Long: `Disguises a text, from the arguments or from standard input: people still read it, filters should not. Without --kind, every
kind is written, one a line, its name in front. The same seed writes the same.

Kinds: ` + strings.Join(kinds, ", ") + `.`,
		Example: `  nospim simulate disguise "free money at http://x.example/a"
  nospim simulate disguise --kind look-alikes --seed 7 "free money" | nospim check`,
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := readText(a.in, args)
			if err != nil {
				return err
			}
			if kind != "" {
				kinds = []string{kind}
			}
			return a.disguise(kinds, seed, text, asJSON)
		},
	}
	c.Flags().StringVarP(&kind, "kind", "k", "", "write only this `kind`")
	c.Flags().Uint64Var(&seed, "seed", 1, "what chance begins with")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each kind: kind, text")
	return c
}

// disguise prints a text in some disguises: by itself when there is one kind, with the kind's name when there are several.
func (a *app) disguise(kinds []string, seed uint64, text string, asJSON bool) error {
	for _, kind := range kinds {
		out, err := simulate.Disguise(seed, simulate.DisguiseKind(kind), text)
		if errors.Is(err, nospim.ErrInvalid) {
			return usageError{err}
		}
		switch {
		case err != nil:
		case asJSON:
			err = a.printJSON(struct {
				Kind string `json:"kind"`
				Text string `json:"text"`
			}{kind, out})
		case len(kinds) == 1:
			err = a.printf("%s\n", out)
		default:
			err = a.printf("%-13s %s\n", kind, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
