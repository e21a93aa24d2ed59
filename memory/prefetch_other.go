//go:build !amd64 && !arm64

package memory

// prefetch does nothing where this program does not know how to ask.
func prefetch[T any](*T) {}
