package link

import (
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/net/publicsuffix"
)

// Imitation says how a host resembles a brand.
type Imitation string

// The imitations.
const (
	// Letters: other letters that look the same: paypa1, раураl (Cyrillic), stearncommunity.
	Letters Imitation = "letters"
	// Keyboard and Typo: one letter is changed for a neighbour on the keyboard, or changed, added, left out or swapped.
	Keyboard Imitation = "keyboard"
	Typo     Imitation = "typo"
	// Suffix: the brand's name under a suffix that is not the brand's.
	Suffix Imitation = "suffix"
	// Joined: the brand's name beside a lure: paypal-login, freediscordnitro.
	Joined Imitation = "joined"
	// Label: the brand's domain as labels of another one: paypal.com.x.example.
	Label Imitation = "label"
)

// Match is whom a host imitates, and how.
type Match struct {
	// Brand is the domain that the brand is known by.
	Brand string
	How   Imitation
}

// Match says whom a canonical host imitates; ok is false for nearly every host, a brand's own ones included.
func (b *Brands) Match(host string) (m Match, ok bool) {
	place := &b.lately[xxh3.HashString(host)%uint64(len(b.lately))]
	if was := place.Load(); was != nil && was.host == host {
		return was.match, was.ok
	}
	m, ok = b.match(host)
	place.Store(&matched{strings.Clone(host), m, ok})
	return m, ok
}

func (b *Brands) match(host string) (m Match, ok bool) {
	if host == "" || host[0] == '[' || digit(host[len(host)-1]) {
		return Match{}, false
	}
	sub, label, suffix := cut(host)
	if label == "" || b.owns(host, host[len(host)-len(label)-1-len(suffix):], label, suffix) {
		return Match{}, false
	}
	_, icann := publicsuffix.PublicSuffix(host)
	if m, ok = b.label(label, icann || reserved(suffix)); ok {
		return m, true
	}
	for n := 0; sub != "" && n < 6; n++ {
		first, rest, _ := strings.Cut(sub, ".")
		next, _, _ := strings.Cut(rest, ".")
		if next == "" {
			next = label
		}
		if w := b.words[first]; w != nil && len(first) > 2 && asSuffix(next) {
			return Match{w.brand, Label}, true
		}
		if m, ok = b.label(first, false); ok {
			return m, true
		}
		sub = rest
	}
	return Match{}, false
}

// asSuffix reports whether a label continues a brand's name as its suffix would: com, or com-login.
func asSuffix(s string) bool {
	s, _, _ = strings.Cut(s, "-")
	switch s {
	case "com", "net", "org", "gg", "co":
		return true
	}
	return false
}

// label compares one label with the brands. Main says that it is the registrable domain's own, bought and not given.
func (b *Brands) label(label string, main bool) (Match, bool) {
	odd := strings.HasPrefix(label, "xn--")
	if odd {
		u, err := profile.ToUnicode(label)
		if err != nil {
			return Match{}, false
		}
		label = u
	}
	if len(label) < 4 || len(label) > 63 {
		return Match{}, false
	}
	var s sighting
	for rest, more := label, true; more && s.parts < mostParts; s.parts++ {
		var part string
		part, rest, more = strings.Cut(rest, "-")
		b.part(&s, strings.Trim(part, "_"))
	}
	if m, ok := s.verdict(main, odd); ok {
		return m, true
	}
	if s.rest != "" {
		if w := b.edited(s.rest, s.strong > 0); w != nil {
			return Match{w.brand, Typo}, true
		}
	}
	return b.whole(label)
}

// whole compares a label without its hyphens with the longest words: steam-communnity, appealsteamcommunity.
func (b *Brands) whole(label string) (Match, bool) {
	if len(label) < 11 {
		return Match{}, false
	}
	if strings.IndexByte(label, '-') >= 0 {
		label = strings.ReplaceAll(label, "-", "")
		if w := b.edited(label, false); w != nil && len(w.word) >= 12 {
			return Match{w.brand, Typo}, true
		}
	}
	for i := 0; i+head <= len(label) && !b.plain[label]; i++ {
		if w := b.heads[label[i:i+head]]; w != nil && strings.HasPrefix(label[i:], w.word) {
			return Match{w.brand, Joined}, true
		}
	}
	return Match{}, false
}

// mostParts bounds the parts of a label between hyphens.
const mostParts = 8

// sighting is what the parts of one label showed.
type sighting struct {
	exact, alike *brandWord
	how          Imitation
	// rest is the longest part that was nothing known.
	rest                        string
	parts, weak, strong, others int
	brands                      int
	glued                       bool
}

// part looks at one part of a label: a brand, something like one, a lure, both glued together, or something else.
func (b *Brands) part(s *sighting, p string) {
	if p == "" || strings.Trim(p, "0123456789") == "" {
		return
	}
	if w := b.word(p); w != nil {
		s.see(w)
		return
	}
	if l := b.lures[p]; l != 0 {
		s.lure(l)
		return
	}
	if w, how := b.like(p); w != nil {
		s.alike, s.how = w, how
		return
	}
	if w, how, l := b.unglue(p); w != nil {
		s.lure(l)
		if s.glued = true; how == "" {
			s.see(w)
		} else {
			s.alike, s.how = w, how
		}
		return
	}
	if s.others++; s.rest == "" || len(p) > len(s.rest) {
		s.rest = p
	}
}

// word returns the brand whose word a part is, in the plural too.
func (b *Brands) word(p string) *brandWord {
	if w := b.words[p]; w != nil {
		return w
	}
	if b.plain[p] {
		return nil
	}
	if n := len(p) - 1; n >= 6 && p[n] == 's' {
		return b.words[p[:n]]
	}
	return nil
}

func (s *sighting) see(w *brandWord) {
	switch s.brands++; {
	case s.exact == nil:
		s.exact = w
	case s.exact.brand == w.brand:
		s.strong++ // two words of one brand, as in discord-hypesquad
	}
	if s.exact.everyday {
		s.exact = w
	}
}

func (s *sighting) lure(l lure) {
	if l == strongLure {
		s.strong++
	} else {
		s.weak++
	}
}

// verdict weighs what was seen of a label.
func (s *sighting) verdict(main, odd bool) (Match, bool) {
	lures := s.strong > 0 || (s.weak > 0 || s.brands > 1) && s.others == 0
	if w := s.alike; w != nil {
		n := len(w.word)
		switch {
		case w.everyday:
			return Match{w.brand, s.how}, odd && s.how == Letters || s.strong > 0 && s.how != Typo
		case s.how == Letters:
			return Match{w.brand, Letters}, odd || n >= 5
		case n >= 7:
			return Match{w.brand, s.how}, true
		case n == 6:
			return Match{w.brand, s.how}, lures || s.parts == 1 && s.how == Keyboard
		}
		return Match{w.brand, s.how}, s.strong > 0
	}
	w := s.exact
	switch {
	case w == nil:
		return Match{}, false
	case s.parts == 1 && !s.glued:
		return Match{w.brand, Suffix}, main && !w.everyday && len(w.word) >= 6
	case w.everyday:
		return Match{w.brand, Joined}, s.strong > 0 && s.others == 0
	case s.glued && len(w.word) < 5:
		return Match{}, false
	}
	return Match{w.brand, Joined}, lures
}

// like returns the brand that a part looks like without being it.
func (b *Brands) like(p string) (*brandWord, Imitation) {
	if len(p) < 4 || len(p) > longestWord+4 || b.plain[p] {
		return nil, ""
	}
	var space [64]byte
	look := appendLook(space[:0], p)
	if w := b.looks[string(look)]; w != nil && len(w.word) >= 4 {
		if neighbours(p, w.word) {
			return w, Keyboard
		}
		return w, Letters
	}
	if len(look) < 5 || len(look) > longestWord+1 {
		return nil, ""
	}
	w := b.oneEdit(look)
	switch {
	case w == nil, p == w.word+"s":
		return nil, ""
	case len(w.word) < 7 && distance([]byte(p), w.word, 1) > 1:
		return nil, "" // too far when doubled letters count
	case neighbours(p, w.word):
		return w, Keyboard
	}
	return w, Typo
}

// oneEdit returns a brand whose look is one edit away (Damerau 1964: a letter changed, added, left out, or two swapped). Two
// such words share a form with one letter taken out.
func (b *Brands) oneEdit(look []byte) *brandWord {
	for _, w := range b.near[string(look)] {
		if within(look, w.look) {
			return w
		}
	}
	var space [64]byte
	for i := range look {
		if i > 0 && look[i] == look[i-1] {
			continue
		}
		short := append(append(space[:0], look[:i]...), look[i+1:]...)
		for _, w := range b.near[string(short)] {
			if within(look, w.look) {
				return w
			}
		}
	}
	return nil
}

// within reports whether two different words are one edit apart.
func within(a []byte, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	switch rest := string(a[i:]); {
	case len(a) == len(b):
		if i == len(b) {
			return false
		}
		swapped := i+1 < len(b) && a[i] == b[i+1] && a[i+1] == b[i] && rest[2:] == b[i+2:]
		return swapped || rest[1:] == b[i+1:]
	case len(a) == len(b)+1:
		return rest[1:] == b[i:]
	case len(a)+1 == len(b):
		return rest == b[i+1:]
	}
	return false
}

// neighbours reports whether the one letter in which two words differ is beside the other on a keyboard, or doubled, or two
// are swapped: what fingers do.
func neighbours(p, w string) bool {
	i := 0
	for i < len(p) && i < len(w) && p[i] == w[i] {
		i++
	}
	switch {
	case len(p) == len(w) && i < len(w):
		if i+1 < len(w) && p[i] == w[i+1] && p[i+1] == w[i] {
			return true
		}
		return beside(p[i], w[i])
	case len(p) == len(w)+1:
		return i > 0 && p[i] == p[i-1] || i < len(w) && beside(p[i], w[i]) || i > 0 && beside(p[i], p[i-1])
	case len(p)+1 == len(w):
		return i > 0 && w[i] == w[i-1]
	}
	return false
}

// beside reports whether two keys touch, on QWERTY.
func beside(a, b byte) bool {
	const rows = "1234567890 qwertyuiop asdfghjkl zxcvbnm"
	i, j := strings.IndexByte(rows, a), strings.IndexByte(rows, b)
	if i < 0 || j < 0 {
		return false
	}
	row := func(k int) (r, c int) {
		r = strings.Count(rows[:k], " ")
		return r, k - strings.LastIndexByte(rows[:k], ' ') - 1
	}
	r1, c1 := row(i)
	r2, c2 := row(j)
	if r1 > r2 {
		r1, c1, r2, c2 = r2, c2, r1, c1
	}
	return r1 == r2 && (c1-c2 == 1 || c2-c1 == 1) || r2 == r1+1 && (c2 == c1 || c2 == c1-1)
}

// unglue finds a brand, or something like one, in a part that lures are glued to: freediscordnitro.
func (b *Brands) unglue(p string) (*brandWord, Imitation, lure) {
	var best lure
	for range 3 {
		if len(p) < 6 || len(p) > 40 {
			return nil, "", 0
		}
		rest, l := b.strip(p)
		if l == 0 {
			return nil, "", 0
		}
		p, best = rest, max(best, l)
		if w := b.word(p); w != nil && len(p) >= 4 {
			return w, "", best
		}
		if len(p) < 6 {
			continue
		}
		if w, how := b.like(p); w != nil && !w.everyday {
			return w, how, best
		}
		if w := b.edited(p, best == strongLure); w != nil {
			return w, Typo, best
		}
	}
	return nil, "", 0
}

// strip takes the longest lure, or another brand's word, from the end or the start of a part; digits at the end go first.
func (b *Brands) strip(p string) (string, lure) {
	if t := strings.TrimRight(p, "0123456789"); t != p && len(t) >= 4 {
		return t, weakLure
	}
	for n := min(12, len(p)-4); n >= 2; n-- {
		tail, front := p[len(p)-n:], p[:n]
		if l := b.lures[tail]; l != 0 {
			return p[:len(p)-n], l
		}
		if l := b.lures[front]; l != 0 {
			return p[n:], l
		}
		if w := b.words[tail]; n >= 5 && w != nil && w.everyday {
			return p[:len(p)-n], weakLure
		}
		if w := b.words[front]; n >= 5 && w != nil && w.everyday {
			return p[n:], weakLure
		}
	}
	return p, 0
}

// appendLook appends what a word looks like: letters that are mistaken for each other become one.
func appendLook(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			dst = appendLookRune(dst, r)
			i += n
			continue
		}
		pair := ""
		if i+1 < len(s) {
			pair = s[i : i+2]
		}
		switch pair {
		case "rn":
			c, i = 'm', i+1
		case "vv":
			c, i = 'w', i+1
		case "cl":
			c, i = 'd', i+1
		default:
			c = lookByte(c)
		}
		i++
		if n := len(dst); n == 0 || dst[n-1] != c { // a doubled letter looks like one
			dst = append(dst, c)
		}
	}
	return dst
}

func lookByte(c byte) byte {
	switch c {
	case '0':
		return 'o'
	case '1', 'i', '!':
		return 'l'
	case '3':
		return 'e'
	case '4':
		return 'a'
	case '5':
		return 's'
	case '7':
		return 't'
	case '8':
		return 'b'
	}
	return c
}
