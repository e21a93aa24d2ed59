package record

import (
	"context"
	"time"

	"github.com/nospim/nospim"
)

// Challenges is the part of a [Store] that knows which strangers were asked to prove something. What waits of a pair is each held
// message of the sender for that recipient alone whose verdict was to challenge.
type Challenges interface {
	// Challenge keeps a new challenge and reports made, unless the sender has one at this service that is not over at c.Made, passed
	// or not: nobody is asked twice meanwhile. If the pair is labelled as proved, what waits of it is released instead, in the order
	// of coming: it came while the answer was on its way.
	Challenge(ctx context.Context, c *nospim.Trial) (made bool, err error)
	// FindChallenge returns a challenge by its ID, passed and over or not; nospim.ErrNotFound when there is none.
	FindChallenge(ctx context.Context, id string) (*nospim.Trial, error)
	// OpenChallenge returns the challenge of a sender for a recipient that is neither passed nor over; nospim.ErrNotFound when there
	// is none.
	OpenChallenge(ctx context.Context, service, sender, recipient string, now time.Time) (*nospim.Trial, error)
	// TryChallenge counts an answer before it is looked at. The error is a nospim.ErrDenied when there were most tries already, and
	// a nospim.ErrNotFound for a challenge that there is not.
	TryChallenge(ctx context.Context, id string, most int) error
	// PassChallenge ends a challenge, once: the pair is labelled as proved until a time, and what waits of it is released in the order
	// of coming, all in one transaction. nospim.ErrNotFound when there is none or it is over, nospim.ErrConflict when it was passed.
	PassChallenge(ctx context.Context, id string, now, proved time.Time) error
}
