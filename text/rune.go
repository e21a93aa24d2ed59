package text

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// The bits of an entry of the table of characters; internal/gentext/fold.go has the same.
const (
	bitStyled = 1 << (8 + iota) // another form of an ASCII letter or digit
	bitWide                     // full width: honest beside Chinese, Japanese and Korean
	bitMulti                    // reads as more than one character
	bitBack                     // may join or change places with what stands before it
	bitJoin                     // may become one character with what stands before it
	bitAlike                    // a Cyrillic or Greek letter that passes for a Latin one
	bitOther                    // its normal form is another character
)

// entry is what the table says of a character: mapping<<16 | bits | class.
type entry uint32

func (e entry) class() uint32 { return uint32(e & 0xff) }

// lookup returns the entry of a character.
func lookup(r rune) entry {
	i := uint32(r) >> 7
	if i >= uint32(len(runeIndex)) {
		i = uint32(len(runeIndex)) - 1
	}
	return entry(runeBlocks[uint32(runeIndex[i])<<7|uint32(r)&0x7f])
}

// normal returns what a character reads as under NFKC and lower case; "" when it stays as it is.
func (e entry) normal() string {
	m := runeMaps[e>>16]
	at := m >> 8
	return runeBytes[at : at+m>>2&0x3f]
}

// look returns the ASCII letters that a letter looks like; "" when it looks like none.
func (e entry) look() string {
	m := runeMaps[e>>16]
	at := m>>8 + m>>2&0x3f
	return runeBytes[at : at+m&3]
}

// join returns the character that two become (UAX #15 and, for Hangul, chapter 3.12 of the Unicode standard); 0 when they stay two.
func join(a, b rune) rune {
	const syllables, leading, vowels, trailing = 0xac00, 0x1100, 0x1161, 0x11a7
	switch {
	case a >= leading && a < leading+19 && b >= vowels && b < vowels+21:
		return syllables + ((a-leading)*21+b-vowels)*28
	case a >= syllables && a < syllables+19*21*28 && (a-syllables)%28 == 0 && b > trailing && b < trailing+28:
		return a + b - trailing
	}
	i, ok := slices.BinarySearchFunc(runePairs[:], [2]rune{a, b}, func(p [3]rune, key [2]rune) int {
		return cmp.Or(cmp.Compare(p[0], key[0]), cmp.Compare(p[1], key[1]))
	})
	if !ok {
		return 0
	}
	return runePairs[i][2]
}

// ascii has the class of the ASCII characters; others that are not looked up stand for themselves.
var ascii = func() (t [utf8.RuneSelf]uint8) {
	for r := range t {
		t[r] = uint8(lookup(rune(r)).class())
	}
	return t
}()

// group says which classes make words together: a word ends where the group changes. 0 is outside words.
var group = [...]uint8{
	cLeet: 1, cApostrophe: 1, cDigit: 1, cLatin: 1, cAccent: 1, cSmall: 1, cFlag: 1, cCyrillic: 1, cGreek: 1, cExotic: 1,
	cHan: 2, cHiragana: 2, cKatakana: 2, cHangul: 3, cArabic: 4, cHebrew: 5, cLetter: 6,
}

const alphabetic = 1

// country reports whether two letters make a flag: the regions of ISO 3166-1, and those that Unicode added.
func country(a, b byte) bool {
	const all = "acadaeafagaialamaoaqarasatauawaxazbabbbdbebfbgbhbibjblbmbnbobqbrbsbtbvbwbybzcacccdcfcgchcickclcmcncocpcrcucvcwcxcyczdedg" +
		"djdkdmdodzeaeceeegehereseteufifjfkfmfofrgagbgdgegfggghgiglgmgngpgqgrgsgtgugwgyhkhmhnhrhthuicidieiliminioiqirisitjejmjojp" +
		"kekgkhkikmknkpkrkwkykzlalblclilklrlsltlulvlymamcmdmemfmgmhmkmlmmmnmompmqmrmsmtmumvmwmxmymznancnenfngninlnonpnrnunzompape" +
		"pfpgphpkplpmpnprpsptpwpyqarerorsrurwsasbscsdsesgshsisjskslsmsnsosrssstsvsxsysztatctdtftgthtjtktltmtntotrtttvtwtzuaugumun" +
		"usuyuzvavcvevgvivnvuwfwsxkyeytzazmzw"
	for i := 0; i+1 < len(all); i += 2 {
		if all[i] == a && all[i+1] == b {
			return true
		}
	}
	return false
}
