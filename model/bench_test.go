package model_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim/internal/effort"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/text"
)

// hundred is a message of a hundred characters.
const hundred = "hey, are you coming tonight? we meet at the usual place around 8, bring the games and some snacks ok"

// One message through rooms text, link and model, each reading it once: what an event costs that is judged by its content.
func BenchmarkMessage(b *testing.B) {
	m := shipped(b)
	for _, c := range []struct{ name, body string }{
		{"ascii", hundred},
		{"link", "have a look at https://docs.example/setup?step=4 and tell me whether it works, i had to try it twice"},
		{"cyrillic", "привет, ты придёшь сегодня вечером? встречаемся на обычном месте около восьми часов, приноси с собой и"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var f text.Form
			var links []link.Link
			b.ReportAllocs()
			for b.Loop() {
				f.Read(c.body)
				links = link.Find(links[:0], c.body)
				m.ScoreForm(&f, c.body)
			}
		})
	}
}

// BenchmarkChat scores real lines of about a hundred characters, each another one, so that no cache knows the words.
func BenchmarkChat(b *testing.B) {
	m := shipped(b)
	var lines []string
	for _, s := range read(b, "chat-irc-ubuntu/conversations.jsonl") {
		if len(s.Text) >= 80 && len(s.Text) <= 120 {
			lines = append(lines, s.Text)
		}
	}
	var f text.Form
	var links []link.Link
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		body := lines[i%len(lines)]
		f.Read(body)
		links = link.Find(links[:0], body)
		m.ScoreForm(&f, body)
	}
}

// worst are the most expensive bodies that we could craft, each as a piece to be repeated.
var worst = []struct{ name, piece string }{
	{"words", "free money now "},
	{"one word", "a"},
	{"singles", "a b "},
	{"signs", "!"},
	{"dots", "a."},
	{"links", "http://a.example/ "},
	{"hosts", "a-b.c-d.example "},
	{"marks", "e\u0301\u0302"},
	{"cyrillic", "ж"},
	{"numbers", "1234 "},
}

// BenchmarkWorst doubles the size: what is linear takes twice as long.
func BenchmarkWorst(b *testing.B) {
	m := shipped(b)
	for _, c := range worst {
		for _, size := range []int{16 << 10, 32 << 10, 64 << 10} {
			body := strings.Repeat(c.piece, size/len(c.piece))
			b.Run(fmt.Sprintf("%s/%dKiB", c.name, size>>10), func(b *testing.B) {
				m.Score(body)
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					m.Score(body)
				}
			})
		}
	}
}

// Eight times the size may cost 24 times as much CPU time; what grows with the square costs 64 times as much.
func TestScoreIsLinear(t *testing.T) {
	m := shipped(t)
	for _, c := range worst {
		cost := func(size int) time.Duration {
			body := strings.Repeat(c.piece, size/len(c.piece))
			return effort.Least(5, func() { m.Score(body) })
		}
		small, large := cost(8<<10), cost(64<<10)
		t.Logf("%s: 8 KiB cost %v, 64 KiB %v", c.name, small, large)
		if large > 24*small || large > 2*time.Second {
			t.Errorf("%s: 8 KiB cost %v, 64 KiB %v", c.name, small, large)
		}
	}
}

// Whatever the body is, its score is a probability, found in time, and the same with the form that somebody else read.
func FuzzScore(f *testing.F) {
	for _, c := range worst {
		f.Add(strings.Repeat(c.piece, 20))
	}
	f.Add("Rоyаl Mаil: yоur раrсel is held, pay hxxp://a[.]example/\u200bx now!!! +44 7700 900123 @name 🎉")
	m := shipped(f)
	f.Fuzz(func(t *testing.T, body string) {
		var p float64
		if cost := effort.Of(func() { p = m.Score(body) }); cost > time.Second+time.Duration(len(body))*50*time.Microsecond {
			t.Errorf("%d bytes cost %v", len(body), cost)
		}
		if !(p >= 0 && p <= 1) {
			t.Errorf("score %v", p)
		}
		if len(body) > 64<<10 {
			return
		}
		var form text.Form
		form.Read(body)
		if q := m.ScoreForm(&form, body); q != p {
			t.Errorf("score %v, with the form %v", p, q)
		}
		if a, b := m.Category(body), m.CategoryForm(&form, body); a != b {
			t.Errorf("category %v, with the form %v", a, b)
		}
	})
}
