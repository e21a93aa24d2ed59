package model

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"unicode"
)

// disguised returns copies of samples as a spammer would write them to get past a filter: letters swapped, dropped, doubled and
// replaced, words glued or torn apart, honest words around, half of the text left out, several at once. What room text undoes
// anyway (look-alikes, hidden characters, styled letters) is not worth learning. Honest texts are misspelt, too, so that a
// mistake does not speak for spam. Each copy stays in the group of its text.
func disguised(samples []Sample, seed uint64) []Sample {
	var honest []string
	for i := range samples {
		if s := &samples[i]; !s.Spam && len(s.Text) > 20 && len(s.Text) < 120 {
			honest = append(honest, s.Text)
		}
	}
	var out []Sample
	for i := range samples {
		s := samples[i]
		h := fnv.New64a()
		h.Write([]byte(s.Text))
		d := disguiser{rng: rand.New(rand.NewPCG(seed, h.Sum64())), honest: honest}
		if s.Group == "" {
			s.Group = s.Text
		}
		s.Line, s.Turn = 0, 0
		if !s.Spam {
			if d.rng.IntN(8) == 0 && len(s.Text) > 20 {
				s.Text = d.misspell(s.Text, 0.15)
				out = append(out, s)
			}
			continue
		}
		for _, text := range d.spam(s.Text) {
			s.Text = text
			s.Price = copyPrice
			out = append(out, s)
		}
	}
	return out
}

// copyPrice is how much an error on a disguised copy counts.
const copyPrice = 0.4

type disguiser struct {
	rng    *rand.Rand
	honest []string
}

func (d *disguiser) spam(s string) []string {
	around := d.surround(s)
	part := d.part(s)
	return []string{d.misspell(s, 0.35), around, d.misspell(part, 0.15)}
}

// misspell changes a letter in a share of the words.
func (d *disguiser) misspell(s string, share float64) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		r := []rune(w)
		if len(r) < 4 || strings.Contains(w, "/") || d.rng.Float64() > share {
			continue
		}
		at := 1 + d.rng.IntN(len(r)-2)
		if !unicode.IsLetter(r[at]) {
			continue
		}
		switch d.rng.IntN(5) {
		case 0:
			r[at], r[at+1] = r[at+1], r[at]
		case 1:
			r = append(r[:at], r[at+1:]...)
		case 2:
			r = append(r[:at+1], r[at:]...)
		case 3:
			r[at] = r[d.rng.IntN(len(r))]
		case 4:
			r = append(r[:at+1:at+1], append([]rune{' '}, r[at+1:]...)...)
		}
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

// surround puts honest words before or behind.
func (d *disguiser) surround(s string) string {
	if len(d.honest) == 0 {
		return s
	}
	pick := func() string { return d.honest[d.rng.IntN(len(d.honest))] }
	switch d.rng.IntN(3) {
	case 0:
		return pick() + " " + s
	case 1:
		return s + " " + pick()
	default:
		return pick() + " " + s + " " + pick()
	}
}

// part leaves words out, so that what remains must speak for itself.
func (d *disguiser) part(s string) string {
	words := strings.Fields(s)
	if len(words) < 8 {
		return s
	}
	kept := words[:0:0]
	for _, w := range words {
		if d.rng.IntN(4) != 0 {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}
