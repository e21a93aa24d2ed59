package nospim

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Action is what is to be done with an event. Actions are ordered: a later one is stronger.
type Action uint8

// The actions, from the weakest to the strongest.
const (
	// Allow lets it pass.
	Allow Action = iota
	// Mark lets it pass and says so to the recipient.
	Mark
	// Challenge asks the sender to prove something first.
	Challenge
	// Throttle makes the sender wait.
	Throttle
	// Hold keeps the message with nospim until a person or a passed challenge releases it.
	Hold
	// Reject refuses it and tells the sender.
	Reject
	// Drop refuses it so that the sender cannot tell it from success.
	Drop
)

// actionNames are the words of the actions on every interface, by value.
var actionNames = [...]string{"allow", "mark", "challenge", "throttle", "hold", "reject", "drop"}

// Actions returns every action from the weakest to the strongest.
func Actions() []Action {
	return []Action{Allow, Mark, Challenge, Throttle, Hold, Reject, Drop}
}

// ParseAction returns the action that a word names. The error is an [ErrInvalid].
func ParseAction(s string) (Action, error) {
	if i := slices.Index(actionNames[:], s); i >= 0 {
		return Action(i), nil
	}
	return Allow, &InputError{Field: "action", Problem: fmt.Sprintf("is %q; it may be one of %v", clip(s), actionNames)}
}

// Valid reports whether a is one of the actions.
func (a Action) Valid() bool { return int(a) < len(actionNames) }

// Enforced reports whether something is done to the event: anything but [Allow].
func (a Action) Enforced() bool { return a != Allow }

// Stops reports whether the recipient does not get the message now: throttle, hold, reject, drop, challenge.
func (a Action) Stops() bool { return a >= Challenge }

func (a Action) String() string {
	if a.Valid() {
		return actionNames[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// MarshalText writes the action's word.
func (a Action) MarshalText() ([]byte, error) {
	if !a.Valid() {
		return nil, fmt.Errorf("%w: action %d", ErrInvalid, uint8(a))
	}
	return []byte(actionNames[a]), nil
}

// UnmarshalText reads the action's word.
func (a *Action) UnmarshalText(b []byte) error {
	v, err := ParseAction(string(b))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

// Limit returns the strongest action that is not stronger than a and stands in can; an empty can allows every action.
func (a Action) Limit(can []Action) Action {
	if len(can) == 0 || slices.Contains(can, a) {
		return a
	}
	best := Allow
	for _, c := range can {
		if c <= a && c > best {
			best = c
		}
	}
	return best
}

// Symbol is something that a detector or a rule can notice. Documents and console are generated from it.
type Symbol struct {
	// Name is upper case with underscores, unique in the whole program.
	Name string `json:"name"`
	// Group is the detector's name, or "rule".
	Group string `json:"group"`
	// Weight is the score it adds when the policy says nothing else; negative speaks for the sender.
	Weight float64 `json:"weight"`
	// Description says to an operator what was noticed.
	Description string `json:"description"`
}

// Signal is a symbol that fired.
type Signal struct {
	Symbol string `json:"symbol"`
	// Score is what it added: the weight of the policy times the detector's factor.
	Score float64 `json:"score"`
	// Why is a sentence for people. It never quotes the message.
	Why string `json:"why"`
	// Entities are what it speaks of.
	Entities []Entity `json:"entities,omitempty"`
}

// EntityKind says what kind of thing is remembered.
type EntityKind string

// The kinds of entity.
const (
	EntityAccount     EntityKind = "account"
	EntityService     EntityKind = "service"
	EntityAddr        EntityKind = "addr"
	EntityNetwork     EntityKind = "network"
	EntityLink        EntityKind = "link"
	EntityDomain      EntityKind = "domain"
	EntityFingerprint EntityKind = "fingerprint"
	EntityPair        EntityKind = "pair" // sender and recipient, with a space between
	EntityRoom        EntityKind = "room"
)

// Entity is anything that is remembered, written kind:id on every interface.
type Entity struct {
	Kind EntityKind
	ID   string
}

func (e Entity) String() string { return string(e.Kind) + ":" + e.ID }

// MarshalText writes kind:id.
func (e Entity) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads kind:id.
func (e *Entity) UnmarshalText(b []byte) error {
	for i, c := range b {
		if c == ':' {
			e.Kind, e.ID = EntityKind(b[:i]), string(b[i+1:])
			return nil
		}
	}
	return &InputError{Field: "entity", Problem: "has no kind: it is written kind:id"}
}

// Label is an effect on an entity that later events recall until it expires.
type Label struct {
	Entity Entity `json:"entity"`
	Name   string `json:"name"`
	// Until is when the label fades.
	Until time.Time `json:"until"`
}

// Verdict is the answer to one event. It is shared once given: nobody changes it afterwards.
type Verdict struct {
	EventID string `json:"event_id"`
	// Action is what the connector is to enforce.
	Action Action `json:"action"`
	// Wanted is the action before can, observe and shadow limited it.
	Wanted Action `json:"wanted"`
	// Score is the sum of the signals' scores.
	Score float64 `json:"score"`
	// Required is the score from which the policy holds a message of this relation.
	Required float64  `json:"required"`
	Signals  []Signal `json:"signals"`
	Labels   []Label  `json:"labels,omitempty"`
	Campaign string   `json:"campaign,omitempty"`
	// Harm is a harm identifier (Matrix MSC4456), such as spam.
	Harm string `json:"harm,omitempty"`
	// Tip names the safety advice for the recipient.
	Tip string `json:"tip,omitempty"`
	// RetryAfter is how many seconds the sender is to wait before trying again, when Action is [Throttle]; 0 otherwise.
	RetryAfter int `json:"retry_after,omitempty"`
	// Policy is the hash of policy and model: "sha256:" and 64 hex digits.
	Policy string `json:"policy"`
	// Degraded lists what failed or ran out of time while judging.
	Degraded []string `json:"degraded,omitempty"`
	// Shadow says that the policy only watches: Action is allow, Wanted says what would have been done.
	Shadow bool `json:"shadow"`
}

// Judge judges events, as a net/http Handler serves requests. The engine is one, the remote client is one, wrappers are ones.
//
// Judge returns an [ErrInvalid] for an event that cannot be judged; the caller then lets the message pass and counts it.
// A verdict that enforces something is durable when Judge returns. The event is not kept after the return.
type Judge interface {
	Judge(ctx context.Context, e *Event) (*Verdict, error)
}

// JudgeFunc makes a Judge of a function.
type JudgeFunc func(ctx context.Context, e *Event) (*Verdict, error)

// Judge calls f.
func (f JudgeFunc) Judge(ctx context.Context, e *Event) (*Verdict, error) { return f(ctx, e) }
