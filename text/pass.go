package text

import "unicode/utf8"

// Limits that keep every step on a word bounded.
const (
	longestWord = 64 // letters; a longer run of them is read as several words
	mostMarks   = 8  // combining marks on one letter, the others are dropped
)

// scan is what one reading keeps in mind. Everything that begins with "chunk" is as it was where the present run without white
// space began, so that a run that turns out to be a link can be read again as one.
type scan struct {
	space bool // Normal ends with a space, or is empty

	chunk, chunkFolded, chunkTokens, chunkLetters int
	chunkNotice                                   Notice
	noticed                                       bool // since chunkNotice
	linky                                         bool // the chunk has one of . : @ and may be a link

	// The present word.
	word  int    // where it begins in Normal
	mask  uint32 // its classes, one bit each; 0: there is no word
	group uint8
	runes int
	last  rune
	same  int // how often the last letter came in a row, less one
	most  int // the most of same
	base  int // where the last character begins that marks can join
	marks int // marks since then
	jamo  int // of those, the later parts of Hangul syllables
	join  bool
	firm  bool // it has a Cyrillic letter that looks like no Latin one

	oddities

	// What came just before.
	emoji     bool
	tags      int
	selectors int
	flag      rune // half a flag

	classes [32]int // letters and digits by class

	// What only the end can judge.
	turns     int // embeddings from right to left
	overrides int
	wide2     int // full-width words
	accents   int
	accented  int // words with accents
	langs     uint32
	hard      int  // Cyrillic words with a letter that looks like no Latin one
	soft      int  // Cyrillic words without
	endings   int  // Latin words with what may be a Cyrillic ending
	spaced    bool // three letters alone in a row
	fragments bool // words that are none

	cells, cells2 []cell
	spare, joined []byte
	folded        []byte // Folded before it was mended
	tokens        []Token
}

// oddities are what few words have.
type oddities struct {
	odd bool // any of the others is set
	// signs are those of the letters that are neither letter nor digit, styled those of another form, wide those that are only
	// full width.
	signs, styled, wide int
	ending              bool  // it is Latin with what may be a Cyrillic ending
	pending             uint8 // what stood hidden before the next letter
	hyphens             int   // soft hyphens
	hyphen              int   // how many letters stood before the last of them
}

// What can stand hidden between two letters.
const (
	hidZero = 1 << iota
	hidBidi
	hidHyphen
)

// reset prepares for another body and keeps the memory.
func (f *Form) reset() {
	s := &f.scan
	*f = Form{
		Normal: f.Normal[:0], Folded: f.Folded[:0], Tokens: f.Tokens[:0], Spans: f.Spans[:0],
		scan: scan{cells: s.cells[:0], cells2: s.cells2[:0], spare: s.spare[:0], joined: s.joined[:0], folded: s.folded[:0], tokens: s.tokens[:0], space: true, langs: 1<<32 - 1},
	}
}

// pass reads a body from front to back.
func (f *Form) pass(body string) {
	for i := 0; i < len(body); {
		if c := body[i]; c < utf8.RuneSelf {
			i = f.asciiRun(body, i)
			continue
		}
		if n := f.run(body, i); n > 0 {
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(body[i:])
		i += n
		f.Length++
		e := lookup(r)
		if e&bitMulti != 0 {
			f.several(e.normal())
			continue
		}
		f.one(r, e, body, i)
	}
	f.endChunk()
	f.Normal, f.Folded = trimSpace(f.Normal), trimSpace(f.Folded)
}

// several reads what one character stands for.
func (f *Form) several(s string) {
	for i, r := range s {
		e := lookup(r)
		f.one(r, e, s, i+utf8.RuneLen(r))
	}
}

// one reads one character; next is where the following one begins in body.
func (f *Form) one(r rune, e entry, body string, next int) {
	s := &f.scan
	c := e.class()
	if s.flag != 0 && c != cFlag {
		f.flushFlag()
	}
	switch {
	case c >= cDigit || c == cSmall:
		if e&bitBack != 0 && s.mask != 0 && s.group == group[c] {
			f.mark(r, e, c) // the later parts of Hangul syllables
			return
		}
		f.letter(r, e, c)
	case c >= cMark && c <= cScriptMark:
		f.mark(r, e, c)
	case c == cSpace:
		f.white()
	case c >= cHidden && c <= cTag:
		f.hidden(r, c)
	case c == cFlag:
		f.half(r)
	case c == cApostrophe && s.mask != 0 && startsLetter(body[next:]), c == cLeet && startsLetter(body[next:]):
		f.letter(r, e, c)
	default:
		f.sign(r, e, c)
	}
}

// startsLetter reports whether a text begins with a letter, hidden characters aside.
func startsLetter(s string) bool {
	for _, r := range s {
		e := lookup(r)
		if e&bitMulti != 0 {
			r, _ = utf8.DecodeRuneInString(e.normal())
			e = lookup(r)
		}
		if c := e.class(); c < cHidden || c > cTag {
			return c > cDigit
		}
	}
	return false
}

// asciiRun reads a run of ASCII from i and returns where it ends.
func (f *Form) asciiRun(body string, i int) int {
	s := &f.scan
	if s.flag != 0 {
		f.flushFlag()
	}
	for start := i; ; i++ {
		if i == len(body) || body[i] >= utf8.RuneSelf {
			f.Length += i - start
			return i
		}
		b := body[i]
		switch c := uint32(ascii[b]); {
		case c == cLatin && s.mask&^(1<<cLatin) == 0 && s.pending|uint8(s.marks) == 0:
			n := 0
			if s.mask == 0 {
				n = f.shortWord(body, i)
			}
			if n == 0 {
				n = f.asciiWord(body[i:])
			}
			i += n - 1
		case c >= cDigit:
			f.letter(rune(b), 0, c)
		case c == cSpace:
			f.white()
		case (c == cApostrophe && s.mask != 0 || c == cLeet) && startsLetter(body[i+1:]):
			f.letter(rune(b), 0, c)
		case b == '_' && f.inName():
			f.letter(rune(b), 0, cLeet)
		default:
			f.sign(rune(b), 0, c)
		}
	}
}

// inName reports whether the present word is a name after @, in which _ is a letter.
func (f *Form) inName() bool { return f.scan.mask != 0 && f.Normal[f.scan.word] == '@' }

// asciiWord reads ASCII letters, which begin or go on a word of nothing else, and returns how many.
func (f *Form) asciiWord(body string) int {
	s := &f.scan
	dst, last, same, most, upper := f.Normal, s.last, s.same, s.most, 0
	if s.mask == 0 {
		s.word, s.group, last, same, most = len(dst), alphabetic, 0, 0, 0
	}
	n, room := 0, longestWord-s.runes
	if room <= 0 {
		f.endWord()
		return f.asciiWord(body)
	}
	for n < len(body) && n < room {
		c := body[n]
		if c-'A' < 26 {
			c |= 0x20
			upper++
		}
		if c-'a' >= 26 {
			break
		}
		dst = append(dst, c)
		if rune(c) == last {
			same++
			most = max(most, same)
		} else {
			last, same = rune(c), 0
		}
		n++
	}
	f.Normal = dst
	f.Shape.Upper += upper
	s.last, s.same, s.most = last, same, most
	s.classes[cLatin] += n
	s.mask |= 1 << cLatin
	s.runes += n
	s.base = len(dst) - 1
	s.space, s.emoji, s.selectors, s.tags = false, false, 0, 0
	return n
}

// run reads letters of one class, beyond ASCII, that stand as they are or have a plain other form: most text is such. It returns how
// many bytes it read; 0 when the next character needs more thought.
func (f *Form) run(body string, i int) int {
	s := &f.scan
	if s.flag != 0 || s.pending|uint8(s.marks) != 0 {
		return 0
	}
	r, n := decode(body, i)
	e := lookup(r)
	c := e.class()
	if n == 0 || c <= cSmall || e&(bitStyled|bitMulti|bitBack) != 0 {
		return 0
	}
	if s.mask != 0 && (group[c] != s.group || s.runes >= longestWord) {
		f.endWord()
	}
	dst, last, same, most := f.Normal, s.last, s.same, s.most
	if s.mask == 0 {
		s.word, s.group, last, same, most, s.firm = len(dst), group[c], 0, 0, 0, false
	}
	begin, runes, firm, hard := i, s.runes, s.firm, c == cCyrillic
	for {
		s.base = len(dst)
		if e&bitOther == 0 {
			dst = append(dst, body[i:i+n]...)
		} else {
			form := e.normal()
			dst = append(dst, form...)
			r, _ = utf8.DecodeRuneInString(form)
		}
		if r == last {
			same++
			most = max(most, same)
		} else {
			last, same = r, 0
		}
		firm = firm || hard && e&bitAlike == 0
		runes++
		i += n
		if r, n = decode(body, i); n == 0 || runes >= longestWord {
			break
		}
		if e = lookup(r); e.class() != c || e&(bitStyled|bitMulti|bitBack) != 0 {
			break
		}
	}
	n = runes - s.runes
	f.Normal = dst
	f.Length += n
	s.last, s.same, s.most, s.firm, s.runes = last, same, most, firm, runes
	s.classes[c] += n
	s.mask |= 1 << c
	s.space, s.emoji, s.selectors, s.tags = false, false, 0, 0
	return i - begin
}

// decode decodes a character of two or three bytes; n is 0 for every other one.
func decode(s string, i int) (r rune, n int) {
	if i+1 >= len(s) {
		return 0, 0
	}
	a, b := s[i], s[i+1]
	if b&0xc0 != 0x80 {
		return 0, 0
	}
	switch {
	case a >= 0xc2 && a < 0xe0:
		return rune(a&0x1f)<<6 | rune(b&0x3f), 2
	case a >= 0xe0 && a < 0xf0 && i+2 < len(s) && s[i+2]&0xc0 == 0x80:
		r = rune(a&0x0f)<<12 | rune(b&0x3f)<<6 | rune(s[i+2]&0x3f)
		if r >= 0x800 && (r < 0xd800 || r > 0xdfff) {
			return r, 3
		}
	}
	return 0, 0
}

// letter reads a character that belongs to words.
func (f *Form) letter(r rune, e entry, c uint32) {
	s := &f.scan
	if s.marks > 0 {
		f.settleMarks()
	}
	if s.mask != 0 && (group[c] != s.group || s.runes >= longestWord) {
		f.endWord()
	}
	if s.mask == 0 {
		s.word, s.group, s.last, s.same, s.most, s.firm = len(f.Normal), group[c], 0, 0, 0, false
	} else if s.pending != 0 {
		f.settleHidden()
	}
	s.base = len(f.Normal)
	switch n := e.normal(); {
	case n != "":
		f.Normal = append(f.Normal, n...)
		r, _ = utf8.DecodeRuneInString(n)
	case r >= 'A' && r <= 'Z':
		r |= 0x20
		f.Shape.Upper++
		fallthrough
	default:
		f.Normal = utf8.AppendRune(f.Normal, r)
	}
	if e&bitStyled != 0 && c != cDigit {
		s.odd = true
		s.styled++
		if e&bitWide != 0 {
			s.wide++
		}
	}
	if r == s.last && c != cDigit {
		s.same++
		s.most = max(s.most, s.same)
	} else {
		s.last, s.same = r, 0
	}
	if c == cLeet || c == cApostrophe {
		s.odd = true
		s.signs++
	}
	s.firm = s.firm || c == cCyrillic && e&bitAlike == 0
	s.classes[c]++
	s.mask |= 1 << c
	s.runes++
	s.space, s.emoji, s.selectors, s.tags = false, false, 0, 0
}

// sign reads what is neither letter nor space.
func (f *Form) sign(r rune, e entry, c uint32) {
	s := &f.scan
	f.endWord()
	s.base = len(f.Normal)
	if n := e.normal(); n != "" {
		r, _ = utf8.DecodeRuneInString(n)
	}
	f.Normal = utf8.AppendRune(f.Normal, r)
	f.Folded = utf8.AppendRune(f.Folded, r)
	s.linky = s.linky || r == '.' || r == ':' || r == '@'
	f.Shape.Signs++
	s.emoji = c == cEmoji
	if s.emoji {
		f.Shape.Emoji++
	}
	s.space, s.selectors, s.tags = false, 0, 0
}

// white reads white space.
func (f *Form) white() {
	s := &f.scan
	f.endChunk()
	if !s.space {
		f.Normal, f.Folded, s.space = append(f.Normal, ' '), append(f.Folded, ' '), true
	}
	f.beginChunk()
}

func (f *Form) beginChunk() {
	s := &f.scan
	s.chunk, s.chunkFolded, s.chunkTokens, s.chunkLetters, s.linky = len(f.Normal), len(f.Folded), len(f.Tokens), f.Letters, false
	if s.noticed {
		s.chunkNotice, s.noticed = f.Notice, false
	}
	s.emoji, s.selectors, s.tags = false, 0, 0
}

// endChunk ends a run without white space.
func (f *Form) endChunk() {
	s := &f.scan
	if s.flag != 0 {
		f.flushFlag()
	}
	f.endWord()
	w := f.Normal[s.chunk:]
	if len(w) == 0 {
		return
	}
	f.Words++
	if !s.linky {
		return
	}
	kind := linkKind(w)
	if kind == 0 {
		return
	}
	f.Notice = s.chunkNotice
	f.Letters = s.chunkLetters + len(w)
	f.Tokens = f.Tokens[:s.chunkTokens]
	f.Folded = append(f.Folded[:s.chunkFolded], w...)
	f.push(s.chunkFolded, kind, 0)
}

func trimSpace(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] == ' ' {
		return b[:len(b)-1]
	}
	return b
}
