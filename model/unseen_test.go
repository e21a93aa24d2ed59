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

// message is a line of a set that nothing learns from.
type message struct{ Label, Lang, Disguise, Text string }

// unseen returns the messages of such a set.
func unseen(t *testing.T, set string) (all []message) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", set, "messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var m message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// What the shipped model must catch, and what it must not, of messages by somebody who had seen nothing that it learns from. The
// numbers are what was reached, with room for two messages of spam and for none of ham: see testdata/blind-messages/README.md.
func TestBlindMessages(t *testing.T) {
	type count struct{ called, all int }
	got := map[string]count{}
	m := shipped(t)
	for _, s := range unseen(t, "blind-messages") {
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

// What the shipped model does with messages in fifteen languages by two people who had seen nothing that it learns from: few are caught, and
// of honest messages that are hard one in twenty-five is called spam in English, one in eight in Russian. The numbers are what was
// reached: see testdata/written-messages/README.md and docs/decisions/0035-other-languages.md.
func TestWrittenMessages(t *testing.T) {
	type count struct{ caught, spam, blocked, ham int }
	got := map[string]*count{"en": {}, "ru": {}, "other": {}}
	m := shipped(t)
	for _, s := range unseen(t, "written-messages") {
		c := got[s.Lang]
		if c == nil {
			c = got["other"]
		}
		switch s.Label {
		case "spam":
			c.spam, c.caught = c.spam+1, c.caught+called(m, s.Text)
		case "ham":
			c.ham, c.blocked = c.ham+1, c.blocked+called(m, s.Text)
		}
	}
	for lang, want := range map[string]struct{ least, most int }{"en": {214, 51}, "ru": {60, 29}, "other": {134, 46}} {
		c := got[lang]
		t.Logf("%s: %d of %d caught, %d of %d blocked", lang, c.caught, c.spam, c.blocked, c.ham)
		if c.spam == 0 || c.ham == 0 || c.caught < want.least || c.blocked > want.most {
			t.Errorf("%s: %d of %d caught, want %d; %d of %d blocked, want at most %d", lang, c.caught, c.spam, want.least, c.blocked, c.ham, want.most)
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
