package link

import (
	"os"
	"strings"
	"testing"
)

func brands(t testing.TB) *Brands {
	t.Helper()
	b, err := NewBrands("")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lines returns the names of a list of ../testdata/urls.
func lines(t testing.TB, name string) []string {
	t.Helper()
	all, err := os.ReadFile("../testdata/urls/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for l := range strings.Lines(string(all)) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "//") && !strings.HasPrefix(l, "!") {
			names = append(names, strings.TrimPrefix(l, "*."))
		}
	}
	return names
}

// vocabulary returns the words of honest chat that are no brand's.
func vocabulary(t testing.TB) []string {
	words := map[string]int{}
	for _, set := range honestSets() {
		honest(t, set, func(text string) {
			for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
				words[w]++
			}
		})
	}
	b := brands(t)
	var all []string
	for w, n := range words {
		if len(w) > 3 && n > 1 && !strings.Contains(w, "mozilla") && b.words[w] == nil && b.words[strings.TrimSuffix(w, "s")] == nil {
			all = append(all, w)
		}
	}
	return all
}

// How many of the honest hosts, and of the everyday words made into hosts, may be taken for imitations.
const (
	mostFalseHosts = 0
	mostFalseWords = 15
)

// TestHonestHosts matches hosts that imitate nobody: every link of honest chat, free-hosting suffixes, shorteners, the brands
// themselves, and each word of honest chat as a host, also beside a lure.
func TestHonestHosts(t *testing.T) {
	b := brands(t)
	hosts := map[string]string{}
	for _, set := range honestSets() {
		honest(t, set, func(text string) {
			for _, l := range Find(nil, text) {
				hosts[l.Host] = set
			}
		})
	}
	for _, list := range []string{"psl-private-suffixes.txt", "url-shorteners.txt"} {
		for _, h := range lines(t, list) {
			hosts[h], hosts["www."+h] = list, list
		}
	}
	for d := range b.owned {
		hosts[d], hosts["www."+d], hosts["login."+d] = "brands", "brands", "brands"
	}
	for w := range b.countries {
		for _, s := range []string{".de", ".co.uk", ".fr", ".com.br"} {
			hosts["www."+w+s] = "brands"
		}
	}
	for w := range b.plain {
		hosts[w+".com"] = "plain"
	}
	words := map[string]string{}
	for _, w := range vocabulary(t) {
		words[w+".com"], words[w+"-login.com"], words["my"+w+".com"] = "word", "word", "word"
	}
	if n := falseMatches(t, b, hosts); n > mostFalseHosts {
		t.Errorf("%d honest hosts are taken for imitations, at most %d may be", n, mostFalseHosts)
	}
	if n := falseMatches(t, b, words); n > mostFalseWords {
		t.Errorf("%d everyday words are taken for imitations, at most %d may be", n, mostFalseWords)
	}
}

func falseMatches(t *testing.T, b *Brands, hosts map[string]string) int {
	t.Helper()
	wrong := 0
	for h, from := range hosts {
		if m, ok := b.Match(h); ok {
			wrong++
			t.Logf("%s (%s) is taken for %s, by %s", h, from, m.Brand, m.How)
		}
	}
	t.Logf("%d of %d are taken for imitations", wrong, len(hosts))
	return wrong
}

// TestPhishingHosts measures how many of 6,000 phishing hosts of 2021 are recognised by their name alone. Many have no brand
// in it.
func TestPhishingHosts(t *testing.T) {
	b := brands(t)
	all := lines(t, "discord-phishing-domains.txt")
	how := map[Imitation]int{}
	caught, named, namedCaught := 0, 0, 0
	for _, h := range all {
		names := strings.Contains(h, "disc") || strings.Contains(h, "steam") || strings.Contains(h, "nitro")
		m, ok := b.Match(h)
		if names {
			named++
		}
		if ok {
			caught++
			how[m.How]++
			if names {
				namedCaught++
			}
		} else if os.Getenv("SHOW_MISSED") != "" {
			t.Log("missed", h)
		}
	}
	t.Logf("%d of %d recognised (%v); of those that spell disc, steam or nitro %d of %d", caught, len(all), how, namedCaught, named)
	if caught < 3400 {
		t.Errorf("recognised %d of %d, at least 3400 were", caught, len(all))
	}
}

func TestMatch(t *testing.T) {
	b, err := NewBrands("# my own\nbank mybankone mybankone.example\nhonest paypol.example\nplain mybankine\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host, brand string
		how         Imitation
	}{
		{"paypal.com", "", ""},
		{"www.paypal.com", "", ""},
		{"paypal.co.uk", "", ""},
		{"paypa1.com", "paypal.com", Letters},
		{"xn--pypal-4ve.com", "paypal.com", Letters}, // а is Cyrillic
		{"stearncommunity.com", "steampowered.com", Letters},
		{"paupal.com", "paypal.com", Keyboard},
		{"steamcommunuty.com", "steampowered.com", Keyboard},
		{"steamcomnmnity.ru", "steampowered.com", Typo},
		{"dicsord.com", "discord.com", Keyboard},
		{"paypal.xyz", "paypal.com", Suffix},
		{"paypal-login.example", "paypal.com", Joined},
		{"apple-verify.example", "apple.com", Joined},
		{"apple-pie.example", "", ""},
		{"freediscordnitro.example", "discord.com", Joined},
		{"paypal.com.secure.example", "paypal.com", Label},
		{"paypal.com-login.example", "paypal.com", Label},
		{"discord-gift.github.io", "discord.com", Joined},
		{"mybankone-login.example", "mybankone.example", Joined},
		{"mybankome.example", "mybankone.example", Keyboard},
		{"mybankine.example", "", ""},
		{"paypol.example", "", ""},
		{"stream.example", "", ""},
		{"discord.readthedocs.io", "", ""},
		{"google.github.io", "", ""},
		{"203.0.113.9", "", ""},
		{"[2001:db8::1]", "", ""},
		{"com", "", ""},
		{"", "", ""},
	} {
		m, ok := b.Match(c.host)
		if ok != (c.brand != "") || m.Brand != c.brand && ok || ok && m.How != c.how {
			t.Errorf("Match(%q) = %+v, %v; want %s by %s", c.host, m, ok, c.brand, c.how)
		}
	}
}

func TestNewBrandsRefuses(t *testing.T) {
	for _, own := range []string{"bank", "bank mybank", "bank my.bank my.example", "bank mybank nodot", "honest a b.example", "bank " + strings.Repeat("x", 30) + " x.example"} {
		if _, err := NewBrands("# line one\n" + own); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("NewBrands(%q): %v, want an error that names line 2", own, err)
		}
	}
}

func BenchmarkNewBrands(b *testing.B) {
	for b.Loop() {
		BuiltIn()
	}
}

func BenchmarkMatch(b *testing.B) {
	br := brands(b)
	for _, h := range []string{"pictures.example", "www.ubuntuforums.org", "free-discord-nltro-gifts.xyz", "a-b-c-d-e-f-g-h.some-quite-long-host-name.example"} {
		b.Run(h, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				br.Match(h)
			}
		})
	}
}
