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
		{"ﾊﾟﾊﾞ", "パバ"},
		{"\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"},
		{"क\u093c \u0958", "क़ क़"},
		{"ﷺ", "صلى الله عليه وسلم"},
		{"½ ℡ ㎏", "1⁄2 tel kg"},
		{"q\u0323\u0307 q\u0307\u0323", "q\u0323\u0307 q\u0323\u0307"},
		{"İstanbul", "istanbul"},
		{"Ⱥ Ⱥ Ⱥ", "ⱥ ⱥ ⱥ"}, // two bytes whose lower case has three
		{"a\x00b\x7fc", "a b c"},
		{"don´t don\u0092t", "don't don't"},
		{"\u202eolleh\u202c", "hello"},
		{"\xff", "\ufffd"},
	} {
		if got := Normalize(c.in); got != c.want {
			t.Errorf("Normalize(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	same := [][]string{
		{"Hot cams at http://a.example/x?u=1 tonight!", "hot  CAMS at http://b.example/y?u=2 tonight", "h\u200bot cams at http://c.example/z, tonight", "H O T cams at www.d.example tonight"},
		{"You won 500 euro", "you won 12 euro!!!", "you w0n 12 euro", "yóu wön 9 eùro", "yоu wоn 1.000 еurо", "y o u w o n 7 e u r o", "youuu wonnnn 5 euro"},
		{"www.one.example join", "one.example/x join", "one.example join"},
		{"write to @nina_31 now", "write to @zoe4you now"},
		{"Привет, тебе пришло 500 рублей", "пpивeт тебe пpишлo 7 pублей"},
	}
	for _, group := range same {
		for _, s := range group[1:] {
			if Fingerprint(s) != Fingerprint(group[0]) {
				t.Errorf("%q and %q have different fingerprints", group[0], s)
			}
		}
	}
	different := []string{
		"hot cams", "hot cam", "cams hot", "привет мир", "привет", "you won", "you won 5", "http://a.example/", "http://b.example/", "http://a.example/ now",
		"免费", "免", "こんにちは",
	}
	seen := map[uint64]string{}
	for _, s := range different {
		if other, ok := seen[Fingerprint(s)]; ok {
			t.Errorf("%q and %q have the same fingerprint", s, other)
		}
		seen[Fingerprint(s)] = s
	}
	if Fingerprint("!!! ... ") != 0 {
		t.Error("a text without letters has a fingerprint")
	}
}

func TestCounts(t *testing.T) {
	var f Form
	f.Read("Grüße, 2 Leute: ok?")
	if f.Length != 19 || f.Letters != 13 || f.Words != 4 {
		t.Errorf("length %d, letters %d, words %d; want 19, 13, 4", f.Length, f.Letters, f.Words)
	}
	f.Read("ПРИВЕТ Mia, 免费 かな! 😀 👍🏽 42")
	want := Shape{Upper: 1, Digits: 2, Signs: 5, Emoji: 3, Latin: 3, Cyrillic: 6, Han: 2, Kana: 2, Unknown: 1}
	if f.Shape != want {
		t.Errorf("the shape is %+v, want %+v", f.Shape, want)
	}
}

func TestTokens(t *testing.T) {
	var f Form
	f.Read("Hi @nina_31: 50eur for l'eau at http://x.example/Free or ada@chat.example, see free-cams.com — 免费 2nd")
	var got []string
	names := map[Kind]string{Word: "w", Number: "n", Link: "l", Mail: "m", Handle: "h"}
	for i := range f.Tokens {
		got = append(got, names[f.Tokens[i].Kind]+":"+string(f.Bytes(&f.Tokens[i])))
	}
	want := "w:hi h:nina_31 n:50 w:eur w:for w:l w:eau w:at l:http://x.example/free w:or m:ada@chat.example, w:see l:free-cams.com w:免费 n:2 w:nd"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("tokens are %s, want %s", s, want)
	}
}

func TestReadMakesNoGarbage(t *testing.T) {
	var f Form
	var features []uint32
	bodies := []string{"just a plain message with http://x.example/a in it", "Привет, как дела?", "de\u0301compose\u0301 за\u0301мок tie\u0302\u0301ng \u1112\u1161\u11ab"}
	for _, c := range hundred {
		bodies = append(bodies, c.body)
	}
	for _, s := range bodies {
		f.Read(s)
		features = f.AppendFeatures(features[:0])
		if n := testing.AllocsPerRun(100, func() {
			f.Read(s)
			f.Sketch()
			features = f.AppendFeatures(features[:0])
		}); n != 0 {
			t.Errorf("Read(%q) allocates %v times", s, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "Hello", "Ⱥ\u0301\u200b", "\xff\xfe", strings.Repeat("Ⱥ", 40), "http://x.example/ﷺ", "İİİİ", "@㎎", "ㄾ가", "f r e e c4m", "\u202eab"} {
		f.Add(s)
	}
	for _, w := range worst {
		f.Add(w.piece)
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
		checkTokens(t, s, &got)
		normal := string(got.Normal)
		if !strings.Contains(s, override) && strings.ToValidUTF8(s, "") == s && !odd(s) {
			if want := reference(s); normal != want {
				t.Fatalf("Normal(%q) = %q, want %q", s, normal, want)
			}
		}
		var again Form
		again.Read(normal)
		if string(again.Normal) != normal {
			t.Fatalf("Normal(%q) = %q, and of that %q", s, normal, again.Normal)
		}
		if again.Fingerprint != got.Fingerprint {
			t.Fatalf("fingerprint of %q changes when normalised again: %q then %q", s, got.Folded, again.Folded)
		}
	})
}

// checkTokens checks that tokens stand in order inside Folded and that everything pointed at stands somewhere.
func checkTokens(t *testing.T, s string, f *Form) {
	t.Helper()
	end := uint32(0)
	for _, tok := range f.Tokens {
		if tok.Start < end || tok.End <= tok.Start || int(tok.End) > len(f.Folded) || tok.Kind == 0 {
			t.Fatalf("%q: token %+v of %q", s, tok, f.Folded)
		}
		end = tok.End
	}
	for _, sp := range f.Spans {
		limit := len(f.Folded)
		if sp.Part == Wallet {
			limit = len(s)
		}
		if sp.Start >= sp.End || int(sp.End) > limit {
			t.Fatalf("%q: span %+v", s, sp)
		}
	}
	if n := len(f.AppendFeatures(nil)); n > MostFeatures {
		t.Fatalf("%d features", n)
	}
	f.Sketch()
}

// odd reports whether more marks stand on one letter than Normal keeps, or a mark may join İ, whose lower case depends on it.
func odd(s string) bool {
	row := 0
	for _, r := range s {
		if c := lookup(r).class(); c >= cMark && c <= cScriptMark || lookup(r)&bitBack != 0 {
			row++
		} else if c < cHidden || c > cTag {
			row = 0
		}
		if row >= mostMarks || r == 'İ' {
			return true
		}
	}
	return false
}
