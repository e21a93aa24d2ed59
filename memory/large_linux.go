package memory

import "syscall"

// useLargePages asks for large pages: see madvise(2), MADV_HUGEPAGE. It is advice, so an error changes nothing.
func useLargePages(b []byte) {
	if n := len(b) &^ (largePage - 1); n > 0 {
		_ = syscall.Madvise(b[:n], syscall.MADV_HUGEPAGE)
	}
}
