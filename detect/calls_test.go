package detect_test

import (
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestCalls(t *testing.T) {
	symbol := []string{"CALLS_TO_STRANGERS"}
	call := nospim.Event{Kind: nospim.KindCallOffer, Relation: nospim.RelationStranger, Recipients: []nospim.Account{{ID: "bob@chat.example"}}}
	friend := call
	friend.Relation = nospim.RelationContact
	detecttest.Run(t, detect.Calls{}, []detecttest.Case{
		{Name: "the fifth stranger", Event: call, Facts: []float64{5}, Want: symbol},
		{Name: "four strangers", Event: call, Facts: []float64{4}, Not: symbol},
		{Name: "somebody who asked for it", Event: call, Asked: true, Facts: []float64{30}, Not: symbol},
		{Name: "a friend", Event: friend, Facts: []float64{30}, Not: symbol},
		{Name: "a message", Event: message(nospim.RelationStranger), Facts: []float64{30}, Not: symbol},
	})
}

func TestNameLink(t *testing.T) {
	symbol := []string{"NAME_LINK"}
	named := func(relation nospim.Relation, id, name string) nospim.Event {
		e := message(relation)
		e.Sender = nospim.Account{ID: id, Name: name}
		return e
	}
	detecttest.Run(t, detect.NameLink{}, []detecttest.Case{
		{Name: "a site", Event: named(nospim.RelationStranger, "lena@chat.example", "photos at www.lena-live.com"), Want: symbol},
		{Name: "an address of the web", Event: named(nospim.RelationStranger, "lena@chat.example", "http://lena.example/me"), Want: symbol},
		{Name: "a person", Event: named(nospim.RelationStranger, "lena@chat.example", "Dr. Lena M. Keller"), Not: symbol},
		{Name: "a name with a dot", Event: named(nospim.RelationStranger, "lena@chat.example", "lena.keller"), Not: symbol},
		{Name: "the account itself", Event: named(nospim.RelationStranger, "lena.com@chat.example", "lena.com"), Not: symbol},
		{Name: "a contact", Event: named(nospim.RelationContact, "lena@chat.example", "www.lena-live.com"), Not: symbol},
	})
}
