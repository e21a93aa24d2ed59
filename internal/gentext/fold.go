package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bits of an entry; text/rune.go has the same.
const (
	bitStyled = 1 << (8 + iota) // another form of an ASCII letter or digit
	bitWide                     // full width: honest beside Chinese, Japanese and Korean
	bitMulti                    // reads as more than one character
	bitBack                     // may join or change places with what stands before it: NFKC must see both
	bitJoin                     // may become one character with what stands before it
	bitAlike                    // a Cyrillic or Greek letter that passes for a Latin one
	bitOther                    // its normal form is another character
)

const blockBits = 7

// folding collects the mappings of characters: their bytes in one string, and where each lies.
type folding struct {
	table  map[rune]string
	joins  map[rune]bool
	bytes  strings.Builder
	places map[string]uint32
	maps   []uint32 // offset<<8 | length of the normal form<<2 | length of the look
	langs  []uint32 // by mapping: the languages that write an accented letter
}

// foldTable makes the two-stage table of characters.
func foldTable(file string) ([]byte, error) {
	table, err := confusables(file)
	if err != nil {
		return nil, err
	}
	f := &folding{table: table, joins: joining(), places: map[string]uint32{}, maps: []uint32{0}, langs: []uint32{0}}
	var index []uint16
	var blocks []uint32
	seen := map[[1 << blockBits]uint32]uint16{}
	for first := rune(0); first <= unicode.MaxRune; first += 1 << blockBits {
		var block [1 << blockBits]uint32
		for i := range block {
			block[i] = f.entry(first + rune(i))
		}
		n, ok := seen[block]
		if !ok {
			n = uint16(len(seen))
			seen[block] = n
			blocks = append(blocks, block[:]...)
		}
		index = append(index, n)
	}
	if len(f.maps) > 1<<16 {
		return nil, errors.New("more mappings than 16 bits can number")
	}
	for len(index) > 1 && index[len(index)-1] == index[len(index)-2] {
		index = index[:len(index)-1] // the planes of nothing at the end
	}
	var b bytes.Buffer
	header(&b, "Unicode "+unicode.Version+", confusables 14.0")
	b.WriteString("// What a character is.\nconst (\n")
	for i, c := range classes {
		fmt.Fprintf(&b, "\t%s = %d // %s\n", c.name, i, c.about)
	}
	b.WriteString(")\n\n")
	array(&b, "runeIndex", "uint16", "has the number of the block of 128 characters in runeBlocks; the rest is like the last.", index)
	array(&b, "runeBlocks", "uint32", "has the entries, block by block: mapping<<16 | bits<<8 | class.", blocks)
	array(&b, "runeMaps", "uint32", "has where in runeBytes a mapping lies: offset<<8 | length of the normal form<<2 | length of the look.", f.maps)
	array(&b, "accentLangs", "uint32", "has the languages that write the accented letter of a mapping, one bit each.", f.langs)
	fmt.Fprintf(&b, "// runeBytes has for each mapping the normal form, when it is another, and the ASCII letters that the letter looks like.\nconst runeBytes = %+q\n\n", f.bytes.String())
	writePairs(&b)
	writeCyrillic(&b)
	return b.Bytes(), nil
}

// writePairs writes which two characters become one, Hangul aside, which is arithmetic. Only what lower case leaves can occur.
func writePairs(b *bytes.Buffer) {
	var pairs [][3]rune
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		d := []rune(norm.NFD.String(string(r)))
		n := len(d) - 1
		if n < 1 || unicode.ToLower(r) != r || r >= 0xac00 && r <= 0xd7a3 || norm.NFKC.String(string(d)) != string(r) {
			continue
		}
		if first := []rune(norm.NFC.String(string(d[:n]))); len(first) == 1 {
			pairs = append(pairs, [3]rune{first[0], d[n], r})
		}
	}
	slices.SortFunc(pairs, func(a, b [3]rune) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	b.WriteString("// runePairs has two characters and the one that they become, in order.\nvar runePairs = [...][3]rune{\n")
	for _, p := range pairs {
		fmt.Fprintf(b, "{%#x, %#x, %#x},\n", p[0], p[1], p[2])
	}
	b.WriteString("}\n\n")
}

// writeCyrillic writes what stands for a Cyrillic letter.
func writeCyrillic(b *bytes.Buffer) {
	b.WriteString("// cyrillicFor returns the Cyrillic letter that another letter or a digit stands for in a Cyrillic word, 0 for none.\nfunc cyrillicFor(r rune) rune {\n\tswitch r {\n")
	for _, from := range slices.Sorted(maps.Keys(cyrillicFor)) {
		fmt.Fprintf(b, "\tcase %q:\n\t\treturn %q\n", from, cyrillicFor[from])
	}
	b.WriteString("\t}\n\treturn 0\n}\n")
}

// passes reports whether Unicode's own table has a plain Latin letter for a letter or its capital.
func (f *folding) passes(r rune) bool {
	if r == 'μ' { // in units it is itself
		return false
	}
	for _, c := range []rune{r, unicode.ToUpper(r)} {
		d := []rune(norm.NFD.String(f.table[c]))
		if len(d) > 0 && d[0] < 0x80 && unicode.IsLetter(d[0]) && (len(d) == 1 || unicode.IsMark(d[1])) {
			return true
		}
	}
	return false
}

// joining are the characters that become one with a letter before them.
func joining() map[rune]bool {
	m := map[rune]bool{}
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		d := []rune(norm.NFD.String(string(r)))
		if len(d) > 1 && norm.NFC.String(string(d)) == string(r) {
			for _, c := range d[1:] {
				m[c] = true
			}
		}
	}
	return m
}

// entry makes the entry of a character.
func (f *folding) entry(r rune) uint32 {
	if !utf8.ValidRune(r) {
		return class("cSign")
	}
	c := classOf(r)
	switch {
	case c == "cHidden":
		return class(c)
	case c == "cApostrophe" && r > 0x7f && r < 0x250: // ´ is a space with an accent to NFKC
		return class(c) | bitOther | f.mapping("'", "", 0)
	}
	form := lower(norm.NFKC.String(string(r)))
	runes := []rune(form)
	e := uint32(0)
	switch {
	case len(runes) != 1:
		return class(c) | bitMulti | f.mapping(form, "", 0)
	case unicode.IsSpace(runes[0]) || unicode.IsControl(runes[0]):
		return class("cSpace")
	}
	if c != "cApostrophe" {
		c = classOf(runes[0])
	}
	if runes[0] < 0x80 && r >= 0x80 && !strings.EqualFold(string(r), form) && (unicode.IsLetter(runes[0]) || unicode.IsDigit(runes[0])) {
		e |= bitStyled
		if r >= 0xff00 && r <= 0xffef {
			e |= bitWide
		}
	}
	if c == "cSmall" {
		e |= bitStyled
	}
	if !norm.NFKC.PropertiesString(string(r)).BoundaryBefore() || !norm.NFKC.PropertiesString(form).BoundaryBefore() {
		e |= bitBack
	}
	if f.joins[r] || f.joins[runes[0]] {
		e |= bitJoin
	}
	if strings.ContainsRune(alike, runes[0]) || (c == "cCyrillic" || c == "cGreek") && f.passes(runes[0]) {
		e |= bitAlike
	}
	if form == string(r) {
		form = ""
	} else {
		e |= bitOther
	}
	like := ""
	if runes[0] >= 0x80 && unicode.IsLetter(runes[0]) || c == "cSmall" || c == "cFlag" {
		like = look(runes[0], f.table)
	}
	return class(c) | e | f.mapping(form, like, accents[runes[0]])
}

// lower is what unicode.ToLower makes of each character.
func lower(s string) string { return strings.Map(unicode.ToLower, s) }

// mapping returns the number of a mapping, shifted to its place in an entry.
func (f *folding) mapping(form, like string, langs uint32) uint32 {
	if form == "" && like == "" {
		return 0
	}
	key := fmt.Sprintf("%s\x00%s\x00%d", form, like, langs)
	n, ok := f.places[key]
	if !ok {
		n = uint32(len(f.maps))
		f.places[key] = n
		f.maps = append(f.maps, uint32(f.bytes.Len())<<8|uint32(len(form))<<2|uint32(len(like)))
		f.langs = append(f.langs, langs)
		f.bytes.WriteString(form + like)
	}
	return n << 16
}
