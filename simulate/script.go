package simulate

import (
	"slices"
	"time"

	"github.com/nospim/nospim"
)

// Label says who really did a step. Judges never see it.
type Label string

// The labels.
const (
	// Honest is a person, also one who answers a bot.
	Honest Label = "honest"
	// BuddyBot is a program that asks to be added under ever-changing names, then runs a script that ends in a link.
	BuddyBot Label = "buddy_bot"
	// Bulk is an account that sends one advert to many strangers.
	Bulk Label = "bulk"
	// StolenFriend is the account of a person, used by somebody else to send one link to the whole contact list.
	StolenFriend Label = "stolen_friend"
)

// Bots returns the labels of those who have to be stopped.
func Bots() []Label { return []Label{BuddyBot, Bulk, StolenFriend} }

// Account is somebody in the script.
type Account struct {
	// ID is the address, such as ada@chat.example.
	ID   string
	Name string
	// Label says whose the account was at the start; the stolen friend's is honest.
	Label Label
	// Created is when the account was registered; zero for an account that a step of the script registers.
	Created time.Time
	// Contacts are the accounts that this one has added, and that have added this one, before the script starts.
	Contacts []string
	// Addr is where it connects from, Client what it connects with.
	Addr, Client string
}

// Registers reports whether the account does not exist before the script registers it.
func (a *Account) Registers() bool { return a.Created.IsZero() }

// Step is one thing that somebody does.
type Step struct {
	// ID is s-0001 and so on, in the order of the script.
	ID string
	// At is when, from the start of the script.
	At   time.Duration
	Kind nospim.Kind
	From string
	// To is empty for registrations and log-ins.
	To string
	// Body is the text; of a contact request, the text that goes with it.
	Body  string
	Label Label
	// Relation is how To stands to From if everything before has passed. Players recompute it by what really passed.
	Relation nospim.Relation
	// Conversation names what belongs together: all that two accounts do with each other.
	Conversation string
	// Needs is the ID of a step that must have reached its recipient for this one to happen: nobody answers what was never
	// delivered. Empty: it happens in any case.
	Needs string
	// Addr and Client are where From is and what it uses.
	Addr, Client string
}

// Attempt reports whether the step reaches for somebody: registering, asking to be added, writing.
func (s *Step) Attempt() bool {
	return s.Kind == nospim.KindMessage || s.Kind == nospim.KindContactRequest || s.Kind == nospim.KindRegistration
}

// Script is a community at work: accounts, and steps in the order of time.
type Script struct {
	// Service is the domain on which everybody lives.
	Service string
	// Start is the time of the first possible step.
	Start time.Time
	// Length is how long the script lasts; no step is later.
	Length   time.Duration
	Accounts []Account
	Steps    []Step
}

// Account returns an account by its ID, or nil.
func (s *Script) Account(id string) *Account {
	i := slices.IndexFunc(s.Accounts, func(a Account) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Accounts[i]
}

// Labelled is an event with the truth about its sender. As JSON it is the event with one more field, label.
type Labelled struct {
	Label Label `json:"label"`
	nospim.Event
}

// Events returns the script as events, as a connector would see them if everything passed.
func (s *Script) Events() []Labelled {
	events := make([]Labelled, len(s.Steps))
	created := s.created()
	for i := range s.Steps {
		step := &s.Steps[i]
		events[i] = Labelled{Label: step.Label, Event: s.event(step, step.Relation, created)}
	}
	return events
}

// created is when each account came to be, those that the script registers included.
func (s *Script) created() map[string]time.Time {
	created := make(map[string]time.Time, len(s.Accounts))
	for i := range s.Accounts {
		created[s.Accounts[i].ID] = s.Accounts[i].Created
	}
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Kind == nospim.KindRegistration {
			created[step.From] = s.Start.Add(step.At)
		}
	}
	return created
}

// event is a step as a connector would see it.
func (s *Script) event(step *Step, relation nospim.Relation, created map[string]time.Time) nospim.Event {
	e := nospim.Event{
		ID: step.ID, Kind: step.Kind, Time: s.Start.Add(step.At), Protocol: "xmpp", Service: s.Service, Direction: nospim.Local,
		Sender: nospim.Account{ID: step.From, Local: true, Created: created[step.From]},
		Addr:   step.Addr, Client: step.Client, Body: step.Body,
	}
	if step.To != "" {
		e.Recipients = []nospim.Account{{ID: step.To, Local: true}}
		e.Relation = relation
	}
	switch step.Kind { // what an XMPP server can enforce
	case nospim.KindRegistration:
		e.Sender.Created = time.Time{} // it does not exist yet
		e.Can = []nospim.Action{nospim.Allow, nospim.Reject}
	case nospim.KindContactRequest:
		e.Can = []nospim.Action{nospim.Allow, nospim.Hold, nospim.Reject, nospim.Drop}
	case nospim.KindMessage:
		e.Can = []nospim.Action{nospim.Allow, nospim.Mark, nospim.Hold, nospim.Reject, nospim.Drop}
	default:
		e.Observe = true
	}
	return e
}

// standing is who has added whom.
type standing struct {
	accepted, asked map[[2]string]bool
}

func newStanding(accounts []Account) *standing {
	s := &standing{accepted: map[[2]string]bool{}, asked: map[[2]string]bool{}}
	for i := range accounts {
		for _, c := range accounts[i].Contacts {
			s.accepted[[2]string{accounts[i].ID, c}] = true
		}
	}
	return s
}

// relation says how to stands to from, as the XMPP adapters say it: a contact has added from or was added by from, pending is
// who has asked from.
func (s *standing) relation(from, to string) nospim.Relation {
	switch {
	case to == "":
		return ""
	case s.accepted[[2]string{to, from}], s.accepted[[2]string{from, to}]:
		return nospim.RelationContact
	case s.asked[[2]string{to, from}]:
		return nospim.RelationPending
	default:
		return nospim.RelationStranger
	}
}

// note takes in a step that reached its recipient.
func (s *standing) note(step *Step) {
	switch step.Kind {
	case nospim.KindContactRequest:
		s.asked[[2]string{step.From, step.To}] = true
	case nospim.KindContactAccept:
		s.accepted[[2]string{step.From, step.To}] = true
	default:
	}
}
