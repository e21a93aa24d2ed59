package text

import (
	"unicode"

	"github.com/abadojack/whatlanggo"
)

// leastLetters is how many letters a guess of the language needs to be worth something.
const leastLetters = 20

// Language guesses the language of a text as an ISO 639-1 code, "" when it is anybody's guess: fewer than 20 letters, or Latin
// ones that no language claims clearly; in other scripts the nearest language is named. It is for people who look at a message, not for the path of one: it takes a few hundred
// microseconds and makes garbage. [Shape] has the scripts for nothing.
//
// The library is whatlanggo (MIT, 400 kB of trigrams). It has not changed for years, and need not: lingua-go guesses short texts
// better and carries a hundred megabytes for it.
func Language(s string) string {
	var f Form
	f.Read(s)
	if f.Letters < leastLetters {
		return ""
	}
	guess := whatlanggo.Detect(string(f.Normal))
	if guess.Script == unicode.Latin && !guess.IsReliable() {
		return ""
	}
	return guess.Lang.Iso6391()
}
