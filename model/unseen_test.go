package model_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/simulate"
)

// own returns the messages that were written for this project and that nothing learns from, by label and language.
func own(t *testing.T) (spam map[string][]string, ham []string) {
	t.Helper()
	spam = map[string][]string{}
	for _, s := range read(t, "own-messages/messages.jsonl") {
		switch {
		case !s.Spam:
			ham = append(ham, s.Text)
		case cyrillic(s.Text):
			spam["ru"] = append(spam["ru"], s.Text)
		default:
			spam["en"] = append(spam["en"], s.Text)
		}
	}
	return spam, ham
}

func cyrillic(s string) bool {
	n := 0
	for _, r := range s {
		if r >= 'а' && r <= 'я' {
			n++
		}
	}
	return n > 5
}

// What the shipped model must catch of messages that it never saw, and what it must not.
func TestUnseenMessages(t *testing.T) {
	m := shipped(t)
	spam, ham := own(t)
	for lang, least := range map[string]int{"en": 100, "ru": 50} {
		caught := 0
		for _, text := range spam[lang] {
			if m.Score(text) >= m.Threshold() {
				caught++
			}
		}
		t.Logf("%s: %d of %d caught", lang, caught, len(spam[lang]))
		if caught < least {
			t.Errorf("%s: %d of %d caught, want %d", lang, caught, len(spam[lang]), least)
		}
	}
	const most = 1
	blocked := 0
	for _, text := range ham {
		if p := m.Score(text); p >= m.Threshold() {
			t.Logf("blocked with %.4f: %s", p, text)
			blocked++
		}
	}
	if blocked > most {
		t.Errorf("%d of %d honest messages blocked, at most %d", blocked, len(ham), most)
	}
}

// What the shipped model must catch, and what it must not, of messages by somebody who had seen nothing that it learns from. The
// numbers are what was reached, with room for two messages of spam and for none of ham: see testdata/blind-messages/README.md.
func TestBlindMessages(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "testdata", "blind-messages", "messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	type count struct{ called, all int }
	got := map[string]count{}
	m := shipped(t)
	for line := range strings.Lines(string(b)) {
		var s struct{ Label, Disguise, Text string }
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		kind := s.Label
		if s.Disguise != "" && s.Disguise != "none" {
			kind = "disguised spam"
		}
		c := got[kind]
		got[kind] = count{c.called + called(m, s.Text), c.all + 1}
	}
	for kind, want := range map[string]struct{ least, most, all int }{
		"spam": {50, 100, 100}, "disguised spam": {52, 100, 100}, "ham": {0, 4, 403},
	} {
		c := got[kind]
		t.Logf("%s: %d of %d called spam", kind, c.called, c.all)
		if c.all != want.all {
			t.Errorf("%d messages of %s, want %d", c.all, kind, want.all)
		}
		if c.called < want.least || c.called > want.most {
			t.Errorf("%s: %d of %d called spam, want %d to %d", kind, c.called, c.all, want.least, want.most)
		}
	}
}

// How many points of what is caught in the clear may be lost to each disguise: what was reached, with room for two or three of 108
// messages. The shipped model reads messages that it never saw here, at its own strict threshold. nospim eval --protocol disguises
// measures at 0.1 % of ham blocked, where issue 3 asks for 2 points on letters and links, 5 on swaps, 8 on good words and several,
// and 12 on paraphrase; its numbers are in docs/model.md.
func TestDisguisesCost(t *testing.T) {
	m := shipped(t)
	spam, _ := own(t)
	for kind, most := range map[simulate.DisguiseKind]float64{
		simulate.LookAlikes: 0, simulate.ZeroWidth: 0, simulate.Leet: 0, simulate.Accents: 0, simulate.Styled: 0,
		simulate.Spacing: 4, simulate.Punctuation: 5, simulate.LinkHiding: 5, simulate.LetterSwaps: 13, simulate.Paraphrase: 10,
		simulate.GoodWords: 20, simulate.Several: 9,
	} {
		clean, disguised, all := 0, 0, 0
		for seed := range uint64(4) {
			for i, text := range spam["en"] {
				other, err := simulate.Disguise(seed*1000+uint64(i), kind, text)
				if err != nil {
					t.Fatal(err)
				}
				all++
				clean += called(m, text)
				disguised += called(m, other)
			}
		}
		lost := 100 * float64(clean-disguised) / float64(all)
		t.Logf("%-12s %d of %d caught in the clear, %d disguised: %.1f points lost", kind, clean, all, disguised, lost)
		if lost > most {
			t.Errorf("%s: %.1f points lost, at most %.0f", kind, lost, most)
		}
	}
}

func called(m *model.Model, text string) int {
	if m.Score(text) >= m.Threshold() {
		return 1
	}
	return 0
}
