package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/record"
)

// loadLists reads the operator's lists into an index, if they changed.
func (e *Engine) loadLists(ctx context.Context) error {
	now, err := e.records.Listed(ctx)
	if err != nil {
		return fmt.Errorf("reading the lists: %w", err)
	}
	if e.lists.Load() != nil && now == e.listed {
		return nil
	}
	entries, err := e.records.Lists(ctx)
	if err != nil {
		return fmt.Errorf("reading the lists: %w", err)
	}
	e.lists.Store(detect.NewIndex(append(entries, e.always...)))
	e.listed = now
	return nil
}

// known are the lists from elsewhere as they were last read. Only New and Run's goroutine touch them.
type known struct {
	quorum detect.Quorum
	at     int64 // until when changes were read
	feeds  map[string]*detect.Feed
}

// loadFeeds takes over what changed in lists from elsewhere: item by item, or a whole list where all of it may have changed.
func (e *Engine) loadFeeds(ctx context.Context) error {
	k := &e.known
	changes, at, err := e.records.FeedChanges(ctx, k.at)
	if err != nil {
		return fmt.Errorf("reading lists from elsewhere: %w", err)
	}
	if e.feeds.Load() != nil && at == k.at {
		return nil
	}
	heads, err := e.records.Feeds(ctx)
	if err != nil {
		return fmt.Errorf("reading lists from elsewhere: %w", err)
	}
	items, whole := sortChanges(changes)
	feeds := make(map[string]*detect.Feed, len(heads))
	for i := range heads {
		h := &heads[i]
		f := k.feeds[h.Name]
		switch about := aboutFeed(h); {
		case f == nil || whole[h.Name] || f.Kind != h.Kind:
			if f, err = e.readFeed(ctx, about); err != nil {
				return err
			}
		case len(items[h.Name]) > 0 || f.About != about:
			f = f.With(items[h.Name])
			f.About = about
		}
		feeds[h.Name] = f
	}
	k.at, k.feeds = at, feeds
	all := make([]*detect.Feed, 0, len(feeds))
	for _, name := range slices.Sorted(maps.Keys(feeds)) {
		all = append(all, feeds[name])
	}
	e.feeds.Store(detect.NewFeeds(all, k.quorum))
	return nil
}

// sortChanges gathers changes by list.
func sortChanges(changes []record.FeedChange) (items map[string][]detect.FeedChange, whole map[string]bool) {
	items, whole = map[string][]detect.FeedChange{}, map[string]bool{}
	for _, c := range changes {
		if c.Whole {
			whole[c.Feed] = true
			continue
		}
		items[c.Feed] = append(items[c.Feed], detect.FeedChange{Value: c.Item.Value, Strangers: c.Item.Strangers, Gone: c.Gone})
	}
	return items, whole
}

func aboutFeed(f *record.Feed) detect.About {
	return detect.About{
		Name: f.Name, Kind: f.Kind, Allow: f.Allow, Service: f.Service, Node: f.Node, Weight: f.Weight, Carried: f.Items > 0 || !f.Synced.IsZero(),
	}
}

// readFeed reads a list whole. What changes in it meanwhile may be read already; it is told again by the next changes, which does no harm.
func (e *Engine) readFeed(ctx context.Context, about detect.About) (*detect.Feed, error) {
	f, err := detect.NewFeed(about, func(add func(string, bool)) error {
		return e.records.ScanFeed(ctx, about.Name, func(i record.FeedItem) error {
			add(i.Value, i.Strangers)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading a list from elsewhere: %w", err)
	}
	return f, nil
}
