package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/internal/effort"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/recordtest"
	"github.com/nospim/nospim/record/sqlite"
)

func TestLimits(t *testing.T) {
	recordtest.RunLimits(t, func(t *testing.T, dir string, limits record.Limits) record.Store {
		t.Helper()
		return open(t, filepath.Join(dir, "nospim.db"), sqlite.WithLimits(limits))
	})
}

// A queue of 100,000 held messages opens for less than 50 ms of CPU time, whether they wait for many people or, of as many strangers, for
// one.
func TestLongQueue(t *testing.T) {
	const messages, most = 100_000, 50 * time.Millisecond
	if testing.Short() {
		t.Skip("fills two stores with 100,000 messages")
	}
	for _, c := range []struct {
		name     string
		from, to string // SQL of the number i
	}{
		{"for many", "'s' || (i / 20) || '@far.example'", "'p' || (i / 100) || '@chat.example'"},
		{"for one", "'s' || i || '@far.example'", "'p7@chat.example'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "nospim.db")
			s := open(t, path)
			fill(t, s, path, messages, c.from, c.to)
			ctx, now := t.Context(), time.Now()
			for _, q := range []struct {
				what string
				want int
				ask  func() (int, error)
			}{
				{"the operator's first page", 100, func() (int, error) { return count(s.Held(ctx, record.HeldFilter{State: nospim.HoldHeld, Limit: 100})) }},
				{"a page in the middle", 100, func() (int, error) {
					return count(s.Held(ctx, record.HeldFilter{State: nospim.HoldHeld, After: "h-50000", Limit: 100}))
				}},
				{"one person's, for the operator", 100, func() (int, error) {
					return count(s.Held(ctx, record.HeldFilter{State: nospim.HoldHeld, Recipient: "p7@chat.example", Limit: 100}))
				}},
				{"one sender's", 1, func() (int, error) {
					return count(s.Held(ctx, record.HeldFilter{State: nospim.HoldHeld, Sender: "s777@far.example", Limit: 1}))
				}},
				{"a person's first page", 5, func() (int, error) {
					return count(s.Waiting(ctx, record.WaitingFilter{Service: "chat.example", Recipient: "p7@chat.example", Limit: 5}))
				}},
				{"who is to be told", 100, func() (int, error) { return count(s.Unnoticed(ctx, "chat.example", now, 100)) }},
				{"how many wait", messages + 1, func() (int, error) { n, err := s.CountWaiting(ctx); return int(n), err }},
			} {
				cost := effort.Least(3, func() {
					if n, err := q.ask(); err != nil || n != q.want {
						t.Fatalf("%s: %d, %v; want %d", q.what, n, err, q.want)
					}
				})
				t.Logf("%s: %v", q.what, cost)
				if cost > most {
					t.Errorf("%s costs %v, more than %v", q.what, cost, most)
				}
			}
		})
	}
}

func count[T any](list []T, err error) (int, error) { return len(list), err }

// fill holds a message, and n that are like it but for sender and recipient.
func fill(t *testing.T, s *sqlite.Store, path string, n int, from, to string) {
	t.Helper()
	if _, err := s.Keep(message("first", nospim.Hold)).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?)
		INSERT INTO held (service, event_id, sender, recipients, since, event, verdict, content)
		SELECT service, 'm' || i, `+from+`, json_array(`+to+`), since, event, verdict, content FROM numbers, held WHERE held.id = 1`, n); err != nil {
		t.Fatal(err)
	}
}
