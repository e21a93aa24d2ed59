package pages

import (
	"syscall"
	"unsafe"
)

// Large asks for large pages for as much of b as they cover: see madvise(2), MADV_HUGEPAGE. It is advice, so an error changes nothing.
func Large(b []byte) {
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) % size //nolint:gosec // nothing is read through it
	if uintptr(len(b)) < skip+size {
		return
	}
	b = b[skip:]
	_ = syscall.Madvise(b[:len(b)&^(size-1)], syscall.MADV_HUGEPAGE)
}
