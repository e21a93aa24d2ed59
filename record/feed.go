package record

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Feed is a list from elsewhere: the node of a service that publishes lists, or a file that was imported. Its items may be millions,
// so they are kept packed, and are read and changed apart from it.
type Feed struct {
	// Name is unique: "rtbl.example/spam_source_ips", or what the operator called an import.
	Name string `json:"name"`
	// Kind is what all of its items name. Of accounts and domains it may also have hashes ([HashPrefix]).
	Kind nospim.ListKind `json:"kind"`
	// Allow and Service are as in nospim.ListEntry.
	Allow   bool   `json:"allow"`
	Service string `json:"service,omitempty"`
	// Node is what the feed is counted together with under a quorum: feeds of one node should have the same items. Empty is alone.
	Node string `json:"node,omitempty"`
	// Weight is what an item of it counts for, above 0 to 1.
	Weight float64 `json:"weight"`
	// Origin says where it comes from, for people: "rtbl", "file".
	Origin string `json:"origin"`
	// Items is how many there are. Synced is when all of them were last known to be right, zero for never; Trouble is why not since.
	Items   int64     `json:"items"`
	Synced  time.Time `json:"synced,omitzero"`
	Trouble string    `json:"trouble,omitempty"`
}

// HashPrefix stands before the hex digits of an item that is the SHA-256 of a value in its normal form.
const HashPrefix = "sha256:"

// FeedItem is an item of a feed.
type FeedItem struct {
	// Value is in the normal form of the feed's kind, of at most [MaxFeedValue] bytes, without line breaks.
	Value string
	// Strangers says that the feed advises to stop this one's first contacts only.
	Strangers bool
}

// MaxFeedValue bounds an item, in bytes.
const MaxFeedValue = nospim.MaxLink

// Validate checks an item's value. The error is a nospim.InputError.
func (i *FeedItem) Validate() error {
	switch {
	case i.Value == "":
		return &nospim.InputError{Field: "value", Problem: "is empty"}
	case len(i.Value) > MaxFeedValue:
		return &nospim.InputError{Field: "value", Problem: "is too long", Limit: MaxFeedValue, TooLarge: true}
	case strings.ContainsAny(i.Value, "\n\r\x00"):
		return &nospim.InputError{Field: "value", Problem: "has a line break or a NUL"}
	}
	return nil
}

// FeedChange says what changed in a feed: Item came, or went when Gone is set; or all of it may have, when Whole is set.
type FeedChange struct {
	Feed        string
	Item        FeedItem
	Gone, Whole bool
}

// Feeds is the part of a [Store] that keeps lists from elsewhere.
type Feeds interface {
	// Feeds returns all feeds, by name.
	Feeds(ctx context.Context) ([]Feed, error)
	// PutFeed makes a feed without items, or changes all of one but its items, Items, Synced and Trouble. Audited when it changes
	// something.
	PutFeed(ctx context.Context, f Feed, by string) error
	// RemoveFeed removes a feed with its items; nospim.ErrNotFound when there is none. Audited.
	RemoveFeed(ctx context.Context, name, by string) error
	// NoteFeed says when a feed was last known to be right, unless synced is zero, and what the trouble is.
	NoteFeed(ctx context.Context, name string, synced time.Time, trouble string) error
	// FillFeed puts items in the place of all of a feed, and returns how many different ones there are. They may come in any order and
	// repeatedly; of a value that comes with and without Strangers, it is without. Memory is bounded however many there are. Readers see
	// the old items or the new ones. An error of items, or an item that is not valid, leaves the old ones. nospim.ErrConflict: somebody
	// else fills it at the same time. nospim.ErrNotFound: there is no such feed.
	FillFeed(ctx context.Context, name string, items iter.Seq2[FeedItem, error]) (int64, error)
	// ChangeFeed takes items out of a feed and then adds some. Taking out what is not there is no error.
	ChangeFeed(ctx context.Context, name string, add []FeedItem, gone []string) error
	// ScanFeed calls fn for each item of a feed in the order of values, as it was at one moment, until fn errs.
	ScanFeed(ctx context.Context, name string, fn func(FeedItem) error) error
	// FeedChanges returns what changed in feeds after a moment, and the moment until which it looked; what happens later is told by the
	// next call. When it is not known any more, or since is 0, every feed is told to be whole new. A feed that is gone is not told.
	FeedChanges(ctx context.Context, since int64) (changes []FeedChange, at int64, err error)
}

// Subscriber is an address that is told of what is published at a node, since when.
type Subscriber struct {
	Node, Address string
	Since         time.Time
}

// Subscribers is the part of a [Store] that keeps who is told of what is published.
type Subscribers interface {
	// Subscribers returns all, by node and address.
	Subscribers(ctx context.Context) ([]Subscriber, error)
	// Subscribe adds one, or renews it; nospim.ErrTooLarge when there would be more than most of all nodes.
	Subscribe(ctx context.Context, node, address string, most int, now time.Time) error
	// Unsubscribe removes one; nospim.ErrNotFound when there is none.
	Unsubscribe(ctx context.Context, node, address string) error
}
