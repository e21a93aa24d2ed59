package memory

import "unsafe"

// large makes a slice of n elements in one piece, and has large pages asked for it: see [Limits.Pages]. Nothing is occupied before it
// is used.
func large[T any](n int, pages func([]byte)) []T {
	s := make([]T, n)
	if pages != nil && n > 0 {
		first := (*byte)(unsafe.Pointer(unsafe.SliceData(s)))      //nolint:gosec // its bytes are only named to the system
		pages(unsafe.Slice(first, uintptr(n)*unsafe.Sizeof(s[0]))) //nolint:gosec // the same
	}
	return s
}

// parts makes many slices of n elements in one [large] piece.
func parts[T any](many, n int, pages func([]byte)) [][]T {
	all, list := large[T](many*n, pages), make([][]T, many)
	for i := range list {
		list[i] = all[i*n:][:n:n]
	}
	return list
}
