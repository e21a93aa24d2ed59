package people

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Invites issues and checks invitations of people to strangers (the tokens of XEP-0379). One is bound to the person who invites and to
// the day on which it ends by an HMAC with a secret of this installation: nobody can make one, nothing has to be remembered, and every
// node knows those of the others. For how many strangers it speaks, detector Invited sees to. The zero Invites knows no invitation.
type Invites struct{ secret []byte }

// NewInvites takes the installation's salt.
func NewInvites(salt [16]byte) Invites {
	// The salt is used for hashes elsewhere: this one is for invitations alone.
	sum := sha256.Sum256(append([]byte("nospim invitation\x00"), salt[:]...))
	return Invites{sum[:]}
}

// invitationHolds is for how long an invitation holds.
const invitationHolds = 7 * aDay

// The parts of a token: until when it holds, in minutes since 1970, and 128 bits of the HMAC.
const (
	untilSize = 4
	macSize   = 16
)

// Issue returns a token by which strangers can turn to a person, and until when.
func (i Invites) Issue(account string, now time.Time) (token string, until time.Time) {
	until = now.Add(invitationHolds).Truncate(time.Minute)
	b := binary.BigEndian.AppendUint32(nil, uint32(until.Unix()/60))
	return base64.RawURLEncoding.EncodeToString(append(b, i.mac(b, account)...)), until
}

// Valid reports whether a token was issued for a person and holds.
func (i Invites) Valid(token, account string, now time.Time) bool {
	if i.secret == nil || len(token) > 2*(untilSize+macSize) {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != untilSize+macSize || !hmac.Equal(b[untilSize:], i.mac(b[:untilSize], account)) {
		return false
	}
	return now.Unix() < 60*int64(binary.BigEndian.Uint32(b))
}

func (i Invites) mac(until []byte, account string) []byte {
	h := hmac.New(sha256.New, i.secret)
	h.Write(until) // always of one size
	h.Write([]byte(account))
	return h.Sum(nil)[:macSize]
}
