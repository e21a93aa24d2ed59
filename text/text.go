// Package text turns a body into features, in one pass and without I/O: what it reads as once every disguise is undone, what was
// undone, its tokens, its fingerprints, and the parts that a person would point at. It knows nothing of events.
//
// [Form.Read] is the pass. [Form.Normal] is for comparing and showing: Unicode NFKC (UAX #15), lower case, without invisible
// characters, each run of white space as one space. [Form.Folded] goes on from there: look-alike letters (UTS #39) inside words
// that mix scripts, styled alphabets, piled marks, leet, letters spaced apart and repeated letters read as what a person sees.
// What was undone is counted in [Notice], because an honest text seldom needs it. Honest text in any script stays as it is.
//
// [Form.Fingerprint] is the same for texts that differ only in spelling tricks, numbers and links; [Form.Sketch] says how near two
// texts are that also differ in words. [Form.AppendFeatures] are hashed words and letters for a model.
//
// The tables are generated: see internal/gentext.
package text

import (
	"math"
	"strings"
)

// Form is what one body reads as. The zero Form is ready; reading again uses its memory again, so that a Form in use makes no
// garbage. Its slices are valid until then.
type Form struct {
	// Normal is the normal form.
	Normal []byte
	// Folded is the normal form with every disguise undone.
	Folded []byte
	// Tokens are the words, numbers and links of Folded, in order.
	Tokens []Token
	// Length is the number of characters (runes) of the body, Letters how many letters and digits the normal form has, Words how
	// many words: runs without white space.
	Length, Letters, Words int
	// Fingerprint is 64 bits of the text without spelling tricks, numbers and links; 0 when no letter is left.
	Fingerprint uint64
	// Notice counts what was undone.
	Notice Notice
	// Shape counts what the folding loses.
	Shape Shape
	// Parts counts what a person would point at, Spans says where.
	Parts Parts
	Spans []Span

	scan scan
}

// Notice counts disguises. A disguise is counted only where an honest text has no use for it: a zero-width joiner inside an
// English word, not one between emoji. Counts stop at 65,535.
type Notice struct {
	// Mixed are words with look-alike letters of another script.
	Mixed uint16
	// Hidden are characters inside words that show as nothing, Bidi those that turn the direction of a text that has one only,
	// Tags those that are invisible copies of ASCII.
	Hidden, Bidi, Tags uint16
	// Styled are words in an alphabet of mathematics, circles, squares, small capitals or the like.
	Styled uint16
	// Piled are words with combining marks that no spelling has.
	Piled uint16
	// Accents are accented letters in a text whose accents no language has.
	Accents uint16
	// Leet are words with digits or signs for letters.
	Leet uint16
	// Spaced are words that were taken apart by spaces or signs.
	Spaced uint16
	// Repeated are words with a letter three times or more in a row. People do that, too.
	Repeated uint16
}

// Any reports whether anything was noticed that honest people do not do.
func (n *Notice) Any() bool {
	m := *n
	m.Repeated = 0
	return m != Notice{}
}

// Shape counts characters by what they are; the folding loses most of it.
type Shape struct {
	// Upper are upper case ASCII letters, Digits decimal digits in words and numbers, Signs what is neither letter, digit nor space, Emoji pictographs.
	Upper, Digits, Signs, Emoji int
	// Latin to Other are letters by script. Kana has Hiragana and Katakana.
	Latin, Cyrillic, Greek, Arabic, Hebrew, Han, Kana, Hangul, Other int
	// Known are words that common English has, Unknown Latin words of three letters or more that it has not.
	Known, Unknown int
}

// Kind says what a token is.
type Kind uint8

// The kinds of token.
const (
	Word   Kind = iota + 1
	Number      // digits only
	Link        // with a scheme, with www, a host with a path, or a host under a common top-level domain
	Mail        // an address of mail or chat
	Handle      // @name
)

// Token is a word, a number or a link: Folded[Start:End].
type Token struct {
	Start, End uint32
	// Hash is of the bytes of Folded.
	Hash uint32
	Kind Kind
	mark mark
	// place is that of a word in knownSet, plus one; 0: it is not there.
	place uint16
}

// mark says something of a token that later steps need.
type mark uint8

const (
	markKnown  mark = 1 << iota // common English has it
	markPlain                   // only a to z and apostrophes
	markAccent                  // has accented letters
	markAlike                   // only Cyrillic or Greek letters that pass for Latin ones
	markSingle                  // one letter
	markDigits                  // has digits
	markSmooth                  // no letter twice in a row, and nothing but letters
)

// Known reports whether common English has the word.
func (t *Token) Known() bool { return t.mark&markKnown != 0 }

// Bytes returns the token's part of Folded.
func (f *Form) Bytes(t *Token) []byte { return f.Folded[t.Start:t.End] }

// Read derives the form of a body. Invalid UTF-8 reads as U+FFFD. Time and memory grow with the body and no faster.
func (f *Form) Read(body string) {
	f.reset()
	if strings.Contains(body, override) {
		body = straighten(body)
	}
	f.pass(body)
	f.finish(body)
}

// Normalize returns the normal form of s.
func Normalize(s string) string {
	var f Form
	f.Read(s)
	return string(f.Normal)
}

// Fingerprint returns the fingerprint of s.
func Fingerprint(s string) uint64 {
	var f Form
	f.Read(s)
	return f.Fingerprint
}

// bump adds to a count that stops at its limit.
func bump(n *uint16, by int) { *n = uint16(min(int(*n)+by, math.MaxUint16)) }

// note counts something noticed.
func (f *Form) note(n *uint16, by int) {
	bump(n, by)
	f.scan.noticed = true
}

// fill sets the letters by script.
func (sh *Shape) fill(n *[32]int) {
	sh.Digits = n[cDigit]
	sh.Latin = n[cLatin] + n[cAccent] + n[cSmall] + n[cFlag]
	sh.Cyrillic, sh.Greek, sh.Arabic, sh.Hebrew = n[cCyrillic], n[cGreek], n[cArabic], n[cHebrew]
	sh.Han, sh.Kana, sh.Hangul, sh.Other = n[cHan], n[cHiragana]+n[cKatakana], n[cHangul], n[cLetter]+n[cExotic]
}
