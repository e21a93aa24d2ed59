package recordtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

func feed(name string) record.Feed {
	return record.Feed{Name: name, Kind: nospim.ListDomain, Node: "spam_source_domains", Weight: 0.5, Origin: "rtbl"}
}

// items are those of lines that begin with =, or with ~ for strangers only; "!" is an error in their place.
func items(lines ...string) iter.Seq2[record.FeedItem, error] {
	return func(yield func(record.FeedItem, error) bool) {
		for _, l := range lines {
			i, err := record.FeedItem{Value: l[1:], Strangers: l[0] == '~'}, error(nil)
			if l == "!" {
				i, err = record.FeedItem{}, ErrBroken
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// lines are the items of a feed, as items takes them.
func lines(t *testing.T, s record.Store, feed string) []string {
	t.Helper()
	var all []string
	must(t, "scanning a feed", s.ScanFeed(t.Context(), feed, func(i record.FeedItem) error {
		mark := "="
		if i.Strangers {
			mark = "~"
		}
		all = append(all, mark+i.Value)
		return nil
	}))
	return all
}

func feeds(t *testing.T, s record.Store) []record.Feed {
	t.Helper()
	all, err := s.Feeds(t.Context())
	must(t, "reading the feeds", err)
	return all
}

// feedWrite is a write that leaves the feed "drop" with two items.
func feedWrite(name string, do func(context.Context, record.Store) error) write {
	return write{name, func(t *testing.T, s record.Store) string {
		t.Helper()
		must(t, "making a feed", s.PutFeed(t.Context(), feed("drop"), "ada"))
		return ""
	}, func(ctx context.Context, s record.Store, _ string) error { return do(ctx, s) }, nil, func(t *testing.T, s record.Store) {
		t.Helper()
		same(t, "items", lines(t, s, "drop"), []string{"=a.example", "~b.example"})
		if f := feeds(t, s); len(f) != 1 || f[0].Items != 2 {
			t.Errorf("feeds: %+v, want one of 2 items", f)
		}
	}}
}

func testFeeds(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	b, a := feed("b"), feed("a")
	must(t, "making", s.PutFeed(ctx, b, "ada"))
	must(t, "making", s.PutFeed(ctx, a, "ada"))
	same(t, "feeds", feeds(t, s), []record.Feed{a, b})
	a.Weight, a.Allow, a.Service = 1, true, "chat.example"
	must(t, "changing", s.PutFeed(ctx, a, "bob"))
	must(t, "changing nothing", s.PutFeed(ctx, a, "eve"))
	must(t, "noting success", s.NoteFeed(ctx, "a", start, ""))
	must(t, "noting trouble", s.NoteFeed(ctx, "a", time.Time{}, "no answer"))
	a.Synced, a.Trouble = start, "no answer"
	l.reopen(t)
	s = l.store
	same(t, "feeds after reopening", feeds(t, s), []record.Feed{a, b})
	var who []string
	for _, line := range audit(t, s) {
		who = append(who, line.By+" "+line.Action+" "+line.Object)
	}
	same(t, "journal", who, []string{"ada feeds.put b", "ada feeds.put a", "bob feeds.put a"})

	must(t, "filling", second(s.FillFeed(ctx, "b", items("=x.example"))))
	must(t, "removing", s.RemoveFeed(ctx, "b", "bob"))
	same(t, "feeds after removing", feeds(t, s), []record.Feed{a})
	if got := lines(t, s, "b"); got != nil {
		t.Errorf("a feed that is gone has %q", got)
	}
	for what, err := range map[string]error{
		"removing": s.RemoveFeed(ctx, "b", "bob"), "noting": s.NoteFeed(ctx, "b", start, ""),
		"filling": second(s.FillFeed(ctx, "b", items())), "changing": s.ChangeFeed(ctx, "b", nil, []string{"x"}),
	} {
		if !errors.Is(err, nospim.ErrNotFound) {
			t.Errorf("%s what is not there: %v, want ErrNotFound", what, err)
		}
	}
	if err := s.PutFeed(ctx, record.Feed{Name: "c", Weight: 2}, "ada"); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("a weight of 2: %v, want ErrInvalid", err)
	}
}

func testFillFeed(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	must(t, "making", s.PutFeed(ctx, feed("drop"), "ada"))
	for _, c := range []struct {
		give []string
		want []string
	}{
		{[]string{"=b", "~c", "=a", "=b", "~a", "~c"}, []string{"=a", "=b", "~c"}},
		{nil, nil},
		{[]string{"=b b", "=ü.example"}, []string{"=b b", "=ü.example"}},
	} {
		n, err := s.FillFeed(ctx, "drop", items(c.give...))
		must(t, "filling", err)
		same(t, "items", lines(t, s, "drop"), c.want)
		if got := feeds(t, s)[0].Items; n != int64(len(c.want)) || got != n {
			t.Errorf("%q: %d items, and the feed says %d", c.give, n, got)
		}
	}
	must(t, "changing", s.ChangeFeed(ctx, "drop", []record.FeedItem{{Value: "a"}, {Value: "z", Strangers: true}, {Value: "b b", Strangers: true}}, []string{"ü.example", "nothing"}))
	same(t, "items after a change", lines(t, s, "drop"), []string{"=a", "~b b", "~z"})
	must(t, "taking out and putting in", s.ChangeFeed(ctx, "drop", []record.FeedItem{{Value: "a"}}, []string{"a", "z"}))
	l.reopen(t)
	same(t, "items after reopening", lines(t, l.store, "drop"), []string{"=a", "~b b"})
	if n := feeds(t, l.store)[0].Items; n != 2 {
		t.Errorf("the feed says %d items, want 2", n)
	}
	stop := errors.New("enough")
	if err := l.store.ScanFeed(ctx, "drop", func(record.FeedItem) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("a scan that was stopped: %v", err)
	}
}

// testManyItems compares a feed of more items than fit into one row with a model, through changes at every place of it.
func testManyItems(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	r := rand.New(rand.NewPCG(1, 2))
	must(t, "making", s.PutFeed(ctx, feed("drop"), "ada"))
	value := func() string { return fmt.Sprintf("host-%06d.example", r.IntN(40_000)) }
	model := map[string]bool{}
	var give []string
	for range 20_000 {
		v := value()
		model[v] = true
		give = append(give, "="+v)
	}
	must(t, "filling", second(s.FillFeed(ctx, "drop", items(give...))))
	for range 40 {
		var add []record.FeedItem
		var gone []string
		for range 50 {
			v := value()
			gone = append(gone, v)
			delete(model, v)
		}
		for range 60 {
			v := value()
			add = append(add, record.FeedItem{Value: v})
			model[v] = true
		}
		must(t, "changing", s.ChangeFeed(ctx, "drop", add, gone))
	}
	var want []string
	for v := range model {
		want = append(want, "="+v)
	}
	slices.Sort(want)
	same(t, "items", lines(t, s, "drop"), want)
	if n := feeds(t, s)[0].Items; n != int64(len(want)) {
		t.Errorf("the feed says %d items, want %d", n, len(want))
	}
}

// testLargeItems fills a feed with more bytes than an engine may keep in memory at once (DESIGN: bounded), each value twice.
func testLargeItems(t *testing.T, l *lab) {
	const n, size = 10_000, 6 << 10
	ctx, s := t.Context(), l.store
	must(t, "making", s.PutFeed(ctx, feed("drop"), "ada"))
	order := rand.New(rand.NewPCG(3, 4)).Perm(2 * n)
	got, err := s.FillFeed(ctx, "drop", func(yield func(record.FeedItem, error) bool) {
		for _, i := range order {
			// Of the two of a value, one is for everybody.
			if !yield(record.FeedItem{Value: fmt.Sprintf("%0*d", size, i%n), Strangers: i >= n}, nil) {
				return
			}
		}
	})
	must(t, "filling", err)
	next := 0
	must(t, "scanning", s.ScanFeed(ctx, "drop", func(i record.FeedItem) error {
		if i.Strangers || i.Value != fmt.Sprintf("%0*d", size, next) {
			return fmt.Errorf("item %d ends in %s, for strangers: %t", next, i.Value[size-8:], i.Strangers)
		}
		next++
		return nil
	}))
	if got != n || next != n {
		t.Errorf("%d items were filled in and %d are there, want %d", got, next, n)
	}
}

// testUnfilled: what breaks in the middle leaves what was there.
func testUnfilled(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	must(t, "making", s.PutFeed(ctx, feed("drop"), "ada"))
	must(t, "filling", second(s.FillFeed(ctx, "drop", items("=a"))))
	for _, bad := range []string{"!", "=", "=a\nb", "=\x00", "=" + strings.Repeat("x", record.MaxFeedValue+1)} {
		err := second(s.FillFeed(ctx, "drop", items("=b", bad, "=c")))
		if bad == "!" && !errors.Is(err, ErrBroken) || bad != "!" && !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("filling with %.10q: %v", bad, err)
		}
		if err := s.ChangeFeed(ctx, "drop", []record.FeedItem{{Value: bad[1:]}}, []string{"a"}); !errors.Is(err, nospim.ErrInvalid) {
			t.Errorf("changing with %.10q: %v", bad, err)
		}
	}
	err := second(s.FillFeed(cancelled(t), "drop", items("=b")))
	if err == nil {
		t.Error("filled, though cancelled")
	}
	other := l.another(t)
	err = second(s.FillFeed(ctx, "drop", func(yield func(record.FeedItem, error) bool) {
		if yield(record.FeedItem{Value: "b"}, nil) {
			must(t, "filling in between", second(other.FillFeed(ctx, "drop", items("=c"))))
		}
	}))
	must(t, "filling around another", err)
	same(t, "items", lines(t, s, "drop"), []string{"=b"})
}

func testFeedChanges(t *testing.T, l *lab) {
	ctx, s, other := t.Context(), l.store, l.another(t)
	changes := func(since int64) ([]record.FeedChange, int64) {
		t.Helper()
		c, at, err := s.FeedChanges(ctx, since)
		must(t, "asking what changed", err)
		return c, at
	}
	got, at := changes(0)
	same(t, "changes of nothing", got, []record.FeedChange{})
	before := revision(t, s)
	must(t, "making elsewhere", other.PutFeed(ctx, feed("drop"), "ada"))
	must(t, "noting for the first time", other.NoteFeed(ctx, "drop", start.Add(-time.Hour), ""))
	must(t, "filling elsewhere", second(other.FillFeed(ctx, "drop", items("=a"))))
	if revision(t, s) == before {
		t.Error("the revision does not move with a feed")
	}
	got, at = changes(at)
	for _, c := range got {
		if c != (record.FeedChange{Feed: "drop", Whole: true}) {
			t.Errorf("change %+v, want that all is new", c)
		}
	}
	if len(got) == 0 {
		t.Error("nothing changed")
	}
	must(t, "changing elsewhere", other.ChangeFeed(ctx, "drop", []record.FeedItem{{Value: "b", Strangers: true}, {Value: "a"}}, []string{"a", "c"}))
	got, at = changes(at)
	same(t, "changes", got, []record.FeedChange{
		{Feed: "drop", Item: record.FeedItem{Value: "a"}, Gone: true},
		{Feed: "drop", Item: record.FeedItem{Value: "b", Strangers: true}},
		{Feed: "drop", Item: record.FeedItem{Value: "a"}},
	})
	if got, again := changes(at); len(got) != 0 || again != at {
		t.Errorf("%+v changed since then", got)
	}
	before = revision(t, s)
	must(t, "changing nothing", other.ChangeFeed(ctx, "drop", []record.FeedItem{{Value: "a"}}, []string{"c"}))
	must(t, "noting", other.NoteFeed(ctx, "drop", start, ""))
	if revision(t, s) != before {
		t.Error("the revision moves with what changes nothing")
	}
	for _, since := range []int64{0, at + 100} { // never asked, or asked another store
		if got, _ := changes(since); len(got) != 1 || !got[0].Whole {
			t.Errorf("since %d: %+v, want that all is new", since, got)
		}
	}
	for n := range 21 { // more than is kept one by one
		var add []record.FeedItem
		var gone []string
		for i := range 250 {
			add, gone = append(add, record.FeedItem{Value: fmt.Sprintf("n%d-%d", n, i)}), append(gone, fmt.Sprintf("n%d-%d", n-1, i))
		}
		must(t, "changing much", s.ChangeFeed(ctx, "drop", add, gone))
	}
	if got, _ := changes(at); len(got) != 1 || !got[0].Whole {
		t.Errorf("%d changes after many, want one that says that all is new", len(got))
	}
}

func testSubscribers(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	must(t, "subscribing", s.Subscribe(ctx, "n2", "b@x.example", 2, start))
	must(t, "subscribing", s.Subscribe(ctx, "n1", "b@x.example", 2, start))
	if err := s.Subscribe(ctx, "n1", "c@x.example", 2, start); !errors.Is(err, nospim.ErrTooLarge) {
		t.Errorf("one too many: %v, want ErrTooLarge", err)
	}
	must(t, "renewing", s.Subscribe(ctx, "n1", "b@x.example", 2, start.Add(time.Hour)))
	l.reopen(t)
	s = l.store
	got, err := s.Subscribers(ctx)
	must(t, "reading", err)
	same(t, "subscribers", got, []record.Subscriber{
		{Node: "n1", Address: "b@x.example", Since: start.Add(time.Hour)}, {Node: "n2", Address: "b@x.example", Since: start},
	})
	must(t, "unsubscribing", s.Unsubscribe(ctx, "n1", "b@x.example"))
	if err := s.Unsubscribe(ctx, "n1", "b@x.example"); !errors.Is(err, nospim.ErrNotFound) {
		t.Errorf("again: %v, want ErrNotFound", err)
	}
}

// testListsEnd: an entry goes when its time is up, and the lists' own revision moves with the lists alone.
func testListsEnd(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	listed := func() int64 {
		t.Helper()
		n, err := s.Listed(ctx)
		must(t, "asking for the lists' revision", err)
		return n
	}
	ends, stays := entry("x.example"), entry("y.example")
	ends.Until, ends.Publish = start.Add(time.Hour), true
	before := listed()
	must(t, "adding", s.PutList(ctx, ends))
	must(t, "adding", s.PutList(ctx, stays))
	if listed() == before {
		t.Error("the lists' revision does not move with them")
	}
	before = listed()
	hold(t, s, 1)
	must(t, "expiring too early", second(s.Expire(ctx, start, 0, 0, 0)))
	same(t, "lists before", lists(t, s), []nospim.ListEntry{ends, stays})
	if listed() != before {
		t.Error("the lists' revision moves with what is none of theirs")
	}
	must(t, "expiring", second(s.Expire(ctx, start.Add(time.Hour), 0, 0, 0)))
	same(t, "lists after", lists(t, s), []nospim.ListEntry{stays})
	if a := audit(t, s); a[len(a)-1].By != "nospim" || a[len(a)-1].Action != "lists.remove" {
		t.Errorf("the journal's last line is %+v", a[len(a)-1])
	}
}
