//go:build !linux

package pages

// Large does nothing where this program does not know how to ask.
func Large([]byte) {}
