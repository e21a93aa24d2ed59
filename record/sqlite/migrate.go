package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// files are the migrations.
//
//go:embed migrations/*.sql
var files embed.FS

// tries is how often in a row migrating may fail without getting anywhere, when another process migrates the same file at the same time.
const tries = 5

// migrateUp brings the schema up to the newest migration. Each one is a transaction, so that whoever loses the race against
// another process finds it done.
func migrateUp(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	before := int64(-1)
	for try := 1; ; try++ {
		have, want, err := p.GetVersions(ctx)
		switch {
		case err != nil: // two made the table of versions
		case have > want:
			return fmt.Errorf("the file has schema %d, this program knows up to %d: use the program that wrote it, or a newer one", have, want)
		case have == want:
			return nil
		default:
			if have > before { // somebody gets on
				before, try = have, 1
			}
			_, err = p.Up(ctx)
		}
		if err != nil && (try >= tries || ctx.Err() != nil) {
			return err
		}
	}
}
