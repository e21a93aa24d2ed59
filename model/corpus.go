package model

import (
	"context"
	"fmt"
	"slices"
)

// Corpus returns what a shipped model learns from: labelled texts of several sources, each text once in its source, with
// templates and disguised copies added.
func Corpus(samples []Sample, seed uint64) ([]Sample, error) {
	synthetic, err := Synthetic(seed, wordings)
	if err != nil {
		return nil, fmt.Errorf("wording templates: %w", err)
	}
	type key struct {
		source, text string
		spam         bool
	}
	seen := map[key]bool{}
	var all []Sample
	for _, s := range slices.Concat(samples, synthetic) {
		k := key{s.Source, s.Text, s.Spam}
		if !seen[k] {
			seen[k] = true
			all = append(all, s)
		}
	}
	synonyms, err := readSynonyms()
	if err != nil {
		return nil, fmt.Errorf("synonyms: %w", err)
	}
	return append(all, disguised(all, synonyms, seed)...), nil
}

// wordings is how many texts are made of each template.
const wordings = 16

// ShippedOptions are those of the shipped model. The threshold is stricter out of fold than the goal, because texts of sources
// that were never seen score higher than those of sources that were.
func ShippedOptions(seed uint64) Options { return Options{Seed: seed, Blocked: shippedBlocked} }

const shippedBlocked = 0.0007

// Sources returns the sources of samples, each once, in their order.
func Sources(samples []Sample) []string {
	var out []string
	for i := range samples {
		if !slices.Contains(out, samples[i].Source) {
			out = append(out, samples[i].Source)
		}
	}
	return out
}

// LeftOut is what a model did on a source that it was not trained on.
type LeftOut struct {
	Source    string
	Threshold float64
	Scored    []Scored
	Samples   []Sample
}

// LeaveOneSourceOut trains as for shipping without each source in turn, threshold included, and tests on that source. Where
// Options name no number of parts, three are made.
func LeaveOneSourceOut(ctx context.Context, samples []Sample, o Options, each func(*LeftOut)) error {
	sources, progress := Sources(samples), o.Progress
	if o.Folds == 0 {
		o.Folds = 3 // the threshold comes out nearly the same as of five, in two thirds of the time
	}
	for n, source := range sources {
		if progress != nil { // all trainings are one piece of work
			o.Progress = func(done, all int) { progress(n*all+done, len(sources)*all) }
		}
		var train []Sample
		out := LeftOut{Source: source}
		for _, s := range samples {
			if s.Source == source {
				out.Samples = append(out.Samples, s)
			} else {
				train = append(train, s)
			}
		}
		corpus, err := Corpus(train, o.Seed)
		if err != nil {
			return err
		}
		m, err := Train(ctx, corpus, o)
		if err != nil {
			return fmt.Errorf("training without %s: %w", source, err)
		}
		out.Threshold = m.threshold
		all := make([]int, len(out.Samples))
		for i := range all {
			all[i] = i
		}
		out.Scored = m.Try(out.Samples, all)
		each(&out)
	}
	return nil
}
