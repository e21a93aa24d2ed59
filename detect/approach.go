package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Approach notices a grown-up who has come to know a child a short while ago and says what groomers say, in words that are not
// explicit: how old are you, are you home alone, send me a photo of you, this is our secret, do not tell your parents. At a child's
// door strangers wait anyway ([Door]); this is for those whom the child has let in.
//
// Families say such things, too, and children among each other. So it counts only from somebody who was a stranger to the child within
// the last two weeks and turned to it, and no single line does: whoever was a contact before that is left alone. What is remembered is
// how many such lines there were, and nothing of what they said.
type Approach struct{}

// Symbols implements [Detector].
func (Approach) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "CHILD_APPROACHED", Group: "approach", Weight: 6, Description: "A grown-up who turned to a child as a stranger within the last two weeks asks for its age, whether it is alone, for a photo, or that it tells nobody. Factor 1 from two such lines, 1.5 from three."},
	}
}

// strangeTo is how long ago somebody was a stranger to a child at least who is no new acquaintance.
const strangeTo = 14 * 24 * time.Hour

// Counters implements [Detector].
func (Approach) Counters() []nospim.Counter {
	const season = 90 * 24 * time.Hour
	only := []nospim.Kind{nospim.KindMessage}
	return []nospim.Counter{
		{Name: "approach", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: strangeTo, When: courts, If: nospim.Never, Only: only},
		{Name: "wrote", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePair}, Window: season, When: toStranger, If: courts, Only: contactKinds()},
		{Name: "wrote", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: season, When: nospim.Never, If: courts, Only: contactKinds()},
	}
}

// courts reports whether a grown-up says such a thing to a child.
func courts(l *nospim.Look) bool {
	e := l.Event
	return l.Features.Parts.Approach > 0 && talk(l) && !e.Encrypted && e.Recipients[0].Minor && !e.Sender.Minor && e.Sender.Affiliation != "admin"
}

// Look implements [Detector].
func (Approach) Look(l *nospim.Look) error {
	if !courts(l) {
		return nil
	}
	stranger, back := &l.Facts[1], &l.Facts[2]
	if stranger.N == 0 || wroteFirst(stranger, back) || stranger.First != 0 && l.Now.Sub(time.UnixMilli(stranger.First)) >= strangeTo {
		return nil
	}
	lines := max(l.Facts[0].N, 1)
	if f := climb(lines, []step{{2, 1}, {3, 1.5}}); f > 0 {
		l.Raise("CHILD_APPROACHED", f, "a new acquaintance of a child said "+number(lines)+" things of the kind that is to win its trust and its silence", account(l.Event.Sender.ID))
	}
	return nil
}
