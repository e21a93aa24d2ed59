package text

import "unicode/utf8"

// MostFeatures bounds what AppendFeatures appends: of a text that has more, the words of its beginning and of its end, half each.
const MostFeatures = 1 << 15

// What tokens that are no words hash to: a number is any number, a link any link.
const (
	anyNumber = 0x6e756d62 + iota
	anyLink
	anyMail
	anyName
)

// Seeds keep words, pairs of words and runs of letters apart.
const (
	seedWord = 0x9e3779b9 * (iota + 1) & 0xffffffff
	seedPair
	seedGram
)

// id is what a token counts as: its word, or any number, link, address or name.
func (t *Token) id() uint32 {
	switch t.Kind {
	case Number:
		return anyNumber
	case Link:
		return anyLink
	case Mail:
		return anyMail
	case Handle:
		return anyName
	default:
		return t.Hash
	}
}

// AppendFeatures appends the hashes of what Folded is made of: each word, each pair of words that follow each other, and each run of
// three, four and five letters inside a word, the borders of the word counted as letters. The same text gives the same features in
// the same order, in every process. Features of different kinds never mean the same, but any two may share a hash.
func (f *Form) AppendFeatures(dst []uint32) []uint32 {
	tokens := f.Tokens
	if most := MostFeatures / 4; len(f.Folded) > most {
		head, tail := len(tokens), len(tokens)
		for i := range tokens {
			if int(tokens[i].End) > most/2 && head == len(tokens) {
				head = i
			}
			if int(tokens[i].Start) >= len(f.Folded)-most/2 {
				tail = i
				break
			}
		}
		dst = f.appendTokens(dst, tokens[:head])
		tokens = tokens[max(head, tail):]
	}
	return f.appendTokens(dst, tokens)
}

func (f *Form) appendTokens(dst []uint32, tokens []Token) []uint32 {
	last := uint32(0)
	for i := range tokens {
		t := &tokens[i]
		id := t.id()
		dst = append(dst, mix(id^seedWord), mix(last*31+id^seedPair))
		last = id
		if t.Kind == Word {
			dst = appendGrams(dst, f.Bytes(t))
		}
	}
	return dst
}

// appendGrams appends the runs of three to five letters of a word with a border on either side.
func appendGrams(dst []uint32, w []byte) []uint32 {
	const k = 0x01000193  // the prime of FNV-1
	var a, b, c, d uint32 // the last four letters, the latest in d
	d = ' '
	for n := 2; ; n++ {
		e, size := uint32(' '), 1
		if len(w) > 0 {
			if e = uint32(w[0]); e >= utf8.RuneSelf {
				var r rune
				r, size = utf8.DecodeRune(w)
				e = uint32(r)
			}
		}
		h := (e*k+d)*k + c
		if n >= 3 {
			dst = append(dst, mix(h^seedGram))
		}
		h = (h*k + b) ^ seedGram
		if n >= 4 {
			dst = append(dst, mix(h+1))
		}
		if n >= 5 {
			dst = append(dst, mix(h*k+a+2))
		}
		if len(w) == 0 {
			return dst
		}
		a, b, c, d = b, c, d, e
		w = w[size:]
	}
}

// mix spreads a hash over all 32 bits.
func mix(h uint32) uint32 {
	h = (h ^ h>>16) * 0x7feb352d
	h = (h ^ h>>15) * 0x846ca68b
	return h ^ h>>16
}
