package model

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"

	"github.com/nospim/nospim/text"
)

// An Example is a text that somebody called spim or honest, as a service keeps it: hashed words, no text.
type Example struct {
	// Words are those of [AppendWords], at most [MostWords].
	Words []uint32
	// Base is what the shipped model made of the text: a logit.
	Base float64
	Spam bool
	// Weight is how much the example counts, above 0 and at most 1.
	Weight float64
}

// MostWords is how many hashed words of a text an example has at most: the first ones.
const MostWords = 128

// lessonBits is how many bits the index of a weight in a lesson has.
const lessonBits = 14

// AppendWords appends the hashed words and pairs of words of a text that was read, each once. Numbers are all one, and so are
// links: lists and link detectors speak of those. Without the seed, which an installation keeps to itself, the hashes cannot be
// looked up in a dictionary.
func AppendWords(dst []uint32, f *text.Form, seed uint64) []uint32 {
	start := len(dst)
	last := mix(hashStart, seed)
	for i := range f.Tokens {
		if len(dst)-start >= MostWords-1 {
			break
		}
		h := mix(hashStart^seed, wordOf(&f.Tokens[i]))
		dst = addWord(dst, start, h)
		dst = addWord(dst, start, mix(last, h))
		last = h
	}
	return dst
}

// wordOf is what a token counts as.
func wordOf(t *text.Token) uint64 {
	if t.Kind == text.Word {
		return uint64(t.Hash)
	}
	return uint64(t.Kind) << 32
}

func addWord(dst []uint32, start int, h uint64) []uint32 {
	w := uint32((h ^ h>>29) * hashEnd >> 32)
	if slices.Contains(dst[start:], w) {
		return dst
	}
	return append(dst, w)
}

// Lesson is what one service taught: a linear shift of the shipped model's logit. It never changes; the nil Lesson shifts nothing.
type Lesson struct {
	weights [1 << lessonBits]float32
	most    float64
	hash    string
}

// Training of a lesson: full passes of stochastic gradient descent over examples in their order, which makes it the same to the
// bit for the same examples.
const (
	passes  = 60
	rate    = 0.5
	penalty = 0.0005
	// beyond is how far past the threshold, in units of the logit, an example of spam is to come: texts like it then come past it, too.
	beyond = 2
)

// Learn learns from examples; line is the logit of the model's threshold, most is by how much the lesson may shift a logit. Nil
// examples make a nil Lesson.
//
// It minimises the weighted logistic loss of the shipped logit and the shift together (an offset: Hastie, Tibshirani, Friedman,
// The Elements of Statistical Learning, §4.4), so that what the model knows already teaches nothing. Spam is to come past the line,
// honest texts are to stay below even odds.
func Learn(examples []Example, line, most float64) *Lesson {
	if len(examples) == 0 {
		return nil
	}
	l := &Lesson{most: most}
	for p := range passes {
		step := rate / (1 + float64(p)/8)
		for i := range examples {
			l.learn(&examples[i], line+beyond, step)
		}
	}
	h := sha256.New()
	for _, w := range l.weights {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(w))
		h.Write(b[:])
	}
	l.hash = hex.EncodeToString(h.Sum(nil))
	return l
}

func (l *Lesson) learn(e *Example, line, step float64) {
	if len(e.Words) == 0 {
		return
	}
	want, from := 0.0, 0.0
	if e.Spam {
		want, from = 1, line
	}
	// Words share the shift: a long text must not weigh more than a short one.
	share := 1 / math.Sqrt(float64(len(e.Words)))
	margin := l.margin(e.Words)
	gradient := e.Weight * (want - sigmoid(e.Base+margin-from)) * share
	for _, w := range e.Words {
		p := &l.weights[w>>(32-lessonBits)]
		*p += float32(step * (gradient - penalty*float64(*p)))
	}
}

func (l *Lesson) margin(words []uint32) float64 {
	sum := 0.0
	for _, w := range words {
		sum += float64(l.weights[w>>(32-lessonBits)])
	}
	return sum / math.Sqrt(float64(len(words)))
}

// Shift is by how much the lesson moves the logit of a text with these words.
func (l *Lesson) Shift(words []uint32) float64 {
	if l == nil || len(words) == 0 {
		return 0
	}
	return min(max(l.margin(words), -l.most), l.most)
}

// Hash names what was learned, in hex; empty for the nil Lesson.
func (l *Lesson) Hash() string {
	if l == nil {
		return ""
	}
	return l.hash
}

// Logit is the logarithm of the odds of a probability, between -30 and 30.
func Logit(p float64) float64 { return min(max(math.Log(p/(1-p)), -30), 30) }

// Shifted returns a probability whose logit is moved by a shift.
func Shifted(p, shift float64) float64 {
	if shift == 0 {
		return p
	}
	return sigmoid(Logit(p) + shift)
}
