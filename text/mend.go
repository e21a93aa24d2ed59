package text

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// finish judges what only the whole text can tell, mends words that were taken apart, and derives what is derived from tokens.
func (f *Form) finish(body string) {
	s, n, sh := &f.scan, &f.Notice, &f.Shape
	sh.fill(&s.classes)
	f.weigh()
	if sh.Han+sh.Kana+sh.Hangul == 0 {
		f.note(&n.Styled, s.wide2)
	}
	if sh.Arabic+sh.Hebrew == 0 {
		f.note(&n.Bidi, s.turns+s.overrides)
	}
	strip := s.accented > 0 && f.falseAccents()
	latin := s.hard == 0 && (s.soft > 0 && sh.Known >= 2 || s.endings > 0)
	if strip || latin || s.spaced || s.fragments {
		f.mend(strip, latin)
	}
	f.findParts(body)
	f.fingerprint()
}

// falseAccents reports whether the accents of the text are to be taken away, and notices them when they are many: no language
// has them all, or the words are English without them.
func (f *Form) falseAccents() bool {
	s, sh := &f.scan, &f.Shape
	english := sh.Known >= 3 && sh.Known > 2*sh.Unknown
	dense := s.accents >= 3 && 10*s.accents > sh.Latin
	false_ := s.langs == 0 && dense || english && s.accents >= 3 && 5*s.accents > sh.Latin
	if false_ {
		f.note(&f.Notice.Accents, s.accents)
	}
	return false_ || english && s.accents > 0
}

// mend writes Folded and Tokens anew: without accents when strip is set, with Cyrillic words that look Latin as Latin when latin
// is set, and with words that were taken apart joined.
func (f *Form) mend(strip, latin bool) {
	s := &f.scan
	from, tokens := f.Folded, f.Tokens
	f.Folded, f.Tokens = s.folded[:0], s.tokens[:0]
	end := uint32(0)
	for i := 0; i < len(tokens); {
		t := &tokens[i]
		f.Folded = append(f.Folded, from[end:t.Start]...)
		n := 1
		switch {
		case t.mark&markAlike != 0 && latin:
			f.relook(from[t.Start:t.End], 1<<cCyrillic|1<<cExotic)
			f.note(&f.Notice.Mixed, 1)
		case t.mark&markAccent != 0 && strip:
			f.relook(from[t.Start:t.End], 1<<cAccent)
		default:
			n = f.join(from, tokens[i:])
		}
		end = tokens[i+n-1].End
		i += n
	}
	f.Folded = append(f.Folded, from[end:]...)
	s.folded, s.tokens = from, tokens
	for i := range f.Tokens {
		if t := &f.Tokens[i]; t.Hash == 0 {
			t.identify(f.Folded)
		}
	}
}

// relook writes a word with letters of some classes as the Latin ones that they look like.
func (f *Form) relook(w []byte, classes uint32) {
	at := len(f.Folded)
	for len(w) > 0 {
		r, n := utf8.DecodeRune(w)
		if e := lookup(r); 1<<e.class()&classes != 0 && e.look() != "" {
			f.Folded = append(f.Folded, e.look()...)
		} else {
			f.Folded = append(f.Folded, w[:n]...)
		}
		w = w[n:]
	}
	f.push(at, Word, markPlain)
}

// join copies the first token, or joins it with those that follow when they are one word taken apart. It returns how many it took.
func (f *Form) join(from []byte, tokens []Token) int {
	t := &tokens[0]
	if t.mark&markSingle != 0 && t.Kind == Word {
		if n := singles(from, tokens); n >= 3 {
			if !f.joinSingles(from, tokens[:n]) {
				f.copy(from, tokens[:n])
			}
			return n
		}
	}
	for n := min(3, len(tokens)); n >= 2; n-- {
		if f.joinFragments(from, tokens[:n]) {
			return n
		}
	}
	f.copy(from, tokens[:1])
	return 1
}

// copy copies tokens and what stands between them.
func (f *Form) copy(from []byte, tokens []Token) {
	start := tokens[0].Start
	shift := uint32(len(f.Folded)) - start
	f.Folded = append(f.Folded, from[start:tokens[len(tokens)-1].End]...)
	for _, t := range tokens {
		t.Start += shift
		t.End += shift
		f.Tokens = append(f.Tokens, t)
	}
}

// gap is what stands between two tokens, if it is short enough to be part of a word taken apart; ok is false otherwise.
func gap(from []byte, a, b *Token) (g []byte, ok bool) {
	if n := b.Start - a.End; n < 1 || n > 3 {
		return nil, false
	}
	return from[a.End:b.Start], true
}

// singles returns how many tokens from the first on are letters that stand alone, with the same between each; 64 at most.
func singles(from []byte, tokens []Token) int {
	if len(tokens) < 3 {
		return 1
	}
	same, ok := gap(from, &tokens[0], &tokens[1])
	n := 1
	for ok && n < min(len(tokens), longestWord) && tokens[n].mark&markSingle != 0 && tokens[n].Kind == Word {
		g, fits := gap(from, &tokens[n-1], &tokens[n])
		if !fits || string(g) != string(same) {
			break
		}
		n++
	}
	return n
}

// joinSingles joins letters that stand alone into the known words that they make, or into one word when they are many. Three
// letters are noticed only when they make a word that spam lives on: u.s.a and y e s are honest.
func (f *Form) joinSingles(from []byte, tokens []Token) bool {
	s := &f.scan
	word, plain, same := s.joined[:0], markPlain, 0
	for i := range tokens {
		t := &tokens[i]
		word = append(word, from[t.Start:t.End]...)
		plain &= t.mark
		if i > 0 && t.Hash == tokens[i-1].Hash {
			same++
		}
	}
	if 2*same >= len(tokens) { // x.x.x.x, D-D-D-Drop
		return false
	}
	if plain == 0 {
		word, plain = f.unmixed(word)
	}
	s.joined = word
	lure := phrase(word) != 0
	if len(tokens) < 5 && !lure && !isWord(word) {
		return false
	}
	if lure || len(tokens) >= 4 {
		f.note(&f.Notice.Spaced, 1)
	}
	for len(word) > 0 {
		n := firstWord(word)
		at := len(f.Folded)
		f.Folded = append(f.Folded, word[:n]...)
		f.push(at, Word, plain)
		if word = word[n:]; len(word) > 0 {
			f.Folded = append(f.Folded, ' ')
		}
	}
	return true
}

// unmixed brings letters of several scripts that make one word into the script that is meant.
func (f *Form) unmixed(word []byte) ([]byte, mark) {
	s := &f.scan
	s.cells, s.mask = s.cells[:0], 0
	for w := word; len(w) > 0; {
		r, n := utf8.DecodeRune(w)
		c := cell{r, lookup(r)}
		s.cells = append(s.cells, c)
		s.mask |= 1 << c.class()
		w = w[n:]
	}
	if f.unmix() {
		f.note(&f.Notice.Mixed, 1)
	}
	word = appendCells(word[:0], s.cells)
	for _, c := range word {
		if c-'a' >= 26 {
			return word, 0
		}
	}
	return word, markPlain
}

// firstWord returns the length of the longest known word at the beginning that leaves a beginning of another, else of all.
func firstWord(w []byte) int {
	for n := min(len(w), 16); n >= 2; n-- {
		if !isWord(w[:n]) {
			continue
		}
		if n == len(w) {
			return n
		}
		for m := min(len(w)-n, 16); m >= 2; m-- {
			if isWord(w[n : n+m]) {
				return n
			}
		}
	}
	return len(w)
}

// joinFragments joins two or three pieces into a word, when at least one of them is no word by itself. People slip, too: it is
// noticed when none of the pieces is a word, or when spam lives on the word that they make.
func (f *Form) joinFragments(from []byte, tokens []Token) bool {
	size, words, letters, hyphen := 0, 0, 0, false
	for i := range tokens {
		t := &tokens[i]
		if t.Kind != Word || t.mark&markPlain == 0 {
			return false
		}
		if i > 0 {
			g, ok := gap(from, &tokens[i-1], t)
			if !ok || len(g) != 1 || g[0] == '\'' || t.Hash == tokens[i-1].Hash { // ha ha
				return false
			}
			hyphen = hyphen || g[0] == '-'
		}
		size += int(t.End - t.Start)
		if t.mark&(markKnown|markSingle) != 0 {
			words++
		}
		if t.mark&markSingle != 0 && from[t.Start] != 'a' && from[t.Start] != 'i' {
			letters++
		}
	}
	if words == len(tokens) || size > 20 || size < 4 {
		return false
	}
	at := len(f.Folded)
	for i := range tokens {
		f.Folded = append(f.Folded, from[tokens[i].Start:tokens[i].End]...)
	}
	w := f.Folded[at:]
	lure := phrase(w) != 0
	if !lure && (words > letters && size < 5 || !isWord(w)) {
		f.Folded = f.Folded[:at]
		return false
	}
	if lure || words == 0 && !hyphen {
		f.note(&f.Notice.Spaced, 1)
	}
	f.push(at, Word, markPlain)
	return true
}

// fingerprint hashes the letters of the text without what people and bots vary: spaces, signs, accents, doubled letters. Numbers
// are 0, links and names one sign each. A text of links alone is told by its links.
func (f *Form) fingerprint() {
	b := f.scan.spare[:0]
	words := false
	for i := range f.Tokens {
		t := &f.Tokens[i]
		switch {
		case t.Kind == Link || t.Kind == Mail:
			b = append(b, 1)
		case t.Kind == Handle:
			b = append(b, 2)
		case t.Kind == Number:
			b, words = zero(b), true
		case t.mark&markSmooth != 0:
			b, words = appendShort(b, f.Folded, int(t.Start), int(t.End)), true
		case t.mark&markPlain != 0:
			b, words = appendPlain(b, f.Bytes(t)), true
		case t.mark&(markAccent|markDigits) == 0:
			b, words = appendRunes(b, f.Bytes(t)), true
		default:
			b, words = appendPrint(b, f.Bytes(t)), true
		}
	}
	if !words {
		for i := range f.Tokens {
			b = append(b, f.Bytes(&f.Tokens[i])...)
		}
	}
	f.scan.spare = b
	if f.Letters > 0 && len(b) > 0 {
		f.Fingerprint = max(1, xxh3.Hash(b))
	}
}

// appendShort appends from[start:end], which mostly is so short that copying a register is cheaper than finding out how to copy.
func appendShort(b, from []byte, start, end int) []byte {
	if end-start > 8 || start+8 > len(from) {
		return append(b, from[start:end]...)
	}
	return binary.LittleEndian.AppendUint64(b, binary.LittleEndian.Uint64(from[start:]))[:len(b)+end-start]
}

// zero appends one 0 for any number of digits.
func zero(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] == '0' {
		return b
	}
	return append(b, '0')
}

// appendPlain appends ASCII letters, doubled ones once, apostrophes not.
func appendPlain(b, w []byte) []byte {
	n := len(b)
	b = append(b, w...)
	var last byte
	for _, c := range w {
		b[n] = c
		if c != last && c != '\'' {
			n++
		}
		last = c
	}
	return b[:n]
}

// appendRunes appends letters, doubled ones once.
func appendRunes(b, w []byte) []byte {
	last := uint32(0)
	for i := 0; i < len(w); {
		r, end := uint32(w[i]), i+1
		for end < len(w) && w[end]&0xc0 == 0x80 {
			r = r<<8 | uint32(w[end])
			end++
		}
		if r != last {
			b = append(b, w[i:end]...)
		}
		last = r
		i = end
	}
	return b
}

// appendPrint appends a word with digits or accents in it.
func appendPrint(b, w []byte) []byte {
	last := rune(0)
	for len(w) > 0 {
		r, n := utf8.DecodeRune(w)
		e := lookup(r)
		switch look := e.look(); {
		case e.class() == cDigit:
			b = zero(b)
		case e.class() == cAccent && look != "":
			b = append(b, look...)
		case e.class() > cDigit && r != last:
			b = append(b, w[:n]...)
		}
		last = r
		w = w[n:]
	}
	return b
}
