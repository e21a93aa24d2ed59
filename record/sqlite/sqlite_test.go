package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/recordtest"
	"github.com/nospim/nospim/record/sqlite"
)

func TestStore(t *testing.T) {
	recordtest.Run(t, func(t *testing.T, dir string, commit recordtest.Committer) record.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), filepath.Join(dir, "data", "nospim.db"), sqlite.WithCommit(commit))
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
