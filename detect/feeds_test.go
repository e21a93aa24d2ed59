package detect_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/internal/effort"
)

// feed makes a feed of lines; those that begin with ~ are for strangers only.
func feed(t testing.TB, a detect.About, lines ...string) *detect.Feed {
	t.Helper()
	a.Carried = true
	if a.Weight == 0 {
		a.Weight = 1
	}
	f, err := detect.NewFeed(a, func(add func(string, bool)) error {
		for _, l := range lines {
			value, soft := strings.CutPrefix(l, "~")
			add(value, soft)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return detect.Hashed + hex.EncodeToString(h[:])
}

// said is what feeds have of an event, in short: names, entity kind, ~ for strangers only, + for allow.
func said(x *detect.Feeds, e *nospim.Event, f *nospim.Features, fingerprint uint64) string {
	addr, _ := netip.ParseAddr(e.Addr)
	var all []string
	for _, m := range x.Match(nil, e, f, fingerprint, addr) {
		s := m.From + ":" + string(m.Entity.Kind)
		if m.Strangers {
			s = "~" + s
		}
		if m.Entry.Allow {
			s = "+" + s
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func TestFeeds(t *testing.T) {
	text, err := detect.ParseEntry(nospim.ListText, "buy cheap pills!")
	if err != nil {
		t.Fatal(err)
	}
	x := detect.NewFeeds([]*detect.Feed{
		feed(t, detect.About{Name: "plain", Kind: nospim.ListAccount}, "nina@bots.example", "*@relay.example", "~*@weak.example", "*@chat.example"),
		feed(t, detect.About{Name: "hashed", Kind: nospim.ListAccount}, sum("eve@bots.example"), sum("hidden.example"), "~"+sum("soft@bots.example"), sum("chat.example")),
		feed(t, detect.About{Name: "friends", Kind: nospim.ListAccount, Allow: true}, "ada@bots.example"),
		feed(t, detect.About{Name: "elsewhere", Kind: nospim.ListAccount, Service: "other.example"}, "zoe@bots.example"),
		feed(t, detect.About{Name: "domains", Kind: nospim.ListDomain}, "x.example", sum("y.example")),
		feed(t, detect.About{Name: "links", Kind: nospim.ListLink}, "http://z.example/a"),
		feed(t, detect.About{Name: "texts", Kind: nospim.ListText}, text.Value),
		feed(t, detect.About{Name: "addrs", Kind: nospim.ListAddr}, "198.51.100.0/24", "203.0.113.7/32", "2001:db8::/32"),
	}, detect.QuorumOne)
	for _, c := range []struct {
		name, sender, addr, url string
		text                    bool
		want                    string
	}{
		{"nothing", "ada@home.example", "192.0.2.1", "http://w.example/", false, ""},
		{"an account", "Nina@Bots.example", "", "", false, "plain:account"},
		{"a server's account", "any@relay.example", "", "", false, "plain:service"},
		{"a server itself", "relay.example", "", "", false, "plain:service"},
		{"a server for strangers", "any@weak.example", "", "", false, "~plain:service"},
		{"an account by hash", "eve@bots.example", "", "", false, "hashed:account"},
		{"an account by hash for strangers", "soft@bots.example", "", "", false, "~hashed:account"},
		{"a server by hash", "any@hidden.example", "", "", false, "hashed:service"},
		{"below a server is another", "any@sub.relay.example", "", "", false, ""},
		{"allowed", "ada@bots.example", "", "", false, "+friends:account"},
		{"the protected service itself", "any@chat.example", "", "", false, ""},
		{"a list of another service", "zoe@bots.example", "", "", false, ""},
		{"a domain below", "a@home.example", "", "http://deep.x.example/q", false, "domains:domain"},
		{"a domain by hash", "a@home.example", "", "http://www.y.example/q", false, "domains:domain"},
		{"a domain is no sender's", "a@x.example", "", "", false, ""},
		{"a link", "a@home.example", "", "http://z.example/a", false, "links:link"},
		{"a text", "a@home.example", "", "", true, "texts:fingerprint"},
		{"a range", "a@home.example", "198.51.100.9", "", false, "addrs:addr"},
		{"an address", "a@home.example", "203.0.113.7", "", false, "addrs:addr"},
		{"its neighbour", "a@home.example", "203.0.113.8", "", false, ""},
		{"a range of IPv6", "a@home.example", "2001:db8:1::1", "", false, "addrs:addr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := nospim.Event{Service: "chat.example", Sender: nospim.Account{ID: c.sender}, Addr: c.addr}
			var f nospim.Features
			if c.url != "" {
				f.Links = []nospim.Link{{URL: c.url, Host: strings.Split(c.url, "/")[2]}}
			}
			var mark uint64
			if c.text {
				_, _ = fmt.Sscanf(text.Value, "fp:%x", &mark)
			}
			if got := said(x, &e, &f, mark); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestQuorum(t *testing.T) {
	at := func(name string, lines ...string) *detect.Feed {
		return feed(t, detect.About{Name: name, Kind: nospim.ListAccount, Node: "n"}, lines...)
	}
	silent := *at("d")
	silent.Carried = false
	feeds := []*detect.Feed{
		at("a", "one@x.example", "two@x.example", "all@x.example", "~soft@x.example"),
		at("b", "two@x.example", "all@x.example", "soft@x.example"),
		at("c", "all@x.example", "~soft@x.example"),
		&silent, // never seen: it has no say
		feed(t, detect.About{Name: "alone", Kind: nospim.ListAccount}, "import@x.example"),
	}
	for _, c := range []struct {
		quorum                       detect.Quorum
		one, two, all, soft, import_ string
	}{
		{detect.QuorumOne, "a:account", "a, b:account", "a, b, c:account", "a, b, c:account", "alone:account"},
		{detect.QuorumMajority, "", "a, b:account", "a, b, c:account", "~a, b, c:account", "alone:account"},
		{detect.QuorumAll, "", "", "a, b, c:account", "~a, b, c:account", "alone:account"},
	} {
		x := detect.NewFeeds(feeds, c.quorum)
		for name, want := range map[string]string{"one": c.one, "two": c.two, "all": c.all, "soft": c.soft, "import": c.import_} {
			e := nospim.Event{Service: "chat.example", Sender: nospim.Account{ID: name + "@x.example"}}
			if got := said(x, &e, &nospim.Features{}, 0); got != want {
				t.Errorf("%s, %s: %q, want %q", c.quorum, name, got, want)
			}
		}
	}
}

func TestFeedChanges(t *testing.T) {
	f := feed(t, detect.About{Name: "f", Kind: nospim.ListAccount}, "a@x.example", "~b@x.example")
	changed := f.With([]detect.FeedChange{
		{Value: "c@x.example"},
		{Value: "a@x.example", Gone: true},
		{Value: "b@x.example"},
		{Value: "d@x.example"},
		{Value: "d@x.example", Gone: true},
		{Value: "e@x.example", Gone: true},
		{Value: "e@x.example", Strangers: true},
		{Value: sum("h@x.example")},
		{Value: "sha256:nothex"},
	})
	for _, c := range []struct {
		name        string
		before, now string
	}{{"a", "f:account", ""}, {"b", "~f:account", "f:account"}, {"c", "", "f:account"}, {"d", "", ""}, {"e", "", "~f:account"}, {"h", "", "f:account"}} {
		e := nospim.Event{Service: "chat.example", Sender: nospim.Account{ID: c.name + "@x.example"}}
		if got := said(detect.NewFeeds([]*detect.Feed{f}, ""), &e, &nospim.Features{}, 0); got != c.before {
			t.Errorf("%s before: %q, want %q", c.name, got, c.before)
		}
		if got := said(detect.NewFeeds([]*detect.Feed{changed}, ""), &e, &nospim.Features{}, 0); got != c.now {
			t.Errorf("%s after: %q, want %q", c.name, got, c.now)
		}
	}
	if f.Len() != 2 || changed.Len() != 4 {
		t.Errorf("%d and %d items, want 2 and 4", f.Len(), changed.Len())
	}
}

// TestSet compares a set that is changed again and again with a map.
func TestSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hash := func() uint64 {
		switch n := r.Uint64N(5000); n {
		case 0:
			return 0
		case 1:
			return ^uint64(0)
		default:
			return n * 0x9e3779b97f4a7c15
		}
	}
	var s detect.Set
	model := map[uint64]bool{}
	for round := range 300 {
		var add, gone []uint64
		for range r.IntN(40) {
			gone = append(gone, hash())
		}
		for range r.IntN(60) {
			add = append(add, hash())
		}
		before := s
		n := before.Len()
		s = s.With(add, gone)
		for _, h := range gone {
			delete(model, h)
		}
		for _, h := range add {
			model[h] = true
		}
		if s.Len() != len(model) || before.Len() != n {
			t.Fatalf("round %d: %d hashes, want %d", round, s.Len(), len(model))
		}
		for range 200 {
			if h := hash(); s.Has(h) != model[h] {
				t.Fatalf("round %d: has %x: %t, want %t", round, h, s.Has(h), model[h])
			}
		}
	}
}

// TestFeedsAllocateNothing: what is not listed costs the path of a message no allocation.
func TestFeedsAllocateNothing(t *testing.T) {
	x := detect.NewFeeds([]*detect.Feed{
		feed(t, detect.About{Name: "a", Kind: nospim.ListAccount}, "nina@bots.example", sum("x@y.example")),
		feed(t, detect.About{Name: "d", Kind: nospim.ListDomain}, "x.example", sum("y.example")),
		feed(t, detect.About{Name: "l", Kind: nospim.ListLink}, "http://z.example/a"),
		feed(t, detect.About{Name: "t", Kind: nospim.ListText}, "fp:1234"),
		feed(t, detect.About{Name: "i", Kind: nospim.ListAddr}, "198.51.100.0/24", "2001:db8::/32"),
	}, detect.QuorumOne)
	e := nospim.Event{Service: "chat.example", Sender: nospim.Account{ID: "somebody.with.a.long.name.indeed@home.example"}, Addr: "192.0.2.1"}
	f := nospim.Features{Links: []nospim.Link{{URL: "http://deep.w.example/a", Host: "deep.w.example"}}}
	addr := netip.MustParseAddr(e.Addr)
	if n := testing.AllocsPerRun(1000, func() {
		if x.Match(nil, &e, &f, 0xfeed, addr) != nil {
			t.Fatal("matched")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// TestMillionsOfItems builds a list of five million (a tenth with -short), and holds what it costs: bytes an item, a change.
func TestMillionsOfItems(t *testing.T) {
	n := 5_000_000
	if testing.Short() {
		n /= 10
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begun := time.Now()
	f, err := detect.NewFeed(detect.About{Name: "f", Kind: nospim.ListDomain, Carried: true, Weight: 1}, func(add func(string, bool)) error {
		for i := range n {
			add(fmt.Sprintf("host-%d.example", i), false)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	built := time.Since(begun)
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
	if f.Len() != n || each > 9 {
		t.Errorf("%d items at %.1f bytes each; want %d at 9 at most", f.Len(), each, n)
	}
	const changes = 100
	change := effort.Of(func() {
		for i := range changes {
			f = f.With([]detect.FeedChange{{Value: fmt.Sprintf("new-%d.example", i)}, {Value: fmt.Sprintf("host-%d.example", i), Gone: true}})
		}
	}) / changes
	if f.Len() != n || change > 50*time.Millisecond {
		t.Errorf("%d items after changes that cost %v of CPU time each; want %d, and 50 ms at most", f.Len(), change, n)
	}
	x := detect.NewFeeds([]*detect.Feed{f}, detect.QuorumOne)
	look := func(host string) int {
		return len(x.Match(nil, &nospim.Event{}, &nospim.Features{Links: []nospim.Link{{Host: host}}}, 0, netip.Addr{}))
	}
	for i := range 1000 {
		if look(fmt.Sprintf("host-%d.example", changes+i*(n/2000))) != 1 || look(fmt.Sprintf("not-%d.example", i)) != 0 {
			t.Fatalf("the item %d is not found, or another is", i)
		}
	}
	t.Logf("%d items: built in %v, %.2f bytes each, a change in %v", n, built, each, change)
	runtime.KeepAlive(f)
}

func BenchmarkFeedsMiss(b *testing.B) {
	for _, n := range []int{1000, 1_000_000} {
		for _, kind := range []nospim.ListKind{nospim.ListAccount, nospim.ListAddr} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				f, err := detect.NewFeed(detect.About{Name: "f", Kind: kind, Carried: true, Weight: 1}, func(add func(string, bool)) error {
					for i := range n {
						if kind == nospim.ListAddr {
							add(netip.AddrFrom4([4]byte{byte(10 + i>>24), byte(i >> 16), byte(i >> 8), byte(i)}).String(), false)
							continue
						}
						add(sum(fmt.Sprintf("host-%d.example", i)), false)
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				x := detect.NewFeeds([]*detect.Feed{f}, detect.QuorumOne)
				e := nospim.Event{Service: "chat.example", Sender: nospim.Account{ID: "somebody@home.example"}, Addr: "192.0.2.1"}
				addr := netip.MustParseAddr(e.Addr)
				for b.Loop() {
					if x.Match(nil, &e, &nospim.Features{}, 0, addr) != nil {
						b.Fatal("matched")
					}
				}
			})
		}
	}
}

// FuzzFeed: whatever an item is, it is taken or left, and taken out again.
func FuzzFeed(f *testing.F) {
	for _, k := range nospim.ListKinds() {
		for _, v := range []string{"", "x.example", "*@x.example", "10.0.0.0/8", "::1", "sha256:00", sum("a"), "fp:1"} {
			f.Add(string(k), v, false)
		}
	}
	f.Fuzz(func(t *testing.T, kind, value string, soft bool) {
		a := detect.About{Name: "f", Kind: nospim.ListKind(kind), Carried: true, Weight: 1}
		x, err := detect.NewFeed(a, func(add func(string, bool)) error { add(value, soft); return nil })
		if err != nil || x.Len() > 1 {
			t.Fatalf("%d items, %v", x.Len(), err)
		}
		if y := x.With([]detect.FeedChange{{Value: value, Gone: true}}); y.Len() != 0 {
			t.Fatalf("%d items are left", y.Len())
		}
	})
}
