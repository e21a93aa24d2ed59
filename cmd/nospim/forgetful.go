package main

import (
	"context"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// What a store that keeps nothing says of what waits, and of its journal.

func (forgetful) Waiting(context.Context, record.WaitingFilter) ([]nospim.Waiting, error) {
	return nil, nil
}

func (forgetful) CountWaiting(context.Context) (int64, error) { return 0, nil }

func (forgetful) DecideWaiting(context.Context, record.WaitingDecision) (int, error) {
	return 0, nospim.ErrNotFound
}

func (forgetful) Unnoticed(context.Context, string, time.Time, int) ([]nospim.Waiting, error) {
	return nil, nil
}

func (forgetful) Noticed(context.Context, nospim.Waiting, time.Time) error { return nospim.ErrClosed }

func (forgetful) Mention(context.Context, string, string, string, time.Duration) (bool, error) {
	return false, nospim.ErrClosed
}

func (forgetful) News(context.Context, int64, int) ([]record.Audit, error) { return nil, nil }
func (forgetful) Bookmark(context.Context, string) (int64, error)          { return 0, nil }
func (forgetful) SetBookmark(context.Context, string, int64) error         { return nospim.ErrClosed }
