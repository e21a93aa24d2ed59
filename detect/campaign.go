package detect

import (
	"github.com/nospim/nospim"
)

// Campaign notices messages that are near-duplicates of others: spun wording, other names, numbers, links and disguises do not hide
// it. What speaks is that strangers get it who did not write first. Answers to those who did (a support desk's ready-made ones) are
// left alone, and so is what goes to contacts for the most part: jokes, greetings, announcements, whoever passes them on. Who is at home
// here and says what cannot be acted upon is left alone, too, unless a person condemned it.
type Campaign struct{}

// Symbols implements [Detector].
func (Campaign) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "CAMPAIGN", Group: "campaign", Weight: 5, Description: "Several accounts send near-identical texts to strangers who did not write first. Factor 1 from 4 people within a day, 1.5 from 8, 2 from 16; of contact requests without a link 0.5 from 10 and 1 from 25, in rooms 1 from 8 of them."},
		{Name: "CAMPAIGN_SPUN", Group: "campaign", Weight: 4, Description: "One account sends near-identical texts to strangers who did not write first. Factor as of CAMPAIGN."},
		{Name: "CAMPAIGN_CONDEMNED", Group: "campaign", Weight: 10, Description: "The message is a copy of a campaign that was condemned: by a person, or because three in four of its copies to strangers were stopped, ten at least within a day. The latter counts for contacts and in rooms only if most of its copies have a link, and not for who is at home here and says what cannot be acted upon."},
	}
}

// Counters implements [Detector].
func (Campaign) Counters() []nospim.Counter { return []nospim.Counter{wroteBefore(toStranger)} }

// Look implements [Detector].
func (Campaign) Look(l *nospim.Look) error {
	c := l.Campaign
	if c == nil || !contact(l) || l.Event.Relation == nospim.RelationSelf || c.Standing == nospim.Spared {
		return nil
	}
	if c.Standing == nospim.Condemned || c.Condemned() && !l.Invited && !errand(l, &l.Facts[0]) && (alone(l) || 2*c.Linked >= c.Recent) {
		l.Raise("CAMPAIGN_CONDEMNED", 1, "a copy of a campaign that was condemned: "+number(float64(c.Copies))+" copies so far, "+number(float64(c.Stopped))+" stopped", campaign(c))
	}
	if l.Invited || !l.Event.Relation.Stranger() || c.Warm >= c.Cold {
		return nil
	}
	f := spread(l, c)
	switch {
	case f == 0:
	case errand(l, &l.Facts[0]):
	case c.Senders > 1:
		l.Raise("CAMPAIGN", f, number(float64(c.Senders))+" accounts sent near-identical texts to "+number(float64(c.Strangers))+" strangers within a day", campaign(c))
	default:
		l.Raise("CAMPAIGN_SPUN", f, "sent near-identical texts to "+number(float64(c.Strangers))+" strangers within a day", campaign(c), account(l.Event.Sender.ID))
	}
	return nil
}

// alone reports whether a stranger turns to a person. What contacts talk of, and people in rooms, is like much else without being a
// copy of it: there, what was seen condemns only what has something to act upon, a link as a rule.
func alone(l *nospim.Look) bool { return l.Event.Relation.Stranger() && !inRoom(l) }

// spread returns how much it counts that so many strangers got it. People who ask to be added say alike things, and so do those who
// talk in rooms, each of which counts as one stranger. What more than twice as many accounts say as strangers get is no campaign, but
// what is said: to a bot that everybody plays with, in rooms, among friends and now and then to somebody else.
func spread(l *nospim.Look, c *nospim.Campaign) float64 {
	people := float64(c.Strangers)
	if c.Senders > 2*c.Strangers {
		return 0
	}
	switch {
	case l.Event.Kind == nospim.KindContactRequest && len(l.Features.Links) == 0:
		return climb(people, []step{{10, 0.5}, {25, 1}})
	case l.Event.Room != "":
		return climb(people, []step{{8, 1}, {16, 1.5}})
	}
	return climb(people, []step{{4, 1}, {8, 1.5}, {16, 2}})
}

// campaign is the entity that a signal about a campaign speaks of.
func campaign(c *nospim.Campaign) nospim.Entity {
	return nospim.Entity{Kind: nospim.EntityFingerprint, ID: c.ID.String()}
}
