package text

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim/internal/effort"
)

// hundred are messages of about a hundred characters.
var hundred = []struct{ name, body string }{
	{"ascii", "hey, are you coming tonight? we meet at the usual place around 8, bring the games and some snacks ok"},
	{"cyrillic", "привет, ты придёшь сегодня вечером? встречаемся на обычном месте около восьми часов, приноси с собой и"},
	{"japanese", "こんにちは、今日の夜は来られますか。いつもの場所で八時ごろに会いましょう。ゲームと飲み物を持ってきてください。よろしくお願いします。それではまた後で会いましょうね。楽しみにしています。"},
	{"german", "hey, kommst du heute abend? wir treffen uns wie üblich gegen acht, bring bitte die spiele und etwas für"},
	{"disguised", "Ｆrее c4m sh0w t0night!! c.l.i.c.k h e r e аnd wаtch mе fr\u200bee at 𝐦𝐲 𝐫𝐨𝐨𝐦 nоw, n0 cаrd n33ded bаbe"},
}

func BenchmarkRead(b *testing.B) {
	for _, c := range hundred {
		b.Run(c.name, func(b *testing.B) {
			var f Form
			f.Read(c.body)
			b.ReportAllocs()
			for b.Loop() {
				f.Read(c.body)
			}
		})
	}
}

// worst are the most expensive bodies that we could craft, each as a piece to be repeated.
var worst = []struct{ name, piece string }{
	{"letters", "a"},
	{"words", "hello there "},
	{"singles", "f r e e "},
	{"dots", "a."},
	{"fragments", "fr ee "},
	{"leet", "fr33 "},
	{"mixed", "sаlе "},
	{"zalgo", "e\u0301\u0316\u0317\u0318\u0319\u031c\u031d\u031e\u031f\u0320"},
	{"jamo", "\u1112\u1161\u11ab"},
	{"hidden", "a\u200b"},
	{"flags", "\U0001F1E9\U0001F1EA\U0001F1EA"},
	{"ligatures", "\ufdfa"},
	{"override", "\u202eab"},
	{"numbers", "12 34 "},
	{"phrases", "not charge you verify your "},
	{"links", "http://x.example/a "},
	{"accents", "àáâ ãäå "},
	{"base58", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT "},
	{"han", "免费"},
}

func BenchmarkWorst(b *testing.B) {
	for _, c := range worst {
		for _, size := range []int{16 << 10, 32 << 10, 64 << 10} {
			body := strings.Repeat(c.piece, size/len(c.piece))
			b.Run(fmt.Sprintf("%s/%dKiB", c.name, size>>10), func(b *testing.B) {
				var f Form
				f.Read(body)
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					f.Read(body)
				}
			})
		}
	}
}

func BenchmarkSketch(b *testing.B) {
	for _, c := range hundred {
		b.Run(c.name, func(b *testing.B) {
			var f Form
			f.Read(c.body)
			b.ReportAllocs()
			for b.Loop() {
				f.Sketch()
			}
		})
	}
}

func BenchmarkFeatures(b *testing.B) {
	for _, c := range hundred {
		b.Run(c.name, func(b *testing.B) {
			var f Form
			var features []uint32
			f.Read(c.body)
			b.ReportAllocs()
			for b.Loop() {
				features = f.AppendFeatures(features[:0])
			}
			b.ReportMetric(float64(len(features)), "features")
		})
	}
}

// TestLinear reads the most expensive bodies at 16 and at 128 KiB. Eight times the size may cost 24 times as much CPU time; what grows with
// the square costs 64 times as much.
func TestLinear(t *testing.T) {
	for _, c := range worst {
		var f Form
		cost := func(size int) time.Duration {
			body := strings.Repeat(c.piece, size/len(c.piece))
			return effort.Least(5, func() {
				f.Read(body)
				f.Sketch()
			})
		}
		small, large := cost(16<<10), cost(128<<10)
		t.Logf("%s: 16 KiB cost %v, 128 KiB %v", c.name, small, large)
		if large > 24*small || large > 10*time.Second { // a third of a second, with the race detector
			t.Errorf("%s: 16 KiB cost %v, 128 KiB %v", c.name, small, large)
		}
	}
}
