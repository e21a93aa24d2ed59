package simulate

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"github.com/nospim/nospim"
)

// DisguiseKind is a way to write a text so that people read it and filters do not.
type DisguiseKind string

// The kinds of disguise.
const (
	LookAlikes  DisguiseKind = "look-alikes"  // Cyrillic and Greek letters among Latin ones, and the other way round
	ZeroWidth   DisguiseKind = "zero-width"   // characters that show as nothing
	Leet        DisguiseKind = "leet"         // digits and signs for letters
	Spacing     DisguiseKind = "spacing"      // w o r d s and wo rds
	Punctuation DisguiseKind = "punctuation"  // w.o.r.d.s and wo-rds
	LetterSwaps DisguiseKind = "letter-swaps" // wrods, wrds, worrds, wirds
	Accents     DisguiseKind = "accents"      // wörds
	Styled      DisguiseKind = "styled"       // mathematical, circled and full-width letters
	GoodWords   DisguiseKind = "good-words"   // honest sentences around it
	Paraphrase  DisguiseKind = "paraphrase"   // other words in the same slots
	LinkHiding  DisguiseKind = "link-hiding"  // hxxp, [.], spaces, another host before an @
	Several     DisguiseKind = "several"      // three of the others at once
)

// DisguiseKinds returns every kind of disguise.
func DisguiseKinds() []DisguiseKind {
	return []DisguiseKind{LookAlikes, ZeroWidth, Leet, Spacing, Punctuation, LetterSwaps, Accents, Styled, GoodWords, Paraphrase, LinkHiding, Several}
}

// Disguise writes a text as a spammer would to get it past a filter. The same seed, kind and text give the same result. Links are
// changed by LinkHiding alone. The error is a [nospim.InputError]: there is no such kind.
func Disguise(seed uint64, kind DisguiseKind, text string) (string, error) {
	if !slices.Contains(DisguiseKinds(), kind) {
		return "", &nospim.InputError{Field: "kind", Problem: fmt.Sprintf("is %q; it may be one of %v", kind, DisguiseKinds())}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind))
	d := disguiser{rand.New(rand.NewPCG(seed, h.Sum64()))}
	return d.disguise(kind, text), nil
}

// disguiser writes disguises.
type disguiser struct{ rng *rand.Rand }

func (d disguiser) disguise(kind DisguiseKind, text string) string {
	switch kind {
	case LookAlikes:
		return d.words(text, 0.7, d.lookAlikes)
	case ZeroWidth:
		return d.words(text, 0.7, d.zeroWidth)
	case Leet:
		return d.words(text, 0.7, d.leet)
	case Spacing:
		return d.words(text, 0.4, d.spacing)
	case Punctuation:
		return d.words(text, 0.4, d.punctuation)
	case LetterSwaps:
		return d.words(text, 0.5, d.swapped)
	case Accents:
		return d.words(text, 0.8, d.accents)
	case Styled:
		return d.styled(text)
	case GoodWords:
		return d.goodWords(text)
	case Paraphrase:
		return d.paraphrase(text)
	case LinkHiding:
		return d.linkHiding(text)
	default:
		return d.several(text)
	}
}

// several disguises a text in three ways, words first, then letters, then links.
func (d disguiser) several(text string) string {
	kinds := DisguiseKinds()[:11]
	chosen := d.rng.Perm(len(kinds))[:3]
	slices.SortFunc(chosen, func(a, b int) int { return order(kinds[a]) - order(kinds[b]) })
	for _, i := range chosen {
		text = d.disguise(kinds[i], text)
	}
	return text
}

// order says when a kind comes among several: what changes words must still find them.
func order(k DisguiseKind) int {
	switch k {
	case Paraphrase, GoodWords:
		return 0
	case LinkHiding:
		return 2
	default:
		return 1
	}
}

// words changes a share of the words of three letters and more, at least one.
func (d disguiser) words(text string, share float64, change func([]rune) string) string {
	words := strings.Split(text, " ")
	var eligible []int
	for i, w := range words {
		if n := len([]rune(w)); n >= 3 && n < 40 && !isLink(w) && strings.ContainsFunc(w, unicode.IsLetter) {
			eligible = append(eligible, i)
		}
	}
	changed := false
	for n, i := range eligible {
		if d.rng.Float64() < share || n == len(eligible)-1 && !changed {
			out := change([]rune(words[i]))
			changed = changed || out != words[i]
			words[i] = out
		}
	}
	return strings.Join(words, " ")
}

func isLink(w string) bool {
	return strings.Contains(w, "://") || strings.Contains(w, ".example") || strings.HasPrefix(w, "www.")
}

// replace replaces half of the letters that have a replacement, at least one.
func (d disguiser) replace(w []rune, table map[rune]string) string {
	var out strings.Builder
	left := 0
	for _, r := range w {
		if table[r] != "" {
			left++
		}
	}
	changed := false
	for _, r := range w {
		with := []rune(table[r])
		if len(with) == 0 {
			out.WriteRune(r)
			continue
		}
		left--
		if d.rng.IntN(2) == 0 || left == 0 && !changed {
			out.WriteRune(with[d.rng.IntN(len(with))])
			changed = true
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func (d disguiser) lookAlikes(w []rune) string { return d.replace(w, lookAlikes) }
func (d disguiser) leet(w []rune) string       { return d.replace(w, leetSigns) }
func (d disguiser) accents(w []rune) string    { return d.replace(w, accented) }

func (d disguiser) zeroWidth(w []rune) string {
	hidden := []rune("\u200b\u200c\u200d\u2060\ufeff")
	for range 1 + d.rng.IntN(3) {
		w = slices.Insert(w, 1+d.rng.IntN(len(w)-1), hidden[d.rng.IntN(len(hidden))])
	}
	return string(w)
}

func (d disguiser) spacing(w []rune) string { return d.divide(w, " ") }

func (d disguiser) punctuation(w []rune) string {
	return d.divide(w, string([]rune(".-*_~|")[d.rng.IntN(6)]))
}

// divide takes a word apart with a sign: into letters, or in two.
func (d disguiser) divide(w []rune, sign string) string {
	at := 1 + d.rng.IntN(len(w)-1)
	if d.rng.IntN(2) == 0 || !unicode.IsLetter(w[at-1]) || !unicode.IsLetter(w[at]) {
		return apart(w, sign)
	}
	return string(w[:at]) + sign + string(w[at:])
}

// apart puts a sign between the letters of a word.
func apart(w []rune, sign string) string {
	var out strings.Builder
	for i, r := range w {
		if i > 0 && unicode.IsLetter(r) && unicode.IsLetter(w[i-1]) {
			out.WriteString(sign)
		}
		out.WriteRune(r)
	}
	return out.String()
}

// swapped makes one slip inside a word: two letters change places, one is left out, doubled, or hit beside.
func (d disguiser) swapped(w []rune) string {
	at := 1 + d.rng.IntN(len(w)-2)
	if !unicode.IsLetter(w[at]) || !unicode.IsLetter(w[at+1]) {
		return string(w)
	}
	switch d.rng.IntN(4) {
	case 0:
		w[at], w[at+1] = w[at+1], w[at]
	case 1:
		w = slices.Delete(w, at, at+1)
	case 2:
		w = slices.Insert(w, at, w[at])
	default:
		w[at] = rune("abcdefghijklmnopqrstuvwxyz"[d.rng.IntN(26)])
	}
	return string(w)
}

// styled writes half of the words in one ornamental alphabet.
func (d disguiser) styled(text string) string {
	alphabets := []struct{ upper, lower rune }{{0x1d400, 0x1d41a}, {0x1d5d4, 0x1d5ee}, {0x1d63c, 0x1d656}, {0x1d670, 0x1d68a}, {0xff21, 0xff41}, {0x24b6, 0x24d0}, {0x1f170, 0x1f170}}
	a := alphabets[d.rng.IntN(len(alphabets))]
	return d.words(text, 0.5, func(w []rune) string {
		for i, r := range w {
			switch {
			case r >= 'A' && r <= 'Z':
				w[i] = a.upper + r - 'A'
			case r >= 'a' && r <= 'z':
				w[i] = a.lower + r - 'a'
			}
		}
		return string(w)
	})
}

// goodWords puts two to four honest sentences before and after the text.
func (d disguiser) goodWords(text string) string {
	chosen := d.rng.Perm(len(honestSentences))[:2+d.rng.IntN(3)]
	before := d.rng.IntN(len(chosen) + 1)
	var parts []string
	for i, n := range chosen {
		if i == before {
			parts = append(parts, text)
		}
		parts = append(parts, honestSentences[n])
	}
	if before == len(chosen) {
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// paraphrase puts other words for the same thing, and lets two sentences change places.
func (d disguiser) paraphrase(text string) string {
	words := strings.Split(text, " ")
	for i, w := range words {
		core := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })
		others := synonyms[strings.ToLower(core)]
		if core == "" || len(others) == 0 || isLink(w) {
			continue
		}
		other := others[d.rng.IntN(len(others))]
		if unicode.IsUpper([]rune(core)[0]) {
			other = strings.ToUpper(other[:1]) + other[1:]
		}
		words[i] = strings.Replace(w, core, other, 1)
	}
	text = strings.Join(words, " ")
	for _, end := range []string{". ", "! ", ", "} {
		if a, b, ok := strings.Cut(text, end); ok && !strings.Contains(text, "://") {
			return strings.TrimRight(b, ".!, ") + end + a
		}
	}
	return text
}

// linkHiding writes links so that programs overlook them.
func (d disguiser) linkHiding(text string) string {
	words := strings.Split(text, " ")
	for i, w := range words {
		if !isLink(w) {
			continue
		}
		scheme, rest, ok := strings.Cut(w, "://")
		if !ok {
			scheme, rest = "", w
		} else {
			scheme += "://"
		}
		host, path, _ := strings.Cut(rest, "/")
		if path != "" {
			path = "/" + path
		}
		words[i] = d.hide(scheme, host, path)
	}
	return strings.Join(words, " ")
}

func (d disguiser) hide(scheme, host, path string) string {
	switch d.rng.IntN(6) {
	case 0:
		return strings.Replace(scheme, "http", "hxxp", 1) + strings.ReplaceAll(host, ".", "[.]") + path
	case 1:
		return strings.ReplaceAll(host, ".", " dot ") + path
	case 2:
		return scheme + strings.ReplaceAll(host, ".", "(.)") + path
	case 3:
		return scheme + strings.ReplaceAll(host, ".", "。") + path
	case 4:
		return "http://chat.example@" + host + path
	}
	return scheme + strings.ReplaceAll(host, ".", " . ") + path
}
