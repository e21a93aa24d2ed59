package detect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"github.com/nospim/nospim"
)

// Hashed stands before the hex digits of an item that is the SHA-256 of a value in its normal form.
const Hashed = "sha256:"

// About is what is known of a list from elsewhere beside its items.
type About struct {
	Name string
	Kind nospim.ListKind
	// Allow and Service are as in nospim.ListEntry.
	Allow   bool
	Service string
	// Node is what the list is counted together with under a quorum; empty is alone. Carried says that the list was seen whole once: one
	// that was not, does not count there.
	Node    string
	Carried bool
	// Weight is what an item counts for, above 0 to 1.
	Weight float64
}

// Feed is a list from elsewhere: of its items, only hashes are kept. It never changes.
type Feed struct {
	About
	// all are those to stop whoever they write to, strangers those whose first contacts alone are to be stopped.
	all, strangers Set
	// hashed says that there are hashed items; bits are the prefix lengths that occur, for IPv4 and IPv6.
	hashed bool
	bits   [2][]int
}

// FeedChange is an item that came, or went.
type FeedChange struct {
	Value           string
	Strangers, Gone bool
}

// feedSeed is what the hashes of items are seeded with: others cannot know which values collide in this process.
var feedSeed = maphash.MakeSeed()

// NewFeed makes a feed of the items that each passes to its argument. A value must be in the normal form of the feed's kind
// ([ParseEntry]), or [Hashed] and 64 hex digits.
func NewFeed(a About, each func(add func(value string, strangers bool)) error) (*Feed, error) {
	f := &Feed{About: a}
	var all, strangers []uint64
	err := each(func(value string, soft bool) {
		key, ok := f.key(value)
		switch {
		case ok && soft:
			strangers = append(strangers, key)
		case ok:
			all = append(all, key)
		}
	})
	if err != nil {
		return nil, err
	}
	f.all, f.strangers = NewSet(all), NewSet(strangers)
	return f, nil
}

// Len is how many items there are.
func (f *Feed) Len() int { return f.all.Len() + f.strangers.Len() }

// With returns the feed with changes, in their order.
func (f *Feed) With(changes []FeedChange) *Feed {
	changed := *f
	changed.bits = [2][]int{slices.Clone(f.bits[0]), slices.Clone(f.bits[1])}
	last := make(map[uint64]FeedChange, len(changes))
	for _, c := range changes {
		if key, ok := changed.key(c.Value); ok {
			last[key] = c
		}
	}
	var all, strangers, notAll, notStrangers []uint64
	for key, c := range last {
		switch {
		case c.Gone:
			notAll, notStrangers = append(notAll, key), append(notStrangers, key)
		case c.Strangers:
			notAll, strangers = append(notAll, key), append(strangers, key)
		default:
			all, notStrangers = append(all, key), append(notStrangers, key)
		}
	}
	changed.all, changed.strangers = f.all.With(all, notAll), f.strangers.With(strangers, notStrangers)
	return &changed
}

// key hashes an item. Prefix lengths are noted on the way.
func (f *Feed) key(value string) (key uint64, ok bool) {
	if digits, ok := strings.CutPrefix(value, Hashed); ok {
		var sum [sha256.Size]byte
		if len(digits) != 2*len(sum) {
			return 0, false
		}
		if _, err := hex.Decode(sum[:], []byte(digits)); err != nil {
			return 0, false
		}
		f.hashed = true
		return sumKey(&sum), true
	}
	if f.Kind == nospim.ListAddr {
		p, err := ParsePrefix(value)
		if err != nil {
			return 0, false
		}
		bits := &f.bits[family(p.Addr())]
		if !slices.Contains(*bits, p.Bits()) {
			*bits = append(*bits, p.Bits())
		}
		return prefixKey(p), true
	}
	if domain, ok := strings.CutPrefix(value, "*@"); ok && f.Kind == nospim.ListAccount {
		return domainKey(domain), true
	}
	return valueKey(value), true
}

func valueKey(s string) uint64 { return maphash.String(feedSeed, s) }

// domainKey is the key of all accounts of a domain: no account has it, nor a domain that is linked to.
func domainKey(domain string) uint64 { return valueKey(domain)*0x9e3779b97f4a7c15 + 1 }

func sumKey(sum *[sha256.Size]byte) uint64 { return binary.BigEndian.Uint64(sum[:]) }

func prefixKey(p netip.Prefix) uint64 {
	a := p.Addr().As16()
	var b [18]byte
	copy(b[:], a[:])
	b[16], b[17] = byte(p.Bits()), byte(family(p.Addr()))
	return maphash.Bytes(feedSeed, b[:])
}

// hashKey is the key of a value that may be listed by its SHA-256.
func hashKey(value string) uint64 {
	var buf [256]byte // the copy of a longer one costs an allocation
	sum := sha256.Sum256(append(buf[:0], value...))
	return sumKey(&sum)
}

// Quorum says how many of the lists of one node must have an item before it counts.
type Quorum string

// The quorums.
const (
	QuorumOne      Quorum = "one"
	QuorumMajority Quorum = "majority"
	QuorumAll      Quorum = "all"
)

// of is how many of n lists it takes, one at least.
func (q Quorum) of(n int) int {
	switch q {
	case QuorumAll:
		return max(1, n)
	case QuorumMajority:
		return n/2 + 1
	default:
		return 1
	}
}

// Feeds are the lists from elsewhere, made for looking up. They never change. The zero Feeds match nothing.
//
// A look-up costs a hash of what is looked up and a look into one bucket of each list of its kind: 20 to 100 ns a list on the machine
// of docs/benchmarks.md, whatever its length, and the SHA-256 of sender and domain, 150 ns each, where a list is hashed.
type Feeds struct {
	nodes  []node
	has    map[nospim.ListKind]bool
	hashed map[nospim.ListKind]bool
}

// node are lists that are counted together.
type node struct {
	kind  nospim.ListKind
	allow bool
	need  int
	feeds []*Feed
}

// NewFeeds puts lists together.
func NewFeeds(feeds []*Feed, q Quorum) *Feeds {
	x := &Feeds{has: map[nospim.ListKind]bool{}, hashed: map[nospim.ListKind]bool{}}
	carried := map[int]int{}
	for _, f := range feeds {
		at := slices.IndexFunc(x.nodes, func(n node) bool {
			first := n.feeds[0]
			return f.Node != "" && first.Node == f.Node && n.kind == f.Kind && n.allow == f.Allow && first.Service == f.Service
		})
		if at < 0 {
			at = len(x.nodes)
			x.nodes = append(x.nodes, node{kind: f.Kind, allow: f.Allow})
		}
		n := &x.nodes[at]
		n.feeds = append(n.feeds, f)
		if f.Carried {
			carried[at]++
		}
		x.has[f.Kind] = true
		x.hashed[f.Kind] = x.hashed[f.Kind] || f.hashed
	}
	for i := range x.nodes {
		x.nodes[i].need = 1
		if x.nodes[i].feeds[0].Node != "" {
			x.nodes[i].need = q.of(carried[i])
		}
	}
	return x
}

// Len is how many items there are.
func (x *Feeds) Len() (n int) {
	for i := range x.nodes {
		for _, f := range x.nodes[i].feeds {
			n += f.Len()
		}
	}
	return n
}

// Match appends to dst what lists from elsewhere have of an event. The arguments are those of [Index.Match]. It allocates only for what
// it appends, and for hashes of names of more than 256 bytes.
func (x *Feeds) Match(dst []nospim.Listed, e *nospim.Event, f *nospim.Features, fingerprint uint64, addr netip.Addr) []nospim.Listed {
	if len(x.nodes) == 0 {
		return dst
	}
	if x.has[nospim.ListAccount] {
		dst = x.matchSender(dst, e)
	}
	if x.has[nospim.ListLink] || x.has[nospim.ListDomain] {
		for i := range f.Links {
			dst = x.matchLink(dst, &f.Links[i], e.Service)
		}
	}
	if x.has[nospim.ListText] && fingerprint != 0 {
		var buf [19]byte
		value := appendFingerprint(buf[:0], fingerprint)
		entity := nospim.Entity{Kind: nospim.EntityFingerprint}
		before := len(dst)
		if dst = x.match(dst, nospim.ListText, maphash.Bytes(feedSeed, value), e.Service, entity); len(dst) > before {
			dst[before].Entity.ID = string(value[len("fp:"):])
		}
	}
	if addr.IsValid() && x.has[nospim.ListAddr] {
		dst = x.matchAddr(dst, e, addr)
	}
	return dst
}

// matchSender matches the sender's account and its domain. The protected service's own domain is never matched: who publishes a list
// must not be able to stop a whole service from writing to itself.
func (x *Feeds) matchSender(dst []nospim.Listed, e *nospim.Event) []nospim.Listed {
	id := strings.ToLower(e.Sender.ID)
	account := nospim.Entity{Kind: nospim.EntityAccount, ID: e.Sender.ID}
	dst = x.match(dst, nospim.ListAccount, valueKey(id), e.Service, account)
	if x.hashed[nospim.ListAccount] {
		dst = x.match(dst, nospim.ListAccount, hashKey(id), e.Service, account)
	}
	_, domain, ok := strings.Cut(id, "@")
	if !ok {
		domain = id // a server, or whatever has no @ in its name
	}
	if domain == "" || domain == e.Service {
		return dst
	}
	service := nospim.Entity{Kind: nospim.EntityService, ID: domain}
	dst = x.match(dst, nospim.ListAccount, domainKey(domain), e.Service, service)
	if x.hashed[nospim.ListAccount] {
		dst = x.match(dst, nospim.ListAccount, hashKey(domain), e.Service, service)
	}
	return dst
}

// matchLink matches a link, its host, and every domain above the host.
func (x *Feeds) matchLink(dst []nospim.Listed, l *nospim.Link, service string) []nospim.Listed {
	if x.has[nospim.ListLink] {
		dst = x.match(dst, nospim.ListLink, valueKey(l.URL), service, nospim.Entity{Kind: nospim.EntityLink, ID: l.URL})
	}
	if !x.has[nospim.ListDomain] {
		return dst
	}
	for host := l.Host; host != ""; {
		entity := nospim.Entity{Kind: nospim.EntityDomain, ID: host}
		dst = x.match(dst, nospim.ListDomain, valueKey(host), service, entity)
		if x.hashed[nospim.ListDomain] {
			dst = x.match(dst, nospim.ListDomain, hashKey(host), service, entity)
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return dst
}

// matchAddr matches an address with the ranges of each length that occurs.
func (x *Feeds) matchAddr(dst []nospim.Listed, e *nospim.Event, addr netip.Addr) []nospim.Listed {
	var tried [129]bool
	for i := range x.nodes {
		for _, f := range x.nodes[i].feeds {
			for _, bits := range f.bits[family(addr)] {
				if tried[bits] {
					continue
				}
				tried[bits] = true
				if p, err := addr.Prefix(bits); err == nil {
					dst = x.match(dst, nospim.ListAddr, prefixKey(p), e.Service, nospim.Entity{Kind: nospim.EntityAddr, ID: e.Addr})
				}
			}
		}
	}
	return dst
}

// match appends an entry for each node that has a key often enough.
func (x *Feeds) match(dst []nospim.Listed, kind nospim.ListKind, key uint64, service string, entity nospim.Entity) []nospim.Listed {
	for i := range x.nodes {
		n := &x.nodes[i]
		if n.kind != kind {
			continue
		}
		all, soft, weight := 0, 0, 0.0
		for _, f := range n.feeds {
			switch {
			case f.Service != "" && f.Service != service:
				continue
			case f.all.Has(key):
				all++
			case f.strangers.Has(key):
				soft++
			default:
				continue
			}
			weight = max(weight, f.Weight)
		}
		if all+soft >= n.need {
			dst = append(dst, nospim.Listed{
				Entry:  nospim.ListEntry{Kind: kind, Value: entity.ID, Allow: n.allow, Service: n.feeds[0].Service},
				Entity: entity, From: n.names(key), Weight: weight, Strangers: all < n.need,
			})
		}
	}
	return dst
}

// names are those of the lists that have a key.
func (n *node) names(key uint64) string {
	var names []string
	for _, f := range n.feeds {
		if f.all.Has(key) || f.strangers.Has(key) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}
