package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Challenge implements record.Store.
func (s *Store) Challenge(ctx context.Context, c *nospim.Trial) (made bool, err error) {
	err = s.write(ctx, "keeping a challenge", func(tx *sql.Tx) error {
		made = false
		// One writer at a time: the answer to an older challenge came before this or comes after it.
		proved, err := labelled(ctx, tx, nospim.Pair(c.Sender, c.Recipient), nospim.LabelProved, c.Made)
		if err != nil {
			return err
		}
		if proved {
			return releasePair(ctx, tx, c, c.Made)
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO challenges (id, service, sender, recipient, event, made, until)
			SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS
			(SELECT 1 FROM challenges WHERE service = ?2 AND sender = ?3 AND until > ?6)`,
			c.ID, c.Service, c.Sender, c.Recipient, c.Event, nanos(c.Made), nanos(c.Until))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if made = n > 0; err != nil || !made {
			return err
		}
		return note(ctx, tx, record.Audit{At: c.Made, By: "nospim", Action: "challenge.make", Object: c.Sender, Reason: "a stranger to " + c.Recipient})
	})
	return made && err == nil, err
}

// labelled reports whether somebody decided that an entity bears a label, and that holds.
func labelled(ctx context.Context, tx *sql.Tx, e nospim.Entity, name string, now time.Time) (bool, error) {
	var has bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM labels WHERE entity = ? AND name = ? AND until > ?)`,
		e.String(), name, nanos(now)).Scan(&has)
	return has, err
}

const selectChallenge = `SELECT id, service, sender, recipient, event, made, until, tries, passed FROM challenges WHERE `

func scanChallenge(row *sql.Row) (*nospim.Trial, error) {
	var (
		c           nospim.Trial
		made, until int64
		passed      sql.NullInt64
	)
	err := row.Scan(&c.ID, &c.Service, &c.Sender, &c.Recipient, &c.Event, &made, &until, &c.Tries, &passed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("a challenge: %w", nospim.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("reading a challenge: %w", err)
	}
	c.Made, c.Until = stamp(made), stamp(until)
	if passed.Valid {
		c.Passed = stamp(passed.Int64)
	}
	return &c, nil
}

// FindChallenge implements record.Store.
func (s *Store) FindChallenge(ctx context.Context, id string) (*nospim.Trial, error) {
	return scanChallenge(s.reader.QueryRowContext(ctx, selectChallenge+`id = ?`, id))
}

// OpenChallenge implements record.Store.
func (s *Store) OpenChallenge(ctx context.Context, service, sender, recipient string, now time.Time) (*nospim.Trial, error) {
	return scanChallenge(s.reader.QueryRowContext(ctx, selectChallenge+`service = ? AND sender = ? AND recipient = ? AND passed IS NULL AND until > ?
		ORDER BY until DESC LIMIT 1`, service, sender, recipient, nanos(now)))
}

// TryChallenge implements record.Store.
func (s *Store) TryChallenge(ctx context.Context, id string, most int) error {
	return s.write(ctx, "counting an answer", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE challenges SET tries = tries + 1 WHERE id = ? AND tries < ?`, id, most)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		if _, err := scanChallenge(tx.QueryRowContext(ctx, selectChallenge+`id = ?`, id)); err != nil {
			return err
		}
		return fmt.Errorf("too many answers: %w", nospim.ErrDenied)
	})
}

// PassChallenge implements record.Store.
func (s *Store) PassChallenge(ctx context.Context, id string, now, proved time.Time) error {
	return s.write(ctx, "passing a challenge", func(tx *sql.Tx) error {
		c, err := scanChallenge(tx.QueryRowContext(ctx, selectChallenge+`id = ?`, id))
		switch {
		case err != nil:
			return err
		case !c.Passed.IsZero():
			return fmt.Errorf("it was passed: %w", nospim.ErrConflict)
		case !c.Until.After(now):
			return fmt.Errorf("it is over: %w", nospim.ErrNotFound)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE challenges SET passed = ? WHERE id = ?`, nanos(now), id); err != nil {
			return err
		}
		l := record.Labelling{Label: nospim.Label{Entity: nospim.Pair(c.Sender, c.Recipient), Name: nospim.LabelProved, Until: proved}, At: now, By: "nospim", Reason: whyPassed}
		if err := putLabel(ctx, tx, &l, now); err != nil {
			return err
		}
		return releasePair(ctx, tx, c, now)
	})
}

// whyPassed is why something was released or labelled.
const whyPassed = "the sender passed a challenge"

// releasePair releases what waits of the pair of a challenge, in the order of coming.
func releasePair(ctx context.Context, tx *sql.Tx, c *nospim.Trial, now time.Time) error {
	ids, err := all(ctx, tx, "looking what a challenge holds", scanNumber, `SELECT id FROM held WHERE state = 'held' AND service = ? AND sender = ?
		AND recipient = ? AND verdict ->> 'action' = ? ORDER BY id`, c.Service, c.Sender, c.Recipient, nospim.Challenge.String())
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := settle(ctx, tx, id, nospim.HoldReleased, "nospim", whyPassed, now); err != nil {
			return err
		}
		if err := orderDelivery(ctx, tx, id); err != nil {
			return err
		}
		if err := note(ctx, tx, record.Audit{At: now, By: "nospim", Action: settleActions[nospim.HoldReleased], Object: heldID(id), Reason: whyPassed}); err != nil {
			return err
		}
	}
	return nil
}
