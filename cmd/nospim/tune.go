package main

import (
	"os"
	"runtime/debug"
)

// What the collector is told when the environment says nothing. Most of the heap is the memory's tables, which stay; the rest
// is short-lived. A smaller percentage than Go's 100 costs little then, and saves half the tables' size in garbage.
const gcPercent = 50

// tuneMemory keeps the resident size small. GOGC and GOMEMLIMIT, when set, are left to themselves.
func tuneMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
