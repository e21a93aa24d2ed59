package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/engine"
)

// finder finds messages with a link, and remembers to how many people it saw each sender send one.
type finder struct{ n float64 }

func (*finder) Symbols() []nospim.Symbol { return []nospim.Symbol{{Name: "FINDER", Group: "finder"}} }

func (*finder) Counters() []nospim.Counter {
	return []nospim.Counter{{
		Name: "found", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: time.Hour, On: "FINDER",
		When: func(l *nospim.Look) bool { return l.Event.Relation == nospim.RelationStranger },
	}}
}

func (f *finder) Look(l *nospim.Look) error {
	f.n = l.Facts[0].N
	if len(l.Features.Links) > 0 {
		l.Raise("FINDER", 1, "there is a link")
	}
	return nil
}

// TestWhatWasFoundIsRemembered: a counter on a symbol notes what its own verdict bears, also when it is relearned from records.
func TestWhatWasFoundIsRemembered(t *testing.T) {
	var f finder
	with := func(c *engine.Config) { c.Detectors = append(c.Detectors, &f) }
	r := newRig(t, "", with)
	for i, c := range []struct {
		to, body string
		relation nospim.Relation
		want     float64 // before this message
	}{
		{"a@chat.example", "hello", "stranger", 0},
		{"b@chat.example", "see http://x.example/1", "stranger", 0},
		{"c@chat.example", "hello", "stranger", 1},
		{"b@chat.example", "see http://x.example/2", "stranger", 1},
		{"d@chat.example", "see http://x.example/3", "contact", 1}, // When does not let it through
		{"e@chat.example", "see http://x.example/4", "stranger", 1},
		{"f@chat.example", "hello", "stranger", 2},
	} {
		e := message(fmt.Sprint("m-", i), "ada@chat.example", c.to, c.body)
		e.Relation = c.relation
		if judge(t, r, e); f.n != c.want {
			t.Errorf("message %d: the fact is %v, want %v", i, f.n, c.want)
		}
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	judge(t, newRig(t, r.file, with), message("last", "ada@chat.example", "g@chat.example", "hello"))
	if f.n != 2 {
		t.Errorf("after the restart the fact is %v, want 2", f.n)
	}
}
