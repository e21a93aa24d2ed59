package link

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Whatever was written in one of the alphabets is read again, whichever of its letters come up.
func TestDecodings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := make([]byte, 1+r.IntN(40))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		x, thirty2, sixty4 := hex.EncodeToString(b), base32.StdEncoding.EncodeToString(b), base64.StdEncoding.EncodeToString(b)
		for _, c := range []struct{ how, value string }{
			{"hex", x},
			{"hex", strings.ToUpper(x)},
			{"base32", thirty2},
			{"base32", strings.ToLower(strings.TrimRight(thirty2, "="))},
			{"base64", sixty4},
			{"base64", strings.TrimRight(sixty4, "=")},
			{"base64", base64.RawURLEncoding.EncodeToString(b)},
			{"base64", sixty4[:2] + "\r\n" + sixty4[2:]},
		} {
			if !slices.ContainsFunc(decodings([]byte(c.value)), func(d decoding) bool { return d.how == c.how && bytes.Equal(d.bytes, b) }) {
				t.Fatalf("%s of %x, %q, is not read", c.how, b, c.value)
			}
		}
	}
	if got := decodings([]byte("ada lovelace!")); len(got) > 0 {
		t.Errorf("plain words decode to %v", got)
	}
}
