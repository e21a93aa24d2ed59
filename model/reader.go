package model

import (
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/nospim/nospim/text"
)

// The views, and how many bits the index of a feature has in each.
const (
	viewWord = iota
	viewChar
	viewShape
	views
)

const (
	wordBits  = 18
	charBits  = 18
	shapeBits = 14
	mostBits  = 18
)

var viewBits = [views]uint{wordBits, charBits, shapeBits}

// mostRead is how many bytes of a text are read: of a longer one, the head and the tail of half that size.
const mostRead = 64 << 10

// Features are hashed by multiplying and shifting; these are odd constants of SplitMix64 and xxHash.
const (
	hashStart = 0x9e3779b97f4a7c15
	hashStep  = 0x9fb21c651e98df25
	hashEnd   = 0xd6e8feb86659fd93
)

// reader turns a text into the features of each view, each feature once. It is reused and allocates only to grow.
type reader struct {
	suffixes bool // see Options.Suffixes

	own    text.Form  // of bodies that come without a form
	text   *text.Form // what is read
	form   []byte     // its Folded
	runes  []rune
	pieces []uint32 // of one word, as places in chars
	vocabulary
	// The features of the views.
	words, shapes set
	chars         grams
	list          []uint32 // features of shapes, some of them twice
	// The words before: their hashes, the last one first, and where the last one begins.
	last, before uint64
	lastFrom     int
	// note, when not nil, is told what each feature stands for: from where to where it reaches in the form.
	note func(view int, gram uint32, from, to int)
	from int
	to   int
}

// newReader returns a reader for views that know something, or nothing yet.
func newReader(suffixes bool, known *[views]linear) *reader {
	return &reader{
		suffixes: suffixes,
		chars:    newGrams(known[viewChar].cells),
	}
}

// read fills the sets from a body and its form; with nil, the form is read here. The features stay until the next read.
func (r *reader) read(f *text.Form, body string) {
	if f == nil {
		body = headAndTail(body)
		f = &r.own
		f.Read(body)
	}
	r.words.begin()
	r.chars.begin()
	r.shapes.begin()
	r.text, r.form = f, f.Folded
	s := shape{}
	s.body(body)
	r.readWords(r.form, &s)
	r.shape(&s)
	r.text = nil
}

// headAndTail bounds what is read of a body.
func headAndTail(body string) string {
	if len(body) <= mostRead {
		return body
	}
	return body[:mostRead/2] + " " + body[len(body)-mostRead/2:]
}

// addWord adds a feature to the view of words unless it is there already.
func (r *reader) addWord(h uint64) {
	g := index(h, 64-wordBits)
	if r.words.add(g) && r.note != nil {
		r.note(viewWord, g, r.from, r.to)
	}
}

// addPieces adds features to the character view.
func (r *reader) addPieces(pieces []uint32) {
	if r.note == nil {
		r.chars.add(pieces)
		return
	}
	for i, p := range pieces {
		if !r.chars.came(p) {
			r.note(viewChar, r.chars.index[p], r.from, r.to)
		}
		r.chars.add(pieces[i : i+1])
	}
}

// index is the index of a feature in a view.
func index(h uint64, shift uint8) uint32 { return uint32((h ^ h>>29) * hashEnd >> (shift & 63)) }

// set is the features of one view: in order, and as bits.
type set struct {
	grams []uint32
	seen  [1 << mostBits / 64]uint64
}

// word is the word with the bit of a feature.
func (s *set) word(g uint32) *uint64 { return &s.seen[g>>6%uint32(len(s.seen))] }

// add adds one feature and reports whether it is the first of its kind.
func (s *set) add(g uint32) (first bool) {
	word, bit := s.word(g), uint64(1)<<(g&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	s.grams = append(s.grams, g)
	return true
}

// addAll adds features, of which some came already; see grams.add.
func (s *set) addAll(list []uint32) {
	n := len(s.grams)
	grams := slices.Grow(s.grams, len(list))[:n+len(list)]
	for _, g := range list {
		word := s.word(g)
		grams[n] = g
		n += int(^*word >> (g & 63) & 1)
		*word |= 1 << (g & 63)
	}
	s.grams = grams[:n]
}

// begin begins another text.
func (s *set) begin() {
	for _, g := range s.grams {
		*s.word(g) = 0
	}
	s.grams = s.grams[:0]
}

// readWords goes over the words of the normal form: runs without a space, links apart.
func (r *reader) readWords(form []byte, s *shape) {
	r.from, r.to = 0, 0
	r.last, r.before, r.lastFrom = mix(hashStart, 'S'), 0, 0
	for i := 0; i < len(form); {
		if form[i] == ' ' {
			i++
			continue
		}
		key, end := plainWord(form, i)
		if end == len(form) || form[end] == ' ' {
			r.plain(key, i, end, s)
			i = end
			continue
		}
		pointed := false
		to := end
		for ; to < len(form) && form[to] != ' '; to++ {
			pointed = pointed || (form[to] == '.' || form[to] == ':') && to+1 < len(form) && form[to+1] != ' ' // not a sentence's
		}
		host, ok := span{}, false
		if pointed {
			host, ok = linkHost(form[i:to])
		}
		if ok {
			r.link(form, i, to, host, s)
		} else {
			r.run(form, i, to, s)
		}
		i = to
	}
	r.word(mix(hashStart, 'E'), len(form), len(form))
}

// word adds a word: alone, after the one before, and after the one before that.
func (r *reader) word(h uint64, from, to int) {
	r.from, r.to = from, to
	r.addWord(h)
	r.from = r.lastFrom
	r.addWord(mix(r.last, h))
	if r.before != 0 {
		r.addWord(mix(mix(r.before, 'K'), h)) // with one word between them
	}
	r.before, r.last, r.lastFrom = r.last, h, from
}

// class says what a rune is to the reader.
type class uint8

const (
	other class = iota
	letter
	digit
	sign
)

// asciiClasses are the classes of ASCII.
var asciiClasses = func() (t [utf8.RuneSelf]class) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c == '\'':
			t[c] = letter
		case c >= '0' && c <= '9':
			t[c] = digit
		default:
			t[c] = sign
		}
	}
	return t
}()

func classOf(c rune) class {
	switch {
	case uint32(c) < utf8.RuneSelf:
		return asciiClasses[c]
	case unicode.IsLetter(c), unicode.IsMark(c):
		return letter
	case unicode.IsDigit(c):
		return digit
	default:
		return sign
	}
}

// run reads one run of the form: words of letters, numbers and signs.
func (r *reader) run(form []byte, from, to int, s *shape) {
	for i := from; i < to; {
		if key, end := plainWord(form, i); end > i && (end == to || form[end] < utf8.RuneSelf && asciiClasses[form[end]] == sign) {
			r.plain(key, i, end, s)
			i = end
			continue
		}
		c, n := utf8.DecodeRune(form[i:to])
		k := classOf(c)
		if k == sign {
			s.sign(c)
			r.word(mix(hashStart^'p', uint64(c)), i, i+n)
			i += n
			continue
		}
		i = r.mixed(form, i, to, s)
	}
}

// mixed reads a word of any letters and digits and returns where it ends.
func (r *reader) mixed(form []byte, from, to int, s *shape) (end int) {
	h, i := uint64(hashStart), from
	r.runes = append(r.runes[:0], ' ')
	digits := 0
	for i < to {
		c, n := utf8.DecodeRune(form[i:to])
		k := classOf(c)
		if k == sign {
			break
		}
		h = mix(h, uint64(c))
		if k == digit {
			c = '0'
			digits++
		}
		r.runes = append(r.runes, c)
		i += n
	}
	s.word(r.runes[1:], digits)
	r.split(from, i)
	r.word(h, from, i)
	if digits >= 4 { // long numbers are never seen again: what counts is how long
		r.word(mix(hashStart^'n', uint64(min(digits, 14))), from, i)
	}
	return i
}

// plain reads a word of the letters a to z and apostrophes only.
func (r *reader) plain(key uint64, from, to int, s *shape) {
	if to-from > longestKey {
		r.mixed(r.form, from, to, s)
		return
	}
	s.plain(to - from)
	r.from, r.to = from, to
	e := r.find(key)
	if e == nil {
		e = r.learn(key, r.form[from:to], &r.chars)
	}
	r.addPieces(r.vocabulary.pieces[e.from:e.to])
	r.word(e.hash, from, to)
}

// split adds the pieces of the word in r.runes, which has a space before it.
func (r *reader) split(from, to int) {
	r.from, r.to = from, to
	r.runes = append(r.runes, ' ')
	r.pieces = r.chars.appendWord(r.pieces[:0], r.runes)
	r.addPieces(r.pieces)
}

// link adds what a link says without naming it: that there is one, the words of its host, and its suffix if that counts.
func (r *reader) link(form []byte, from, to int, host span, s *shape) {
	s.links++
	link := form[from:to]
	h := form[from+host.from : from+host.to]
	if host.from > 0 {
		s.schemes++
	}
	if host.to+1 < len(link) {
		s.paths++
	}
	r.word(mix(hashStart, 'L'), from, to)
	at := 0
	for i := 0; i <= len(h); i++ {
		if i < len(h) && h[i] != '.' && h[i] != '-' {
			continue
		}
		if i == len(h) {
			if r.suffixes && !reserved(h[at:]) {
				r.word(hashBytes(hashStart^'t', h[at:]), from+host.from+at, to)
			}
		} else if i > at {
			r.addWord(hashBytes(hashStart^'h', h[at:i]))
			r.runes = append(r.runes[:0], ' ')
			for j := at; j < i; {
				c, n := utf8.DecodeRune(h[j:i])
				r.runes = append(r.runes, c)
				j += n
			}
			r.split(from+host.from+at, from+host.from+i)
		}
		at = i + 1
	}
	s.host(h)
}

// reserved reports whether a suffix is one of RFC 2606, which tests and templates use: nothing is to be learned from it.
func reserved(suffix []byte) bool {
	return string(suffix) == "example" || string(suffix) == "test" || string(suffix) == "invalid"
}

type span struct{ from, to int }

// linkHost says where the host of a link is in a word of the form; ok is false when the word is no link.
func linkHost(w []byte) (host span, ok bool) {
	at := 0
	scheme := false
	for i := 0; i+3 < len(w); i++ {
		if w[i] == ':' && w[i+1] == '/' && w[i+2] == '/' {
			at, scheme = i+3, true
			break
		}
	}
	end, dot := at, -1
	for end < len(w) && w[end] != '/' && w[end] != '?' && w[end] != '#' && w[end] != ':' {
		if w[end] == '.' {
			dot = end
		}
		end++
	}
	if scheme {
		return span{at, end}, end > at
	}
	for end > at && (w[end-1] == '.' || w[end-1] == ',' || w[end-1] == ')' || w[end-1] == '!') {
		end--
	}
	if dot >= end {
		dot = -1
		for i := at; i < end; i++ {
			if w[i] == '.' {
				dot = i
			}
		}
	}
	for at < end && (w[at] == '(' || w[at] == '<' || w[at] == '"') {
		at++
	}
	if dot <= at || !suffix(w[dot+1:end]) || !hosty(w[at:end]) {
		return span{}, false
	}
	return span{at, end}, true
}

// hosty reports whether a word has only what a host has, and a letter before the last dot.
func hosty(w []byte) bool {
	var before byte
	for _, c := range w {
		ok := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c >= utf8.RuneSelf || c == '.' && before != '.' && before != 0
		if !ok {
			return false
		}
		before = c
	}
	return true
}

func mix(h, v uint64) uint64 { return bits.RotateLeft64((h^v)*hashStep, 29) }

func hashBytes(h uint64, b []byte) uint64 {
	for _, c := range b {
		h = mix(h, uint64(c))
	}
	return h
}
