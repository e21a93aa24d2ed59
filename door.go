package nospim

import (
	"fmt"
	"slices"
	"time"
)

// Profile says who may reach a person.
type Profile string

// The profiles. An empty profile means the service's default.
const (
	// ProfileOpen lets everybody write whom the policy does not stop.
	ProfileOpen Profile = "open"
	// ProfileChallenged keeps a stranger's first contact until the stranger has proved something or the person lets it in.
	ProfileChallenged Profile = "strangers_challenged"
	// ProfileContactsOnly keeps a stranger's first contact until the person lets it in.
	ProfileContactsOnly Profile = "contacts_only"
	// ProfileMinor is contacts only for a child or a young person: it is the default of accounts that are known to be theirs.
	ProfileMinor Profile = "minor"
)

// Profiles returns every profile, from the most open to the strictest.
func Profiles() []Profile {
	return []Profile{ProfileOpen, ProfileChallenged, ProfileContactsOnly, ProfileMinor}
}

// ParseProfile returns the profile that a word names. The error is an [ErrInvalid].
func ParseProfile(s string) (Profile, error) {
	if p := Profile(s); slices.Contains(Profiles(), p) {
		return p, nil
	}
	return "", &InputError{Field: "profile", Problem: fmt.Sprintf("is %q; it may be one of %v", clip(s), Profiles())}
}

// Label is the name of the label that says that an account has chosen a profile.
func (p Profile) Label() string { return "profile_" + string(p) }

// Decision is what a person decides about somebody who waits at their door.
type Decision string

// The decisions.
const (
	// LetIn delivers what waits of a sender, and what the sender writes from now on.
	LetIn Decision = "let_in"
	// Refuse deletes what waits of a sender; the next message waits again.
	Refuse Decision = "refuse"
	// ShutOut refuses what waits and what comes.
	ShutOut Decision = "shut_out"
	// Report is ShutOut and tells nospim that it was unwanted.
	Report Decision = "report"
)

// Waiting is what waits of one sender for one person.
type Waiting struct {
	Service, Sender, Recipient string
	// Count is how many messages wait, IDs are those of the first of them, oldest first.
	Count int
	IDs   []string
	Since time.Time
}

// Labels of a pair, sender first: what the recipient decided about the sender.
const (
	LabelLetIn   = "let_in"
	LabelShutOut = "shut_out"
)

// SymbolFull is the symbol of a message that would be held, and is refused because as much waits as may.
const SymbolFull = "DOOR_FULL"

// Pair is the entity of a sender and a recipient.
func Pair(sender, recipient string) Entity {
	return Entity{Kind: EntityPair, ID: sender + " " + recipient}
}

// LabelProfileLocked says that an account's profile was locked by a guardian or the operator: the person cannot change it.
const LabelProfileLocked = "profile_locked"
