package detect_test

import (
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
	"github.com/nospim/nospim/model"
)

func says(body string, r nospim.Relation) nospim.Event {
	e := message(r)
	e.Body = body
	return e
}

func TestContent(t *testing.T) {
	m, err := model.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	const phishing = "Royal Mail: your parcel is held due to an unpaid shipping fee of £2.99. Pay now: https://royalmail-redelivery.example/pay"
	const pictures = "back soon! some pictures of the week, enjoy: https://wolke.example/s/Jd82ksLq"
	encrypted := says(phishing, nospim.RelationStranger)
	encrypted.Encrypted = true
	all := []string{"CONTENT_SPAM", "CONTENT_SCAM", "CONTENT_PHISHING", "CONTENT_ADULT", "CONTENT_MALWARE"}
	detecttest.Run(t, detect.Content{Model: m}, []detecttest.Case{
		{Name: "a parcel that costs", Event: says(phishing, nospim.RelationStranger), Want: []string{"CONTENT_PHISHING"}},
		{Name: "a contact's account sends it", Event: says(phishing, nospim.RelationContact), Features: withLink(), Want: []string{"CONTENT_PHISHING"}},
		{Name: "a contact talks of it, with nowhere to go", Event: says(phishing, nospim.RelationContact), Not: all},
		{Name: "easy money", Event: says("Online casino: 300 free spins for new players! Play now https://spin-bonus.example", nospim.RelationStranger), Want: []string{"CONTENT_SCAM"}},
		{Name: "a lonely stranger", Event: says("hey handsome, im lonely tonight, want to see me on cam? make a free login at https://secure-pics.example/jess", nospim.RelationStranger), Want: []string{"CONTENT_ADULT"}},
		{Name: "an infected computer", Event: says("WARNING: your computer has 12 viruses! download our cleaner now from https://fix-alert.example/setup.exe", nospim.RelationStranger), Want: []string{"CONTENT_MALWARE"}},
		{Name: "a sale", Event: says("HUGE SALE!! up to 60% off all watches today only! Shop now https://watch-shop.example Reply STOP to unsubscribe", nospim.RelationStranger), Want: []string{"CONTENT_SPAM"}},
		{Name: "people talk about a parcel", Event: says("did the parcel arrive? dhl said it's with the neighbour", nospim.RelationStranger), Not: all},
		{Name: "a stranger shares pictures", Event: says(pictures, nospim.RelationStranger), Features: withLink(), Want: []string{"CONTENT_SCAM"}},
		{Name: "a friend does, which gives no hint", Event: says(pictures, nospim.RelationContact), Features: withLink(), Not: all},
		{Name: "ciphertext is not text", Event: encrypted},
		{Name: "a log-in says nothing", Event: nospim.Event{Kind: nospim.KindLogin, Body: phishing}},
	})
}

func TestContentWithoutModel(t *testing.T) {
	l := nospim.Look{Event: &nospim.Event{Kind: nospim.KindMessage, Body: "free casino bonus now"}, Features: &nospim.Features{}}
	if err := (detect.Content{}).Look(&l); err != nil || len(l.Raised) != 0 {
		t.Errorf("without a model: %v, %v", l.Raised, err)
	}
}
