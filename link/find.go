package link

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Find appends the links of a text to dst, each canonical form once, at most [Most]. It looks outward from each colon and
// each dot, however that is written, so a text without them costs one scan. It errs on the side of not seeing a link where
// there is no scheme: main.go, e.g. and v1.2.3 are everyday words in honest chat.
func Find(dst []Link, text string) []Link {
	for at := 0; at < len(text) && len(dst) < Most; {
		i := mark(text, at)
		if i < 0 {
			return dst
		}
		var l Link
		var ok bool
		var end int
		if text[i] == ':' {
			l, end, ok = schemed(text, at, i)
		} else {
			l, end, ok = bare(text, at, i)
		}
		at = max(end, i+1)
		if ok {
			dst = add(dst, l)
		}
	}
	return dst
}

func add(dst []Link, l Link) []Link {
	for i := range dst {
		if dst[i].URL == l.URL {
			dst[i].Flags |= l.Flags
			return dst
		}
	}
	return append(dst, l)
}

// marks are the bytes that a link cannot do without: dot, colon, the d of a written dot, and the first bytes of the wide dots.
var marks = [256]bool{'.': true, ':': true, 'd': true, 'D': true, 0xe3: true, 0xef: true}

// mark returns where the next dot (however written) or colon of a scheme is, or -1.
func mark(s string, at int) int {
	for i := at; i < len(s); i++ {
		c := s[i]
		if !marks[c] || c|0x20 == 'd' && (i+2 >= len(s) || s[i+2]|0x20 != 't') {
			continue
		}
		switch {
		case c == '.':
			return i
		case c == ':':
			if i > at && i+1 < len(s) && (s[i+1] == '/' || s[i+1] == '\\' || s[i+1] == ']' || appBefore(s, at, i)) {
				return i
			}
		case c >= 0x80:
			if wideDotAt(s[i:]) {
				return i
			}
		case i > at && (s[i-1] == ' ' || strings.IndexByte("[({", s[i-1]) >= 0) && dotWord(s[i:]) > 0:
			return i
		}
	}
	return -1
}

// appBefore reports whether the word before a colon is the scheme of a chat program and something follows at once.
func appBefore(s string, at, colon int) bool {
	if s[colon+1] <= ' ' || s[colon+1] == ':' || s[colon+1] == ')' {
		return false
	}
	_, ok := appHome(s[schemeStart(s, at, colon):colon])
	return ok
}

// schemeStart walks left over what may be a scheme.
func schemeStart(s string, from, colon int) int {
	i := colon
	for i > from && colon-i <= longestScheme && (letter(s[i-1]) || s[i-1] == '*' || digit(s[i-1])) {
		i--
	}
	return i
}

// schemed reads the link around the colon at i. A scheme may stick to what stands before it: "seehttp://".
func schemed(s string, from, i int) (l Link, end int, ok bool) {
	colon, after := i, i+1
	if s[after] == ']' && i > from && s[i-1] == '[' { // hxxp[:]//
		colon, after = i-1, i+2
	}
	start := schemeStart(s, from, colon)
	for ; start < colon; start++ {
		if web, _ := webScheme(s[start:colon]); web != "" {
			return webLink(s, start, after)
		}
	}
	start = schemeStart(s, from, colon)
	if _, app := appHome(s[start:colon]); !app || start > 0 && (s[start-1] == '-' || s[start-1] == '.' || s[start-1] == '/') {
		return Link{}, i + 1, false
	}
	end = tailEnd(s, after)
	raw := trim(s[start:end])
	if len(raw) <= after-start {
		return Link{}, end, false
	}
	l, ok = Parse(raw)
	return l, end, ok && wellKnown(s[start:colon], raw[after-start:])
}

// wellKnown keeps "line:up" and "signal:noise" out: where a scheme is also a word, // must follow it.
func wellKnown(scheme, rest string) bool {
	switch strings.ToLower(scheme) {
	case "line", "signal", "steam", "slack", "discord", "fb", "irc", "ircs", "irc6", "kik", "icq", "viber", "whatsapp", "tencent":
		return strings.HasPrefix(rest, "//")
	case "matrix":
		return len(rest) > 2 && rest[1] == '/' || strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "roomid/")
	case "xmpp":
		return true
	}
	return strings.HasPrefix(rest, "//") || strings.IndexByte(rest, '?') > 0
}

// webLink reads a link with a web scheme that starts at start and whose colon ends before after.
func webLink(s string, start, after int) (l Link, end int, ok bool) {
	if after+1 >= len(s) || s[after] != '/' && s[after] != '\\' || s[after+1] != '/' && s[after+1] != '\\' {
		return Link{}, after, false
	}
	name := after
	for name < len(s) && (s[name] == '/' || s[name] == '\\') {
		name++
	}
	host := authorityEnd(s, name)
	end = tailEnd(s, host)
	raw := trim(s[start:end])
	if host < end { // what follows the host is trimmed alone: a bracket of the host is not the sentence's
		raw = s[start : host+len(trim(s[host:end]))]
	}
	if strings.IndexByte(s[name:host], ' ') >= 0 || strings.IndexByte(s[name:host], '{') >= 0 {
		return spacedLink(s[start:name], s[name:host], raw, end)
	}
	a, ok := read(raw)
	if !ok {
		return Link{}, end, false
	}
	return a.link(raw), end, true
}

// authorityEnd returns where the authority that begins at i ends, taking hidden dots in.
func authorityEnd(s string, i int) int {
	plain := false // a host with a dot needs no spaced one any more
	for i < len(s) {
		switch c := s[i]; {
		case c == '/' || c == '?' || c == '#' || c == '\\':
			return i
		case c == '.':
			plain = true
		case c == '[' || c == '(' || c == '{' || c == ' ':
			d, n := dotAt(s[i:])
			if d == bracketed || d == spaced && !plain && doubtless(s[i:]) {
				i += n
				continue
			}
			if c == ' ' || c == '{' || c == '(' {
				return i
			}
		case c < utf8.RuneSelf && boundary(c):
			return i
		case c >= utf8.RuneSelf && !wideDotAt(s[i:]):
			r, n := utf8.DecodeRuneInString(s[i:])
			if boundaryRune(r) {
				return i
			}
			i += n
			continue
		}
		i++
	}
	return i
}

// spacedLink reads a link whose host has spaces in it.
func spacedLink(scheme, host, raw string, end int) (Link, int, bool) {
	var b strings.Builder
	b.WriteString(scheme)
	for i := 0; i < len(host); {
		d, n := dotAt(host[i:])
		if d == noDot {
			n = 1
			b.WriteByte(host[i])
		} else {
			b.WriteByte('.')
		}
		i += n
	}
	b.WriteString(raw[min(len(raw), len(scheme)+len(host)):])
	a, ok := read(b.String())
	if !ok {
		return Link{}, end, false
	}
	a.flags |= Hidden
	return a.link(raw), end, true
}

// tailEnd returns where a link that began before i ends: at white space, quotes or angle brackets.
func tailEnd(s string, i int) int {
	for i < len(s) {
		if s[i] < utf8.RuneSelf {
			if boundary(s[i]) {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if boundaryRune(r) {
			return i
		}
		i += n
	}
	return i
}

func boundary(c byte) bool {
	return c <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == '|' || c == '{' || c == '}' || c == 0x7f
}

// boundaryRune reports whether a character beyond ASCII ends a link: spaces, quotation marks, the punctuation of scripts
// that write no spaces.
func boundaryRune(r rune) bool {
	switch {
	case r == 0x3002 || r == 0xff0e || r == 0xff61:
		return true
	case r >= 0x3000 && r <= 0x3020, r >= 0xff00 && r <= 0xff0f, r >= 0x2010 && r <= 0x203a:
		return true
	}
	return unicode.IsSpace(r) || r == 0xab || r == 0xbb
}

// trim takes the sentence's punctuation from the end of a link. A bracket stays when it was opened inside the link.
func trim(w string) string {
	round := strings.Count(w, "(") - strings.Count(w, ")")
	square := strings.Count(w, "[") - strings.Count(w, "]")
	for w != "" {
		c := w[len(w)-1]
		switch {
		case c == ')' && round >= 0, c == ']' && square >= 0, strings.IndexByte(".,;:!?'*_~)]", c) < 0:
			return w
		case c == ')':
			round++
		case c == ']':
			square++
		}
		w = w[:len(w)-1]
	}
	return w
}
