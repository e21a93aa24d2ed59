package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// advert is a spun advert: names, numbers, links and words for the same thing change.
func advert(i int) string {
	pick := func(n int, of ...string) string { return of[i/n%len(of)] }
	return fmt.Sprintf("%s %s, %s watches and bags %d%% cheaper %s, the offer of the %s: http://shop%d.example/%d",
		pick(1, "Hi", "Hello", "Hey"), pick(1, "Ada", "Bob", "Cleo", "Dan"), pick(2, "brand", "designer", "branded"), 40+i%50,
		pick(3, "today", "tonight", "now"), pick(5, "year", "month"), i%3, i)
}

// TestSpunCampaign sends a spun advert from many accounts to strangers: from the fifth copy on, copies are stopped.
func TestSpunCampaign(t *testing.T) {
	r := newRig(t, "")
	stopped := 0
	var campaign string
	for i := range 60 {
		e := message(fmt.Sprint("s-", i), fmt.Sprintf("shop_%d@chat.example", i%12), fmt.Sprintf("u%d@chat.example", i), advert(i))
		e.Time = start.Add(time.Duration(i) * 20 * time.Second)
		v := judge(t, r, e)
		switch {
		case i == 0 && v.Campaign != "":
			t.Errorf("the first copy is of campaign %s", v.Campaign)
		case i == 1:
			campaign = v.Campaign
		case i > 1 && v.Campaign != campaign:
			t.Errorf("copy %d is of campaign %q, the second of %q", i+1, v.Campaign, campaign)
		}
		if i >= 4 && v.Wanted.Stops() {
			stopped++
		}
	}
	if campaign == "" || stopped < 54 {
		t.Errorf("campaign %q: %d of 56 copies stopped from the fifth on", campaign, stopped)
	}
}

// TestHonestCampaigns sends what looks like campaigns: nobody is stopped.
func TestHonestCampaigns(t *testing.T) {
	r := newRig(t, "")
	n := 0
	send := func(from, to, body string, relation nospim.Relation) {
		t.Helper()
		n++
		e := message(fmt.Sprint("h-", n), from, to, body)
		e.Time, e.Relation = start.Add(time.Duration(n)*time.Minute), relation
		if v := judge(t, r, e); v.Wanted.Stops() || strings.Contains(symbols(v), "CAMPAIGN") {
			t.Errorf("%s to %s: %v for %s", from, to, v.Wanted, symbols(v))
		}
	}
	who := func(i int) string { return fmt.Sprintf("p%d@chat.example", i) }
	for i := range 30 {
		send(who(i), who(100+i), "hello, how are you?", nospim.RelationStranger)
		send("ada@chat.example", who(i), "We have moved! New address: 14 River Street. Come and see us", nospim.RelationContact)
		send(who(i), who(i+1), "What do you call a bear with no teeth? A gummy bear. Pass it on", nospim.RelationContact)
		send(who(i%5), who(200+i), "ok, see you there", nospim.RelationStranger)
	}
	// Support: people write first, the answer is always the same and has a link.
	for i := range 30 {
		send(who(i), "help@chat.example", fmt.Sprintf("hello, my number %d question is about the app", i*i), nospim.RelationStranger)
		send("help@chat.example", who(i), "Please sign out and in again. If that does not help, here is how to reinstall it: http://help.example/reinstall", nospim.RelationStranger)
	}
}

// TestTrackingClaims sends each stranger a link of their own, and then one of eight variants.
func TestTrackingClaims(t *testing.T) {
	r := newRig(t, "")
	raised := map[string]int{}
	for i := range 40 {
		e := message(fmt.Sprint("t-", i), fmt.Sprintf("news_%d@chat.example", i%2), fmt.Sprintf("u%d@chat.example", i),
			fmt.Sprintf("Your parcel waits at the depot, please confirm the address today: http://parcel.example/go?k=%08x", uint32(i+1)*2654435761))
		e.Time = start.Add(time.Duration(i) * 20 * time.Second)
		for _, s := range strings.Fields(symbols(judge(t, r, e))) {
			raised[s]++
		}
		e = message(fmt.Sprint("v-", i), fmt.Sprintf("club_%d@chat.example", i%2), fmt.Sprintf("u%d@chat.example", i),
			fmt.Sprintf("The choir sings on Saturday evening in the old town hall, tickets are here: http://choir.example/go?k=%08x", uint32(i*i%8+1)*2654435761))
		e.Time = start.Add(time.Duration(i)*20*time.Second + time.Second)
		if got := symbols(judge(t, r, e)); strings.Contains(got, "TRACKING_UNIQUE") {
			t.Errorf("eight variants, %d people: %s", i+1, got)
		}
	}
	if raised["TRACKING_UNIQUE"] != 40-17 || raised["TRACKING_PROBABLE"] == 0 {
		t.Errorf("raised %v, want TRACKING_UNIQUE from the 18th person on", raised)
	}
}
