package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/internal/pages"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record"
)

// lab is an engine to try things in: always enforcing, in memory, without a clock, with a fixed salt. The same events make
// the same verdicts on every run.
type lab struct {
	engine *engine.Engine
	policy *policy.Policy
	// from says where the policy came from: a file, or "default".
	from string
}

// labFlags say which policy a lab is made with.
type labFlags struct {
	places

	policy string
}

func (f *labFlags) register(c *cobra.Command) {
	f.flags(c)
	c.Flags().StringVarP(&f.policy, "policy", "p", "", "policy `file`; without it the installed one, or else the default")
}

// open makes a lab with the policy that is named, else the installed one, else the default one.
func (f *labFlags) open(ctx context.Context, lists []nospim.ListEntry) (*lab, error) {
	file, err := f.file()
	if err != nil {
		return nil, err
	}
	p, err := loadPolicyOr(file)
	if err != nil {
		return nil, err
	}
	return newLab(ctx, p, cmp.Or(file, "default"), lists)
}

// file returns the policy file that is meant; empty for the default one.
func (f *labFlags) file() (string, error) {
	if f.policy != "" {
		return f.policy, nil
	}
	c, err := f.load()
	if err != nil {
		return "", err
	}
	switch _, err := os.Stat(c.Policy); {
	case err == nil:
		return c.Policy, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	default:
		return "", fmt.Errorf("looking for the policy: %w", err)
	}
}

func newLab(ctx context.Context, p *policy.Policy, from string, lists []nospim.ListEntry) (*lab, error) {
	p = p.Enforced()
	m, err := model.Shipped()
	if err != nil {
		return nil, err
	}
	e, err := engine.New(ctx, engine.Config{
		Memory: memory.New(memory.Limits{Pages: pages.Large}), Records: forgetful{lists: lists}, Policy: p, Detectors: detect.All(m),
	})
	if err != nil {
		return nil, err
	}
	return &lab{engine: e, policy: p, from: from}, nil
}

// forgetful is a record store that keeps nothing but the lists that it was made with.
type forgetful struct {
	noFeeds
	lists []nospim.ListEntry
}

var _ record.Store = forgetful{}

// standing is the Commit of a record that stands as it was given.
type standing struct{ r *nospim.Record }

func (s standing) Wait(context.Context) (*nospim.Record, error) { return s.r, nil }

func (forgetful) Keep(r *nospim.Record) record.Commit { return standing{r} }
func (forgetful) Append(*nospim.Record)               {}
func (forgetful) Flush(context.Context) error         { return nil }

func (forgetful) Scan(context.Context, time.Time, func(*nospim.Record) error) error { return nil }

func (forgetful) Get(context.Context, string, string) (*nospim.Record, error) {
	return nil, nospim.ErrNotFound
}

func (forgetful) Held(context.Context, record.HeldFilter) ([]nospim.Held, error) { return nil, nil }

func (forgetful) Settle(context.Context, string, nospim.HoldState, string, string) error {
	return nospim.ErrNotFound
}

func (forgetful) Orders(context.Context, string, string) ([]nospim.Order, error) { return nil, nil }
func (forgetful) Ack(context.Context, string, string) error                      { return nil }

func (f forgetful) Lists(context.Context) ([]nospim.ListEntry, error) { return f.lists, nil }

func (forgetful) Listed(context.Context) (int64, error) { return 0, nil }

func (forgetful) PutList(context.Context, nospim.ListEntry) error { return nospim.ErrClosed }
func (forgetful) RemoveList(context.Context, nospim.ListEntry, string) error {
	return nospim.ErrNotFound
}

func (forgetful) Lease(context.Context, string, string, time.Time, time.Time) (bool, error) {
	return true, nil
}

func (forgetful) Teach(context.Context, *record.Example) error { return nospim.ErrClosed }

func (forgetful) Examples(context.Context, string) ([]record.Example, error) { return nil, nil }

func (forgetful) Taught(context.Context) (int64, error) { return 0, nil }

func (forgetful) Unlearn(context.Context, string, int64, string, string) (int64, error) {
	return 0, nil
}

func (forgetful) Audit(context.Context, time.Time) ([]record.Audit, error) { return nil, nil }

func (forgetful) Expire(context.Context, time.Time, time.Duration, time.Duration, time.Duration) (int64, error) {
	return 0, nil
}

func (forgetful) PutLabel(context.Context, record.Labelling) error   { return nospim.ErrClosed }
func (forgetful) Labels(context.Context) ([]record.Labelling, error) { return nil, nil }

func (forgetful) Revision(context.Context) (int64, error) { return 0, nil }
func (forgetful) Salt(context.Context) ([16]byte, error)  { return [16]byte{}, nil }
func (forgetful) Close() error                            { return nil }

func (forgetful) Challenge(context.Context, *nospim.Trial) (bool, error) { return false, nil }

func (forgetful) FindChallenge(context.Context, string) (*nospim.Trial, error) {
	return nil, nospim.ErrNotFound
}

func (forgetful) OpenChallenge(context.Context, string, string, string, time.Time) (*nospim.Trial, error) {
	return nil, nospim.ErrNotFound
}

func (forgetful) TryChallenge(context.Context, string, int) error { return nospim.ErrNotFound }

func (forgetful) PassChallenge(context.Context, string, time.Time, time.Time) error {
	return nospim.ErrNotFound
}
