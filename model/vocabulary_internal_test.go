package model

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"testing"
)

// A reader that knows words from texts before gives the same features, in the same order, and the same sums as one that knows none,
// also after its vocabulary began anew.
func TestVocabulary(t *testing.T) {
	m, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	warm, fresh := m.reader(), newReader(m.suffixes, m.views[viewChar].cells)
	for _, body := range vocabularyTexts(t) {
		warm.read(nil, body)
		fresh.vocabulary = vocabulary{}
		fresh.read(nil, body)
		for v := range views {
			if !slices.Equal(warm.sets[v].grams, fresh.sets[v].grams) {
				t.Fatalf("view %d of %q: %d features, without a vocabulary %d", v, body, len(warm.sets[v].grams), len(fresh.sets[v].grams))
			}
		}
		if got, want := m.margins(warm)[viewChar], m.views[viewChar].margin(warm.sets[viewChar].grams); got != want {
			t.Fatalf("%q: the sum of pieces makes %v, of features %v", body, got, want)
		}
	}
	if n := len(warm.vocabulary.pieces); n == 0 || n > knownPieces {
		t.Errorf("%d pieces are remembered", n)
	}
}

// vocabularyTexts are real messages, and more words than a vocabulary holds.
func vocabularyTexts(t *testing.T) (all []string) {
	f, err := os.Open("../testdata/sms-uci/messages.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for len(all) < 1000 && lines.Scan() {
		all = append(all, lines.Text())
	}
	for i := range knownPieces / 24 {
		all = append(all, fmt.Sprintf("don't %c%c%c%cing", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576%26))
	}
	return append(all, all[:1000]...)
}

// Eight characters at a time come to the same as one by one.
func TestShapeOfBody(t *testing.T) {
	for _, body := range append(vocabularyTexts(t)[:1000], "", "a", "ABC", "ABC def", "hello AB1C 12345678 X", "ABC12345678D", "ABC\n\n1234 567\t", "   ", "éÀ abcdefgh", "`{@[/:abcde", "12345678ABC", "ABCD12345678") {
		var at8, at1 shape
		at8.body(body)
		for _, c := range body {
			at1.length++
			if c < 0x80 {
				at1.ascii(c)
			} else {
				at1.wideRune(c)
			}
			if c > ' ' {
				at1.last = c
			}
		}
		at1.endRun()
		if at8 != at1 {
			t.Errorf("%q: %+v, one by one %+v", body, at8, at1)
		}
	}
}
