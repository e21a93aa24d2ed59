package link

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what mailers put into links; nothing is protected by it
	"crypto/sha1" //nolint:gosec // the same
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"strconv"
	"strings"
	"unicode/utf8"
)

// IdentityIn reports whether a slot of a link encodes an account: such a slot is a tracking code, proven with one message.
// Account is an address as events have it (ada@chat.example, @ada:chat.example, ada31). Slot is the slot's name and how says
// in which way: the words plain, reversed, hex, base64, base32, md5, sha1, sha256 or crc32, what was undone first before
// what was undone next, with "local" behind when only the part before the @ is there.
func IdentityIn(link, account string) (slot, how string, ok bool) {
	who, ok := newIdentity(account)
	if !ok {
		return "", "", false
	}
	p, ok := Split(link)
	if !ok {
		return "", "", false
	}
	for _, s := range append(p.All(), segments(link)...) {
		how := who.in(s)
		if how == "local" && len(who.local) < leastWord && (strings.HasPrefix(s.Name, "path") || strings.HasPrefix(s.Name, "host")) {
			continue
		}
		if how != "" {
			return s.Name, how, true
		}
	}
	return "", "", false
}

// segments are the path's segments that Split cuts into several slots, whole: an address has dots in it.
func segments(link string) []Slot {
	a, _ := read(link)
	var whole []Slot
	for n, s := range strings.Split(a.path, "/") {
		if n > 0 && n < mostSlots && strings.ContainsAny(s, "-._~;=") {
			whole = append(whole, Slot{Name: "path" + strconv.Itoa(n), Value: s})
		}
	}
	return whole
}

// identity is what is looked for.
type identity struct {
	// full is the address, local the part of it that names the person, both in lower case; fullBack and localBack are they backwards.
	full, local, fullBack, localBack string
	digests                          []digest
}

type digest struct {
	sum   []byte
	how   string
	local bool
}

// The shortest address and local part that are looked for: shorter ones stand in links by chance. A local part must fill its
// slot, an address may stand in it. A path or a host has words of its own, so a local part must be longer there.
const (
	leastFull  = 5
	leastLocal = 4
	leastWord  = 6
)

func newIdentity(account string) (*identity, bool) {
	full := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(account), "@"))
	local := full
	if i := strings.IndexAny(full, "@:"); i >= 0 {
		local = full[:i]
	}
	full, _, _ = strings.Cut(full, "/") // a resource says nothing of who it is
	if len(full) < leastFull || len(full) > 512 {
		return nil, false
	}
	return &identity{full: full, local: local, fullBack: reverse(full), localBack: reverse(local)}, true
}

// mostValue bounds the length of a value that is looked at.
const mostValue = 1024

// in says how a slot encodes the account, "" when it does not.
func (w *identity) in(s Slot) string {
	if len(s.Value) > mostValue {
		return ""
	}
	v := []byte(s.Value)
	for range 2 { // percent-encoded once or twice
		if bytes.IndexByte(v, '%') >= 0 {
			v = appendDecoded(nil, string(v))
		}
	}
	return w.value(v, 2)
}

// value looks into a value, and into what it decodes to.
func (w *identity) value(v []byte, depth int) string {
	if len(v) < leastLocal {
		return ""
	}
	if how := w.plain(v); how != "" {
		return how
	}
	if how := w.digest(v); how != "" {
		return how
	}
	if depth == 0 {
		return ""
	}
	for _, d := range decodings(v) {
		if !readable(d.bytes) {
			continue
		}
		if how := w.value(d.bytes, depth-1); how != "" {
			return strings.TrimSuffix(d.how+" "+how, " plain")
		}
	}
	return ""
}

// plain looks for the address as text, forwards and backwards.
func (w *identity) plain(v []byte) string {
	low := strings.ToLower(string(v))
	switch {
	case strings.Contains(low, w.full) && (w.full != w.local || low == w.full):
		return "plain"
	case strings.Contains(low, w.fullBack) && (w.full != w.local || low == w.fullBack):
		return "reversed"
	case len(w.local) < leastLocal:
	case low == w.local:
		return "local"
	case low == w.localBack:
		return "reversed local"
	}
	return ""
}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// digest compares a value with digests of the address: whole, or their first 10 hexadecimal digits and more.
func (w *identity) digest(v []byte) string {
	const leastHex = 10
	var sum []byte
	if n := len(v) &^ 1; n >= 8 && n <= 64 && alphabetsOf(v[:n])&inHex != 0 {
		sum = make([]byte, hex.DecodedLen(n))
		if _, err := hex.Decode(sum, v[:n]); err != nil {
			sum = nil
		}
	}
	if sum == nil {
		switch len(bytes.TrimRight(v, "=")) {
		case 6, 22, 27, 43: // base64 of 4, 16, 20 and 32 bytes
			sum = unbase64(v)
		}
	}
	if sum == nil {
		return ""
	}
	w.compute()
	for _, d := range w.digests {
		whole := bytes.Equal(sum, d.sum)
		if !whole && (len(sum) < leastHex/2 || !bytes.HasPrefix(d.sum, sum)) {
			continue
		}
		if d.local {
			return d.how + " local"
		}
		return d.how
	}
	return ""
}

// compute makes the digests when the first value looks like one.
func (w *identity) compute() {
	if w.digests != nil {
		return
	}
	of := func(s string, local bool) {
		b := []byte(s)
		m, a, h := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b) //nolint:gosec // see the imports
		c := crc32.ChecksumIEEE(b)
		w.digests = append(w.digests, digest{m[:], "md5", local}, digest{a[:], "sha1", local}, digest{h[:], "sha256", local},
			digest{[]byte{byte(c >> 24), byte(c >> 16), byte(c >> 8), byte(c)}, "crc32", local})
	}
	of(w.full, false)
	of(strings.ToUpper(w.full), false)
	if w.local != w.full {
		of(w.local, true)
		of(strings.ToUpper(w.local), true)
	}
}

type decoding struct {
	how   string
	bytes []byte
}

// decodings are what a value may be in other writings.
func decodings(v []byte) []decoding {
	var all []decoding
	may := alphabetsOf(bytes.TrimRight(v, "="))
	if may&inHex != 0 {
		if b, err := hex.DecodeString(string(v)); err == nil {
			all = append(all, decoding{"hex", b})
		}
	}
	if may&inBase64 != 0 {
		if b := unbase64(v); b != nil {
			all = append(all, decoding{"base64", b})
		}
	}
	if may&inBase32 != 0 {
		upper := strings.TrimRight(strings.ToUpper(string(v)), "=")
		if b, err := plain32.DecodeString(upper); err == nil {
			all = append(all, decoding{"base32", b})
		}
	}
	return all
}

// plain32 is base32 without padding.
var plain32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// The alphabets that a byte may belong to.
const (
	inHex = 1 << iota
	inBase64
	inBase32
)

// alphabets has those of each byte. Line breaks are passed over by the decoders of the last two, and letters beyond ASCII may have
// an upper case in it.
var alphabets = func() (t [256]uint8) {
	add := func(bytes string, bit uint8) {
		for i := range len(bytes) {
			t[bytes[i]] |= bit
		}
	}
	const lower, upper, digits, breaks = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "\r\n"
	add(digits+"abcdefABCDEF", inHex)
	add(lower+upper+digits+"+/-_"+breaks, inBase64)
	add(lower+upper+"234567"+breaks, inBase32)
	for c := utf8.RuneSelf; c < len(t); c++ {
		t[c] |= inBase32
	}
	return t
}()

// alphabetsOf returns the alphabets that all bytes of a value belong to: it may be written in one of them, and is in none of the others.
func alphabetsOf(v []byte) uint8 {
	all := uint8(inHex | inBase64 | inBase32)
	for _, c := range v {
		all &= alphabets[c]
	}
	return all
}

// urlAlphabet brings base64 into the alphabet of RFC 4648 §5.
var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

// unbase64 reads base64 in either alphabet, with padding or without; nil when it is none.
func unbase64(v []byte) []byte {
	s := strings.TrimRight(urlAlphabet.Replace(string(v)), "=")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

// readable spares the look at what decoded to noise.
func readable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return len(b) >= leastLocal
}
