package xmpp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/nospim/nospim"
)

// Keys makes and checks the keys of marks (XEP-0287 §4). A key names an event and is bound to one recipient by an HMAC with a secret of this
// installation: nobody can make one of a message that they did not get, and nothing has to be remembered.
type Keys struct{ secret []byte }

// NewKeys takes the installation's salt.
func NewKeys(salt [16]byte) Keys {
	// The salt is used for hashes elsewhere: this one is for keys alone.
	sum := sha256.Sum256(append([]byte("nospim spim-report key\x00"), salt[:]...))
	return Keys{sum[:]}
}

// macSize is how much of the HMAC a key has: 160 bits, where the standard asks for 128.
const macSize = 20

// maxKey is the longest key in bytes.
const maxKey = 64 + (nospim.MaxID*4+2)/3

// Make returns the key of an event for one of its recipients.
func (k Keys) Make(service, eventID, recipient string) string {
	e := base64.RawURLEncoding
	return e.EncodeToString(k.mac(service, eventID, recipient)) + "." + e.EncodeToString([]byte(eventID))
}

// Open returns the event that a key names; ok is false when it was not made for this recipient.
func (k Keys) Open(key, service, recipient string) (eventID string, ok bool) {
	mac, name, found := strings.Cut(key, ".")
	if !found || len(key) > maxKey {
		return "", false
	}
	e := base64.RawURLEncoding.Strict()
	sum, err := e.DecodeString(mac)
	if err != nil {
		return "", false
	}
	id, err := e.DecodeString(name)
	if err != nil || len(id) == 0 {
		return "", false
	}
	return string(id), hmac.Equal(sum, k.mac(service, string(id), recipient))
}

func (k Keys) mac(service, eventID, recipient string) []byte {
	h := hmac.New(sha256.New, k.secret)
	// None of the three can have a zero byte in XML, so that they cannot be taken apart otherwise.
	h.Write([]byte(service + "\x00" + eventID + "\x00" + recipient))
	return h.Sum(nil)[:macSize]
}
