package engine

import (
	"sync/atomic"
	"time"
)

// How far the wall clock may be off the time that has passed before it is taken for a jump, and how long a jump must last to be
// believed. A note from the future blinds what it is noted in until then, so a clock that somebody sets wrong and back within
// minutes must not reach the memory; one that stays where it jumped was wrong before, or the machine slept.
const (
	smallJump = time.Minute
	longJump  = 10 * time.Minute
)

// steadyClock is the wall clock without jumps that are taken back. It may be asked at once by many.
type steadyClock struct {
	wall func() time.Time
	// elapsed is how much time has passed between two times of wall, whatever anybody set the clock to in between.
	elapsed func(from, to time.Time) time.Duration

	base   atomic.Pointer[time.Time] // of wall, when it was last believed
	jumped atomic.Pointer[time.Time] // of wall, when it was first off; nil while it is not
}

// steady makes a clock steady. Times with a monotonic reading (time.Now) say how much time has passed; those without are believed.
func steady(wall func() time.Time) *steadyClock {
	c := &steadyClock{wall: wall, elapsed: func(from, to time.Time) time.Duration { return to.Sub(from) }}
	begin := wall()
	c.base.Store(&begin)
	return c
}

// now is the time by the wall clock, or while that has jumped, the time that it would show without.
func (c *steadyClock) now() time.Time {
	w, base, jumped := c.wall(), c.base.Load(), c.jumped.Load()
	expected := base.Round(0).Add(c.elapsed(*base, w))
	if off := w.Round(0).Sub(expected); off.Abs() <= smallJump {
		if jumped != nil {
			c.jumped.CompareAndSwap(jumped, nil)
		}
		return w
	}
	seen := w // w itself stays off the heap
	if jumped == nil {
		c.jumped.CompareAndSwap(nil, &seen)
		return expected
	}
	if c.elapsed(*jumped, w) < longJump {
		return expected
	}
	c.base.Store(&seen)
	c.jumped.CompareAndSwap(jumped, nil)
	return w
}
