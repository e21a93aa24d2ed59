package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/recordtest"
	"github.com/nospim/nospim/record/sqlite"
)

func TestStore(t *testing.T) {
	recordtest.Run(t, func(t *testing.T, dir string, commit recordtest.Committer) record.Store {
		t.Helper()
		return open(t, filepath.Join(dir, "data", "nospim.db"), sqlite.WithCommit(commit))
	})
}

func open(t *testing.T, path string, options ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// message returns a record with text that must not be found where it does not belong.
func message(id string, action nospim.Action) *nospim.Record {
	now := time.Now()
	return &nospim.Record{
		Event: nospim.Event{
			ID: id, Kind: nospim.KindMessage, Time: now, Service: "chat.example", Sender: nospim.Account{ID: "nina@chat.example"},
			Recipients: []nospim.Account{{ID: "ada@chat.example"}}, Body: "secret words", Raw: "<secret/>",
		},
		Verdict: nospim.Verdict{EventID: id, Action: action, Wanted: action},
		Kept:    now,
	}
}

func TestOpenMakesFilesForTheOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "nospim.db")
	s := open(t, path)
	if _, err := s.Keep(message("m-1", nospim.Hold)).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{".": 0o700, "nospim.db": 0o600, "nospim.db-wal": 0o600, "nospim.db-shm": 0o600}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}
}

func TestOpenAnyName(t *testing.T) {
	for _, name := range []string{"a b#c?d=e&f.db", "100%.db", "ünicode.db", ":memory:"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path)
		if err := s.PutList(t.Context(), nospim.ListEntry{Kind: nospim.ListDomain, Value: "x.example"}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
			t.Errorf("%q: nothing was written beside it: %v", name, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, bytes.Repeat([]byte("this is no database\n"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	if err := open(t, newer).Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	for _, c := range []struct{ name, path, want string }{
		{"a text", text, "not a database"},
		{"a directory", dir, "is a directory"},
		{"below a file", filepath.Join(text, "nospim.db"), "not a directory"},
		{"a newer schema", newer, "schema 9999"},
	} {
		s, err := sqlite.Open(t.Context(), c.path)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", c.name)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: error %q, want the path and %q", c.name, err, c.want)
		}
	}
}

// execute changes a file behind the store's back.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// TestOpenAtOnce opens a file that is not there yet several times at once: one migrates it, the others find it done.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nospim.db")
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			s, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.PutList(t.Context(), nospim.ListEntry{Kind: nospim.ListDomain, Value: fmt.Sprintf("x%d.example", i)}); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list, err := open(t, path).Lists(t.Context()); err != nil || len(list) != 6 {
		t.Errorf("%d entries, %v; want 6", len(list), err)
	}
}

// TestOtherProcess changes lists and settles a message in a child process, while this one goes on writing.
func TestOtherProcess(t *testing.T) {
	if path := os.Getenv("NOSPIM_TEST_STORE"); path != "" {
		beOtherProcess(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "nospim.db")
	s := open(t, path)
	if _, err := s.Keep(message("first", nospim.Hold)).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			if _, err := s.Keep(message(fmt.Sprintf("m-%d", n), nospim.Reject)).Wait(context.Background()); err != nil {
				t.Error(err)
			}
			select {
			case <-ended:
				return
			default:
			}
		}
	})
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOtherProcess$", "-test.count=1")
	child.Env = append(os.Environ(), "NOSPIM_TEST_STORE="+path)
	out, err := child.CombinedOutput()
	close(ended)
	wg.Wait()
	if err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	if list, err := s.Lists(t.Context()); err != nil || len(list) != 10 {
		t.Errorf("%d list entries of the child, %v; want 10", len(list), err)
	}
	if o, err := s.Orders(t.Context(), "chat.example", ""); err != nil || len(o) != 1 || o[0].EventID != "first" {
		t.Errorf("orders %v, %v; want the child's", o, err)
	}
	if after, err := s.Revision(t.Context()); err != nil || after == before {
		t.Errorf("revision %d after %d, %v", after, before, err)
	}
	if _, err := s.Get(t.Context(), "chat.example", "of the child"); err != nil {
		t.Error(err)
	}
}

func beOtherProcess(t *testing.T, path string) {
	t.Helper()
	s := open(t, path)
	for n := range 10 {
		if err := s.PutList(t.Context(), nospim.ListEntry{Kind: nospim.ListDomain, Value: fmt.Sprintf("x%d.example", n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Settle(t.Context(), "h-1", nospim.HoldReleased, "cli", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keep(message("of the child", nospim.Reject)).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestPowerCut takes a picture of the files in the moments before and after a commit, while many goroutines keep records, and
// opens the picture: all that was said to be durable is there, the held messages whole.
func TestPowerCut(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "nospim.db")
	var (
		mu      sync.Mutex
		durable []string // IDs whose Wait returned
		commits int
		images  []string
		counts  []int
	)
	picture := func() {
		mu.Lock()
		defer mu.Unlock()
		commits++
		if commits%9 != 0 {
			return
		}
		to := filepath.Join(dir, fmt.Sprintf("picture-%d", commits))
		copyFile(t, path, to)
		copyFile(t, path+"-wal", to+"-wal", bytes.Repeat([]byte{0xa5}, 1000)...) // the frame that was being written
		images, counts = append(images, to), append(counts, len(durable))
	}
	s := open(t, path, sqlite.WithCommit(func(commit func() error) error {
		picture()
		err := commit()
		picture()
		return err
	}))
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for n := range 40 {
				id := fmt.Sprintf("%d-%d", g, n)
				r := message(id, nospim.Hold)
				r.Event.Body = strings.Repeat(id+" ", 500) // checkpoints happen, too
				if _, err := s.Keep(r).Wait(context.Background()); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				durable = append(durable, id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(images) < 3 {
		t.Fatalf("%d pictures of %d commits: too few to say anything", len(images), commits/2)
	}
	for i, image := range images {
		p := open(t, image)
		list, err := p.Held(t.Context(), record.HeldFilter{})
		if err != nil {
			t.Fatal(err)
		}
		there := map[string]bool{}
		for _, h := range list {
			there[h.Event.ID] = strings.HasPrefix(h.Event.Body, h.Event.ID) && h.Event.Raw != ""
		}
		for _, id := range durable[:counts[i]] {
			if _, err := p.Get(t.Context(), "chat.example", id); err != nil || !there[id] {
				t.Errorf("picture %d of %d: %s was durable and is lost (%v)", i, len(images), id, err)
			}
		}
	}
}

func copyFile(t *testing.T, from, to string, more ...byte) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(to, append(b, more...), 0o600); err != nil {
		t.Error(err)
	}
}

// TestWrittenWithinASecond waits, on a clock of its own, and does not call Flush.
func TestWrittenWithinASecond(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nospim.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		for round := range int64(3) {
			s.Append(message("m", nospim.Allow))
			synctest.Wait()
			if got := s.Stats(); got.Chunks != round || got.Pending == 0 {
				t.Errorf("at once: %+v, want %d chunks and something pending", got, round)
			}
			<-time.After(time.Second)
			synctest.Wait()
			if got := s.Stats(); got.Chunks != round+1 || got.Pending != 0 {
				t.Errorf("a second later: %+v, want %d chunks and nothing pending", got, round+1)
			}
			<-time.After(time.Hour)
		}
	})
}

// TestAppendIsBounded: while nothing can be written, Append takes what fits, then waits, and goes on afterwards.
func TestAppendIsBounded(t *testing.T) {
	faults := new(recordtest.Faults)
	s := open(t, filepath.Join(t.TempDir(), "nospim.db"), sqlite.WithCommit(faults.Commit))
	arrived, release := faults.Hold()
	const many = 200
	r := message("m", nospim.Allow)
	r.Event.Refers = strings.Repeat("x", 256<<10) // 50 MiB in all
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range many {
			s.Append(r)
		}
	}()
	<-arrived
	deadline := time.After(2 * time.Minute)
	for s.Stats().Pending < 4<<20 {
		select {
		case <-done:
			t.Fatal("everything was taken while nothing could be written")
		case <-deadline:
			t.Fatalf("%d bytes pending, want 4 MiB", s.Stats().Pending)
		default:
		}
	}
	if p := s.Stats().Pending; p > 5<<20 {
		t.Errorf("%d bytes pending, want about 4 MiB", p)
	}
	release()
	<-done
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := s.Scan(t.Context(), time.Time{}, func(*nospim.Record) error { n++; return nil }); err != nil || n != many {
		t.Errorf("%d records, %v; want %d", n, err, many)
	}
}

// TestOneFailureIsNoFailure: a commit that fails once is done again, so nobody hears of it and everything is there once.
func TestOneFailureIsNoFailure(t *testing.T) {
	for _, fault := range []recordtest.Fault{recordtest.NotPersisted, recordtest.Persisted} {
		faults := new(recordtest.Faults)
		s := open(t, filepath.Join(t.TempDir(), "nospim.db"), sqlite.WithCommit(faults.Commit))
		faults.Break(fault)
		r := message("m-1", nospim.Hold)
		if stood, err := s.Keep(r).Wait(t.Context()); err != nil || stood != r {
			t.Errorf("%s: %v, %v; want the record given", fault, stood, err)
		}
		s.Append(message("m-2", nospim.Allow))
		faults.Break(fault)
		if err := s.Flush(t.Context()); err != nil {
			t.Errorf("%s: Flush: %v", fault, err)
		}
		n := 0
		if err := s.Scan(t.Context(), time.Time{}, func(*nospim.Record) error { n++; return nil }); err != nil || n != 2 {
			t.Errorf("%s: %d records, %v; want 2", fault, n, err)
		}
	}
}

// TestLostIsCounted breaks the write behind for good: it is said, counted and logged, without a word of the messages. It has a clock of its
// own: on a slow machine half a second may pass between two records, and they would be written apart.
func TestLostIsCounted(t *testing.T) { synctest.Test(t, lostIsCounted) }

func lostIsCounted(t *testing.T) {
	faults := new(recordtest.Faults)
	var log bytes.Buffer
	s := open(t, filepath.Join(t.TempDir(), "nospim.db"), sqlite.WithCommit(faults.Commit), sqlite.WithLog(slog.New(slog.NewTextHandler(&log, nil))))
	faults.Break(recordtest.NotPersisted, recordtest.NotPersisted, recordtest.NotPersisted, recordtest.NotPersisted)
	if _, err := s.Keep(message("m-1", nospim.Hold)).Wait(t.Context()); err == nil {
		t.Error("kept, although both commits failed")
	}
	s.Append(message("m-2", nospim.Allow))
	s.Append(message("m-3", nospim.Allow))
	if err := s.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "2 records") {
		t.Errorf("Flush: %v, want an error about 2 records", err)
	}
	if got := s.Stats(); got.Lost != 2 || got.Failures != 1 || got.Appended != 2 {
		t.Errorf("%+v, want 2 lost in 1 failure", got)
	}
	if text := log.String(); !strings.Contains(text, "records=2") || strings.Contains(text, "secret") || strings.Contains(text, "nina") {
		t.Errorf("log: %s", text)
	}
}

// TestNoTextInTheFiles looks for what people wrote in the bytes of the files, after it was settled.
func TestNoTextInTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nospim.db")
	s := open(t, path)
	s.Append(message("m-1", nospim.Allow))
	for _, id := range []string{"m-2", "m-3"} {
		r := message(id, nospim.Hold)
		r.Event.Body = strings.Repeat(r.Event.Body, 2000) // long enough for pages of its own
		if _, err := s.Keep(r).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for id, to := range map[string]nospim.HoldState{"h-1": nospim.HoldRefused, "h-2": nospim.HoldReleased} {
		if err := s.Settle(t.Context(), id, to, "ada", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ack(t.Context(), "o-000000000001", ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // what is written ahead comes into the file
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte("nina@chat.example")) {
		t.Error("the file lacks even the sender: this test looks in the wrong place")
	}
	if bytes.Contains(b, []byte("secret")) {
		t.Error("the text is still in the file")
	}
}
