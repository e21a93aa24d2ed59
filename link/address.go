package link

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// address is a link taken apart. Host and port are canonical; path, query and fragment are as written, each with the sign
// that begins it, or empty.
type address struct {
	scheme, user, host, port string
	path, query, fragment    string
	flags                    Flags
}

// read takes a link apart as a browser would (WHATWG URL §4.4), and a little further: h**p is http, x[.]example is x.example.
func read(s string) (a address, ok bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(s, "\t\n\r") { // WHATWG URL §4.4: tab and newline are taken out, wherever they stand
		s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	}
	name, rest := cutScheme(s)
	if home, app := appHome(name); app {
		return readApp(name, home, rest)
	}
	if name == "" {
		a.scheme, a.flags = "http", Bare
	} else {
		var plain bool
		if a.scheme, plain = webScheme(name); !plain {
			a.flags = Hidden
		}
		rest = strings.TrimLeft(rest, "/\\")
	}
	end := strings.IndexAny(rest, "/?#\\")
	if end < 0 {
		end = len(rest)
	}
	if !a.authority(rest[:end]) {
		return address{}, false
	}
	a.tail(rest[end:])
	return a, true
}

// cutScheme splits a known scheme off. A name is empty when there is none, so that "x.example:80" is a host with a port.
func cutScheme(s string) (name, rest string) {
	i := strings.IndexByte(s, ':')
	if i < 0 || i > longestScheme+1 {
		return "", s
	}
	name, rest = s[:i], s[i+1:]
	if n := len(name); n > 0 && name[n-1] == '[' && strings.HasPrefix(rest, "]") { // hxxp[:]//
		name, rest = name[:n-1], rest[1:]
	}
	if web, _ := webScheme(name); web != "" {
		return name, rest
	}
	if _, app := appHome(name); app {
		return strings.ToLower(name), rest
	}
	return "", s
}

// longestScheme is the length of the longest name that webScheme and appHome know.
const longestScheme = 9

// webScheme returns the scheme that a browser would use, empty when it would use none; plain is false for the ways to write
// http past a filter.
func webScheme(s string) (scheme string, plain bool) {
	if len(s) > longestScheme {
		return "", false
	}
	var low [longestScheme]byte
	for i := range len(s) {
		low[i] = s[i] | 0x20 // letters to lower case; * stays
	}
	switch string(low[:len(s)]) {
	case "http":
		return "http", true
	case "https":
		return "https", true
	case "ftp":
		return "ftp", true
	case "hxxp", "h**p", "hxp", "htxp", "hxtp", "htttp", "meow":
		return "http", false
	case "hxxps", "h**ps", "hxps", "htxps", "hxtps":
		return "https", false
	case "fxp":
		return "ftp", false
	}
	return "", false
}

// authority reads user information, host and port.
func (a *address) authority(s string) bool {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		a.user, s = s[:i], s[i+1:]
		a.flags |= UserInfo
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.IndexByte(s[i:], ']') < 0 {
		port := s[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if port != "" && err != nil {
			return false
		}
		if s = s[:i]; port != "" && port != usualPort(a.scheme) {
			if a.port = strconv.FormatUint(n, 10); a.port == usualPort(a.scheme) {
				a.port = ""
			}
		}
	}
	if strings.HasPrefix(s, "[") {
		ip, err := netip.ParseAddr(strings.Trim(s, "[]"))
		a.host = "[" + ip.WithZone("").String() + "]"
		a.flags |= IP
		return err == nil && ip.Is6()
	}
	return a.name(s)
}

func usualPort(scheme string) string {
	switch scheme {
	case "http":
		return "80"
	case "https":
		return "443"
	case "ftp":
		return "21"
	}
	return ""
}

// name reads a host that is a name or an IPv4 address.
func (a *address) name(s string) bool {
	if strings.ContainsAny(s, "[({") {
		plain, ok := unhide(s)
		if !ok {
			return false
		}
		s, a.flags = plain, a.flags|Hidden
	}
	if strings.IndexByte(s, '%') >= 0 { // WHATWG URL §3.5
		s = string(appendDecoded(nil, s))
	}
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 1024 {
		return false
	}
	host, ok := asciiHost(s)
	if !ok {
		return false
	}
	if a.host = host; strings.Contains(host, "xn--") {
		a.flags |= Punycode
	}
	if s != host && wideDot(s) {
		a.flags |= Hidden
	}
	if !endsInNumber(host) {
		return true
	}
	ip, ok := parseIPv4(host)
	a.flags |= IP
	if a.host = ip; ip != host {
		a.flags |= OddIP
	}
	return ok
}

// profile is UTS #46 as browsers use it (WHATWG URL §3.3: not transitional, hyphens and lengths are not checked).
var profile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false))

// asciiHost returns a host name in lower case ASCII and checks its labels (RFC 1123 §2.1; underscores are seen in the wild).
func asciiHost(s string) (string, bool) {
	const upper, wide = 1, 2
	seen := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80:
			seen |= wide
		case c >= 'A' && c <= 'Z':
			seen |= upper
		}
	}
	if seen&upper != 0 {
		s = strings.ToLower(s)
	}
	if seen&wide != 0 || strings.Contains(s, "xn--") {
		mapped, err := profile.ToASCII(s)
		if err != nil && seen&wide != 0 {
			return "", false
		}
		if err == nil {
			s = strings.TrimSuffix(mapped, ".")
		}
	}
	return s, labels(s)
}

func labels(s string) bool {
	label := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || digit(c) || c == '_' || c == '-':
			label++
		case c == '.' && label > 0:
			label = 0
		default:
			return false
		}
		if label > 63 {
			return false
		}
	}
	return label > 0 && len(s) <= 253
}

// endsInNumber is the ends-in-a-number checker of WHATWG URL §3.5.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if !digit(last[0]) {
		return false
	}
	_, ok := number(last)
	return ok || strings.Trim(last, "0123456789") == ""
}

// parseIPv4 is the IPv4 parser of WHATWG URL §3.5: one to four numbers, decimal, octal (017) or hexadecimal (0xf), the last
// of which fills all bytes that are left.
func parseIPv4(host string) (string, bool) {
	var ip, parts uint64
	for rest, more := host, true; more; parts++ {
		var part string
		part, rest, more = strings.Cut(rest, ".")
		n, ok := number(part)
		switch {
		case !ok || parts == 4:
			return "", false
		case more && n > 255, !more && n >= 1<<(8*(4-parts)):
			return "", false
		case more:
			ip |= n << (8 * (3 - parts))
		default:
			ip |= n
		}
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}).String(), true
}

func number(s string) (uint64, bool) {
	base := 10
	if len(s) >= 2 && s[0] == '0' {
		if base, s = 8, s[1:]; s[0] == 'x' {
			base, s = 16, s[1:]
		}
		if s == "" {
			return 0, true
		}
	}
	if strings.IndexByte(s, '_') >= 0 || s == "" || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}

// tail splits what follows the authority.
func (a *address) tail(s string) {
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s, a.fragment = s[:i], s[i:]
	}
	if i := strings.IndexByte(s, '?'); i >= 0 {
		s, a.query = s[:i], s[i:]
	}
	a.path = s
}

// link renders the canonical form. URL is one string of its own; Host and Domain are parts of it where possible.
func (a *address) link(raw string) Link {
	var space [256]byte
	b := append(append(space[:0], a.scheme...), ':')
	l := Link{Raw: raw, Flags: a.flags, Host: a.host}
	if _, app := appHome(a.scheme); app {
		l.URL = string(appendEscaped(b, a.path, ""))
	} else {
		b = append(b, "//"...)
		from := len(b)
		b = append(b, a.host...)
		if a.port != "" {
			b = append(append(b, ':'), a.port...)
		}
		b = appendPath(b, a.path)
		b = appendEscaped(b, a.query, queryEscapes)
		l.URL = string(b)
		l.Host = l.URL[from : from+len(a.host)]
	}
	l.Domain = l.Host
	if !l.Flags.Has(IP) {
		var given bool
		if l.Domain, given = registrable(l.Host); given {
			l.Flags |= FreeHosting
		}
	}
	return l
}

// Domain returns the registrable domain of a canonical host, or the host where there is none.
func Domain(host string) string {
	d, _ := registrable(host)
	return d
}

// registrable returns the registrable domain, and whether it stands under a suffix of the list's private part: then somebody
// gave it away.
func registrable(host string) (domain string, given bool) {
	suffix, icann := publicsuffix.PublicSuffix(host)
	i := len(host) - len(suffix) - 1
	given = !icann && strings.IndexByte(suffix, '.') > 0
	if i < 0 {
		return host, given
	}
	return host[1+strings.LastIndexByte(host[:i], '.'):], given
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }
