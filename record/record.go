// Package record keeps what stays: records, held messages, lists, orders, audit. The engines are subpackages; recordtest is
// the contract that each of them passes.
//
// What holds, rejects or labels is durable before the answer; several writers share one commit. The record of a plain allow
// is written behind, within a second.
package record

import (
	"context"
	"time"

	"github.com/nospim/nospim"
)

// Commit is a write that has been taken but may not be durable yet. Wait must be called.
type Commit interface {
	// Wait returns when the write is durable, with the record that stands: the given one, or the one that was kept first
	// under the same service and event id, as Get returns it. After an error nothing may be enforced: it is a [*FullError] when
	// the message cannot be held because too much waits. When ctx ends it
	// returns the error of ctx, and the write goes on: it may still become durable.
	Wait(ctx context.Context) (*nospim.Record, error)
}

// HeldFilter selects held messages; zero fields select everything.
type HeldFilter struct {
	Service   string
	Recipient string
	ID        string
	Sender    string
	State     nospim.HoldState // empty: any
	After     string           // an ID: only later ones
	Limit     int              // 0: 1000
}

// Audit is one line of the journal of what people and the program changed.
type Audit struct {
	// ID sorts in the order of writing. [Journal.News] alone sets it.
	ID     int64     `json:"-"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Action string    `json:"action"` // "held.release", "lists.add"
	Object string    `json:"object"`
	Reason string    `json:"reason,omitempty"`
}

// Store is what the program asks of a record store. All methods may be called at once from several goroutines, and from
// several processes on one store.
type Store interface {
	// Keep takes a record that must be durable before the answer. A record with action hold or challenge becomes a held message in
	// the same transaction. Keep does not wait; the caller waits on the Commit. It does not keep a reference to r after Wait.
	//
	// The record is kept without what people wrote: body, wire form, links as they were written, normal form. A held message
	// has these until it is settled or delivered.
	Keep(r *nospim.Record) Commit
	// Append takes the record of a plain allow, or of a delay. It is durable within a second, or the error is returned by Flush and counted.
	// It does not wait and does not keep r. When more than its bound is pending it waits for the writer.
	//
	// Beside what people wrote, the record is kept without names of accounts and files and without the URLs of links: of
	// these, host and domain remain.
	Append(r *nospim.Record)
	// Flush makes everything appended durable and returns the first error since the last Flush.
	Flush(ctx context.Context) error
	// Scan calls fn for the records kept since a time (by Record.Kept), oldest first, until fn errs. What r points to is
	// valid during the call only. Two records that were kept within a second of each other may change places. fn may use
	// the store; what is kept after Scan began may be missed.
	Scan(ctx context.Context, since time.Time, fn func(r *nospim.Record) error) error
	// Get returns the durable record of an enforced event, or nospim.ErrNotFound.
	Get(ctx context.Context, service, eventID string) (*nospim.Record, error)

	// Held lists held messages, oldest first.
	Held(ctx context.Context, f HeldFilter) ([]nospim.Held, error)
	// Settle moves a held message to released (an order to deliver it is made in the same transaction), refused or expired.
	// Once only: nospim.ErrConflict when it is settled, nospim.ErrNotFound when there is none. Body and wire form of
	// refused and expired ones are deleted. The act is audited in the same transaction.
	Settle(ctx context.Context, id string, to nospim.HoldState, by, reason string) error

	// Orders lists the outstanding orders of a service with an ID above after, oldest first.
	Orders(ctx context.Context, service, after string) ([]nospim.Order, error)
	// Ack ends an order. With a failure, the order is kept as failed with its reason and not sent again until retried. An
	// acknowledged delivery moves the held message to delivered and deletes its body and wire form. Again is no error.
	Ack(ctx context.Context, id, failure string) error

	// Lists returns all entries in a stable order.
	Lists(ctx context.Context) ([]nospim.ListEntry, error)
	// Listed changes whenever what Lists returns does, by whichever process. It is cheap enough to poll.
	Listed(ctx context.Context) (int64, error)
	// PutList adds or replaces an entry (same kind, value, allow and service); audited in the same transaction.
	PutList(ctx context.Context, e nospim.ListEntry) error
	// RemoveList removes an entry; nospim.ErrNotFound when there is none; audited in the same transaction.
	RemoveList(ctx context.Context, e nospim.ListEntry, by string) error

	// Teach keeps an example, once for each service, event and teacher: the latest word of one teacher stands. It is audited in the
	// same transaction, unless it is a sample.
	Teach(ctx context.Context, e *Example) error
	// Examples returns what stands of a service's examples, in the order in which they were first taught; of all services when
	// service is empty.
	Examples(ctx context.Context, service string) ([]Example, error)
	// Taught changes whenever examples change, by whichever process. It is cheap enough to poll.
	Taught(ctx context.Context) (int64, error)
	// Unlearn revokes all examples of a service with an ID above after that moderators and people gave, and returns how many;
	// audited in the same transaction.
	Unlearn(ctx context.Context, service string, after int64, by, reason string) (int64, error)

	// PutLabel keeps what somebody decided about a label, in place of what was decided about it before; audited in the same
	// transaction.
	PutLabel(ctx context.Context, l Labelling) error
	// Labels returns what was decided about labels, by entity and name.
	Labels(ctx context.Context) ([]Labelling, error)

	// What is known of campaigns, and orders to call their copies back.
	Campaigns
	// What one account did, and orders to ask its owner.
	Accounts
	// What people report, and where reports go.
	Complaints
	// Which strangers were asked to prove something.
	Challenges
	// Lists from elsewhere, and who is told of ours.
	Feeds
	Subscribers
	// What waits of whom for whom.
	Waitings
	// What watchers hear.
	Journal

	// Lease gives a name to one holder until a time: has says that it was free, or over by now, or the holder's already. Holders are
	// the nodes that share the store; their clocks may differ by less than a lease lasts.
	Lease(ctx context.Context, name, holder string, now, until time.Time) (has bool, err error)

	// Audit reads the journal since a time, oldest first.
	Audit(ctx context.Context, since time.Time) ([]Audit, error)
	// Expire deletes records older than keep, by kind of record: allows after allow, enforced ones after enforced; held messages that
	// have waited longer than hold expire. Settled held messages and their orders go after enforced, and so do
	// labels that are over; list entries go when their time is up (audited); the journal stays. A
	// duration of 0 means never. It returns how many records and held messages went or expired.
	Expire(ctx context.Context, now time.Time, allow, enforced, hold time.Duration) (int64, error)
	// Revision changes whenever lists, feeds, labels, held messages, orders or examples change, by whichever process. It is cheap enough to poll.
	Revision(ctx context.Context) (int64, error)
	// Salt returns the installation's secret of 16 bytes, made on first use; hashes that leave memory are salted with it.
	Salt(ctx context.Context) ([16]byte, error)
	// Close flushes and closes. Afterwards every write is a nospim.ErrClosed. Closing again does nothing.
	Close() error
}
