package main

import (
	"os"
	"runtime/debug"

	"github.com/nospim/nospim/config"
)

// What the collector is told when the environment says nothing. Most of the heap is the memory's tables, which stay; the rest
// is short-lived, so a smaller percentage than Go's 100 costs little and saves half the tables' size in garbage. With the
// memory's default bounds about 90 MB live when it is full; the limit and 20 MB of program text stay under 150 MB.
const (
	gcPercent   = 50
	memoryLimit = 120 << 20
)

// tuneMemory keeps the resident size small. GOGC and GOMEMLIMIT, when set, are left to themselves; a memory that is allowed
// to be larger is given no limit, for the collector would run all the time near one.
func tuneMemory(c config.Memory) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	if c == (config.Memory{}) {
		debug.SetMemoryLimit(memoryLimit)
	}
}
