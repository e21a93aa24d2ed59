package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nospim/nospim"
)

// askEvery is how often the owner of an account is asked at most.
const askEvery = 24 * time.Hour

// asked remembers whom this process has asked lately, so that a burst of a thousand messages does not ask the store a thousand
// times. The store decides; what is forgotten here does no harm.
type asked struct {
	mu   sync.Mutex
	when map[string]time.Time
}

// mostAsked bounds what is remembered.
const mostAsked = 10_000

// first reports whether an account was not asked lately, and remembers that it is now.
func (a *asked) first(account string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if last, ok := a.when[account]; ok && now.Sub(last) < askEvery {
		return false
	}
	if a.when == nil || len(a.when) >= mostAsked {
		a.when = map[string]time.Time{}
	}
	a.when[account] = now
	return true
}

// forget lets an account be asked again.
func (a *asked) forget(account string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.when, account)
}

// ask has the owner of an account asked whose messages to contacts wait because the account acts unlike itself: an order to tell
// every session of the account, a line in the journal, and one in the log for the operator. Once a day for an account, by
// whichever node. It comes after the verdict is durable and takes nothing from it when it fails.
func (e *Engine) ask(ctx context.Context, ev *nospim.Event, v *nospim.Verdict) {
	if e.clock == nil || v.Action != nospim.Hold || !ev.Sender.Local {
		return
	}
	why := ""
	for i := range v.Signals {
		if s := v.Signals[i].Symbol; s == "BURST_TO_CONTACTS" || s == "PLEA_TO_SEVERAL" {
			why = v.Signals[i].Why
		}
	}
	if why == "" || !e.asked.first(ev.Service+"\x00"+ev.Sender.ID, e.clock()) {
		return
	}
	o := nospim.Order{Do: nospim.OrderNotify, Service: ev.Service, EventID: ev.ID, Sender: ev.Sender.ID, Text: question(ev.Service)}
	made, err := e.records.Ask(ctx, o, askEvery, "nospim", why)
	switch {
	case err != nil:
		e.asked.forget(ev.Service + "\x00" + ev.Sender.ID)
		e.log.Error("the owner of an account could not be asked", "event", ev.ID, "err", err)
	case made:
		e.log.Warn("an account acts unlike itself and writes to many; its messages wait and its owner is asked", "event", ev.ID, "service", ev.Service)
		e.changed.tell()
	}
}

// question is what the owner is told. Whoever stole the account may read it, too; it gives nothing away.
func question(service string) string {
	return fmt.Sprintf("Your account has just sent the same thing to many of your contacts, and did not act as it usually does. These messages wait. "+
		"Was it you? Then tell the people who run %s, and they go out at once. If not: change your password and sign out all devices.", service)
}
