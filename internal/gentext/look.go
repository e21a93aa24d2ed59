package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// languages are those that write Latin letters with accents, and which. A text whose accents no one language has is disguised.
var languages = []string{
	"äöüß",              // German
	"àâæçéèêëîïôœùûüÿ",  // French
	"áéíñóúü",           // Spanish
	"àèéìíîòóùú",        // Italian
	"áâãàçéêíóôõúü",     // Portuguese
	"ąćęłńóśźż",         // Polish
	"áčďéěíňóřšťúůýž",   // Czech
	"áäčďéíĺľňóôŕšťúýž", // Slovak
	"áéíóöőúüű",         // Hungarian
	"ăâîșşțţ",           // Romanian
	"çğıöşüâîû",         // Turkish
	"åäöæøéü",           // Swedish, Norwegian, Danish, Finnish
	"áàâéèêëíïóôöúüij",  // Dutch
	"áðéíóúýþæö",        // Icelandic, Faroese
	"äöõüšž",            // Estonian
	"āčēģīķļņšūž",       // Latvian
	"ąčęėįšųūž",         // Lithuanian
	"čćđšž",             // Croatian, Serbian, Bosnian, Slovene
	"ëç",                // Albanian
	"àçèéíïòóúü",        // Catalan
	"áéíóú",             // Irish
	"áâéêëíîïóôöúûŵŷẃẁàèìòù", // Welsh
	"ĉĝĥĵŝŭ",  // Esperanto
	"əğıöşüç", // Azerbaijani
	"āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹ", // Pinyin
	"àáâãèéêìíòóôõùúăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹý", // Vietnamese
	"áéẹíóọṣúàèìòùńǹḿ", // Yoruba
	"ċġħż",             // Maltese
	"āēīōū",            // Māori, Hawaiian
}

// accents gives each accented letter the set of languages that write it, one bit each.
var accents = func() map[rune]uint32 {
	m := map[rune]uint32{}
	for i, letters := range languages {
		for _, r := range letters {
			if r >= 0x80 && bare(r) != "" {
				m[r] |= 1 << i
			}
		}
	}
	return m
}()

// bare returns the letter under an accent, "" when there is none.
func bare(r rune) string {
	if b, ok := stroked[r]; ok {
		return b
	}
	d := []rune(norm.NFD.String(string(r)))
	if len(d) > 1 && d[0] < 0x80 && unicode.IsLetter(d[0]) {
		return string(unicode.ToLower(d[0]))
	}
	return ""
}

// stroked are the letters whose accent is part of them, so that Unicode does not take them apart.
var stroked = map[rune]string{
	'ø': "o", 'ł': "l", 'đ': "d", 'ħ': "h", 'ŧ': "t", 'ƀ': "b", 'ɨ': "i", 'ʉ': "u", 'ƶ': "z", 'ǥ': "g", 'ɍ': "r", 'ȼ': "c", 'ɇ': "e",
	'ɏ': "y", 'ı': "i", 'ⱥ': "a", 'ⱦ': "t", 'ƈ': "c", 'ƙ': "k", 'ƥ': "p", 'ƭ': "t", 'ƴ': "y", 'ɓ': "b", 'ɗ': "d", 'ɠ': "g", 'ɦ': "h",
}

// smallCaps are letters of styled alphabets that NFKC leaves alone.
var smallCaps = func() map[rune]byte {
	m := map[rune]byte{}
	for i, r := range []rune("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡ\x00ʏᴢ") {
		m[r] = byte('a' + i)
	}
	for i := range rune(26) { // white letters on black circles and squares, and those that make flags
		m[0x1f150+i], m[0x1f170+i], m[0x1f1e6+i] = byte('a'+i), byte('a'+i), byte('a'+i)
	}
	delete(m, 0)
	m['ǫ'], m['ᴌ'], m['ᴙ'], m['ᴎ'] = 'q', 'l', 'r', 'n'
	return m
}()

// manual are look-alikes that Unicode's table leaves out because the letters are alike only as capitals or only to readers in a
// hurry. They count inside a word that mixes scripts, nowhere else.
var manual = map[rune]string{
	'в': "b", 'н': "h", 'т': "t", 'м': "m", 'к': "k", 'г': "r", 'п': "n", 'и': "n", 'я': "r", 'ь': "b", 'ъ': "b", 'з': "e", 'э': "e",
	'ш': "w", 'щ': "w", 'ц': "u", 'ч': "y", 'л': "n", 'д': "a", 'б': "b", 'ё': "e", 'й': "n", 'ж': "x", 'ф': "o", 'ю': "io", 'ы': "bi",
	'є': "e", 'ї': "i", 'ґ': "r", 'ў': "y", 'ћ': "h", 'ђ': "h", 'џ': "u", 'љ': "jb", 'њ': "hb", 'ӏ': "l", 'ѐ': "e", 'ѝ': "n", 'ќ': "k", 'ѓ': "r",
	'α': "a", 'β': "b", 'γ': "y", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "n", 'θ': "o", 'ι': "i", 'κ': "k", 'λ': "a", 'μ': "u", 'ν': "v", 'ξ': "e",
	'π': "n", 'ρ': "p", 'σ': "o", 'ς': "s", 'τ': "t", 'υ': "u", 'φ': "o", 'χ': "x", 'ψ': "w", 'ω': "w", 'ɴ': "n", 'ɑ': "a", 'ɡ': "g",
}

// alike are the Cyrillic and Greek letters that a reader takes for Latin ones in at least one of their cases, as lower case.
const alike = "авекмнорстухіјѕһԁԛԝӏгӕ" + "αβεηικνορτυχζγ"

// cyrillicFor gives the Cyrillic letter that another letter, a digit or a sign stands for in a Cyrillic word.
var cyrillicFor = map[rune]rune{
	'a': 'а', 'b': 'в', 'c': 'с', 'e': 'е', 'h': 'н', 'i': 'і', 'j': 'ј', 'k': 'к', 'm': 'м', 'n': 'п', 'o': 'о', 'p': 'р', 'r': 'г', 's': 'ѕ',
	't': 'т', 'u': 'и', 'w': 'ш', 'x': 'х', 'y': 'у', 'α': 'а', 'β': 'в', 'γ': 'у', 'ε': 'е', 'κ': 'к', 'μ': 'м', 'ο': 'о', 'π': 'п', 'ρ': 'р', 'τ': 'т',
	'χ': 'х', 'φ': 'ф', 'λ': 'л', 'δ': 'д', 'ᴀ': 'а', 'ʙ': 'в', 'ᴄ': 'с', 'ᴅ': 'д', 'ᴇ': 'е', 'ʜ': 'н', 'ᴋ': 'к', 'ᴍ': 'м', 'ʍ': 'м', 'ᴏ': 'о', 'ᴘ': 'р',
	'ᴛ': 'т', 'ᴜ': 'и', 'ʏ': 'у', 'ᴦ': 'г', 'ᴧ': 'л', 'ᴫ': 'л', 'ᴨ': 'п', 'ᴩ': 'р', 'ɜ': 'з', 'ᴎ': 'и', 'ᴙ': 'я', 'ɯ': 'ш', 'ɸ': 'ф', 'ĸ': 'к', 'ꮶ': 'к', 'ꮋ': 'н',
	'ꮇ': 'м', 'ꭲ': 'т', 'ꮯ': 'с', 'ꮲ': 'р', 'ꭺ': 'а', 'ꭼ': 'е', '@': 'а', '0': 'о', '3': 'з', '4': 'ч', '6': 'б',
}

// confusables reads Unicode's table: a character and what it looks like.
func confusables(file string) (map[rune]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	m := map[rune]string{}
	s := bufio.NewScanner(f)
	for line := 1; s.Scan(); line++ {
		from, to, ok := strings.Cut(s.Text(), "\t")
		if strings.HasPrefix(from, "#") || !ok {
			continue
		}
		r, err := strconv.ParseUint(from, 16, 32)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, line, err)
		}
		var look []rune
		for hex := range strings.FieldsSeq(to) {
			c, err := strconv.ParseUint(hex, 16, 32)
			if err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", file, line, err)
			}
			look = append(look, rune(c))
		}
		m[rune(r)] = string(look)
	}
	return m, s.Err()
}

// look returns the one to three ASCII letters that a letter looks like, "" when it looks like none. r is as NFKC and lower case
// leave it.
func look(r rune, table map[rune]string) string {
	if s := manual[r]; s != "" {
		return s
	}
	if b := smallCaps[r]; b != 0 {
		return string(rune(b))
	}
	if s := bare(r); s != "" {
		return s
	}
	for _, c := range []rune{r, unicode.ToUpper(r), unicode.ToTitle(r)} {
		if s := ascii(table[c]); s != "" {
			return s
		}
	}
	return ""
}

// ascii reduces a skeleton to plain lower case letters, "" when something else is left.
func ascii(skeleton string) string {
	var out []byte
	for _, r := range norm.NFKD.String(skeleton) {
		r = unicode.ToLower(r)
		switch {
		case unicode.IsMark(r):
		case r < 0x80 && unicode.IsLetter(r):
			out = append(out, byte(r))
		case smallCaps[r] != 0:
			out = append(out, smallCaps[r])
		case bare(r) != "":
			out = append(out, bare(r)...)
		case manual[r] != "":
			out = append(out, manual[r]...)
		default:
			return ""
		}
	}
	if len(out) > 3 {
		return ""
	}
	return string(out)
}
