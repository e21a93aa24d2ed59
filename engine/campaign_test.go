package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
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
	// Albums: each friend gets a link of their own.
	for i := range 30 {
		send("cleo@chat.example", who(i), fmt.Sprintf("here are the pictures of us two on Saturday: http://album.example/s/%016x", uint64(i+1)*0x9e3779b97f4a7c15), nospim.RelationContact)
		n += 2
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
		for s := range strings.FieldsSeq(symbols(judge(t, r, e))) {
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

// TestSweep delivers copies of a campaign to contacts, each from another account, and has a person condemn it under one of its names:
// orders to retract every copy that was delivered come within two seconds, once, and what is no copy stays.
func TestSweep(t *testing.T) {
	copies := 10_000
	if testing.Short() {
		copies = 1_000
	}
	var now atomic.Int64
	r := newRig(t, "", func(c *engine.Config) { c.Clock = func() time.Time { return start.Add(time.Duration(now.Load())) } })
	delivered, name := 0, ""
	for i := range copies {
		now.Add(int64(20 * time.Millisecond))
		e := message(fmt.Sprint("c-", i), fmt.Sprintf("friend_%d@chat.example", i), fmt.Sprintf("u%d@chat.example", i), advert(i))
		e.Time, e.Relation = start.Add(time.Duration(now.Load())), nospim.RelationContact
		v := judge(t, r, e)
		if !v.Action.Stops() {
			delivered++
		}
		if i == 7 {
			name = v.Campaign
		}
		e = message(fmt.Sprint("o-", i), fmt.Sprintf("friend_%d@chat.example", i), fmt.Sprintf("u%d@chat.example", i), fmt.Sprintf("see you at %d", i%24))
		e.Time, e.Relation = start.Add(time.Duration(now.Load())), nospim.RelationContact
		judge(t, r, e)
	}
	if delivered < copies*9/10 {
		t.Fatalf("%d of %d copies among contacts were delivered", delivered, copies)
	}
	id, err := nospim.ParseCampaignID(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	waitFor(t, "the campaign in the store", func() bool {
		all, err := r.records.Campaigns(t.Context())
		return err == nil && len(all) == 1
	})
	if err := r.records.DecideCampaign(t.Context(), id, nospim.Condemned, "ada", "adverts"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var orders []nospim.Order
	waitFor(t, "the orders", func() bool {
		var err error
		orders, err = r.records.Orders(t.Context(), "chat.example", "")
		return err == nil && len(orders) >= delivered
	})
	t.Logf("%d orders %v after the decision, of which up to 0.2 s are waiting for the next look", len(orders), time.Since(began).Round(time.Millisecond))
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		if o.Do != nospim.OrderRetract || !strings.HasPrefix(o.EventID, "c-") || o.Sender == "" || len(o.Recipients) != 1 {
			t.Fatalf("order %+v", o)
		}
	}
	if v := judge(t, r, func() *nospim.Event {
		e := message("late", "late@chat.example", "u1@chat.example", advert(3))
		e.Time, e.Relation = start.Add(time.Duration(now.Load())), nospim.RelationContact
		return e
	}()); !v.Action.Stops() || !strings.Contains(symbols(v), "CAMPAIGN_CONDEMNED") {
		t.Errorf("a copy after that: %v for %s", v.Action, symbols(v))
	}
	all, err := r.records.Campaigns(t.Context())
	if err != nil || len(all) != 1 || all[0].Standing != nospim.Condemned || all[0].Copies < copies {
		t.Errorf("campaigns in the store: %+v, %v", all, err)
	}
}

func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !met() {
		select {
		case <-deadline:
			t.Fatalf("no sign of %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// BenchmarkSweep is the sweep alone: from the condemned campaign to durable orders.
func BenchmarkSweep(b *testing.B) {
	const copies = 10_000
	for b.Loop() {
		b.StopTimer()
		var now atomic.Int64
		r := newRig(b, "", func(c *engine.Config) { c.Clock = func() time.Time { return start.Add(time.Duration(now.Load())) } })
		name := ""
		for i := range copies {
			now.Add(int64(20 * time.Millisecond))
			e := message(fmt.Sprint("c-", i), fmt.Sprintf("friend_%d@chat.example", i), fmt.Sprintf("u%d@chat.example", i), advert(i))
			e.Time, e.Relation = start.Add(time.Duration(now.Load())), nospim.RelationContact
			name = judge(b, r, e).Campaign
		}
		id, err := nospim.ParseCampaignID(name)
		if err != nil {
			b.Fatal(err)
		}
		r.memory.Note(&memory.Note{At: start.Add(time.Hour), Copy: &memory.Copy{ID: id, Standing: nospim.Condemned}})
		b.StartTimer()
		if err := r.Campaigns(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if orders, err := r.records.Orders(b.Context(), "chat.example", ""); err != nil || len(orders) < copies*9/10 {
			b.Fatalf("%d orders, %v", len(orders), err)
		}
		b.StartTimer()
	}
}

// TestAnswersOfMany: many ask the same of strangers who wrote to them, in words too few for a campaign: nobody is slowed for it.
func TestAnswersOfMany(t *testing.T) {
	r := newRig(t, "")
	for i := range 12 {
		bot, person := fmt.Sprintf("bot%c@chat.example", 'a'+i), fmt.Sprintf("person%c@chat.example", 'a'+i)
		first := message(fmt.Sprint("first-", i), bot, person, fmt.Sprintf("hello, it is me, number %c", 'a'+i))
		answer := message(fmt.Sprint("answer-", i), person, bot, "fine thanks. how did you find me?")
		first.Time, answer.Time = start.Add(time.Duration(i)*time.Minute), start.Add(time.Duration(i)*time.Minute+20*time.Second)
		judge(t, r, first)
		if v := judge(t, r, answer); strings.Contains(symbols(v), "BULK_TEXT") {
			t.Errorf("answer %d: %v for %s", i, v.Wanted, symbols(v))
		}
	}
}
