package detect

import (
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/text"
)

// Content asks the learned filter what a text is. It is one voice: its symbols never add up with each other, alone they hold a
// stranger's message at most, and of what a contact writes they make a mark at most. Encrypted bodies are not text.
type Content struct {
	// Model is the filter to ask; with nil, nothing is raised.
	Model *model.Model
	// Learned is what services taught beside Model, with nil nothing.
	Learned *model.Learned
}

// content are the symbols by the category of spim.
var content = [...]struct {
	symbol, description, why string
	of                       []model.Category
}{
	{"CONTENT_SPAM", "an advert", "reads like an advert", []model.Category{model.Uncategorised, model.Advert}},
	{"CONTENT_SCAM", "a scam: prizes, easy money, gambling, coins, job offers", "reads like an offer of easy money", []model.Category{model.Scam, model.Gambling, model.Crypto, model.Job}},
	{"CONTENT_PHISHING", "phishing: parcels, banks, accounts, passwords", "reads like a message that fishes for passwords or payments", []model.Category{model.Phishing}},
	{"CONTENT_ADULT", "a lure to an adult site", "reads like a lure to an adult site", []model.Category{model.Adult}},
	{"CONTENT_MALWARE", "a lure to install something", "reads like a lure to install something", []model.Category{model.Malware}},
}

// The factors of the ladder: a score that only hints, one over the model's threshold, and what a contact gets.
const (
	contentHint    = 0.3
	contentSure    = 1.0
	contentContact = 0.7
	// hintFrom is the probability from which a text is worth a hint: with a link of a stranger it makes a mark.
	hintFrom = 0.8
)

// Symbols implements [Detector].
func (Content) Symbols() []nospim.Symbol {
	var all []nospim.Symbol
	for _, c := range content {
		all = append(all, nospim.Symbol{
			Name: c.symbol, Group: "content", Weight: 8,
			Description: "The text reads like " + c.description + ". Factor 1 from the learned filter's threshold, 0.3 for a hint, which contacts are not given; 0.7 of that between contacts, in rooms where the sender has said something before, to a stranger who wrote first, and in a talk with one who answers when the sender has turned to no more than two within the day.",
		})
	}
	return all
}

// Counters implements [Detector].
func (Content) Counters() []nospim.Counter {
	const month = 30 * 24 * time.Hour
	return []nospim.Counter{
		contentSpoken:    {Name: "spoken", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleSender, nospim.RoleRoom}, Window: month, When: nospim.Never, If: inRoom, Only: contactKinds()},
		contentAnswered:  {Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: month, When: nospim.Never, If: toStranger, Only: contactKinds()},
		contentStrangers: {Name: "approached", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender}, Window: 24 * time.Hour, When: toStranger, If: nospim.Never, Only: contactKinds()},
	}
}

// The places of Content's counters in Look.Facts.
const (
	contentSpoken = iota
	contentAnswered
	contentStrangers
)

// familiar reports whether a text comes from a contact, is said in a room where its sender has spoken before, or in a talk with a
// stranger who wrote first, or who answers when the sender turns to few: bots and those who write to everybody have many such talks.
func familiar(l *nospim.Look) bool {
	switch {
	case !l.Event.Relation.Stranger(), l.Asked:
		return true
	case inRoom(l):
		return l.Facts[contentSpoken].N > fewestSaid
	default:
		return l.Facts[contentAnswered].N >= 2 && l.Facts[contentStrangers].N <= 2
	}
}

// fewestSaid is how much somebody has said in a room before those there know the voice.
const fewestSaid = 2

// actionable reports whether a text is worth asking about: whatever a stranger writes, and of a contact what has somewhere to
// go. Friends who only talk are not read by a filter at all.
func actionable(l *nospim.Look) bool {
	p := &l.Features.Parts
	return l.Event.Relation.Stranger() || len(l.Features.Links) > 0 || p.Phone+p.Name+p.Wallet+p.Contact > 0
}

// Look implements [Detector].
func (d Content) Look(l *nospim.Look) error { return d.LookText(l, nil, l.Event.Body) }

// LookText implements [TextDetector].
func (d Content) LookText(l *nospim.Look, f *text.Form, body string) error {
	if d.Model == nil || l.Event.Encrypted || body == "" || !contact(l) || !actionable(l) {
		return nil
	}
	p := d.score(l, f, body)
	factor := contentSure
	switch {
	case p < min(hintFrom, d.Model.Threshold()):
		return nil
	case p < d.Model.Threshold():
		factor = contentHint
	}
	switch known := familiar(l); {
	case known && factor < contentSure && !l.Event.Relation.Stranger():
		return nil // what friends tell each other gives hints all the time: pictures of a journey, an invitation
	case known:
		factor *= contentContact
	}
	category := d.Model.CategoryForm(f, body)
	for _, c := range content {
		for _, of := range c.of {
			if of == category {
				l.Raise(c.symbol, factor, "the text "+c.why, account(l.Event.Sender.ID))
			}
		}
	}
	return nil
}

// score asks the filter.
func (d Content) score(l *nospim.Look, f *text.Form, body string) (p float64) {
	if d.Learned == nil {
		l.Spim = d.Model.ScoreForm(f, body)
		return l.Spim
	}
	p, l.Spim = d.Learned.Score(l.Event.Service, f, body)
	return p
}
