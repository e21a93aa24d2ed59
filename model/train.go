package model

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Sample is one labelled text.
type Sample struct {
	Text string
	Spam bool
	// Source names the collection that it comes from. Whole sources are left out in turn to see what was learned.
	Source string
	// Group keeps together what must not stand on both sides of a split: a conversation, a template. Empty means the text itself.
	Group string
	// Category is the kind of spim, where it is known.
	Category Category
	// Split, Part, Line and Turn say where it stands: the split that its collection names, the part of the collection (a video),
	// the line of the file from 1, the turn of a conversation from 1 (0: it is none).
	Split, Part string
	Line, Turn  int
	// Price is how much an error on it counts, 0 means 1.
	Price float64
}

// Options say how to train. The zero value is the shipped model's.
type Options struct {
	// Seed makes the order in which texts are visited. The same samples, options and seed give the same bytes.
	Seed uint64
	// Folds is how many parts the samples are cut into for margins that no view was trained on; 0 means 5.
	Folds int
	// Blocked is the share of ham that the threshold may block among texts that no view saw; 0 means the threshold that makes
	// the fewest errors.
	Blocked float64
	// Suffixes makes the last label of a link's host count: com, ru. It helps to tell the spam of one service from its ham. Among
	// several services it misleads, for it tells who writes links at all.
	Suffixes bool
	// Cost is the price of an error in the views; 0 means 1.
	Cost float64
	// Unseen is told how every sample scored by views that had not seen it, in the order of the samples: what calibration and
	// threshold come from.
	Unseen func([]Scored)
	// Progress is told how many of all steps are done.
	Progress func(done, all int)
}

// ErrOneClass says that samples have spam only or ham only: nothing can be told apart.
var ErrOneClass = errors.New("training needs both spam and ham")

// data is samples turned into features.
type data struct {
	rows   [views]rows
	spam   []bool
	weight []float32
	fold   []uint64 // hash of the group

	category []Category
}

// unlearned are views that know nothing.
func unlearned() *[views]linear {
	var all [views]linear
	for v := range all {
		all[v].cells = make([]cell, 1<<viewBits[v])
	}
	return &all
}

func prepare(samples []Sample, suffixes bool) *data {
	d := &data{
		spam: make([]bool, len(samples)), weight: make([]float32, len(samples)), fold: make([]uint64, len(samples)),
		category: make([]Category, len(samples)),
	}
	r := newReader(suffixes, unlearned())
	var chars []uint32
	r.note = func(view int, gram uint32, _, _ int) {
		if view == viewChar {
			chars = append(chars, gram)
		}
	}
	for v := range d.rows {
		d.rows[v].at = make([]int, 1, len(samples)+1)
	}
	for i := range samples {
		s := &samples[i]
		chars = chars[:0]
		r.read(nil, s.Text)
		for v, grams := range [views][]uint32{viewWord: r.words.grams, viewChar: chars, viewShape: r.shapes.grams} {
			d.rows[v].add(grams)
		}
		d.category[i] = s.Category
		d.spam[i], d.weight[i] = s.Spam, float32(s.Price)
		if s.Price == 0 {
			d.weight[i] = 1
		}
		group := s.Group
		if group == "" {
			group = string(r.form) // copies of one text stay on one side
		}
		h := fnv.New64a()
		h.Write([]byte(group))
		d.fold[i] = mix(h.Sum64(), 7)
	}
	return d
}

// learn trains the views on some of the rows.
func (d *data) learn(use []int, o Options) [views]linear {
	cost := o.Cost
	if cost == 0 {
		cost = 1
	}
	s := svm{cost: cost, gains: [views]float32{viewWord: 1.5, viewChar: 1, viewShape: 0.6}, rounds: 30, seed: o.Seed}
	return s.train(&d.rows, use, d.spam, d.weight)
}

func margins(l *[views]linear, d *data, i int) (m [views]float64) {
	for v := range m {
		m[v] = l[v].margin(d.rows[v].row(i))
	}
	return m
}

// outOfFold returns for each used row the margins of views that were trained without its fold.
func (d *data) outOfFold(ctx context.Context, use []int, o Options, step func()) ([][views]float64, error) {
	folds := o.folds()
	out := make([][views]float64, len(use))
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for f := range folds {
		var in, held []int
		for k, i := range use {
			if d.fold[i]%uint64(folds) == uint64(f) {
				held = append(held, k)
			} else {
				in = append(in, i)
			}
		}
		group.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			if ctx.Err() != nil {
				return
			}
			l := d.learn(in, o)
			for _, k := range held {
				out[k] = margins(&l, d, use[k])
			}
			step()
		})
	}
	group.Wait()
	return out, ctx.Err()
}

func (o Options) folds() int {
	if o.Folds == 0 {
		return 5
	}
	return o.Folds
}

// Train makes a model of samples. It errs when one class is missing or ctx ends.
func Train(ctx context.Context, samples []Sample, o Options) (*Model, error) {
	spam := 0
	for i := range samples {
		spam += flag(samples[i].Spam)
	}
	if spam == 0 || spam == len(samples) {
		return nil, fmt.Errorf("%w: %d spam, %d ham", ErrOneClass, spam, len(samples)-spam)
	}
	d := prepare(samples, o.Suffixes)
	use := make([]int, len(samples))
	for i := range use {
		use[i] = i
	}
	return d.train(ctx, use, o)
}

// train makes a model of some rows.
func (d *data) train(ctx context.Context, use []int, o Options) (*Model, error) {
	var mu sync.Mutex
	done, all := 0, o.folds()+1
	step := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if o.Progress != nil {
			o.Progress(done, all)
		}
	}
	unseen, err := d.outOfFold(ctx, use, o, step)
	if err != nil {
		return nil, err
	}
	spam, weight := make([]bool, len(use)), make([]float64, len(use))
	for k, i := range use {
		spam[k], weight[k] = d.spam[i], float64(d.weight[i])
	}
	m := &Model{suffixes: o.Suffixes, views: d.learn(use, o), stack: fitStack(unseen, spam, weight), head: d.fitHead(use, d.category, o.Seed)}
	step()
	scores := make([]float64, len(use))
	for k := range unseen {
		scores[k] = sigmoid(m.stack.logit(&unseen[k]))
	}
	m.threshold = threshold(scores, spam, o.Blocked)
	if o.Unseen != nil {
		all := make([]Scored, len(use))
		for k := range all {
			all[k] = Scored{Spam: spam[k], Score: scores[k], Called: scores[k] >= m.threshold}
		}
		o.Unseen(all)
	}
	return m.seal(), nil
}

// hamPrice is how many missed spam a blocked ham counts for when the threshold is chosen by errors.
const hamPrice = 1

// ThresholdFor returns the lowest score from which at most a share of the ham is blocked.
func ThresholdFor(all []Scored, blocked float64) float64 {
	scores, spam := make([]float64, len(all)), make([]bool, len(all))
	for i, s := range all {
		scores[i], spam[i] = s.Score, s.Spam
	}
	return threshold(scores, spam, blocked)
}

// threshold returns the score from which a text is spam: the lowest at which at most a share of ham is blocked, or with a
// share of 0 the one that makes the fewest errors. It lies in the middle between two scores.
func threshold(scores []float64, spam []bool, blocked float64) float64 {
	order := make([]int, len(scores))
	ham := 0
	for i := range order {
		order[i] = i
		ham += flag(!spam[i])
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		default:
			return 0
		}
	})
	best, bestAt, caught, wrong := math.Inf(-1), 1.0, 0, 0
	for k, i := range order {
		if spam[i] {
			caught++
		} else {
			wrong++
		}
		if k+1 < len(order) && scores[order[k+1]] == scores[i] {
			continue
		}
		value := float64(caught) - hamPrice*float64(wrong)
		if blocked > 0 {
			value = float64(caught)
			if float64(wrong) > blocked*float64(ham) {
				break
			}
		}
		if value > best {
			best, bestAt = value, scores[i]
			if k+1 < len(order) {
				bestAt = (bestAt + scores[order[k+1]]) / 2
			}
		}
	}
	if blocked == 0 {
		// Where the fewest errors lie is a matter of a few texts; that a probability of a half is the place is certain. Half way.
		return sigmoid(math.Log(bestAt/(1-bestAt)) / 2)
	}
	return bestAt
}
