package memory

import "unsafe"

// largePage is the size of a large page of memory.
const largePage = 2 << 20

// large makes a slice of n elements, on large pages where the system has them. What is looked up at random all over
// tens of megabytes costs twice as much on pages of 4 kB, because the processor has to look for the page first, and in a virtual
// machine twice. Nothing is occupied before it is used.
func large[T any](n int) []T {
	s := make([]T, n)
	if n == 0 {
		return s
	}
	first := unsafe.Pointer(unsafe.SliceData(s))                        //nolint:gosec // its bytes are only named to the system
	all := unsafe.Slice((*byte)(first), uintptr(n)*unsafe.Sizeof(s[0])) //nolint:gosec // the same
	if skip := -uintptr(first) % largePage; skip < uintptr(len(all)) {
		useLargePages(all[skip:])
	}
	return s
}

// parts makes many slices of n elements in one [large] piece.
func parts[T any](many, n int) [][]T {
	all, list := large[T](many*n), make([][]T, many)
	for i := range list {
		list[i] = all[i*n:][:n:n]
	}
	return list
}
