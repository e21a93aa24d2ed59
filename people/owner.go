package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// OwnerStore is what an Owners asks of a record store.
type OwnerStore interface {
	Held(ctx context.Context, f record.HeldFilter) ([]nospim.Held, error)
	Settle(ctx context.Context, id string, to nospim.HoldState, by, reason string) error
	PutLabel(ctx context.Context, l record.Labelling) error
}

// Owners is where the owner of an account that acted unlike itself says that the messages are its own.
type Owners struct {
	Store OwnerStore
	Clock func() time.Time
}

// confirmedFor is how long nothing more is held for acting unlike itself when the owner has spoken.
const confirmedFor = 12 * time.Hour

// Pending returns what waits because an account acted unlike itself, oldest first.
func (o *Owners) Pending(ctx context.Context, service, account string) ([]nospim.Held, error) {
	held, err := o.Store.Held(ctx, record.HeldFilter{Service: service, Sender: account, State: nospim.HoldHeld, Limit: mostPending})
	if err != nil {
		return nil, fmt.Errorf("looking what an owner is asked about: %w", err)
	}
	return slices.DeleteFunc(held, func(h nospim.Held) bool { return !unlikeItself(&h.Verdict) }), nil
}

// mostPending bounds what is looked at, and so released, in one go.
const mostPending = 10_000

// unlikeItself reports whether a message waits because its sender wrote to many as it never did.
func unlikeItself(v *nospim.Verdict) bool {
	return slices.ContainsFunc(v.Signals, func(s nospim.Signal) bool { return s.Symbol == "BURST_TO_CONTACTS" })
}

// Confirm says, from a device (nospim.Event.Client), that an account's owner has sent what waits: it is released in the order of
// coming, and for some hours nothing is held for that. The error is a nospim.ErrNotFound when nothing waits, and a nospim.ErrDenied
// when the device is one that sent it, or when that cannot be told: whoever stole an account speaks from there. After another error it
// can be done again.
func (o *Owners) Confirm(ctx context.Context, service, account, device string) error {
	pending, err := o.Pending(ctx, service, account)
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return fmt.Errorf("nothing waits for its owner's word: %w", nospim.ErrNotFound)
	}
	for i := range pending {
		if client := pending[i].Event.Client; device == "" || client == "" || client == device {
			return fmt.Errorf("the word of the device that sent it: %w", nospim.ErrDenied)
		}
	}
	now := o.Clock()
	entity := nospim.Entity{Kind: nospim.EntityAccount, ID: account}
	l := record.Labelling{
		Label: nospim.Label{Entity: entity, Name: nospim.LabelOwnerConfirmed, Until: now.Add(confirmedFor)}, At: now, By: account, Reason: ownersWord,
	}
	if err := o.Store.PutLabel(ctx, l); err != nil {
		return fmt.Errorf("confirming an owner: %w", err)
	}
	for i := range pending {
		err := o.Store.Settle(ctx, pending[i].ID, nospim.HoldReleased, account, ownersWord)
		if err != nil && !errors.Is(err, nospim.ErrConflict) { // what somebody else settled meanwhile is settled
			return fmt.Errorf("releasing what its owner confirmed: %w", err)
		}
	}
	return nil
}

// ownersWord is why something was released.
const ownersWord = "the owner said that it was them, from another device"
