package effort

import (
	"time"

	"golang.org/x/sys/unix"
)

// spent is the CPU time of this thread so far (clock_gettime(2), CLOCK_THREAD_CPUTIME_ID, which every kernel has).
func spent() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}
