package challenge

import (
	"context"
	"errors"
	"strings"

	"github.com/nospim/nospim"
)

// beginner is a Judge whose durable write can be waited for apart from the decision, as the engine is.
type beginner interface {
	Begin(ctx context.Context, e *nospim.Event) (v *nospim.Verdict, wait func() (*nospim.Verdict, error), err error)
}

// Listener is a Judge that takes a stranger's message as the answer to a challenge when it is nothing but digits, and the stranger
// has been asked about this very recipient: for people whose clients show no forms (XEP-0158 §6). Such a message is dropped and never
// kept; its verdict has the one signal nospim.SymbolPassed or nospim.SymbolFailed, from which a connector tells the sender what came
// of it. Everything else goes to the next judge. It costs what is no bare number of 4 to 6 digits nothing.
type Listener struct {
	Next nospim.Judge
	Desk *Desk
}

// Judge implements nospim.Judge.
func (l *Listener) Judge(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	v, wait, err := l.Begin(ctx, e)
	if err != nil || wait == nil {
		return v, err
	}
	return wait()
}

// Begin begins to judge an event.
func (l *Listener) Begin(ctx context.Context, e *nospim.Event) (*nospim.Verdict, func() (*nospim.Verdict, error), error) {
	if isReply(e) && e.Validate() == nil {
		return nil, func() (*nospim.Verdict, error) { return l.answer(ctx, e) }, nil
	}
	if b, ok := l.Next.(beginner); ok {
		return b.Begin(ctx, e)
	}
	v, err := l.Next.Judge(ctx, e)
	return v, nil, err
}

// isReply reports whether an event may be an answer: a stranger's bare digits to one person, which can be dropped.
func isReply(e *nospim.Event) bool {
	const long = 24 // with spaces between the digits
	if e.Kind != nospim.KindMessage || len(e.Body) > long || !e.Relation.Stranger() || nospim.Drop.Limit(e.Can) != nospim.Drop {
		return false
	}
	digits := spaceless(e.Body)
	return (len(digits) == asked || len(digits) == seen) && strings.Trim(digits, "0123456789") == "" && Eligible(e)
}

// answer looks whether there is something that the message answers, and what it is worth.
func (l *Listener) answer(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	t, err := l.Desk.Open(ctx, e.Service, e.Sender.ID, e.Recipients[0].ID)
	if err != nil {
		return l.Next.Judge(ctx, e) // nobody was asked, or the store is ill, which the next judge knows to handle
	}
	p := nospim.ProofQuestion
	if len(spaceless(e.Body)) == seen {
		p = nospim.ProofPicture
	}
	err = l.Desk.Answer(ctx, t.ID, map[nospim.Proof]string{p: e.Body})
	symbol, why := nospim.SymbolPassed, "the sender answered a challenge"
	switch {
	case errors.Is(err, nospim.ErrDenied):
		symbol, why = nospim.SymbolFailed, "the sender answered a challenge wrongly"
	case err != nil:
		return l.Next.Judge(ctx, e)
	}
	return &nospim.Verdict{EventID: e.ID, Action: nospim.Drop, Wanted: nospim.Drop, Signals: []nospim.Signal{{Symbol: symbol, Why: why}}}, nil
}
