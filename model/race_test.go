//go:build race

package model_test

// raceEnabled: with the race detector on, sync.Pool drops things on purpose, so allocations cannot be counted.
const raceEnabled = true
