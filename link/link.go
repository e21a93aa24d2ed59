// Package link finds the links that a person would click or type and brings them into canonical form (WHATWG URL, UTS #46).
// Nothing is ever requested or resolved: this package has no network in it.
package link

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Most is how many links Find returns at most; a text with more of them is judged by the first ones.
const Most = 32

// Link is a link in canonical form.
type Link struct {
	// URL is scheme, host, port if unusual, path and query; without user information and fragment. Of a link that was written
	// without a scheme, the scheme is http.
	URL string
	// Host is lower case ASCII (IDNA), or an IP address.
	Host string
	// Domain is the registrable domain by the public suffix list with its private part, or the host where there is none.
	Domain string
}

// Find appends the links of a text to dst, each canonical form once, at most [Most]. It looks outward from each dot and
// from each "://", so a text without them costs one scan.
func Find(dst []Link, text string) []Link {
	for at := 0; at < len(text) && len(dst) < Most; {
		i := mark(text[at:])
		if i < 0 {
			return dst
		}
		start, end := span(text, at, at+i)
		at = end
		if l, ok := parse(text[start:end]); ok {
			dst = add(dst, l)
		}
	}
	return dst
}

// mark returns where the next dot or "://" is, or -1.
func mark(s string) int {
	i := strings.IndexByte(s, '.')
	head := s
	if i >= 0 {
		head = s[:i]
	}
	if j := strings.Index(head, "://"); j >= 0 {
		return j
	}
	return i
}

// Parse brings one link that the wire form states as such into canonical form; ok is false when it is none. A host without
// a scheme counts as a link here if it has a dot.
func Parse(s string) (l Link, ok bool) {
	s = strings.TrimSpace(s)
	l, ok = canonical(s, false)
	return l, ok && (strings.Contains(s, "://") || strings.Contains(l.Host, "."))
}

// ParseHost returns a host or domain in canonical form: lower case ASCII without a trailing dot.
func ParseHost(s string) (host string, ok bool) {
	l, ok := canonical("http://"+strings.TrimSpace(s)+"/", false)
	return l.Host, ok && strings.IndexByte(s, '/') < 0
}

// Domain returns the registrable domain of a canonical host.
func Domain(host string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

func add(dst []Link, l Link) []Link {
	for i := range dst {
		if dst[i].URL == l.URL {
			return dst
		}
	}
	return append(dst, l)
}

// span returns the word around i that starts not before from: everything up to white space, quotes or angle brackets.
func span(s string, from, i int) (start, end int) {
	start, end = i, i+1
	for start > from && !boundary(s[start-1]) {
		start--
	}
	for end < len(s) && !boundary(s[end]) {
		end++
	}
	return start, end
}

// trim takes the sentence's punctuation from the end of a link. A bracket stays when it was opened inside the link.
func trim(w string) string {
	for w != "" {
		c := w[len(w)-1]
		opened := c == ')' && strings.Count(w, "(") >= strings.Count(w, ")") || c == ']' && strings.Count(w, "[") >= strings.Count(w, "]")
		if opened || strings.IndexByte(".,;:!?'*_~)]", c) < 0 {
			return w
		}
		w = w[:len(w)-1]
	}
	return w
}

func boundary(c byte) bool {
	return c <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == '|' || c == '{' || c == '}'
}

// parse decides whether a word of running text is a link.
func parse(word string) (Link, bool) {
	if i := strings.Index(word, "://"); i >= 0 {
		start := i
		for start > 0 && (letter(word[start-1]) || word[start-1] == '*') {
			start-- // a scheme may stick to what stands before it: "here:http://"
		}
		return canonical(trim(word[start:]), false)
	}
	return canonical(trim(strings.TrimLeft(word, "([*_~,;:'")), true)
}

// canonical parses a link. With bare, it has no scheme and must look like a host that a person would type into a browser.
func canonical(s string, bare bool) (Link, bool) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		scheme, rest = "http", s
	}
	scheme, ok := webScheme(scheme)
	if !ok {
		return Link{}, false
	}
	end := strings.IndexAny(rest, "/?#\\")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		if bare {
			return Link{}, false // a mail address or an account, not a link
		}
		authority = authority[i+1:]
	}
	host, port, ok := hostPort(authority)
	if !ok || bare && !typed(host, tail) {
		return Link{}, false
	}
	return Link{URL: join(scheme, host, port, tail), Host: host, Domain: domain(host)}, true
}

// webScheme returns the scheme that a browser would use. hxxp and its kin are ways to write http past a filter.
func webScheme(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "http", "hxxp", "h**p", "hxp", "":
		return "http", true
	case "https", "hxxps":
		return "https", true
	case "ftp":
		return "ftp", true
	}
	return "", false
}

// hostPort splits and canonicalises an authority. The port is empty when it is the usual one.
func hostPort(a string) (host, port string, ok bool) {
	if i := strings.LastIndexByte(a, ':'); i >= 0 && strings.IndexByte(a[i:], ']') < 0 {
		a, port = a[:i], a[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if port != "" && err != nil {
			return "", "", false
		}
		if port = strconv.FormatUint(n, 10); n == 80 || n == 443 || n == 0 {
			port = ""
		}
	}
	if strings.HasPrefix(a, "[") {
		ip, err := netip.ParseAddr(strings.Trim(a, "[]"))
		return "[" + ip.String() + "]", port, err == nil && ip.Is6()
	}
	a = strings.TrimSuffix(a, ".")
	if a == "" || len(a) > 253 {
		return "", "", false
	}
	if host, ok = asciiHost(a); !ok {
		return "", "", false
	}
	return host, port, true
}

// asciiHost returns a host name in lower case ASCII and checks its labels (RFC 1123 §2.1; underscores are seen in the wild).
func asciiHost(a string) (string, bool) {
	for i := 0; i < len(a); i++ {
		if a[i] >= 0x80 {
			h, err := idna.Lookup.ToASCII(a)
			if err != nil {
				return "", false
			}
			a = h
			break
		}
	}
	a = strings.ToLower(a)
	label := 0
	for i := 0; i < len(a); i++ {
		switch c := a[i]; {
		case letter(c) || digit(c) || c == '_' || c == '-' && label > 0:
			label++
		case c == '.' && label > 0:
			label = 0
		default:
			return "", false
		}
		if label > 63 {
			return "", false
		}
	}
	return a, label > 0
}

// typed reports whether a host without a scheme is one that a person would mean as a link. It errs on the side of not
// seeing a link: "main.go", "e.g." and "v1.2.3" are everyday words in honest chat.
func typed(host, tail string) bool {
	i := strings.LastIndexByte(host, '.')
	if i <= 0 {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return len(tail) > 1 && letter(tail[1]) // 10.0.0.1/x is a link; 10.0.0.1 and 10.0.0.1/24 are addresses that somebody talks about
	}
	tld := host[i+1:]
	if len(tld) < 2 || !letter(tld[0]) {
		return false
	}
	name := host[:i]
	if strings.HasPrefix(name, "www.") {
		return true
	}
	if _, icann := publicsuffix.PublicSuffix(host); !icann && !reserved(tld) {
		return false
	}
	if len(tail) > 1 && tail[0] == '/' {
		return !program(tld) || strings.IndexByte(name, '.') > 0
	}
	return len(name) > 2 && common(tld)
}

// reserved are the top-level names of RFC 2606 and RFC 7686 that never stand in the public suffix list.
func reserved(tld string) bool {
	switch tld {
	case "example", "test", "invalid", "localhost", "onion":
		return true
	}
	return false
}

// program are top-level domains that are more often the ending of a file.
func program(tld string) bool {
	switch tld {
	case "md", "py", "sh", "rs", "pl", "so", "zip", "mov", "cc", "ps", "do", "in", "ml", "mm", "la", "st", "am", "java", "app":
		return true
	}
	return false
}

// common are top-level domains under which a bare host is believed. Others need a scheme, www or a path.
func common(tld string) bool {
	switch tld {
	case "com", "net", "org", "info", "biz", "edu", "gov", "eu", "de", "uk", "fr", "nl", "pl", "ru", "su", "ua", "cn", "jp", "br", "it", "es", "ch",
		"at", "se", "xyz", "top", "online", "site", "club", "shop", "store", "live", "cam", "chat", "icu", "vip", "win", "loan", "click", "link",
		"work", "fun", "space", "website", "tech", "pro", "mobi", "tk", "ga", "cf", "gq", "ly", "gl", "me", "io", "co", "tv", "gg",
		"example", "test", "invalid", "onion":
		return !program(tld)
	}
	return strings.HasPrefix(tld, "xn--")
}

func domain(host string) string {
	if host[0] == '[' || digit(host[len(host)-1]) {
		return host
	}
	return Domain(host)
}

func join(scheme, host, port, tail string) string {
	if i := strings.IndexByte(tail, '#'); i >= 0 {
		tail = tail[:i]
	}
	if tail == "" || tail[0] == '?' {
		tail = "/" + tail
	}
	if port != "" {
		host += ":" + port
	}
	return scheme + "://" + host + strings.ReplaceAll(tail, "\\", "/")
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }
