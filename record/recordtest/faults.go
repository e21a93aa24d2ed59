package recordtest

import (
	"errors"
	"sync"
)

// Committer stands between a store and its commits: it calls commit, or not, and returns what the store is to believe.
type Committer func(commit func() error) error

// Fault is a way in which a commit breaks. Both look the same to the store.
type Fault string

// The faults.
const (
	NotPersisted Fault = "failed and not persisted"
	Persisted    Fault = "failed but persisted"
)

// ErrBroken is what a broken commit returns.
var ErrBroken = errors.New("broken on purpose")

// Faults breaks and holds commits. The zero Faults lets all pass. It may be used by several goroutines.
type Faults struct {
	mu      sync.Mutex
	next    []Fault
	commits int
	arrived chan struct{} // a commit has come to the gate
	gate    chan struct{} // what it waits for
}

// Commit is the Committer.
func (f *Faults) Commit(commit func() error) error {
	f.mu.Lock()
	f.commits++
	var fault Fault
	if len(f.next) > 0 {
		fault, f.next = f.next[0], f.next[1:]
	}
	arrived, gate := f.arrived, f.gate
	f.arrived = nil
	f.mu.Unlock()

	if arrived != nil {
		close(arrived)
	}
	if gate != nil {
		<-gate
	}
	if fault == NotPersisted {
		return ErrBroken
	}
	err := commit()
	if fault == Persisted {
		return errors.Join(err, ErrBroken)
	}
	return err
}

// Break breaks the next commits, each in its way.
func (f *Faults) Break(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append([]Fault(nil), faults...)
}

// Broken reports whether every fault that was asked for has happened.
func (f *Faults) Broken() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.next) == 0
}

// Commits returns how many commits there were.
func (f *Faults) Commits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.commits
}

// Hold makes every commit wait. Arrived is closed when the first one waits; release lets all go on.
func (f *Faults) Hold() (arrived <-chan struct{}, release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, gate := make(chan struct{}), make(chan struct{})
	f.arrived, f.gate = a, gate
	return a, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.arrived, f.gate = nil, nil
		close(gate)
	}
}
