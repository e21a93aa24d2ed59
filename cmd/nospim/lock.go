package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// errLocked says that another process holds the lock.
var errLocked = errors.New("locked")

// lockData makes sure that one daemon alone works on a data directory: two would count apart. The lock ends with the process,
// however it ends. The command line does not take it: it works beside the daemon.
func lockData(dir string) (unlock func() error, err error) {
	name := filepath.Join(dir, "nospim.lock")
	f, err := openLocked(name)
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("another nospim%s serves from %s: stop it, or name another directory with --data", holder(name), dir)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	// The number is for people only; that it cannot be written is no reason not to serve.
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return f.Close, nil
}

// holder names the process that holds the lock, as far as it says so.
func holder(name string) string {
	b, err := os.ReadFile(name)
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}
