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
	// full is the address, local the part of it that names the person, both in lower case.
	full, local string
	digests     []digest
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
	return &identity{full: full, local: local}, len(full) >= leastFull && len(full) <= 512
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
	if how := w.plain(v); how != "" {
		return how
	}
	if how := w.digest(v); how != "" {
		return how
	}
	if depth == 0 || len(v) < leastLocal {
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
	back := reverse(low)
	switch {
	case strings.Contains(low, w.full) && (w.full != w.local || low == w.full):
		return "plain"
	case strings.Contains(back, w.full) && (w.full != w.local || back == w.full):
		return "reversed"
	case len(w.local) < leastLocal:
	case low == w.local:
		return "local"
	case back == w.local && back != low:
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
	if n := len(v) &^ 1; n >= 8 && n <= 64 {
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
	if b, err := hex.DecodeString(string(v)); err == nil {
		all = append(all, decoding{"hex", b})
	}
	if b := unbase64(v); b != nil {
		all = append(all, decoding{"base64", b})
	}
	upper := strings.TrimRight(strings.ToUpper(string(v)), "=")
	if b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(upper); err == nil {
		all = append(all, decoding{"base32", b})
	}
	return all
}

// unbase64 reads base64 in either alphabet, with padding or without; nil when it is none.
func unbase64(v []byte) []byte {
	s := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(string(v)), "=")
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
