//go:build !linux

package pages

// Large does nothing where this program does not know how to ask.
func Large([]byte) {}

// UnmapProgram does nothing where this program does not know how to.
func UnmapProgram() error { return nil }
