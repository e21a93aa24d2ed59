package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

// told makes the newest turns of a sender of lines such as "1:a 1:b 2:a": what was said to whom, a minute apart. The last one is the
// event's own.
func told(turns ...[2]uint32) nospim.Fact {
	var f nospim.Fact
	at := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC).UnixMilli() - int64(len(turns)-1)*60_000
	for i, t := range turns {
		item := nospim.Item{At: at + int64(i)*60_000, With: t[0], Of: t[1]}
		if f.Own = item; i < len(turns)-1 {
			f.Recent = append(f.Recent, item)
		}
	}
	return f
}

// heardFrom is what some people said, half a minute after each of the sender's first turns.
func heardFrom(turns nospim.Fact, who ...uint32) (f nospim.Fact) {
	for _, t := range turns.Recent {
		for _, w := range who {
			if t.With == w {
				f.Recent = append(f.Recent, nospim.Item{At: t.At + 30_000, Of: 10 * t.Of, With: w})
			}
		}
	}
	return f
}

func TestScript(t *testing.T) {
	before := func(d time.Duration) int64 {
		return time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC).Add(-d).UnixMilli()
	}
	text := nospim.Features{Letters: 30, Turn: 9}
	again := nospim.Features{Letters: 30, Turn: 0x1234}
	linked := withLink()
	linked.Turn = 9
	short := nospim.Features{Letters: 9, Turn: 9}
	asked := nospim.Fact{N: 2, First: before(10 * time.Minute), Last: before(time.Minute)}
	old := nospim.Fact{N: 40, First: before(20 * 24 * time.Hour), Last: before(time.Minute)}
	three := told([2]uint32{1, 8}, [2]uint32{1, 9}, [2]uint32{2, 8}, [2]uint32{2, 9}, [2]uint32{3, 8}, [2]uint32{3, 9})
	longer := told([2]uint32{1, 7}, [2]uint32{1, 8}, [2]uint32{1, 9}, [2]uint32{2, 7}, [2]uint32{2, 8}, [2]uint32{2, 9}, [2]uint32{3, 7}, [2]uint32{3, 8}, [2]uint32{3, 9})
	facts := func(turns, pair, back nospim.Fact, more ...nospim.Fact) []nospim.Fact {
		return append([]nospim.Fact{turns, heardFrom(turns, 1, 2, 3), {}, pair, back}, more...)
	}
	n := func(n float64) nospim.Fact { return nospim.Fact{N: n} }
	replayed := told([2]uint32{1, 0x1234}, [2]uint32{1, 0x4321}, [2]uint32{1, 0x1234}, [2]uint32{1, 0x1234}, [2]uint32{1, 0x4321}, [2]uint32{2, 0x1234}, [2]uint32{1, 0x1234}, [2]uint32{1, 0x1234})
	novel := replayed
	novel.Own.Of = 0x5678
	all := []string{"REPEATS_ITSELF", "SCRIPTED_BOT", "SCRIPTED_TALK", "SCRIPTED_OPENING", "SCRIPTED_ANSWERS", "SCRIPT_KNOWN", "SCRIPT_LINK"}
	newcomer := message(nospim.RelationContact)
	newcomer.Sender.Created = at.Add(-time.Hour)
	room := message(nospim.RelationStranger)
	room.Room, room.Recipients = "tea@rooms.example", nil
	detecttest.Run(t, detect.Script{}, []detecttest.Case{
		{Name: "two turns to a third person", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(three, asked, nospim.Fact{}), Want: []string{"SCRIPTED_BOT"}},
		{Name: "three turns to people who have accepted the request and answer", Event: message(nospim.RelationContact), Features: text, Recalled: facts(longer, asked, nospim.Fact{N: 1, First: before(5 * time.Minute)}), Want: []string{"SCRIPTED_BOT"}},
		{Name: "turns in between make no difference", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 8}, [2]uint32{1, 7}, [2]uint32{1, 9}, [2]uint32{2, 8}, [2]uint32{2, 9}, [2]uint32{3, 8}, [2]uint32{3, 6}, [2]uint32{3, 9}), asked, nospim.Fact{}), Want: []string{"SCRIPTED_BOT"}},
		{Name: "the other order is no script", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 9}, [2]uint32{1, 8}, [2]uint32{2, 9}, [2]uint32{2, 8}, [2]uint32{3, 8}, [2]uint32{3, 9}), asked, nospim.Fact{}), Not: all[:5]},
		{Name: "three turns to a second person", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 7}, [2]uint32{1, 8}, [2]uint32{1, 9}, [2]uint32{2, 7}, [2]uint32{2, 8}, [2]uint32{2, 9}), asked, nospim.Fact{}), Want: []string{"SCRIPTED_TALK"}},
		{Name: "two turns to a second person", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 8}, [2]uint32{1, 9}, [2]uint32{2, 8}, [2]uint32{2, 9}), asked, nospim.Fact{}), Not: all},
		{Name: "the same turn twice to each of two people", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 9}, [2]uint32{1, 9}, [2]uint32{2, 9}, [2]uint32{2, 9}), asked, nospim.Fact{}), Not: all},
		{Name: "the same first sentence to a fourth person", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 9}, [2]uint32{2, 9}, [2]uint32{3, 9}, [2]uint32{4, 9}), nospim.Fact{}, nospim.Fact{}), Want: []string{"SCRIPTED_OPENING"}},
		{Name: "hello to four people", Event: message(nospim.RelationStranger), Features: short, Recalled: facts(told([2]uint32{1, 9}, [2]uint32{2, 9}, [2]uint32{3, 9}, [2]uint32{4, 9}), nospim.Fact{}, nospim.Fact{}), Not: all},
		{Name: "staff answer those who wrote", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(three, asked, nospim.Fact{N: 2, First: before(11 * time.Minute)}), Want: []string{"SCRIPTED_ANSWERS"}, Not: all[:2]},
		{Name: "staff answer a second person", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 8}, [2]uint32{1, 9}, [2]uint32{2, 8}, [2]uint32{2, 9}), asked, nospim.Fact{N: 2, First: before(11 * time.Minute)}), Not: []string{"SCRIPTED_ANSWERS"}},
		{Name: "two accounts followed this script", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 9}), nospim.Fact{}, nospim.Fact{}, n(2), n(3)), Want: []string{"SCRIPT_KNOWN"}},
		{Name: "what many say and two bots, too", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 9}), nospim.Fact{}, nospim.Fact{}, n(2), n(9)), Not: all},
		{Name: "an answer in the words of a script", Event: message(nospim.RelationStranger), Features: text, Recalled: facts(told([2]uint32{1, 9}), nospim.Fact{}, nospim.Fact{N: 1, First: before(time.Minute)}, n(2), n(3)), Not: all},
		{Name: "two turns to friends", Event: message(nospim.RelationContact), Features: text, Recalled: facts(three, asked, nospim.Fact{}), Not: all},
		{Name: "three turns to friends who say nothing", Event: message(nospim.RelationContact), Features: text, Recalled: []nospim.Fact{longer, {}, {}, old, {}}, Want: []string{"SCRIPTED_TALK"}, Not: all[:2]},
		{Name: "wishes that go round", Event: message(nospim.RelationContact), Features: text, Recalled: facts(longer, old, nospim.Fact{}, n(0), n(12)), Want: []string{"SCRIPTED_TALK"}, Not: all[:2]},
		{Name: "a third stranger is given a link", Event: message(nospim.RelationStranger), Features: linked, Recalled: facts(told([2]uint32{3, 9}), asked, nospim.Fact{}, n(0), n(1), n(3)), Want: []string{"SCRIPT_LINK"}},
		{Name: "a second one", Event: message(nospim.RelationStranger), Features: linked, Recalled: facts(told([2]uint32{3, 9}), asked, nospim.Fact{}, n(0), n(1), n(2)), Not: []string{"SCRIPT_LINK"}},
		{Name: "a third one who asked for it", Event: message(nospim.RelationStranger), Features: linked, Recalled: facts(told([2]uint32{3, 9}), asked, nospim.Fact{N: 1, First: before(time.Hour)}, n(0), n(1), n(3)), Not: []string{"SCRIPT_LINK"}},
		{Name: "a new account passes a joke on", Event: newcomer, Features: text, Recalled: facts(told([2]uint32{1, 9}), asked, nospim.Fact{}, n(0), n(3), n(0), nospim.Fact{}, n(1)), Want: []string{"PASSED_ON"}},
		{Name: "a new account tells what it was not told", Event: newcomer, Features: text, Recalled: facts(told([2]uint32{1, 9}), asked, nospim.Fact{}, n(0), n(3), n(0), n(1), n(0)), Not: []string{"PASSED_ON"}},
		{Name: "a room", Event: room, Features: text, Recalled: facts(three, asked, nospim.Fact{}), Not: all},
		{Name: "a recording that is played again", Event: message(nospim.RelationContact), Features: again, Recalled: facts(replayed, asked, nospim.Fact{}), Want: []string{"REPEATS_ITSELF"}},
		{Name: "answers that are played again", Event: message(nospim.RelationContact), Features: again, Recalled: facts(replayed, asked, nospim.Fact{N: 2, First: before(11 * time.Minute)}), Not: []string{"REPEATS_ITSELF"}},
		{Name: "the same few words again and again", Event: message(nospim.RelationContact), Features: text, Recalled: facts(told([2]uint32{1, 9}, [2]uint32{1, 9}, [2]uint32{1, 9}, [2]uint32{1, 9}, [2]uint32{1, 9}, [2]uint32{1, 9}), asked, nospim.Fact{}), Not: all},
		{Name: "something new after a recording", Event: message(nospim.RelationContact), Features: text, Recalled: facts(novel, asked, nospim.Fact{}), Not: []string{"REPEATS_ITSELF"}},
		{Name: "no text", Event: message(nospim.RelationStranger), Recalled: facts(three, asked, nospim.Fact{}), Not: all},
	})
}

// TestScriptedOpening: the more people are greeted by one sentence, the more it says, however short the sentence is.
func TestScriptedOpening(t *testing.T) {
	for n, want := range map[int]float64{3: 0, 4: 1, 7: 1, 8: 2, 12: 3} {
		turns := nospim.Fact{Own: nospim.Item{At: before(0), Of: 9, With: 100}}
		for i := 1; i < n; i++ {
			turns.Recent = append(turns.Recent, nospim.Item{At: before(time.Duration(n-i) * time.Hour), Of: 9, With: uint32(i)})
		}
		e := message(nospim.RelationStranger)
		l := nospim.Look{
			Event: &e, Features: &nospim.Features{Letters: 15, Turn: 9}, Now: at,
			Facts: recall(t, detect.Script{}, memo{name: "turns", fact: turns}),
		}
		if err := (detect.Script{}).Look(&l); err != nil {
			t.Fatal(err)
		}
		got := 0.0
		for _, s := range l.Raised {
			if s.Symbol == "SCRIPTED_OPENING" {
				got = s.Score
			}
		}
		if got != want {
			t.Errorf("person %d: factor %v, want %v", n, got, want)
		}
	}
}
