package link

import (
	"slices"
	"strings"
	"testing"
)

func TestDefang(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"see http://x.example/a. Now", "see hxxp://x[.]example/a. Now"},
		{"HTTPS://X.EXAMPLE", "hxxps://X[.]EXAMPLE"},
		{"ftp://203.0.113.9/a.txt", "hxxp://203[.]0[.]113[.]9/a[.]txt"},
		{"x.example, or www.x.example.", "x[.]example, or www[.]x[.]example."},
		{"x。example and x．example", "x[.]example and x[.]example"},
		{"gopher://x.example", "gopher[:]//x[.]example"},
		{"write mailto:a@x.example or xmpp:a@x.example", "write mailto[:]a@x[.]example or xmpp[:]a@x[.]example"},
		{"hxxp://x[.]example", "hxxp://x[.]example"},
		{"tel: see below. Price: 5", "tel: see below. Price: 5"},
		{"at 12:30 :-) ://", "at 12:30 :-) ://"},
		{"wait...", "wait[.][.]."},
		{"\xff.\xff http:\xff", "\xff[.]\xff hxxp:\xff"},
	} {
		if got := Defang(c.in); got != c.want {
			t.Errorf("Defang(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// FuzzDefang: what is harmless stays as it is, has no scheme that a program opens, and stands for the same links as before.
func FuzzDefang(f *testing.F) {
	for _, s := range []string{"http://x.example/a?u=http://y.example", "x.example", "mailto:a@b.example", "a:http://", "[.]", "http://[::1]:80/", "hxxp[:]//x(.)example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Defang(s)
		if again := Defang(got); again != got {
			t.Errorf("%q: %q, and again %q", s, got, again)
		}
		for _, scheme := range []string{"http://", "https://", "ftp://", "mailto:a"} {
			if strings.Contains(strings.ToLower(got), scheme) {
				t.Errorf("%q: %q has %s", s, got, scheme)
			}
		}
	})
}

// TestDefangIsRead: in what was made harmless, links to the same hosts are found.
func TestDefangIsRead(t *testing.T) {
	for _, s := range []string{"see http://www.x.example/a/b.html?c=d.e#f", "https://user@203.0.113.9:8080/", "come to x.example/pics now"} {
		var was, is []string
		for _, l := range Find(nil, s) {
			was = append(was, l.Host)
		}
		for _, l := range Find(nil, Defang(s)) {
			is = append(is, l.Host)
		}
		if len(was) == 0 || !slices.Equal(was, is) {
			t.Errorf("%q: %q, defanged %q", s, was, is)
		}
	}
}
