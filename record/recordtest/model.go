package recordtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// model is a store as a child would write it: slices and loops. It has no disk and no IDs.
type model struct {
	kept   []*nospim.Record
	held   []nospim.Held // without IDs
	orders []modelOrder
	lists  []nospim.ListEntry
	audit  []string
}

// modelOrder is an order without an ID, and where it stands: due, failed or done.
type modelOrder struct {
	nospim.Order
	state string
}

func (m *model) keep(r *nospim.Record) {
	if m.record(r.Event.ID) != nil {
		return
	}
	m.kept = append(m.kept, r)
	if r.Verdict.Action == nospim.Hold || r.Verdict.Action == nospim.Challenge {
		m.held = append(m.held, nospim.Held{State: nospim.HoldHeld, Event: r.Event, Verdict: r.Verdict, Since: r.Kept})
	}
}

func (m *model) record(id string) *nospim.Record {
	for _, r := range m.kept {
		if r.Event.ID == id {
			return r
		}
	}
	return nil
}

func (m *model) settle(id string, to nospim.HoldState, by, reason string) error {
	for i := range m.held {
		h := &m.held[i]
		if h.Event.ID != id {
			continue
		}
		if h.State != nospim.HoldHeld {
			return nospim.ErrConflict
		}
		h.State, h.By, h.Reason = to, by, reason
		m.audit = append(m.audit, by+" "+reason)
		if to == nospim.HoldReleased {
			o := nospim.Order{Do: nospim.OrderDeliver, Service: h.Event.Service, EventID: id, Raw: h.Event.Raw, Sender: h.Event.Sender.ID}
			for _, a := range h.Event.Recipients {
				o.Recipients = append(o.Recipients, a.ID)
			}
			m.orders = append(m.orders, modelOrder{o, "due"})
		} else {
			m.forget(h)
		}
		return nil
	}
	return nospim.ErrNotFound
}

func (*model) forget(h *nospim.Held) { h.Event.Body, h.Event.Raw, h.Event.Links = "", "", nil }

func (m *model) ack(id, failure string) {
	for i := range m.orders {
		o := &m.orders[i]
		switch {
		case o.EventID != id || o.state == "done":
		case failure != "":
			o.state = "failed"
		default:
			o.state = "done"
			m.deliver(id)
		}
	}
}

func (m *model) deliver(id string) {
	for i := range m.held {
		if h := &m.held[i]; h.Event.ID == id {
			h.State = nospim.HoldDelivered
			m.forget(h)
		}
	}
}

// due returns the orders that a connector is to get.
func (m *model) due() (list []nospim.Order) {
	for _, o := range m.orders {
		if o.state == "due" {
			list = append(list, o.Order)
		}
	}
	return list
}

func (m *model) put(e nospim.ListEntry) {
	m.audit = append(m.audit, e.By+" "+e.Note)
	if i := m.find(e); i >= 0 {
		m.lists[i] = e
		return
	}
	m.lists = append(m.lists, e)
}

func (m *model) remove(e nospim.ListEntry, by string) error {
	i := m.find(e)
	if i < 0 {
		return nospim.ErrNotFound
	}
	m.lists = slices.Delete(m.lists, i, i+1)
	m.audit = append(m.audit, by+" ")
	return nil
}

func (m *model) find(e nospim.ListEntry) int {
	return slices.IndexFunc(m.lists, func(o nospim.ListEntry) bool {
		return o.Kind == e.Kind && o.Value == e.Value && o.Allow == e.Allow && o.Service == e.Service
	})
}

// testModel does the same random things to the store and to the model, breaks some of the writes, opens the store again now and
// then, and wants both to agree.
func testModel(t *testing.T, l *lab) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			p := &play{lab: newLab(t, l.open), rand: rand.New(rand.NewPCG(seed, 7)), ids: map[string]string{}, orderIDs: map[string]string{}}
			for i := range 400 {
				p.step(t)
				if i%40 == 39 {
					p.compare(t)
				}
				if i%100 == 99 {
					p.lab.reopen(t)
					p.compare(t)
				}
				if t.Failed() {
					t.Fatalf("after %d steps", i+1)
				}
			}
		})
	}
}

// play is one run of testModel.
type play struct {
	lab      *lab
	model    model
	rand     *rand.Rand
	ids      map[string]string // event ID → ID of the held message
	orderIDs map[string]string // event ID → ID of the order
	steps    int
}

// step does one random thing to both. After an error it does it again, as callers do.
func (p *play) step(t *testing.T) {
	t.Helper()
	p.steps++
	do, want := p.draw(t)
	faulty := p.rand.IntN(5) == 0
	fault := []Fault{NotPersisted, Persisted}[p.rand.IntN(2)]
	if faulty {
		p.lab.faults.Break(fault)
	}
	err := do()
	p.lab.faults.Break()
	if errors.Is(err, ErrBroken) {
		err = do()
		doneBefore := errors.Is(err, nospim.ErrConflict) || errors.Is(err, nospim.ErrNotFound)
		if want == nil && fault == Persisted && doneBefore {
			err = nil
		}
	}
	if !errors.Is(err, want) || (want == nil && err != nil) {
		t.Errorf("error %v, the model says %v", err, want)
	}
}

// draw chooses what to do, does it to the model, and returns how to do it to the store and what the model said.
func (p *play) draw(t *testing.T) (do func() error, want error) {
	t.Helper()
	ctx, n := t.Context(), p.rand.IntN(40)
	event := fmt.Sprintf("m-%d", n)
	by, reason := fmt.Sprintf("person%d", p.rand.IntN(3)), fmt.Sprintf("because of step %d", p.steps)
	e := nospim.ListEntry{
		Kind: nospim.ListKinds()[p.rand.IntN(2)], Value: fmt.Sprintf("x%d.example", p.rand.IntN(4)),
		Allow: p.rand.IntN(2) == 0, Service: []string{"", "chat.example"}[p.rand.IntN(2)], Note: reason, By: by, Added: start.Add(time.Duration(p.rand.IntN(1000))),
	}
	switch p.rand.IntN(10) {
	case 0, 1, 2:
		r := message(n, nospim.Actions()[1+p.rand.IntN(6)])
		p.model.keep(r)
		return func() error { return second(p.lab.store.Keep(r).Wait(ctx)) }, nil
	case 3, 4:
		to := []nospim.HoldState{nospim.HoldReleased, nospim.HoldRefused, nospim.HoldExpired}[p.rand.IntN(3)]
		id := p.heldID(t, event)
		return func() error { return p.lab.store.Settle(ctx, id, to, by, reason) }, p.model.settle(event, to, by, reason)
	case 5:
		failure := []string{"", "no such user"}[p.rand.IntN(2)]
		id, ok := p.orderID(t, event)
		if !ok {
			return func() error { return p.lab.store.Ack(ctx, "o-999999999999", failure) }, nospim.ErrNotFound
		}
		p.model.ack(event, failure)
		return func() error { return p.lab.store.Ack(ctx, id, failure) }, nil
	case 6, 7:
		p.model.put(e)
		return func() error { return p.lab.store.PutList(ctx, e) }, nil
	case 8:
		return func() error { return p.lab.store.RemoveList(ctx, e, by) }, p.model.remove(e, by)
	default:
		if p.model.record(event) == nil {
			want = nospim.ErrNotFound
		}
		return func() error { return second(p.lab.store.Get(ctx, "chat.example", event)) }, want
	}
}

func (p *play) heldID(t *testing.T, event string) string {
	t.Helper()
	for _, h := range held(t, p.lab.store, record.HeldFilter{}) {
		p.ids[h.Event.ID] = h.ID
	}
	if id, ok := p.ids[event]; ok {
		return id
	}
	return "h-999999"
}

// orderID remembers the orders it has seen: those that are done are not listed any longer.
func (p *play) orderID(t *testing.T, event string) (string, bool) {
	t.Helper()
	for _, o := range orders(t, p.lab.store) {
		p.orderIDs[o.EventID] = o.ID
	}
	id, ok := p.orderIDs[event]
	return id, ok
}

// compare wants store and model to show the same.
func (p *play) compare(t *testing.T) {
	t.Helper()
	opts := cmp.Options{
		cmpopts.EquateEmpty(), cmpopts.IgnoreFields(nospim.Held{}, "ID", "Settled"), cmpopts.IgnoreFields(nospim.Order{}, "ID"),
	}
	wantLists := slices.SortedFunc(slices.Values(p.model.lists), func(a, b nospim.ListEntry) int { return strings.Compare(listKey(a), listKey(b)) })
	gotLists := slices.SortedFunc(slices.Values(lists(t, p.lab.store)), func(a, b nospim.ListEntry) int { return strings.Compare(listKey(a), listKey(b)) })
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"held", held(t, p.lab.store, record.HeldFilter{}), p.model.held},
		{"orders", orders(t, p.lab.store), p.model.due()},
		{"lists", gotLists, wantLists},
		{"journal", p.journal(t), p.model.audit},
	} {
		if diff := cmp.Diff(c.want, c.got, opts); diff != "" {
			t.Errorf("%s (-model +store):\n%s", c.what, diff)
		}
	}
	for _, r := range p.model.kept {
		got, err := p.lab.store.Get(t.Context(), "chat.example", r.Event.ID)
		must(t, "reading "+r.Event.ID, err)
		same(t, r.Event.ID, got, enforced(r))
	}
}

// journal returns the lines of the store's journal. A list entry whose commit failed but was persisted has been put twice, and
// the journal says so; the model has it once.
func (p *play) journal(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, a := range audit(t, p.lab.store) {
		line := a.By + " " + a.Reason
		if len(lines) > 0 && a.Action == "lists.add" && lines[len(lines)-1] == line {
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

func listKey(e nospim.ListEntry) string {
	return fmt.Sprint(e.Kind, " ", e.Value, " ", e.Allow, " ", e.Service)
}
