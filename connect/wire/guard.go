package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"github.com/nospim/nospim"
)

// Beginner is a Judge whose durable write can be waited for apart from the decision, so that one sync of the disk does not
// stop a stream of events. The engine is one.
type Beginner interface {
	nospim.Judge
	// Begin judges e. With wait nil, the verdict stands; otherwise the answer is wait's, and e must stay as it is until wait
	// returns. Wait must be called.
	Begin(ctx context.Context, e *nospim.Event) (v *nospim.Verdict, wait Wait, err error)
}

// Wait returns the verdict that stands, once it is durable.
type Wait = func() (*nospim.Verdict, error)

// Guard stands between a connector and its judge: a judge that panics or gives no verdict has erred, and the connector lives on.
type Guard struct {
	judge    nospim.Judge
	beginner Beginner // nil when the judge is none
	log      *slog.Logger
	panics   atomic.Int64
}

// NewGuard guards j. A nil log is silent.
func NewGuard(j nospim.Judge, log *slog.Logger) *Guard {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	b, _ := j.(Beginner)
	return &Guard{judge: j, beginner: b, log: log}
}

// Panics is how often the judge has panicked.
func (g *Guard) Panics() int64 { return g.panics.Load() }

// Begin asks for a verdict, through the judge's own Begin if it has one.
func (g *Guard) Begin(ctx context.Context, e *nospim.Event) (v *nospim.Verdict, wait Wait, err error) {
	if g.beginner == nil {
		v, err = g.Judge(ctx, e)
		return v, nil, err
	}
	defer g.recovered(&err)
	v, wait, err = g.beginner.Begin(ctx, e)
	if v == nil && wait == nil && err == nil {
		err = errNoVerdict
	}
	return v, wait, err
}

// Glance asks glance, which is a flow's or a gate's, for the answer to an event that is not judged; nil has it judged. A glance that
// panics has it judged, too.
func (g *Guard) Glance(glance func(*nospim.Event) *nospim.Verdict, e *nospim.Event) (v *nospim.Verdict) {
	var err error
	defer func() {
		if err != nil {
			v = nil
		}
	}()
	defer g.recovered(&err)
	return glance(e)
}

// Settle waits for the verdict that stands.
func (g *Guard) Settle(wait Wait) (v *nospim.Verdict, err error) {
	defer g.recovered(&err)
	v, err = wait()
	return given(v, err)
}

// Judge asks for a verdict that stands.
func (g *Guard) Judge(ctx context.Context, e *nospim.Event) (v *nospim.Verdict, err error) {
	defer g.recovered(&err)
	v, err = g.judge.Judge(ctx, e)
	return given(v, err)
}

// Read has an event read from its raw form. A reader that panics has erred, too.
func (g *Guard) Read(read func(*nospim.Event) (bool, error), e *nospim.Event) (approach bool, err error) {
	defer g.recovered(&err)
	return read(e)
}

var (
	errPanic     = errors.New("the judge panicked")
	errNoVerdict = errors.New("the judge gave no verdict")
)

func given(v *nospim.Verdict, err error) (*nospim.Verdict, error) {
	if v == nil && err == nil {
		err = errNoVerdict
	}
	return v, err
}

// recovered makes an error of a panic. The log gets its type and the stack, which hold no text of a message.
func (g *Guard) recovered(err *error) {
	if p := recover(); p != nil {
		g.panics.Add(1)
		g.log.Error("the judge panicked", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		*err = errPanic
	}
}
