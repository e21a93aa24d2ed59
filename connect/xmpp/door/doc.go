// Package door is where people hear of what waits for them, and decide. It is nospim's own address on an XMPP server: a component
// (XEP-0114) that every server can be told of in two lines, so that nothing of it lives inside the server.
//
// A person gets one quiet notice for each sender of whom something waits. It tells neither the text nor the name nor the picture of
// the stranger; these are shown when the person asks. The person answers in plain words, which every client can send, or by the
// commands (XEP-0050) that better clients show as forms. Only accounts of the protected service are answered.
//
// [Talk] is the conversation, without a network; [Door] carries it.
package door

import (
	"context"
	"time"

	"github.com/nospim/nospim"
)

// Desk is where what waits is kept, and decided.
type Desk interface {
	// Waiting returns what waits for a person, a sender each, in the order of coming; of very many senders, the first.
	Waiting(ctx context.Context, service, account string) ([]nospim.Waiting, error)
	// Texts returns what waits of a sender, as it was written.
	Texts(ctx context.Context, w nospim.Waiting) ([]string, error)
	// Decide carries out a decision about a sender; nospim.ErrNotFound when nothing of that sender waits.
	Decide(ctx context.Context, service, account, sender string, what nospim.Decision) error
	// Unnoticed returns of what waits at a service some of that of which the recipient was not told, Noticed says that they are told,
	// or cannot be.
	Unnoticed(ctx context.Context, service string) ([]nospim.Waiting, error)
	Noticed(ctx context.Context, w nospim.Waiting) error
	// Warn says that a person warns somebody, who has to have written to them; nospim.ErrNotFound when nobody knows of that.
	Warn(ctx context.Context, service, account, sender string) error
	// Profile returns what a person chose, empty for nothing, and whether it is locked. Choose changes it; nospim.ErrConflict when
	// it is locked.
	Profile(ctx context.Context, account string) (p nospim.Profile, locked bool, err error)
	Choose(ctx context.Context, account string, p nospim.Profile) error
	// Invite returns a token by which strangers can turn to a person (XEP-0379), and until when it holds.
	Invite(account string) (token string, until time.Time)
}
