package challenge

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"

	"github.com/nospim/nospim"
)

// Label returns the hexadecimal number in which the SHA-256 of a hashcash has to end: Bits bits, of which the first is set, so that
// both sides count the same (XEP-0158 §5.2).
func (d *Desk) Label(t *nospim.Trial) string {
	s := d.secret("hashcash", t.ID)
	top := uint64(1) << (d.Offer.Bits - 1)
	return strconv.FormatUint(top|binary.BigEndian.Uint64(s[:8])&(top-1), 16)
}

// hashcash reports whether an answer begins with the address first written to, and its SHA-256 ends in the label's bits.
func hashcash(recipient, label, answer string) bool {
	want, err := strconv.ParseUint(label, 16, 64)
	if err != nil || len(answer) < len(recipient) || !strings.EqualFold(answer[:len(recipient)], recipient) {
		return false
	}
	sum := sha256.Sum256([]byte(answer))
	mask := uint64(1)<<bits.Len64(want) - 1
	return binary.BigEndian.Uint64(sum[len(sum)-8:])&mask == want
}

// Hashcash finds an answer to a label for the address first written to, as a client does.
func Hashcash(recipient, label string) string {
	for n := uint64(0); ; n++ {
		if answer := recipient + strconv.FormatUint(n, 36); hashcash(recipient, label, answer) {
			return answer
		}
	}
}
