package link

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// name is a host without a scheme, as it stands in a text.
type name struct {
	start, end int
	// last is where its last label begins.
	last int
	// worst is the most hidden of its dots.
	worst dot
	// again is where to look on when the name is no link.
	again int
}

// bare reads the link without a scheme around the dot at i.
func bare(s string, from, i int) (l Link, end int, ok bool) {
	n, ok := nameAround(s, from, i)
	if !ok {
		return Link{}, max(n.again, i+1), false
	}
	if n.end < len(s) && s[n.end] == '@' {
		return Link{}, tailEnd(s, n.end), false // a mail address
	}
	address := digit(s[n.last]) && n.end < len(s) && s[n.end] == '/' // 203.0.113.9/a
	if !before(s, n.start) || !behind(s, n.end) || !address && !topLevel(s[n.last:n.end], n.worst) {
		return Link{}, n.again, false
	}
	end = n.end
	if end < len(s) && (strings.IndexByte("/?#", s[end]) >= 0 || s[end] == ':' && end+1 < len(s) && digit(s[end+1])) {
		end = tailEnd(s, end)
	}
	raw := trim(s[n.start:end])
	tail := raw[min(len(raw), n.end-n.start):]
	clean := raw
	if n.worst >= bracketed {
		clean = plain(s[n.start:n.end]) + tail
	}
	a, ok := read(clean)
	if !ok || !a.flags.Has(Bare) || a.flags.Has(OddIP) || !typed(a.host, tail, n.worst) {
		return Link{}, n.again, false
	}
	if n.worst > plainDot {
		a.flags |= Hidden
	}
	return a.link(raw), n.start + len(raw), true
}

// nameAround reads the host around the dot at i: one label before it, for earlier dots have been looked at, and all that
// follow.
func nameAround(s string, from, i int) (n name, ok bool) {
	start := back(s, from, i)
	if start > from && strings.IndexByte("[({", s[start-1]) >= 0 {
		start = back(s, from, start-1)
	}
	n = name{start: labelStart(s, from, start), end: start, again: i + 1}
	for n.start < start && (s[n.start] == '_' || s[n.start] == '-') {
		n.start++
	}
	if n.start == start {
		return n, false
	}
	for n.end-n.start < 1024 {
		d, size := dotAt(s[n.end:])
		if d == spaced && (n.end == start && joins(s[n.start:start]) || unmistakable(s[max(n.last, n.start):n.end]) || !doubtless(s[n.end:])) {
			d = noDot
		}
		if d == noDot {
			break
		}
		if n.worst == spaced && d < bracketed {
			return n, false // "see this . x.example": only x.example is a host
		}
		label := labelLen(s[n.end+size:])
		if label == 0 {
			break
		}
		n.worst = max(n.worst, d)
		n.last = n.end + size
		n.end = n.last + label
		if n.worst != spaced {
			n.again = n.end
		}
	}
	for n.last > 0 && n.end > n.last && (s[n.end-1] == '_' || s[n.end-1] == '-') {
		n.end--
	}
	return n, n.last > 0 && n.end > n.last
}

// back skips up to three spaces to the left.
func back(s string, from, i int) int {
	start := i
	for start > from && s[start-1] == ' ' && i-start < 3 {
		start--
	}
	return start
}

// joins reports whether a word before a spaced dot belongs to a sentence about dots: "the dot com bubble", "a .com domain".
func joins(w string) bool {
	switch strings.ToLower(w) {
	case "a", "an", "the", "this", "that", "these", "any", "every", "my", "your", "our", "their", "his", "her", "some", "old", "new", "big", "first",
		"of", "in", "on", "at", "to", "for", "with", "from", "and", "or", "is", "was", "use", "using", "by", "as", "all", "no", "are", "want", "buy",
		"have", "has", "get", "into", "about", "called", "than", "own", "free", "like", "only", "just", "not", "you", "it", "i", "we", "u":
		return true
	}
	return len(w) < 2
}

// before reports whether a link may begin at i: not inside a path, a mail address, an option or a variable.
func before(s string, i int) bool {
	if i == 0 {
		return true
	}
	switch c := s[i-1]; {
	case c >= utf8.RuneSelf, c <= ' ':
		return true
	default:
		return strings.IndexByte("([{<\"'`*_~,;:!>|=-", c) >= 0
	}
}

// behind reports whether a host may end at i: not before what makes it a call, an assignment, a mail address.
func behind(s string, i int) bool {
	if i == len(s) || s[i] >= utf8.RuneSelf || s[i] <= ' ' {
		return true
	}
	return strings.IndexByte("/?#:,;.!'\")]}>*_~-|<`", s[i]) >= 0
}

// plain writes a host with each hidden dot as a dot.
func plain(host string) string {
	var b strings.Builder
	for i := 0; i < len(host); {
		if d, n := dotAt(host[i:]); d != noDot {
			b.WriteByte('.')
			i += n
			continue
		}
		b.WriteByte(host[i])
		i++
	}
	return b.String()
}

// topLevel reports whether a label, as written, can be the last one of a host. It spares most words the work of IDNA.
func topLevel(label string, worst dot) bool {
	if worst == spaced {
		return unmistakable(label)
	}
	if label[0] < utf8.RuneSelf {
		return len(label) >= 2 && !digit(label[0])
	}
	switch label {
	case "рф", "сайт", "онлайн", "орг", "ком", "укр", "бел", "срб", "бг", "москва", "рус", "中国", "中國", "公司", "网络", "网址", "在线", "中文网", "台灣",
		"香港", "한국", "新加坡", "भारत", "コム", "みんな", "ελ", "ею", "қаз", "мкд", "мон":
		return true
	}
	return labelIsASCII(label)
}

// labelIsASCII reports whether a label is made of full-width letters, which are ASCII to a browser.
func labelIsASCII(label string) bool {
	for _, r := range label {
		if r >= utf8.RuneSelf && (r < 0xff10 || r > 0xff5a) {
			return false
		}
	}
	return true
}

// typed reports whether a host without a scheme is one that a person would mean as a link.
func typed(host, tail string, worst dot) bool {
	i := strings.LastIndexByte(host, '.')
	if i <= 0 {
		return false
	}
	path := len(tail) > 1 && tail[0] == '/'
	if _, err := netip.ParseAddr(host); err == nil {
		return path && letter(tail[1]) // 10.0.0.1/x is a link; 10.0.0.1 and 10.0.0.1/24 are addresses that somebody talks about
	}
	if digit(host[len(host)-1]) && endsInNumber(host) {
		return false
	}
	name, tld := host[:i], host[i+1:]
	if _, icann := publicsuffix.PublicSuffix(tld); !icann && !reserved(tld) {
		return false
	}
	labels := strings.Count(host, ".") + 1
	switch {
	case worst >= bracketed:
		return true
	case strings.HasPrefix(name, "www."):
		return true
	case path && (appHost(host) || listed(shorteners, host)):
		return true
	case program(tld):
		return path && labels > 2
	case everyday(tld):
		return path && len(name) > 1 && !strings.Contains(name, "_") || labels > 2 && len(tld) == 2 && len(name) > 4 && !ending(name)
	case tld == "onion":
		return i >= 16 // RFC 7686: no onion name is a word
	case path:
		return true
	}
	return (len(name) > 2 || tld == "com") && common(tld)
}
