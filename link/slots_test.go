package link

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		link, template string
		slots          string // name=value, separated by spaces
	}{
		{"http://x.example", "http://x.example/", ""},
		{"HTTPS://A8k3.pay.Example:8443/c/d-8F3a.html?u=9f3c&uid&lang=#top", "https://{host1}.pay.example:8443/{path1}/{path2.1}-{path2.2}.{path2.3}?u={query:u}&{key1}&lang=#{fragment}", "host1=a8k3 path1=c path2.1=d path2.2=8F3a path2.3=html query:u=9f3c key1=uid fragment=top"},
		{"http://bank.example@evil.example/", "http://{user}@evil.example/", "user=bank.example"},
		{"http://b.a.x.example//y/", "http://{host2}.{host1}.x.example//{path2}/", "host2=b host1=a path2=y"},
		{"hxxp://x[.]example/%7eada", "http://x.example/~{path1.2}", "path1.2=ada"},
		{"http://203.0.113.9/a", "http://203.0.113.9/{path1}", "path1=a"},
		{"http://r.example/?url=http%3A%2F%2Fx.example%2Fp%3Fu%3D7", "http://r.example/?url={query:url}", "query:url=http%3A%2F%2Fx.example%2Fp%3Fu%3D7 query:url>path1=p query:url>query:u=7"},
		{"xmpp:ada@chat.example?message", "xmpp:{path1.1}@{path1.2}?{path1.3}", "path1.1=ada path1.2=chat.example path1.3=message"},
		{"no link", "", ""},
	} {
		p, ok := Split(c.link)
		if ok != (c.template != "") || p.Template() != c.template {
			t.Errorf("template of %q is %q (%v), want %q", c.link, p.Template(), ok, c.template)
		}
		var got []string
		for _, s := range p.All() {
			got = append(got, s.Name+"="+s.Value)
		}
		if diff := cmp.Diff(c.slots, strings.Join(got, " ")); diff != "" {
			t.Errorf("slots of %q: %s", c.link, diff)
		}
	}
}

func TestVarying(t *testing.T) {
	var links []Parts
	for _, u := range []string{"http://x.example/a/k3?u=1&v=9", "http://x.example/a/k4?u=1&v=8", "http://x.example/other?u=7", "http://x.example/a/k5?u=1&v=9"} {
		p, _ := Split(u)
		links = append(links, p)
	}
	if diff := cmp.Diff(map[string]bool{"path2": true, "query:v": true}, Varying(links)); diff != "" {
		t.Error(diff)
	}
	if got := Varying(nil); len(got) != 0 {
		t.Errorf("nothing varies as %v", got)
	}
}

func TestForms(t *testing.T) {
	key := []byte("sixteen bytes it")
	for _, c := range []struct{ link, share, evidence string }{
		{"https://k3f9q2xa.pay.example/c/9e107d9d372bb6826bd81d3542a419d6?lang=en", "hxxps://{t}[.]pay[.]example/c/{t}?lang=en", "hxxps://{t:b36x8#"},
		{"http://x.example/?b=2&gclid=7&a=1#5", "hxxp://x[.]example/?a=1&b=2&gclid={t}#5", "hxxp://x[.]example/?a=1&b=2&gclid={t:decx1#"},
		{"http://r.example/?url=http%3A%2F%2Fx.example%2Fp%3Ftoken%3D7", "hxxp://r[.]example/?url={hxxp://x[.]example/p?token={t}}", "hxxp://r[.]example/?url={hxxp://x[.]example/p?token={t:decx1#"},
		{"ftp://203.0.113.9/a", "hxxp://203[.]0[.]113[.]9/a", "hxxp://203[.]0[.]113[.]9/a"},
		{"http://bank.example@evil.example/", "hxxp://{t}@evil[.]example/", "hxxp://{t:txtx12#"},
	} {
		p, ok := Split(c.link)
		if !ok {
			t.Fatal(c.link)
		}
		if got := p.Share(Tracker); got != c.share {
			t.Errorf("%s is shared as %s, want %s", c.link, got, c.share)
		}
		got, err := p.Case(key, Tracker)
		if err != nil || !strings.HasPrefix(got, c.evidence) {
			t.Errorf("%s is evidence as %s (%v), want %s…", c.link, got, err, c.evidence)
		}
	}
	if _, err := (Parts{}).Case([]byte("short"), Tracker); err == nil {
		t.Error("a short key is taken")
	}
}

// TestFormsOfACampaign is the rule of the three forms over 10,000 pairs of links that differ in their tokens only.
func TestFormsOfACampaign(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	key := []byte("sixteen bytes it")
	same := 0
	for range 10_000 {
		one, two := shape(random)
		a, _ := Split(one)
		b, _ := Split(two)
		hide := Hide(Varying([]Parts{a, b}))
		if s, u := a.Share(hide), b.Share(hide); s != u {
			t.Fatalf("%s and %s are shared as %s and %s", one, two, s, u)
		}
		c, err := a.Case(key, hide)
		if err != nil {
			t.Fatal(err)
		}
		d, err := b.Case(key, hide)
		if err != nil {
			t.Fatal(err)
		}
		if c == d {
			same++ // 25 bits of label: about one pair in 33 million
		}
		if _, ok := Parse(c); ok && strings.HasPrefix(c, "http") {
			t.Fatalf("%s can be clicked", c)
		}
	}
	if same > 0 {
		t.Errorf("%d of 10000 pairs look the same in evidence", same)
	}
}

// shape returns two links of one campaign for two recipients.
func shape(r *rand.Rand) (one, two string) {
	token := func() string {
		const set = "abcdefghijklmnopqrstuvwxyz0123456789"
		b := make([]byte, 6+r.IntN(20))
		for i := range b {
			b[i] = set[r.IntN(len(set))]
		}
		return string(b)
	}
	shapes := []string{
		"http://x.example/?u=%s", "https://%s.pay.example/c", "http://x.example/c/%s/z.html", "http://x.example/a-%s.html?lang=en", "http://x.example/#%s",
		"http://%s@x.example/", "http://x.example/?%s", "http://r.example/?to=http%%3A%%2F%%2Fx.example%%2F%s", "http://x.example/;s=%s?b=1&a=2",
	}
	s := shapes[r.IntN(len(shapes))]
	return fmt.Sprintf(s, token()), fmt.Sprintf(s, token())
}

// TestLabelsNeedTheKey tries a small space of tokens without the key.
func TestLabelsNeedTheKey(t *testing.T) {
	secret := []byte("the key of a case, kept")
	p, _ := Split("http://x.example/?u=4711")
	evidence, err := p.Case(secret, func(Slot) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10_000 {
		guess := Slot{Name: "query:u", Value: fmt.Sprintf("%04d", n)}
		for _, key := range [][]byte{nil, []byte("another key of a case"), []byte(guess.Value)} {
			if guess.Value == "4711" && strings.Contains(evidence, tokenLabel(key, guess)) {
				t.Fatalf("the key %q opens the label", key)
			}
		}
	}
	if strings.Contains(evidence, "4711") {
		t.Error("the token stands in the evidence")
	}
}

func TestIdentityIn(t *testing.T) {
	const ada = "ada.l@chat.example"
	for _, c := range []struct{ link, account, slot, how string }{
		{"http://x.example/?u=ada.l@chat.example", ada, "query:u", "plain"},
		{"http://x.example/?u=ADA.L%40chat.example", ada, "query:u", "plain"},
		{"http://x.example/?u=ada.l%2540chat.example", ada, "query:u", "plain"},
		{"http://x.example/?u=elpmaxe.tahc@l.ada", ada, "query:u", "reversed"},
		{"http://x.example/ada.l@chat.example/z", ada, "path1", "plain"},
		{"http://x.example/#YWRhLmxAY2hhdC5leGFtcGxl", ada, "fragment", "base64"},
		{"http://x.example/?dT1hZGEubEBjaGF0LmV4YW1wbGU", ada, "key1", "base64"},
		{"http://x.example/?u=6164612e6c40636861742e6578616d706c65", ada, "query:u", "hex"},
		{"http://x.example/?u=MFSGCLTMIBRWQYLUFZSXQYLNOBWGK", ada, "query:u", "base32"},
		{"http://x.example/?u=5b3cda24d6fea35e5b8a5bd3bb0ce2bb", ada, "", ""},
		{"http://x.example/?u=ada.l", ada, "query:u", "local"},
		{"http://x.example/?u=l.ada", ada, "query:u", "reversed local"},
		{"http://x.example/?u=YWRhLmw", ada, "query:u", "base64 local"},
		{"http://evil.example/?to=http%3A%2F%2Fx.example%2F%3Fu%3Dada.l%40chat.example", ada, "query:to", "plain"},
		{"http://ada.l@x.example/", ada, "user", "local"},
		{"http://x.example/music", "music@chat.example", "", ""},
		{"http://x.example/?u=nina", "@nina:hs.example", "query:u", "local"},
		{"http://x.example/?u=nina:hs.example", "@nina:hs.example", "query:u", "plain"},
		{"http://x.example/?uin=12345678", "12345678", "query:uin", "plain"},
		{"http://x.example/?u=9f3c", ada, "", ""},
		{"http://chat.example/", ada, "", ""},
		{"http://x.example/?u=ada", "ada", "", ""},
		{"no link", ada, "", ""},
	} {
		slot, how, ok := IdentityIn(c.link, c.account)
		if ok != (c.how != "") || slot != c.slot || how != c.how {
			t.Errorf("IdentityIn(%q, %q) = %q, %q, %v; want %q, %q", c.link, c.account, slot, how, ok, c.slot, c.how)
		}
	}
}

// TestIdentityDigests plants each digest of each writing of the address.
func TestIdentityDigests(t *testing.T) {
	const account = "Ada.L@chat.example"
	for _, of := range []string{"ada.l@chat.example", "ADA.L@CHAT.EXAMPLE", "ada.l", "ADA.L"} {
		for how, sum := range sums(of) {
			want := how
			if !strings.Contains(of, "@") {
				want += " local"
			}
			for name, written := range writings(sum) {
				if how == "crc32" && name == "first half in hex" {
					continue // 16 bits prove nothing
				}
				u := "http://x.example/a?u=" + written
				if _, got, ok := IdentityIn(u, account); !ok || strings.TrimPrefix(got, "base64 ") != want {
					t.Errorf("%s of %s as %s: found %q, %v", how, of, name, got, ok)
				}
			}
		}
	}
}

// TestIdentityByChance looks for people in random tokens.
func TestIdentityByChance(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		u, _ := shape(random)
		if slot, how, ok := IdentityIn(u, fmt.Sprintf("nina_%d@chat.example", random.IntN(1000))); ok {
			t.Fatalf("%s holds somebody in %s by %s", u, slot, how)
		}
	}
}
