// Package challenge asks strangers to prove that a person is there, or a machine that spends work on this one contact, and lets in
// who proves it.
//
// Read in this order: [Eligible] says who may be asked at all. [Desk.Ask] makes a challenge, at most one for each sender and day.
// [Desk.Answer] takes answers and lets what waits be delivered, once. hashcash.go, work.go, digits.go and question.go are the kinds
// of proof, from the one that asks least of people.
//
// Nothing of a challenge is kept but who is asked and how often an answer was tried: what is asked and what is the right answer follow
// from the challenge's ID and the installation's secret, so they survive a restart and are the same on every node.
package challenge

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// How long a challenge can be answered, during which its sender is asked nothing else; how long who has passed one is known to the
// recipient; and how many answers that could be guessed are looked at: 8 of a million numbers.
const (
	Life   = 24 * time.Hour
	Proved = 90 * 24 * time.Hour
	Tries  = 8
)

// mostAnswer bounds an answer, in bytes.
const mostAnswer = 4 << 10

// Offer says what strangers may prove, and how much of it.
type Offer struct {
	// Kinds are the proofs to choose from, in the order of showing.
	Kinds []nospim.Proof
	// Answers is how many of them are wanted; 0 is 1. Required are those without which none counts.
	Answers  int
	Required []nospim.Proof
	// Bits is the work: 2^Bits hashes on average for hashcash, half of that on the page. 8 to 32.
	Bits int
}

// Desk is where strangers are asked and where their answers are looked at. Its methods may be called at once from many goroutines.
type Desk struct {
	Store record.Challenges
	// Key is the installation's secret. Who has it knows every answer.
	Key   []byte
	Offer Offer
	Clock func() time.Time
}

// Eligible reports whether the sender of an event may be asked: somebody with an account, who approaches one person. A server, a
// component and an occupant of a room are nobody who could answer; a report, a block or an answer to something else is never a
// reason to ask.
func Eligible(e *nospim.Event) bool {
	switch e.Kind {
	case nospim.KindMessage, nospim.KindContactRequest, nospim.KindInvite, nospim.KindFileOffer, nospim.KindCallOffer:
	default:
		return false
	}
	return !e.Observe && len(e.Recipients) == 1 && isAccount(e.Sender.ID) && isAccount(e.Recipients[0].ID) && e.Sender.ID != e.Recipients[0].ID
}

// isAccount reports whether an address is that of an account: local@domain.
func isAccount(id string) bool {
	local, domain, ok := strings.Cut(id, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(id, "/ \t\r\n")
}

// Ask makes a challenge because of an event whose verdict is to challenge, and which is kept. It returns nil where nobody is to be
// asked: who cannot answer, who was asked within Life, who has proved it meanwhile (then what waits is released).
func (d *Desk) Ask(ctx context.Context, e *nospim.Event) (*nospim.Trial, error) {
	if !Eligible(e) {
		return nil, nil
	}
	now := d.Clock()
	t := &nospim.Trial{
		ID: newID(), Service: e.Service, Sender: e.Sender.ID, Recipient: e.Recipients[0].ID, Event: e.ID, Made: now, Until: now.Add(Life),
	}
	made, err := d.Store.Challenge(ctx, t)
	if err != nil || !made {
		return nil, err
	}
	return t, nil
}

// newID returns 128 random bits in hex.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// Find returns a challenge that can be answered. The error is a nospim.ErrNotFound when there is none of that ID or it is over, and a
// nospim.ErrConflict when it was passed.
func (d *Desk) Find(ctx context.Context, id string) (*nospim.Trial, error) {
	if len(id) != hex.EncodedLen(16) {
		return nil, fmt.Errorf("a challenge: %w", nospim.ErrNotFound)
	}
	t, err := d.Store.FindChallenge(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !t.Passed.IsZero():
		return nil, fmt.Errorf("a challenge that was passed: %w", nospim.ErrConflict)
	case !t.Until.After(d.Clock()):
		return nil, fmt.Errorf("a challenge that is over: %w", nospim.ErrNotFound)
	}
	return t, nil
}

// Open returns the challenge that a sender was given for a recipient and has not answered; nospim.ErrNotFound when there is none.
func (d *Desk) Open(ctx context.Context, service, sender, recipient string) (*nospim.Trial, error) {
	return d.Store.OpenChallenge(ctx, service, sender, recipient, d.Clock())
}

// Answer takes answers to a challenge, empty ones left out of account. With enough right ones, what waits is released and later
// messages of the pair are not challenged. The error is a nospim.ErrDenied for a wrong answer, and those of [Desk.Find].
func (d *Desk) Answer(ctx context.Context, id string, answers map[nospim.Proof]string) error {
	t, err := d.Find(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(guessable, func(p nospim.Proof) bool { return answers[p] != "" }) {
		if err := d.Store.TryChallenge(ctx, id, Tries); err != nil {
			return err
		}
	}
	if !d.enough(t, answers) {
		return fmt.Errorf("answering a challenge: %w", nospim.ErrDenied)
	}
	now := d.Clock()
	if err := d.Store.PassChallenge(ctx, id, now, now.Add(Proved)); err != nil {
		return fmt.Errorf("answering a challenge: %w", err)
	}
	return nil
}

// guessable are the proofs that could be guessed by trying.
var guessable = []nospim.Proof{nospim.ProofPicture, nospim.ProofAudio, nospim.ProofQuestion}

// enough reports whether the right ones among the answers are enough.
func (d *Desk) enough(t *nospim.Trial, answers map[nospim.Proof]string) bool {
	right := map[nospim.Proof]bool{}
	for p, answer := range answers {
		if answer != "" && len(answer) <= mostAnswer && d.offers(p) && d.right(t, p, answer) {
			if p == nospim.ProofWork {
				p = nospim.ProofHashcash // the same work
			}
			right[p] = true
		}
	}
	for _, p := range d.Offer.Required {
		if !right[p] {
			return false
		}
	}
	return len(right) >= max(1, d.Offer.Answers)
}

// offers reports whether a kind of proof is offered. Work on the page is offered where hashcash is.
func (d *Desk) offers(p nospim.Proof) bool {
	if p == nospim.ProofWork {
		p = nospim.ProofHashcash
	}
	return slices.Contains(d.Offer.Kinds, p)
}

// right reports whether an answer is right.
func (d *Desk) right(t *nospim.Trial, p nospim.Proof, answer string) bool {
	switch p {
	case nospim.ProofHashcash:
		return hashcash(t.Recipient, d.Label(t), answer)
	case nospim.ProofWork:
		return d.worked(t, answer)
	case nospim.ProofPicture, nospim.ProofAudio, nospim.ProofQuestion:
		return subtle.ConstantTimeCompare([]byte(spaceless(answer)), []byte(d.Digits(t, p))) == 1
	}
	return false
}

// spaceless takes out what people put between digits.
func spaceless(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n.,-\u00a0", r) {
			return -1
		}
		return r
	}, s)
}

// secret returns 256 bits that follow from the key, a purpose and what they are for, and that nobody else can tell.
func (d *Desk) secret(purpose, of string) [sha256.Size]byte {
	m := hmac.New(sha256.New, d.Key)
	m.Write([]byte("challenge\x00" + purpose + "\x00" + of)) // a hash gives no errors
	return [sha256.Size]byte(m.Sum(nil))
}

// Over reports whether an error says that a challenge cannot be answered any more: unknown, over, or passed.
func Over(err error) bool {
	return errors.Is(err, nospim.ErrNotFound) || errors.Is(err, nospim.ErrConflict)
}
