package model

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"unicode"
)

// disguised returns copies of samples as a spammer would write them to get past a filter: letters swapped, dropped, doubled and
// replaced, words torn apart, honest lines around, words left out, sentences in another order, links hidden, several at once. What
// room text undoes anyway (look-alikes, hidden characters, styled letters) is not worth learning. Honest texts are misspelt and
// reworded, too, so that neither speaks for spam. Each copy stays in the group of its text.
func disguised(samples []Sample, synonyms map[string][]string, seed uint64) []Sample {
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
		d := disguiser{rng: rand.New(rand.NewPCG(seed, h.Sum64())), honest: honest, synonyms: synonyms}
		if s.Group == "" {
			s.Group = s.Text
		}
		s.Line, s.Turn = 0, 0
		if !s.Spam {
			if len(s.Text) <= 20 {
				continue
			}
			if d.rng.IntN(5) == 0 {
				s.Text = d.misspell(d.reword(s.Text), 0.3)
				s.Price = 1
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
const copyPrice = 0.3

type disguiser struct {
	rng    *rand.Rand
	honest []string
	// synonyms are other words for a word.
	synonyms map[string][]string
}

func (d *disguiser) spam(s string) []string {
	return []string{
		d.misspell(s, 0.5),
		d.surround(s),
		d.turn(d.reword(s)),
		d.misspell(d.reword(d.part(s)), 0.15),
		d.hide(s),
		d.surround(d.misspell(d.hide(d.turn(d.reword(s))), 0.25)),
	}
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

// surround puts one to four honest lines before and behind.
func (d *disguiser) surround(s string) string {
	if len(d.honest) == 0 {
		return s
	}
	for range 1 + d.rng.IntN(4) {
		line := d.honest[d.rng.IntN(len(d.honest))]
		if d.rng.IntN(2) == 0 {
			s = line + " " + s
		} else {
			s += " " + line
		}
	}
	return s
}

// reword puts other words for two of three that have such.
func (d *disguiser) reword(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		core := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })
		others := d.synonyms[strings.ToLower(core)]
		if len(others) > 0 && d.rng.IntN(3) > 0 {
			words[i] = strings.Replace(w, core, others[d.rng.IntN(len(others))], 1)
		}
	}
	return strings.Join(words, " ")
}

// turn lets the parts of a text change places: what comes first is a matter of taste.
func (d *disguiser) turn(s string) string {
	for _, end := range []string{". ", "! ", ", ", ": "} {
		if a, b, ok := strings.Cut(s, end); ok && d.rng.IntN(2) == 0 {
			return strings.TrimRight(b, ".!, ") + end + a
		}
	}
	return s
}

// hide writes links so that programs overlook them; where there is none, digits stand for letters.
func (d *disguiser) hide(s string) string {
	words := strings.Split(s, " ")
	links := false
	for i, w := range words {
		scheme, rest, ok := strings.Cut(w, "://")
		if !ok {
			scheme, rest = "", w
		} else {
			scheme += "://"
		}
		host, path, _ := strings.Cut(rest, "/")
		if dot := strings.IndexByte(host, '.'); dot <= 0 || dot+2 >= len(host) || !ok && strings.ContainsFunc(host[dot+1:], notLetter) {
			continue
		}
		links = true
		dot := []string{"[.]", " dot ", "(.)", "。", " . ", "(dot)", ". ", "[dot]"}[d.rng.IntN(8)]
		if d.rng.IntN(3) == 0 {
			scheme = strings.Replace(scheme, "http", "hxxp", 1)
		}
		words[i] = scheme + strings.ReplaceAll(host, ".", dot)
		if path != "" {
			words[i] += "/" + path
		}
	}
	if !links {
		return leet.Replace(s)
	}
	return strings.Join(words, " ")
}

func notLetter(r rune) bool { return r != '.' && !unicode.IsLetter(r) }

// leet are the digits that stand for letters most often.
var leet = strings.NewReplacer("o", "0", "i", "1", "e", "3", "о", "0", "з", "3")

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
