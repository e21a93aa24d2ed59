package wire

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/nospim/nospim"
)

// scanner reads one JSON text in one pass. The first thing that is wrong is kept. What is merely not wanted (a string where a
// number belongs) is skipped and scanning goes on, so that the number of the line's question is found wherever it stands;
// what is not JSON ends it.
type scanner struct {
	in      string // a copy of the text, of which all strings without escapes are parts; the text itself when that is lent
	raw     []byte // the text itself, until the decoding ends
	at      int
	depth   int
	first   bool // the next member or element is the first of its object or array
	broken  bool // it is not JSON
	err     *nospim.InputError
	placed  bool // what surrounds the value of the error is named in it, as far as it is to be
	unknown int
	buf     []byte // for strings with escapes
}

// field reads one field of a T. The function is not called for null, which leaves the field unset.
type field[T any] struct {
	name string
	read func(s *scanner, t *T)
}

// reset makes the scanner ready for a text. When that is lent, what is decoded is as valid as the text is.
func (s *scanner) reset(text []byte, lent bool) {
	*s = scanner{buf: s.buf[:0]}
	if i := invalidUTF8(text); i >= 0 {
		s.at = i
		s.breaks("is not valid UTF-8")
		return
	}
	s.raw = text
	if lent {
		s.in = unsafe.String(unsafe.SliceData(text), len(text)) //nolint:gosec // nobody keeps it beyond the text
	} else {
		s.in = string(text)
	}
}

// end checks that nothing follows the text and returns the first error.
func (s *scanner) end() error {
	if s.peek(); !s.broken && s.at < len(s.in) {
		s.breaks("goes on after its end")
	}
	s.in, s.raw = "", nil // the pool keeps no message
	if cap(s.buf) > keepSize {
		s.buf = nil
	}
	if s.err == nil {
		return nil
	}
	if s.err.Field == "" {
		s.err.Field = "json"
	}
	return s.err
}

// object reads an object into t. Fields mostly come in the order of the table, so each is looked for from where the last one was.
func object[T any](s *scanner, t *T, fields []field[T]) {
	if !s.enter('{', "an object") {
		return
	}
	var seen uint64
	for next := 0; s.more('}'); {
		i := member(s, fields, next)
		switch {
		case i < 0:
			s.unknown++
			s.skip()
			continue
		case seen&(1<<i) != 0:
			s.refuse(fields[i].name, "stands twice")
			s.skip()
			continue
		}
		seen |= 1 << i
		next = i + 1
		if s.null() {
			continue
		}
		before := s.err
		fields[i].read(s, t)
		if s.err != before {
			s.within(fields[i].name)
		}
	}
}

// member reads a member's name and the colon, and returns the index of the field, or -1. A field from next on that is written without
// white space and escapes is found where it stands.
func member[T any](s *scanner, fields []field[T], next int) int {
	in := s.in[s.at:]
	for i := next; i < len(fields); i++ {
		name := fields[i].name
		if n := len(name); len(in) > n+2 && in[n+1] == '"' && in[n+2] == ':' && in[0] == '"' && in[1:n+1] == name {
			s.at += n + 3
			return i
		}
	}
	return find(fields, s.key(), next)
}

// find returns the index of the field, or -1.
func find[T any](fields []field[T], key string, from int) int {
	for i := from; i < len(fields); i++ {
		if fields[i].name == key {
			return i
		}
	}
	for i := range min(from, len(fields)) {
		if fields[i].name == key {
			return i
		}
	}
	return -1
}

// list reads an array of at most limit elements into dst, whose memory it reuses.
func list[T any](s *scanner, dst []T, limit int, read func(s *scanner, t *T)) []T {
	dst = dst[:0]
	if !s.enter('[', "an array") {
		return dst
	}
	for s.more(']') {
		if len(dst) == limit {
			s.overlong(limit)
			s.skip()
			continue
		}
		var t T
		dst = append(dst, t)
		before := s.err
		read(s, &dst[len(dst)-1])
		if s.err != before {
			s.within("[" + strconv.Itoa(len(dst)-1) + "]")
		}
	}
	return dst
}

// enter goes into an object or array; it skips any other value and says so.
func (s *scanner) enter(open byte, want string) bool {
	if s.peek() != open {
		s.wrong(want)
		return false
	}
	if s.depth++; s.depth > MaxDepth {
		s.breaks("nests deeper than " + strconv.Itoa(MaxDepth))
		return false
	}
	s.at++
	s.first = true
	return true
}

// more goes to the next member or element; at the end it leaves the object or array and returns false.
func (s *scanner) more(end byte) bool {
	if at := s.at + 1; at < len(s.in) && s.in[at] == '"' && s.in[at-1] == ',' && !s.first && !s.broken { // as programs write
		s.at = at
		return true
	}
	c := s.peek()
	first := s.first
	s.first = false
	switch {
	case s.broken:
		return false
	case c == end:
		s.at++
		s.depth--
		return false
	case first:
		return true
	case c != ',':
		s.breaks("lacks a comma or " + string(rune(end)))
		return false
	}
	s.at++
	if s.peek() == end {
		s.breaks("has a comma too many")
	}
	return !s.broken
}

// key reads a member's name and the colon.
func (s *scanner) key() string {
	if s.peek() != '"' {
		s.breaks("lacks the name of a field")
		return ""
	}
	k := s.str()
	if s.peek() != ':' {
		s.breaks("lacks a colon")
		return ""
	}
	s.at++
	return k
}

// null reads a null if one stands there.
func (s *scanner) null() bool { return s.peek() == 'n' && s.word("null") }

// text reads a string.
func (s *scanner) text() string {
	if s.at < len(s.in) && s.in[s.at] == '"' && !s.broken {
		return s.str()
	}
	if s.peek() != '"' {
		s.wrong("a string")
		return ""
	}
	return s.str()
}

// flag reads true or false.
func (s *scanner) flag() bool {
	switch s.peek() {
	case 't':
		return s.word("true")
	case 'f':
		s.word("false")
	default:
		s.wrong("true or false")
	}
	return false
}

// whole reads a whole number from 0 to MaxNumber.
func (s *scanner) whole() int64 {
	n, err := strconv.ParseInt(s.digits(), 10, 64)
	if s.broken {
		return 0
	}
	if err != nil || n < 0 || n > MaxNumber {
		s.refuse("", "must be a whole number from 0 to "+strconv.Itoa(MaxNumber))
		return 0
	}
	return n
}

// float reads any number.
func (s *scanner) float() float64 {
	f, err := strconv.ParseFloat(s.digits(), 64)
	if err != nil && !s.broken {
		s.refuse("", "must be a number")
	}
	return f
}

// digits reads a number and returns it as it is written; "" when it is none.
func (s *scanner) digits() string {
	c := s.peek()
	if c != '-' && (c < '0' || c > '9') {
		s.skip()
		return ""
	}
	start := s.at
	s.number()
	if s.broken {
		return ""
	}
	return s.in[start:s.at]
}

// skip reads a value of any kind.
func (s *scanner) skip() {
	switch c := s.peek(); {
	case c == '{':
		for s.enter('{', ""); s.more('}'); {
			s.key()
			s.skip()
		}
	case c == '[':
		for s.enter('[', ""); s.more(']'); {
			s.skip()
		}
	case c == '"':
		s.str()
	case c == 't':
		s.word("true")
	case c == 'f':
		s.word("false")
	case c == 'n':
		s.word("null")
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	default:
		s.breaks("lacks a value")
	}
}

// peek goes to the next byte that is not white space and returns it; 0 at the end and when the text is broken.
func (s *scanner) peek() byte {
	if s.at < len(s.in) && s.in[s.at] > ' ' && !s.broken {
		return s.in[s.at]
	}
	return s.pass()
}

// pass is peek where white space may stand.
func (s *scanner) pass() byte {
	for !s.broken && s.at < len(s.in) {
		c := s.in[s.at]
		if c > ' ' {
			return c
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return 1 // a control character: nothing begins with one
		}
		s.at++
	}
	return 0
}

func (s *scanner) word(w string) bool {
	if len(s.in)-s.at < len(w) || s.in[s.at:s.at+len(w)] != w {
		s.breaks("has a word that is none of true, false and null")
		return false
	}
	s.at += len(w)
	return true
}

// number reads a number by the grammar of RFC 8259 §6.
func (s *scanner) number() {
	if s.in[s.at] == '-' {
		s.at++
	}
	start := s.at
	if !s.run() || s.in[start] == '0' && s.at > start+1 {
		s.breaks("has a number that is none")
		return
	}
	if s.at < len(s.in) && s.in[s.at] == '.' {
		s.at++
		if !s.run() {
			s.breaks("has a number that is none")
			return
		}
	}
	if s.at < len(s.in) && s.in[s.at]|0x20 == 'e' {
		s.at++
		if s.at < len(s.in) && (s.in[s.at] == '+' || s.in[s.at] == '-') {
			s.at++
		}
		if !s.run() {
			s.breaks("has a number that is none")
		}
	}
}

// run reads digits and reports whether there were any.
func (s *scanner) run() bool {
	start := s.at
	for s.at < len(s.in) && s.in[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at > start
}

// str reads a string; the caller has seen its opening quote.
func (s *scanner) str() string {
	start := s.at + 1
	end := s.plain(start)
	if end < len(s.in) && s.in[end] == '"' {
		s.at = end + 1
		return s.in[start:end]
	}
	b := s.buf[:0]
	for from := start; end < len(s.in); end = s.plain(from) {
		b = append(b, s.in[from:end]...)
		if s.in[end] == '"' {
			s.at, s.buf = end+1, b
			return string(b)
		}
		r, n := unescape(s.in[end:])
		if n == 0 {
			s.at = end
			s.breaks("has a control character or a broken escape in a string")
			return ""
		}
		b = utf8.AppendRune(b, r)
		from = end + n
	}
	s.at = len(s.in)
	s.breaks("ends within a string")
	return ""
}

// plain returns the index of the next byte from i on that does not stand for itself in a string: a quote, a backslash, a
// control character; or the length of the text. It looks at eight bytes at once.
func (s *scanner) plain(i int) int {
	for ; i+8 <= len(s.raw); i += 8 {
		if found := special(binary.LittleEndian.Uint64(s.raw[i:])); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s.raw); i++ {
		if c := s.raw[i]; c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}

const ones, highs = 0x0101010101010101, 0x8080808080808080

// special sets the high bit of bytes of x that are a quote, a backslash or below a space; the lowest bit set is right, those
// above may not be (a borrow runs upwards).
func special(x uint64) uint64 {
	quote, slash := x^ones*'"', x^ones*'\\'
	return ((x-ones*' ')&^x | (quote-ones)&^quote | (slash-ones)&^slash) & highs
}

// unescape reads one character's escape and returns its length; 0 when it is none. Half a surrogate pair is none.
func unescape(s string) (rune, int) {
	if len(s) < 2 || s[0] != '\\' {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return 0, 0
	}
	r := hex4(s[2:])
	if r < 0 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) < 12 || s[6] != '\\' || s[7] != 'u' {
		return 0, 0
	}
	if r = utf16.DecodeRune(r, hex4(s[8:])); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 reads four hex digits; -1 when they are none.
func hex4(s string) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// invalidUTF8 returns the index of the first byte that is not UTF-8, or -1.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// breaks says that the text is not JSON, and where. It quotes nothing: what follows may be somebody's message.
func (s *scanner) breaks(problem string) {
	if !s.broken && s.err == nil {
		s.err = &nospim.InputError{Field: "json", Problem: problem, Place: "byte " + strconv.Itoa(s.at+1)}
		s.placed = true
	}
	s.broken = true
}

// wrong skips a value that is not of the wanted type.
func (s *scanner) wrong(want string) {
	s.skip()
	s.refuse("", "must be "+want)
}

// refuse keeps what is wrong with the value being read, or with the field of it that is named.
func (s *scanner) refuse(name, problem string) {
	if s.err == nil {
		s.err = &nospim.InputError{Field: name, Problem: problem}
	}
}

func (s *scanner) overlong(limit int) {
	if s.err == nil {
		s.err = &nospim.InputError{Problem: "has more elements than the limit of " + strconv.Itoa(limit), Limit: limit, TooLarge: true}
	}
}

// within puts where the value stands that has just been read, a field or an element, before the name of what is wrong with it. So names
// such as "recipients[3].id" come about from their end, and cost nothing where nothing is wrong.
func (s *scanner) within(name string) {
	switch inner := s.err.Field; {
	case s.placed:
	case inner == "" || inner[0] == '[':
		s.err.Field = name + inner
	default:
		s.err.Field = name + "." + inner
	}
}
