package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// reference makes the normal form step by step with golang.org/x/text, as slowly as it pleases.
func reference(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(strings.NewReplacer("´", "'", "\u0091", "'", "\u0092", "'").Replace(strings.ToValidUTF8(s, "\ufffd"))) {
		switch r = unicode.ToLower(r); {
		case unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r), unicode.Is(unicode.Variation_Selector, r),
			strings.ContainsRune("\u034f\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5", r):
		case unicode.IsSpace(r), unicode.IsControl(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// honest is what folding may do to an honest text: apostrophes become ASCII, optional Arabic and Hebrew points, stress marks
// and keycaps fall, wi-fi is put together.
func honest(normal string) string {
	var b strings.Builder
	for _, r := range normal {
		switch {
		case strings.ContainsRune("’‘ʼ", r):
			b.WriteByte('\'')
		case r == 0x301, r == 0x20e3:
		default:
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("wi-fi, e-mail, co-op", "wifi, e-mail, co-op").Replace(b.String())
}
