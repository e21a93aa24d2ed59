package text

import (
	"strings"
	"unicode/utf8"
)

// override turns the direction of what follows: what is written backwards then shows forwards.
const override = "\u202e"

// straighten writes a text with overrides of direction in the order in which it shows.
func straighten(body string) string {
	out := make([]byte, 0, len(body))
	for {
		head, rest, found := strings.Cut(body, override)
		out = append(out, head...)
		if !found {
			return string(out)
		}
		out = append(out, override...) // it is to be noticed
		end := strings.IndexAny(rest, "\u202c\u2069\n"+override)
		if end < 0 {
			end = len(rest)
		}
		for run := rest[:end]; run != ""; {
			_, n := utf8.DecodeLastRuneInString(run)
			out = append(out, run[len(run)-n:]...)
			run = run[:len(run)-n]
		}
		body = rest[end:]
	}
}

// hidden reads a character that shows as nothing. What it means depends on what stands around it.
func (f *Form) hidden(r rune, c uint32) {
	s := &f.scan
	switch c {
	case cTag:
		// Regional flags are tags after a black flag, at most six and an end.
		if s.emoji && s.tags < 7 {
			s.tags++
			return
		}
		f.note(&f.Notice.Tags, 1)
		return
	case cSelector:
		if s.selectors++; s.selectors > 1 {
			f.note(&f.Notice.Hidden, 1)
		}
		if s.emoji {
			return
		}
	case cOverride:
		if r == 0x202e {
			s.overrides++
		}
	case cBidi:
		if r == 0x202b || r == 0x2067 {
			s.turns++
		}
	}
	if s.mask == 0 || s.group != alphabetic && s.group != group[cHan] && s.group != group[cHangul] {
		return // at the edge of a word, between emoji, or where the script needs it
	}
	s.odd = true
	switch c {
	case cBidi, cOverride:
		s.pending |= hidBidi
	case cHyphen:
		s.pending |= hidHyphen
	default:
		s.pending |= hidZero
	}
}

// settleHidden judges what stands hidden between two letters of a word. Soft hyphens are honest where at least two letters stand
// on either side.
func (f *Form) settleHidden() {
	s := &f.scan
	if s.pending&hidZero != 0 {
		f.note(&f.Notice.Hidden, 1)
	}
	if s.pending&hidBidi != 0 {
		f.note(&f.Notice.Bidi, 1)
	}
	if s.pending&hidHyphen != 0 {
		if s.runes-s.hyphen < 2 {
			f.note(&f.Notice.Hidden, 1)
		}
		s.hyphen = s.runes
		s.hyphens++
	}
	s.pending = 0
}

// half reads half a flag. Two that name a country are an emoji, anything else is letters in squares.
func (f *Form) half(r rune) {
	s := &f.scan
	const first = 0x1f1e6
	switch {
	case s.flag == 0:
		s.flag = r
	case country(byte('a'+s.flag-first), byte('a'+r-first)):
		f.sign(s.flag, 0, cEmoji)
		f.sign(r, 0, cEmoji)
		f.Shape.Emoji--
		s.flag = 0
	default:
		f.flushFlag()
		s.flag = r
	}
}

// flushFlag reads half a flag that found no other half as a letter.
func (f *Form) flushFlag() {
	r := f.scan.flag
	f.scan.flag = 0
	f.letter(r, lookup(r)|bitStyled, cFlag)
}
