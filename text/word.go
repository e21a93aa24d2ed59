package text

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// cell is a character of a word that is being repaired.
type cell struct {
	r rune
	e entry
}

func (c cell) class() uint32 { return c.e.class() }

// Sets of classes, one bit each.
const (
	scripts = 1<<cLatin | 1<<cAccent | 1<<cSmall | 1<<cFlag | 1<<cCyrillic | 1<<cGreek | 1<<cExotic
	letters = scripts | 1<<cHan | 1<<cHiragana | 1<<cKatakana | 1<<cHangul | 1<<cArabic | 1<<cHebrew | 1<<cLetter
	kana    = 1<<cHan | 1<<cHiragana | 1<<cKatakana
	// simple are the classes of which a word may have one, or several of kana, and need no repair.
	simple = 1<<cDigit | 1<<cLatin | 1<<cCyrillic | 1<<cGreek | 1<<cHan | 1<<cHiragana | 1<<cKatakana | 1<<cHangul | 1<<cArabic | 1<<cHebrew | 1<<cLetter
)

// endWord ends the present word and puts it into Folded: as it is, or repaired.
func (f *Form) endWord() {
	s := &f.scan
	if s.marks > 0 {
		f.settleMarks()
	}
	if s.mask == 0 {
		return
	}
	if s.odd {
		f.noticeOdd()
	}
	f.Letters += s.runes - s.signs
	if m := s.mask &^ (1 << cScriptMark); m&simple == m && (m&(m-1) == 0 || m&kana == m) && (s.most < 2 || m&scripts == 0) {
		f.plainWord(m)
	} else {
		f.repair()
	}
	s.mask, s.runes = 0, 0
	if s.odd {
		s.oddities = oddities{}
	}
}

// noticeOdd notices soft hyphens before the last letter and styled letters in the present word.
func (f *Form) noticeOdd() {
	s := &f.scan
	if s.hyphens > 0 && s.runes-s.hyphen < 2 {
		f.note(&f.Notice.Hidden, 1)
	}
	switch {
	case s.styled < 2 || s.styled == 2 && s.runes > 2:
	case s.wide < s.styled:
		f.note(&f.Notice.Styled, 1)
	case s.most+1 < s.runes: // full-width w in a row is laughter
		s.wide2++
	}
}

// plainWord takes a word as it is.
func (f *Form) plainWord(m uint32) {
	s := &f.scan
	at := len(f.Folded)
	f.Folded = append(f.Folded, f.Normal[s.word:]...)
	kind := Word
	if m == 1<<cDigit {
		kind = Number
	}
	var k mark
	switch m {
	case 1 << cLatin:
		k = markPlain
	case 1 << cCyrillic:
		k = s.cyrillicWord(s.firm)
	}
	if s.runes == 1 && m&letters != 0 {
		k |= markSingle
	}
	if s.most == 0 && m&letters != 0 {
		k |= markSmooth
	}
	f.push(at, kind, k)
}

// push adds the token that begins at at and ends where Folded ends. It is hashed later: reading bytes at once that were just
// written one by one makes the processor wait.
func (f *Form) push(at int, kind Kind, k mark) {
	n := len(f.Tokens)
	if n == cap(f.Tokens) {
		f.Tokens = append(f.Tokens, Token{})
	}
	f.Tokens = f.Tokens[:n+1]
	t := &f.Tokens[n]
	t.Start, t.End, t.Hash, t.Kind, t.mark, t.place = uint32(at), uint32(len(f.Folded)), 0, kind, k, 0
}

// weigh hashes the tokens, finds the known ones, and looks out for words that were taken apart: three letters alone in a row, or
// pieces that make a word.
func (f *Form) weigh() {
	s := &f.scan
	row, familiar := 0, 0 // letters that stand alone, known words
	for i := range f.Tokens {
		t := &f.Tokens[i]
		t.identify(f.Folded)
		switch {
		case t.mark&markPlain == 0:
		case t.Known():
			f.Shape.Known++
			familiar++
		case t.End-t.Start >= 3:
			f.Shape.Unknown++
		}
		if t.mark&markSingle == 0 {
			row = 0
		} else if row++; row >= 3 {
			s.spaced = true
		}
		if t.mark&markKnown == 0 {
			familiar = 0
		}
		if familiar < 3 && !s.fragments {
			s.fragments = f.pieces(i)
		}
	}
}

// pieces reports whether a token and the one or two before it may be pieces of a word: [Form.joinFragments] decides.
func (f *Form) pieces(i int) bool {
	if f.Tokens[i].mark&markPlain == 0 {
		return false
	}
	known := f.Tokens[i].mark & markKnown
	for first := i - 1; first >= max(0, i-2); first-- {
		t := &f.Tokens[first]
		if t.mark&markPlain == 0 || f.Tokens[first+1].Start-t.End != 1 || f.Tokens[i].End-t.Start > 22 {
			return false
		}
		if known &= t.mark; known == 0 && f.isJoined(f.Tokens[first:i+1]) {
			return true
		}
	}
	return false
}

// isJoined reports whether tokens make a word together.
func (f *Form) isJoined(tokens []Token) bool {
	var word [24]byte
	w := word[:0]
	for i := range tokens {
		w = append(w, f.Bytes(&tokens[i])...)
	}
	return len(w) >= 4 && isWord(w)
}

// hash is the hash of words everywhere in this package; internal/gentext has the same.
func hash(w []byte) uint32 { return uint32(xxh3.Hash(w)) }

// identify hashes a token and looks it up.
func (t *Token) identify(folded []byte) {
	t.Hash = hash(folded[t.Start:t.End])
	if t.Kind != Word {
		return
	}
	i := find(t.Hash)
	t.place = uint16(i + 1)
	if i >= 0 && t.mark&markPlain != 0 && knownGroup[i]&notEnglish == 0 {
		t.mark |= markKnown
	}
}

// notEnglish marks a word in knownGroup that is known, but not as English.
const notEnglish = 0x80

// find returns the place of a hash in the set of known words; -1 when it is not there.
func find(h uint32) int {
	for i := h % uint32(len(knownSet)); knownSet[i] != 0; i = (i + 1) % uint32(len(knownSet)) {
		if knownSet[i] == h {
			return int(i)
		}
	}
	return -1
}

// known reports whether common English has the word with this hash.
func known(h uint32) bool {
	i := find(h)
	return i >= 0 && knownGroup[i]&notEnglish == 0
}

// isWord reports whether common English has a word, or spam does; a plural counts, too.
func isWord(w []byte) bool {
	if len(w) >= 4 && !looksKnown(w) {
		return false
	}
	if known(hash(w)) || phrase(w) != 0 {
		return true
	}
	n := len(w) - 1
	return n >= 3 && w[n] == 's' && known(hash(w[:n]))
}

// looksKnown reports whether a word of at least four letters may be one for [isWord]; most of what is put together of pieces is told
// apart here.
func looksKnown(w []byte) bool {
	return has(&shapeFilter, spread(binary.LittleEndian.Uint32(w), binary.LittleEndian.Uint32(w[len(w)-4:])))
}

// repair undoes what is wrong with the present word.
func (f *Form) repair() {
	s := &f.scan
	piled := f.spell()
	if piled >= 3 {
		f.note(&f.Notice.Piled, 1)
	}
	if f.unmix() {
		f.note(&f.Notice.Mixed, 1)
	}
	if s.mask&(1<<cDigit|1<<cLeet) != 0 && f.unleet() {
		f.note(&f.Notice.Leet, 1)
	}
	if s.most >= 2 && f.squeeze() {
		f.note(&f.Notice.Repeated, 1)
	}
	f.emit()
}

// spell takes the present word apart into cells, without marks that belong to no spelling. It returns how bad the marks are: one
// for each such mark, and three for two on one letter.
func (f *Form) spell() (piled int) {
	s := &f.scan
	s.cells = s.cells[:0]
	here, script := 0, 0
	for w := f.Normal[s.word:]; len(w) > 0; {
		r, n := utf8.DecodeRune(w)
		w = w[n:]
		e := lookup(r)
		switch e.class() {
		case cMark:
			if here++; here > 1 {
				piled += 3
			}
			piled++
			continue
		case cPoint:
			continue
		case cScriptMark:
			if script++; script > 3 {
				piled += 3
				continue
			}
		default:
			here, script = 0, 0
		}
		s.cells = append(s.cells, cell{r, e})
	}
	return piled
}

// squeeze shortens letters that come three times or more in a row: to two, or to one when that makes a known word and two does
// not. A word that is nothing but one letter stays.
func (f *Form) squeeze() bool {
	s := &f.scan
	if s.mask&scripts == 0 {
		return false
	}
	for _, keep := range [...]int{2, 1, 2} {
		s.cells2 = shorten(s.cells2[:0], s.cells, keep)
		if len(s.cells2) == len(s.cells) || len(s.cells2) <= keep {
			return false
		}
		if s.spare = appendCells(s.spare[:0], s.cells2); isWord(s.spare) {
			break
		}
	}
	s.cells, s.cells2 = s.cells2, s.cells
	return true
}

// shorten appends cells, of runs of three and more of one letter only so many.
func shorten(dst, cells []cell, keep int) []cell {
	for i := 0; i < len(cells); {
		end := i + 1
		for end < len(cells) && cells[end].r == cells[i].r {
			end++
		}
		n := end - i
		if n >= 3 && 1<<cells[i].class()&scripts != 0 {
			n = keep
		}
		dst = append(dst, cells[i:i+n]...)
		i = end
	}
	return dst
}

func appendCells(dst []byte, cells []cell) []byte {
	for _, c := range cells {
		dst = utf8.AppendRune(dst, c.r)
	}
	return dst
}

// emit puts the repaired word into Folded. Signs that turned out to be no letters divide it, and so do an apostrophe after a
// short word (l'eau, d'accord) and the end of a leading number (50eur).
func (f *Form) emit() {
	cells := f.scan.cells
	if len(cells) > 1 && cells[0].r == '@' {
		f.Folded = append(f.Folded, '@')
		f.Shape.Signs++
		f.part(cells[1:], Handle)
		return
	}
	for len(cells) > 0 {
		n := partLength(cells)
		if n > 0 {
			f.part(cells[:n], Word)
		} else {
			n = 1
			r := cells[0].r
			if cells[0].class() == cApostrophe {
				r = '\''
			}
			f.Folded = utf8.AppendRune(f.Folded, r)
			f.Shape.Signs++
		}
		cells = cells[n:]
	}
}

// partLength returns how many cells from the first on make one token; 0 when the first is a sign.
func partLength(cells []cell) int {
	number := cells[0].class() == cDigit
	for i, c := range cells {
		switch k := c.class(); {
		case k == cLeet, k == cApostrophe && (i == 0 || i <= 2 && len(cells)-i > 3 && cells[1].r != cells[0].r):
			return i
		case number && k != cDigit:
			return i
		}
	}
	return len(cells)
}

// part puts one token into Folded.
func (f *Form) part(cells []cell, kind Kind) {
	s := &f.scan
	at := len(f.Folded)
	var mask uint32
	hard, strange := false, false
	for _, c := range cells {
		k := c.class()
		mask |= 1 << k
		switch {
		case k == cApostrophe:
			c.r = '\''
		case k == cAccent:
			s.accents++
			s.langs &= accentLangs[c.e>>16]
		case k == cCyrillic && c.e&bitAlike == 0:
			hard = true
		case k == cExotic && c.e.look() == "":
			strange = true
		}
		f.Folded = utf8.AppendRune(f.Folded, c.r)
	}
	var m mark
	switch {
	case kind == Handle:
	case mask == 1<<cDigit:
		kind = Number
	case mask&(1<<cLatin|1<<cApostrophe) == mask:
		m = markPlain
	case mask&scripts == 1<<cCyrillic:
		m = s.cyrillicWord(hard)
	case mask&scripts == 1<<cExotic && !strange:
		m = s.cyrillicWord(false)
	case s.ending:
		s.endings++
		m = markAlike
	}
	if mask&(1<<cAccent) != 0 {
		s.accented++
		m |= markAccent
	}
	if mask&(1<<cDigit) != 0 {
		m |= markDigits
	}
	if len(cells) == 1 && mask&letters != 0 {
		m |= markSingle
	}
	f.push(at, kind, m)
}

// cyrillicWord counts a Cyrillic word, which has a letter that looks like no Latin one, or only such as do.
func (s *scan) cyrillicWord(hard bool) mark {
	if hard {
		s.hard++
		return 0
	}
	s.soft++
	return markAlike
}
