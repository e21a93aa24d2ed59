package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/policy"
)

// accountCounters are those counters of all detectors and of the default policy that are kept by the sender or the recipient, alone
// or with a part of what an account is: all that is remembered of one account beside its contacts, texts and links.
func accountCounters(t *testing.T) []nospim.Counter {
	t.Helper()
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		t.Fatal(err)
	}
	all := p.Counters()
	for _, d := range detect.All(nil) {
		all = append(all, d.Counters()...)
	}
	var kept []nospim.Counter
	for _, c := range all {
		own := c.By[0] == nospim.RoleSender || c.By[0] == nospim.RoleRecipient
		switch c.By[1] {
		case nospim.RoleNone, nospim.RoleClient, nospim.RoleNetwork, nospim.RoleHour, nospim.RoleLanguage:
		default:
			own = false
		}
		if own {
			kept = append(kept, c)
		}
	}
	return kept
}

// counted makes an engine on a memory of two million cells that has nothing to do but to keep counters: hardly any events and texts.
func counted(t *testing.T, counters []nospim.Counter) (*rig, *memory.Local) {
	t.Helper()
	m := memory.New(memory.Limits{Cells: 2_000_000, Events: 64, Texts: 64})
	nothing := withRules(t, map[string]string{"NONE": "when: body == \"none\"\nscore: 1\n"})
	r := newRig(t, "", nothing, func(c *engine.Config) {
		c.Memory, c.Detectors = m, []detect.Detector{&probe{counters: counters}}
	})
	return r, m
}

// live makes an account live through a day: it logs in and reads its contact list, and writes so many lines, from one address and
// client, in three sittings to three contacts; every fifteenth line has a link.
func live(t *testing.T, j nospim.Judge, account, lines int) {
	t.Helper()
	e := nospim.Event{
		Service: "chat.example", Protocol: "xmpp", Sender: nospim.Account{ID: fmt.Sprintf("person%d@chat.example", account), Local: true},
		Addr: fmt.Sprintf("198.51.%d.%d", account%200, account%250), Client: "desk", Relation: nospim.RelationContact,
	}
	do := func(kind nospim.Kind, after time.Duration, body string, to ...nospim.Account) {
		e.ID, e.Kind, e.Time, e.Body, e.Recipients = fmt.Sprint(account, kind, after), kind, start.Add(after), body, to
		judge(t, j, &e)
	}
	do(nospim.KindLogin, 0, "")
	do(nospim.KindRosterRead, time.Second, "")
	for i := range lines {
		body := fmt.Sprintf("%s is what we talked about", topic(i))
		if i%15 == 14 {
			body += " http://news.example/" + topic(i)
		}
		friend := nospim.Account{ID: fmt.Sprintf("person%d@chat.example", account-account%4+(account+1+i%3)%4), Local: true}
		do(nospim.KindMessage, time.Duration(i%3)*4*time.Hour+time.Duration(i)*17*time.Second, body, friend)
	}
}

// indexed is how much of a memory's index belongs to a cell: see memory.Limits.
const indexed = 11

// TestBytesAnAccount says what an account occupies in the memory after a day, with all counters of accounts that there are. The
// ceilings are what it takes now; the goal is 400 bytes.
func TestBytesAnAccount(t *testing.T) {
	if testing.Short() {
		t.Skip("judges 70,000 events")
	}
	counters := accountCounters(t)
	for _, tt := range []struct {
		name            string
		accounts, lines int
		most            float64
	}{{"quiet: two lines", 6000, 2, 1500}, {"ordinary: fifteen lines", 3000, 15, 3000}} {
		t.Run(tt.name, func(t *testing.T) {
			r, m := counted(t, counters)
			var accounts, sizes []float64
			for a := range tt.accounts {
				live(t, r, a, tt.lines)
				if a%50 == 49 {
					accounts, sizes = append(accounts, float64(a)), append(sizes, float64(m.Stats().Bytes))
				}
			}
			cells := float64(m.Stats().Cells) / float64(tt.accounts)
			size := slope(accounts, sizes) + indexed*cells
			t.Logf("%d counters of accounts: %.1f cells and %.0f bytes an account", len(counters), cells, size)
			if size > tt.most {
				t.Errorf("%.0f bytes an account, more than %.0f", size, tt.most)
			}
		})
	}
}

// slope is by how much y grows with x (least squares). The memory grows in slabs.
func slope(x, y []float64) float64 {
	var n, sx, sy, sxx, sxy float64
	for i := range x {
		n, sx, sy, sxx, sxy = n+1, sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// TestEverybodysSender: an account that writes to everybody occupies what one occupies that writes to a few thousand.
func TestEverybodysSender(t *testing.T) {
	var bySender []nospim.Counter
	for _, c := range accountCounters(t) {
		if c.By[0] == nospim.RoleSender {
			bySender = append(bySender, c)
		}
	}
	r, m := counted(t, bySender)
	var sizes []int64
	for i := range 12_000 {
		e := message(fmt.Sprint(i), "news@chat.example", fmt.Sprintf("person%d@chat.example", i), topic(i%600)+" http://news.example/"+topic(i%600))
		e.Time = start.Add(time.Duration(i) * 20 * time.Millisecond)
		judge(t, r, e)
		if i%4000 == 3999 {
			sizes = append(sizes, m.Stats().Bytes)
		}
	}
	if grown := sizes[2] - sizes[1]; grown > 16<<10 {
		t.Errorf("%d bytes more for the last third of the people; sizes were %d", grown, sizes)
	}
}

// TestLongIdentifiers: what is longer than a protocol allows is refused by name; what is as long as it may be costs the memory no
// more than what is short.
func TestLongIdentifiers(t *testing.T) {
	long := strings.Repeat("a", 10_000)
	r := newRig(t, "")
	for field, spoil := range map[string]func(*nospim.Event){
		"id":               func(e *nospim.Event) { e.ID = long },
		"sender.id":        func(e *nospim.Event) { e.Sender.ID = long },
		"recipients[0].id": func(e *nospim.Event) { e.Recipients[0].ID = long },
		"room":             func(e *nospim.Event) { e.Room = long },
		"client":           func(e *nospim.Event) { e.Client = long },
		"addr":             func(e *nospim.Event) { e.Addr = long },
		"links[0]":         func(e *nospim.Event) { e.Links = []string{"http://x.example/" + long} },
		"service":          func(e *nospim.Event) { e.Service = long },
	} {
		e := message("1", "ada@chat.example", "bob@chat.example", "hello")
		spoil(e)
		var wrong *nospim.InputError
		if _, err := r.Judge(t.Context(), e); !errors.As(err, &wrong) || wrong.Field != field || !errors.Is(err, nospim.ErrTooLarge) {
			t.Errorf("%s of 10 KB: %v", field, err)
		}
	}
	if st := r.memory.Stats(); st.Cells != 0 || st.Events != 0 {
		t.Errorf("what was refused is remembered: %+v", st)
	}
	cells := func(pad int) int {
		r := newRig(t, "")
		for i := range 50 {
			e := message(fmt.Sprint(i), strings.Repeat("a", pad)+fmt.Sprint(i), strings.Repeat("b", pad)+fmt.Sprint(i), "hello "+strings.Repeat("c", 3*pad))
			e.Room, e.Client = strings.Repeat("r", pad), strings.Repeat("k", pad/3)
			judge(t, r, e)
		}
		return r.memory.Stats().Cells
	}
	if short, long := cells(100), cells(3000); short != long {
		t.Errorf("%d cells with short names, %d with long ones", short, long)
	}
}

// TestWildClocks: senders whose clocks are wrong by years either way, and times that are out of order, neither hide a flood nor blind
// the memory for those who come after it.
func TestWildClocks(t *testing.T) {
	r := newRig(t, "", func(c *engine.Config) { c.Clock = func() time.Time { return start } })
	flood := func(from string, claims ...time.Duration) *nospim.Verdict {
		var v *nospim.Verdict
		for i := range 40 {
			e := message(fmt.Sprint(from, i), from, fmt.Sprintf("u%d@chat.example", i), "Cheap pills for everybody at http://pills.example/a")
			e.Time = start.Add(claims[i%len(claims)])
			v = judge(t, r, e)
		}
		return v
	}
	const year = 365 * 24 * time.Hour
	for i, claims := range [][]time.Duration{{0}, {year, -year, 0}, {10 * year}, {-10 * year}, {-time.Minute, time.Minute, 0}, {0}} {
		v := flood(fmt.Sprintf("bot%d@chat.example", i), claims...)
		if v.Action != nospim.Reject || !strings.Contains(symbols(v), "FAN_OUT") {
			t.Errorf("clocks off by %v: %v for %s", claims, v.Action, symbols(v))
		}
		if wild := claims[0].Abs() >= year; wild != slices.Contains(v.Degraded, "time") && len(claims) == 1 {
			t.Errorf("clocks off by %v: degraded %v", claims, v.Degraded)
		}
	}
}

// keys is a memory that keeps the keys and values of what is noted.
type keys struct {
	memory.Memory
	seen map[uint64]bool
}

func (k *keys) Note(n *memory.Note) *nospim.Verdict {
	for _, c := range n.Cells {
		k.seen[c.Key] = true
		if c.Kind == memory.Distinct && c.Note {
			k.seen[c.Value] = true
		}
	}
	return k.Memory.Note(n)
}

// TestSaltHidesHashes: nothing that is hashed on one installation hashes to the same on another, so that collisions cannot be looked
// for elsewhere and brought along.
func TestSaltHidesHashes(t *testing.T) {
	var seen [2]map[uint64]bool
	for i := range seen {
		k := &keys{seen: make(map[uint64]bool)}
		r := newRig(t, "", func(c *engine.Config) { k.Memory, c.Memory = c.Memory, k })
		for n := range 20 {
			e := message(fmt.Sprint(n), "bot@chat.example", fmt.Sprintf("u%d@chat.example", n), "Cheap pills for everybody at http://pills.example/a")
			e.Addr, e.Client, e.Room = "198.51.100.7", "desk", ""
			judge(t, r, e)
		}
		seen[i] = k.seen
	}
	if len(seen[0]) < 50 {
		t.Fatalf("only %d keys: the test looks at too little", len(seen[0]))
	}
	for key := range seen[0] {
		if seen[1][key] {
			t.Errorf("%x is on both", key)
		}
	}
}
