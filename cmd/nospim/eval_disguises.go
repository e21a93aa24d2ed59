package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/simulate"
)

// lost is how much less of the spam is caught once it is disguised.
type lost struct {
	// Points are percent of all spam, Low and High their 95 % interval: both measures are of the same texts, so the interval is that of
	// a difference of pairs (Newcombe 1998, method 1).
	Points float64 `json:"points"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// lostBetween compares what was called spam before and after; both have the same texts in the same order.
func lostBetween(clean, disguised []bool) lost {
	gone, come := 0, 0
	for i := range clean {
		switch {
		case clean[i] && !disguised[i]:
			gone++
		case !clean[i] && disguised[i]:
			come++
		}
	}
	n := float64(len(clean))
	d := float64(gone-come) / n
	half := 1.96 * math.Sqrt(float64(gone+come)-float64(gone-come)*float64(gone-come)/n) / n
	return lost{Points: 100 * d, Low: 100 * (d - half), High: 100 * (d + half)}
}

// disguiseBlocked is the share of the clean ham that the threshold may block.
const disguiseBlocked = 0.001

// disguises trains as for shipping, but without the test part of the SMS Spam Collection, sets the threshold by the clean ham of
// that part, and then disguises its spam in every way.
func (e *eval) disguises(ctx context.Context) ([]row, error) {
	var train, ham, spam []model.Sample
	for _, name := range shippedSets {
		some, err := e.read(filepath.Join(e.data, name))
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			switch {
			case s.Split != "test70":
				train = append(train, s)
			case s.Spam:
				spam = append(spam, s)
			default:
				ham = append(ham, s)
			}
		}
	}
	corpus, err := model.Corpus(train, e.seed)
	if err != nil {
		return nil, err
	}
	o := model.ShippedOptions(e.seed)
	o.Progress = e.progress("learning")
	m, err := model.Train(ctx, corpus, o)
	if err != nil {
		return nil, err
	}
	return disguisedRows(m, spam, ham, e.seed)
}

// disguisedRows makes a row of the clean spam and one of each disguise.
func disguisedRows(m *model.Model, spam, ham []model.Sample, seed uint64) ([]row, error) {
	texts := make([]string, len(spam))
	for i := range spam {
		texts[i] = spam[i].Text
	}
	honest := scoreAll(m, ham)
	clean := scoreAll(m, spam)
	at := model.ThresholdFor(append(clean, honest...), disguiseBlocked)
	before := call(clean, at)
	call(honest, at)
	rows := []row{disguisedRow("clean", at, clean, honest)}
	for _, kind := range simulate.DisguiseKinds() {
		other := make([]model.Sample, len(spam))
		for i := range spam {
			text, err := simulate.Disguise(seed+uint64(i), kind, texts[i])
			if err != nil {
				return nil, fmt.Errorf("disguising line %d: %w", spam[i].Line, err)
			}
			other[i] = model.Sample{Text: text, Spam: true}
		}
		scored := scoreAll(m, other)
		r := lostBetween(before, call(scored, at))
		rows = append(rows, disguisedRow(string(kind), at, scored, honest))
		rows[len(rows)-1].Lost = &r
	}
	return rows, nil
}

func scoreAll(m *model.Model, samples []model.Sample) []model.Scored {
	which := make([]int, len(samples))
	for i := range which {
		which[i] = i
	}
	return m.Try(samples, which)
}

// call calls spam what reaches a threshold.
func call(scored []model.Scored, at float64) []bool {
	out := make([]bool, len(scored))
	for i := range scored {
		scored[i].Called = scored[i].Score >= at
		out[i] = scored[i].Called
	}
	return out
}

func disguisedRow(name string, at float64, spam, ham []model.Scored) row {
	all := append(append([]model.Scored(nil), spam...), ham...)
	r := row{Name: "disguise: " + name, Threshold: at, Result: model.Measure(all), scored: all}
	_, r.ECE = model.Reliability(all)
	return r
}
