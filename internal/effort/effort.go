// Package effort measures work, for tests of how it grows: what else the machine does at the same time changes how long something takes,
// and hardly what it costs.
package effort

import (
	"runtime"
	"time"
)

// Of returns how much CPU time f takes: that of the thread on which it runs, so not that of goroutines it starts. Where a thread's time is
// not known (elsewhere than on Linux) it is how long f takes.
func Of(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun := spent()
	f()
	return spent() - begun
}

// Least returns the least of several times: what is left in one are caches that others emptied.
func Least(times int, f func()) time.Duration {
	least := Of(f)
	for range times - 1 {
		least = min(least, Of(f))
	}
	return least
}
