package link

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestBounds compares with the tables of the literature: the birthday bound, repetition, order and the posterior.
func TestBounds(t *testing.T) {
	for n, want := range map[int]float64{5: 3, 8: 9, 10: 15, 12: 22, 15: 35, 18: 51, 20: 63, 25: 100, 30: 145} {
		if got := math.Floor(Variants(n)); got != want {
			t.Errorf("%d people: at least %v variants, want %v", n, got, want)
		}
	}
	for _, c := range []struct {
		n, r int
		want float64
	}{{3, 2, .025}, {3, 3, .008}, {4, 2, .008}, {5, 2, .003}} {
		if got := ByRepeats(c.n, c.r); math.Abs(got-c.want) > .0006 {
			t.Errorf("%d people, %d twice: p %.4f, want %v", c.n, c.r, got, c.want)
		}
	}
	for n := 1; n <= 12; n++ { // as it is defined, and not too slow to ask for each message
		for r := 1; r <= 6; r++ {
			want := 0.0
			for k := n; k < 4*n*(n+r)+16; k++ {
				want = max(want, math.Pow(float64(k), -float64(r))*allDifferent(n, k))
			}
			if got := ByRepeats(n, r); math.Abs(got-want) > 1e-12 {
				t.Errorf("%d people, %d twice: p %v, want %v", n, r, got, want)
			}
		}
	}
	if got := ByOrder(6); math.Abs(got-.0014) > .0001 {
		t.Errorf("six in order: p %v", got)
	}
	for n, want := range map[int]float64{3: .79, 5: .86, 10: .95, 15: .987, 20: .997} {
		if got := Posterior(n); math.Abs(got-want) > .006 {
			t.Errorf("%d different: %.3f, want %v", n, got, want)
		}
	}
}

// got is one link that somebody got: who, and what stood in the place.
type got struct {
	who   int
	value string
}

// seen counts as memory does.
func seen(all []got, at time.Time) (s Seen) {
	first, values := map[int]string{}, map[string]bool{}
	repeats, changes := map[int]bool{}, map[int]bool{}
	s.Bits, s.Rising, s.Timely = math.Inf(1), true, true
	last := uint64(0)
	for _, g := range all {
		if v, again := first[g.who]; again {
			repeats[g.who] = repeats[g.who] || v == g.value
			changes[g.who] = changes[g.who] || v != g.value
			continue
		}
		first[g.who], values[g.value] = g.value, true
		n, ok := Decimal(g.value)
		s.Rising = s.Rising && ok && (s.N == 0 || n > last)
		last = n
		s.Timely = s.Timely && Timely(g.value, at)
		s.Bits = min(s.Bits, Place{Value: g.value}.Bits())
		s.N++
	}
	for who := range changes {
		delete(repeats, who)
	}
	s.Repeats, s.Changes, s.D = len(repeats), count(changes), len(values)
	return s
}

func count(set map[int]bool) (n int) {
	for _, yes := range set {
		if yes {
			n++
		}
	}
	return n
}

// class makes the links of one campaign to n people.
type class struct {
	name string
	code bool // each recipient has a value of their own
	make func(r *rand.Rand, at time.Time, n int) []got
}

// token makes a value of an alphabet.
func token(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

const base62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func tokens(alphabet string, length int) func(*rand.Rand, time.Time, int) []got {
	return func(r *rand.Rand, _ time.Time, n int) (all []got) {
		for i := range n {
			all = append(all, got{i, token(r, alphabet, length)})
		}
		return all
	}
}

// variants are shared by everybody: each message gets one of k by chance, or each person, who gets the same one again.
func variants(k, again int, sticky bool, value func(r *rand.Rand) string) func(*rand.Rand, time.Time, int) []got {
	return func(r *rand.Rand, _ time.Time, n int) (all []got) {
		shared := make([]string, k)
		for i := range shared {
			shared[i] = value(r)
		}
		of := map[int]string{}
		for i := range n + again {
			who := i % n
			v := shared[r.IntN(k)]
			if sticky && i >= n {
				v = of[who]
			}
			of[who] = v
			all = append(all, got{who, v})
		}
		return all
	}
}

func classes() []class {
	all := []class{
		{"hex32", true, tokens(base62[:16], 8)},
		{"base62", true, tokens(base62, 8)},
		{"hex128", true, tokens(base62[:16], 32)},
		{"counter", true, func(r *rand.Rand, _ time.Time, n int) (all []got) {
			at := 1000 + r.IntN(1e6)
			for i := range n {
				at += 1 + r.IntN(3)
				all = append(all, got{i, strconv.Itoa(at)})
			}
			return all
		}},
		{"sent twice", true, func(r *rand.Rand, at time.Time, n int) []got {
			all := tokens(base62, 10)(r, at, n)
			return append(all, all[:n/2]...)
		}},
		{"nonce", false, func(r *rand.Rand, _ time.Time, n int) (all []got) {
			for i := range 2 * n {
				all = append(all, got{i % n, token(r, base62, 10)})
			}
			return all
		}},
		{"time", false, func(r *rand.Rand, at time.Time, n int) (all []got) {
			for i := range n {
				all = append(all, got{i, strconv.FormatInt(at.Add(time.Duration(i)*time.Minute).Unix(), 10)})
			}
			return all
		}},
		{"shared", false, variants(1, 0, false, func(r *rand.Rand) string { return token(r, base62, 12) })},
	}
	for _, k := range []int{2, 3, 4, 8, 12, 16, 24, 30} {
		random := func(r *rand.Rand) string { return token(r, base62, 12) }
		small := func(r *rand.Rand) string { return strconv.Itoa(r.IntN(100_000)) }
		all = append(all,
			class{fmt.Sprint(k, " random variants"), false, variants(k, 0, false, random)},
			class{fmt.Sprint(k, " sticky variants"), false, variants(k, 6, true, random)},
			class{fmt.Sprint(k, " drawn again"), false, variants(k, 6, false, random)},
			class{fmt.Sprint(k, " numbers"), false, variants(k, 0, false, small)})
	}
	return all
}

// TestTrackingCodes measures what the reference asks for: codes are stripped from the second person on, and shared variants are
// hardly ever claimed to be codes, however many people got them.
func TestTrackingCodes(t *testing.T) {
	const runs = 200
	r := rand.New(rand.NewPCG(20, 26))
	at := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	for _, c := range classes() {
		claimed, stripped, asked, claims18 := 0, 0, 0, 0
		for range runs {
			ever := false
			all := c.make(r, at, 40)
			for _, n := range []int{1, 2, 3, 5, 6, 7, 8, 10, 12, 15, 18, 19, 20, 25, 30, 40} {
				var some []got
				for _, g := range all {
					if g.who < n {
						some = append(some, g)
					}
				}
				f := seen(some, at).Judge()
				ever = ever || f.Code == Unique
				if n >= 2 {
					asked++
					if f.Strip {
						stripped++
					}
				}
				if n == 18 && f.Code == Unique {
					claims18++
				}
			}
			if ever {
				claimed++
			}
		}
		if c.code {
			if 100*stripped < 99*asked {
				t.Errorf("%s: stripped in %d of %d", c.name, stripped, asked)
			}
			if 100*claims18 < 99*runs {
				t.Errorf("%s: claimed at 18 people in %d of %d", c.name, claims18, runs)
			}
			continue
		}
		if 100*claimed > runs {
			t.Errorf("%s: claimed to be of each recipient in %d of %d campaigns of up to 40 people", c.name, claimed, runs)
		}
		if c.name == "nonce" || c.name == "time" {
			if 100*stripped < 99*asked {
				t.Errorf("%s: stripped in %d of %d", c.name, stripped, asked)
			}
		}
		if c.name == "shared" && stripped > 0 {
			t.Errorf("what is the same for all is stripped %d times", stripped)
		}
	}
}

func TestCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		seen Seen
		want Finding
	}{
		{"one person", Seen{N: 1, D: 1, Bits: 48}, Finding{Code: Unknown, P: 1}},
		{"one person, a listed parameter", Seen{N: 1, D: 1, Listed: true}, Finding{Code: Unknown, Strip: true, P: 1}},
		{"the recipient's address", Seen{N: 1, D: 1, Identity: true}, Finding{Code: IdentityEncoded, Strip: true, P: 1}},
		{"all the same", Seen{N: 9, D: 1}, Finding{Code: Shared, Collisions: 8, P: 1}},
		{"two got the same", Seen{N: 18, D: 17, Bits: 48}, Finding{Code: Varies, Strip: true, Collisions: 1, P: 1}},
		{"18 different", Seen{N: 18, D: 18}, Finding{Code: Unique, Strip: true, Bound: Variants(18), P: 1, Posterior: Posterior(18)}},
		{"six in order", Seen{N: 6, D: 6, Rising: true}, Finding{Code: Unique, Strip: true, Bound: Variants(6), P: 1. / 720, Posterior: Posterior(6)}},
		{"five in order", Seen{N: 5, D: 5, Rising: true}, Finding{Code: Probable, Strip: true, Bound: Variants(5), P: 1. / 120, Posterior: Posterior(5)}},
		{"the time", Seen{N: 20, D: 20, Rising: true, Timely: true}, Finding{Code: Timestamp, Strip: true, Bound: Variants(20), P: 1, Posterior: Posterior(20)}},
		{"another each time", Seen{N: 20, D: 20, Changes: 3}, Finding{Code: PerMessage, Strip: true, Bound: Variants(20), P: 1, Posterior: Posterior(20)}},
		{"four, three of them twice", Seen{N: 4, D: 4, Repeats: 3}, Finding{Code: Probable, Strip: true, Bound: Variants(4), P: ByRepeats(4, 3), Posterior: Posterior(4)}},
	} {
		if diff := cmp.Diff(c.want, c.seen.Judge(), cmpopts.EquateApprox(1e-9, 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestPlaces(t *testing.T) {
	var l Link
	var ok bool
	places := func(s string) (all []string) {
		if l, ok = Parse(s); !ok {
			t.Fatalf("%s is no link", s)
		}
		for _, p := range AppendPlaces(nil, &l) {
			all = append(all, fmt.Sprintf("%v %d %s=%s", p.Kind, p.Number, p.Key, p.Value))
		}
		return all
	}
	for s, want := range map[string][]string{
		"http://x.example/": nil,
		"http://a8k3.pay.x.example/go/aB-9_z?u=7&t#frag": {
			"a parameter 0 u=7", "a bare parameter 2 =t", "the fragment 0 =frag", "the end of the path 1 =go", "the path 1 =",
			"the end of the path 2 =z", "the path 2 =aB-9", "the host name 1 =pay", "the host name 2 =a8k3",
		},
		"http://ada@x.example/p?q=1;r=2": {"a parameter 0 q=1", "a parameter 0 r=2", "the user name 0 =ada", "the end of the path 1 =p", "the path 1 ="},
	} {
		if diff := cmp.Diff(want, places(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s, diff)
		}
	}
}

func TestTimely(t *testing.T) {
	at := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	for v, want := range map[string]bool{
		"1772388000": true, "1772388000123": true, "20260301": true, "202603011759": true, "69a47fa0": true, "69A47FA0": true, "1672388000": false,
		"69a47fa:": false, "69a47fag": false, "177238800:": false, "+69a47fa0": false,
		"20250301": false, "12345678": false, "deadbeef": false, "": false, "abc": false, "123456789012345678": false,
	} {
		if got := Timely(v, at); got != want {
			t.Errorf("%q: %v", v, got)
		}
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add("http://u@a.b.example/x-1/y?k=v&b;c#f")
	f.Fuzz(func(t *testing.T, s string) {
		l, ok := Parse(s)
		if !ok {
			return
		}
		for _, p := range AppendPlaces(nil, &l) {
			if p.Kind == 0 || p.Kind > InHost {
				t.Errorf("%q: %+v", s, p)
			}
			p.Tracker()
			Timely(p.Value, time.Unix(1772388000, 0))
		}
	})
}

// TestIdentityWithOne finds every encoding of the reference in every place, with one link.
func TestIdentityWithOne(t *testing.T) {
	encodings := map[string]func(s string) string{
		"plain":    url.QueryEscape,
		"percent":  func(s string) string { return fmt.Sprintf("%%%x", s[:1]) + url.QueryEscape(s[1:]) },
		"reversed": func(s string) string { return url.QueryEscape(reverse(s)) },
		"hex":      func(s string) string { return hex.EncodeToString([]byte(s)) },
		"base64":   func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
		"url":      func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		"base32":   func(s string) string { return strings.TrimRight(base32.StdEncoding.EncodeToString([]byte(s)), "=") },
		"md5":      func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) },
		"sha1":     func(s string) string { b := sha1.Sum([]byte(s)); return hex.EncodeToString(b[:]) },
		"sha256":   func(s string) string { b := sha256.Sum256([]byte(s)); return hex.EncodeToString(b[:]) },
	}
	places := []string{"http://x.example/a?u=%s", "http://x.example/go/%s", "http://x.example/%s/list?lang=en", "http://x.example/a#%s", "http://x.example/?%s"}
	found, all := 0, 0
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		account := token(r, base62[10:36], 6+r.IntN(8)) + "@" + token(r, base62[10:36], 4+r.IntN(5)) + ".example"
		for how, encode := range encodings {
			for _, place := range places {
				link := fmt.Sprintf(place, encode(account))
				all++
				if _, _, ok := IdentityIn(link, account); ok {
					found++
				} else {
					t.Errorf("%s of %s is not found in %s", how, account, link)
				}
				if slot, how, ok := IdentityIn(link, "somebody.else@chat.example"); ok {
					t.Errorf("%s is said to name somebody else, in %s as %s", link, slot, how)
				}
			}
		}
	}
	t.Logf("%d of %d", found, all)
}
