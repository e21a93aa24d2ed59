package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// crash is a daemon that is killed again and again under load, and what it has answered.
type crash struct {
	t       *testing.T
	data    string
	process *exec.Cmd
	client  *line.Client

	mu       sync.Mutex
	answered map[string]*nospim.Verdict // by event id: what enforces
	events   map[string]*nospim.Event
}

// Every enforced verdict and every held message that was answered survives kill -9 in the middle of load, the same event
// gets the same verdict afterwards, and counts once.
func TestKillUnderLoad(t *testing.T) {
	rounds := 15
	if os.Getenv("NOSPIM_SOAK") != "" { // make soak
		rounds = 200
	}
	if testing.Short() {
		rounds = 3
	}
	c := &crash{t: t, data: newData(t), answered: map[string]*nospim.Verdict{}, events: map[string]*nospim.Event{}}
	c.start()
	c.block("*@spam.example")
	for round := range rounds {
		first := c.count(round, "repeats", 1, 2)
		c.count(round, "goes-on", 1, 2)
		c.loadAndKill(round)
		c.verify()
		c.start()
		if again := c.count(round, "repeats", 1, 2); !slices.Equal(first, again) {
			t.Errorf("round %d: the same two events raised %v, and %v after the restart", round, first, again)
		}
		for _, sender := range []string{"repeats", "goes-on"} { // counted twice it would be the fifth, forgotten the first
			if third := c.count(round, sender, 3, 3); !slices.Equal(third, []bool{true}) {
				t.Errorf("round %d: the third event of who %s is not counted as the third", round, sender)
			}
		}
		c.askAgain()
	}
	if n := len(c.answered); n < rounds*50 {
		t.Errorf("only %d enforced verdicts were answered: the load is too light to prove anything", n)
	}
	t.Logf("%d kills, %d enforced verdicts answered", rounds, len(c.answered))
}

func (c *crash) start() {
	c.t.Helper()
	sock := "unix:" + filepath.Join(c.data, "s")
	config := filepath.Join(c.data, "config.yaml")
	writeFile(c.t, config, "waiting: {recipient: -1, sender: -1, pair: -1, total: -1}\n") // far more waits for ada than would in life
	c.process, _ = child(c.t, "serve", "--config", config, "--data", c.data, "--line", sock, "--http", "none")
	c.client = dial(c.t, sock)
}

// open opens the store of the daemon, which may be running.
func (c *crash) open() *sqlite.Store {
	c.t.Helper()
	s, err := sqlite.Open(c.t.Context(), filepath.Join(c.data, "nospim.db"))
	if err != nil {
		c.t.Fatalf("the store cannot be opened: %v", err)
	}
	return s
}

func (c *crash) block(account string) {
	c.t.Helper()
	e, err := detect.ParseEntry(nospim.ListAccount, account)
	if err != nil {
		c.t.Fatal(err)
	}
	s := c.open()
	defer func() { _ = s.Close() }()
	if err := s.PutList(c.t.Context(), e); err != nil {
		c.t.Fatal(err)
	}
	n := 0
	become(c.t, "the list is followed", func() bool {
		n++
		v, err := c.client.Judge(c.t.Context(), message(fmt.Sprint("probe-", n), fmt.Sprintf("x%d@spam.example", n), nospim.RelationContact, "hi"))
		return err == nil && v.Action == nospim.Reject
	})
}

// count judges the messages from to to of a sender of the round, who is listed so that each is durable, and says of which the
// rule COUNTED says that it is the third.
func (c *crash) count(round int, sender string, from, to int) (raised []bool) {
	c.t.Helper()
	for i := from; i <= to; i++ {
		id := fmt.Sprintf("%s-%d-%d", sender, round, i)
		e := message(id, fmt.Sprintf("%s-%d@spam.example", sender, round), nospim.RelationContact, "hello")
		v, err := c.client.Judge(c.t.Context(), e)
		if err != nil {
			c.t.Fatal(err)
		}
		raised = append(raised, slices.ContainsFunc(v.Signals, func(s nospim.Signal) bool { return s.Symbol == "COUNTED" }))
		c.answer(e, v)
	}
	return raised
}

// loadAndKill sends allowed, held and rejected messages from several senders at once and kills the daemon when enough have
// been answered, each round at another point.
func (c *crash) loadAndKill(round int) {
	const workers = 8
	enough := 60 + 37*(round%5)
	var wg sync.WaitGroup
	answers := make(chan struct{}, 10_000)
	for w := range workers {
		wg.Go(func() {
			for i := 0; ; i++ {
				e := loadEvent(round, w, i)
				v, err := c.client.Judge(c.t.Context(), e)
				if err != nil {
					return // killed
				}
				c.answer(e, v)
				answers <- struct{}{}
			}
		})
	}
	for range enough {
		select {
		case <-answers:
		case <-time.After(patience):
			c.t.Fatal("the daemon does not answer")
		}
	}
	if err := c.process.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.process.Wait()
	wg.Wait()
	_ = c.client.Close()
}

// loadEvent is the i-th message of a worker: allowed, held or rejected in turn.
func loadEvent(round, worker, i int) *nospim.Event {
	id := fmt.Sprintf("r%d-w%d-%d", round, worker, i)
	switch i % 3 {
	case 0:
		return message(id, "bob@chat.example", nospim.RelationContact, "are you there?")
	case 1:
		return message(id, id+"@x.example", nospim.RelationStranger, "see http://x.example/a")
	default:
		return message(id, id+"@spam.example", nospim.RelationContact, "hello")
	}
}

func (c *crash) answer(e *nospim.Event, v *nospim.Verdict) {
	if !v.Action.Enforced() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered[e.ID], c.events[e.ID] = v, e
}

// verify looks for everything that was answered in the store that the dead daemon left.
func (c *crash) verify() {
	c.t.Helper()
	s := c.open()
	defer func() {
		if err := s.Close(); err != nil {
			c.t.Error(err)
		}
	}()
	waiting, err := s.Held(c.t.Context(), record.HeldFilter{Limit: 1_000_000})
	if err != nil {
		c.t.Fatal(err)
	}
	held := map[string]nospim.Held{}
	for _, h := range waiting {
		held[h.Event.ID] = h
	}
	for id, v := range c.answered {
		r, err := s.Get(c.t.Context(), "chat.example", id)
		if err != nil || r.Verdict.Action != v.Action || r.Verdict.Score != v.Score {
			c.t.Errorf("%s was answered %s and is kept as %+v, %v", id, v.Action, r, err)
			continue
		}
		if h := held[id]; v.Action == nospim.Hold && (h.Event.Body != c.events[id].Body || h.Event.Raw != c.events[id].Raw) {
			c.t.Errorf("%s was held and is not there to be released: %+v", id, h)
		}
	}
}

// askAgain sends events of all rounds once more and compares the verdicts.
func (c *crash) askAgain() {
	c.t.Helper()
	for i, id := range slices.Sorted(maps.Keys(c.answered)) {
		if i%7 != 0 {
			continue
		}
		was := c.answered[id]
		v, err := c.client.Judge(c.t.Context(), c.events[id])
		if err != nil {
			c.t.Fatal(err)
		}
		if v.Action != was.Action || v.Score != was.Score || len(v.Signals) != len(was.Signals) {
			c.t.Errorf("%s was %s (%.1f) and is %s (%.1f) after a restart", id, was.Action, was.Score, v.Action, v.Score)
		}
	}
}
