package text

import (
	"reflect"
	"strings"
	"testing"
)

// What is read at once is the same as what is read letter by letter, whatever stands before and behind.
func TestShortWord(t *testing.T) {
	words := []string{"a", "I", "ok", "OK", "Hey", "hello", "aab", "abb", "zzz", "aaab", "HaHa", "letters", "evening", "Az", "zA", "Zebra", "oO", "ll", "seventh", "eighteen"}
	for _, word := range words {
		for _, behind := range []string{"", " ", "!", ", and so on", "\n", "?? ", "[x]", "{", "`", "\x00", "1", "'s", "é", "@", "_"} {
			body := word + behind
			if len(body) < 8 {
				body = "12345678 " + body
			}
			at := len(body) - len(word) - len(behind)
			var once, each Form
			once.reset()
			each.reset()
			n := once.shortWord(body, at)
			whole := behind == "" || strings.Contains(" ,\n?[{\x00_", behind[:1])
			if want := len(word) < 8 && whole && !strings.Contains(strings.ToLower(word), "aaa") && word != "zzz"; want != (n == len(word)) {
				t.Errorf("%q: read %d letters", body[at:], n)
			}
			if n == 0 {
				continue
			}
			each.asciiWord(body[at:])
			each.endWord()
			if string(once.Normal) != string(each.Normal) || string(once.Folded) != string(each.Folded) || once.Letters != each.Letters ||
				once.Shape != each.Shape || once.scan.classes != each.scan.classes || !reflect.DeepEqual(once.Tokens, each.Tokens) {
				t.Errorf("%q: %q %+v, letter by letter %q %+v", body[at:], once.Folded, once.Tokens, each.Folded, each.Tokens)
			}
		}
	}
}

// The masks lead where the search does.
func TestChild(t *testing.T) {
	for n := range uint32(len(trieLinks)) {
		for c := range 256 {
			if got, want := child(n, byte(c)), childAmong(n, byte(c)); got != want {
				t.Fatalf("node %d, byte %d: %d, by searching %d", n, c, got, want)
			}
		}
	}
}
