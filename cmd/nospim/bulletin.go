package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/record"
)

// bulletin tells admins of the journal what they want to hear unasked. It implements door.Journal.
type bulletin struct{ store record.Store }

// adminsBookmark is how far admins were told.
const adminsBookmark = "admins"

// Unread implements door.Journal. Where nothing of the journal is for admins, it reads on.
func (b bulletin) Unread(ctx context.Context, limit int) (lines []string, upTo int64, err error) {
	after, err := b.store.Bookmark(ctx, adminsBookmark)
	if err != nil {
		return nil, 0, err
	}
	for {
		news, err := b.store.News(ctx, after, limit)
		if err != nil || len(news) == 0 {
			return nil, after, err
		}
		for i := range news {
			if say := sayNews(&news[i]); say != "" {
				lines = append(lines, say)
			}
		}
		after = news[len(news)-1].ID
		if len(lines) > 0 {
			return lines, after, nil
		}
		if err := b.Told(ctx, after); err != nil {
			return nil, 0, err
		}
	}
}

// Told implements door.Journal.
func (b bulletin) Told(ctx context.Context, upTo int64) error {
	return b.store.SetBookmark(ctx, adminsBookmark, upTo)
}

// sayNews makes a sentence of a line of the journal; empty when it is not for admins.
func sayNews(a *record.Audit) string {
	say := ""
	object := safe(a.Object)
	account, ofAccount := strings.CutPrefix(a.Object, "restricted of account:")
	switch {
	case ofAccount && a.Action == "label.set":
		say = safe(account) + " is restricted, by " + safe(a.By)
	case ofAccount && a.Action == "label.lift":
		say = safe(account) + " is restricted no longer, by " + safe(a.By)
	case a.Action == "account.restricted":
		say = object + " is restricted, by the policy"
	case a.Action == "account.ask":
		say = "the owner of " + object + " was asked"
	case a.Action == "campaign.condemn", a.Action == "campaign.condemned":
		say = "campaign " + object + " is condemned, by " + safe(a.By)
	case a.Action == "campaign.spare":
		say = "campaign " + object + " is spared, by " + safe(a.By)
	case a.Action == "campaign.retract":
		say = object + " are called back"
	case a.Action == "held.full":
		say = "the limit of what waits is reached: " + object
	case strings.HasPrefix(a.Action, "nospim."):
		say = "nospim: " + object
	default:
		return ""
	}
	if a.Reason != "" {
		say += " (" + link.Defang(safe(a.Reason)) + ")"
	}
	return a.At.UTC().Format("15:04 ") + say
}

// How often the daemon looks whether it is well, for how long it must be ill before somebody is told, and how often of the same.
const (
	wellEvery  = 2 * time.Second
	aloneAfter = 10 * time.Second
	illEvery   = time.Hour
)

// wellness is what was last seen of how the daemon is.
type wellness struct {
	unkept, degraded, erred, shed int64

	seen   bool // a server was connected once
	alone  time.Time
	told   bool // that no server is connected
	passed map[string]int64
}

// watchWell notes in the journal what is wrong with nospim itself, until ctx ends.
func (d *daemon) watchWell(ctx context.Context) error {
	tick := time.NewTicker(wellEvery)
	defer tick.Stop()
	var w wellness
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for _, trouble := range w.look(d, time.Now()) {
				if _, err := d.Store.Mention(ctx, trouble.action, trouble.object, "", illEvery); err != nil && ctx.Err() == nil {
					d.log.Error("what is wrong cannot be noted", "what", trouble.action, "err", err)
				}
			}
		}
	}
}

// trouble is a line of the journal about nospim itself.
type trouble struct{ action, object string }

// look compares what is counted now with the last time.
func (w *wellness) look(d *daemon, now time.Time) (all []trouble) {
	s := d.Engine.Stats()
	if s.Unkept > w.unkept {
		all = append(all, trouble{"nospim.failed_open", "verdicts could not be kept, so messages passed: is the disk full?"})
	}
	shed := sum(s.Glanced[:])
	if shed > w.shed {
		all = append(all, trouble{"nospim.overload", "more arrives than can be judged, so messages passed unjudged: see nospim_shed_total"})
	}
	if s.Degraded-shed > w.degraded {
		all = append(all, trouble{"nospim.degraded", "verdicts lack something: see nospim_degraded_total and the log"})
	}
	if s.Erred > w.erred {
		all = append(all, trouble{"nospim.erred", "a detector failed: see the log"})
	}
	w.unkept, w.degraded, w.erred, w.shed = s.Unkept, max(w.degraded, s.Degraded-shed), s.Erred, shed // what is shed is counted as that first
	if d.line != nil {
		l := d.line.Stats()
		all = append(append(all, w.company(l.Open, now)...), w.gaps(l.Adapters)...)
	}
	return all
}

// gaps notices when a server lets messages pass because nospim did not answer in time. What it let pass before it was seen first is
// no news.
func (w *wellness) gaps(adapters []line.Adapter) (all []trouble) {
	seen := map[string]int64{}
	for i := range adapters {
		a := &adapters[i]
		who := a.Service + ", " + a.Connector
		seen[who] += a.Counters[wire.FailedOpen]
	}
	for _, who := range slices.Sorted(maps.Keys(seen)) {
		if before, known := w.passed[who]; known && seen[who] > before {
			all = append(all, trouble{"nospim.passed", "messages passed unjudged at " + who + ": see nospim_adapter_total"})
		}
	}
	w.passed = seen
	return all
}

// company notices when no server asks nospim any more: then everything passes, and its breaker is open.
func (w *wellness) company(open int64, now time.Time) []trouble {
	switch {
	case open > 0:
		back := w.told
		w.seen, w.told, w.alone = true, false, time.Time{}
		if back {
			return []trouble{{"nospim.back", fmt.Sprintf("a server asks again since %s", now.UTC().Format("15:04:05"))}}
		}
	case !w.seen || w.told:
	case w.alone.IsZero():
		w.alone = now
	case now.Sub(w.alone) >= aloneAfter:
		w.told = true
		return []trouble{{"nospim.alone", fmt.Sprintf("no server asks since %s: everything passes", w.alone.UTC().Format("15:04:05"))}}
	}
	return nil
}
