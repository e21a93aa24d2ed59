// Package text turns a body into features: its normal form, its size, and a fingerprint that does not change when only
// spelling tricks, numbers or links do. It does no I/O and knows nothing of events.
//
// The normal form is for comparing and for operators' lists: Unicode NFKC (UAX #15), lower case, without invisible
// characters, with each run of white space as one space. The fingerprint goes further: digits become 0, everything that is no
// letter becomes a space, and each link becomes one word.
package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"
)

// Form is what one body reads as.
type Form struct {
	// Normal is the normal form, in the buffer that was given to Read.
	Normal []byte
	// Length is the number of characters (runes) of the body, Letters how many letters and digits the normal form has, Words
	// how many words.
	Length, Letters, Words int
	// Fingerprint is 64 bits of the text without spelling tricks, numbers and links; 0 when no letter is left.
	Fingerprint uint64
}

// Read derives the form of a body. The normal form is appended to buf[:0] and the work of the fingerprint uses the space
// behind it, so that a reused buf makes Read free of allocation. Invalid UTF-8 reads as U+FFFD.
func Read(buf []byte, body string) Form {
	var f Form
	f.Normal, f.Length = normalize(buf[:0], body)
	hashed := appendPrint(f.Normal, f.Normal, &f)[len(f.Normal):]
	if f.Letters > 0 {
		f.Fingerprint = max(1, xxh3.Hash(hashed))
	}
	return f
}

// Normalize returns the normal form of s.
func Normalize(s string) string {
	out, _ := normalize(nil, s)
	return string(out)
}

// normalize appends the normal form of s and counts the runes of s.
func normalize(dst []byte, s string) (out []byte, runes int) {
	space := true // at the start, and after a space: another one is dropped
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return normalizeRunes(dst, s, i, space)
		}
		switch {
		case 'A' <= c && c <= 'Z':
			dst, space = append(dst, c+'a'-'A'), false
		case c > ' ' && c != 0x7f:
			dst, space = append(dst, c), false
		case !space:
			dst, space = append(dst, ' '), true
		}
	}
	return trimSpace(dst, space), len(s)
}

// normalizeRunes goes on at the first byte that is not ASCII; what came before is in dst already.
func normalizeRunes(dst []byte, s string, at int, space bool) (out []byte, runes int) {
	// A combining mark joins the letter before it, which may be ASCII: begin one character earlier.
	runes = at + utf8.RuneCountInString(s[at:])
	if at > 0 && s[at-1] > ' ' && s[at-1] != 0x7f {
		at--
		dst = dst[:len(dst)-1]
	}
	// The composed form is read from dst[start:end] while its lower case is written behind it, then moved down.
	start := len(dst)
	if n := norm.NFKC.QuickSpanString(s[at:]); n == len(s)-at {
		dst = append(dst, s[at:]...)
	} else {
		dst = norm.NFKC.AppendString(dst, s[at:])
	}
	end := len(dst)
	for i := start; i < end; {
		r, n := utf8.DecodeRune(dst[i:end])
		i += n
		switch r = unicode.ToLower(r); {
		case invisible(r):
		case !unicode.IsSpace(r) && !unicode.IsControl(r):
			dst, space = utf8.AppendRune(dst, r), false
		case !space:
			dst, space = append(dst, ' '), true
		}
	}
	dst = dst[:start+copy(dst[start:], dst[end:])]
	return trimSpace(dst, space), runes
}

func trimSpace(b []byte, space bool) []byte {
	if space && len(b) > 0 && b[len(b)-1] == ' ' {
		return b[:len(b)-1]
	}
	return b
}

// invisible reports whether a character is there to be read by programs only: format characters (zero-width, bidi, tags),
// variation selectors and fillers.
func invisible(r rune) bool {
	return r >= 0xad && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0x34f)
}

// appendPrint appends to dst what is hashed: words of letters, digits as 0, links as one word. It counts letters and words.
func appendPrint(dst, normal []byte, f *Form) []byte {
	for i := 0; i < len(normal); {
		end := i
		for end < len(normal) && normal[end] != ' ' {
			end++
		}
		if i < end {
			f.Words++
			if isLink(normal[i:end]) {
				dst = append(dst, "\x01 "...)
				f.Letters += end - i
			} else {
				dst = appendWord(dst, normal[i:end], f)
			}
		}
		i = end + 1
	}
	return dst
}

// appendWord appends one word without its signs; two parts joined by a sign become two words.
func appendWord(dst, word []byte, f *Form) []byte {
	gap := true
	for i := 0; i < len(word); {
		r, n := rune(word[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(word[i:])
		}
		switch {
		case r >= 'a' && r <= 'z' || r >= utf8.RuneSelf && unicode.IsLetter(r):
			dst, gap = append(dst, word[i:i+n]...), false
			f.Letters++
		case r >= '0' && r <= '9' || r >= utf8.RuneSelf && unicode.IsDigit(r):
			if gap || dst[len(dst)-1] != '0' { // a number is one 0, however long
				dst = append(dst, '0')
			}
			gap = false
			f.Letters++
		case r >= utf8.RuneSelf && (unicode.IsMark(r)):
		case !gap:
			dst, gap = append(dst, ' '), true
		}
		i += n
	}
	if !gap {
		dst = append(dst, ' ')
	}
	return dst
}

// isLink reports whether a word of the normal form looks like a link: with a scheme, with www, or a host with a path.
func isLink(w []byte) bool {
	if len(w) < 6 {
		return false
	}
	if string(w[:4]) == "www." {
		return true
	}
	dot := false
	for i, c := range w {
		switch c {
		case ':':
			return i > 0 && i+3 < len(w) && w[i+1] == '/' && w[i+2] == '/'
		case '.':
			dot = i > 0
		case '/':
			return dot && i+1 < len(w)
		}
	}
	return false
}
