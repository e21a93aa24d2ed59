package text

import (
	"crypto/sha256"
	"strings"
)

// mostWallets bounds how many candidates in one text are checked: each costs two SHA-256.
const mostWallets = 16

// wallets looks for addresses of coins in a body: runs of 26 to 62 ASCII letters and digits whose checksum is right.
func (f *Form) wallets(body string) {
	checked := 0
	for i := 0; i < len(body) && checked < mostWallets; {
		start := i
		for i < len(body) && alphanumeric(body[i]) {
			i++
		}
		if n := i - start; n >= 26 && n <= 62 {
			checked++
			if isWallet(body[start:i]) {
				f.point(Wallet, uint32(start), uint32(i))
			}
		}
		i++
	}
}

func alphanumeric(c byte) bool {
	return c-'0' < 10 || c|0x20-'a' < 26
}

// isWallet reports whether s is an address of Bitcoin, Litecoin, Dogecoin, Tron or Ethereum.
func isWallet(s string) bool {
	switch s[0] {
	case '1', '3', 'L', 'M', 'D', 'T':
		return isBase58(s)
	case 'b', 'B', 'l':
		return isBech32(s)
	case '0':
		return isEthereum(s)
	}
	return false
}

// isEthereum reports whether s is 0x and forty hex digits. Its checksum is in the case of the letters (EIP-55), which many leave out.
func isEthereum(s string) bool {
	if len(s) != 42 || s[1] != 'x' {
		return false
	}
	letters := 0
	for i := 2; i < len(s); i++ {
		switch c := s[i] | 0x20; {
		case c >= 'a' && c <= 'f':
			letters++
		case s[i] < '0' || s[i] > '9':
			return false
		}
	}
	return letters > 0
}

// isBase58 reports whether s is 25 bytes in Base58Check: a version that one of the coins has, 20 bytes of hash, and a checksum.
func isBase58(s string) bool {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	var out [25]byte
	for i := range len(s) {
		carry := strings.IndexByte(alphabet, s[i])
		if carry < 0 {
			return false
		}
		for j := len(out) - 1; j >= 0; j-- {
			carry += int(out[j]) * 58
			out[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	switch out[0] {
	case 0x00, 0x05, 0x30, 0x32, 0x1e, 0x41: // Bitcoin, its scripts, Litecoin, its scripts, Dogecoin, Tron
	default:
		return false
	}
	sum := sha256.Sum256(out[:21])
	sum = sha256.Sum256(sum[:])
	return string(sum[:4]) == string(out[21:])
}

// isBech32 reports whether s is an address by BIP-173 or BIP-350 of Bitcoin or Litecoin.
func isBech32(s string) bool {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	s = strings.ToLower(s)
	prefix, data, ok := strings.Cut(s, "1")
	if !ok || prefix != "bc" && prefix != "ltc" || len(data) < 14 {
		return false
	}
	sum := uint32(1)
	for i := range len(prefix) {
		sum = polymod(sum, uint32(prefix[i]>>5))
	}
	sum = polymod(sum, 0)
	for i := range len(prefix) {
		sum = polymod(sum, uint32(prefix[i]&31))
	}
	for i := range len(data) {
		v := strings.IndexByte(alphabet, data[i])
		if v < 0 {
			return false
		}
		sum = polymod(sum, uint32(v))
	}
	return sum == 1 || sum == 0x2bc830a3
}

// polymod is one step of the checksum of BIP-173.
func polymod(sum, v uint32) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ v
	for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= g
		}
	}
	return sum
}
