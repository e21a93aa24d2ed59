package model

import "encoding/binary"

// Eight bytes at a time, as in chapter 6 of Warren's Hacker's Delight.

const (
	eachByte = 0x0101010101010101
	eachHigh = 0x80 * eachByte
)

// eight returns the next eight bytes of a text, the first one lowest, zeros behind its end.
func eight(b []byte, i int) uint64 {
	switch {
	case i+8 <= len(b):
		return binary.LittleEndian.Uint64(b[i:])
	case len(b) >= 8:
		return binary.LittleEndian.Uint64(b[len(b)-8:]) >> (8 * uint(i+8-len(b)) & 63)
	}
	var short [8]byte
	copy(short[:], b[i:])
	return binary.LittleEndian.Uint64(short[:])
}

// between returns the high bit of each byte from one ASCII character to another: what is added carries it there from the first on,
// and back beyond the last.
func between(x, first, last uint64) uint64 {
	low := x &^ eachHigh
	return ((low + (0x80-first)*eachByte) ^ (low + (0x7f-last)*eachByte)) &^ x & eachHigh
}
