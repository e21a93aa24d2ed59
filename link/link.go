// Package link finds the links that a person would click or type, brings them into canonical form, takes them apart and says
// what kind of links they are. Nothing is ever requested or resolved: this package has no network in it.
//
// Read in this order: [Find] and [Parse] give a [Link] in canonical form (WHATWG URL, UTS #46). [Inspect] says what is known of
// it, [Brands.Match] whom its host imitates. [Split] takes a link apart into a template and slots; a slot that differs from
// recipient to recipient is a tracking code ([Varying]), and one that encodes the recipient is one at first sight
// ([IdentityIn]). A link is shown in three forms: as it was written (sealed, for few eyes), [Parts.Case] for evidence and
// [Parts.Share] for everybody.
package link

import "strings"

// Most is how many links Find returns at most; a text with more of them is judged by the first ones.
const Most = 32

// Link is a link in canonical form.
type Link struct {
	// URL is scheme, host, port if unusual, path and query; without user information and fragment. Of a link that was written
	// without a scheme, the scheme is http. Of an application's own scheme (xmpp, tg), it is the address as written.
	URL string
	// Host is lower case ASCII (IDNA), or an IP address. Of an application's scheme without a host it is the host that the
	// application's web links have: t.me of tg.
	Host string
	// Domain is the registrable domain by the public suffix list with its private part, or the host where there is none.
	Domain string
	// Raw is the link as it was written, with user information and fragment. It is a part of the text that it was found in.
	Raw string
	// Flags say how it was written. [Inspect] adds what it is.
	Flags Flags
}

// Flags are what is known of a link, one bit each. Their values are kept in records: new ones are added behind.
type Flags uint16

// The flags. Find and Parse set what costs nothing to see, Inspect all of them.
const (
	// Bare links were written without a scheme.
	Bare Flags = 1 << iota
	// Hidden links were written so that people read a link and programs do not: hxxp, [.], (dot), spaced or odd dots.
	Hidden
	// UserInfo links have something before an @ in front of the host: http://bank.example@evil.example/.
	UserInfo
	// IP links have an address instead of a name, OddIP ones an address that is not written as four decimal numbers.
	IP
	OddIP
	// Punycode links have a host with characters beyond ASCII.
	Punycode
	// App links open a chat program: xmpp:, tg:, and the web hosts that stand for them (t.me, wa.me, discord.gg).
	App
	// Nested links carry another link in a parameter, the path or the fragment.
	Nested
	// Shortener links hide where they lead behind a service that is made for it.
	Shortener
	// FreeHosting links lead to a host name that anybody gets for nothing.
	FreeHosting
	// Disposable links lead to a domain of throw-away mail.
	Disposable
)

// flagNames are the words of the flags, by bit.
var flagNames = [...]string{
	"bare", "hidden", "user_info", "ip", "odd_ip", "punycode", "app", "nested", "shortener", "free_hosting", "disposable",
}

// Has reports whether all of the flags in g are set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// String returns the words of the flags, joined by commas.
func (f Flags) String() string {
	var b strings.Builder
	for i, n := range flagNames {
		if f&(1<<i) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(n)
	}
	return b.String()
}

// Parse brings one link that the wire form states as such into canonical form; ok is false when it is none. A host without
// a scheme counts as a link here if it has a dot and nothing before an @: that would be a mail address. Links that were made harmless (hxxp, [.]) are read as what they stand for.
func Parse(s string) (l Link, ok bool) {
	a, ok := stated(s)
	if !ok {
		return Link{}, false
	}
	return a.link(s), true
}

// stated takes apart what is said to be a link.
func stated(s string) (address, bool) {
	a, ok := read(s)
	if !ok || a.flags.Has(Bare) && (a.flags.Has(UserInfo) || strings.IndexByte(a.host, '.') < 0) {
		return address{}, false
	}
	return a, true
}

// ParseHost returns a host or domain in canonical form: lower case ASCII without a trailing dot.
func ParseHost(s string) (host string, ok bool) {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, "/\\?#@") {
		return "", false
	}
	a := address{scheme: "http"}
	ok = a.authority(s)
	return a.host, ok
}
