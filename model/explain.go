package model

import (
	"cmp"
	"slices"

	"github.com/nospim/nospim/text"
)

// Reason is a part of a text that spoke for spim.
type Reason struct {
	// Text is the part as the model read it: a word, or two words. It quotes the message: not for logs.
	Text string `json:"text"`
	// Weight is what it added to the logarithm of the odds.
	Weight float64 `json:"weight"`
}

// Explain returns the parts of a text that speak most for spim, at most so many, the heaviest first. It is slower than Score
// and allocates.
func (m *Model) Explain(body string, most int) []Reason { return m.ExplainForm(nil, body, most) }

// ExplainForm is to Explain what ScoreForm is to Score.
func (m *Model) ExplainForm(f *text.Form, body string, most int) []Reason {
	r := newReader(m.suffixes, &m.views)
	type seen struct {
		view     int
		gram     uint32
		from, to int
	}
	var all []seen
	r.note = func(view int, gram uint32, from, to int) {
		all = append(all, seen{view, gram, from, to})
	}
	r.read(f, body)
	rates := m.rates(r)
	spans := map[span]float64{}
	for _, s := range all {
		spans[span{s.from, s.to}] += rates[s.view] * float64(m.views[s.view].cells[s.gram].Weight)
	}
	var out []Reason
	for at, w := range spans {
		if w > 0 && at.from < at.to {
			out = append(out, Reason{Text: string(r.form[at.from:at.to]), Weight: w})
		}
	}
	slices.SortFunc(out, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Text, b.Text))
	})
	seenText := map[string]bool{}
	out = slices.DeleteFunc(out, func(a Reason) bool {
		again := seenText[a.Text]
		seenText[a.Text] = true
		return again
	})
	return out[:min(most, len(out))]
}

// rates returns for each view what a weight of 1 in a cell adds to the logarithm of the odds of this text.
func (m *Model) rates(r *reader) (out [views]float64) {
	margins := m.margins(r)
	least := viewChar
	if margins[viewWord] < margins[viewChar] {
		least = viewWord
	}
	squares := [views]int64{viewChar: r.chars.square}
	_, squares[viewWord] = m.views[viewWord].sums(r.words.grams)
	_, squares[viewShape] = m.views[viewShape].sums(r.shapes.grams)
	for v := range out {
		slope := m.stack.weights[v]
		if v == least {
			slope += m.stack.weights[views]
		}
		out[v] = slope * m.views[v].part(1, float64(squares[v]))
	}
	return out
}
