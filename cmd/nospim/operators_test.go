package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/connect/xmpp/door"
	"github.com/nospim/nospim/record"
)

// office is a daemon without connections, of which admins can have things done.
type office struct {
	t *testing.T
	d *daemon
	o *operators
}

func newOffice(t *testing.T) *office {
	t.Helper()
	c := config.Default()
	c.Data, c.Line.Listen, c.HTTP.Listen = filepath.Join(t.TempDir(), "data"), config.None, config.None
	c.Policy, c.Door.Service = config.PolicyIn(c.Data), "chat.example"
	d := enforced(t, c)
	t.Cleanup(func() { _ = d.Close() })
	return &office{t, d, &operators{d: d, started: time.Now()}}
}

// hold has a message of bob to ada wait.
func (o *office) hold(id, body string) {
	o.t.Helper()
	e := message(id, "bob@far.example", nospim.RelationStranger, body)
	r := &nospim.Record{Event: *e, Verdict: nospim.Verdict{
		EventID: id, Action: nospim.Hold, Wanted: nospim.Hold, Score: 4.5, Signals: []nospim.Signal{{Symbol: "DOOR_CONTACTS_ONLY", Score: 4.5, Why: "strangers wait"}},
	}, Kept: time.Now()}
	if _, err := o.d.Store.Keep(r).Wait(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// have has a command done by boss and returns what is said, or the error.
func (o *office) have(words string, values ...string) string {
	o.t.Helper()
	all := o.o.commands()
	i := slices.IndexFunc(all, func(c door.Command) bool { return c.Words == words })
	if i < 0 {
		o.t.Fatalf("there is no command %q", words)
	}
	for len(values) < len(all[i].Fields) {
		values = append(values, "")
	}
	said, err := all[i].Run(o.t.Context(), "boss@chat.example", values)
	if err != nil {
		return "error: " + err.Error()
	}
	return said
}

// TestOperators goes through what an admin can have done. What is wanted are parts of what is said; a part after "!" must not be in it.
func TestOperators(t *testing.T) {
	o := newOffice(t)
	o.hold("m1", "hello \x1b[31m ada, see http://pics.example/1")
	o.hold("m2", "and http://pics.example/2")
	if _, err := o.d.Store.Mention(t.Context(), "test", "", "", 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		words  string
		values []string
		want   []string
	}{
		{"status", nil, []string{"up for", "policy sha256:", "enforced", "waiting: 2 messages", "hold 0"}},
		{"policy", nil, []string{"policy sha256:", "loaded again 0 times"}},
		{"held list", nil, []string{"h-1 since", "bob@far.example to ada@chat.example, 4.5 DOOR_CONTACTS_ONLY", "h-2", "!pics", "!hello"}},
		{"held list", []string{"h-1"}, []string{"h-2", "!h-1"}},
		{"held list", []string{"h-2"}, []string{"Nothing waits."}},
		{"held show", []string{"h-1"}, []string{"strangers wait", "> hello", "hxxp://pics[.]example/1", "!\x1b", "!http:"}},
		{"held show", []string{"h-9"}, []string{"error: h-9: not found"}},
		{"held release", []string{"h-1", "she is known"}, []string{"h-1 released"}},
		{"held release", []string{"h-1"}, []string{"error:", "already decided"}},
		{"held show", []string{"h-1"}, []string{"released"}},
		{"held refuse", []string{"h-2"}, []string{"h-2 refused"}},
		{"held show", []string{"h-2"}, []string{"There is no text.", "!pics"}},
		{"accounts show", []string{"Bob@far.example"}, []string{"bob@far.example: the default profile; 0 messages of it wait", "no labels", "hold 2; 0 reports and blocks by 0"}},
		{"accounts restrict", []string{"bob@far.example", "24h", "sends too much"}, []string{"bob@far.example: restricted until 20"}},
		{"accounts show", []string{"bob@far.example"}, []string{"restricted until", "by boss@chat.example: sends too much"}},
		{"accounts restore", []string{"bob@far.example", "is sorry"}, []string{"bob@far.example: restricted no longer"}},
		{"accounts show", []string{"bob@far.example"}, []string{"no labels"}},
		{"accounts restrict", []string{"bob@far.example", "for", "being rude"}, []string{"restricted until"}},
		{"accounts restore", []string{"bob@far.example"}, []string{"no longer"}},
		{"lists show", nil, []string{"There is nothing on the lists."}},
		{"lists add", []string{"block", "domain", "x.example"}, []string{"added: block domain x[.]example"}},
		{"lists add", []string{"allow", "account", "kim@far.example"}, []string{"added: allow account kim@far.example"}},
		{"lists add", []string{"block", "decoy", "trap@chat.example"}, []string{"error: kind is a decoy"}},
		{"lists add", []string{"grey", "domain", "x.example"}, []string{"error: list is neither"}},
		{"lists add", []string{"block", "domain", "no domain"}, []string{"error:"}},
		{"lists show", []string{"domain"}, []string{"block domain x[.]example, by boss@chat.example", "!kim"}},
		{"lists remove", []string{"block", "domain", "x.example"}, []string{"removed: block domain"}},
		{"lists remove", []string{"block", "domain", "x.example"}, []string{"error:", "not found"}},
		{"campaigns list", nil, []string{"There are no campaigns."}},
		{"campaigns condemn", []string{"c-3vq2m8x0kd", "wave"}, []string{"c-3vq2m8x0kd condemned"}},
		{"campaigns spare", []string{"c-3vq2m8x0kd"}, []string{"spared"}},
		{"campaigns spare", []string{"x"}, []string{"error:"}},
	} {
		said := o.have(c.words, c.values...)
		for _, part := range c.want {
			if without, not := strings.CutPrefix(part, "!"); strings.Contains(said, without) == not {
				t.Errorf("%s %q: %q; want %q", c.words, c.values, said, part)
			}
		}
	}
	o.audited()
}

// audited: each act stands in the journal under the admin's address, and so does that a text was read.
func (o *office) audited() {
	o.t.Helper()
	journal, err := o.d.Store.Audit(o.t.Context(), time.Time{})
	if err != nil {
		o.t.Fatal(err)
	}
	acts := map[string]int{}
	for _, a := range journal {
		if a.By == "boss@chat.example" || a.Action == "held.show" && a.Reason == "shown to boss@chat.example" {
			acts[a.Action]++
		}
	}
	for action, n := range map[string]int{
		"held.show": 3, "held.release": 1, "held.refuse": 1, "label.set": 2, "label.lift": 2, "lists.add": 2, "lists.remove": 1, "campaign.condemn": 1, "campaign.spare": 1,
	} {
		if acts[action] != n {
			o.t.Errorf("%s stands %d times in the journal under the admin's address, want %d; %v", action, acts[action], n, acts)
		}
	}
}

// TestBulletin: of the journal, admins are told what concerns them, each thing once, also over a restart.
func TestBulletin(t *testing.T) {
	o := newOffice(t)
	b := bulletin{o.d.Store}
	unread := func(want ...string) {
		t.Helper()
		lines, upTo, err := b.Unread(t.Context(), 3) // it reads on over what is not for admins
		if err != nil || len(lines) != len(want) {
			t.Fatalf("unread %q, %v; want %q", lines, err, want)
		}
		for i := range want {
			if !strings.Contains(lines[i], want[i]) {
				t.Errorf("told %q, want %q", lines[i], want[i])
			}
		}
		if err := b.Told(t.Context(), upTo); err != nil {
			t.Fatal(err)
		}
	}
	o.have("accounts restrict", "old@far.example")
	unread() // what was before the first look is no news
	o.have("accounts restrict", "bob@far.example", "1h", "see http://x.example")
	unread("bob@far.example is restricted, by boss@chat.example (see hxxp://x[.]example)")
	for range 9 {
		o.have("lists add", "block", "domain", "x.example")
	}
	o.have("campaigns condemn", "c-3vq2m8x0kd")
	o.have("accounts restore", "bob@far.example")
	unread("campaign c-3vq2m8x0kd is condemned", "restricted no longer")
	unread()
	for range 3 {
		if _, err := o.d.Store.Mention(t.Context(), "held.full", "recipient ada@chat.example", "200 messages wait", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	b = bulletin{o.d.Store} // as after a restart
	unread("the limit of what waits is reached: recipient ada@chat.example (200 messages wait)")
	unread()
}

// TestWellness: trouble is told when it begins, not while it lasts.
func TestWellness(t *testing.T) {
	var w wellness
	now := time.Now()
	at := func(after time.Duration, open int64, want string) {
		t.Helper()
		got := ""
		for _, x := range w.company(open, now.Add(after)) {
			got += x.action
		}
		if got != want {
			t.Errorf("after %v with %d connected: %q, want %q", after, open, got, want)
		}
	}
	at(0, 0, "") // nobody ever came
	at(time.Minute, 0, "")
	at(2*time.Minute, 1, "")
	at(3*time.Minute, 0, "")
	at(3*time.Minute+time.Second, 1, "") // it was a restart
	at(4*time.Minute, 0, "")
	at(4*time.Minute+aloneAfter, 0, "nospim.alone")
	at(5*time.Minute, 0, "")
	at(6*time.Minute, 2, "nospim.back")
	at(7*time.Minute, 2, "")
}

// TestGaps: what passed unjudged is told when it happens, not what was so before nospim knew of it.
func TestGaps(t *testing.T) {
	var w wellness
	at := func(service string, passed int64, want int) {
		t.Helper()
		adapters := []line.Adapter{{Connector: "ejabberd/23.01", Service: "far.example", Counters: wire.Counters{wire.FailedOpen: 3}}, {Connector: "prosody/0.12.3", Service: service, Counters: wire.Counters{wire.FailedOpen: passed, wire.Checked: passed * 2}}}
		if got := w.gaps(adapters); len(got) != want || want > 0 && !strings.Contains(got[0].object, service) {
			t.Errorf("%s with %d passed: %v, want %d", service, passed, got, want)
		}
	}
	at("chat.example", 7, 0)
	at("chat.example", 7, 0)
	at("chat.example", 8, 1)
	at("chat.example", 8, 0)
	at("chat.example", 0, 0) // it was started anew
	at("chat.example", 1, 1)
}

// TestAccountStanding: labels of verdicts are shown until somebody lifts them.
func TestAccountStanding(t *testing.T) {
	o := newOffice(t)
	e := message("m1", "eve@chat.example", nospim.RelationStranger, "hello")
	now := time.Now()
	r := &nospim.Record{Event: *e, Kept: now, Verdict: nospim.Verdict{
		EventID: "m1", Action: nospim.Reject, Wanted: nospim.Reject,
		Labels: []nospim.Label{{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: "eve@chat.example"}, Name: "restricted", Until: now.Add(time.Hour)}},
	}}
	if _, err := o.d.Store.Keep(r).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := o.d.Store.PutComplaint(t.Context(), &record.Complaint{
		Service: "chat.example", EventID: "r1", Source: record.ByPerson, By: "ada@chat.example", About: "eve@chat.example", Proof: record.Proven, Weight: 1, At: now,
	}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "restricted by nospim"},
		{func() { o.have("accounts restore", "eve@chat.example") }, ""},
	} {
		step.do()
		s, err := standingOfAccount(t.Context(), o.d.Store, "chat.example", "eve@chat.example", now.Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range s.Labels {
			got = append(got, l.Name+" by "+l.By)
		}
		if strings.Join(got, ", ") != step.want || s.Verdicts["reject"] != 1 || s.Reports != 1 || s.Reporters != 1 {
			t.Errorf("stands %+v, want the labels %q", s, step.want)
		}
	}
}
