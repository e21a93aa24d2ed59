package rtbl

import (
	"context"
	"encoding/xml"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim/connect/xmpp/door"
)

// Keeper keeps lists over restarts and puts them in force.
type Keeper interface {
	// Fill puts items in the place of all of a list. After an error of items the old ones stay.
	Fill(ctx context.Context, list string, items iter.Seq2[Item, error]) error
	// Change takes items out of a list and then adds some.
	Change(ctx context.Context, list string, add []Item, gone []string) error
	// Note says when a list was last known to be right, unless synced is zero, and what the trouble is.
	Note(ctx context.Context, list string, synced time.Time, trouble string) error
}

// Feed is a node to follow.
type Feed struct {
	// List is what the keeper calls it.
	List string
	// Service is the address that has the node and alone may speak for it.
	Service jid.JID
	Node    string
	Type    Type
}

// Client follows lists. Its fields must not change while it does; make one with [NewClient].
type Client struct {
	me     jid.JID
	keeper Keeper
	resync time.Duration
	log    *slog.Logger
	feeds  []*feed
	stats  counts
}

var _ door.Part = (*Client)(nil)

// feed is a followed node.
type feed struct {
	Feed

	pushes chan push
	stale  chan struct{} // something was missed: all is to be read again
	broken string        // the trouble that was logged last
}

// push is what a service told of a node.
type push struct {
	items   []wireItem
	retract []string
	purge   bool
}

type counts struct{ pushes, forged, bad, syncs, failures atomic.Int64 }

// Stats are totals since the start.
type Stats struct {
	Pushes   int64 // believed
	Forged   int64 // from an address that has no node that is followed
	Bad      int64 // items that are none
	Syncs    int64 // nodes read whole
	Failures int64 // and not
}

// waitingPushes is how many pushes of a node wait at most while it is read; when more come, it is read once more.
const waitingPushes = 256

// NewClient makes a client that is called me and reads each node again after resync.
func NewClient(me jid.JID, feeds []Feed, keeper Keeper, resync time.Duration, log *slog.Logger) *Client {
	c := &Client{me: me, keeper: keeper, resync: resync, log: log}
	for _, f := range feeds {
		c.feeds = append(c.feeds, &feed{Feed: f, pushes: make(chan push, waitingPushes), stale: make(chan struct{}, 1)})
	}
	return c
}

// Stats returns the totals since the start.
func (c *Client) Stats() Stats {
	s := &c.stats
	return Stats{Pushes: s.pushes.Load(), Forged: s.forged.Load(), Bad: s.bad.Load(), Syncs: s.syncs.Load(), Failures: s.failures.Load()}
}

// Disco implements [door.Part]. Who follows has nothing to show.
func (*Client) Disco() (identities []door.Identity, features []string) { return nil, nil }

// Attend implements [door.Part]: it follows every feed until ctx ends.
func (c *Client) Attend(ctx context.Context, s *xmpp.Session) {
	var all sync.WaitGroup
	for _, f := range c.feeds {
		all.Go(func() { c.follow(ctx, s, f) })
	}
	all.Wait()
}

// event is a notification (XEP-0060 §7.1.2.1).
type event struct {
	Event *struct {
		Items struct {
			Node    string     `xml:"node,attr"`
			Items   []wireItem `xml:"item"`
			Retract []struct {
				ID string `xml:"id,attr"`
			} `xml:"retract"`
		} `xml:"items"`
		Purge  *eventNode `xml:"purge"`
		Delete *eventNode `xml:"delete"`
	} `xml:"http://jabber.org/protocol/pubsub#event event"`
}

type eventNode struct {
	Node string `xml:"node,attr"`
}

// Handle implements [door.Part]: notifications are its own, and are believed of the services that are followed alone.
func (c *Client) Handle(_ context.Context, in *door.Stanza) (xml.TokenReader, bool) {
	if in.Name != "message" || in.Type == "error" {
		return nil, false
	}
	if in.TooLarge {
		return nil, c.missed(in.From)
	}
	var e event
	if in.Decode(&e) != nil || e.Event == nil {
		return nil, false
	}
	node, p := e.push()
	known := false
	for _, f := range c.feeds {
		if !f.speaks(in.From) {
			continue
		}
		known = true
		if f.Node == node {
			c.stats.pushes.Add(1)
			f.tell(p)
		}
	}
	if !known {
		c.stats.forged.Add(1)
	}
	return nil, true
}

// push reads a notification.
func (e *event) push() (node string, p push) {
	v := e.Event
	switch {
	case v.Purge != nil:
		return v.Purge.Node, push{purge: true}
	case v.Delete != nil:
		return v.Delete.Node, push{purge: true}
	}
	p.items = v.Items.Items
	for _, r := range v.Items.Retract {
		p.retract = append(p.retract, r.ID)
	}
	return v.Items.Node, p
}

// missed has all that a service publishes read again: it said something that was too long to be read. It reports whether it is followed.
func (c *Client) missed(from string) (known bool) {
	for _, f := range c.feeds {
		if f.speaks(from) {
			known = true
			f.miss()
		}
	}
	return known
}

// speaks reports whether an address is the one that speaks for a feed.
func (f *feed) speaks(from string) bool {
	j, err := jid.Parse(from)
	return err == nil && j.Equal(f.Service)
}

// tell hands a push on. When too many wait, all is read again.
func (f *feed) tell(p push) {
	select {
	case f.pushes <- p:
	default:
		f.miss()
	}
}

func (f *feed) miss() {
	select {
	case f.stale <- struct{}{}:
	default: // it will be read again anyway
	}
}
