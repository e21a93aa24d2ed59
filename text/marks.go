package text

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mark reads a character that joins the one before it, or stands over or under it.
func (f *Form) mark(r rune, e entry, c uint32) {
	s := &f.scan
	if s.marks >= mostMarks {
		return
	}
	if s.space { // nothing to join
		s.space, s.base = false, len(f.Normal)
	}
	if n := e.normal(); n != "" {
		f.Normal = append(f.Normal, n...)
	} else {
		f.Normal = utf8.AppendRune(f.Normal, r)
	}
	s.marks++
	s.join = s.join || e&bitJoin != 0
	if s.mask == 0 {
		return
	}
	if c < cDigit {
		s.mask |= 1 << c
	} else {
		s.runes++
		s.jamo++
	}
	if s.marks > 3 {
		s.mask |= 1 << cMark
	}
}

// settleMarks brings a character and its marks into normal form, when that may make a difference. What joins one after the other
// is joined here; what must change places first is left to package norm, which makes garbage.
func (f *Form) settleMarks() {
	s := &f.scan
	if s.marks > 1 || s.join {
		if s.mask != 0 {
			s.mask |= 1 << cMark
		}
		if joined, ordered := f.joinMarks(); !joined && (s.marks > 1 || !ordered) {
			s.spare = norm.NFKC.Append(s.spare[:0], f.Normal[s.base:]...)
			f.Normal = append(f.Normal[:s.base], s.spare...)
		}
	}
	s.marks, s.jamo, s.join = 0, 0, false
}

// joinMarks joins a character with its marks one after the other. It does nothing and says so when one of them does not join, and
// whether that one belongs before those that the character has already.
func (f *Form) joinMarks() (joined, ordered bool) {
	s := &f.scan
	w := f.Normal[s.base:]
	r, n := utf8.DecodeRune(w)
	for w = w[n:]; len(w) > 0; w = w[n:] {
		var m rune
		m, n = utf8.DecodeRune(w)
		if below(m, r) {
			return false, false
		}
		if r = join(r, m); r == 0 {
			return false, true
		}
	}
	f.Normal = utf8.AppendRune(f.Normal[:s.base], r)
	s.runes -= s.jamo
	return true, true
}

// below reports whether a mark belongs before the last mark that a character is made with (UAX #15, canonical ordering).
func below(mark, r rune) bool {
	var a, b [utf8.UTFMax]byte
	m := norm.NFC.Properties(utf8.AppendRune(a[:0], mark))
	return m.CCC() < norm.NFC.Properties(utf8.AppendRune(b[:0], r)).TrailCCC()
}
