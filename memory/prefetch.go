//go:build amd64 || arm64

package memory

import "unsafe"

// prefetch has the processor fetch what p points to into its cache. Unlike a read it waits for nothing, and it is no read to whoever
// writes there meanwhile.
func prefetch[T any](p *T) { fetch(unsafe.Pointer(p)) } //nolint:gosec // nothing is read or written through it

//go:noescape
func fetch(p unsafe.Pointer)
