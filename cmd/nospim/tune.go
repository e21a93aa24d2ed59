package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/nospim/nospim/config"
)

// What the collector is told when the environment says nothing. Most of the heap is the memory's tables, which stay; the rest
// is short-lived. While the tables are small, garbage may be as large as they are, for collecting it costs a tenth of judging;
// when they are full, about 90 MB live, the limit decides, and with 20 MB of program text that stays under 150 MB.
const (
	gcPercent   = 100
	memoryLimit = 120 << 20
)

// settleMemory gives back what starting needed: policy, filter and tables are made of much that is then thrown away, by the
// code of every library. What is kept to be used again, such as the buffers of 4 MB that migrations are read into, goes with the second
// collection.
func settleMemory() {
	runtime.GC()
	debug.FreeOSMemory()
}

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
