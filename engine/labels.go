package engine

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// bearers are the entities that a role's values are, for those roles that can be labelled.
var bearers = map[nospim.Role]nospim.EntityKind{
	nospim.RoleSender: nospim.EntityAccount, nospim.RoleRecipient: nospim.EntityAccount, nospim.RoleAddr: nospim.EntityAddr,
	nospim.RoleNetwork: nospim.EntityNetwork, nospim.RoleRoom: nospim.EntityRoom, nospim.RoleLink: nospim.EntityLink,
	nospim.RolePair: nospim.EntityPair, nospim.RoleDomain: nospim.EntityDomain, nospim.RoleService: nospim.EntityService, nospim.RoleText: nospim.EntityFingerprint,
}

// labelSeed is what the cells of one label of one kind of entity have in common.
func labelSeed(name string, kind nospim.EntityKind) uint64 {
	return xxh3.HashString("label\x00" + name + "\x00" + string(kind))
}

// labelKey is the key of the cell that remembers a label; ok is false when the entity cannot be labelled.
func labelKey(l *nospim.Label, seed uint64) (key uint64, ok bool) {
	hash, ok := hashEntity(&l.Entity, seed)
	return cellKey(labelSeed(l.Name, l.Entity.Kind), hash, one[0], true), ok
}

// hashEntity returns the value that the roles of an entity have.
func hashEntity(e *nospim.Entity, seed uint64) (hash uint64, ok bool) {
	switch e.Kind {
	case nospim.EntityAccount, nospim.EntityRoom, nospim.EntityLink, nospim.EntityDomain, nospim.EntityService:
		return xxh3.HashStringSeed(e.ID, seed), e.ID != ""
	case nospim.EntityAddr:
		a, err := netip.ParseAddr(e.ID)
		return hashAddr(a.Unmap(), seed), err == nil
	case nospim.EntityNetwork:
		p, err := netip.ParsePrefix(e.ID)
		return hashAddr(around(p.Addr().Unmap(), 24, 48), seed+1), err == nil
	case nospim.EntityPair:
		from, to, ok := strings.Cut(e.ID, " ")
		return mix(xxh3.HashStringSeed(from, seed), xxh3.HashStringSeed(to, seed)), ok && from != "" && to != ""
	case nospim.EntityFingerprint:
		n, err := strconv.ParseUint(e.ID, 16, 64)
		return mix(seed, n), err == nil && n != 0
	default:
		return 0, false
	}
}

// label adds to what is noted of the event the labels that its verdict sets.
func (s *scratch) label(labels []nospim.Label, seed uint64) {
	for i := range labels {
		l := &labels[i]
		key, ok := labelKey(l, seed)
		if until := l.Until.UnixMilli(); ok && until > 0 {
			s.cells = append(s.cells, memory.Cell{Key: key, Kind: memory.Label, Value: uint64(until), Note: true})
		}
	}
	s.note.Cells = s.cells
}

// decided is what people decided about labels, by the key of the label's cell. It never changes.
type decided map[uint64]decision

// decision says, in Unix milliseconds, until when a label holds, and since when what was noted about it counts again.
type decision struct{ until, at int64 }

// loadLabels reads what people decided about labels.
func (e *Engine) loadLabels(ctx context.Context) error {
	list, err := e.records.Labels(ctx)
	if err != nil {
		return fmt.Errorf("reading the labels: %w", err)
	}
	all := make(decided, len(list))
	for i := range list {
		l := &list[i]
		if key, ok := labelKey(&l.Label, e.seed); ok {
			all[key] = decision{until: l.Until.UnixMilli(), at: l.At.UnixMilli()}
		}
	}
	e.labels.Store(&all)
	return nil
}

// overrule puts what people decided in the place of what was recalled of labels.
func (d decided) overrule(s *scratch, pl *plan) {
	if len(d) == 0 {
		return
	}
	now := s.look.Now.UnixMilli()
	for _, sp := range s.spans {
		if pl.counters[sp.counter].kind != memory.Label {
			continue
		}
		for i := sp.from; i < sp.to; i++ {
			v := &s.recalled.Values[i]
			switch by, ok := d[s.cells[i].Key]; {
			case ok && now < by.until:
				*v = memory.Value{N: 1, First: by.at, Last: by.at}
			case ok && v.Last <= by.at:
				*v = memory.Value{}
			}
		}
	}
}
