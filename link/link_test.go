package link

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // canonical URLs, separated by spaces
	}{
		{"", ""},
		{"no link here. None here either.", ""},
		{"see http://X.Example/a?u=1#frag!", "http://x.example/a?u=1"},
		{"see (http://x.example/a_(b)) now", "http://x.example/a_(b)"},
		{"hxxp://x.example and HTTPS://x.example", "http://x.example/ https://x.example/"},
		{"here:http://x.example/a", "http://x.example/a"},
		{"www.x.example", "http://www.x.example/"},
		{"cams.example/free, spam.test", "http://cams.example/free http://spam.test/"},
		{"http://user:pw@x.example:8080/", "http://x.example:8080/"},
		{"http://x.example:80/", "http://x.example/"},
		{"<http://x.example/a> \"http://x.example/a\"", "http://x.example/a"},
		{"http://пример.example/", "http://xn--e1afmkfd.example/"},
		{"http://[2001:db8::1]:99/a.b", "http://[2001:db8::1]:99/a.b"},
		{"http://203.0.113.9/a", "http://203.0.113.9/a"},
		{"http://[2001:db8::1]/", "http://[2001:db8::1]/"},
		{"[free](http://x.example/a)", "http://x.example/a"},
		{"(www.x.example)", "http://www.x.example/"},
		{"203.0.113.9/a.exe", "http://203.0.113.9/a.exe"},
		{"main.go e.g. v1.2.3 README.md 12.5 node.js i.e. foo.bar...", ""},
		{"apt-get install libc6_2.3.5-1_i386.deb; see /etc/apt/sources.list", ""},
		{"mail me at ada@x.example", ""},
		{"my server is 192.0.2.1, its net 192.0.2.1/24", ""},
		{"wait...what", ""},
		{"http://", ""},
		{"http://x..example/", ""},
		{"javascript://x.example data://x.example/a", ""},
	} {
		var got []string
		for _, l := range Find(nil, c.text) {
			got = append(got, l.URL)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("Find(%q) = %q, want %q", c.text, s, c.want)
		}
	}
}

func TestDomain(t *testing.T) {
	for _, c := range []struct{ url, host, domain string }{
		{"http://a.b.co.uk/", "a.b.co.uk", "b.co.uk"},
		{"http://me.github.io/x", "me.github.io", "me.github.io"},
		{"http://cdn.x.example/", "cdn.x.example", "x.example"},
		{"http://203.0.113.9/", "203.0.113.9", "203.0.113.9"},
		{"x.example", "x.example", "x.example"},
	} {
		l, ok := Parse(c.url)
		if !ok || l.Host != c.host || l.Domain != c.domain {
			t.Errorf("Parse(%q) = %+v, %v; want host %q, domain %q", c.url, l, ok, c.host, c.domain)
		}
	}
}

func TestFindIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		b.WriteString("http://x.example/" + strings.Repeat("a", i%7+1) + string(rune('a'+i%26)) + "/" + strings.Repeat("b", i%11) + " ")
	}
	if n := len(Find(nil, b.String())); n != Most {
		t.Errorf("found %d links, want %d", n, Most)
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"http://x.example/a", "a.b.c", "http://[::1]", "....", "hxxp://é.example:1/?#", "://.", "http://a@b@c.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range Find(nil, s) {
			if l.Host == "" || l.Domain == "" || l.Raw == "" || !l.Flags.Has(App) && !strings.Contains(l.URL, "://"+l.Host) {
				t.Fatalf("Find(%q) gave %+v", s, l)
			}
			again, ok := Parse(l.URL)
			if !ok || again.URL != l.URL || again.Host != l.Host || again.Domain != l.Domain {
				t.Fatalf("canonical form of %q is not stable: %+v then %+v (%v)", s, l, again, ok)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	for _, c := range []struct{ name, s string }{
		{"none", "hey, are you coming tonight? we meet at the usual place around 8. bring the games and some snacks"},
		{"one", "look at this http://pictures.example/album?id=77 before it is gone"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []Link
			for b.Loop() {
				buf = Find(buf[:0], c.s)
			}
		})
	}
}
