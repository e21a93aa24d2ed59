package model

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Category is a kind of spim. The zero value is none.
type Category uint8

// The categories.
const (
	Uncategorised Category = iota
	Advert
	Scam
	Phishing
	Adult
	Malware
	Gambling
	Crypto
	Job
	categories
)

// categoryNames are the words of the categories, by value.
var categoryNames = []string{"", "advert", "scam", "phishing", "adult", "malware", "gambling", "crypto", "job"}

func (c Category) String() string {
	if int(c) < len(categoryNames) {
		return categoryNames[c]
	}
	return ""
}

// ParseCategory returns the category that a word names; ok is false when it names none.
func ParseCategory(s string) (c Category, ok bool) {
	i := slices.Index(categoryNames, s)
	return Category(max(i, 0)), i > 0
}

// Harm returns the harm identifier of a category, as a verdict names it (Matrix MSC4456 without its prefix).
func (c Category) Harm() string {
	switch c {
	case Scam, Phishing, Malware, Gambling, Crypto, Job:
		return "spam.fraud"
	case Adult:
		return "adult"
	default:
		return "spam"
	}
}

// headBits is how many bits of a word's hash the categories go by: they have few texts to learn from.
const headBits = 15

// head tells the categories apart: one linear score each, over the words.
type head struct {
	weights [categories][]int8
	unit    [categories]float32
	bias    [categories]float32
}

// fitHead learns the categories from the spam that has one, each against all others.
func (d *data) fitHead(use []int, category []Category, seed uint64) head {
	var spam []int
	for _, i := range use {
		if d.spam[i] && category[i] != Uncategorised {
			spam = append(spam, i)
		}
	}
	var h head
	is := make([]bool, len(category))
	for c := Advert; c < categories; c++ {
		for i := range is {
			is[i] = category[i] == c
		}
		l := perceptron(&d.rows[viewWord], spam, is, seed)
		var most float32
		for _, w := range l.weights {
			most = max(most, abs(w))
		}
		h.unit[c], h.bias[c] = max(most, 1e-6)/127, l.bias
		h.weights[c] = make([]int8, len(l.weights))
		for g, w := range l.weights {
			h.weights[c][g] = int8(math.RoundToEven(float64(w / h.unit[c])))
		}
	}
	return h
}

// averaged is the mean of all states of a perceptron, which generalises better than its last.
type averaged struct {
	weights []float32
	bias    float32
}

// perceptron learns one category by the averaged perceptron (Freund and Schapire 1999), with a margin.
func perceptron(r *rows, use []int, is []bool, seed uint64) averaged {
	const rounds = 8
	w, sum := make([]float32, 1<<headBits), make([]float32, 1<<headBits)
	var bias, biasSum, at float32
	rng := rand.New(rand.NewPCG(seed, 2))
	for range rounds {
		for _, k := range rng.Perm(len(use)) {
			at++
			row := r.row(use[k])
			score := bias
			for _, g := range row {
				score += w[g>>(viewBits[viewWord]-headBits)]
			}
			y := float32(-1)
			if is[use[k]] {
				y = 1
			}
			if y*score > 1 {
				continue
			}
			step := y / float32(math.Sqrt(float64(len(row)+1)))
			bias, biasSum = bias+step, biasSum+float32(step*at)
			for _, g := range row {
				w[g>>(viewBits[viewWord]-headBits)] += step
				sum[g>>(viewBits[viewWord]-headBits)] += float32(step * at)
			}
		}
	}
	for g := range w {
		w[g] -= sum[g] / (at + 1)
	}
	return averaged{weights: w, bias: bias - biasSum/(at+1)}
}

// best returns the category with the highest score.
func (h *head) best(row []uint32) Category {
	best, most := Uncategorised, float32(math.Inf(-1))
	for c := Advert; c < categories; c++ {
		if h.weights[c] == nil {
			continue
		}
		var sum int
		for _, g := range row {
			sum += int(h.weights[c][g>>(viewBits[viewWord]-headBits)])
		}
		if score := h.bias[c] + float32(sum)*h.unit[c]; score > most {
			best, most = c, score
		}
	}
	return best
}
