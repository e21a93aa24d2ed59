package link

import (
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim/internal/effort"
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
		{"dots", "hey. are you coming tonight? we meet at 8.30. bring the games e.g. chess. and some snacks. done. see you there then"},
		{"russian", "привет, ты придёшь сегодня вечером? мы встречаемся на обычном месте около восьми, принеси игры"},
		{"japanese", "こんばんは、今夜来ますか。八時にいつもの場所で会いましょう。ゲームとお菓子を持ってきてください。"},
		{"bare", "look at pictures.example/album?id=77 before it is gone"},
		{"hidden", "look at pictures dot example/album?id=77 before it is gone"},
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

func BenchmarkInspect(b *testing.B) {
	for _, s := range []string{"http://pictures.example/album?id=77", "http://r.example/?to=http%3A%2F%2Fx.example%2Fa", "https://some.name.github.io/"} {
		l, _ := Parse(s)
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Inspect(l)
			}
		})
	}
}

func BenchmarkIdentity(b *testing.B) {
	for _, s := range []string{"http://pictures.example/album?id=77", "http://x.example/a?u=9e107d9d372bb6826bd81d3542a419d6&v=YWRhLmxAY2hhdC5leGFtcGxmZGY"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				IdentityIn(s, "ada.l@chat.example")
			}
		})
	}
}

func TestFindWritings(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // canonical URLs, separated by spaces
		how  Flags  // of the first
	}{
		{"x[.]example/a and spam[dot]test", "http://x.example/a http://spam.test/", Bare | Hidden},
		{"spam(dot)test, spam (dot) test/a, spam { . } example", "http://spam.test/ http://spam.test/a http://spam.example/", Bare | Hidden},
		{"go to cams dot example now", "http://cams.example/", Bare | Hidden},
		{"go to cams . example / free", "http://cams.example/", Bare | Hidden},
		{"www . cams . example", "http://www.cams.example/", Bare | Hidden},
		{"cams .com/free", "http://cams.com/free", Bare | Hidden},
		{"ada: cams DOT com", "http://cams.com/", Bare | Hidden},
		{"hxxps://x[.]example/a", "https://x.example/a", Hidden},
		{"hxxp[:]//x(dot)example/a?b=1", "http://x.example/a?b=1", Hidden},
		{"http://x [.] example/a", "http://x.example/a", Hidden},
		{"http://cams . example/a", "http://cams.example/a", Hidden},
		{"cams。example/a", "http://cams.example/a", Bare | Hidden},
		{"見てcams.example/aです。", "http://cams.example/a%E3%81%A7%E3%81%99", Bare},
		{"見てcams.exampleを", "http://cams.example/", Bare},
		{"ｃａｍｓ．ｅｘａｍｐｌｅ", "http://cams.example/", Bare | Hidden},
		{"http://ｃａｍｓ。example/", "http://cams.example/", Hidden},
		{"http://ca\u200bms.exa\u00admple/", "http://cams.example/", 0},
		{"пример.рф", "http://xn--e1afmkfd.xn--p1ai/", Bare | Punycode},
		{"http://xn--e1afmkfd.example/", "http://xn--e1afmkfd.example/", Punycode},
		{"http://3405803785/a", "http://203.0.113.9/a", IP | OddIP},
		{"http://0xcb.0.0x7109/", "http://203.0.113.9/", IP | OddIP},
		{"http://0313.0.0161.011/", "http://203.0.113.9/", IP | OddIP},
		{"http://203.0.113.9/", "http://203.0.113.9/", IP},
		{"http://203.0.113.999/", "", 0},
		{"http://bank.example@evil.example/", "http://evil.example/", UserInfo},
		{"http:\\\\x.example\\a", "http://x.example/a", 0},
		{"see http://r.example/?u=http://x.example/a.", "http://r.example/?u=http://x.example/a", 0},
		{"t.me/joinme", "http://t.me/joinme", Bare},
		{"tg://resolve?domain=cams", "tg://resolve?domain=cams", App},
		{"xmpp:ada@chat.example?message", "xmpp:ada@chat.example?message", App},
		{"matrix:u/ada:hs.example", "matrix:u/ada:hs.example", App},
		{"aim:goim?screenname=ada", "aim:goim?screenname=ada", App},
		{"time is 10:30, line:up signal: noise, matrix: none, tg:", "", 0},
		{"the dot com bubble, a .com domain, use .net framework, vb .net", "", 0},
		{"done.it was. I.e. 10.0.0.0/24 foo.me() x.me=1 path/to.it C:\\x.com", "", 0},
		{"ada@mail.example john.doe@mail.example", "", 0},
		{"libc6-2.2.so kernel-2.6.20.run setup.py/x a.out conf.in Nice.nice.how now.onion", "", 0},
		{"1.50/msg 4.49/month 64.run 7.so", "", 0},
		{"...cams.example... _cams.example_ **www.cams.example**", "http://cams.example/ http://www.cams.example/", Bare},
		{"nina:cams.example", "http://cams.example/", Bare},
		{"it is on x.com", "http://x.com/", Bare},
	} {
		var got []string
		links := Find(nil, c.text)
		for _, l := range links {
			got = append(got, l.URL)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("Find(%q) = %q, want %q", c.text, s, c.want)
		} else if len(links) > 0 && links[0].Flags != c.how {
			t.Errorf("Find(%q) is %s, want %s", c.text, links[0].Flags, c.how)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{" http://X.example/%7Eada/%e4%bd%a0/../b/./c?q=%2f%41&x='1' ", "http://x.example/~ada/b/c?q=%2FA&x=%271%27"},
		{"http:x.example", "http://x.example/"},
		{"http://x.ex\tample/a\nb", "http://x.example/ab"},
		{"http://%65xample.example/", "http://example.example/"},
		{"http://x.example/%%34%31", "http://x.example/%2541"},
		{"https://x.example:443/ ", "https://x.example/"},
		{"https://x.example:0080/", "https://x.example:80/"},
		{"http://x.example/a/..", "http://x.example/"},
		{"http://x.example/a/%2e%2E/%2e", "http://x.example/"},
		{"http://x.example./", "http://x.example/"},
		{"x.example:8080/a", "http://x.example:8080/a"},
		{"http://localhost/", "http://localhost/"},
		{"localhost", ""},
		{"http://a b/", ""},
		{"http://x.example:99999/", ""},
		{"mailto:ada@x.example", ""},
		{"javascript:alert(1)", ""},
		{"xmpp:", ""},
	} {
		l, ok := Parse(c.in)
		if l.URL != c.want || ok != (c.want != "") {
			t.Errorf("Parse(%q) = %q, %v; want %q", c.in, l.URL, ok, c.want)
		}
	}
}

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		url  string
		want Flags
	}{
		{"http://x.example/a?b=1", 0},
		{"https://bit.ly/3x", Shortener},
		{"https://www.tinyurl.com/3x", Shortener},
		{"https://nina.github.io/a", FreeHosting},
		{"https://github.com/a", 0},
		{"https://docs.google.com/forms/d/1", FreeHosting},
		{"https://docs.google.com/document/d/1", 0},
		{"https://0-mail.com/a", Disposable},
		{"https://t.me/nina", App},
		{"https://discord.gg/abc", App},
		{"xmpp:ada@chat.example", App},
		{"http://r.example/?to=http%3A%2F%2Fx.example", Nested},
		{"http://r.example/?to=aHR0cDovL3guZXhhbXBsZS8", Nested},
		{"http://r.example/#https://x.example/", Nested},
		{"http://web.example/2020/http://x.example/", Nested},
		{"http://203.0.113.9/", IP},
		{"http://a@0xcb007109/", IP | OddIP | UserInfo},
	} {
		l, ok := Parse(c.url)
		if got := Inspect(l); !ok || got != c.want {
			t.Errorf("Inspect(%q) = %s, %v; want %s", c.url, got, ok, c.want)
		}
	}
}

func TestCarried(t *testing.T) {
	deep := "http://a.example/?u=http%3A%2F%2Fb.example%2F%3Fu%3Dhttp%253A%252F%252Fc.example%252F%253Fu%253Dhttp%25253A%25252F%25252Fd.example%25252F%25253Fu%25253Dhttp%2525253A%2525252F%2525252Fe.example"
	var got []string
	for _, l := range Carried(nil, deep) {
		got = append(got, l.Host)
	}
	if s := strings.Join(got, " "); s != "b.example c.example d.example" {
		t.Errorf("%s leads to %q, want three links", deep, s)
	}
}

func TestLists(t *testing.T) {
	for name, list := range map[string]string{"shorteners": shorteners, "disposable": disposable} {
		last, n := "", 0
		for line := range strings.Lines(list) {
			w := strings.TrimSuffix(line, "\n")
			if w <= last || !listed(list, w) || listed(list, w+"x") {
				t.Fatalf("%s: %q is out of order or not found", name, w)
			}
			last = w
			n++
		}
		if n < 600 {
			t.Errorf("%s has %d lines", name, n)
		}
	}
}

// TestLinear takes texts that are made to be slow at 16 and at 128 KiB. Eight times the size may cost 24 times as much CPU time; what grows
// with the square costs 64 times as much.
func TestLinear(t *testing.T) {
	for _, unit := range []string{
		".", "a.", "a . ", " dot ", "(dot)", "[.]", "x[.]", "http://", "http://a", "://", ":", "a:", "xmpp:", "。", "あ。", "a.com@", "a.b@", ")", "http://x/(", "x.com/)", "%", "http://x/%",
		"a-", "é.", "www.", "http://x/?u=http://", "http://[", "tg:", "h**p://", "/http", "d", "http://a@",
	} {
		cost := func(size int) time.Duration {
			text := strings.Repeat(unit, size/len(unit))
			return effort.Least(3, func() {
				for _, l := range Find(nil, text) {
					Inspect(l)
				}
			})
		}
		small, large := cost(16<<10), cost(128<<10)
		t.Logf("%-22q 16 KiB cost %v, 128 KiB %v", unit, small, large)
		if large > 24*small || large > time.Second {
			t.Errorf("%q: 16 KiB cost %v, 128 KiB %v", unit, small, large)
		}
	}
}

func FuzzParts(f *testing.F) {
	for _, s := range []string{"http://a.b.x.example:1/c/d-e.f?u=1&v#z", "http://u@x.example/?", "x.example", "xmpp:a@b.example?c;d=e", "http://x.example/?u=http%3A%2F%2Fy.example%2F%3Fz", "http://x.example/?&;&"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := Split(s)
		if !ok {
			return
		}
		joined := p.Join()
		again, ok := Split(joined)
		if len(joined) < mostLength && (!ok || again.Join() != joined || again.Template() != p.Template()) {
			t.Fatalf("%q joins to %q, which joins to %q", s, joined, again.Join())
		}
		l, _ := Parse(s[:min(len(s), mostLength)])
		if m, _ := Parse(joined); len(joined) < mostLength && m.URL != l.URL {
			t.Fatalf("%q is %q, joined %q", s, l.URL, m.URL)
		}
		share := p.Share(func(Slot) bool { return true })
		if strings.HasPrefix(share, "http") {
			t.Fatalf("%q is shared as %q", s, share)
		}
		IdentityIn(s, "ada.l@chat.example")
	})
}
