package door

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Journal has what happened, as sentences for admins.
type Journal interface {
	// Unread returns what was not told yet, oldest first, at most limit lines, and up to where that goes. No lines mean that there is
	// nothing to tell.
	Unread(ctx context.Context, limit int) (lines []string, upTo int64, err error)
	// Told says that everything up to there was told.
	Told(ctx context.Context, upTo int64) error
}

// News tells admins what happened: each thing once, what happens together in one message, and not more messages in any hour than
// PerHour. What has to wait for the next hour is told then, together.
type News struct {
	Journal Journal
	PerHour int
	// Every is how often it looks; 0 means every 5 seconds.
	Every time.Duration
	Clock func() time.Time

	sent []time.Time // within the last hour, by the one connection that there is
}

// Bounds of one message.
const (
	newsEvery = 5 * time.Second
	mostNews  = 500 // lines that are read at once
	mostLines = 20  // lines in a message
)

// tell looks and sends until ctx ends.
func (n *News) tell(ctx context.Context, log *slog.Logger, send func(text string) error) {
	every := n.Every
	if every == 0 {
		every = newsEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := n.look(ctx, send); err != nil && ctx.Err() == nil {
			log.Error("admins could not be told", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look sends one message of what is unread, if one may be sent now. It is told first and marked as told afterwards: a crash between
// the two tells twice rather than never.
func (n *News) look(ctx context.Context, send func(text string) error) error {
	now := n.Clock()
	for len(n.sent) > 0 && now.Sub(n.sent[0]) >= time.Hour {
		n.sent = n.sent[1:]
	}
	if len(n.sent) >= n.PerHour {
		return nil
	}
	lines, upTo, err := n.Journal.Unread(ctx, mostNews)
	if err != nil || len(lines) == 0 {
		return err
	}
	if err := send(digest(lines)); err != nil {
		return fmt.Errorf("telling admins: %w", err)
	}
	n.sent = append(n.sent, now)
	return n.Journal.Told(ctx, upTo)
}

// digest is one message of many lines.
func digest(lines []string) string {
	if more := len(lines) - mostLines; more > 0 {
		lines = append(lines[:mostLines:mostLines], fmt.Sprintf("… and %d more: see the journal", more))
	}
	return strings.Join(lines, "\n")
}
