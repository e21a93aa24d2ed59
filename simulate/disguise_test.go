package simulate_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/simulate"
	"github.com/nospim/nospim/text"
)

const advert = "Hello there, win free money tonight! Click here and claim your cash prize now: http://x.example/a?u=1"

func TestDisguiseIsRepeatable(t *testing.T) {
	for _, kind := range simulate.DisguiseKinds() {
		seen := map[string]bool{}
		for seed := range uint64(20) {
			a, err := simulate.Disguise(seed, kind, advert)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := simulate.Disguise(seed, kind, advert)
			if a != b {
				t.Errorf("%s, seed %d: %q, then %q", kind, seed, a, b)
			}
			if a == advert || !utf8.ValidString(a) {
				t.Errorf("%s, seed %d: %q", kind, seed, a)
			}
			if hasLink := strings.Contains(a, "http://x.example/a?u=1"); !hasLink && kind != simulate.LinkHiding && kind != simulate.Several {
				t.Errorf("%s changed the link: %q", kind, a)
			}
			seen[a] = true
		}
		if len(seen) < 4 {
			t.Errorf("%s: twenty seeds make %d texts", kind, len(seen))
		}
	}
	var wrong *nospim.InputError
	if _, err := simulate.Disguise(1, "invisible ink", advert); !errors.As(err, &wrong) || wrong.Field != "kind" {
		t.Errorf("an unknown kind: %v", err)
	}
}

// TestDisguisesAreUndone reads disguised texts and counts the words of the original that are found again.
func TestDisguisesAreUndone(t *testing.T) {
	texts := []string{
		advert, "your account is suspended, please verify your password at http://x.example/ today", "hot girls live on webcam, watch me tonight for free at http://x.example/",
		"make easy money from home, no experience needed, write me on telegram", "you have won a guaranteed prize, call now to collect the reward",
	}
	// How many of a hundred words must be read again. What is left of the others is a piece of a word that is a word itself.
	for kind, least := range map[simulate.DisguiseKind]int{
		simulate.LookAlikes: 97, simulate.ZeroWidth: 99, simulate.Leet: 91, simulate.Spacing: 80, simulate.Punctuation: 85, simulate.Accents: 97, simulate.Styled: 97,
	} {
		words, again := 0, 0
		noticed, all := 0, 0
		for _, plain := range texts {
			want := wordsOf(plain)
			for seed := range uint64(50) {
				s, err := simulate.Disguise(seed, kind, plain)
				if err != nil {
					t.Fatal(err)
				}
				var f text.Form
				f.Read(s)
				got := map[string]bool{}
				for i := range f.Tokens {
					got[string(f.Bytes(&f.Tokens[i]))] = true
				}
				for w := range want {
					words++
					if got[w] {
						again++
					}
				}
				all++
				if f.Notice.Any() {
					noticed++
				}
			}
		}
		t.Logf("%-12s %5.1f %% of %d words are read again, %5.1f %% of %d texts are noticed", kind, 100*float64(again)/float64(words), words, 100*float64(noticed)/float64(all), all)
		if again*100 < words*least {
			t.Errorf("%s: %d of %d words are read again, want %d %%", kind, again, words, least)
		}
		if noticed*100 < all*90 {
			t.Errorf("%s: %d of %d texts are noticed, want 90 %%", kind, noticed, all)
		}
	}
}

func wordsOf(s string) map[string]bool {
	var f text.Form
	f.Read(s)
	words := map[string]bool{}
	for i := range f.Tokens {
		words[string(f.Bytes(&f.Tokens[i]))] = true
	}
	return words
}
