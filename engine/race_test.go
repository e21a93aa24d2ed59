//go:build race

package engine_test

// raceEnabled: with the race detector on, sync.Pool drops things on purpose, so allocations cannot be counted.
const raceEnabled = true
