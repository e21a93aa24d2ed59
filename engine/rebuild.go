package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// relearn is how far back the memory is rebuilt from records when there is no snapshot.
const relearn = 24 * time.Hour

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
		if err := ctx.Err(); err != nil {
			return err
		}
		s.remember(e, pl, r)
		s.found(&r.Verdict)
		s.label(r.Verdict.Labels, e.seed)
		s.note.Verdict = own(&r.Verdict, pl.policy.Hash())
		e.memory.Note(&s.note)
		return nil
	})
	if err != nil {
		return fmt.Errorf("relearning from records: %w", err)
	}
	return nil
}

// own copies a verdict out of a record that is valid during the scan's call only: the next record is read into the same
// slices, and its strings are parts of much larger ones. Verdicts under the policy in force share its hash.
func own(v *nospim.Verdict, hash string) *nospim.Verdict {
	c := disown(v, new([]byte))
	c.Campaign, c.Harm, c.Tip = strings.Clone(v.Campaign), strings.Clone(v.Harm), strings.Clone(v.Tip)
	if c.Policy = hash; v.Policy != hash {
		c.Policy = strings.Clone(v.Policy)
	}
	for i := range c.Signals {
		g := &c.Signals[i]
		g.Symbol, g.Why = strings.Clone(g.Symbol), strings.Clone(g.Why)
		for j := range g.Entities {
			g.Entities[j].Kind = nospim.EntityKind(strings.Clone(string(g.Entities[j].Kind)))
		}
	}
	for i := range c.Labels {
		l := &c.Labels[i]
		l.Name, l.Entity.Kind = strings.Clone(l.Name), nospim.EntityKind(strings.Clone(string(l.Entity.Kind)))
	}
	for i := range c.Degraded {
		c.Degraded[i] = strings.Clone(c.Degraded[i])
	}
	return c
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
