package wire_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// Times of the simulated connection: what judging an event takes, and what answering it at a glance does.
const (
	judging  = 20 * time.Microsecond
	glancing = 500 * time.Nanosecond
)

// told keeps what is logged.
type told struct{ strings.Builder }

func newGate(log *told) *wire.Gate {
	return &wire.Gate{
		Glance: func(e *nospim.Event, _ *nospim.Verdict) *nospim.Verdict {
			<-time.After(glancing)
			return &nospim.Verdict{EventID: e.ID, Degraded: []string{"overload"}}
		},
		Spare: func(e *nospim.Event) bool { return e.Kind == nospim.KindReport },
		Log:   slog.New(slog.NewTextHandler(log, nil)),
	}
}

// outcome is what came of the events of a simulated connection.
type outcome struct {
	judged, shed int
	waits        []time.Duration // of every answer
	took         time.Duration
}

func (o *outcome) worst(share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(o.waits))
	return sorted[int(share*float64(len(sorted)-1))]
}

// carry plays a connection on which events arrive at times from now on, in order, and counts the answers to those that arrived after
// the first part.
func carry(f *wire.Flow, first time.Duration, arrivals []time.Duration) (o outcome) {
	begun := time.Now()
	e := &nospim.Event{Kind: nospim.KindMessage}
	for i := 0; i < len(arrivals); {
		<-time.After(time.Until(begun.Add(arrivals[i])))
		f.Came()
		found := i // what is read at a time is what has arrived by then
		for now := time.Since(begun); found < len(arrivals) && arrivals[found] <= now; {
			found++
		}
		for ; i < found; i++ {
			v := f.Shed(e)
			if v == nil {
				<-time.After(judging)
			}
			if arrivals[i] < first {
				continue
			}
			o.waits = append(o.waits, time.Since(begun)-arrivals[i])
			if v == nil {
				o.judged++
			} else {
				o.shed++
			}
		}
		f.Done()
	}
	o.took = time.Since(begun) - first
	return o
}

// every returns the times of events that come evenly, from one time to another.
func every(period, from, to time.Duration) (all []time.Duration) {
	for at := from; at < to; at += period {
		all = append(all, at)
	}
	return all
}

// TestFlow plays loads on one connection: nothing is shed of what can be carried or is a burst; of twice of what can be, as much is
// judged as ever, and nobody waits.
func TestFlow(t *testing.T) {
	const second = time.Second
	burst := append(every(2*judging, 0, second), every(judging/10, second, second+4*time.Millisecond)...)
	for name, c := range map[string]struct {
		arrivals []time.Duration
		shed     [2]float64 // share, at least and at most
		goodput  float64    // of what one that does nothing but judge can, at least
		p99      time.Duration
	}{
		"half the load":        {every(2*judging, 0, second), [2]float64{0, 0}, 0, judging},
		"nearly all":           {every(judging*20/19, 0, second), [2]float64{0, 0}, 0, judging},
		"a burst":              {append(burst, every(2*judging, second+4*time.Millisecond, 2*second)...), [2]float64{0, 0}, 0, 80 * time.Millisecond},
		"a little too much":    {every(judging*10/11, 0, 2*second), [2]float64{0.05, 0.15}, 0.98, 5 * time.Millisecond},
		"twice the load":       {every(judging/2, 0, 2*second), [2]float64{0.48, 0.55}, 0.95, 2 * time.Millisecond},
		"ten times the load":   {every(judging/10, 0, second), [2]float64{0.88, 0.95}, 0.7, 5 * time.Millisecond},
		"then all that can be": {append(every(judging/2, 0, 400*time.Millisecond), every(judging*2, 400*time.Millisecond, 2*second)...), [2]float64{0, 0}, 0, judging},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log told
				g := newGate(&log)
				f := wire.NewFlow(g, false)
				o := carry(&f, 500*time.Millisecond, c.arrivals)
				share := float64(o.shed) / float64(o.shed+o.judged)
				if share < c.shed[0] || share > c.shed[1] {
					t.Errorf("%.3f were shed, want %v to %v", share, c.shed[0], c.shed[1])
				}
				if p99 := o.worst(0.99); p99 > c.p99 {
					t.Errorf("one in a hundred waited %v, want at most %v", p99, c.p99)
				}
				if peak := o.took.Seconds() / judging.Seconds(); float64(o.judged) < c.goodput*peak {
					t.Errorf("%d were judged, want %v of the %.0f at the peak", o.judged, c.goodput, peak)
				}
			})
		})
	}
}

// TestFlowOfFew: a peer that never has more than a few events wait for their answers is never shed, however slow the machine is.
func TestFlowOfFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(new(told))
		f := wire.NewFlow(g, false)
		for range 1000 {
			f.Came()
			for range 60 {
				if f.Shed(&nospim.Event{}) != nil {
					t.Fatal("shed")
				}
				<-time.After(10 * time.Millisecond)
			}
			f.Done()
		}
	})
}

// flooded makes a flow that sheds, in the middle of its work.
func flooded(t *testing.T, g *wire.Gate) *wire.Flow {
	t.Helper()
	f := wire.NewFlow(g, false)
	f.Came()
	for range 100_000 {
		if f.Shed(&nospim.Event{}) != nil {
			return &f
		}
		<-time.After(judging)
	}
	t.Fatal("nothing is shed")
	return nil
}

// TestGateSpares: what is spared is judged, and what has no answer at a glance; a patient flow and one without a gate shed nothing.
func TestGateSpares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(new(told))
		f := flooded(t, g)
		if f.Shed(&nospim.Event{Kind: nospim.KindReport}) != nil {
			t.Error("a report was shed")
		}
		if f.Shed(&nospim.Event{Kind: nospim.KindMessage}) == nil {
			t.Error("a message was judged")
		}
		g.Glance = func(*nospim.Event, *nospim.Verdict) *nospim.Verdict { return nil }
		if f.Shed(&nospim.Event{Kind: nospim.KindMessage}) != nil {
			t.Error("an answer out of nothing")
		}
		for name, f := range map[string]wire.Flow{"patient": wire.NewFlow(g, true), "without a gate": wire.NewFlow(nil, false)} {
			o := carry(&f, 0, every(judging/2, 0, 400*time.Millisecond))
			if o.shed > 0 {
				t.Errorf("%s: %d shed", name, o.shed)
			}
		}
		<-time.After(time.Minute) // until the gate has told that it is over
	})
}

// TestGateTellsOnce: the log hears of a flood once when it begins and once when it is over, with what it cost.
func TestGateTellsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log told
		g := newGate(&log)
		if g.Overloaded() {
			t.Error("overloaded before anything came")
		}
		f := wire.NewFlow(g, false)
		for range 3 { // floods with pauses
			carry(&f, 0, every(judging/2, 0, 400*time.Millisecond))
			if !g.Overloaded() {
				t.Error("not overloaded")
			}
			<-time.After(5 * time.Second)
		}
		<-time.After(10 * time.Second)
		synctest.Wait()
		if g.Overloaded() {
			t.Error("overloaded long after")
		}
		if n := strings.Count(log.String(), "\n"); n != 2 || strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), "not_judged=") {
			t.Errorf("%d lines, want two:\n%s", n, log.String())
		}
	})
}

// TestGuardGlance: a glance that panics has the event judged.
func TestGuardGlance(t *testing.T) {
	g := wire.NewGuard(nil, nil)
	if v := g.Glance(func(*nospim.Event) *nospim.Verdict { panic("no") }, &nospim.Event{}); v != nil || g.Panics() != 1 {
		t.Errorf("%v, %d panics", v, g.Panics())
	}
	want := &nospim.Verdict{}
	if v := g.Glance(func(*nospim.Event) *nospim.Verdict { return want }, &nospim.Event{}); v != want {
		t.Errorf("%v", v)
	}
}
