package link

import (
	"bytes"
	"strings"
)

// What is percent-encoded in a path and in a query beside spaces, control characters and everything beyond ASCII
// (WHATWG URL §1.3).
const (
	pathEscapes  = "\"<>^`{}"
	queryEscapes = "\"<>'"
)

const hexDigits = "0123456789ABCDEF"

// appendPath appends a path without dot segments (WHATWG URL §4.4) and with each character encoded in one way only.
func appendPath(dst []byte, path string) []byte {
	root := len(dst)
	for i := 0; i < len(path); {
		start := len(dst)
		dst = append(dst, '/')
		end := i + 1
		for end < len(path) && path[end] != '/' && path[end] != '\\' {
			end++
		}
		dst = appendEscaped(dst, path[i+1:end], pathEscapes)
		one, two := string(dst[start+1:]) == ".", string(dst[start+1:]) == ".."
		if one || two {
			dst = dst[:start]
		}
		if two {
			dst = dst[:root+max(0, bytes.LastIndexByte(dst[root:], '/'))]
		}
		if (one || two) && end == len(path) {
			dst = append(dst, '/')
		}
		i = end
	}
	if len(dst) == root {
		dst = append(dst, '/')
	}
	return dst
}

// appendEscaped appends s so that equal links are equal bytes: unreserved characters (RFC 3986 §2.3) are never encoded, what
// must be is, in upper case. A percent sign that encodes nothing becomes %25, so that the form is stable.
func appendEscaped(dst []byte, s, escapes string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case letter(c) || digit(c) || c == '/' || c == '-' || c == '_':
			dst = append(dst, c)
		case c == '%':
			v, ok := unhex(s[i+1:])
			switch {
			case !ok:
				dst = append(dst, "%25"...)
				continue
			case unreserved(v):
				dst = append(dst, v)
			default:
				dst = append(dst, '%', hexDigits[v>>4], hexDigits[v&15])
			}
			i += 2
		case c <= ' ' || c >= 0x7f || strings.IndexByte(escapes, c) >= 0:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendDecoded appends s with all that is percent-encoded decoded once.
func appendDecoded(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if v, ok := unhex(s[i+1:]); ok {
				c, i = v, i+2
			}
		}
		dst = append(dst, c)
	}
	return dst
}

func unreserved(c byte) bool {
	return letter(c) || digit(c) || c == '-' || c == '.' || c == '_' || c == '~'
}

// unhex reads two hexadecimal digits.
func unhex(s string) (byte, bool) {
	if len(s) < 2 {
		return 0, false
	}
	hi, ok := nibble(s[0])
	lo, ok2 := nibble(s[1])
	return hi<<4 | lo, ok && ok2
}

func nibble(c byte) (byte, bool) {
	switch {
	case digit(c):
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
