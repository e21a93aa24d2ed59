package text

import (
	"strings"
	"testing"
)

// Whatever the trie finds, the filters before it let pass: with the next word, and without where the phrase is one word.
func TestFiltersPassPhrases(t *testing.T) {
	phrases := trieBelow(nil, 0, "")
	if len(phrases) < 1000 {
		t.Fatalf("the trie has %d phrases", len(phrases))
	}
	var f Form
	for _, p := range phrases {
		first, rest, more := strings.Cut(p, " ")
		f.Folded = append(f.Folded[:0], p...)
		f.Tokens = append(f.Tokens[:0], Token{End: uint32(len(first)), Kind: Word})
		if more {
			second, _, _ := strings.Cut(rest, " ")
			start := len(first) + 1
			f.Tokens = append(f.Tokens, Token{Start: uint32(start), End: uint32(start + len(second)), Kind: Word})
		}
		four := beginning(f.Folded, 0, f.Tokens[0].End)
		if !has(&trieFilter, spread(four, 0)) || !f.goesOn(four, 0) {
			t.Errorf("%q is kept from the trie", p)
		}
		if !more && len(p) >= 4 && !looksKnown([]byte(p)) {
			t.Errorf("%q does not look known", p)
		}
	}
}

// trieBelow appends the phrases of the nodes below one.
func trieBelow(dst []string, n uint32, prefix string) []string {
	if trieValues[n] != 0 {
		dst = append(dst, prefix)
	}
	for i := trieLinks[n] >> 8; i < trieLinks[n]>>8+trieLinks[n]&0xff; i++ {
		dst = trieBelow(dst, i, prefix+string([]byte{trieLetters[i]}))
	}
	return dst
}

// Words, their plurals and what spam lives on stay words behind the filter; what is put together of two mostly is none.
func TestLooksKnown(t *testing.T) {
	for _, w := range []string{"the", "word", "words", "friend", "friends", "question", "questions", "casino", "webcam", "bitcoin", "password"} {
		if !isWord([]byte(w)) {
			t.Errorf("%q is no word", w)
		}
	}
	passed := 0
	for a := byte('a'); a <= 'z'; a++ {
		for b := byte('a'); b <= 'z'; b++ {
			if looksKnown([]byte{'q', a, 'x', b, 'k', a, 'j', b}) {
				passed++
			}
		}
	}
	if passed > 26*26/3 {
		t.Errorf("%d of %d words that nobody has look known", passed, 26*26)
	}
}
