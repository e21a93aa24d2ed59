package text

import (
	"math/bits"
	"unicode/utf8"
)

// Sketch is what a text looks like from afar: 74 bytes by which texts of one campaign are found although names, numbers, links and
// words for the same thing change from copy to copy. It is made of the words that carry meaning; words that stand for each other
// (internal/gentext/lexicon/groups.txt) are one, and so are all numbers, all links and all names.
type Sketch struct {
	// Sim is a SimHash (Charikar 2002): near texts differ in few bits. It suits an index by bands.
	Sim uint64
	// Min has for each of 32 bins the least hash of the words in it, 0 for none: one-permutation MinHash (Li, Owen, Zhang 2012)
	// without densification. With fewer words than bins it compares nearly word by word.
	Min [32]uint16
	// N is how many different words it is made of, as far as Min can tell.
	N uint8
}

// Limits of what a sketch is made of.
const (
	mostSketched = 1024 // tokens
	longToken    = 10   // letters: longer ones in scripts without spaces count by their letters
)

// Sketch makes the sketch of the text that was read.
func (f *Form) Sketch() Sketch {
	var k sketcher
	for i := range f.Tokens {
		if i == mostSketched {
			break
		}
		t := &f.Tokens[i]
		if t.Kind == Word && t.mark&markPlain == 0 && f.Folded[t.Start] >= utf8.RuneSelf {
			k.script(f.Bytes(t), t)
			continue
		}
		k.word(t)
	}
	return k.done()
}

// sketcher adds up a sketch.
type sketcher struct {
	Sketch

	planes [16]uint64 // counts of 64 bits, bit by bit: plane i has the bits worth 2^i
	n      int
}

// word adds a token, unless it says nothing.
func (k *sketcher) word(t *Token) {
	id := t.id()
	if t.place != 0 {
		switch g := knownGroup[t.place-1] &^ notEnglish; g {
		case 0:
		case 1:
			return
		default:
			id = uint32(g)
		}
	}
	k.add(id)
}

// script adds a word beyond ASCII: as a word where words are divided by spaces, else by pairs of letters.
func (k *sketcher) script(w []byte, t *Token) {
	r, _ := utf8.DecodeRune(w)
	c := lookup(r).class()
	if 1<<c&kana == 0 && (c != cLetter || utf8.RuneCount(w) < longToken) {
		k.word(t)
		return
	}
	last := uint32(0)
	for len(w) > 0 {
		r, n := utf8.DecodeRune(w)
		k.add(mix(last*31 + uint32(r)))
		last = uint32(r)
		w = w[n:]
	}
}

// add adds one hash.
func (k *sketcher) add(id uint32) {
	h := uint64(id) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	h ^= h >> 32
	bin := h >> 59
	if v := uint16(h) | 1; k.Min[bin] == 0 || v < k.Min[bin] {
		k.Min[bin] = v
	}
	k.n++
	for i := range k.planes { // carry-save addition
		carry := k.planes[i] & h
		k.planes[i] ^= h
		if h = carry; h == 0 {
			break
		}
	}
}

// done works out the majority of every bit and returns the sketch.
func (k *sketcher) done() Sketch {
	var more uint64
	equal := ^uint64(0)
	half := k.n / 2
	for i := len(k.planes) - 1; i >= 0; i-- {
		if half>>i&1 == 0 {
			more |= equal & k.planes[i]
			equal &^= k.planes[i]
		} else {
			equal &= k.planes[i]
		}
	}
	k.Sim = more
	for _, m := range k.Min {
		if m != 0 {
			k.N++
		}
	}
	return k.Sketch
}

// Weak reports whether the text has too few words to be told from what everybody says.
func (s *Sketch) Weak() bool { return s.N < 4 }

// Similarity estimates how much of the meaning two texts share, from 0 to 1: the Jaccard index of their words. Texts of one campaign
// reach [Near] mostly; honest texts that say different things hardly ever do.
func Similarity(a, b *Sketch) float64 {
	same, all := 0, 0
	for i, m := range &a.Min {
		if m|b.Min[i] == 0 {
			continue
		}
		all++
		if m == b.Min[i] {
			same++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(same) / float64(all)
}

// Near is the similarity from which two texts that are not weak count as one campaign. See TestCampaigns for what it catches.
const Near = 0.5

// Distance returns in how many bits two SimHashes differ.
func Distance(a, b *Sketch) int { return bits.OnesCount64(a.Sim ^ b.Sim) }
