package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record"
)

// withRules puts a policy of these rules in the place of the default one: each has a name and further lines.
func withRules(t *testing.T, rules map[string]string) option {
	t.Helper()
	fsys := fstest.MapFS{"policy.yaml": {Data: []byte("version: 1\nthresholds: {hold: 1000}\nrules: [rules/*.yaml]\n")}}
	for name, lines := range rules {
		fsys["rules/"+name+".yaml"] = &fstest.MapFile{Data: []byte("name: " + name + "\ndescription: d\nwhy: it is so\n" + lines)}
	}
	p, err := policy.Load(fsys, "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		t.Fatal(err)
	}
	return func(c *engine.Config) { c.Policy = p }
}

func asks(t *testing.T) option {
	return withRules(t, map[string]string{
		"A_SETS":    "when: body contains \"password\"\nscore: 1\nlabel: {entity: sender, name: asker, for: 1h}\n",
		"B_SETS":    "when: links > 0\nscore: 0\nlabel: {entity: domain, name: asker, for: 1h}\n",
		"C_ASKS":    "when: labelled(\"asker\")\nscore: 0\naction: reject\n",
		"D_ASKS":    "when: labelled(\"asker\", recipient)\nscore: 0\naction: mark\n",
		"E_DOMAINS": "when: labelled(\"asker\", domain)\nscore: 0\naction: hold\n",
	})
}

// TestLabels: what a rule labels is asked for by later events while it lasts, of the entity that bears it and no other of the same
// name, and after a restart.
func TestLabels(t *testing.T) {
	r := newRig(t, "", asks(t))
	said := func(r *rig, id, from, to, body string, after time.Duration) nospim.Action {
		t.Helper()
		e := message(id, from, to, body)
		e.Time = start.Add(after)
		return judge(t, r, e).Action
	}
	for _, tt := range []struct {
		id, from, to, body string
		after              time.Duration
		want               nospim.Action
	}{
		{"1", "bot", "ada", "hello", 0, nospim.Allow},
		{"2", "bot", "ada", "your password please", time.Second, nospim.Allow},
		{"3", "bot", "eve", "hello", 2 * time.Second, nospim.Reject},
		{"4", "kim", "bot", "hello", 3 * time.Second, nospim.Mark},
		{"5", "kim", "eve", "hello", 4 * time.Second, nospim.Allow},
		{"6", "kim", "eve", "http://x.example", 5 * time.Second, nospim.Allow},
		{"7", "kim", "eve", "http://x.example/again", 6 * time.Second, nospim.Hold},
		{"8", "x.example", "eve", "an account named as the domain", 7 * time.Second, nospim.Allow},
		{"9", "bot", "eve", "hello", time.Hour, nospim.Reject},
		{"10", "bot", "eve", "hello", time.Hour + time.Second, nospim.Allow},
	} {
		if got := said(r, tt.id, tt.from, tt.to, tt.body, tt.after); got != tt.want {
			t.Errorf("message %s: %v, want %v", tt.id, got, tt.want)
		}
	}
	if err := r.records.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := newRig(t, r.file, asks(t))
	if got := said(again, "11", "bot", "eve", "hello", 59*time.Minute); got != nospim.Reject {
		t.Errorf("after a restart: %v, want the label of message 2", got)
	}
	if got := said(again, "2", "bot", "ada", "your password please", time.Second); got != nospim.Allow {
		t.Errorf("the labelled message again: %v", got)
	}
}

// TestLabelIsDurable: a verdict that allows and labels is on the disk when it is given.
func TestLabelIsDurable(t *testing.T) {
	var k *keeping
	r := newRig(t, "", asks(t), func(c *engine.Config) {
		k = &keeping{Store: c.Records}
		c.Records = k
	})
	judge(t, r, message("1", "bot", "ada", "your password please"))
	if k.keeps != 1 || k.appends != 0 {
		t.Errorf("%d durable writes and %d behind, want 1 and 0", k.keeps, k.appends)
	}
}

// TestPeopleDecideOnLabels: what people set and lift counts within a second, over what rules set before, and not over what they
// set afterwards. The second is of the test's own time.
func TestPeopleDecideOnLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "", asks(t), func(c *engine.Config) { c.Clock = time.Now })
		ctx, stop := context.WithCancel(t.Context())
		var background sync.WaitGroup
		background.Go(func() {
			if err := r.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		defer background.Wait()
		defer stop()
		account := nospim.Entity{Kind: nospim.EntityAccount, ID: "bot"}
		n := 0
		say := func(body string) nospim.Action {
			t.Helper()
			n++
			e := message(fmt.Sprint(n), "bot", "ada", body)
			e.Time = time.Now()
			return judge(t, r, e).Action
		}
		decide := func(until time.Duration) {
			t.Helper()
			now := time.Now()
			err := r.records.PutLabel(t.Context(), record.Labelling{Label: nospim.Label{Entity: account, Name: "asker", Until: now.Add(until)}, At: now, By: "ada"})
			if err != nil {
				t.Fatal(err)
			}
		}
		becomes := func(what string, want nospim.Action) {
			t.Helper()
			begin := time.Now()
			for say("hello") != want {
				if time.Since(begin) > time.Second {
					t.Fatalf("%s: still not %v after a second", what, want)
				}
				<-time.After(10 * time.Millisecond)
			}
		}
		decide(time.Hour)
		becomes("labelled by hand", nospim.Reject)
		decide(0)
		becomes("lifted by hand", nospim.Allow)
		if say("your password please") != nospim.Allow || say("hello") != nospim.Reject {
			t.Error("what a rule labels after it was lifted does not count")
		}
		decide(-time.Second)
		becomes("lifted again", nospim.Allow)

		restarted := newRig(t, r.file, asks(t), func(c *engine.Config) { c.Clock = time.Now })
		e := message("after", "bot", "ada", "hello")
		e.Time = time.Now()
		if got := judge(t, restarted, e).Action; got != nospim.Allow {
			t.Errorf("after a restart: %v, want what was lifted last", got)
		}
	})
}

// TestWhatCannotBearALabel is refused when the engine is made.
func TestWhatCannotBearALabel(t *testing.T) {
	for _, by := range [][2]nospim.Role{{nospim.RolePairBack}, {nospim.RoleSender, nospim.RoleRecipient}, {}, {nospim.RoleHour}} {
		r := newRig(t, "")
		_, err := engine.New(t.Context(), engine.Config{
			Memory: r.memory, Records: r.records, Policy: r.Policy(),
			Detectors: []detect.Detector{&probe{counters: []nospim.Counter{{Name: "l", Kind: nospim.Labelled, By: by}}}},
		})
		if err == nil {
			t.Errorf("a label of %v is taken", by)
		}
	}
}

// TestLabelsOfEveryEntity: each kind of entity that can bear a label is recalled by the role that its events have.
func TestLabelsOfEveryEntity(t *testing.T) {
	roles := []nospim.Role{
		nospim.RoleSender, nospim.RoleRecipient, nospim.RoleAddr, nospim.RoleNetwork, nospim.RoleRoom, nospim.RoleLink, nospim.RoleDomain,
		nospim.RoleService,
	}
	var counters []nospim.Counter
	for _, r := range roles {
		counters = append(counters, nospim.Counter{Name: "known", Kind: nospim.Labelled, By: [2]nospim.Role{r}})
	}
	entities := []nospim.Entity{
		{Kind: nospim.EntityAccount, ID: "ada@chat.example"},
		{Kind: nospim.EntityAccount, ID: "bob@chat.example"},
		{Kind: nospim.EntityAddr, ID: "198.51.100.7"},
		{Kind: nospim.EntityNetwork, ID: "198.51.100.0/24"},
		{Kind: nospim.EntityRoom, ID: "room@chat.example"},
		{Kind: nospim.EntityLink, ID: "http://x.example/a"},
		{Kind: nospim.EntityDomain, ID: "x.example"},
		{Kind: nospim.EntityService, ID: "chat.example"},
	}
	for i, entity := range entities {
		r, _ := probing(t, "", counters...)
		l := record.Labelling{Label: nospim.Label{Entity: entity, Name: "known", Until: start.Add(time.Hour)}, At: start, By: "ada"}
		if err := r.records.PutLabel(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		r, p := probing(t, r.file, counters...)
		e := message("1", "ada@chat.example", "bob@chat.example", "see http://x.example/a")
		e.Addr, e.Room = "198.51.100.7", "room@chat.example"
		judge(t, r, e)
		for j := range roles {
			if holds := p.facts[j].N == 1; holds != (i == j) {
				t.Errorf("label of %s, asked of the %s: %v", entity, roles[j], holds)
			}
		}
	}
}
