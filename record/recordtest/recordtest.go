// Package recordtest is the contract of record.Store as tests. Every engine runs all of it:
//
//	recordtest.Run(t, func(t *testing.T, dir string, commit recordtest.Committer) record.Store { … })
//
// Nothing in it sleeps or counts on luck: where two things are to happen at once, [Faults] holds one of them.
package recordtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Open opens the store that belongs to a directory, and makes it when there is none. Opened twice, both stores work on the
// same data, as two processes would. Every commit of the store goes through commit. Run closes it.
type Open func(t *testing.T, dir string, commit Committer) record.Store

// Run runs the contract.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, l *lab)
	}{
		{"absent is not found", testAbsent},
		{"kept is there", testKeep},
		{"first kept stands", testFirstStands},
		{"same event at once is one", testSameAtOnce},
		{"same event twice in one commit is one", testSameInBatch},
		{"many share a commit", testShare},
		{"who stops waiting stops nobody", testCancelled},
		{"what people wrote is not kept", testStripped},
		{"closed is closed", testClosed},
		{"reopened is the same", testReopen},

		{"appended comes back", testAppend},
		{"scan is in order", testScan},
		{"scan ends with fn", testScanStops},
		{"scan leaves the store free", testScanFree},

		{"held is found", testHeldFilter},
		{"released is ordered once", testRelease},
		{"refused and expired lose their text", testRefuse},
		{"settled once by many", testSettleOnce},
		{"what waits, by sender", testWaiting},
		{"who is told", testUnnoticed},
		{"decided all at once", testDecideWaiting},
		{"mentioned once", testMention},
		{"order comes until acknowledged", testOrders},
		{"failed order stays away", testFailedOrder},

		{"lists", testLists},
		{"lists of another process", testListsElsewhere},
		{"list entries end", testListsEnd},
		{"feeds", testFeeds},
		{"a feed is filled anew", testFillFeed},
		{"many items", testManyItems},
		{"more items than fit into memory", testLargeItems},
		{"a feed that is not filled", testUnfilled},
		{"changes of feeds", testFeedChanges},
		{"subscribers", testSubscribers},
		{"examples", testExamples},
		{"labels", testLabels},
		{"leases", testLeases},
		{"a lease is one holder's, also at once", testLeaseAtOnce},
		{"campaigns", testCampaigns},
		{"retracted once", testRetract},
		{"records of one account", testAccount},
		{"challenges", testChallenges},
		{"one challenge, also at once", testChallengeAtOnce},
		{"somebody is asked once", testAsk},
		{"reports", testComplaints},
		{"instructed once", testInstruct},
		{"abuse contacts", testAbuseContacts},
		{"revision moves", testRevision},
		{"journal", testAudit},
		{"salt is one", testSalt},
		{"expire", testExpire},

		{"every write broken twice", testBroken},
		{"broken keep", testBrokenKeep},
		{"broken append", testBrokenAppend},
		{"like a naive model", testModel},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(t, newLab(t, open))
		})
	}
}

// lab is one store under test.
type lab struct {
	open   Open
	dir    string
	faults *Faults
	store  record.Store
}

func newLab(t *testing.T, open Open) *lab {
	l := &lab{open: open, dir: t.TempDir(), faults: new(Faults)}
	l.store = l.another(t)
	return l
}

// another opens the lab's directory once more. It is closed with the test.
func (l *lab) another(t *testing.T) record.Store {
	t.Helper()
	s := l.open(t, l.dir, l.faults.Commit)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// reopen closes the store and opens it again.
func (l *lab) reopen(t *testing.T) {
	t.Helper()
	if err := l.store.Close(); err != nil {
		t.Fatalf("closing: %v", err)
	}
	l.store = l.another(t)
}

// start is when everything in these tests happens. It has nanoseconds, so that a store that rounds is caught.
var start = time.Date(2026, 3, 1, 18, 4, 5, 120_000_789, time.UTC)

// message returns the record of a message number n, with every field set that a record can have.
func message(n int, action nospim.Action) *nospim.Record {
	at := start.Add(time.Duration(n) * time.Millisecond)
	id := fmt.Sprintf("m-%d", n)
	return &nospim.Record{
		Event: nospim.Event{
			ID: id, Kind: nospim.KindMessage, Time: at.Add(-3 * time.Millisecond), Protocol: "xmpp", Service: "chat.example", Direction: nospim.Local,
			Sender: nospim.Account{
				ID: fmt.Sprintf("nina_%d@chat.example", n%7), Name: "nina", Local: true, Created: start.Add(-6 * time.Minute), Affiliation: "registered",
			},
			Recipients: []nospim.Account{
				{ID: "ada@chat.example", Name: "Ada", Local: true, Minor: true},
				{ID: fmt.Sprintf("bob%d@chat.example", n%5), Local: true},
			},
			Room: "lobby@rooms.chat.example", Relation: nospim.RelationStranger, Addr: "198.51.100.7", Client: "bot/1",
			Body: "hey, my cam is at http://x.example/a?u=9f3c", Links: []string{"http://X.example/a?u=9f3c"},
			Files: []nospim.File{{Name: "me.png", Type: "image/png", Size: 1234, URL: "http://x.example/me.png"}}, Encrypted: n%2 == 0,
			Refers: "m-0", WireID: fmt.Sprint("w-", n), InvitedBy: "ada@chat.example", Count: n, Can: []nospim.Action{nospim.Allow, nospim.Hold, nospim.Reject}, Observe: n%3 == 0,
			Raw: "<message id='" + id + "'>hey</message>",
		},
		Features: nospim.Features{
			Length: 43, Letters: 30, Words: 8, Text: 0x9f3c << 40, Normal: []byte("hey my cam is at"), Cut: n%5 == 0,
			Links: []nospim.Link{{URL: "http://x.example/a?u=9f3c", Host: "www.x.example", Domain: "x.example"}},
		},
		Verdict: nospim.Verdict{
			EventID: id, Action: action, Wanted: max(action, nospim.Mark), Score: 11.5, Required: 8, Campaign: "c-17", Harm: "spam", Tip: "stranger-link",
			Signals: []nospim.Signal{{
				Symbol: "SCRIPTED_BOT", Score: 6.5 + float64(n), Why: "the same four turns to 3 people",
				Entities: []nospim.Entity{{Kind: nospim.EntityAccount, ID: "nina_31@chat.example"}},
			}},
			Labels:   []nospim.Label{{Entity: nospim.Entity{Kind: nospim.EntityDomain, ID: "x.example"}, Name: "spam", Until: at.Add(time.Hour)}},
			Policy:   "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			Degraded: []string{"memory"}, Shadow: n%2 == 1,
		},
		Kept: at,
	}
}

// enforced is what is to be kept of an enforced record: all but what people wrote.
func enforced(r *nospim.Record) *nospim.Record {
	want := *r
	want.Event.Body, want.Event.Raw, want.Event.Links = "", "", nil
	want.Features.Normal = nil
	return &want
}

// allowed is what is to be kept of an appended record: neither names nor addresses of links either.
func allowed(r *nospim.Record) *nospim.Record {
	want := *enforced(r)
	want.Event.Sender.Name = ""
	want.Event.Recipients = slices.Clone(want.Event.Recipients)
	for i := range want.Event.Recipients {
		want.Event.Recipients[i].Name = ""
	}
	want.Event.Files = slices.Clone(want.Event.Files)
	for i := range want.Event.Files {
		want.Event.Files[i].Name, want.Event.Files[i].URL = "", ""
	}
	want.Features.Links = slices.Clone(want.Features.Links)
	for i := range want.Features.Links {
		want.Features.Links[i].URL = ""
	}
	return &want
}

// same fails the test when two things differ. Whether an empty slice is nil does not matter.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// keep keeps a record and waits.
func keep(t *testing.T, s record.Store, r *nospim.Record) *nospim.Record {
	t.Helper()
	stood, err := s.Keep(r).Wait(t.Context())
	if err != nil {
		t.Fatalf("keeping %s: %v", r.Event.ID, err)
	}
	return stood
}

// hold keeps a held message and returns its ID.
func hold(t *testing.T, s record.Store, n int) string {
	t.Helper()
	r := message(n, nospim.Hold)
	keep(t, s, r)
	for _, h := range held(t, s, record.HeldFilter{}) {
		if h.Event.ID == r.Event.ID {
			return h.ID
		}
	}
	t.Fatalf("%s is not held", r.Event.ID)
	return ""
}

// must fails the test at an error.
func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func held(t *testing.T, s record.Store, f record.HeldFilter) []nospim.Held {
	t.Helper()
	list, err := s.Held(t.Context(), f)
	must(t, "listing held messages", err)
	return list
}

func orders(t *testing.T, s record.Store) []nospim.Order {
	t.Helper()
	list, err := s.Orders(t.Context(), "chat.example", "")
	must(t, "listing orders", err)
	return list
}

func lists(t *testing.T, s record.Store) []nospim.ListEntry {
	t.Helper()
	list, err := s.Lists(t.Context())
	must(t, "reading the lists", err)
	return list
}

func audit(t *testing.T, s record.Store) []record.Audit {
	t.Helper()
	list, err := s.Audit(t.Context(), time.Time{})
	must(t, "reading the journal", err)
	return list
}

func revision(t *testing.T, s record.Store) int64 {
	t.Helper()
	n, err := s.Revision(t.Context())
	must(t, "reading the revision", err)
	return n
}

// scan returns copies of everything since a time.
func scan(t *testing.T, s record.Store, since time.Time) []nospim.Record {
	t.Helper()
	var list []nospim.Record
	must(t, "scanning", s.Scan(t.Context(), since, func(r *nospim.Record) error {
		list = append(list, clone(r))
		return nil
	}))
	return list
}

// clone copies a record that is valid during a call only.
func clone(r *nospim.Record) nospim.Record {
	c := *r
	c.Event.Recipients = slices.Clone(c.Event.Recipients)
	c.Event.Links = slices.Clone(c.Event.Links)
	c.Event.Files = slices.Clone(c.Event.Files)
	c.Event.Can = slices.Clone(c.Event.Can)
	c.Features.Links = slices.Clone(c.Features.Links)
	c.Verdict.Labels = slices.Clone(c.Verdict.Labels)
	c.Verdict.Degraded = slices.Clone(c.Verdict.Degraded)
	c.Verdict.Signals = slices.Clone(c.Verdict.Signals)
	for i := range c.Verdict.Signals {
		c.Verdict.Signals[i].Entities = slices.Clone(c.Verdict.Signals[i].Entities)
	}
	return c
}

// cancelled returns a context that has ended.
func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
