package town

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	alphabet62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	alphabet36 = "abcdefghijklmnopqrstuvwxyz0123456789"
	alphabet16 = "0123456789abcdef"
	alphabet10 = "0123456789"
)

// code is so many characters of an alphabet.
func code(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// slug is words joined by hyphens.
func slug(r *rand.Rand, words int) string {
	parts := make([]string, words)
	for i := range parts {
		parts[i] = pick(r, slugs)
	}
	return strings.Join(parts, "-")
}

// shared is a link that people really share: of a site that they like, or one that many like; to a page that others share, too,
// to an album or a document with a code of its own, or to an invitation that is the recipient's alone.
func (a *actor) shared(r *rand.Rand) string {
	site := sites[min(int(r.ExpFloat64()*12), len(sites)-1)]
	if r.IntN(3) > 0 && len(a.sites) > 0 {
		site = pick(r, a.sites)
	}
	switch r.IntN(10) {
	case 0:
		return "https://" + site + "/a/" + code(r, alphabet62, 22)
	case 1:
		return "https://" + site + "/watch?v=" + code(r, alphabet62, 11)
	case 2:
		return "https://" + site + "/d/" + code(r, alphabet62, 33) + "/edit?usp=sharing"
	case 3:
		return "https://" + site + "/i/" + slug(r, 2) + "?invite=" + code(r, alphabet36, 10)
	case 4:
		return "https://" + site + "/?q=" + fmt.Sprintf("%.4f,%.4f", 40+12*r.Float64(), 5+10*r.Float64())
	case 5:
		return site + "/" + slug(r, 2)
	case 6:
		return "https://" + site + "/p/" + code(r, alphabet36, 6)
	default:
		return "https://" + site + "/2026/03/" + slug(r, 3) + pick(r, []string{"", "", ".html", "?utm_source=share"})
	}
}
