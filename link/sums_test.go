package link

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strings"
)

func sums(s string) map[string][]byte {
	m, a, h := md5.Sum([]byte(s)), sha1.Sum([]byte(s)), sha256.Sum256([]byte(s))
	return map[string][]byte{"md5": m[:], "sha1": a[:], "sha256": h[:], "crc32": binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(s)))}
}

func writings(sum []byte) map[string]string {
	return map[string]string{
		"hex": hex.EncodeToString(sum), "upper hex": strings.ToUpper(hex.EncodeToString(sum)), "first half in hex": hex.EncodeToString(sum[:len(sum)/2]),
		"base64": base64.StdEncoding.EncodeToString(sum), "base64url": base64.RawURLEncoding.EncodeToString(sum),
		"base64 of hex": base64.RawURLEncoding.EncodeToString([]byte(hex.EncodeToString(sum))),
	}
}
