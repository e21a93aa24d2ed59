package model

import (
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/nospim/nospim/text"
)

// shape counts what a text looks like when one cannot read it.
type shape struct {
	length, upper, lower, digits, lines int
	wide                                int // letters outside ASCII
	emoji, hidden, marks                int
	shouts                              int // words of three capitals or more
	run                                 int // capitals in a row
	startsUpper                         bool
	last                                rune

	words, letters, longest        int
	numbers, longNumber, shortCode int
	mixed, alnum                   int
	links, schemes, paths          int
	hostDigits, hostDashes, deep   int
	exclaim, ask, money, percent   int
	at, hash, star, slash, quote   int
	signs                          int
}

// body counts what the normal form no longer has: capitals, lines, hidden characters.
func (s *shape) body(body string) {
	for i := 0; i < len(body); {
		if i+8 <= len(body) && s.eight(body[i:]) {
			i += 8
			continue
		}
		for to := i + 8; i < min(to, len(body)); {
			c, n := rune(body[i]), 1
			if c < utf8.RuneSelf {
				s.ascii(c)
			} else {
				c, n = utf8.DecodeRuneInString(body[i:])
				s.wideRune(c)
			}
			s.length++
			i += n
		}
	}
	s.endRun()
	s.last = lastRune(body)
}

// eight counts eight characters at once, when they are ASCII and cannot make a third capital in a row.
func (s *shape) eight(b string) bool {
	_ = b[7]
	x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	upper := between(x, 'A', 'Z')
	if x&eachHigh != 0 || upper != 0 && s.run+bits.OnesCount64(upper) >= 3 {
		return false
	}
	lower, digits := between(x, 'a', 'z'), between(x, '0', '9')
	if upper != 0 && s.upper+s.lower == 0 {
		s.startsUpper = bits.TrailingZeros64(upper) < bits.TrailingZeros64(lower)
	}
	s.length += 8
	s.lower += bits.OnesCount64(lower)
	s.digits += bits.OnesCount64(digits)
	s.lines += bits.OnesCount64(between(x, '\n', '\n'))
	s.upper += bits.OnesCount64(upper)
	if ends := eachHigh &^ (upper | digits); ends != 0 {
		s.endRun()
		upper &= ^uint64(0) << bits.Len64(ends) // those behind the last that ends a run
	}
	s.run += bits.OnesCount64(upper)
	return true
}

// lastRune is the last character that is no space; 0 when there is none.
func lastRune(s string) rune {
	for s != "" {
		c, n := utf8.DecodeLastRuneInString(s)
		if c > ' ' {
			return c
		}
		s = s[:len(s)-n]
	}
	return 0
}

func (s *shape) ascii(c rune) {
	switch {
	case c >= 'a' && c <= 'z':
		s.lower++
		s.endRun()
	case c >= 'A' && c <= 'Z':
		s.capital()
	case c >= '0' && c <= '9':
		s.digits++
	case c == '\n':
		s.lines++
		s.endRun()
	default:
		s.endRun()
	}
}

func (s *shape) capital() {
	if s.upper+s.lower == 0 {
		s.startsUpper = true
	}
	s.upper++
	s.run++
}

func (s *shape) endRun() {
	if s.run >= 3 {
		s.shouts++
	}
	s.run = 0
}

func (s *shape) wideRune(c rune) {
	switch {
	case unicode.IsUpper(c):
		s.capital()
		s.wide++
	case unicode.IsLetter(c):
		s.lower++
		s.wide++
		s.endRun()
	case unicode.Is(unicode.Cf, c):
		s.hidden++
	case unicode.IsMark(c):
		s.marks++
	case c >= 0x1f000 || c >= 0x2600 && c < 0x27c0:
		s.emoji++
		s.endRun()
	default:
		s.endRun()
	}
}

// plain counts one word of n letters a to z.
func (s *shape) plain(n int) {
	s.words++
	s.letters += n
	s.longest = max(s.longest, n)
}

// word counts one word of letters and digits.
func (s *shape) word(w []rune, digits int) {
	s.words++
	s.letters += len(w)
	s.longest = max(s.longest, len(w))
	switch {
	case digits == len(w):
		s.numbers++
		s.longNumber = max(s.longNumber, digits)
		if digits == 5 || digits == 6 {
			s.shortCode++
		}
	case digits > 0:
		s.alnum++
		s.longNumber = max(s.longNumber, digits)
	}
	latin, foreign := false, false
	for _, c := range w {
		if c >= 'a' && c <= 'z' {
			latin = true
		} else if c >= 0x370 && c < 0x530 { // Greek and Cyrillic look like Latin
			foreign = true
		}
	}
	if latin && foreign {
		s.mixed++
	}
}

func (s *shape) sign(c rune) {
	s.signs++
	switch c {
	case '!':
		s.exclaim++
	case '?':
		s.ask++
	case '$', '£', '€', '₽', '¥', '₹', '₴':
		s.money++
	case '%':
		s.percent++
	case '@':
		s.at++
	case '#':
		s.hash++
	case '*', '_', '~':
		s.star++
	case '/':
		s.slash++
	case '"':
		s.quote++
	}
}

// host counts what hosts of bad links have.
func (s *shape) host(h []byte) {
	dots := 0
	for _, c := range h {
		switch {
		case c >= '0' && c <= '9':
			s.hostDigits++
		case c == '-':
			s.hostDashes++
		case c == '.':
			dots++
		}
	}
	if dots >= 3 {
		s.deep++
	}
}

// steps puts a count into a class: 0, 1, 2, 3-4, 5-8, 9-16 and so on.
func steps(n int) int { return bits.Len(uint(max(0, n-1))) + min(n, 1) }

// shape adds the classes of the counts, and every pair of them that is not both zero.
func (r *reader) shape(s *shape) {
	lettersAll := max(1, s.upper+s.lower)
	notice := &r.text.Notice
	part := func(p text.Part) int { return few(r.text.Parts[p]) }
	list := [...]int{
		fine(s.length), steps(s.words), steps(s.digits), steps(s.numbers), min(s.longNumber, 13), min(s.shortCode, 3),
		share(s.upper, lettersAll), steps(s.shouts), share(s.wide, lettersAll), steps(s.lines),
		steps(s.exclaim), steps(s.ask), steps(s.money), steps(s.percent), steps(s.at), steps(s.hash), steps(s.star),
		steps(s.links), min(s.schemes, 2), min(s.paths, 2), min(s.hostDashes, 3), min(s.hostDigits, 3), min(s.deep, 1),
		steps(s.emoji), min(s.hidden, 2), min(s.marks, 2), min(s.mixed, 3), steps(s.alnum), share(s.digits, max(1, s.length)),
		steps(s.longest), share(s.signs, max(1, s.letters)), flag(s.startsUpper), last(s.last), steps(s.slash),
		few(notice.Mixed), few(notice.Hidden + notice.Bidi + notice.Tags), few(notice.Styled), few(notice.Piled + notice.Accents), few(notice.Leet), few(notice.Spaced),
		few(notice.Repeated),
		part(text.Money), part(text.Urgency), part(text.Credential), part(text.SignUp), part(text.Webcam), part(text.Prize),
		part(text.Crypto), part(text.Gambling), part(text.Job), part(text.Contact), part(text.Click), part(text.Malware),
		part(text.Threat), part(text.Pharma), part(text.Amount), part(text.Phone), part(text.Name), part(text.Wallet),
	}
	var set [len(list)]int // places of the classes that are not zero
	n := 0
	all := r.list[:0]
	for i, class := range list {
		if class == 0 {
			all = append(all, shapeless[i])
			continue
		}
		h := ofShape(i, class)
		all = append(all, index(h, 64-shapeBits))
		for _, j := range set[:n] {
			all = append(all, index(mix(mix(h, uint64(j)), uint64(list[j])), 64-shapeBits))
		}
		set[n] = i
		n++
	}
	r.list = all
	r.shapes.addAll(all)
}

// ofShape hashes the class of a count.
func ofShape(i, class int) uint64 { return mix(mix(hashStart^'s', uint64(i)), uint64(class)) }

// shapeless are the features of the counts that are zero: most are, of most texts.
var shapeless = func() (grams [64]uint32) {
	for i := range grams {
		grams[i] = index(ofShape(i, 0), 64-shapeBits)
	}
	return grams
}()

// few tells none, one, two and more apart.
func few(n uint16) int { return int(min(n, 3)) }

// fine puts a length into a class of a quarter of its size.
func fine(n int) int {
	if n < 8 {
		return n / 4
	}
	b := bits.Len(uint(n))
	return b*4 + n>>(b-3)&3
}

// share puts a part of a whole into one of ten classes; a part of nothing is 0.
func share(n, of int) int {
	if n == 0 {
		return 0
	}
	return 1 + min(8, n*12/of)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// last says how a text ends.
func last(c rune) int {
	switch {
	case c == 0:
		return 0
	case c == '.':
		return 1
	case c == '!' || c == '?':
		return 2
	case c >= '0' && c <= '9':
		return 3
	case unicode.IsUpper(c):
		return 4
	case unicode.IsLetter(c):
		return 5
	default:
		return 6
	}
}

// suffix reports whether w may be the last label of a host that is written without a scheme. Suffixes that are also file
// names or words of programmers are left out.
func suffix(w []byte) bool {
	switch string(w) {
	case "com", "net", "org", "info", "biz", "ru", "uk", "de", "fr", "me", "co", "io", "tv", "us", "cc", "xyz", "top", "site", "online",
		"club", "shop", "live", "link", "click", "vip", "pro", "app", "dev", "ly", "gl", "tk", "ml", "ga", "cf", "gq", "pw", "ws",
		"su", "ua", "by", "kz", "eu", "nl", "pl", "it", "es", "cn", "jp", "in", "br", "ca", "au", "store", "space", "website",
		"icu", "buzz", "fun", "work", "life", "world", "today", "bet", "win", "loan", "money", "example", "test", "invalid", "gd",
		"mobi", "im", "to", "la", "ch", "at", "be", "se", "no", "dk", "fi", "cz", "рф", "ai", "gg", "edu", "gov":
		return true
	default:
		return false
	}
}
