package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestDoor(t *testing.T) {
	minor := message(nospim.RelationStranger)
	minor.Recipients = []nospim.Account{{ID: "bob@chat.example"}, {ID: "kim@chat.example", Minor: true}}
	inRoom := message(nospim.RelationStranger)
	inRoom.Room = "cats@rooms.chat.example"
	reply, answered := message(nospim.RelationStranger), func(ago time.Duration) []nospim.Fact {
		return []nospim.Fact{{N: 1, Last: time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC).Add(-ago).UnixMilli()}}
	}
	reply.Refers = "m1"
	// Facts: answered, wrote, let in, shut out, proved, then the labels from open to minor.
	detecttest.Run(t, detect.Door{}, []detecttest.Case{
		{Name: "nobody chose anything", Event: message(nospim.RelationStranger), Not: []string{"DOOR_CHALLENGED", "DOOR_CONTACTS_ONLY", "DOOR_MINOR"}},
		{Name: "contacts only", Event: message(nospim.RelationStranger), Facts: []float64{0, 1, 0, 0, 0, 0, 0, 1}, Want: []string{"DOOR_CONTACTS_ONLY"}},
		{Name: "a request, contacts only", Event: nospim.Event{Kind: nospim.KindContactRequest}, Facts: []float64{0, 1, 0, 0, 0, 0, 0, 1}, Want: []string{"DOOR_CONTACTS_ONLY"}},
		{Name: "a contact, contacts only", Event: message(nospim.RelationContact), Facts: []float64{0, 0, 0, 0, 0, 0, 0, 1}, Not: []string{"DOOR_CONTACTS_ONLY"}},
		{Name: "the person asked to be added", Event: message(nospim.RelationPending), Facts: []float64{0, 0, 0, 0, 0, 0, 0, 1}},
		{Name: "the person wrote first", Event: message(nospim.RelationStranger), Facts: []float64{1, 1, 0, 0, 0, 0, 0, 1}},
		{Name: "the person let the sender in", Event: message(nospim.RelationStranger), Facts: []float64{0, 1, 1, 0, 0, 0, 0, 1}, Not: []string{"DOOR_SHUT"}},
		{Name: "the person shut the sender out", Event: message(nospim.RelationStranger), Facts: []float64{1, 1, 0, 1}, Want: []string{"DOOR_SHUT"}},
		{Name: "what a room says", Event: inRoom, Facts: []float64{0, 1, 0, 0, 0, 0, 0, 1}},
		{Name: "strangers prove themselves", Event: message(nospim.RelationUnknown), Facts: []float64{0, 1, 0, 0, 0, 0, 1}, Want: []string{"DOOR_CHALLENGED"}},
		{Name: "who has proved it", Event: message(nospim.RelationUnknown), Facts: []float64{0, 1, 0, 0, 1, 0, 1}, Not: []string{"DOOR_CHALLENGED"}},
		{Name: "who has proved it at another kind of door", Event: message(nospim.RelationUnknown), Facts: []float64{0, 1, 0, 0, 1, 0, 0, 1}, Want: []string{"DOOR_CONTACTS_ONLY"}},
		{Name: "challenged by whom one wrote to", Event: reply, Recalled: answered(time.Minute), Want: []string{"CHALLENGE_EXPECTED"}},
		{Name: "challenged late", Event: reply, Recalled: answered(time.Hour), Not: []string{"CHALLENGE_EXPECTED"}},
		{Name: "challenged for nothing", Event: reply},
		{Name: "answered without a challenge", Event: message(nospim.RelationStranger), Recalled: answered(time.Minute), Not: []string{"CHALLENGE_EXPECTED"}},
		{Name: "one of two is a child", Event: minor, Want: []string{"DOOR_MINOR"}},
		{Name: "the strictest of several counts", Event: message(nospim.RelationStranger), Facts: []float64{0, 1, 0, 0, 0, 1, 1, 0, 1}, Want: []string{"DOOR_MINOR"}},
		{Name: "a guardian opened it", Event: minor, Facts: []float64{0, 1, 0, 0, 0, 1}},
	})
	closed := detect.Door{Default: nospim.ProfileContactsOnly}
	l := nospim.Look{Event: new(message(nospim.RelationStranger)), Features: new(nospim.Features), Facts: make([]nospim.Fact, len(closed.Counters()))}
	if err := closed.Look(&l); err != nil || len(l.Raised) != 1 || l.Raised[0].Symbol != "DOOR_CONTACTS_ONLY" {
		t.Errorf("a closed service: %+v, %v", l.Raised, err)
	}
	l.Event.Direction, l.Raised = nospim.Out, nil
	if err := closed.Look(&l); err != nil || len(l.Raised) != 0 {
		t.Errorf("to somebody elsewhere: %+v, %v", l.Raised, err)
	}
}
