package town

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/nospim/nospim"
)

// Options say what town is wanted, and what is to happen in it.
type Options struct {
	// Seed is what chance begins with. Seeds from 1000 on are kept for reports: tune on others.
	Seed uint64
	// Service is the domain of the protected service; chat.example if empty.
	Service string
	// Start is when the play begins; Monday, 2026-03-02 12:00 UTC if zero.
	Start time.Time
	// Length is how long it lasts; 24 hours if zero, at most 60 days.
	Length time.Duration
	// People is how many people live in the town; 400 if zero, 50 to 200,000.
	People int
	// Quiet says that people only answer those who turn to them, and those whose account an attack is about. Without it, they
	// live their days.
	Quiet bool
	// Attacks names the attacks that are to happen; see [Attacks].
	Attacks []string
	// Incidents is how often each attack happens; 10 if zero, at most 10,000.
	Incidents int
}

func (o Options) complete() (Options, error) {
	o.Service = cmp.Or(o.Service, "chat.example")
	o.Length = cmp.Or(o.Length, 24*time.Hour)
	o.People = cmp.Or(o.People, 400)
	o.Incidents = cmp.Or(o.Incidents, 10)
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	}
	for _, limit := range []struct {
		field          string
		is, least, top int
	}{
		{"hours", int(o.Length / time.Hour), 1, 60 * 24},
		{"people", o.People, 50, 200_000},
		{"incidents", o.Incidents, 1, 10_000},
	} {
		if limit.is < limit.least || limit.is > limit.top {
			return o, &nospim.InputError{Field: limit.field, Limit: limit.top, Problem: fmt.Sprintf("is %d; it may be %d to %d", limit.is, limit.least, limit.top)}
		}
	}
	for _, name := range o.Attacks {
		if !slices.Contains(Attacks(), name) {
			return o, &nospim.InputError{Field: "attack", Problem: fmt.Sprintf("is %q; it may be one of %v", name, Attacks())}
		}
	}
	return o, nil
}

// Town is a town before anything has happened in it.
type Town struct {
	o      Options
	speech *speech
}

// New settles a town. The error is a [nospim.InputError] that names the option that is out of its bounds.
func New(o Options) (*Town, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	speech, err := readSpeech()
	if err != nil {
		return nil, err
	}
	return &Town{o: o, speech: speech}, nil
}

// The labels.
const (
	Spam = "spam"
	Ham  = "ham"
)

// Truth is what the town knows of an event and no judge sees.
type Truth struct {
	// Label is [Spam] for what an attacker does and [Ham] for everything else, the answers of those who are attacked included.
	Label string `json:"label"`
	// Role is the part that the sender plays in this event; see [Roles] and docs/simulate.md.
	Role string `json:"role"`
	// Attack is the incident that a spam event belongs to: the attack's name, a slash, a number. Empty for ham.
	Attack string `json:"attack,omitempty"`
	// Variant says how this incident goes about it, as words separated by commas. Empty for ham.
	Variant string `json:"variant,omitempty"`
}

// Labelled is an event with its truth. As JSON it is the event with the fields of the truth beside its own.
type Labelled struct {
	nospim.Event
	Truth
}

// Events plays the town from its beginning, in the order of time. The event is reused: whoever keeps one keeps a copy, of its
// recipients too. Each call plays the same.
func (t *Town) Events() iter.Seq2[*nospim.Event, Truth] {
	return func(yield func(*nospim.Event, Truth) bool) {
		w := &world{Town: t, yield: yield, bonds: make(map[bond]tie, 16*t.o.People)}
		w.settle()
		if !t.o.Quiet {
			w.live()
		}
		w.attack()
		w.play()
	}
}
