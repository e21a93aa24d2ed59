package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/engine"
)

// TestOwnAccountIsRestricted: an account of the service that sprays strangers elsewhere is restricted, in the journal once, and nobody new
// gets anything of it; contacts do, and who wrote first.
func TestOwnAccountIsRestricted(t *testing.T) {
	r := newRig(t, "", func(c *engine.Config) { c.Clock = time.Now })
	say := func(id, to, body string, relation nospim.Relation) *nospim.Verdict {
		e := message(id, "nina@chat.example", to, body)
		e.Time, e.Relation, e.Direction, e.Sender.Local = time.Now(), relation, nospim.Out, true
		return judge(t, r, e)
	}
	for from, relation := range map[string]nospim.Relation{"bob@far.example": nospim.RelationStranger, "ada@far.example": nospim.RelationContact} {
		asks := message("m-from-"+from, from, "nina@chat.example", "are you the one with the garden?")
		asks.Time, asks.Relation, asks.Direction = time.Now(), relation, nospim.In
		judge(t, r, asks)
	}
	passed := 0
	for i := range 12 {
		if v := say(fmt.Sprint("m-", i), fmt.Sprintf("u%d@far.example", i), "hello, nice to meet you here, "+strings.Repeat("x", i), nospim.RelationStranger); !v.Action.Stops() {
			passed++
		}
	}
	if passed > 5 {
		t.Errorf("%d of 12 strangers got something, want at most 5", passed)
	}
	if v := say("m-friend", "ada@far.example", "something is wrong with my account", nospim.RelationContact); v.Action.Stops() {
		t.Errorf("to a contact: %v for %s", v.Action, symbols(v))
	}
	if v := say("m-answer", "bob@far.example", "yes, with the roses", nospim.RelationStranger); v.Action.Stops() {
		t.Errorf("to somebody who wrote first: %v for %s", v.Action, symbols(v))
	}
	journal, err := r.records.Audit(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || len(journal) != 1 || journal[0].Action != "account.restricted" || journal[0].Object != "nina@chat.example" || journal[0].Reason == "" {
		t.Errorf("journal: %+v, %v; want one line about the account", journal, err)
	}
}
