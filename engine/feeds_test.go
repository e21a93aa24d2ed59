package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/record"
)

// readings counts how often a store's lists are read whole.
type readings struct {
	record.Store
	lists, feeds atomic.Int64
}

func (r *readings) Lists(ctx context.Context) ([]nospim.ListEntry, error) {
	r.lists.Add(1)
	return r.Store.Lists(ctx)
}

func (r *readings) ScanFeed(ctx context.Context, name string, fn func(record.FeedItem) error) error {
	r.feeds.Add(1)
	return r.Store.ScanFeed(ctx, name, fn)
}

// TestFeedsInForce follows lists from elsewhere from the store to the verdict: new lists, single items, weights, a quorum, an entry of
// the operator's that allows; and neither a held message nor a single item makes lists be read whole again.
func TestFeedsInForce(t *testing.T) {
	counted := &readings{}
	r := newRig(t, "", func(c *engine.Config) {
		counted.Store = c.Records
		c.Records, c.Clock, c.Quorum = counted, time.Now, detect.QuorumMajority
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })

	n := 0
	becomes := func(what, sender string, relation nospim.Relation, want string) {
		t.Helper()
		got := ""
		for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
			n++
			e := message(fmt.Sprint("m", n), sender, fmt.Sprintf("ada%d@chat.example", n), fmt.Sprintf("hello number %d", n))
			e.Time, e.Relation, e.Sender.Local = time.Now(), relation, false
			v := judge(t, r, e)
			got = ""
			for i := range v.Signals {
				if s := &v.Signals[i]; len(s.Symbol) > 4 && s.Symbol[:4] == "LIST" {
					got += fmt.Sprintf("%s %.1f; ", s.Symbol, s.Score)
				}
			}
			if got == want {
				return
			}
		}
		t.Fatalf("%s: %q, want %q", what, got, want)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	stranger, contact := nospim.RelationStranger, nospim.RelationContact
	feed := record.Feed{Name: "import", Kind: nospim.ListAccount, Weight: 0.6, Origin: "file"}
	items := func(yield func(record.FeedItem, error) bool) {
		for i := range 1000 {
			if !yield(record.FeedItem{Value: fmt.Sprintf("bot%d@spam.example", i)}, nil) {
				return
			}
		}
	}
	must(counted.PutFeed(ctx, feed, "test"))
	_, err := counted.FillFeed(ctx, feed.Name, items)
	must(err)
	becomes("an imported list", "bot7@spam.example", stranger, "LISTED_ACCOUNT 9.0; ")
	becomes("a contact", "bot8@spam.example", contact, "LISTED_CONTACT 1.8; ")
	whole := counted.feeds.Load()

	must(counted.ChangeFeed(ctx, feed.Name, []record.FeedItem{{Value: "*@relay.example"}, {Value: "soft@spam.example", Strangers: true}}, []string{"bot7@spam.example"}))
	becomes("an item that came", "any@relay.example", stranger, "LISTED_SERVICE 9.0; ")
	becomes("an item that went", "bot7@spam.example", stranger, "")
	becomes("a contact of one for strangers", "soft@spam.example", contact, "")
	feed.Weight = 1
	must(counted.PutFeed(ctx, feed, "test"))
	becomes("another weight", "bot9@spam.example", stranger, "LISTED_ACCOUNT 15.0; ")
	whole++ // its head changed: it was read again
	must(counted.PutList(ctx, nospim.ListEntry{Kind: nospim.ListAccount, Value: "bot9@spam.example", Allow: true}))
	becomes("the operator allows", "bot9@spam.example", stranger, "LIST_ALLOW -100.0; ")

	lists := counted.lists.Load()
	e := message("held", "eve@far.example", "ada@chat.example", "hello")
	hold := &nospim.Record{Event: *e, Verdict: nospim.Verdict{EventID: "held", Action: nospim.Hold, Wanted: nospim.Hold}, Kept: time.Now()}
	_, err = counted.Keep(hold).Wait(ctx)
	must(err)
	must(counted.ChangeFeed(ctx, feed.Name, []record.FeedItem{{Value: "last@spam.example"}}, nil)) // the next poll has both
	becomes("after a hold", "last@spam.example", stranger, "LISTED_ACCOUNT 15.0; ")
	if got := counted.lists.Load(); got != lists {
		t.Errorf("the lists were read %d times for a held message and an item", got-lists)
	}
	if got := counted.feeds.Load(); got > whole+1 {
		t.Errorf("feeds were read whole %d times, want %d at most", got, whole+1)
	}

	for _, name := range []string{"a", "b", "c"} {
		f := record.Feed{Name: name, Kind: nospim.ListAccount, Node: "n", Weight: 1, Origin: "rtbl"}
		must(counted.PutFeed(ctx, f, "test"))
		must(counted.ChangeFeed(ctx, name, []record.FeedItem{{Value: "all@q.example"}}, nil))
	}
	must(counted.ChangeFeed(ctx, "a", []record.FeedItem{{Value: "one@q.example"}}, nil))
	becomes("all of three", "all@q.example", stranger, "LISTED_ACCOUNT 15.0; ")
	becomes("one of three", "one@q.example", stranger, "")
	must(counted.ChangeFeed(ctx, "b", []record.FeedItem{{Value: "one@q.example"}}, nil))
	becomes("two of three", "one@q.example", stranger, "LISTED_ACCOUNT 15.0; ")
	for _, name := range []string{"a", "b", "c", "import"} {
		must(counted.RemoveFeed(ctx, name, "test"))
	}
	becomes("lists that are gone", "all@q.example", stranger, "")
}
