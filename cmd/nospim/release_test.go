package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// adapter does orders as the adapters inside servers do: each once by its ID, however often it comes.
type adapter struct {
	mu        sync.Mutex
	done      map[string]bool
	delivered []string // events
	again     int      // orders that came although they were done
}

// serve does what the daemon at a socket orders, through its deaths, until ctx ends.
func (a *adapter) serve(ctx context.Context, sock string) {
	for ctx.Err() == nil {
		c, err := line.DialAddr(ctx, sock, line.Hello{Connector: "test", Service: "chat.example"}, line.Options{})
		if err != nil {
			<-time.After(5 * time.Millisecond)
			continue
		}
		c.OnOrder(a.do)
		select {
		case <-c.Done():
		case <-ctx.Done():
		}
		_ = c.Close()
	}
}

func (a *adapter) do(o nospim.Order) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case o.Do != nospim.OrderDeliver || o.Raw == "":
		return "not a delivery"
	case a.done[o.ID]:
		a.again++
	default:
		a.done[o.ID] = true
		a.delivered = append(a.delivered, o.EventID)
	}
	return ""
}

func (a *adapter) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.delivered)
}

// What is released arrives once and in its order, though the daemon, and who releases, are killed (-9) at any moment.
func TestKillWhileReleasing(t *testing.T) {
	const senders, each = 20, 15
	data := newData(t)
	sock := "unix:" + filepath.Join(data, "s")
	s, err := sqlite.Open(t.Context(), filepath.Join(data, "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids, want := fillHeld(t, s, senders, each)

	a := &adapter{done: map[string]bool{}}
	ctx, stop := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { a.serve(ctx, sock) })
	defer serving.Wait()
	defer stop()
	kills := 0
	for from := 0; from < len(ids); from += each { // the messages of one sender after the other
		some := ids[from : from+each]
		daemon, _ := child(t, "serve", "--data", data, "--line", sock, "--http", "none")
		releaseAndKill(t, s, data, some, from/each%3, func() {
			at := from + rand.IntN(each)
			for end := time.Now().Add(300 * time.Millisecond); a.count() < at && time.Now().Before(end); {
				<-time.After(time.Millisecond)
			}
			if err := daemon.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = daemon.Wait()
			kills++
		})
	}
	child(t, "serve", "--data", data, "--line", sock, "--http", "none")
	become(t, "everything is delivered", func() bool {
		left, err := s.Orders(t.Context(), "chat.example", "")
		return err == nil && len(left) == 0 && a.count() >= len(want)
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.delivered, want) {
		t.Errorf("delivered %d: %q\nwant %d in this order: %q", len(a.delivered), a.delivered, len(want), want)
	}
	if h, err := s.Held(t.Context(), record.HeldFilter{State: nospim.HoldDelivered, Limit: 1000}); err != nil || len(h) != len(want) {
		t.Errorf("%d are delivered in the books, %v; want %d", len(h), err, len(want))
	}
	t.Logf("%d kills of the daemon, %d messages; %d orders came again and were not done again", kills, len(want), a.again)
}

// releaseAndKill has messages released in one of three ways while kill happens: at once as a person lets a sender in, one by one, or
// by a command that is killed itself.
func releaseAndKill(t *testing.T, s *sqlite.Store, data string, ids []string, way int, kill func()) {
	t.Helper()
	var killing sync.WaitGroup
	killing.Go(kill)
	defer killing.Wait()
	switch way {
	case 0:
		h, err := s.Held(t.Context(), record.HeldFilter{ID: ids[0]})
		if err != nil {
			t.Fatal(err)
		}
		d := record.WaitingDecision{Service: "chat.example", Recipient: "ada@chat.example", Sender: h[0].Event.Sender.ID, To: nospim.HoldReleased, By: "ada@chat.example"}
		if n, err := s.DecideWaiting(t.Context(), d); err != nil || n != len(ids) {
			t.Fatalf("released %d, %v", n, err)
		}
		return
	case 1:
		c, _ := child(t, append([]string{"held", "release", "--no-lesson", "--data", data}, ids...)...)
		<-time.After(time.Duration(rand.IntN(10)) * time.Millisecond)
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	for _, id := range ids {
		if err := s.Settle(t.Context(), id, nospim.HoldReleased, "ada", ""); err != nil && !errors.Is(err, nospim.ErrConflict) {
			t.Fatal(err)
		}
	}
}

// fillHeld holds messages of some senders to ada, and returns what they are called, sender by sender.
func fillHeld(t *testing.T, s *sqlite.Store, senders, each int) (ids, events []string) {
	t.Helper()
	for i := range senders {
		for j := range each {
			e := message(fmt.Sprintf("s%d-%d", i, j), fmt.Sprintf("s%d@far.example", i), nospim.RelationStranger, "hello")
			r := &nospim.Record{Event: *e, Verdict: nospim.Verdict{EventID: e.ID, Action: nospim.Hold, Wanted: nospim.Hold}, Kept: time.Now()}
			if _, err := s.Keep(r).Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			ids, events = append(ids, fmt.Sprint("h-", i*each+j+1)), append(events, e.ID)
		}
	}
	return ids, events
}
