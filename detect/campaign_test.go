package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestCampaign(t *testing.T) {
	message := nospim.Event{Kind: nospim.KindMessage, Relation: nospim.RelationStranger, Body: "spin it as you like, it comes again"}
	request, friend := message, message
	request.Kind, friend.Relation = nospim.KindContactRequest, nospim.RelationContact
	seen := func(senders, strangers int) *nospim.Campaign {
		return &nospim.Campaign{ID: 7, Copies: strangers, Recent: strangers, Cold: strangers, Strangers: strangers, People: strangers, Senders: senders, Texts: 3}
	}
	joke := seen(6, 4)
	joke.Warm = 30
	stopped := seen(1, 14)
	stopped.Held, stopped.Stopped = 12, 12
	linked := *stopped
	linked.Linked = 14
	room := message
	room.Relation, room.Room = "", "tea@rooms.chat.example"
	poisoned := *joke
	poisoned.Cold, poisoned.Strangers, poisoned.Held = 12, 12, 12
	spared := *stopped
	spared.Standing = nospim.Spared
	condemned := *joke
	condemned.Standing = nospim.Condemned
	courier := message
	courier.Sender.Created = at.AddDate(0, -6, 0)
	since := func(d time.Duration) []nospim.Fact {
		return recall(t, detect.Campaign{}, memo{"wrote", nospim.RoleSender, nospim.Count, nospim.Fact{N: 40, First: at.Add(-d).UnixMilli()}})
	}
	asks, awake := longText(), since(20*24*time.Hour)
	asks.Parts.Plea = 1
	detecttest.Run(t, detect.Campaign{}, []detecttest.Case{
		{Name: "a courier tells a dozen strangers when to be at the door", Event: courier, Features: longText(), Campaign: seen(1, 12), Recalled: awake, Not: []string{"CAMPAIGN_SPUN"}},
		{Name: "an old account that asks them for money", Event: courier, Features: asks, Campaign: seen(1, 12), Recalled: awake, Want: []string{"CAMPAIGN_SPUN"}},
		{Name: "an old account that wakes up for it", Event: courier, Features: longText(), Campaign: seen(1, 12), Recalled: since(time.Hour), Want: []string{"CAMPAIGN_SPUN"}},
		{Name: "three who are at home ask a dozen sellers whether it is still to be had", Event: courier, Features: longText(), Campaign: seen(3, 12), Recalled: awake, Not: []string{"CAMPAIGN"}},
		{Name: "three old accounts that ask a dozen for money", Event: courier, Features: asks, Campaign: seen(3, 12), Recalled: awake, Want: []string{"CAMPAIGN"}},
		{Name: "three old accounts that wake up for it", Event: courier, Features: longText(), Campaign: seen(3, 12), Recalled: since(time.Hour), Want: []string{"CAMPAIGN"}},
		{Name: "what others of the campaign had stopped, from who is at home", Event: courier, Features: longText(), Campaign: stopped, Recalled: awake, Not: []string{"CAMPAIGN_CONDEMNED"}},
		{Name: "what a person condemned, from who is at home", Event: courier, Features: longText(), Campaign: &condemned, Recalled: awake, Want: []string{"CAMPAIGN_CONDEMNED"}},
		{Name: "nothing like it is known", Event: message, Not: []string{"CAMPAIGN", "CAMPAIGN_SPUN", "CAMPAIGN_CONDEMNED"}},
		{Name: "the fourth stranger, from two accounts", Event: message, Campaign: seen(2, 4), Want: []string{"CAMPAIGN"}, Not: []string{"CAMPAIGN_SPUN"}},
		{Name: "the fourth stranger, from one account", Event: message, Campaign: seen(1, 4), Want: []string{"CAMPAIGN_SPUN"}, Not: []string{"CAMPAIGN"}},
		{Name: "a question that three strangers were asked", Event: message, Campaign: seen(2, 3), Not: []string{"CAMPAIGN", "CAMPAIGN_SPUN"}},
		{Name: "eighty people say it, to friends and to a bot that all play with", Event: message, Campaign: seen(80, 29), Not: []string{"CAMPAIGN"}},
		{Name: "a ready-made reply to somebody who asked", Event: message, Campaign: stopped, Invited: true, Not: []string{"CAMPAIGN_CONDEMNED", "CAMPAIGN"}},
		{Name: "a joke that friends pass on and some strangers got", Event: message, Campaign: joke, Not: []string{"CAMPAIGN"}},
		{Name: "an announcement to a contact", Event: friend, Campaign: seen(1, 9), Not: []string{"CAMPAIGN_SPUN"}},
		{Name: "newcomers who ask to be added with the same words", Event: request, Campaign: seen(3, 9), Not: []string{"CAMPAIGN"}},
		{Name: "accounts that ask everybody to be added", Event: request, Campaign: seen(3, 12), Want: []string{"CAMPAIGN"}},
		{Name: "most copies were stopped", Event: message, Campaign: stopped, Want: []string{"CAMPAIGN_CONDEMNED", "CAMPAIGN_SPUN"}},
		{Name: "the same to a contact, with links", Event: friend, Campaign: &linked, Want: []string{"CAMPAIGN_CONDEMNED"}},
		{Name: "talk like that of a bot, to a contact", Event: friend, Campaign: stopped, Not: []string{"CAMPAIGN_CONDEMNED"}},
		{Name: "talk like that of a bot, in a room", Event: room, Campaign: stopped, Want: []string{"CAMPAIGN_SPUN"}, Not: []string{"CAMPAIGN_CONDEMNED"}},
		{Name: "somebody mails what friends pass on, to get it condemned", Event: message, Campaign: &poisoned, Not: []string{"CAMPAIGN_CONDEMNED"}},
		{Name: "a person spared it", Event: message, Campaign: &spared, Not: []string{"CAMPAIGN_CONDEMNED", "CAMPAIGN_SPUN"}},
		{Name: "a person condemned it", Event: friend, Campaign: &condemned, Want: []string{"CAMPAIGN_CONDEMNED"}},
	})
}

func TestTracking(t *testing.T) {
	message := nospim.Event{Kind: nospim.KindMessage, Relation: nospim.RelationStranger, Body: "look: http://x.example/a?u=9f3c"}
	friend := message
	friend.Relation = nospim.RelationContact
	features := nospim.Features{Links: []nospim.Link{{URL: "http://x.example/a?u=9f3c", Host: "x.example", Domain: "x.example"}}}
	used := func(n, d int, more func(*nospim.SlotUse)) []nospim.LinkUse {
		u := nospim.SlotUse{Recipients: n, Distinct: d, Bits: 16}
		if more != nil {
			more(&u)
		}
		return []nospim.LinkUse{{Slots: []nospim.SlotUse{{Recipients: n, Distinct: 1, Bits: 8}, u}}}
	}
	long := func(u *nospim.SlotUse) { u.Bits = 48 }
	detecttest.Run(t, detect.Tracking{}, []detecttest.Case{
		{Name: "18 people, no value twice", Event: message, Features: features, Links: used(18, 18, nil), Want: []string{"TRACKING_UNIQUE"}, Not: []string{"TRACKING_PROBABLE"}},
		{Name: "18 people, one value twice", Event: message, Features: features, Links: used(18, 17, long), Not: []string{"TRACKING_UNIQUE", "TRACKING_PROBABLE"}},
		{Name: "17 people with short values", Event: message, Features: features, Links: used(17, 17, nil), Not: []string{"TRACKING_UNIQUE", "TRACKING_PROBABLE"}},
		{Name: "a counter", Event: message, Features: features, Links: used(6, 6, func(u *nospim.SlotUse) { u.Rising = true }), Want: []string{"TRACKING_UNIQUE"}},
		{Name: "the time of sending", Event: message, Features: features, Links: used(20, 20, func(u *nospim.SlotUse) { u.Rising, u.Timely = true, true }), Not: []string{"TRACKING_UNIQUE"}},
		{Name: "five people with long values", Event: message, Features: features, Links: used(5, 5, long), Want: []string{"TRACKING_PROBABLE"}},
		{Name: "four people with long values", Event: message, Features: features, Links: used(4, 4, long), Not: []string{"TRACKING_PROBABLE"}},
		{Name: "four people, two of whom got theirs again", Event: message, Features: features, Links: used(4, 4, func(u *nospim.SlotUse) { u.Repeats = 2 }), Want: []string{"TRACKING_PROBABLE"}},
		{Name: "another value for each message", Event: message, Features: features, Links: used(20, 20, func(u *nospim.SlotUse) { u.Changes = 1 }), Not: []string{"TRACKING_UNIQUE", "TRACKING_PROBABLE"}},
		{Name: "the same link for all", Event: message, Features: features, Links: used(30, 1, long), Not: []string{"TRACKING_UNIQUE"}},
		{Name: "albums for friends", Event: friend, Features: features, Links: used(20, 20, long), Not: []string{"TRACKING_UNIQUE"}},
		{Name: "links for those who asked", Event: message, Features: features, Links: used(20, 20, long), Invited: true, Not: []string{"TRACKING_UNIQUE"}},
		{Name: "a use of a link that is not there", Event: message, Links: used(20, 20, long), Not: []string{"TRACKING_UNIQUE"}},
	})
}
