package main

import (
	"slices"
	"unicode"
)

// classes are what a character is to room text, in the order of their values there.
var classes = []struct{ name, about string }{
	{"cSign", "a sign: neither letter, digit nor space"},
	{"cSpace", "white space and control characters"},
	{"cHidden", "shown as nothing: zero width, fillers"},
	{"cJoiner", "ZWJ and ZWNJ, which some scripts and emoji need"},
	{"cHyphen", "the soft hyphen"},
	{"cSelector", "variation selectors"},
	{"cBidi", "marks, embeddings and isolates of direction"},
	{"cOverride", "overrides of direction"},
	{"cTag", "tag characters"},
	{"cMark", "a combining mark that belongs to no script"},
	{"cPoint", "Arabic and Hebrew points, which are optional"},
	{"cScriptMark", "a mark that the script's spelling needs"},
	{"cApostrophe", "an apostrophe"},
	{"cLeet", "a sign that stands for a letter in leet"},
	{"cCurrency", "a currency sign"},
	{"cEmoji", "a pictograph"},
	{"cFlag", "a regional indicator: a letter in a square, two make a flag"},
	{"cDigit", "a decimal digit"},
	{"cLatin", "a Latin letter"},
	{"cAccent", "a Latin letter with an accent"},
	{"cSmall", "a small capital or another letter of a styled Latin alphabet that NFKC leaves alone"},
	{"cCyrillic", "a Cyrillic letter"},
	{"cGreek", "a Greek letter"},
	{"cExotic", "a letter of another alphabet that has look-alikes of Latin ones"},
	{"cHan", "a Han character"},
	{"cHiragana", "a Hiragana letter"},
	{"cKatakana", "a Katakana letter"},
	{"cHangul", "a Hangul syllable or letter"},
	{"cArabic", "an Arabic letter"},
	{"cHebrew", "a Hebrew letter"},
	{"cLetter", "a letter of any other script"},
}

func class(name string) uint32 {
	return uint32(slices.IndexFunc(classes, func(c struct{ name, about string }) bool { return c.name == name }))
}

// exotic are the scripts whose letters pass for Latin ones.
var exotic = []string{
	"Armenian", "Cherokee", "Coptic", "Lisu", "Deseret", "Canadian_Aboriginal", "Tifinagh", "Osage", "Warang_Citi", "Old_Italic",
	"Carian", "Lycian", "Lydian", "Gothic", "Runic", "Glagolitic", "Miao", "Elbasan", "Caucasian_Albanian", "Vai", "Bamum", "Nko",
}

// classOf says what a character is, as NFKC leaves it.
func classOf(r rune) string {
	switch {
	case r == 0x91 || r == 0x92: // Windows-1252 read as Latin-1
		return "cApostrophe"
	case unicode.IsSpace(r) || unicode.IsControl(r):
		return "cSpace"
	case r == 0x200c || r == 0x200d:
		return "cJoiner"
	case r == 0xad:
		return "cHyphen"
	case r == 0x202d || r == 0x202e:
		return "cOverride"
	case unicode.Is(unicode.Bidi_Control, r):
		return "cBidi"
	case r >= 0xe0000 && r <= 0xe007f:
		return "cTag"
	case unicode.Is(unicode.Variation_Selector, r):
		return "cSelector"
	case unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r), filler(r):
		return "cHidden"
	case unicode.IsMark(r):
		return markClass(r)
	case unicode.IsLetter(r):
		return letterClass(r)
	case unicode.IsDigit(r):
		return "cDigit"
	}
	return signClass(r)
}

// filler reports whether a letter or sign is there to be seen as nothing.
func filler(r rune) bool {
	return r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 || r == 0x34f || r == 0x2800 || r == 0x17b4 || r == 0x17b5
}

// markClass tells the marks that can be piled on anything from those that belong to a script.
func markClass(r rune) string {
	switch {
	case r >= 0x300 && r < 0x370, r >= 0x483 && r < 0x48a, r >= 0x1ab0 && r < 0x1b00, r >= 0x1dc0 && r < 0x1e00, r >= 0x20d0 && r < 0x2100,
		r >= 0x2de0 && r < 0x2e00, r >= 0xa66f && r < 0xa680, r >= 0xfe20 && r < 0xfe30:
		return "cMark"
	case r >= 0x591 && r < 0x5c8, r >= 0x610 && r < 0x61b, r >= 0x64b && r < 0x660, r == 0x670, r >= 0x6d6 && r < 0x6ee, r >= 0x8d3 && r < 0x900:
		return "cPoint"
	}
	return "cScriptMark"
}

func letterClass(r rune) string {
	switch {
	case unicode.Is(unicode.Latin, r):
		return latinClass(r)
	case unicode.Is(unicode.Cyrillic, r):
		return "cCyrillic"
	case unicode.Is(unicode.Greek, r):
		return "cGreek"
	case unicode.Is(unicode.Han, r):
		return "cHan"
	case unicode.Is(unicode.Hiragana, r):
		return "cHiragana"
	case unicode.Is(unicode.Katakana, r) || r == 'ー':
		return "cKatakana"
	case unicode.Is(unicode.Hangul, r):
		return "cHangul"
	case unicode.Is(unicode.Arabic, r):
		return "cArabic"
	case unicode.Is(unicode.Hebrew, r):
		return "cHebrew"
	}
	for _, name := range exotic {
		if unicode.Is(unicode.Scripts[name], r) {
			return "cExotic"
		}
	}
	if unicode.Is(unicode.Lm, r) && unicode.Is(unicode.Common, r) && !slices.Contains([]rune("々〆"), r) {
		return "cSign" // modifier letters such as ˈ and ˑ
	}
	return "cLetter"
}

// latinClass tells plain letters from accented ones, styled ones, and the strange ones of phonetics.
func latinClass(r rune) string {
	if r < 0x80 {
		return "cLatin"
	}
	if _, ok := accents[r]; ok || bare(r) != "" {
		return "cAccent"
	}
	switch {
	case smallCaps[r] != 0:
		return "cSmall"
	case r < 0x180 || slices.Contains([]rune("əǝ"), r):
		return "cLatin" // ß, æ, ð, þ, ŋ: letters of their own
	case r < 0x250 || r >= 0x1e00 && r < 0x1f00:
		return "cLatin"
	}
	return "cExotic"
}

func signClass(r rune) string {
	switch {
	case slices.Contains([]rune("'’‘ʼ`´ʻ′"), r):
		return "cApostrophe"
	case slices.Contains([]rune("@$!|€£"), r):
		return "cLeet"
	case unicode.Is(unicode.Sc, r):
		return "cCurrency"
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		return "cFlag"
	case r >= 0x1f150 && r <= 0x1f169, r >= 0x1f170 && r <= 0x1f189:
		return "cSmall" // white letters on black circles and squares
	case r >= 0x1f000 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf, r >= 0x2300 && r <= 0x23ff, r >= 0x2b00 && r <= 0x2bff,
		r >= 0x2190 && r <= 0x21ff, r == 0x203c, r == 0x2049, r == 0x20e3, r == 0xfffc:
		return "cEmoji"
	}
	return "cSign"
}
