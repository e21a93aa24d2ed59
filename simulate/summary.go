package simulate

import (
	"strings"

	"github.com/nospim/nospim"
)

// LastAttempts is how many of a bot's last attempts must have failed for it to count as stopped.
const LastAttempts = 5

// Tally counts what became of what somebody did. Log-ins and acceptances are not counted.
type Tally struct {
	Label Label `json:"label"`
	// Attempts are the registrations, requests and messages that were made, Skipped those that could not be made any more,
	// because the account or the answered message did not come to be.
	Attempts  int `json:"attempts"`
	Delivered int `json:"delivered"`
	Marked    int `json:"marked"`
	Held      int `json:"held"`
	Rejected  int `json:"rejected"`
	Skipped   int `json:"skipped"`
	// Links is how many with a link arrived, marked or not.
	Links int `json:"links"`
	// Before is how many arrived without a mark before the first one that was marked or stopped.
	Before int `json:"before"`
	// Stopped says that none of the last [LastAttempts] attempts arrived; of people, always false.
	Stopped bool `json:"stopped"`
}

// Summary is what came of a script.
type Summary struct {
	// People is what became of the people's messages, requests and acceptances.
	People Tally `json:"people"`
	// Lost are the steps of people that did not arrive, Doubled those that arrived more than once, and Disordered those that
	// arrived before an earlier one of the same two people.
	Lost       []string `json:"lost,omitempty"`
	Doubled    []string `json:"doubled,omitempty"`
	Disordered []string `json:"disordered,omitempty"`
	// Unjudged is how many steps passed because no verdict came.
	Unjudged int `json:"unjudged"`
	// Bots has one line for each label of [Bots], in that order.
	Bots []Tally `json:"bots"`
}

// OK reports whether nothing of the people's chat was lost, doubled or put out of order, and every bot was stopped.
func (s *Summary) OK() bool {
	for _, b := range s.Bots {
		if !b.Stopped {
			return false
		}
	}
	return s.ChatOK()
}

// ChatOK reports whether everything that people sent arrived once and in order.
func (s *Summary) ChatOK() bool {
	return s.People.Attempts > 0 && len(s.Lost) == 0 && len(s.Doubled) == 0 && len(s.Disordered) == 0
}

// Summarize says what came of a play; outcomes are in the order of the script.
func Summarize(outcomes []Outcome) Summary {
	s := Summary{People: Tally{Label: Honest}}
	for _, label := range Bots() {
		s.Bots = append(s.Bots, tallyBot(outcomes, label))
	}
	last := map[[2]string]int{}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Err != nil {
			s.Unjudged++
		}
		if o.Step.Label != Honest || o.Step.To == "" {
			continue
		}
		s.People.add(o)
		pair := [2]string{o.Step.From, o.Step.To}
		switch {
		case o.Fate == Skipped:
			continue
		case !o.Reached():
			s.Lost = append(s.Lost, o.Step.ID)
			continue
		case o.Copies > 1:
			s.Doubled = append(s.Doubled, o.Step.ID)
		}
		if o.Step.Kind != nospim.KindMessage {
			continue // servers answer and repeat presence on their own; only messages have an order
		}
		if o.Arrived < last[pair] {
			s.Disordered = append(s.Disordered, o.Step.ID)
		}
		last[pair] = max(last[pair], o.Arrived)
	}
	return s
}

func tallyBot(outcomes []Outcome, label Label) Tally {
	t := Tally{Label: label}
	noticed := false
	var arrived []bool
	for i := range outcomes {
		o := &outcomes[i]
		if o.Step.Label != label || !o.Step.Attempt() {
			continue
		}
		t.add(o)
		if o.Fate == Skipped {
			continue
		}
		noticed = noticed || o.Fate != Delivered
		if !noticed {
			t.Before++
		}
		arrived = append(arrived, o.Reached())
	}
	t.Stopped = len(arrived) > 0
	for _, a := range arrived[max(0, len(arrived)-LastAttempts):] {
		t.Stopped = t.Stopped && !a
	}
	return t
}

func (t *Tally) add(o *Outcome) {
	if o.Fate != Skipped {
		t.Attempts++
	}
	if o.Reached() && strings.Contains(o.Step.Body, "://") {
		t.Links++
	}
	switch o.Fate {
	case Delivered:
		t.Delivered++
	case Marked:
		t.Marked++
	case Held:
		t.Held++
	case Rejected:
		t.Rejected++
	case Skipped:
		t.Skipped++
	}
}
