package model

import (
	"bufio"
	"fmt"
	"math"
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
	warm, fresh := m.reader(), newReader(m.suffixes, &m.views)
	for _, body := range vocabularyTexts(t) {
		fresh.vocabulary = vocabulary{}
		got, want := rowsOf(warm, body), rowsOf(fresh, body)
		for v := range views {
			if !slices.Equal(got[v], want[v]) {
				t.Fatalf("view %d of %q: %d features, without a vocabulary %d", v, body, len(got[v]), len(want[v]))
			}
		}
		warm.read(nil, body)
		if got, want := m.margins(warm)[viewChar], m.views[viewChar].margin(want[viewChar]); got != want {
			t.Fatalf("%q: the sum of pieces makes %v, of features %v", body, got, want)
		}
	}
	if n := len(warm.vocabulary.pieces); n == 0 || n > knownPieces {
		t.Errorf("%d pieces are remembered", n)
	}
}

// rowsOf returns the features of a text in each view.
func rowsOf(r *reader, body string) (rows [views][]uint32) {
	r.note = func(view int, gram uint32, _, _ int) { rows[view] = append(rows[view], gram) }
	r.read(nil, body)
	r.note = nil
	rows[viewShape] = r.shapes.grams
	return rows
}

// Turns that have been counted to their end begin anew, and nothing that came before is taken for what comes now.
func TestTurnsBeginAnew(t *testing.T) {
	g := newGrams(make([]cell, 1<<charBits))
	g.cells[7] = cell{Weight: -3, Square: 5}
	places := []uint32{g.meet(7), g.meet(7)}
	for _, turn := range []uint32{1, 2, math.MaxUint32 - 1, math.MaxUint32} {
		g.turn = turn
		g.begin()
		g.add(places)
		if g.sum != -3 || g.square != 5 {
			t.Errorf("after turn %d: a feature that comes twice adds %d and %d", turn, g.sum, g.square)
		}
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
