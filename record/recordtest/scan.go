package recordtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

func testAppend(t *testing.T, l *lab) {
	records := []*nospim.Record{message(1, nospim.Allow), message(2, nospim.Allow), message(3, nospim.Allow), {
		Event:   nospim.Event{ID: "bare", Kind: nospim.KindLogin, Service: "chat.example", Time: start, Sender: nospim.Account{ID: "ada@chat.example"}},
		Verdict: nospim.Verdict{EventID: "bare", Signals: []nospim.Signal{}},
		Kept:    start.Add(time.Second),
	}}
	for _, r := range records {
		mine := clone(r)
		l.store.Append(&mine)
		mine = nospim.Record{} // it is not kept: the caller uses it again
	}
	must(t, "flushing", l.store.Flush(t.Context()))
	l.reopen(t)
	got := scan(t, l.store, time.Time{})
	if len(got) != len(records) {
		t.Fatalf("%d records, want %d", len(got), len(records))
	}
	for i := range got {
		same(t, got[i].Event.ID, &got[i], allowed(records[i]))
	}
}

// testScan mixes 10,000 records of both kinds and reads them back from several times on.
func testScan(t *testing.T, l *lab) {
	const many, every = 10_000, 10
	var commits []record.Commit
	for n := range many {
		if n%every == 0 {
			commits = append(commits, l.store.Keep(message(n, nospim.Reject)))
		} else {
			l.store.Append(message(n, nospim.Allow))
		}
		if n%3000 == 0 {
			must(t, "flushing", l.store.Flush(t.Context()))
		}
	}
	for _, c := range commits {
		_, err := c.Wait(t.Context())
		must(t, "keeping", err)
	}
	for _, from := range []int{0, 1, 50, 4321, many - 1, many} {
		n := from
		must(t, "scanning", l.store.Scan(t.Context(), start.Add(time.Duration(from)*time.Millisecond), func(r *nospim.Record) error {
			want := message(n, nospim.Allow)
			if r.Event.ID != want.Event.ID || !r.Kept.Equal(want.Kept) || r.Verdict.Signals[0].Score != want.Verdict.Signals[0].Score {
				t.Fatalf("from %d: record %s, want %s", from, r.Event.ID, want.Event.ID)
			}
			n++
			return nil
		}))
		if n != many {
			t.Errorf("from %d: ended before %d, want %d", from, n, many)
		}
	}
}

func testScanStops(t *testing.T, l *lab) {
	for n := range 10 {
		l.store.Append(message(n, nospim.Allow))
	}
	enough := errors.New("enough")
	n := 0
	err := l.store.Scan(t.Context(), time.Time{}, func(*nospim.Record) error {
		n++
		if n == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 3 {
		t.Errorf("error %v after %d records, want the third call's", err, n)
	}
	err = l.store.Scan(cancelled(t), time.Time{}, func(*nospim.Record) error { return nil })
	if err == nil {
		t.Error("scanning with an ended context is no error")
	}
}

// testScanFree writes and reads from within a scan, and another scan within it.
func testScanFree(t *testing.T, l *lab) {
	for n := range 5 {
		keep(t, l.store, message(2*n, nospim.Reject))
		l.store.Append(message(2*n+1, nospim.Allow))
	}
	var outer, inner []string
	must(t, "scanning", l.store.Scan(t.Context(), time.Time{}, func(r *nospim.Record) error {
		outer = append(outer, r.Event.ID)
		inner = inner[:0]
		keep(t, l.store, message(100+len(outer), nospim.Hold))
		l.store.Append(message(200+len(outer), nospim.Allow))
		return l.store.Scan(t.Context(), time.Time{}, func(r *nospim.Record) error {
			inner = append(inner, r.Event.ID)
			return nil
		})
	}))
	same(t, "outer scan", outer, []string{"m-0", "m-1", "m-2", "m-3", "m-4", "m-5", "m-6", "m-7", "m-8", "m-9"})
	if len(inner) != 30 || !slices.Contains(inner, "m-210") {
		t.Errorf("the last inner scan saw %v, want 30 records", inner)
	}
}
