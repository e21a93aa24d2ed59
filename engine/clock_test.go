package engine

import (
	"testing"
	"time"
)

// TestSteadyClock plays a clock that is set: what is set back within minutes is never shown, what stays is believed, and the machine's
// sleep, during which no time seems to pass, too.
func TestSteadyClock(t *testing.T) {
	start := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	wall, passed := start, time.Duration(0)
	at := map[time.Time]time.Duration{} // how much time has passed when the wall clock showed a time last
	c := steady(func() time.Time { at[wall] = passed; return wall })
	c.elapsed = func(from, to time.Time) time.Duration { return at[to] - at[from] }
	for i, s := range []struct {
		set, pass time.Duration // the clock is set by that much, then that much time passes
		want      time.Duration // what the clock then shows, from start
	}{
		{0, time.Second, time.Second},
		{10 * time.Second, time.Second, 12 * time.Second}, // too little to matter
		{24 * time.Hour, time.Minute, 62 * time.Second},   // set wrong: without the ten seconds, which were never asked for
		{0, time.Minute, 122 * time.Second},
		{-24 * time.Hour, time.Minute, 192 * time.Second}, // and back
		{-time.Hour, 5 * time.Minute, 482 * time.Second},
		{0, 5 * time.Minute, 782 * time.Second},
		{0, 5 * time.Minute, -time.Hour + 1092*time.Second}, // ten minutes: it stays
		{0, time.Hour, 1092 * time.Second},
		{8 * time.Hour, time.Second, 1093 * time.Second}, // it slept
		{0, 10 * time.Minute, 8*time.Hour + 1693*time.Second},
	} {
		wall = wall.Add(s.set + s.pass)
		passed += s.pass
		if got := c.now().Sub(start); got != s.want {
			t.Errorf("step %d: %v, want %v", i, got, s.want)
		}
	}
}
