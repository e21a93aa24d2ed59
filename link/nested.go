package link

import (
	"encoding/base64"
	"strings"
)

// mostNested is how deep links inside links are followed.
const mostNested = 3

// Carried appends the links that a link carries in its parameters, path and fragment to dst: where a redirector would lead.
// What is percent-encoded or base64 is read; a link in a nested link follows its carrier, to a depth of three.
func Carried(dst []Link, url string) []Link { return carried(dst, url, mostNested) }

func carried(dst []Link, url string, depth int) []Link {
	a, ok := read(url)
	if !ok || depth == 0 || a.flags.Has(App) {
		return dst
	}
	at := len(dst)
	for _, v := range strings.FieldsFunc(strings.TrimPrefix(a.query, "?"), func(r rune) bool { return r == '&' || r == ';' }) {
		if _, after, ok := strings.Cut(v, "="); ok {
			v = after
		}
		dst = carriedBy(dst, v)
	}
	dst = carriedBy(dst, strings.TrimPrefix(a.fragment, "#"))
	if i := strings.Index(a.path, "/http"); i >= 0 {
		dst = carriedBy(dst, a.path[i+1:]+a.query)
	}
	for end := len(dst); at < end && len(dst) < Most; at++ {
		dst = carried(dst, dst[at].Raw, depth-1)
	}
	return dst
}

// carriedBy appends the link that a value is, plain, percent-encoded once or twice, or as base64.
func carriedBy(dst []Link, v string) []Link {
	if len(v) < 6 || len(dst) >= Most {
		return dst
	}
	for range 2 {
		if !strings.Contains(v, "%") {
			break
		}
		v = string(appendDecoded(nil, v))
	}
	if strings.HasPrefix(v, "aHR0c") { // base64 of "http"
		if b, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(v)); err == nil {
			v = string(b)
		}
	}
	v = strings.TrimLeft(v, "=/ ")
	name, rest := cutScheme(v)
	if web, _ := webScheme(name); web == "" && !strings.HasPrefix(v, "www.") || web != "" && !strings.HasPrefix(rest, "/") {
		return dst
	}
	if l, ok := Parse(v); ok {
		dst = add(dst, l)
	}
	return dst
}

// nestedFlag says whether a link carries another.
func nestedFlag(l Link) Flags {
	s := l.Raw
	if s == "" {
		s = l.URL
	}
	var space [4]Link
	if rest := s[min(len(s), 8):]; mayCarry(rest) && len(carried(space[:0], s, 1)) > 0 {
		return Nested
	}
	return 0
}

// mayCarry spares most links the look at each parameter.
func mayCarry(s string) bool {
	return strings.Contains(s, "http") || strings.Contains(s, "aHR0c") ||
		strings.ContainsAny(s, "?#") && (strings.Contains(s, "www.") || strings.Contains(s, "%"))
}
