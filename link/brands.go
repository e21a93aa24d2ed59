package link

import (
	_ "embed" // the list of brands
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/net/publicsuffix"
)

//go:embed brands.txt
var builtIn string

// Brands are the names that phishers imitate, made for looking up. They may be shared, and never change what they answer.
type Brands struct {
	// words are the brands' words as they are written, looks the same by what they look like, near by what they look like with
	// one letter taken out (so that two words one edit apart meet in the map).
	words map[string]*brandWord
	looks map[string]*brandWord
	near  map[string][]*brandWord
	// owned are the domains of brands and the honest ones that resemble them; countries are words that are owned under every
	// country's suffix.
	owned, countries map[string]bool
	// plain are everyday words near a brand, lures the words that are joined to one, by what they look like.
	plain map[string]bool
	lures map[string]lure
	// long are the words that are still known with several letters changed, by their first letter; heads are the longest ones
	// by their first ten letters.
	long  map[byte][]*brandWord
	heads map[string]*brandWord
	// lately are hosts that were matched lately: a few are in most links. They change no answer.
	lately [512]atomic.Pointer[matched]
}

// matched is what was found of one host.
type matched struct {
	host  string
	match Match
	ok    bool
}

// brandWord is one word of a brand.
type brandWord struct {
	word, look string
	letters    uint32
	// brand is its first domain.
	brand string
	// everyday words count only beside a lure, or with odd letters.
	everyday bool
}

// lure says how much a word speaks for phishing beside a brand.
type lure uint8

const (
	weakLure   lure = iota + 1 // app, support: third parties use it too, so nothing else may stand beside
	strongLure                 // login, gift
)

const (
	weakLures = "app apps shops support help online service services team teams event events promo promotion mod mods moderator moderators academy " +
		"staff employee employees store shop game games trade trades trading market pay payment payments bank banking mail web site portal center " +
		"centre official info news client download update updates server servers community communities partner partners beta test testing status " +
		"alert alerts message messages notice customer care delivery parcel track tracking express post shipping ship invoice order orders billing " +
		"card cards cloud drive docs office my the e i get go now new best top pro plus premium classic boost boosts boosting booster drop drops " +
		"skin skins inventory item items key keys code codes activity activities program form forms application apply exam join invite invites " +
		"profile user users id ids en us uk de fr ru eu com net org gg co tk ml www http https hype squad play player players " +
		"formulary badge badges contest gif gifs gifting api jobs job tournament tournaments cup league vote votes holiday christmas xmas halloween summer winter spring month months year years day days week"
	strongLures = "signup register registration generator login logins signin signon logon sign log auth authenticate authentication authorize verify verified verification verif secure secured security safe " +
		"account accounts password passwort passwd confirm confirmation validate validation unlock recover recovery restore reset gift gifts gifted " +
		"free freebie giveaway giveaways give claim claims reward rewards bonus bonuses prize prizes win winner airdrop airdrops wallet refund refunds " +
		"egift egifts redelivery customs fee fees toll suspended suspension limited locked blocked billing-update sso 2fa otp kyc connect hack"
)

// BuiltIn returns the built-in brands. Making them takes about two milliseconds.
func BuiltIn() *Brands {
	b, err := NewBrands("")
	if err != nil { // a test reads the built-in list, so this does not happen; without brands nothing is an imitation
		return &Brands{}
	}
	return b
}

// NewBrands reads the built-in list and then an operator's own lines of the same form (see brands.txt). The error names the
// line that is wrong.
func NewBrands(own string) (*Brands, error) {
	b := &Brands{
		words: map[string]*brandWord{}, looks: map[string]*brandWord{}, near: map[string][]*brandWord{},
		owned: map[string]bool{}, countries: map[string]bool{}, plain: map[string]bool{}, lures: map[string]lure{},
		long: map[byte][]*brandWord{}, heads: map[string]*brandWord{},
	}
	b.lure(weakLures, weakLure)
	b.lure(strongLures, strongLure)
	for _, list := range []string{builtIn, own} {
		n := 0
		for line := range strings.Lines(list) {
			n++
			if err := b.add(line); err != nil {
				return nil, fmt.Errorf("reading brands, line %d: %w", n, err)
			}
		}
	}
	return b, nil
}

// lure adds lures as they are written and with the letters that are most often changed.
func (b *Brands) lure(words string, l lure) {
	for _, pair := range [...][2]string{{"", ""}, {"i", "l"}, {"i", "1"}, {"o", "0"}, {"l", "i"}, {"e", "3"}} {
		for w := range strings.FieldsSeq(words) {
			if w = replaced(w, pair); pair[0] == "" || b.lures[w] == 0 {
				b.lures[w] = l
			}
		}
	}
}

func replaced(w string, pair [2]string) string {
	if pair[0] == "" {
		return w
	}
	return strings.ReplaceAll(w, pair[0], pair[1])
}

// add reads one line.
func (b *Brands) add(line string) error {
	f := strings.Fields(strings.ToLower(line))
	switch {
	case len(f) == 0 || f[0][0] == '#':
		return nil
	case f[0] == "plain":
		for _, w := range f[1:] {
			b.plain[w] = true
		}
		return nil
	case f[0] == "honest":
		return b.own(f[1:])
	case len(f) < 3:
		return fmt.Errorf("%q has no kind, words and domain", strings.TrimSpace(line))
	}
	for w := range strings.SplitSeq(f[1], ",") {
		w, everyday := strings.CutSuffix(w, "~")
		if len(w) < 2 || len(w) > longestWord || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return fmt.Errorf("word %q is not made of 2 to %d letters and digits", w, longestWord)
		}
		b.addWord(&brandWord{word: w, look: string(appendLook(nil, w)), brand: f[2], everyday: everyday})
	}
	return b.own(f[2:])
}

// longestWord bounds a brand's word, and with it the work of comparing.
const longestWord = 24

// head is how many letters of a word must stand unchanged inside a longer label.
const head = 10

func (b *Brands) addWord(w *brandWord) {
	b.words[w.word] = w
	b.looks[w.look] = w
	if w.letters = letters([]byte(w.look)); len(w.look) >= 7 && !w.everyday {
		b.long[w.look[0]] = append(b.long[w.look[0]], w)
	}
	if len(w.word) >= head && !w.everyday {
		b.heads[w.word[:head]] = w
	}
	if len(w.look) < 5 {
		return
	}
	b.near[w.look] = append(b.near[w.look], w)
	for i := range len(w.look) {
		k := w.look[:i] + w.look[i+1:]
		b.near[k] = append(b.near[k], w)
	}
}

func (b *Brands) own(domains []string) error {
	for _, d := range domains {
		if word, ok := strings.CutSuffix(d, ".*"); ok {
			b.countries[word] = true
			continue
		}
		host, ok := ParseHost(d)
		if !ok || !strings.Contains(host, ".") {
			return fmt.Errorf("%q is no domain", d)
		}
		b.owned[host] = true
	}
	return nil
}

// owns reports whether a host belongs to a brand or is known to be honest. A page on free hosting does not belong to its
// host: what is above the registrable domain is not asked.
func (b *Brands) owns(host, domain, label, suffix string) bool {
	if b.countries[label] && country(suffix) {
		return true
	}
	for h := host; len(h) >= len(domain); {
		if b.owned[h] {
			return true
		}
		_, rest, ok := strings.Cut(h, ".")
		if !ok {
			break
		}
		h = rest
	}
	return b.owned[host]
}

// country reports whether a suffix is a country's, and not one that was given away.
func country(suffix string) bool {
	switch cc := suffix[strings.LastIndexByte(suffix, '.')+1:]; cc {
	case "tk", "ml", "ga", "cf", "gq", "cc", "pw", "ws", "su":
		return false
	default:
		return len(cc) == 2
	}
}

// cut splits a host into the labels left of the registrable domain, the domain's own label, and the public suffix.
func cut(host string) (sub, label, suffix string) {
	suffix, _ = publicsuffix.PublicSuffix(host)
	rest := strings.TrimSuffix(strings.TrimSuffix(host, suffix), ".")
	if i := strings.LastIndexByte(rest, '.'); i >= 0 {
		return rest[:i], rest[i+1:], suffix
	}
	return "", rest, suffix
}
