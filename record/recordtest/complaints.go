package recordtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// complaint returns the report number n of somebody about somebody.
func complaint(n int, by, about string) *record.Complaint {
	return &record.Complaint{
		Service: "chat.example", EventID: fmt.Sprint("rep-", n), Source: record.ByPerson, By: by, About: about, Refers: fmt.Sprint("m-", n),
		Proof: record.Proven, Reason: "spam", Weight: 0.5, Why: "first report", At: start.Add(time.Duration(n) * time.Hour),
	}
}

func complaints(t *testing.T, s record.Store, f record.ComplaintFilter) []record.Complaint {
	t.Helper()
	list, err := s.Complaints(t.Context(), f)
	must(t, "listing reports", err)
	return list
}

// testComplaints: a report is kept once, found by each filter, decided about, and gone when it is old.
func testComplaints(t *testing.T, l *lab) {
	const ada, bob, eve = "ada@chat.example", "bob@chat.example", "eve@far.example"
	for n, c := range []*record.Complaint{complaint(0, ada, eve), complaint(1, bob, eve), complaint(2, ada, bob), complaint(1, bob, eve)} {
		added, err := l.store.PutComplaint(t.Context(), c)
		if must(t, "keeping a report", err); added != (n < 3) {
			t.Errorf("report %d: added %v", n, added)
		}
	}
	l.reopen(t)
	ids := func(f record.ComplaintFilter) string {
		var all []string
		for _, c := range complaints(t, l.store, f) {
			all = append(all, c.ID)
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct {
		filter record.ComplaintFilter
		want   string
	}{
		{record.ComplaintFilter{}, "r-3 r-2 r-1"},
		{record.ComplaintFilter{By: ada}, "r-3 r-1"},
		{record.ComplaintFilter{About: eve}, "r-2 r-1"},
		{record.ComplaintFilter{About: eve, Since: start.Add(time.Hour)}, "r-2"},
		{record.ComplaintFilter{ID: "r-2"}, "r-2"},
		{record.ComplaintFilter{ID: "h-2"}, ""},
		{record.ComplaintFilter{Service: "other.example"}, ""},
		{record.ComplaintFilter{Limit: 1}, "r-3"},
	} {
		if got := ids(c.filter); got != c.want {
			t.Errorf("%+v finds %q, want %q", c.filter, got, c.want)
		}
	}
	want := *complaint(1, bob, eve)
	want.ID, want.Outcome = "r-2", record.Dismissed
	must(t, "deciding", l.store.DecideComplaint(t.Context(), "r-2", record.Dismissed, "mod", "a quarrel"))
	same(t, "a report", complaints(t, l.store, record.ComplaintFilter{ID: "r-2"}), []record.Complaint{want})
	if err := l.store.DecideComplaint(t.Context(), "r-9", record.Confirmed, "mod", ""); !errors.Is(err, nospim.ErrNotFound) {
		t.Errorf("deciding about no report: %v, want ErrNotFound", err)
	}
	if err := l.store.DecideComplaint(t.Context(), "r-2", "maybe", "mod", ""); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("deciding oddly: %v, want ErrInvalid", err)
	}
	if _, err := l.store.PutComplaint(t.Context(), &record.Complaint{Service: "chat.example", By: ada}); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("a report that is no event: %v, want ErrInvalid", err)
	}
	if list := audit(t, l.store); len(list) != 4 || list[0].Action != "report" || list[3].Action != "report.dismissed" {
		t.Errorf("journal: %+v", list)
	}
	must(t, "expiring", second(l.store.Expire(t.Context(), start.Add(90*time.Minute), 0, time.Hour, 0)))
	if got := ids(record.ComplaintFilter{}); got != "r-3 r-2" {
		t.Errorf("after an hour there are %q", got)
	}
}

// forwarding sends a report on.
func forwarding(event string) nospim.Order {
	return nospim.Order{
		Do: nospim.OrderForward, Service: "chat.example", EventID: event, Sender: "eve@far.example", Recipients: []string{"far.example"},
		Raw: "<message><body>canary</body></message>", Text: "r-1",
	}
}

// testInstruct: an order is made once for an event, within the limit, comes back whole, and loses its wire form when it has ended.
func testInstruct(t *testing.T, l *lab) {
	instruct := func(o nospim.Order, most int, want bool) {
		t.Helper()
		made, err := l.store.Instruct(t.Context(), o, most, time.Hour, "nospim", "r-1")
		if must(t, "instructing", err); made != want {
			t.Errorf("%s %s: made %v, want %v", o.Do, o.EventID, made, want)
		}
	}
	instruct(forwarding("f-1"), 2, true)
	instruct(forwarding("f-1"), 2, false)
	instruct(forwarding("f-2"), 2, true)
	instruct(forwarding("f-3"), 2, false) // the limit
	thank := nospim.Order{Do: nospim.OrderThank, Service: "chat.example", EventID: "f-1", Sender: "ada@chat.example", Recipients: []string{"ada@chat.example"}, Text: "de"}
	instruct(thank, 2, true)
	l.reopen(t)
	list := orders(t, l.store)
	if len(list) != 3 {
		t.Fatalf("%d orders, want 3", len(list))
	}
	want := forwarding("f-1")
	want.ID = list[0].ID
	same(t, "the order", list[0], want)
	// Who is thanked can be asked all the same.
	ok, err := l.store.Ask(t.Context(), question("ada@chat.example", "m-7"), time.Hour, "nospim", "a burst")
	if must(t, "asking", err); !ok {
		t.Error("a thank keeps the owner of an account from being asked")
	}
	must(t, "acknowledging", l.store.Ack(t.Context(), list[0].ID, ""))
	must(t, "acknowledging", l.store.Ack(t.Context(), list[1].ID, "nobody there"))
	if got := orders(t, l.store); len(got) != 2 || got[0].Do != nospim.OrderThank {
		t.Errorf("orders that are left: %+v", got)
	}
	for _, bad := range []nospim.Order{question("ada@chat.example", "m-1"), {Do: nospim.OrderForward, Service: "s", EventID: "e", Sender: "a"}} {
		if _, err := l.store.Instruct(t.Context(), bad, 1, 0, "nospim", ""); !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("instructing %+v: %v, want ErrInvalid", bad, err)
		}
	}
}

// testAbuseContacts: what a domain said last stands.
func testAbuseContacts(t *testing.T, l *lab) {
	first := record.AbuseContact{Domain: "far.example", Addresses: []string{}, Problem: "names none", Asked: start}
	now := record.AbuseContact{Domain: "far.example", Addresses: []string{"abuse@far.example"}, Asked: start.Add(time.Hour)}
	other := record.AbuseContact{Domain: "away.example", Addresses: []string{}, Problem: "does not answer", Asked: start}
	for _, c := range []record.AbuseContact{first, now, other} {
		must(t, "keeping an abuse contact", l.store.PutAbuseContact(t.Context(), c))
	}
	l.reopen(t)
	got, err := l.store.AbuseContacts(t.Context())
	must(t, "listing abuse contacts", err)
	same(t, "abuse contacts", got, []record.AbuseContact{other, now})
	if err := l.store.PutAbuseContact(t.Context(), record.AbuseContact{}); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("the contact of no domain: %v, want ErrInvalid", err)
	}
}

func complaintWrites(nothing func(*testing.T, record.Store) string) []write {
	reported := func(t *testing.T, s record.Store) string {
		t.Helper()
		must(t, "keeping a report", second(s.PutComplaint(t.Context(), complaint(1, "ada@chat.example", "eve@far.example"))))
		return "r-1"
	}
	expect := func(o record.Outcome) func(t *testing.T, s record.Store) {
		return func(t *testing.T, s record.Store) {
			t.Helper()
			if all := complaints(t, s, record.ComplaintFilter{}); len(all) != 1 || all[0].Outcome != o {
				t.Errorf("reports %+v, want one that is %q", all, o)
			}
		}
	}
	return []write{
		{"report", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return second(s.PutComplaint(ctx, complaint(1, "ada@chat.example", "eve@far.example")))
		}, nil, expect("")},
		{"decide about a report", reported, func(ctx context.Context, s record.Store, id string) error {
			return s.DecideComplaint(ctx, id, record.Confirmed, "mod", "")
		}, nil, expect(record.Confirmed)},
		{"instruct", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return second(s.Instruct(ctx, forwarding("f-1"), 1, time.Hour, "nospim", ""))
		}, nil, func(t *testing.T, s record.Store) {
			t.Helper()
			if o := orders(t, s); len(o) != 1 || o[0].Raw == "" {
				t.Errorf("orders %+v, want one with a wire form", o)
			}
		}},
		{"note an abuse contact", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return s.PutAbuseContact(ctx, record.AbuseContact{Domain: "far.example", Asked: start})
		}, nil, func(t *testing.T, s record.Store) {
			t.Helper()
			if all, err := s.AbuseContacts(t.Context()); err != nil || len(all) != 1 {
				t.Errorf("abuse contacts %+v, %v; want one", all, err)
			}
		}},
	}
}
