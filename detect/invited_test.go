package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestInvited(t *testing.T) {
	request := nospim.Event{Kind: nospim.KindContactRequest, Relation: nospim.RelationStranger, Recipients: []nospim.Account{{ID: "ada@chat.example", Local: true}}, InvitedBy: "ada@chat.example"}
	others, several, friend, out := request, request, request, request
	others.InvitedBy = "eve@chat.example"
	several.Recipients = append([]nospim.Account{{ID: "bob@chat.example"}}, request.Recipients...)
	friend.Relation = nospim.RelationContact
	out.Direction = nospim.Out
	registers := func(by string) nospim.Event {
		return nospim.Event{Kind: nospim.KindRegistration, Service: "chat.example", InvitedBy: by}
	}
	from := func(a nospim.Account) nospim.Event {
		e := message(nospim.RelationStranger)
		e.Direction, e.Sender = nospim.In, a
		return e
	}
	old, young := nospim.Account{ID: "nina@far.example", Created: at.AddDate(-2, 0, 0), Affiliation: "registered"}, nospim.Account{ID: "nina@far.example", Created: at.AddDate(0, -2, 0), Affiliation: "registered"}
	member, own, unsaid := nospim.Account{ID: "nina@far.example", Affiliation: "member"}, old, old
	own.Local, unsaid.Affiliation = true, ""
	const invited, before, worn, vouched = "INVITED", "INVITED_BEFORE", "INVITE_WORN", "VOUCHED"
	none := []string{invited, before, worn, vouched}
	// Facts: came invited before, who came by invitations of the same.
	detecttest.Run(t, detect.Invited{}, []detecttest.Case{
		{Name: "by my invitation", Event: request, Facts: []float64{0, 1}, Want: []string{invited}, Not: []string{worn}},
		{Name: "the twentieth of a day", Event: request, Facts: []float64{0, 20}, Want: []string{invited}},
		{Name: "a published invitation", Event: request, Facts: []float64{0, 21}, Want: []string{worn}, Not: []string{invited}},
		{Name: "by somebody else's invitation", Event: others, Facts: []float64{0, 1}, Not: none},
		{Name: "an invitation that is to open two doors", Event: several, Facts: []float64{0, 1}, Not: none},
		{Name: "a contact needs none", Event: friend, Facts: []float64{0, 1}, Not: none},
		{Name: "no invitation", Event: message(nospim.RelationStranger), Facts: []float64{0, 9}, Not: none},
		{Name: "what is written next", Event: message(nospim.RelationStranger), Facts: []float64{1, 0}, Want: []string{before}},
		{Name: "what leaves", Event: out, Facts: []float64{1, 0}, Want: []string{invited}, Not: []string{before}},
		{Name: "registered by a person's invitation", Event: registers("ada@chat.example"), Facts: []float64{0, 2}, Want: []string{invited}},
		{Name: "registered by invitations that are sold", Event: registers("ada@chat.example"), Facts: []float64{0, 25}, Want: []string{worn}},
		{Name: "a class registers by the operator's invitation", Event: registers("chat.example"), Facts: []float64{0, 60}, Want: []string{invited}},
		{Name: "two years old, says a server that is believed", Event: from(old), Want: []string{vouched}},
		{Name: "a member, says a server that is believed", Event: from(member), Want: []string{vouched}},
		{Name: "a new account elsewhere", Event: from(young), Not: none},
		{Name: "two years old, and its server says nothing", Event: from(unsaid), Not: none},
		{Name: "an old account here", Event: from(own), Not: none},
	})
}

// TestInvitedAtTheDoor: who comes by the person's own invitation does not wait there.
func TestInvitedAtTheDoor(t *testing.T) {
	invited := message(nospim.RelationStranger)
	invited.InvitedBy = invited.Recipients[0].ID
	foreign := invited
	foreign.InvitedBy = "eve@chat.example"
	d := detect.Door{Default: nospim.ProfileContactsOnly}
	for _, c := range []struct {
		name           string
		event          nospim.Event
		came, invitees float64
		waits          bool
	}{
		{"invited", invited, 0, 1, false},
		{"invited before", message(nospim.RelationStranger), 1, 0, false},
		{"by a published invitation", invited, 0, 21, true},
		{"by somebody else's invitation", foreign, 0, 1, true},
		{"not invited", message(nospim.RelationStranger), 0, 0, true},
	} {
		facts := make([]nospim.Fact, len(d.Counters()))
		facts[len(facts)-2].N, facts[len(facts)-1].N = c.came, c.invitees
		l := nospim.Look{Event: &c.event, Features: new(nospim.Features), Facts: facts, Now: at.Add(time.Minute)}
		if err := d.Look(&l); err != nil || len(l.Raised) > 0 != c.waits {
			t.Errorf("%s: %+v, %v; waits should be %v", c.name, l.Raised, err, c.waits)
		}
	}
	// Shut out stays shut out: one may regret an invitation.
	facts := make([]nospim.Fact, len(d.Counters()))
	facts[3].N, facts[len(facts)-2].N = 1, 1
	l := nospim.Look{Event: &invited, Features: new(nospim.Features), Facts: facts, Now: at}
	if err := d.Look(&l); err != nil || len(l.Raised) != 1 || l.Raised[0].Symbol != "DOOR_SHUT" {
		t.Errorf("shut out and invited: %+v, %v", l.Raised, err)
	}
}
