package people_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim/people"
)

// TestInvites: an invitation holds for whom it was issued, as long as it was issued for, and nobody can make one.
func TestInvites(t *testing.T) {
	const ada, bob = "ada@chat.example", "bob@chat.example"
	now := time.Date(2026, 3, 1, 18, 4, 5, 0, time.UTC)
	invites := people.NewInvites([16]byte{1})
	token, until := invites.Issue(ada, now)
	if !invites.Valid(token, ada, now) || !invites.Valid(token, ada, until.Add(-time.Second)) {
		t.Fatal("an invitation does not hold")
	}
	theirs, _ := invites.Issue(bob, now)
	foreign, _ := people.NewInvites([16]byte{2}).Issue(ada, now)
	void, _ := people.Invites{}.Issue(ada, now)
	for name, bad := range map[string]string{
		"of another": theirs, "of another installation": foreign, "of none": void, "empty": "", "made up": "c2VzYW1lIG9wZW4h", "longer": token + "A", "shorter": token[1:],
		"padded": token + "=", "prolonged": "_____w" + token[6:],
	} {
		if invites.Valid(bad, ada, now) {
			t.Errorf("an invitation holds that is %s", name)
		}
	}
	if invites.Valid(token, ada, until) || invites.Valid(token, bob, now) || (people.Invites{}).Valid(void, ada, now) {
		t.Error("an invitation holds when it is over, for somebody else, or where there are none")
	}
	for i := range token { // the last character has bits that mean nothing, but Strict refuses those, too
		other := []byte(token)
		other[i] ^= 1
		if invites.Valid(string(other), ada, now) {
			t.Errorf("an invitation holds that was changed at %d", i)
		}
	}
}
