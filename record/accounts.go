package record

import (
	"context"
	"time"

	"github.com/nospim/nospim"
)

// Accounts is the part of a [Store] that is asked about one account, and through which its owner is asked.
type Accounts interface {
	// Account calls fn for the records kept since a time (by Record.Kept) of the events that an account sent or was to receive, as
	// Scan does, until fn errs. It may take as long as Scan over a large store, but reads only what may speak of the account.
	Account(ctx context.Context, service, account string, since time.Time, fn func(r *nospim.Record) error) error
	// Ask makes an order to tell an account something (notify) or to ask it (challenge), unless one was made within every: once a
	// day, say, however many nodes want to. Of the order, Do, Service, EventID, Sender (who is asked) and Text are read. It
	// reports whether it made the order; audited in the same transaction if so.
	Ask(ctx context.Context, o nospim.Order, every time.Duration, by, reason string) (made bool, err error)
}

// Party reports whether an account sent the event of a record, or was to receive it.
func Party(r *nospim.Record, service, account string) bool {
	e := &r.Event
	if e.Service != service {
		return false
	}
	for i := range e.Recipients {
		if e.Recipients[i].ID == account {
			return true
		}
	}
	return e.Sender.ID == account
}
