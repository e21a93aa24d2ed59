package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"  Hello   World \n", "hello world"},
		{"Ｆｒｅｅ　ｃａｍ", "free cam"},
		{"fr\u200bee\u2060 cam\ufe0f", "free cam"},
		{"𝐅𝐫𝐞𝐞", "free"},
		{"cafe\u0301", "café"},
		{"CAFÉ", "café"},
		{"Привет, МИР", "привет, мир"},
		{"こんにちは", "こんにちは"},
		{"İstanbul", "istanbul"},
		{"Ⱥ Ⱥ Ⱥ", "ⱥ ⱥ ⱥ"}, // two bytes whose lower case has three
		{"a\x00b\x7fc", "a b c"},
		{"\xff", "\ufffd"},
	} {
		if got := Normalize(c.in); got != c.want {
			t.Errorf("Normalize(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	fingerprint := Fingerprint
	same := [][]string{
		{"Hot cams at http://a.example/x?u=1 tonight!", "hot  CAMS at http://b.example/y?u=2 tonight", "h\u200bot cams at http://c.example/z, tonight"},
		{"You won 500 euro", "you won 12 euro!!!"},
		{"www.one.example join", "one.example/x join"},
	}
	for _, group := range same {
		for _, s := range group[1:] {
			if fingerprint(s) != fingerprint(group[0]) {
				t.Errorf("%q and %q have different fingerprints", group[0], s)
			}
		}
	}
	different := []string{"hot cams", "hot cam", "cams hot", "привет мир", "привет", "you won", "you won 5"}
	seen := map[uint64]string{}
	for _, s := range different {
		if other, ok := seen[fingerprint(s)]; ok {
			t.Errorf("%q and %q have the same fingerprint", s, other)
		}
		seen[fingerprint(s)] = s
	}
	if fingerprint("!!! ... ") != 0 {
		t.Error("a text without letters has a fingerprint")
	}
}

func TestCounts(t *testing.T) {
	var f Form
	f.Read("Grüße, 2 Leute: ok?")
	if f.Length != 19 || f.Letters != 13 || f.Words != 4 {
		t.Errorf("length %d, letters %d, words %d; want 19, 13, 4", f.Length, f.Letters, f.Words)
	}
}

func TestReadDoesNotAllocate(t *testing.T) {
	var f Form
	for _, s := range []string{"just a plain message with http://x.example/a in it", "Привет, как дела?"} {
		if n := testing.AllocsPerRun(100, func() { f.Read(s) }); n != 0 {
			t.Errorf("Read(%q) allocates %v times", s, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "Hello", "Ⱥ\u0301\u200b", "\xff\xfe", strings.Repeat("Ⱥ", 40), "http://x.example/ﷺ", "İİİİ"} {
		f.Add(s)
	}
	var got Form
	f.Fuzz(func(t *testing.T, s string) {
		got.Read(s)
		if !utf8.Valid(got.Normal) || !utf8.Valid(got.Folded) {
			t.Fatalf("forms of %q are not UTF-8: %q, %q", s, got.Normal, got.Folded)
		}
		var fresh Form
		if fresh.Read(s); string(fresh.Folded) != string(got.Folded) || fresh.Fingerprint != got.Fingerprint {
			t.Fatalf("Read(%q) depends on its buffer", s)
		}
		var again Form
		again.Read(string(got.Normal))
		if again.Fingerprint != got.Fingerprint {
			t.Fatalf("fingerprint of %q changes when normalised again: %q then %q", s, got.Normal, again.Normal)
		}
	})
}
