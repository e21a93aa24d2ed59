package record

import "time"

// Source says who called an example spim or honest.
type Source string

// The sources. A sample is a message between old contacts that nobody complained about: it is taken for honest, and what is
// learned must not make spim of it.
const (
	FromModerator Source = "moderator"
	FromPerson    Source = "person"
	FromSample    Source = "sample"
)

// Example is a text that somebody called spim or honest, kept as salted hashes of its words: what a service learns from.
type Example struct {
	// ID grows with each example of the store.
	ID      int64     `json:"id"`
	Service string    `json:"service"`
	EventID string    `json:"event_id"`
	By      string    `json:"by"`
	Source  Source    `json:"source"`
	Spam    bool      `json:"spam"`
	At      time.Time `json:"at"`
	// Base is the logit that the shipped model gave the text, Words are the hashes.
	Base  float64  `json:"base"`
	Words []uint32 `json:"-"`
}
