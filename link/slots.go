package link

import (
	"math"
	"strconv"
	"strings"
)

// Slot is a place in a link whose value can differ from recipient to recipient.
type Slot struct {
	// Name says where: user, host1 (the first label left of the registrable domain), path2, path2.3 (the third part of the
	// second segment), query:KEY, key1 (a parameter without a value), fragment. Inside a nested link, the carrier's name and
	// > stand before it: query:url>path1.
	Name string
	// Value is as it stands in the link.
	Value string
	// Nested is the link that the value is, when it is one.
	Nested *Parts
}

// Bits is how much the value can tell apart at most: its length times the bits of its alphabet.
func (s Slot) Bits() float64 {
	name, n := alphabet(s.Value)
	return float64(n) * math.Log2(alphabetSize(name))
}

// piece is a part of a link: text that is the same for everybody, or a slot when slot is at least 0. Param numbers the
// parameter that it belongs to from 1; between is the sign between two parameters.
type piece struct {
	text  string
	slot  int
	param int
}

const between = -1

// Parts is a link taken apart into what stands and what varies. Joined again it is the link, with user information and
// fragment, in the form for comparing: scheme and host in lower case, each character encoded in one way.
type Parts struct {
	Slots  []Slot
	pieces []piece
	param  int // while splitting: the parameter that is being read
}

// Bounds of taking apart: of a link with more slots, what is behind is one slot; a longer link is cut.
const (
	mostSlots  = 64
	mostLength = 8 << 10
)

// Split takes a link apart. ok is false when it is none.
func Split(link string) (p Parts, ok bool) {
	return split(link[:min(len(link), mostLength)], mostNested)
}

func split(link string, depth int) (p Parts, ok bool) {
	a, ok := stated(link)
	if !ok {
		return Parts{}, false
	}
	if a.flags.Has(App) {
		p.fix(a.scheme + ":")
		p.words("path1", string(appendEscaped(nil, a.path, "")), "/?&=:@")
		return p, true
	}
	p.fix(a.scheme + "://")
	if a.user != "" {
		p.slot("user", string(appendEscaped(nil, a.user, pathEscapes+"/?#@")), depth)
		p.fix("@")
	}
	p.hosts(a)
	p.path(string(appendPath(nil, a.path)))
	p.query(string(appendEscaped(nil, a.query, queryEscapes)), depth)
	if a.fragment != "" {
		p.fix("#")
		p.slot("fragment", string(appendEscaped(nil, a.fragment[1:], pathEscapes)), depth)
	}
	return p, true
}

func (p *Parts) fix(s string) {
	n := len(p.pieces)
	switch {
	case len(p.Slots) == mostSlots:
		p.Slots[mostSlots-1].Value += s
	case n > 0 && p.pieces[n-1].slot < 0 && p.pieces[n-1].param == p.param:
		p.pieces[n-1].text += s
	default:
		p.pieces = append(p.pieces, piece{text: s, slot: -1, param: p.param})
	}
}

func (p *Parts) slot(name, value string, depth int) {
	if value == "" {
		return
	}
	if last := mostSlots - 1; len(p.Slots) > last {
		p.Slots[last].Value += value
		p.Slots[last].Nested = nil
		return
	}
	s := Slot{Name: name, Value: value}
	if depth > 0 {
		var space [2]Link
		if in := carriedBy(space[:0], value); len(in) > 0 {
			if nested, ok := split(in[0].Raw, depth-1); ok {
				s.Nested = &nested
			}
		}
	}
	p.pieces = append(p.pieces, piece{slot: len(p.Slots), param: p.param})
	p.Slots = append(p.Slots, s)
}

// hosts makes slots of the labels left of the registrable domain.
func (p *Parts) hosts(a address) {
	sub := ""
	if !a.flags.Has(IP) {
		sub = strings.TrimSuffix(strings.TrimSuffix(a.host, Domain(a.host)), ".")
	}
	rest := a.host[len(sub):]
	for n := strings.Count(sub, ".") + 1; sub != ""; n-- {
		var label string
		label, sub, _ = strings.Cut(sub, ".")
		p.slot("host"+strconv.Itoa(n), label, 0)
		if sub != "" {
			p.fix(".")
		}
	}
	p.fix(rest)
	if a.port != "" {
		p.fix(":" + a.port)
	}
}

// path makes slots of the segments, and of their parts between - . _ and ~.
func (p *Parts) path(path string) {
	for n := 1; path != ""; n++ {
		p.fix("/")
		path = path[1:]
		end := strings.IndexByte(path, '/')
		if end < 0 {
			end = len(path)
		}
		p.words("path"+strconv.Itoa(n), path[:end], "-._~;=")
		path = path[end:]
	}
}

// words makes slots of a text's parts between the signs.
func (p *Parts) words(name, s, signs string) {
	if !strings.ContainsAny(s, signs) {
		p.slot(name, s, 0)
		return
	}
	for n := 1; s != ""; n++ {
		i := strings.IndexAny(s, signs)
		if i < 0 {
			i = len(s)
		}
		p.slot(name+"."+strconv.Itoa(n), s[:i], 0)
		if i < len(s) {
			p.fix(s[i : i+1])
			i++
		}
		s = s[i:]
	}
}

// query makes a slot of each parameter's value, and of each parameter that has none.
func (p *Parts) query(q string, depth int) {
	if q == "" {
		return
	}
	p.fix("?")
	q = q[1:]
	for bare, n := 1, 1; q != ""; n++ {
		p.param = n
		i := strings.IndexAny(q, "&;")
		if i < 0 {
			i = len(q)
		}
		if key, value, ok := strings.Cut(q[:i], "="); ok {
			p.fix(key + "=")
			p.slot("query:"+key, value, depth)
		} else {
			p.slot("key"+strconv.Itoa(bare), q[:i], depth)
			bare++
		}
		if p.param = between; i < len(q) {
			p.fix(q[i : i+1])
			i++
		}
		q = q[i:]
	}
	p.param = 0
}

// Join writes the link again.
func (p Parts) Join() string {
	return p.write(func(s Slot) string { return s.Value })
}

// Template writes the link with the names of its slots instead of their values. Links of one campaign share it.
func (p Parts) Template() string {
	return p.write(func(s Slot) string { return "{" + s.Name + "}" })
}

func (p Parts) write(value func(Slot) string) string {
	var b strings.Builder
	for _, c := range p.pieces {
		b.WriteString(p.text(c, value))
	}
	return b.String()
}

func (p Parts) text(c piece, value func(Slot) string) string {
	if c.slot < 0 {
		return c.text
	}
	return value(p.Slots[c.slot])
}

// All returns the slots with those of nested links behind their carriers, under their full names.
func (p Parts) All() []Slot {
	var all []Slot
	for _, s := range p.Slots {
		all = append(all, s)
		if s.Nested == nil {
			continue
		}
		for _, in := range s.Nested.All() {
			in.Name = s.Name + ">" + in.Name
			all = append(all, in)
		}
	}
	return all
}

// Varying returns the names of the slots in which links of one template differ. Links of another template than the first
// one's are left out.
func Varying(links []Parts) map[string]bool {
	varying := map[string]bool{}
	if len(links) == 0 {
		return varying
	}
	template := links[0].Template()
	first := map[string]string{}
	for _, s := range links[0].All() {
		first[s.Name] = s.Value
	}
	for _, l := range links[1:] {
		if l.Template() != template {
			continue
		}
		for _, s := range l.All() {
			if v, ok := first[s.Name]; !ok || v != s.Value {
				varying[s.Name] = true
			}
		}
	}
	return varying
}

// The alphabets that a token can be written in, from the smallest.
const (
	decimal = "dec"
	hexa    = "hex"
	lower   = "b36"
	mixed   = "b62"
	safe    = "b64"
	other   = "txt"
)

// alphabet names the smallest alphabet that has all of s, and counts its characters.
func alphabet(s string) (name string, n int) {
	var digits, hexes, lowers, uppers, signs, others int
	for i := range len(s) {
		switch c := s[i]; {
		case digit(c):
			digits++
		case c >= 'a' && c <= 'f':
			hexes++
		case c >= 'g' && c <= 'z':
			lowers++
		case c >= 'A' && c <= 'Z':
			uppers++
		case c == '-' || c == '_' || c == '+' || c == '/' || c == '=':
			signs++
		default:
			others++
		}
	}
	n = len(s)
	switch {
	case others > 0:
		return other, n
	case signs > 0:
		return safe, n
	case uppers > 0 && lowers+hexes > 0:
		return mixed, n
	case uppers > 0 || lowers > 0:
		return lower, n
	case hexes > 0:
		return hexa, n
	}
	return decimal, n
}

func alphabetSize(name string) float64 {
	switch name {
	case decimal:
		return 10
	case hexa:
		return 16
	case lower:
		return 36
	case mixed:
		return 62
	case safe:
		return 64
	}
	return 96
}
