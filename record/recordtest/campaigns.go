package recordtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

func campaigns(t *testing.T, s record.Store) []record.Campaign {
	t.Helper()
	list, err := s.Campaigns(t.Context())
	must(t, "reading campaigns", err)
	return list
}

// seen is a campaign as the memory knows it.
func seen(id nospim.CampaignID, copies int, names ...nospim.CampaignID) record.Campaign {
	return record.Campaign{
		Campaign: nospim.Campaign{
			ID: id, Copies: copies, Stopped: 3, Texts: len(names), Recent: copies, Cold: copies, Senders: 2, Strangers: copies, Domains: 1,
			First: start, Last: start.Add(time.Duration(copies) * time.Minute),
		},
		Names: names,
	}
}

func testCampaigns(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	same(t, "campaigns of an empty store", campaigns(t, s), []record.Campaign{})
	one, two := seen(1<<49+7, 5, 1<<49+7), seen(9, 6, 9, 10)
	must(t, "putting", s.PutCampaigns(ctx, []record.Campaign{one, two}))
	same(t, "campaigns", campaigns(t, s), []record.Campaign{two, one})
	one = seen(one.ID, 8, one.ID)
	must(t, "putting again", s.PutCampaigns(ctx, []record.Campaign{one}))
	before := revision(t, s)
	must(t, "deciding, by another name", l.another(t).DecideCampaign(ctx, 10, nospim.Condemned, "ada", "adverts"))
	if revision(t, s) == before {
		t.Error("a decision does not move the revision")
	}
	l.reopen(t)
	s = l.store
	list := campaigns(t, s)
	if len(list) != 2 || list[0].ID != one.ID || list[1].Standing != nospim.Condemned || list[1].By != "ada" || list[1].Reason != "adverts" ||
		time.Since(list[1].Decided) > time.Minute || list[1].Copies != 6 {
		t.Errorf("campaigns: %+v", list)
	}

	// They become one, under the name of the other: the decision stays, the row of the other goes.
	both := seen(one.ID, 14, one.ID, 9, 10)
	must(t, "putting both as one", s.PutCampaigns(ctx, []record.Campaign{both}))
	list = campaigns(t, s)
	if len(list) != 1 || list[0].ID != one.ID || list[0].Standing != nospim.Condemned || list[0].Copies != 14 || len(list[0].Names) != 3 {
		t.Errorf("after they became one: %+v", list)
	}
	must(t, "sparing", s.DecideCampaign(ctx, one.ID, nospim.Spared, "bob", "a club"))
	must(t, "putting what was seen", s.PutCampaigns(ctx, []record.Campaign{both}))
	must(t, "condemning what nobody saw", s.DecideCampaign(ctx, 77, nospim.Condemned, "ada", ""))
	for _, c := range campaigns(t, s) {
		if want := map[nospim.CampaignID]nospim.Standing{one.ID: nospim.Spared, 77: nospim.Condemned}[c.ID]; c.Standing != want {
			t.Errorf("%v is %q, want %q", c.ID, c.Standing, want)
		}
	}
	if err := s.DecideCampaign(ctx, 9, "loved", "ada", ""); err == nil {
		t.Error("a campaign may be loved")
	}
	var actions []string
	for _, a := range audit(t, s) {
		actions = append(actions, a.By+" "+a.Action+" "+a.Object+" "+a.Reason)
	}
	same(t, "journal", actions, []string{
		"ada campaign.condemn " + nospim.CampaignID(10).String() + " adverts",
		"bob campaign.spare " + one.ID.String() + " a club",
		"ada campaign.condemn " + nospim.CampaignID(77).String() + " ",
	})
	_, err := s.Expire(ctx, time.Now().Add(48*time.Hour), 0, 24*time.Hour, 0)
	must(t, "expiring", err)
	same(t, "campaigns that nobody has heard of for long", campaigns(t, s), []record.Campaign{})
}

// retracted are messages to call back.
func retracted(from, to int) (list []nospim.Order) {
	for i := from; i < to; i++ {
		list = append(list, nospim.Order{
			Service: "chat.example", EventID: fmt.Sprint("m-", i), WireID: fmt.Sprint("w-", i), Sender: "nina@chat.example", Recipients: []string{fmt.Sprintf("u%d@chat.example", i)},
		})
	}
	return list
}

func testRetract(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	must(t, "releasing", s.Settle(ctx, hold(t, s, 1), nospim.HoldReleased, "ada", ""))
	retract := func(from, to, want int) {
		t.Helper()
		n, err := s.Retract(ctx, retracted(from, to), "nospim", "campaign c-1")
		must(t, "retracting", err)
		if n != want {
			t.Errorf("%d orders made, want %d", n, want)
		}
	}
	retract(10, 13, 3)
	retract(10, 14, 1)
	retract(10, 14, 0)
	list := orders(t, s)
	if len(list) != 5 || list[0].Do != nospim.OrderDeliver || list[0].Raw == "" {
		t.Fatalf("orders: %+v", list)
	}
	want := nospim.Order{
		ID: list[1].ID, Do: nospim.OrderRetract, Service: "chat.example", EventID: "m-10", WireID: "w-10", Sender: "nina@chat.example", Recipients: []string{"u10@chat.example"},
	}
	same(t, "order", list[1], want)
	must(t, "acknowledging", s.Ack(ctx, list[1].ID, ""))
	must(t, "acknowledging again", s.Ack(ctx, list[1].ID, ""))
	must(t, "failing", s.Ack(ctx, list[2].ID, "no such message"))
	retract(10, 14, 0)
	if left := orders(t, s); len(left) != 3 {
		t.Errorf("%d orders left, want 3", len(left))
	}
	n := 0
	for _, a := range audit(t, s) {
		if a.Action == "campaign.retract" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d lines in the journal, want 2", n)
	}
	_, err := s.Expire(ctx, time.Now().Add(48*time.Hour), 0, 24*time.Hour, 0)
	must(t, "expiring", err)
	for _, o := range orders(t, s) {
		if o.Do == nospim.OrderRetract {
			t.Errorf("old order %s is still due", o.ID)
		}
	}
}

// campaignWrites are the writes about campaigns, to be broken.
func campaignWrites(nothing func(*testing.T, record.Store) string) []write {
	expect := func(n int) func(*testing.T, record.Store) {
		return func(t *testing.T, s record.Store) {
			t.Helper()
			if got := len(campaigns(t, s)); got != n {
				t.Errorf("%d campaigns, want %d", got, n)
			}
		}
	}
	return []write{
		{"put campaigns", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return s.PutCampaigns(ctx, []record.Campaign{seen(7, 5, 7), seen(8, 5, 8)})
		}, nil, expect(2)},
		{"decide about a campaign", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return s.DecideCampaign(ctx, 7, nospim.Condemned, "ada", "")
		}, nil, expect(1)},
		{"retract", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return second(s.Retract(ctx, retracted(0, 3), "ada", ""))
		}, nil, func(t *testing.T, s record.Store) {
			t.Helper()
			if n := len(orders(t, s)); n != 3 {
				t.Errorf("%d orders, want 3", n)
			}
		}},
	}
}
