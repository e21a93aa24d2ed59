package text

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes at a time, as in chapter 6 of Warren's Hacker's Delight: most of what people write is short words of ASCII letters,
// and what tells such a word fits a register.

const (
	eachByte = 0x0101010101010101
	eachHigh = 0x80 * eachByte
	caseBits = 0x20 * eachByte // which lower case letters have and upper case ones have not
)

// eight returns the next eight bytes of a text, the first one lowest, zeros behind its end; ok is false in texts shorter than that.
func eight(s string, i int) (x uint64, ok bool) {
	if i+8 <= len(s) {
		return load(s[i:]), true
	}
	if len(s) < 8 {
		return 0, false
	}
	return load(s[len(s)-8:]) >> (8 * uint(i+8-len(s)) & 63), true
}

// load returns the first eight bytes of a text, which must have them.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// highLetters returns the high bit of each byte that is an ASCII letter.
func highLetters(x uint64) uint64 {
	low := (x | caseBits) &^ eachHigh
	return ((low + (0x80-'a')*eachByte) ^ (low + (0x80-'z'-1)*eachByte)) &^ x & eachHigh
}

// highZeros returns the high bit of each byte that is zero.
func highZeros(x uint64) uint64 {
	const low = 0x7f * eachByte
	return ^((x&low + low) | x | low)
}

// shortWord reads a whole word of less than eight ASCII letters, at once, when one begins at i. It returns how many letters it
// has; 0 when it is longer, or goes on with something else, or has a letter three times in a row.
func (f *Form) shortWord(body string, i int) int {
	x, ok := eight(body, i)
	if !ok {
		return 0
	}
	n := bits.TrailingZeros64(highLetters(x)^eachHigh) / 8
	if n == 8 || i+n < len(body) && (body[i+n] >= 0x80 || ascii[body[i+n]] > cSpace) {
		return 0
	}
	inside := uint64(1)<<(8*uint(n)&63) - 1
	lower := (x | caseBits) & inside
	pairs := highZeros(lower^lower>>8) & (inside >> 8)
	if pairs&(pairs>>8) != 0 {
		return 0
	}
	s := &f.scan
	f.Shape.Upper += bits.OnesCount64(^x & inside & caseBits)
	f.Letters += n
	s.classes[cLatin] += n
	s.space = false
	k := markPlain
	if n == 1 {
		k |= markSingle
	}
	if pairs == 0 {
		k |= markSmooth
	}
	at := len(f.Folded)
	f.Normal = binary.LittleEndian.AppendUint64(f.Normal, lower)[:len(f.Normal)+n]
	f.Folded = binary.LittleEndian.AppendUint64(f.Folded, lower)[:at+n]
	f.push(at, Word, k)
	return n
}
