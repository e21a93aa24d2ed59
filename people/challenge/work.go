package challenge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// solution is what a browser sends back, as base64 of JSON.
type solution struct {
	Algorithm string `json:"algorithm"`
	Challenge string `json:"challenge"`
	Number    int64  `json:"number"`
	Salt      string `json:"salt"`
	Signature string `json:"signature"`
}

// puzzleLife is how long the work of one visit counts. Nobody is hurried: the page gets another puzzle when it is over.
const puzzleLife = time.Hour

// Puzzle makes work for a challenge. It counts for that one alone, which can be passed once: nothing has to be remembered of it.
func (d *Desk) Puzzle(t *nospim.Trial) nospim.Puzzle {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	until := d.Clock().Add(puzzleLife)
	if t.Until.Before(until) {
		until = t.Until
	}
	p := nospim.Puzzle{
		Algorithm: "SHA-256", MaxNumber: 1 << d.Offer.Bits,
		Salt: hex.EncodeToString(random[:]) + "?expires=" + strconv.FormatInt(until.Unix(), 10) + "&trial=" + t.ID + "&",
	}
	s := d.secret("number", p.Salt)
	p.Challenge = hashOf(p.Salt, int64(binary.BigEndian.Uint64(s[:8])%uint64(p.MaxNumber+1)))
	p.Signature = d.sign(p.Challenge)
	return p
}

func hashOf(salt string, n int64) string {
	sum := sha256.Sum256([]byte(salt + strconv.FormatInt(n, 10)))
	return hex.EncodeToString(sum[:])
}

func (d *Desk) sign(challenge string) string {
	s := d.secret("puzzle", challenge)
	return hex.EncodeToString(s[:])
}

// worked reports whether a payload is the solution of a puzzle of ours for this challenge, in time.
func (d *Desk) worked(t *nospim.Trial, payload string) bool {
	b, err := base64.StdEncoding.DecodeString(payload)
	if err != nil {
		return false
	}
	var s solution
	if json.Unmarshal(b, &s) != nil || s.Algorithm != "SHA-256" || !strings.HasSuffix(s.Salt, "&") {
		return false
	}
	_, query, _ := strings.Cut(s.Salt, "?")
	parameters, err := url.ParseQuery(strings.TrimSuffix(query, "&"))
	if err != nil {
		return false
	}
	expires, err := strconv.ParseInt(parameters.Get("expires"), 10, 64)
	return err == nil && d.Clock().Before(time.Unix(expires, 0)) && parameters.Get("trial") == t.ID &&
		hmac.Equal([]byte(s.Signature), []byte(d.sign(s.Challenge))) &&
		hmac.Equal([]byte(s.Challenge), []byte(hashOf(s.Salt, s.Number)))
}

// Solve does a puzzle's work, as a browser does, and returns what that sends back; ok is false when no number fits.
func Solve(p nospim.Puzzle) (payload string, ok bool) {
	for n := range int64(p.MaxNumber) + 1 {
		if hashOf(p.Salt, n) != p.Challenge {
			continue
		}
		b, err := json.Marshal(solution{p.Algorithm, p.Challenge, n, p.Salt, p.Signature})
		return base64.StdEncoding.EncodeToString(b), err == nil
	}
	return "", false
}
