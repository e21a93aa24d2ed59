package rtbl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/door"
)

// Shelf is where what operators publish is kept, and who is told of it.
type Shelf interface {
	// Published returns the entries that are published now.
	Published(ctx context.Context) ([]nospim.ListEntry, error)
	// Subscribers returns the addresses that are told, by node.
	Subscribers(ctx context.Context) (map[string][]string, error)
	// Subscribe adds one, or renews it; nospim.ErrTooLarge when there would be more than most of all nodes.
	Subscribe(ctx context.Context, node, address string, most int) error
	// Unsubscribe removes one; nospim.ErrNotFound when there is none.
	Unsubscribe(ctx context.Context, node, address string) error
}

// Publisher publishes what operators condemned, for anybody. Its fields must not change while it does.
//
// Accounts and whole domains are published as hashes: who has an address can ask whether it is listed, nobody reads from the list whom
// its users had to do with. Addresses and domains in clear are published when Clear is set.
type Publisher struct {
	Shelf Shelf
	Clear bool
	// Most is how many subscriptions there may be.
	Most int
	Log  *slog.Logger

	mu    sync.Mutex
	nodes nodes
	sent  atomic.Int64
}

var _ door.Part = (*Publisher)(nil)

// nodes are the ids of the items of each node, sorted. They never change.
type nodes map[Type][]string

// Limits. What is asked for without pages is answered up to mostWhole, which a server's limit for a stanza lets pass. A notification has
// up to mostTold items. One domain may have so many subscriptions that nobody else is kept out by it.
const (
	refreshEvery = 200 * time.Millisecond
	mostPage     = 500
	mostWhole    = 1500
	mostTold     = 100
	mostOfDomain = 16
)

// Told is how many notifications were sent since the start.
func (p *Publisher) Told() int64 { return p.sent.Load() }

// Disco implements [door.Part].
func (p *Publisher) Disco() (identities []door.Identity, features []string) {
	features = []string{nsPubsub, nsRSM}
	for _, f := range []string{"retrieve-items", "subscribe", "retrieve-subscriptions", "retract-items", "persistent-items", "access-open"} {
		features = append(features, nsPubsub+"#"+f)
	}
	return []door.Identity{{Category: "pubsub", Type: "service"}}, features
}

// Attend implements [door.Part]: it tells subscribers what came and what went, until ctx ends.
func (p *Publisher) Attend(ctx context.Context, s *xmpp.Session) {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		if err := p.refresh(ctx, s); err != nil && ctx.Err() == nil {
			p.Log.Error("what is published could not be told", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// refresh reads what is published now and tells subscribers the difference.
func (p *Publisher) refresh(ctx context.Context, s *xmpp.Session) error {
	entries, err := p.Shelf.Published(ctx)
	if err != nil {
		return fmt.Errorf("reading what is published: %w", err)
	}
	now := p.nodesOf(entries)
	p.mu.Lock()
	before := p.nodes
	p.nodes = now
	p.mu.Unlock()
	if before == nil || maps.EqualFunc(before, now, slices.Equal) {
		return nil // what changed while nospim was away, subscribers read for themselves
	}
	told, err := p.Shelf.Subscribers(ctx)
	if err != nil {
		return fmt.Errorf("reading the subscribers: %w", err)
	}
	for _, t := range Types() {
		come, gone := difference(before[t], now[t])
		if err := p.tell(ctx, s, t, told[string(t)], come, gone); err != nil {
			return err
		}
	}
	return nil
}

// nodesOf sorts entries into nodes.
func (p *Publisher) nodesOf(entries []nospim.ListEntry) nodes {
	n := nodes{}
	for i := range entries {
		e := &entries[i]
		if !e.Publish || e.Allow || e.Secret() {
			continue
		}
		switch domain, whole := strings.CutPrefix(e.Value, "*@"); {
		case e.Kind == nospim.ListAccount && whole:
			n[RoomBans] = append(n[RoomBans], hash(domain))
			if p.Clear {
				n[Domains] = append(n[Domains], domain)
			}
		case e.Kind == nospim.ListAccount:
			n[Accounts] = append(n[Accounts], hash(e.Value))
			n[RoomBans] = append(n[RoomBans], hash(e.Value))
		case e.Kind == nospim.ListAddr && p.Clear:
			n[Addrs] = append(n[Addrs], e.Value)
		}
	}
	for t, ids := range n {
		slices.Sort(ids)
		n[t] = slices.Compact(ids)
	}
	return n
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// difference of two sorted lists.
func difference(before, now []string) (come, gone []string) {
	for _, id := range now {
		if _, had := slices.BinarySearch(before, id); !had {
			come = append(come, id)
		}
	}
	for _, id := range before {
		if _, has := slices.BinarySearch(now, id); !has {
			gone = append(gone, id)
		}
	}
	return come, gone
}

// tell sends notifications (XEP-0060 §7.1.2.1, §7.2.2.1).
func (p *Publisher) tell(ctx context.Context, s *xmpp.Session, t Type, subscribers, come, gone []string) error {
	for _, part := range []struct {
		ids  []string
		item func(id string) xml.TokenReader
	}{{gone, retracted}, {come, item}} {
		for ids := range slices.Chunk(part.ids, mostTold) {
			for _, address := range subscribers {
				to, err := jid.Parse(address)
				if err != nil {
					continue
				}
				var all []xml.TokenReader
				for _, id := range ids {
					all = append(all, part.item(id))
				}
				event := door.Element(nsEvent, "event", nil, door.Element("", "items", door.Attrs{"node": string(t)}, all...))
				if err := s.Send(ctx, stanza.Message{To: to, From: s.LocalAddr(), Type: stanza.HeadlineMessage}.Wrap(event)); err != nil {
					return fmt.Errorf("telling a subscriber: %w", err)
				}
				p.sent.Add(1)
			}
		}
	}
	return nil
}

func retracted(id string) xml.TokenReader {
	return door.Element("", "retract", door.Attrs{"id": id})
}

func item(id string) xml.TokenReader {
	return door.Element("", "item", door.Attrs{"id": id}, door.Element(nsReport, "report", door.Attrs{"reason": "urn:xmpp:reporting:spam"}))
}

// current are the nodes; before the first connection they are read.
func (p *Publisher) current(ctx context.Context) (nodes, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.nodes == nil {
		entries, err := p.Shelf.Published(ctx)
		if err != nil {
			return nil, err
		}
		p.nodes = p.nodesOf(entries)
	}
	return p.nodes, nil
}

// served are the nodes that there are.
func (p *Publisher) served() []Type {
	if p.Clear {
		return Types()
	}
	return []Type{RoomBans, Accounts}
}
