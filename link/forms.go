package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
)

// A link has three forms. The sealed one is the link exactly as it was written: a click on it, and a report that contains it,
// confirms the recipient to the sender, so few may see it. The two others are made here; none of them can be clicked.

// tokenBits is from how many bits on a slot is hidden when nothing else is known: over-hiding costs nothing.
const tokenBits = 24

// Tracker reports whether a slot of one link alone is to be hidden: long enough to be a token, or a parameter that is known
// to track.
func Tracker(s Slot) bool {
	name := s.Name[strings.LastIndexByte(s.Name, '>')+1:]
	if key, ok := strings.CutPrefix(name, "query:"); ok && tracks(strings.ToLower(key)) {
		return true
	}
	return name == "user" || s.Bits() >= tokenBits && !everydaySlot(s.Value)
}

// tracks knows the parameters of mailers and advertisers, from their own public documents.
func tracks(key string) bool {
	switch key {
	case "gclid", "dclid", "wbraid", "gbraid", "gclsrc", "fbclid", "msclkid", "yclid", "ysclid", "twclid", "ttclid", "igshid", "igsh", "mc_eid", "mc_cid", "mkt_tok",
		"oly_enc_id", "oly_anon_id", "vero_id", "vero_conv", "_hsenc", "_hsmi", "hsctatracking", "s_cid", "wickedid", "rb_clickid", "ml_subscriber", "ml_subscriber_hash",
		"li_fat_id", "epik", "irclickid", "clickid", "click_id", "subid", "sub_id", "aff_id", "affid", "_openstat", "trk", "trkcampaign", "ck_subscriber_id",
		"uid", "userid", "user_id", "email", "e-mail", "mail", "recipient", "rcpt", "token", "tracking", "trackid", "track_id", "cid", "rid", "sid", "eid", "mid", "lid":
		return true
	}
	return strings.HasPrefix(key, "utm_") || strings.HasPrefix(key, "pk_") || strings.HasPrefix(key, "mtm_") || strings.HasPrefix(key, "hsa_")
}

// everydaySlot reports whether a value is what links of every site have, and so tells nobody apart.
func everydaySlot(v string) bool {
	switch strings.ToLower(v) {
	case "www", "index", "login", "html", "index.html", "watch", "search", "video", "videos", "album", "pictures", "profile", "account", "verify", "secure", "english":
		return true
	}
	return false
}

// Hide returns a function for [Parts.Case] and [Parts.Share] that hides what varies in a campaign and what [Tracker] hides.
func Hide(varying map[string]bool) func(Slot) bool {
	return func(s Slot) bool { return varying[s.Name] || Tracker(s) }
}

// Share is the form for everybody: it cannot be clicked, parameters are in the order of their names, and each slot that hide
// names is {t}. The links of two recipients that differ in hidden slots only are the same bytes.
func (p Parts) Share(hide func(Slot) bool) string {
	return p.show("", hide, func(Slot) string { return "{t}" })
}

// Case is the form for evidence: like Share, but a hidden slot says its alphabet and length and carries a label, so that two
// links can be seen to have the same token without showing it: the first five characters of base32 of HMAC-SHA256 under the
// case's key (at least 16 bytes) over slot and value.
func (p Parts) Case(key []byte, hide func(Slot) bool) (string, error) {
	if len(key) < 16 {
		return "", fmt.Errorf("labelling a link: the case key has %d bytes, at least 16 are needed", len(key))
	}
	return p.show("", hide, func(s Slot) string {
		name, n := alphabet(s.Value)
		return fmt.Sprintf("{t:%sx%d#%s}", name, n, tokenLabel(key, s))
	}), nil
}

func tokenLabel(key []byte, s Slot) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(s.Name))
	mac.Write([]byte{0})
	mac.Write([]byte(s.Value))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil))[:5])
}

// show writes the link made harmless. Prefix is the name of the slot that carries it, with >.
func (p Parts) show(prefix string, hide func(Slot) bool, token func(Slot) string) string {
	return Defang(p.sorted(func(s Slot) string {
		s.Name = prefix + s.Name
		switch {
		case s.Nested != nil:
			return "{" + s.Nested.show(s.Name+">", hide, token) + "}"
		case hide(s):
			return token(s)
		}
		return s.Value
	}))
}

// sorted writes the link with its parameters in the order of their names: an order of its own for each recipient is a code too.
func (p Parts) sorted(value func(Slot) string) string {
	var b, end strings.Builder
	var params []string
	for _, c := range p.pieces {
		text := p.text(c, value)
		switch {
		case c.param == between:
		case c.param > len(params):
			params = append(params, text)
		case c.param > 0:
			params[len(params)-1] += text
		case len(params) > 0:
			end.WriteString(text)
		default:
			b.WriteString(text)
		}
	}
	slices.Sort(params)
	return b.String() + strings.Join(params, "&") + end.String()
}
