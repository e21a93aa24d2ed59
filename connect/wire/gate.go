package wire

import (
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/nospim/nospim"
)

// Gate decides which events are judged when more arrive than can be. There is one for all connectors of a process; a nil Gate lets
// everything be judged, however late.
//
// What arrives waits in the connections, in sockets and buffers, and nowhere else: no queue is built behind the gate. Each connection is
// a [Flow] that takes turns with the others, so that one that floods costs the others a turn and not their share. A flow is given more
// than it can carry when the work that it finds at a time takes longer than Wait, for longer than it may be a burst; from then on it
// judges for a turn, answers the rest of what it found at a glance, and looks what has arrived meanwhile. That is how CoDel tells a
// burst from a standing queue (RFC 8289 §3), one controller for each flow as in FQ-CoDel (RFC 8290 §3), with the answer to requests
// of "Fail at Scale" (Maurer, ACM Queue 13/8, 2015).
//
// Its fields must not change once it is used.
type Gate struct {
	// Glance answers an event that is not judged, with into or with another verdict. Nil, or a nil verdict, has it judged all the same.
	Glance func(e *nospim.Event, into *nospim.Verdict) *nospim.Verdict
	// Spare reports whether an event is judged however much arrives. It may be nil.
	Spare func(e *nospim.Event) bool
	// Wait is how long what arrived together may take to judge, while more arrives than can be: 2 milliseconds.
	Wait time.Duration
	// Log is told once when more arrives than can be judged, and once when that is over. It may be nil.
	Log *slog.Logger

	busy atomic.Int64 // flows that have work
	shed atomic.Int64 // events answered at a glance
	last atomic.Int64 // when that was last, in Unix nanoseconds
	over atomic.Bool  // it was within calm
	told atomic.Int64 // shed, when the log was last told
}

const (
	// burst is for how long the work that a flow finds may take longer than Wait until that is no burst any more, and for how long it
	// must not until it is over: the interval of CoDel (RFC 8289 §4.3).
	burst = 100 * time.Millisecond
	// leastTurn is the shortest turn: many times what passing it on costs.
	leastTurn = 100 * time.Microsecond
	// calm is for how long nothing may be shed until the operator is told that it is over.
	calm = 10 * time.Second
	// few is how many events that wait together are no overload, on all flows; leastWork is how many of a flow are judged at the least.
	few, leastWork = 64, 4
	// usualWait is Gate.Wait when it is not set.
	usualWait = 2 * time.Millisecond
)

// Shed answers an event at a glance, in the memory of into. It returns nil when the event has to be judged all the same.
func (g *Gate) Shed(e *nospim.Event, into *nospim.Verdict) *nospim.Verdict {
	v := g.glance(e, into)
	if v != nil {
		g.count(1, time.Now())
	}
	return v
}

func (g *Gate) glance(e *nospim.Event, into *nospim.Verdict) *nospim.Verdict {
	if g.Glance == nil || g.Spare != nil && g.Spare(e) {
		return nil
	}
	return g.Glance(e, into)
}

// count counts events that were shed until now and has the operator told, once.
func (g *Gate) count(n int64, now time.Time) {
	g.shed.Add(n)
	g.last.Store(now.UnixNano())
	if g.over.Load() || g.over.Swap(true) {
		return
	}
	g.logger().Warn("more arrives than can be judged; what is too much is answered without judging, degraded: overload")
	time.AfterFunc(calm, g.settle)
}

// settle tells the operator that it is over, or looks again.
func (g *Gate) settle() {
	if rest := calm - time.Since(time.Unix(0, g.last.Load())); rest > 0 {
		time.AfterFunc(rest, g.settle)
		return
	}
	g.over.Store(false)
	n := g.shed.Load()
	g.logger().Info("everything that arrives is judged again", "not_judged", n-g.told.Swap(n))
}

func (g *Gate) logger() *slog.Logger {
	if g.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return g.Log
}

// Overloaded reports whether more arrived than could be judged within the last ten seconds.
func (g *Gate) Overloaded() bool { return g != nil && g.over.Load() }

// Shedded is how many events were answered without judging.
func (g *Gate) Shedded() int64 {
	if g == nil {
		return 0
	}
	return g.shed.Load()
}

func (g *Gate) wait() time.Duration {
	if g.Wait > 0 {
		return g.Wait
	}
	return usualWait
}

// few is how many events that wait on one flow are no overload, however long they take.
func (g *Gate) few() int { return max(leastWork, few/int(max(g.busy.Load(), 1))) }

// turn is how long a flow may work until it is another's turn: all turns together take about half of Wait, so that what comes during a
// turn and is judged in the next is answered within Wait.
func (g *Gate) turn() time.Duration {
	wait, busy := g.wait()/2, max(g.busy.Load(), 1)
	return min(wait, max(leastTurn, wait*time.Duration(runtime.GOMAXPROCS(0))/time.Duration(busy)))
}
