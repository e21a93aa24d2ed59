package detect

import (
	"strings"
	"unicode/utf8"
)

// LocalPart returns what stands before the server in the id of an account: ada of ada@chat.example and of @ada:chat.example.
func LocalPart(id string) string {
	id = strings.TrimPrefix(id, "@")
	if i := strings.IndexAny(id, "@:"); i >= 0 {
		id = id[:i]
	}
	return id
}

// Scrambled reports whether hardly anybody thinks of such a local name: a letter follows a digit, or five consonants each other, as
// in x7k2m9qd. One of thirty people does. An h after a consonant is no sound of its own: faridschmid has four.
func Scrambled(name string) bool {
	consonants, digit := 0, false
	for i := range len(name) {
		c := name[i] | 0x20
		foreign := name[i] >= utf8.RuneSelf
		letter := foreign || c >= 'a' && c <= 'z'
		switch {
		case !letter || foreign || strings.IndexByte("aeiouy", c) >= 0:
			consonants = 0
		case c != 'h' || consonants == 0:
			consonants++
		}
		if digit && letter || consonants == 5 {
			return true
		}
		digit = name[i] >= '0' && name[i] <= '9'
	}
	return false
}
