package nospim

import (
	"fmt"
	"slices"
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

// LabelProfileLocked says that an account's profile was locked by a guardian or the operator: the person cannot change it.
const LabelProfileLocked = "profile_locked"
