package detect

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Index is the operator's lists, made for looking up: one map access for each part of an event, however long the lists are.
// It never changes; a changed list makes a new Index. The zero Index matches nothing.
type Index struct {
	entries map[key][]nospim.ListEntry
	// bits are the prefix lengths that occur, for IPv4 and IPv6, longest first.
	bits [2][]int
	// has says which kinds occur, so that the others cost nothing.
	has map[nospim.ListKind]bool
}

type key struct {
	kind  nospim.ListKind
	value string
	net   netip.Prefix
}

// NewIndex makes an index of entries in normal form ([ParseEntry]). Entries that are not are left out.
func NewIndex(entries []nospim.ListEntry) *Index {
	x := &Index{entries: make(map[key][]nospim.ListEntry, len(entries)), has: map[nospim.ListKind]bool{}}
	for _, e := range entries {
		k := key{kind: e.Kind, value: e.Value}
		if e.Kind == nospim.ListAddr {
			p, err := netip.ParsePrefix(e.Value)
			if err != nil {
				continue
			}
			k.value, k.net = "", p
			family := family(p.Addr())
			if !slices.Contains(x.bits[family], p.Bits()) {
				x.bits[family] = append(x.bits[family], p.Bits())
			}
		}
		x.entries[k] = append(x.entries[k], e)
		x.has[e.Kind] = true
	}
	return x
}

// appendFingerprint writes a text's fingerprint as the value of an entry.
func appendFingerprint(dst []byte, fingerprint uint64) []byte {
	return strconv.AppendUint(append(dst, "fp:"...), fingerprint, 16)
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// Match appends to dst the entries that an event matches and that are not over. addr is the parsed Event.Addr, or the zero Addr. It
// allocates only for what it appends.
func (x *Index) Match(dst []nospim.Listed, e *nospim.Event, f *nospim.Features, fingerprint uint64, addr netip.Addr, now time.Time) []nospim.Listed {
	before := len(dst)
	dst = x.matchAll(dst, e, f, fingerprint, addr)
	kept := slices.DeleteFunc(dst[before:], func(m nospim.Listed) bool { return m.Entry.Over(now) })
	return dst[:before+len(kept)]
}

func (x *Index) matchAll(dst []nospim.Listed, e *nospim.Event, f *nospim.Features, fingerprint uint64, addr netip.Addr) []nospim.Listed {
	if len(x.entries) == 0 {
		return dst
	}
	if x.has[nospim.ListAccount] {
		id := strings.ToLower(e.Sender.ID)
		entity := nospim.Entity{Kind: nospim.EntityAccount, ID: e.Sender.ID}
		dst = x.match(dst, key{kind: nospim.ListAccount, value: id}, e.Service, entity)
		if i := strings.IndexByte(id, '@'); i >= 0 && i < len(id)-1 {
			dst = x.match(dst, key{kind: nospim.ListAccount, value: "*" + id[i:]}, e.Service, entity)
		}
	}
	if x.has[nospim.ListDecoy] {
		dst = x.matchDecoys(dst, e)
	}
	for i := range f.Links {
		dst = x.matchLink(dst, &f.Links[i], e.Service)
	}
	if x.has[nospim.ListText] && fingerprint != 0 {
		value := string(appendFingerprint(nil, fingerprint))
		dst = x.match(dst, key{kind: nospim.ListText, value: value}, e.Service, nospim.Entity{Kind: nospim.EntityFingerprint, ID: value[3:]})
	}
	if addr.IsValid() {
		for _, bits := range x.bits[family(addr)] {
			p, err := addr.Prefix(bits)
			if err == nil {
				dst = x.match(dst, key{kind: nospim.ListAddr, net: p}, e.Service, nospim.Entity{Kind: nospim.EntityAddr, ID: e.Addr})
			}
		}
	}
	return dst
}

// matchDecoys matches the recipients with the decoys.
func (x *Index) matchDecoys(dst []nospim.Listed, e *nospim.Event) []nospim.Listed {
	for i := range e.Recipients {
		id := strings.ToLower(e.Recipients[i].ID)
		dst = x.match(dst, key{kind: nospim.ListDecoy, value: id}, e.Service, nospim.Entity{Kind: nospim.EntityAccount, ID: e.Recipients[i].ID})
	}
	return dst
}

// matchLink matches a link, its host, and every domain above the host.
func (x *Index) matchLink(dst []nospim.Listed, l *nospim.Link, service string) []nospim.Listed {
	if x.has[nospim.ListLink] {
		dst = x.match(dst, key{kind: nospim.ListLink, value: l.URL}, service, nospim.Entity{Kind: nospim.EntityLink, ID: l.URL})
	}
	if !x.has[nospim.ListDomain] {
		return dst
	}
	for host := l.Host; host != ""; {
		dst = x.match(dst, key{kind: nospim.ListDomain, value: host}, service, nospim.Entity{Kind: nospim.EntityDomain, ID: host})
		i := strings.IndexByte(host, '.')
		if i < 0 {
			break
		}
		host = host[i+1:]
	}
	return dst
}

func (x *Index) match(dst []nospim.Listed, k key, service string, entity nospim.Entity) []nospim.Listed {
	for _, e := range x.entries[k] {
		if e.Service == "" || e.Service == service {
			dst = append(dst, nospim.Listed{Entry: e, Entity: entity})
		}
	}
	return dst
}
