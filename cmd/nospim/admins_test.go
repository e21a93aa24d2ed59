package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/xmpp/servertest"
	"github.com/nospim/nospim/record"
)

// TestAdmins is the story of an admin at the door, with real servers: told what happens, asks how it is, has things done in words and by
// command, and nobody else can. A stranger's flood meets a limit, says so to the sender, and pushes nothing out.
func TestAdmins(t *testing.T) {
	besideBoth(t, storyOfAnAdmin)
}

func storyOfAnAdmin(t *testing.T, kind *servertest.Kind) {
	d, server, name := openedDoor(t, kind, func(c *config.Config) { c.Waiting.Pair = 2 })
	const host = "chat.example"
	ada, bob, eve := logIn(t, server.Addr(), "ada@"+host, "a"), logIn(t, server.Addr(), "bob@"+host, "b"), logIn(t, server.Addr(), "eve@"+host, "e")
	boss := logIn(t, server.Addr(), "boss@"+host, "o")
	awaitDoor(t, ada, name)
	command := func(node, inner string) string {
		return `<iq xmlns='jabber:client' type='set' id='c' to='` + name + `'><command xmlns='http://jabber.org/protocol/commands' node='` + node + `'>` + inner + `</command></iq>`
	}

	boss.say(name, "status")
	boss.hears(name, "enforced\nverdicts: allow")
	eve.say(name, "status")
	eve.hears(name, "did not understand")
	eve.raw(command("status", ""))
	if m := eve.hears(name, ""); m.Type != "error" {
		t.Errorf("eve ran a command of admins: %+v", m)
	}

	ada.say(name, "profile contacts_only")
	ada.hears(name, "is now: contacts_only")
	untilRaised(t, d, "probe@"+host, "ada@"+host, "DOOR_CONTACTS_ONLY")
	bob.say("ada@"+host, "hello ada, it is bob from the choir")
	ada.hears(name, "It waits until you decide")
	for range 2 {
		eve.say("ada@"+host, "hello you")
	}
	untilHeld(t, d, 3)
	ada.hears(name, "It waits until you decide")
	eve.say("ada@"+host, "hello you!")
	if m := eve.hears("ada@"+host, ""); m.Type != "error" || !strings.Contains(m.Error, "Too much waits here already") {
		t.Errorf("beyond the limit eve heard %+v", m)
	}
	boss.hears(name, "the limit of what waits is reached: pair eve@"+host)

	boss.say(name, "held show h-1")
	boss.hears(name, "> hello ada, it is bob from the choir")
	boss.say(name, "held release h-1 a friend")
	boss.hears(name, "h-1 released")
	ada.hears("bob@"+host, "hello ada, it is bob from the choir")

	boss.raw(command("accounts-restrict", ""))
	if m := boss.hears(name, ""); m.Command.Status != "executing" || len(m.Command.Fields) != 3 {
		t.Fatalf("the form: %+v", m)
	}
	boss.raw(command("accounts-restrict", `<x xmlns='jabber:x:data' type='submit'><field var='account'><value>eve@chat.example</value></field>`+
		`<field var='for'><value>24h</value></field><field var='reason'><value>a flood</value></field></x>`))
	for range 2 { // the news may come before the answer
		m := boss.hears(name, "eve@chat.example")
		if answered := m.Command.Status == "completed" && strings.Contains(m.Command.Note, "restricted until"); !answered &&
			!strings.Contains(m.Body, "eve@chat.example is restricted, by boss@chat.example (a flood)") {
			t.Fatalf("after the command boss heard %+v", m)
		}
	}
	untilRaised(t, d, "eve@"+host, "probe@"+host, "ACCOUNT_RESTRICTED")
	eve.say("bob@"+host, "hello bob")
	untilHeldBy(t, d, "ACCOUNT_RESTRICTED")
	boss.say(name, "accounts restore eve@chat.example")
	boss.hears(name, "restricted no longer")
}

// untilHeldBy waits until something waits for a reason.
func untilHeldBy(t *testing.T, d *daemon, symbol string) {
	t.Helper()
	become(t, "something waits by "+symbol, func() bool {
		all, err := d.Store.Held(t.Context(), record.HeldFilter{State: nospim.HoldHeld})
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if strings.Contains(symbols(&all[i].Verdict), symbol) {
				return true
			}
		}
		<-time.After(10 * time.Millisecond)
		return false
	})
}

// untilRaised waits until the engine has heard of what somebody decided: until a message of one to the other, which it only watches,
// raises a symbol.
func untilRaised(t *testing.T, d *daemon, from, to, symbol string) {
	t.Helper()
	n := 0
	become(t, symbol+" is raised", func() bool {
		n++
		e := message(fmt.Sprint("probe-", symbol, n), from, nospim.RelationStranger, "hello")
		e.Recipients[0].ID, e.Observe = to, true
		v, err := d.Engine.Judge(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(50 * time.Millisecond)
		return strings.Contains(symbols(v), symbol)
	})
}
