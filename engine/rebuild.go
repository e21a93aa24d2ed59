package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
)

// relearn is how far back the memory is rebuilt from records when there is no snapshot.
const relearn = 24 * time.Hour

// errEnough ends the rebuild's scan.
var errEnough = errors.New("enough")

// rebuild makes the memory as it was: the snapshot, then the records kept since. Notes are idempotent by event, so an overlap
// between the two does no harm. A snapshot that cannot be read is reported and passed over: everything is relearned.
func (e *Engine) rebuild(ctx context.Context) error {
	since := time.Time{}
	if e.clock != nil {
		since = e.clock().Add(-relearn)
	}
	if e.snapshot != "" && e.clock != nil {
		known, err := e.restore()
		switch {
		case err == nil:
			since = known
		case !errors.Is(err, fs.ErrNotExist):
			e.log.Warn("the memory's snapshot cannot be read; relearning from records", "err", err)
		}
	}
	s := new(scratch)
	pl := e.plan.Load()
	err := e.records.Scan(ctx, since, func(r *nospim.Record) error {
		if ctx.Err() != nil {
			return errEnough
		}
		s.remember(e, pl, r)
		v := r.Verdict
		s.note.Verdict = &v
		e.memory.Note(&s.note)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("relearning from records: %w", err)
	}
	return ctx.Err()
}

// restore reads the snapshot and returns up to when it knows all records.
func (e *Engine) restore() (time.Time, error) {
	f, err := os.Open(e.snapshot)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	if err := e.memory.Restore(f); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// behind is how long after a record's time its notes may be missing in a snapshot that is taken while events are judged.
const behind = 2 * time.Second

// save writes the snapshot beside the old one and then in its place. It knows what was received more than lag ago.
func (e *Engine) save(lag time.Duration) error {
	if e.snapshot == "" || e.clock == nil {
		return nil
	}
	known := e.clock().Add(-lag)
	f, err := os.CreateTemp(filepath.Dir(e.snapshot), ".memory-*")
	if err != nil {
		return fmt.Errorf("making the memory's snapshot: %w", err)
	}
	defer os.Remove(f.Name())
	if err = e.memory.Snapshot(f); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chtimes(f.Name(), known, known)
	}
	if err == nil {
		err = os.Rename(f.Name(), e.snapshot)
	}
	if err != nil {
		return fmt.Errorf("writing the memory's snapshot: %w", err)
	}
	return nil
}

// loadLists reads the operator's lists into an index.
func (e *Engine) loadLists(ctx context.Context) error {
	entries, err := e.records.Lists(ctx)
	if err != nil {
		return fmt.Errorf("reading the lists: %w", err)
	}
	e.lists.Store(detect.NewIndex(entries))
	return nil
}
