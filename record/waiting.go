package record

import (
	"context"
	"fmt"
	"time"

	"github.com/nospim/nospim"
)

// Limits bound what waits at once; 0 means no bound. What waits is never pushed out by what comes.
type Limits struct {
	Recipient int // for one recipient, of messages to that one alone
	Sender    int // of one sender
	Pair      int // of one sender for one recipient
	Total     int // in the whole store
}

// FullError says that a message cannot be held because as much waits as may. Nothing of it was kept. It is a nospim.ErrFull.
type FullError struct {
	// Limit is recipient, sender, pair or total, Most how many may wait.
	Limit string
	Most  int
	// Of is the account whose limit it is: the recipient, or of the limits sender and pair the sender.
	Of string
}

func (e *FullError) Error() string {
	switch e.Limit {
	case "recipient":
		return fmt.Sprintf("%d messages wait for this person, and more cannot", e.Most)
	case "sender":
		return fmt.Sprintf("%d messages of this sender wait, and more cannot", e.Most)
	case "pair":
		return fmt.Sprintf("%d messages of this sender wait for this person, and more cannot", e.Most)
	}
	return fmt.Sprintf("%d messages wait on this service, and more cannot", e.Most)
}

// Is makes it a nospim.ErrFull.
func (e *FullError) Is(target error) bool { return target == nospim.ErrFull }

// WaitingFilter selects what waits for one person. Service and Recipient are required.
type WaitingFilter struct {
	Service, Recipient string
	Sender             string // empty: any
	Offset, Limit      int    // in senders; a limit of 0 means 1000
}

// MostWaitingIDs is how many held messages are named of one sender.
const MostWaitingIDs = 100

// WaitingDecision is what a person, or somebody for the person, decided about a sender of whom something waits.
type WaitingDecision struct {
	Service, Recipient, Sender string
	// To is what becomes of everything that waits of the sender for the recipient alone: released or refused.
	To nospim.HoldState
	// Label is kept in the same transaction, unless its name is empty: that of the pair, as a rule.
	Label  Labelling
	By     string
	Reason string
}

// Waitings is the part of a [Store] that knows what waits of whom for whom, in time that does not grow with how much waits. It
// speaks of messages to one recipient alone; the others are the operator's to decide about.
type Waitings interface {
	// Waiting returns what waits for a person, a sender each, in the order in which the first messages came.
	Waiting(ctx context.Context, f WaitingFilter) ([]nospim.Waiting, error)
	// CountWaiting returns how many held messages wait in the whole store.
	CountWaiting(ctx context.Context) (int64, error)
	// DecideWaiting settles everything that waits of a sender for one recipient, in the order of coming, and keeps the label, all in one
	// transaction: after a crash at any moment all of it is done or nothing. It returns how many messages it settled; the error is a
	// nospim.ErrNotFound when none waits. Each message is audited.
	DecideWaiting(ctx context.Context, d WaitingDecision) (int, error)
	// Unnoticed returns what waits at a service and of which the recipient does not count as told at a time, at most limit, without
	// the IDs of messages.
	Unnoticed(ctx context.Context, service string, now time.Time, limit int) ([]nospim.Waiting, error)
	// Noticed makes a recipient count as told of a sender until a time, whatever comes and goes meanwhile.
	Noticed(ctx context.Context, w nospim.Waiting, until time.Time) error
}

// Journal is the part of a [Store] by which those who watch over a service hear of what happens there, each thing once.
type Journal interface {
	// Mention adds a line to the journal on nospim's own account, unless one of the same action and object was added within every. It
	// reports whether it added the line. A zero every adds it always.
	Mention(ctx context.Context, action, object, reason string, every time.Duration) (added bool, err error)
	// News reads the journal behind the line with an ID, at most limit lines, oldest first; they have their IDs.
	News(ctx context.Context, after int64, limit int) ([]Audit, error)
	// Bookmark returns how far somebody has read, SetBookmark remembers it. Who never read begins at the journal's end.
	Bookmark(ctx context.Context, name string) (int64, error)
	SetBookmark(ctx context.Context, name string, id int64) error
}
