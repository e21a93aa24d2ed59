package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestStrikes(t *testing.T) {
	d := detect.Strikes{}
	three := memo{"strikes", nospim.RoleSender, nospim.Distinct, nospim.Fact{N: 3}}
	two := memo{"strikes", nospim.RoleSender, nospim.Distinct, nospim.Fact{N: 2}}
	known := func(by nospim.Role, ago time.Duration) memo {
		return memo{"contacts", by, nospim.Count, nospim.Fact{N: 1, First: before(ago)}}
	}
	ripe := message(nospim.RelationContact)
	ripe.Sender.Created = at.Add(-60 * 24 * time.Hour)
	detecttest.Run(t, d, []detecttest.Case{
		{Name: "a script speaks of it", Event: message(nospim.RelationStranger), Raised: []string{"CONTENT_SPAM", "SCRIPTED_BOT"}, Want: []string{"STRIKE"}},
		{Name: "its text alone speaks", Event: message(nospim.RelationStranger), Raised: []string{"CONTENT_PHISHING", "TIMING_MACHINE"}, Not: []string{"STRIKE"}},
		{Name: "somebody who wrote first gets what many get", Event: message(nospim.RelationStranger), Raised: []string{"CAMPAIGN"}, Recalled: recall(t, d, known(nospim.RolePairBack, time.Minute)), Not: []string{"STRIKE"}},
		{Name: "several of a club ask to be added with like words", Event: nospim.Event{Kind: nospim.KindContactRequest, Recipients: []nospim.Account{{ID: "bob@chat.example"}}}, Raised: []string{"CAMPAIGN"}, Not: []string{"STRIKE"}},
		{Name: "several ask to be added with a link", Event: nospim.Event{Kind: nospim.KindContactRequest, Recipients: []nospim.Account{{ID: "bob@chat.example"}}}, Features: withLink(), Raised: []string{"CAMPAIGN"}, Want: []string{"STRIKE"}},
		{Name: "goes on with a stranger", Event: message(nospim.RelationStranger), Recalled: recall(t, d, three), Want: []string{"STRIKES"}},
		{Name: "goes on with a new contact", Event: message(nospim.RelationContact), Recalled: recall(t, d, three, known(nospim.RolePair, time.Hour)), Want: []string{"STRIKES"}},
		{Name: "asks to be added", Event: nospim.Event{Kind: nospim.KindContactRequest, Recipients: []nospim.Account{{ID: "bob@chat.example"}}}, Recalled: recall(t, d, three), Want: []string{"STRIKES"}},
		{Name: "two may be a mistake", Event: message(nospim.RelationStranger), Recalled: recall(t, d, two), Not: []string{"STRIKES"}},
		{Name: "an old acquaintance", Event: message(nospim.RelationStranger), Recalled: recall(t, d, three, known(nospim.RolePair, 72*time.Hour)), Not: []string{"STRIKES"}},
		{Name: "somebody who wrote first", Event: message(nospim.RelationStranger), Recalled: recall(t, d, three, known(nospim.RolePairBack, time.Minute)), Not: []string{"STRIKES"}},
		{Name: "a contact of an old account", Event: ripe, Recalled: recall(t, d, three), Not: []string{"STRIKES"}},
		{Name: "in a room", Event: nospim.Event{Kind: nospim.KindMessage, Room: "lounge@rooms.example"}, Recalled: recall(t, d, three), Not: []string{"STRIKES"}},
	})
}
