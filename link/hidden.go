package link

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// dot says how a dot between two labels is written.
type dot uint8

const (
	noDot dot = iota
	plainDot
	// wideDotted is a dot of another script, which browsers read as one (UTS #46): 。．｡.
	wideDotted
	// bracketed is [.], (dot) and the like, with or without spaces around.
	bracketed
	// spaced is a dot, or the word, with spaces around. It is believed only where the rest leaves no doubt.
	spaced
)

// dotAt returns what stands for a dot at the start of s and its length.
func dotAt(s string) (dot, int) {
	if s == "" {
		return noDot, 0
	}
	switch c := s[0]; {
	case c == '.':
		if len(s) > 1 && s[1] == ' ' {
			return noDot, 0 // the end of a sentence
		}
		return plainDot, 1
	case c >= 0x80:
		if wideDotAt(s) {
			return wideDotted, 3
		}
	case c == '[' || c == '(' || c == '{':
		if n := bracketedAt(s); n > 0 {
			return bracketed, n + spaces(s[n:])
		}
	case c == ' ':
		return spacedAt(s)
	}
	return noDot, 0
}

// wideDotAt reports whether s begins with U+3002, U+FF0E or U+FF61.
func wideDotAt(s string) bool {
	return len(s) >= 3 && (s[0] == 0xe3 && s[1] == 0x80 && s[2] == 0x82 || s[0] == 0xef && (s[1] == 0xbc && s[2] == 0x8e || s[1] == 0xbd && s[2] == 0xa1))
}

func wideDot(s string) bool { return strings.ContainsAny(s, "。．｡") }

// bracketedAt returns the length of [.], (dot), { dot } and the like at the start of s, 0 when there is none.
func bracketedAt(s string) int {
	i := 1 + spaces(s[1:])
	n := dotWord(s[i:])
	if n == 0 {
		return 0
	}
	i += n
	i += spaces(s[i:])
	if i >= len(s) || s[i] != "])}"[strings.IndexByte("[({", s[0])] {
		return 0
	}
	return i + 1
}

// spacedAt reads " . ", " .", " dot " and brackets behind a space.
func spacedAt(s string) (dot, int) {
	i := spaces(s)
	if i == 0 || i >= len(s) {
		return noDot, 0
	}
	if c := s[i]; c == '[' || c == '(' || c == '{' {
		if n := bracketedAt(s[i:]); n > 0 {
			return bracketed, i + n + spaces(s[i+n:])
		}
		return noDot, 0
	}
	n := dotWord(s[i:])
	after := spaces(s[i+n:])
	if n == 0 || n > 1 && after == 0 {
		return noDot, 0
	}
	return spaced, i + n + after
}

// dotWord returns the length of a dot or a word for it at the start of s.
func dotWord(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == '.':
		return 1
	case wideDotAt(s):
		return 3
	}
	for _, w := range [...]string{"dot", "d0t"} {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) && (len(s) == len(w) || !letter(s[len(w)])) {
			return len(w)
		}
	}
	return 0
}

// spaces counts the spaces at the start of s, 0 when there are more than anybody would mean.
func spaces(s string) int {
	n := 0
	for n < len(s) && s[n] == ' ' {
		n++
	}
	if n > 3 {
		return 0
	}
	return n
}

// unhide replaces every bracketed dot in an authority by a dot; ok is false when there is another bracket.
func unhide(s string) (plain string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if d, n := dotAt(s[i:]); d == bracketed {
			b.WriteByte('.')
			i += n
			continue
		}
		if strings.IndexByte("[](){} ", s[i]) >= 0 {
			return "", false
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String(), true
}

// doubtless reports whether a spaced dot at the start of s joins two labels of a host: what follows is a top-level domain
// that is no word of any sentence, at most one spaced label away.
func doubtless(s string) bool {
	d, n := dotAt(s)
	label := labelLen(s[n:])
	if unmistakable(s[n:n+label]) && (d != spaced || !strings.HasPrefix(s, " .net")) { // " .net" is a library
		return !strings.HasPrefix(s[n+label:], "(") && !strings.HasPrefix(s[n+label:], "@")
	}
	rest := s[n+label:]
	if label == 0 {
		return false
	}
	if d, n = dotAt(rest); d < bracketed {
		return false
	}
	return unmistakable(rest[n : n+labelLen(rest[n:])])
}

// unmistakable are top-level domains that are no everyday words.
func unmistakable(tld string) bool {
	if len(tld) < 2 || len(tld) > 7 {
		return false
	}
	switch strings.ToLower(tld) {
	case "com", "net", "org", "biz", "xyz", "ru", "icu", "cn", "tk", "ml", "ga", "cf", "gq", "example", "invalid", "onion", "gg", "ly", "io":
		return true
	}
	return false
}

// labelLen returns the length of the host label at the start of s. Where a label goes over from ASCII to Chinese, Japanese
// or Korean writing, it ends: those write no spaces between a link and the words around it.
func labelLen(s string) int {
	i := 0
	for i < len(s) && i <= mostLabel {
		if c := s[i]; c < utf8.RuneSelf {
			if !hostByte(c) {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !hostRune(r) || i > 0 && s[i-1] < utf8.RuneSelf && spaceless(r) {
			break
		}
		i += n
	}
	return i
}

// labelStart returns where the host label that ends at end begins, not before from.
func labelStart(s string, from, end int) int {
	i := end
	for i > from && end-i <= mostLabel {
		if c := s[i-1]; c < utf8.RuneSelf {
			if !hostByte(c) {
				break
			}
			i--
			continue
		}
		r, n := utf8.DecodeLastRuneInString(s[from:i])
		if !hostRune(r) || i < end && s[i] < utf8.RuneSelf && spaceless(r) {
			break
		}
		i -= n
	}
	return i
}

// mostLabel bounds a label in bytes: 63 characters of ASCII, more when they are written in another script.
const mostLabel = 256

func hostByte(c byte) bool { return letter(c) || digit(c) || c == '-' || c == '_' }

// hostRune reports whether a character beyond ASCII may stand in a host: a letter, digit or mark, or one that IDNA ignores.
func hostRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.No, r))
}

// spaceless are the scripts that write no spaces between words.
func spaceless(r rune) bool {
	return r >= 0x0e00 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) || r == 0x30fc)
}
