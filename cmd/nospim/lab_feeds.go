package main

import (
	"context"
	"iter"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// noFeeds is the part of a store that keeps no lists from elsewhere and tells nobody of ours.
type noFeeds struct{}

func (noFeeds) Feeds(context.Context) ([]record.Feed, error)                        { return nil, nil }
func (noFeeds) PutFeed(context.Context, record.Feed, string) error                  { return nospim.ErrClosed }
func (noFeeds) RemoveFeed(context.Context, string, string) error                    { return nospim.ErrNotFound }
func (noFeeds) NoteFeed(context.Context, string, time.Time, string) error           { return nospim.ErrNotFound }
func (noFeeds) ScanFeed(context.Context, string, func(record.FeedItem) error) error { return nil }

func (noFeeds) FillFeed(context.Context, string, iter.Seq2[record.FeedItem, error]) (int64, error) {
	return 0, nospim.ErrNotFound
}

func (noFeeds) ChangeFeed(context.Context, string, []record.FeedItem, []string) error {
	return nospim.ErrNotFound
}

func (noFeeds) FeedChanges(context.Context, int64) ([]record.FeedChange, int64, error) {
	return nil, 0, nil
}

func (noFeeds) Subscribers(context.Context) ([]record.Subscriber, error) { return nil, nil }

func (noFeeds) Subscribe(context.Context, string, string, int, time.Time) error {
	return nospim.ErrClosed
}

func (noFeeds) Unsubscribe(context.Context, string, string) error { return nospim.ErrNotFound }
