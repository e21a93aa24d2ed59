package link

import (
	"math"
	"sort"
	"strings"
	"time"
)

// Tracking codes: what the values in one place of links tell, after several people got links of one campaign. Two things are
// decided apart. To strip favours finding: what varies is left out where a link is shown, and leaving out too much costs
// nothing. To claim favours truth: a long token is no proof, the number of people is (measured: a rule of "three different
// tokens of 32 bits" takes 8 shared variants for codes 68 times in 100).

// Code says what the values in one place of links are.
type Code string

// What they can be.
const (
	// IdentityEncoded: the value is made of the recipient's address; proven with one link.
	IdentityEncoded Code = "identity-encoded"
	// Unique: 18 people or more and no value twice, or a counter that grew with each of 6 or more.
	Unique Code = "unique-per-recipient"
	// Probable: people who got a link again got the same value, too often for chance, or 5 people and a token of 24 bits.
	Probable Code = "probable"
	// PerMessage: one person got different values.
	PerMessage Code = "per-message"
	// Timestamp: each value is a time within a day of the sending.
	Timestamp Code = "timestamp"
	// Varies: it varies, and nothing is proven.
	Varies Code = "varies"
	// Shared: the same for all.
	Shared Code = "shared"
	// Unknown: one person, who proves nothing.
	Unknown Code = "unknown"
)

// Seen is what was seen of one place in links that several people got. Each of them counts once, with their first value.
type Seen struct {
	// N people got D different values.
	N, D int
	// Repeats is how many of them got a link again, always with their value; Changes how many got another one.
	Repeats, Changes int
	// Bits is how much the values can tell apart at most (see [Slot.Bits]).
	Bits float64
	// Rising says that the values are numbers that grow with the time of sending, Timely that each is a time within a day of it.
	Rising, Timely bool
	// Identity says that the value encodes the recipient (see [IdentityIn]), Listed that one link alone says that it tracks (see
	// [Tracker]).
	Identity, Listed bool
}

// Finding is what follows, with the numbers that it follows from.
type Finding struct {
	Code  Code
	Strip bool
	// Collisions is how many people got a value that somebody had got before them.
	Collisions int
	// Bound is how many variants there are at least, with a confidence of 95 %, when nobody got another's value; else 0.
	Bound float64
	// P is how probable it is at most that shared variants look like this by chance: for claims by order or repetition and for
	// those by number. 1 when nothing speaks against chance.
	P float64
	// Posterior is the probability that the values are codes, when 7 of 10 links of spim that vary have them.
	Posterior float64
}

// What a claim needs.
const (
	claimPeople    = 18 // with 95 % confidence more than 50 variants
	claimRising    = 6  // 1/6! = 0.0014
	probablePeople = 5
	probableP      = 0.01
)

// Judge says what the values are.
func (s Seen) Judge() Finding {
	f := Finding{
		Strip:      s.D > 1 || s.Changes > 0 || s.Identity || s.Listed,
		Collisions: max(0, s.N-s.D), P: 1,
	}
	distinct := s.N > 1 && s.D == s.N
	if distinct {
		f.Bound, f.Posterior = Variants(s.N), Posterior(s.N)
		if s.Repeats > 0 && s.Changes == 0 {
			f.P = ByRepeats(s.N, s.Repeats)
		}
		if s.Rising && !s.Timely {
			f.P = min(f.P, ByOrder(s.N))
		}
	}
	f.Code = s.code(distinct, f.P)
	return f
}

func (s Seen) code(distinct bool, p float64) Code {
	switch {
	case s.Identity:
		return IdentityEncoded
	case s.Timely && s.D > 1:
		return Timestamp
	case s.Changes > 0:
		return PerMessage
	case s.N < 2:
		return Unknown
	case s.D == 1:
		return Shared
	case distinct && (s.N >= claimPeople || s.Rising && s.N >= claimRising):
		return Unique
	case distinct && (p <= probableP || s.N >= probablePeople && s.Bits >= tokenBits):
		return Probable
	}
	return Varies
}

// Variants is how many shared variants there must be, with a confidence of 95 %, when n people got n different ones: with K
// variants that has a probability of about exp(-n(n-1)/2K).
func Variants(n int) float64 { return float64(n) * float64(n-1) / (2 * math.Log(20)) }

// ByRepeats is the greatest probability, over all numbers of shared variants, that n people get different ones and r of them get
// theirs a second time by chance.
func ByRepeats(n, r int) float64 {
	// K^-r times the probability of n different ones grows with K until its quotient with the next falls below 1.
	least := max(n, 1)
	k := least + sort.Search(4*n*(n+r)+16, func(i int) bool {
		k := float64(least + i)
		return math.Pow(k/(k+1), float64(n+r))*(k+1) < k+1-float64(n)
	})
	return math.Pow(float64(k), -float64(r)) * allDifferent(n, k)
}

// allDifferent is the probability that n draws from k variants are all different.
func allDifferent(n, k int) float64 {
	p := 1.0
	for i := range n {
		p *= max(0, 1-float64(i)/float64(k))
	}
	return p
}

// ByOrder is the probability that n different numbers come in their order by chance.
func ByOrder(n int) float64 { return 1 / math.Gamma(float64(n)+1) }

// Posterior is the probability that n different values are codes: 7 of 10 are beforehand, and the others are drawn from 2, 4, 8, 16,
// 32 or 64 variants, each number as probable as the next.
func Posterior(n int) float64 {
	const prior = 0.7
	variants := [...]int{2, 4, 8, 16, 32, 64}
	sum := 0.0
	for _, k := range variants {
		sum += allDifferent(n, k)
	}
	return prior / (prior + (1-prior)*sum/float64(len(variants)))
}

// Place is a place in a link whose value can differ from recipient to recipient. It is coarser than a [Slot], so that a token with
// signs in it stays in its place: a segment of the path is two places, what stands behind its last sign, and the rest.
type Place struct {
	Kind PlaceKind
	// Number counts segments and labels from 1: segments from the left, labels from the right.
	Number int
	// Key is that of a parameter.
	Key, Value string
}

// PlaceKind says what a place is.
type PlaceKind byte

// The kinds of place.
const (
	InParameter PlaceKind = iota + 1
	InKey                 // a parameter without a value
	InFragment
	InUser
	InTail // of a segment
	InSegment
	InHost
)

func (k PlaceKind) String() string {
	return [...]string{"no place", "a parameter", "a bare parameter", "the fragment", "the user name", "the end of the path", "the path", "the host name"}[k%8]
}

// Tracker reports whether the place of one link alone is to be hidden: see the function [Tracker].
func (p Place) Tracker() bool {
	return p.Kind == InUser || p.Kind == InParameter && tracks(strings.ToLower(p.Key)) || p.Bits() >= tokenBits && !everydaySlot(p.Value)
}

// Bits is how much the value can tell apart at most.
func (p Place) Bits() float64 { return Slot{Value: p.Value}.Bits() }

// AppendPlaces appends the places of a link, those first in which codes mostly stand. It allocates for dst only.
func AppendPlaces(dst []Place, l *Link) []Place {
	_, rest, ok := strings.Cut(l.URL, "://")
	if !ok {
		return dst
	}
	rest, query, _ := strings.Cut(rest, "?")
	for query != "" && len(dst) < mostSlots {
		i := strings.IndexAny(query, "&;")
		if i < 0 {
			i = len(query)
		}
		if key, value, ok := strings.Cut(query[:i], "="); ok {
			dst = append(dst, Place{Kind: InParameter, Key: key, Value: value})
		} else {
			dst = append(dst, Place{Kind: InKey, Number: len(dst) + 1, Value: query[:i]})
		}
		query = query[min(i+1, len(query)):]
	}
	dst = appendHidden(dst, l.Raw)
	_, path, _ := strings.Cut(rest, "/")
	dst = appendSegments(dst, path)
	return appendLabels(dst, strings.TrimSuffix(strings.TrimSuffix(l.Host, l.Domain), "."))
}

// appendHidden appends what a link's canonical form leaves out.
func appendHidden(dst []Place, raw string) []Place {
	if i := strings.IndexByte(raw, '#'); i >= 0 {
		if raw[i+1:] != "" {
			dst = append(dst, Place{Kind: InFragment, Value: raw[i+1:]})
		}
		raw = raw[:i]
	}
	if _, rest, ok := strings.Cut(raw, "://"); ok {
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			rest = rest[:i]
		}
		if i := strings.LastIndexByte(rest, '@'); i > 0 {
			dst = append(dst, Place{Kind: InUser, Value: rest[:i]})
		}
	}
	return dst
}

func appendSegments(dst []Place, path string) []Place {
	for n := 1; path != "" && len(dst) < mostSlots; n++ {
		var segment string
		segment, path, _ = strings.Cut(path, "/")
		tail := strings.LastIndexAny(segment, "-._~;=")
		dst = append(dst, Place{Kind: InTail, Number: n, Value: segment[tail+1:]}, Place{Kind: InSegment, Number: n, Value: segment[:max(tail, 0)]})
	}
	return dst
}

func appendLabels(dst []Place, labels string) []Place {
	for n := 1; labels != "" && len(dst) < mostSlots; n++ {
		i := strings.LastIndexByte(labels, '.')
		dst = append(dst, Place{Kind: InHost, Number: n, Value: labels[i+1:]})
		labels = labels[:max(i, 0)]
	}
	return dst
}

// Decimal returns the number that a value is; ok is false for values that are none, or too long to be a counter.
func Decimal(value string) (n uint64, ok bool) {
	if len(value) > 15 {
		return 0, false
	}
	return digits(value, 10)
}

// digits reads up to 15 digits: of most words it is asked, and strconv would make an error of each.
func digits(s string, base uint64) (n uint64, ok bool) {
	for i := range len(s) {
		d := base
		switch c := s[i]; {
		case digit(c):
			d = uint64(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			d = uint64(c|0x20-'a') + 10
		}
		if d >= base {
			return 0, false
		}
		n = n*base + d
	}
	return n, s != ""
}

// Timely reports whether a value is a time within a day of another: Unix seconds or milliseconds, in decimal or hexadecimal
// digits, or digits that begin with year, month and day.
func Timely(value string, at time.Time) bool {
	if len(value) < 8 || len(value) > 17 {
		return false
	}
	near := func(t time.Time) bool { d := t.Sub(at); return d > -24*time.Hour && d < 24*time.Hour }
	if n, ok := Decimal(value); ok {
		if near(time.Unix(int64(n), 0)) || near(time.UnixMilli(int64(n))) {
			return true
		}
		day, err := time.Parse("20060102", value[:8])
		return err == nil && (near(day) || near(day.AddDate(0, 0, 1)))
	}
	if len(value) > 11 {
		return false
	}
	n, ok := digits(value, 16)
	return ok && (near(time.Unix(int64(n), 0)) || near(time.UnixMilli(int64(n))))
}
