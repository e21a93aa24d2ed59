package model

import (
	"math/bits"
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

var viewBits = [views]uint{18, 18, 14}

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

	own   text.Form  // of bodies that come without a form
	text  *text.Form // what is read
	form  []byte     // its Folded
	runes []rune
	sets  [views]set
	// note, when not nil, is told what each feature stands for: from where to where it reaches in the form.
	note func(view int, gram uint32, from, to int)
	from int
	to   int
}

func newReader(suffixes bool) *reader {
	r := &reader{suffixes: suffixes}
	for v := range r.sets {
		r.sets[v] = set{seen: make([]uint64, 1<<viewBits[v]/64), shift: uint8(64 - viewBits[v])}
	}
	return r
}

// read fills the sets from a body and its form; with nil, the form is read here. The features stay until the next read.
func (r *reader) read(f *text.Form, body string) {
	if f == nil {
		body = headAndTail(body)
		f = &r.own
		f.Read(body)
	}
	for v := range r.sets {
		r.sets[v].clear()
	}
	r.text, r.form = f, f.Folded
	s := shape{}
	s.body(body)
	r.words(r.form, &s)
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

// add adds a feature to a view unless it is there already.
func (r *reader) add(view int, h uint64) {
	if g, first := r.sets[view].add(h); first && r.note != nil {
		r.note(view, g, r.from, r.to)
	}
}

// set is the features of one view: in order, and as bits.
type set struct {
	grams []uint32
	seen  []uint64
	shift uint8
}

func (s *set) add(h uint64) (g uint32, first bool) {
	g = uint32((h ^ h>>29) * hashEnd >> s.shift)
	word, bit := &s.seen[g>>6], uint64(1)<<(g&63)
	if *word&bit != 0 {
		return g, false
	}
	*word |= bit
	s.grams = append(s.grams, g)
	return g, true
}

func (s *set) clear() {
	for _, g := range s.grams {
		s.seen[g>>6] = 0
	}
	s.grams = s.grams[:0]
}

// words goes over the words of the normal form: runs without a space, links apart.
func (r *reader) words(form []byte, s *shape) {
	var last [2]uint64 // hashes of the words before
	start := uint64(hashStart)
	r.from, r.to = 0, 0
	last[0] = mix(start, 'S')
	lastFrom := 0
	word := func(h uint64, from, to int) {
		r.from, r.to = from, to
		r.add(viewWord, h)
		r.from = lastFrom
		r.add(viewWord, mix(last[0], h))
		if last[1] != 0 {
			r.add(viewWord, mix(mix(last[1], 'K'), h)) // with one word between them
		}
		last[1], last[0], lastFrom = last[0], h, from
	}
	for i := 0; i < len(form); {
		if form[i] == ' ' {
			i++
			continue
		}
		end := i
		for end < len(form) && form[end] != ' ' {
			end++
		}
		if host, ok := linkHost(form[i:end]); ok {
			r.link(form, i, end, host, s, word)
		} else {
			r.run(form, i, end, s, word)
		}
		i = end
	}
	word(mix(start, 'E'), len(form), len(form))
}

// class says what a rune is to the reader.
type class uint8

const (
	other class = iota
	letter
	digit
	sign
)

func classOf(c rune) class {
	switch {
	case c < utf8.RuneSelf:
		switch {
		case c >= 'a' && c <= 'z', c == '\'':
			return letter
		case c >= '0' && c <= '9':
			return digit
		default:
			return sign
		}
	case unicode.IsLetter(c), unicode.IsMark(c):
		return letter
	case unicode.IsDigit(c):
		return digit
	default:
		return sign
	}
}

// run reads one run of the form: words of letters, numbers and signs.
func (r *reader) run(form []byte, from, to int, s *shape, word func(uint64, int, int)) {
	for i := from; i < to; {
		c, n := utf8.DecodeRune(form[i:to])
		k := classOf(c)
		if k == sign {
			s.sign(c)
			word(mix(hashStart^'p', uint64(c)), i, i+n)
			i += n
			continue
		}
		h, at := uint64(hashStart), i
		r.runes = append(r.runes[:0], ' ')
		digits := 0
		for i < to {
			if c, n = utf8.DecodeRune(form[i:to]); classOf(c) == sign {
				break
			}
			h = mix(h, uint64(c))
			if classOf(c) == digit {
				c = '0'
				digits++
			}
			r.runes = append(r.runes, c)
			i += n
		}
		s.word(r.runes[1:], digits)
		r.pieces(at, i)
		word(h, at, i)
		if digits >= 4 { // long numbers are never seen again: what counts is how long
			word(mix(hashStart^'n', uint64(min(digits, 14))), at, i)
		}
	}
}

// pieces adds the character n-grams of the word in r.runes, which has a space before it, of two to five characters.
func (r *reader) pieces(from, to int) {
	r.from, r.to = from, to
	r.runes = append(r.runes, ' ')
	for i := range r.runes {
		h := mix(hashStart, uint64(r.runes[i]))
		for _, c := range r.runes[i+1 : min(i+5, len(r.runes))] {
			h = mix(h, uint64(c))
			r.add(viewChar, h)
		}
	}
}

// link adds what a link says without naming it: that there is one, the words of its host, and its suffix if that counts.
func (r *reader) link(form []byte, from, to int, host span, s *shape, word func(uint64, int, int)) {
	s.links++
	link := form[from:to]
	h := form[from+host.from : from+host.to]
	if host.from > 0 {
		s.schemes++
	}
	if host.to+1 < len(link) {
		s.paths++
	}
	word(mix(hashStart, 'L'), from, to)
	at := 0
	for i := 0; i <= len(h); i++ {
		if i < len(h) && h[i] != '.' && h[i] != '-' {
			continue
		}
		if i == len(h) {
			if r.suffixes && !reserved(h[at:]) {
				word(hashBytes(hashStart^'t', h[at:]), from+host.from+at, to)
			}
		} else if i > at {
			r.add(viewWord, hashBytes(hashStart^'h', h[at:i]))
			r.runes = append(r.runes[:0], ' ')
			for j := at; j < i; {
				c, n := utf8.DecodeRune(h[j:i])
				r.runes = append(r.runes, c)
				j += n
			}
			r.pieces(from+host.from+at, from+host.from+i)
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
