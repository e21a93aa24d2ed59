package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"

	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/record/sqlite"
)

// storeFile is the record store that a configuration names.
func storeFile(c config.Config) string { return cmp.Or(c.Record, filepath.Join(c.Data, "nospim.db")) }

// withStore opens the record store beside a daemon that may be running, and closes it after do.
func (p *places) withStore(ctx context.Context, do func(*sqlite.Store) error) (err error) {
	c, err := p.load()
	if err != nil {
		return err
	}
	if _, err := os.Stat(storeFile(c)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no record store in %s yet: start nospim serve once, or name another directory with --data", c.Data)
	}
	s, err := sqlite.Open(ctx, storeFile(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }() //nolint:contextcheck // what was written is made durable though ctx has ended
	return do(s)
}

// whoami names the person at the command line, for the journal.
func whoami() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "cli:" + u.Username
	}
	return "cli"
}
