package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/xmpp/door"
	"github.com/nospim/nospim/connect/xmpp/rtbl"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/record"
)

// Where a list comes from.
const (
	originRTBL = "rtbl"
	originFile = "file"
)

// usualWeight is what a followed list counts for when the configuration says nothing.
const usualWeight = 0.6

// listParts are the parts of the door that follow and publish lists.
func (d *daemon) listParts() ([]door.Part, error) {
	c := d.config.Lists
	me, err := jid.Parse(d.config.Door.Name)
	if err != nil {
		return nil, fmt.Errorf("the door's name: %w", err)
	}
	_, feeds, err := followed(c.Services)
	if err != nil {
		return nil, err
	}
	d.rtbl = rtbl.NewClient(me, feeds, keeper{d.Store, d.Engine}, time.Duration(c.Resync), d.log)
	d.publisher = &rtbl.Publisher{Shelf: &shelf{store: d.Store}, Clear: c.Publish.Clear, Most: c.Publish.Subscribers, Log: d.log}
	return []door.Part{d.rtbl, d.publisher}, nil
}

// followed are the lists of services, as the store and as the client know them.
func followed(services []config.ListService) (heads []record.Feed, feeds []rtbl.Feed, err error) {
	for i := range services {
		s := &services[i]
		address, err := jid.Parse(s.Address)
		if err != nil {
			return nil, nil, fmt.Errorf("lists.services[%d].address: %w", i, err)
		}
		for _, n := range []struct {
			t    rtbl.Type
			name string
		}{{rtbl.Accounts, s.Accounts}, {rtbl.RoomBans, s.RoomBans}, {rtbl.Domains, s.Domains}, {rtbl.Addrs, s.Addrs}} {
			if n.name == config.None {
				continue
			}
			f := rtbl.Feed{Service: address, Node: cmp.Or(n.name, string(n.t)), Type: n.t}
			f.List = address.String() + "/" + f.Node
			feeds = append(feeds, f)
			heads = append(heads, record.Feed{
				Name: f.List, Kind: n.t.Kind(), Node: string(n.t), Weight: cmp.Or(s.Weight, usualWeight), Origin: originRTBL,
			})
		}
	}
	return heads, feeds, nil
}

// keepFollowed makes the store have the lists of these services, with the items that it knows of them, and of no others.
func keepFollowed(ctx context.Context, s record.Store, services []config.ListService) error {
	heads, _, err := followed(services)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, h := range heads {
		wanted[h.Name] = true
		if err := s.PutFeed(ctx, h, "nospim"); err != nil {
			return err
		}
	}
	all, err := s.Feeds(ctx)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Origin == originRTBL && !wanted[f.Name] {
			if err := s.RemoveFeed(ctx, f.Name, "nospim"); err != nil && !errors.Is(err, nospim.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// keeper keeps followed lists in the record store and tells the engine at once.
type keeper struct {
	store  record.Store
	engine *engine.Engine
}

func (k keeper) Fill(ctx context.Context, list string, items iter.Seq2[rtbl.Item, error]) error {
	_, err := k.store.FillFeed(ctx, list, func(yield func(record.FeedItem, error) bool) {
		for i, err := range items {
			if !yield(record.FeedItem(i), err) {
				return
			}
		}
	})
	k.engine.Nudge()
	return err
}

func (k keeper) Change(ctx context.Context, list string, add []rtbl.Item, gone []string) error {
	items := make([]record.FeedItem, len(add))
	for i := range add {
		items[i] = record.FeedItem(add[i])
	}
	err := k.store.ChangeFeed(ctx, list, items, gone)
	k.engine.Nudge()
	return err
}

func (k keeper) Note(ctx context.Context, list string, synced time.Time, trouble string) error {
	return k.store.NoteFeed(ctx, list, synced, trouble)
}

// shelf has what is published. The lists are read again when they changed.
type shelf struct {
	store record.Store

	mu       sync.Mutex
	revision int64
	entries  []nospim.ListEntry
}

func (s *shelf) Published(ctx context.Context) ([]nospim.ListEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	revision, err := s.store.Listed(ctx)
	if err != nil {
		return nil, err
	}
	if revision != s.revision {
		all, err := s.store.Lists(ctx)
		if err != nil {
			return nil, err
		}
		s.revision, s.entries = revision, nil
		for i := range all {
			if all[i].Publish {
				s.entries = append(s.entries, all[i])
			}
		}
	}
	now := time.Now()
	var current []nospim.ListEntry
	for i := range s.entries {
		if !s.entries[i].Over(now) {
			current = append(current, s.entries[i])
		}
	}
	return current, nil
}

func (s *shelf) Subscribers(ctx context.Context) (map[string][]string, error) {
	all, err := s.store.Subscribers(ctx)
	if err != nil {
		return nil, err
	}
	by := map[string][]string{}
	for _, one := range all {
		by[one.Node] = append(by[one.Node], one.Address)
	}
	return by, nil
}

func (s *shelf) Subscribe(ctx context.Context, node, address string, most int) error {
	return s.store.Subscribe(ctx, node, address, most, time.Now())
}

func (s *shelf) Unsubscribe(ctx context.Context, node, address string) error {
	return s.store.Unsubscribe(ctx, node, address)
}

// lists counts what was followed and published, and says how old each list is.
func (c collector) lists(s sample) {
	if c.d.rtbl == nil {
		return
	}
	st := c.d.rtbl.Stats()
	s.counter("nospim_lists_pushes_total", "Changes that followed services told.", st.Pushes)
	s.counter("nospim_lists_forged_total", "Changes told by addresses that are not followed: refused.", st.Forged)
	s.counter("nospim_lists_bad_items_total", "Items of followed lists that are none.", st.Bad)
	s.counter("nospim_lists_reads_total", "Followed lists that were read whole.", st.Syncs, "result", "ok")
	s.counter("nospim_lists_reads_total", "Followed lists that were read whole.", st.Failures, "result", "failed")
	s.counter("nospim_lists_told_total", "Changes of ours that subscribers were told.", c.d.publisher.Told())
	ctx, cancel := context.WithTimeout(context.Background(), healthWait)
	defer cancel()
	feeds, err := c.d.Store.Feeds(ctx)
	if err != nil {
		return // health says so
	}
	for i := range feeds {
		f := &feeds[i]
		s.gauge("nospim_list_items", "Items of a list from elsewhere.", float64(f.Items), "list", strings.ToValidUTF8(f.Name, ""))
		if !f.Synced.IsZero() {
			s.gauge("nospim_list_age_seconds", "How long ago a list from elsewhere was last known to be right.", time.Since(f.Synced).Seconds(), "list", strings.ToValidUTF8(f.Name, ""))
		}
	}
}
