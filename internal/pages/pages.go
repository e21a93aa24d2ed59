// Package pages asks the system for large pages of memory, for programs that give it to [memory.Limits]: the memory itself imports
// nothing that reaches the system.
package pages

// size is how large a large page is.
const size = 2 << 20
