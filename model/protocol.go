package model

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Run is one training and one test on the samples of a set, by their places in it.
type Run struct {
	Name        string
	Train, Test []int
}

// ErrProtocol says that samples lack what a protocol goes by.
var ErrProtocol = errors.New("the set does not fit the protocol")

// Protocols are the names of the protocols.
func Protocols() []string { return []string{"uci-30-70", "youtube-authors", "random-80-20x5"} }

// Protocol returns the runs of a protocol that others have published numbers for:
//
//   - uci-30-70: the first 1,674 lines of the SMS Spam Collection train, the last 3,900 test (Almeida et al., DocEng 2011);
//   - youtube-authors: of each video, the first 70 % of each class in time train (Alberto et al., ICMLA 2015);
//   - random-80-20x5: five times a random fifth tests, drawn by class.
func Protocol(name string, samples []Sample) ([]Run, error) {
	switch name {
	case "uci-30-70":
		return bySplit(samples, "train30", "test70", false)
	case "youtube-authors":
		return bySplit(samples, "train70", "test30", true)
	case "random-80-20x5":
		return random(samples), nil
	default:
		return nil, fmt.Errorf("%w: there is no protocol %q; there are %v", ErrProtocol, clip(name), Protocols())
	}
}

// SplitRun returns the one run that trains on the samples of a split and tests on all others.
func SplitRun(name string, samples []Sample) (Run, error) {
	r := Run{Name: name}
	for i := range samples {
		if samples[i].Split == name {
			r.Train = append(r.Train, i)
		} else {
			r.Test = append(r.Test, i)
		}
	}
	if len(r.Train) == 0 || len(r.Test) == 0 {
		return r, fmt.Errorf("%w: %d lines have the split %q, %d have another", ErrProtocol, len(r.Train), clip(name), len(r.Test))
	}
	return r, nil
}

func bySplit(samples []Sample, train, test string, parts bool) ([]Run, error) {
	var runs []Run
	for i := range samples {
		s := &samples[i]
		name := ""
		if parts {
			name = s.Part
		}
		k := slices.IndexFunc(runs, func(r Run) bool { return r.Name == name })
		if k < 0 {
			k, runs = len(runs), append(runs, Run{Name: name})
		}
		switch s.Split {
		case train:
			runs[k].Train = append(runs[k].Train, i)
		case test:
			runs[k].Test = append(runs[k].Test, i)
		default:
			return nil, fmt.Errorf("%w: line %d: split is %q; it must be %s or %s", ErrProtocol, s.Line, clip(s.Split), train, test)
		}
	}
	return runs, nil
}

// random draws five times a fifth of each class.
func random(samples []Sample) []Run {
	var by [2][]int
	for i := range samples {
		k := flag(samples[i].Spam)
		by[k] = append(by[k], i)
	}
	runs := make([]Run, 5)
	for n := range runs {
		r := &runs[n]
		r.Name = fmt.Sprintf("draw %d", n+1)
		rng := rand.New(rand.NewPCG(uint64(n), 80))
		for _, class := range by {
			order := slices.Clone(class)
			rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
			cut := len(order) / 5
			r.Test = append(r.Test, order[:cut]...)
			r.Train = append(r.Train, order[cut:]...)
		}
		slices.Sort(r.Train)
		slices.Sort(r.Test)
	}
	return runs
}

// Specialist trains a model on the train part of a run alone. It knows nothing of the shipped weights, and its threshold is the
// one that makes the fewest errors among texts of the train part that no view saw.
func Specialist(ctx context.Context, samples []Sample, r Run, o Options) (*Model, error) {
	train := make([]Sample, len(r.Train))
	for k, i := range r.Train {
		train[k] = samples[i]
	}
	if o.Folds == 0 {
		o.Folds = 10 // the train parts are small: each view should see most of it
	}
	o.Suffixes = true
	m, err := Train(ctx, train, o)
	if err != nil {
		return nil, fmt.Errorf("training on %s: %w", r.Name, err)
	}
	return m, nil
}

// Try scores some samples, by their places.
func (m *Model) Try(samples []Sample, which []int) []Scored {
	out := make([]Scored, len(which))
	for k, i := range which {
		p := m.Score(samples[i].Text)
		out[k] = Scored{Spam: samples[i].Spam, Score: p, Called: p >= m.threshold}
	}
	return out
}
