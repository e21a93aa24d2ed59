package wire

import (
	"runtime"
	"time"

	"github.com/nospim/nospim"
)

// Flow is what arrives on one connection, for the goroutine that reads and judges it: Came when something was read after nothing was
// at hand, Shed for each event of it, Done when nothing is at hand any more, and at the end. What was found from Came to Done is work.
type Flow struct {
	gate    *Gate
	patient bool

	working  bool  // between Came and Done
	asked    int   // events of the work that were asked about
	shed     bool  // the rest of the work is answered at a glance
	answered int64 // events of the work that were
	shedding bool  // more arrives than can be judged

	verdict nospim.Verdict // of the last of them

	from  time.Time // when the second event of the work was asked about; the first has waited for none
	until time.Time // when the turn ends
	since time.Time // from when on all work took longer than the gate's Wait; zero when the last did not
	late  time.Time // when work last did
}

// NewFlow returns the flow of a new connection; the gate may be nil. What comes on a patient one is not live: it is read as fast as it
// is judged, and nothing of it is shed.
func NewFlow(g *Gate, patient bool) Flow { return Flow{gate: g, patient: patient} }

// Came begins work.
func (f *Flow) Came() {
	if f.gate != nil && !f.working {
		f.gate.busy.Add(1)
		f.working, f.asked, f.shed, f.answered, f.from = true, 0, false, 0, time.Time{}
	}
}

// Done ends the work. When it took its whole turn, others have theirs before Done returns.
func (f *Flow) Done() {
	if !f.working {
		return
	}
	f.working = false
	f.gate.busy.Add(-1)
	if f.from.IsZero() && f.since.IsZero() && !f.shedding { // one event, as most are
		return
	}
	now := time.Now()
	if f.answered > 0 {
		f.gate.count(f.answered, now)
	}
	switch {
	case f.shed || f.long(now):
		f.late = now
	default:
		f.since = time.Time{}
		f.shedding = f.shedding && now.Sub(f.late) < burst
	}
	if !f.from.IsZero() && now.After(f.until) {
		runtime.Gosched()
	}
}

// Sheds reports whether the rest of the work is answered at a glance, but for what has to be judged all the same.
func (f *Flow) Sheds() bool { return f.working && f.shed }

// Shed returns the answer to an event of the work that is not judged, valid until the next; nil when it is to be judged.
func (f *Flow) Shed(e *nospim.Event) *nospim.Verdict {
	if f.admit() {
		return nil
	}
	v := f.gate.glance(e, &f.verdict)
	if v != nil {
		f.answered++
	}
	return v
}

// Paused says that the work rested for as long, because the peer did not read its answers.
func (f *Flow) Paused(d time.Duration) {
	for _, t := range []*time.Time{&f.from, &f.until, &f.since} {
		if !t.IsZero() {
			*t = t.Add(d)
		}
	}
}

// admit reports whether the next event of the work is to be judged.
func (f *Flow) admit() bool {
	f.asked++
	switch {
	case f.gate == nil || f.asked == 1:
		return true
	case f.shed:
		return false
	}
	now := time.Now()
	switch {
	case f.from.IsZero():
		f.from = now
	case now.Before(f.until) || f.asked <= leastWork:
		return true
	case f.overdue(now):
		f.shed, f.shedding = true, true
		return false
	default:
		runtime.Gosched()
		now = time.Now()
	}
	f.until = now.Add(f.gate.turn())
	return true
}

// overdue reports whether what is left of the work, whose turn is over, has waited too long.
func (f *Flow) overdue(now time.Time) bool {
	return !f.patient && (f.shedding || f.long(now) && now.Sub(f.since) > burst)
}

// long reports whether the work has taken longer than Wait, and notes since when all work does. Few events are never long work: on a
// machine that is slow, or busy with something else, a few that wait for each other are no overload.
func (f *Flow) long(now time.Time) bool {
	if f.from.IsZero() || f.asked <= f.gate.few() || now.Sub(f.from) <= f.gate.wait() {
		return false
	}
	if f.since.IsZero() {
		f.since = f.from
	}
	return true
}
