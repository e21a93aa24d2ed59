package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/nospim/nospim/model"
)

// shippedSets are the files that the shipped model learns from, below the directory of the sets.
var shippedSets = []string{
	"sms-uci/messages.jsonl", "youtube-spam/messages.jsonl", "telegram-tgspam/messages.jsonl",
	"chat-star/conversations.jsonl", "chat-irc-ubuntu/conversations.jsonl", "chat-casino/conversations.jsonl", "chat-meena/conversations.jsonl",
}

func newTrain(a *app) *cobra.Command {
	t := train{app: a}
	c := &cobra.Command{
		Use:   "train [FILE.jsonl…]",
		Short: "Make the learned filter from labelled texts",
		Long: `Learns from labelled texts (see nospim eval --help) and writes a model file for eval --model. Without files it learns from the
sets in --data, as the shipped model did. Texts from templates and disguised copies are added to what the files have.

The same files, program and seed give the same file to the byte. With --card, the model is also measured on every source that
it was not trained on, which takes some minutes, and its card is written.`,
		Example: `  nospim train -o model/weights.bin --card docs/model.md
  nospim train mine.jsonl testdata/sms-uci/messages.jsonl -o mine.bin`,
		RunE: func(c *cobra.Command, args []string) error { return t.run(c.Context(), args) },
	}
	f := c.Flags()
	f.StringVarP(&t.out, "output", "o", "", "write the model to this `file`")
	f.StringVar(&t.data, "data", "testdata", "`directory` of the sets")
	f.StringVar(&t.card, "card", "", "write the model card to this `file`")
	f.Uint64Var(&t.seed, "seed", 1, "seed of everything that is drawn")
	f.BoolVar(&t.skipBad, "skip-bad", false, "tell lines that cannot be read, pass over them and count them")
	_ = c.MarkFlagRequired("output")
	return c
}

// train is one run of the command.
type train struct {
	*app

	out, data, card string
	seed            uint64
	skipBad         bool
}

func (t *train) run(ctx context.Context, files []string) error {
	if len(files) == 0 {
		for _, s := range shippedSets {
			files = append(files, filepath.Join(t.data, s))
		}
	}
	samples, err := readAll(t.app, files, t.skipBad)
	if err != nil {
		return err
	}
	corpus, err := model.Corpus(samples, t.seed)
	if err != nil {
		return err
	}
	o := model.ShippedOptions(t.seed)
	o.Progress = t.progress("learning")
	var unseen []model.Scored
	o.Unseen = func(all []model.Scored) { unseen = all }
	m, err := model.Train(ctx, corpus, o)
	if err != nil {
		return err
	}
	if err := t.save(m); err != nil {
		return err
	}
	if t.card != "" {
		if err := t.writeCard(ctx, m, samples, corpus, unseen); err != nil {
			return err
		}
	}
	return t.printf("%s: learned from %d texts, threshold %.4f, %s\n", t.out, len(corpus), m.Threshold(), m.Hash())
}

func (t *train) save(m *model.Model) error {
	f, err := os.Create(t.out)
	if err != nil {
		return fmt.Errorf("writing the model: %w", err)
	}
	if _, err := m.WriteTo(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the model: %w", err)
	}
	return nil
}

// progress shows a bar on a terminal.
func (a *app) progress(what string) func(done, all int) {
	if !isTerminal(a.err) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(done, all int) {
		if bar == nil {
			bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(what), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(done) // it is decoration
	}
}

// readAll reads labelled files one after the other.
func readAll(a *app, files []string, skipBad bool) ([]model.Sample, error) {
	e := eval{app: a, skipBad: skipBad}
	var all []model.Sample
	for _, name := range files {
		some, err := e.read(name)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
