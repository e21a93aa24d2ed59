// Package sqlite is the embedded record store: one SQLite file in write-ahead mode, nothing to install.
//
// Read in this order: [Open] and the schema in migrations/ say what is there; keep.go makes enforced records durable, many of
// them in one commit; append.go writes the records of plain allows behind, many of them in one row; codec.go is their form;
// scan.go reads both back; held.go, orders.go and lists.go are what people work with.
//
// Several processes may have the file open at once: one of them writes at a time, and the others wait up to 5 seconds for it.
// Reading never waits for writing. What is deleted is overwritten in the file; the file does not shrink, its space is used again.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// readers is how many connections read at once. Each costs up to 2 MB of page cache.
const readers = 4

// Store is a record.Store in one file. Make one with [Open].
type Store struct {
	dir    string  // where its file is
	writer *sql.DB // one connection: SQLite has one writer at a time
	reader *sql.DB
	commit func(commit func() error) error
	log    *slog.Logger
	limits record.Limits

	keeper keeper
	behind behind
	stats  counters

	// The statements that run often.
	insertRecord, findRecord, insertHeld, revision *sql.Stmt

	stop   chan struct{}  // closed by Close: the flusher ends
	work   sync.WaitGroup // the flusher and the goroutine that commits
	closed atomic.Bool
	once   sync.Once
}

var _ record.Store = (*Store)(nil)

// Option changes how Open sets a store up.
type Option func(*Store)

// WithCommit passes every commit through a function, which calls the commit it is given, or not, and returns what the store is
// to believe of it. Tests break writes with it.
func WithCommit(commit func(commit func() error) error) Option {
	return func(s *Store) { s.commit = commit }
}

// WithLog tells where failures that nobody waits for are logged. Without it they are only counted.
func WithLog(log *slog.Logger) Option {
	return func(s *Store) { s.log = log }
}

// Open opens the store in the file path, and makes it (for the owner only) when there is none. A file of an older schema is
// brought up to date; one of a newer schema, or one that is no store, is an error.
func Open(ctx context.Context, path string, options ...Option) (*Store, error) {
	s := &Store{
		commit: func(commit func() error) error { return commit() },
		log:    slog.New(slog.DiscardHandler),
		stop:   make(chan struct{}),
		dir:    filepath.Dir(path),
	}
	for _, o := range options {
		o(s)
	}
	s.behind.init()
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the record store %s: %w", path, err), s.closeFiles())
	}
	s.work.Go(s.flusher)
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) error {
	if err := create(path); err != nil {
		return err
	}
	var err error
	if s.writer, err = connect(path, 1, "_txlock=immediate"); err != nil {
		return err
	}
	if s.reader, err = connect(path, readers, "_pragma=query_only(1)"); err != nil {
		return err
	}
	if err := migrateUp(ctx, s.writer); err != nil {
		return err
	}
	return s.prepare(ctx)
}

// create makes an empty file for the owner only; SQLite gives its companions -wal and -shm the same mode.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// connect makes a pool of connections. Nothing is opened yet.
func connect(path string, most int, extra string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: "_pragma=busy_timeout(30000)" + // milliseconds that a writer waits for another process: they take no turns, and disks can be slow
		"&_pragma=journal_mode(wal)" + // readers and the writer do not wait for each other
		"&_pragma=synchronous(full)" + // a commit is on the disk when it returns
		"&_pragma=foreign_keys(1)" +
		"&_pragma=secure_delete(1)" + // deleted content does not stay in free pages
		"&_pragma=cache_size(-2000)" + // KiB
		"&_pragma=journal_size_limit(16777216)" +
		"&" + extra}
	c, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	if most > 1 {
		db.SetConnMaxIdleTime(time.Minute)
	}
	return db, nil
}

// prepare makes the statements that run often. They are closed with their connections.
func (s *Store) prepare(ctx context.Context) error {
	var errs [4]error
	s.insertRecord, errs[0] = s.writer.PrepareContext(ctx, insertRecord)
	s.findRecord, errs[1] = s.writer.PrepareContext(ctx, selectRecord)
	s.insertHeld, errs[2] = s.writer.PrepareContext(ctx, insertHeld)
	s.revision, errs[3] = s.reader.PrepareContext(ctx, `SELECT value FROM meta WHERE key = 'revision'`)
	return errors.Join(errs[:]...)
}

// Close makes durable what is pending and closes the file. Keep then fails with [nospim.ErrClosed], Append counts as lost.
// Closing again does nothing.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		s.closed.Store(true)
		s.keeper.close()
		s.behind.close()
		close(s.stop)
		s.work.Wait()
		err = errors.Join(s.Flush(context.Background()), s.closeFiles())
	})
	return err
}

func (s *Store) closeFiles() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// write runs fn in one transaction, which is durable when write returns nil. What says in errors what was being done.
//
// When the commit itself fails, the transaction may have been persisted all the same: every write is made so that doing it
// again is harmless.
func (s *Store) write(ctx context.Context, what string, fn func(tx *sql.Tx) error) error {
	if s.closed.Load() {
		return fmt.Errorf("%s: %w", what, nospim.ErrClosed)
	}
	if err := s.transact(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (s *Store) transact(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(tx); err != nil {
		return err
	}
	s.stats.commits.Add(1)
	return s.commit(tx.Commit)
}

// counters are what Stats reads.
type counters struct {
	commits, kept, appended, lost, chunks, failures atomic.Int64
}

// Stats are for health and metrics: totals since Open.
type Stats struct {
	Commits  int64 // transactions, each with one wait for the disk
	Kept     int64 // records given to Keep
	Appended int64 // records given to Append
	Chunks   int64 // rows written for appended records
	Lost     int64 // appended records that could not be written
	Failures int64 // writes behind that failed
	Pending  int64 // bytes of appended records that are not written yet
}

// Stats returns the totals since Open.
func (s *Store) Stats() Stats {
	return Stats{
		Commits:  s.stats.commits.Load(),
		Kept:     s.stats.kept.Load(),
		Appended: s.stats.appended.Load(),
		Chunks:   s.stats.chunks.Load(),
		Lost:     s.stats.lost.Load(),
		Failures: s.stats.failures.Load(),
		Pending:  s.behind.size(),
	}
}
