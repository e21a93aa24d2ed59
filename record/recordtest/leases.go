package recordtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nospim/nospim/record"
)

// lease takes the lease of one name for a minute from so many seconds after start.
func lease(t *testing.T, s record.Store, holder string, seconds int) bool {
	t.Helper()
	now := start.Add(time.Duration(seconds) * time.Second)
	has, err := s.Lease(t.Context(), "order 1", holder, now, now.Add(time.Minute))
	must(t, "taking a lease", err)
	return has
}

func testLeases(t *testing.T, l *lab) {
	other := l.another(t)
	revision, err := l.store.Revision(t.Context())
	must(t, "reading the revision", err)
	for i, c := range []struct {
		holder string
		at     int
		want   bool
	}{
		{"a", 0, true}, {"b", 1, false}, {"a", 30, true}, {"b", 60, false}, {"b", 89, false}, {"b", 90, true}, {"a", 91, false},
	} {
		s := l.store
		if c.holder == "b" {
			s = other
		}
		if got := lease(t, s, c.holder, c.at); got != c.want {
			t.Fatalf("step %d: %s after %d s: %v, want %v", i, c.holder, c.at, got, c.want)
		}
	}
	if has, err := l.store.Lease(t.Context(), "order 2", "a", start, start.Add(time.Minute)); !has || err != nil {
		t.Errorf("another name: %v, %v", has, err)
	}
	after, err := l.store.Revision(t.Context())
	must(t, "reading the revision", err)
	same(t, "revision", after, revision)
}

// testLeaseAtOnce: of many that want a lease at once, one has it.
func testLeaseAtOnce(t *testing.T, l *lab) {
	stores := []record.Store{l.store, l.another(t)}
	var all sync.WaitGroup
	var have atomic.Int64
	for i := range 20 {
		all.Go(func() {
			has, err := stores[i%2].Lease(context.WithoutCancel(t.Context()), "one", fmt.Sprint("holder ", i), start, start.Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			if has {
				have.Add(1)
			}
		})
	}
	all.Wait()
	if n := have.Load(); n != 1 {
		t.Errorf("%d have the lease, want one", n)
	}
}

// leaseWrite is the write that takes a lease, to be broken.
func leaseWrite(nothing func(*testing.T, record.Store) string) write {
	return write{"lease", nothing, func(ctx context.Context, s record.Store, _ string) error {
		return second(s.Lease(ctx, "order 1", "a", start, start.Add(time.Minute)))
	}, nil, func(t *testing.T, s record.Store) {
		t.Helper()
		if lease(t, s, "b", 1) {
			t.Error("another has the lease, too")
		}
	}}
}
