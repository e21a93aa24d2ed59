package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/record"
)

// theft is an account that has lived for ten days before it is stolen.
type theft struct {
	*rig
	t   *testing.T
	now atomic.Pointer[time.Time]
	n   int
}

// talk is what she says.
var talk = []string{
	"are you coming to the reading group this week?", "I left the keys with the neighbour downstairs", "the train was late again, sorry",
	"do you still have that recipe for lentil soup?", "my sister says hello, she is back from Porto", "it rained the whole day here",
	"the dentist moved it to Thursday", "did you see the match yesterday?", "I finished the second chapter last night", "we should paint the shed before autumn",
	"the cat has learned to open the door",
}

const secret = "omg is this you in this video"

func newTheft(t *testing.T) *theft {
	th := &theft{t: t}
	th.now.Store(&start)
	m, err := model.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	th.rig = newRig(t, "", func(c *engine.Config) {
		c.Clock, c.Detectors = func() time.Time { return *th.now.Load() }, detect.All(m)
	})
	for day := range 10 {
		for hour := range 6 {
			at := time.Duration(day)*24*time.Hour + time.Duration(4*hour)*time.Hour
			if hour == 0 {
				th.home(at, nospim.KindLogin, "", "")
				th.home(at+time.Second, nospim.KindRosterRead, "", "")
			}
			th.home(at+time.Minute, nospim.KindMessage, fmt.Sprintf("f%d@chat.example", (day+hour)%5), talk[(6*day+hour)%len(talk)])
		}
	}
	return th
}

// do judges something that the account does, so long after the start.
func (th *theft) do(after time.Duration, kind nospim.Kind, to, body, addr, client string) *nospim.Verdict {
	th.t.Helper()
	at := start.Add(after)
	th.now.Store(&at)
	th.n++
	e := message(fmt.Sprint("e-", th.n), "eve@chat.example", to, body)
	e.Kind, e.Time, e.Relation, e.Addr, e.Client = kind, at, nospim.RelationContact, addr, client
	e.Sender.Created = start.AddDate(-1, 0, 0)
	if to == "" {
		e.Recipients, e.Relation = nil, ""
	}
	if kind == nospim.KindRosterRead {
		e.Count = 15
	}
	return judge(th.t, th, e)
}

func (th *theft) home(after time.Duration, kind nospim.Kind, to, body string) *nospim.Verdict {
	th.t.Helper()
	return th.do(after, kind, to, body, "198.51.100.7", "Gajim/1.8")
}

func (th *theft) thief(after time.Duration, kind nospim.Kind, to, body string) *nospim.Verdict {
	th.t.Helper()
	return th.do(after, kind, to, body, "203.0.113.66", "webim/0.2")
}

const tenDays = 10 * 24 * time.Hour

// steal plays the classic case and returns at which message the burst was first stopped.
func (th *theft) steal() (first int, v *nospim.Verdict) {
	th.t.Helper()
	at := start.Add(tenDays)
	th.now.Store(&at)
	lure := message("lure", "support@far.example", "eve@chat.example", "Unusual sign-in. Confirm your password to keep your account: https://paypal-login.example/secure")
	lure.Time = at
	judge(th.t, th, lure)
	th.thief(tenDays+20*time.Minute, nospim.KindLogin, "", "")
	th.thief(tenDays+20*time.Minute+5*time.Second, nospim.KindRosterRead, "", "")
	for i := range 15 {
		v = th.thief(tenDays+21*time.Minute+time.Duration(i)*2*time.Second, nospim.KindMessage, fmt.Sprintf("c%d@chat.example", i), fmt.Sprintf(secret+"?? http://clips.example/w?v=%d", i))
		if first == 0 && v.Action.Stops() {
			first = i + 1
		}
	}
	return first, v
}

func TestStolenFriend(t *testing.T) {
	th := newTheft(t)
	first, v := th.steal()
	if first == 0 || first > 4 || v.Action != nospim.Hold || v.Tip != "stolen-friend" {
		t.Errorf("the burst was first stopped at message %d, the last got %v with the tip %q; want hold by the 4th", first, v.Action, v.Tip)
	}
	for _, want := range []string{"BURST_TO_CONTACTS", "ACCOUNT_UNLIKE_ITSELF", "LOGIN_ELSEWHERE", "CREDENTIAL_LINK_BEFORE", "ROSTER_READ_BEFORE_BURST"} {
		if !strings.Contains(symbols(v), want) {
			t.Errorf("%s is not among %s", want, symbols(v))
		}
	}

	// The owner is asked once, through the sessions of the account.
	orders, err := th.records.Orders(t.Context(), "chat.example", "")
	if err != nil || len(orders) != 1 || orders[0].Do != nospim.OrderNotify || orders[0].Recipients[0] != "eve@chat.example" || !strings.Contains(orders[0].Text, "Was it you?") {
		t.Errorf("orders %+v, %v; want one question to eve", orders, err)
	}

	// It is one story, and nothing that anybody wrote is in it.
	s, err := engine.TellStory(t.Context(), th.records, "chat.example", "eve@chat.example", time.Time{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, l := range s.Lines {
		steps = append(steps, l.Step)
		if len(l.Say) == 0 {
			t.Errorf("%s says nothing", l.Step)
		}
	}
	want := []string{engine.StepLink, engine.StepCredential, engine.StepLogin, engine.StepList, engine.StepBurst}
	if !s.Stolen || len(steps) < 5 || strings.Join(steps[:5], ", ") != strings.Join(want, ", ") {
		t.Errorf("stolen: %v, steps %v; want %v", s.Stolen, steps, want)
	}
	if b := s.Lines[4]; b.Messages != 15-2 || b.People != 13 || b.Stopped != 16-first {
		t.Errorf("the burst: %d messages to %d people, %d stopped; the first stop was at %d", b.Messages, b.People, b.Stopped, first)
	}
	if text, err := json.Marshal(s); err != nil || strings.Contains(string(text), "video") || strings.Contains(string(text), "clips.example") || !strings.Contains(string(text), "owner asked") {
		t.Errorf("the story as JSON: %s, %v", text, err)
	}
}

// TestOwnerConfirms: what the owner confirmed goes out, and what comes next is not asked about.
func TestOwnerConfirms(t *testing.T) {
	th := newTheft(t)
	th.steal()
	now := *th.now.Load()
	err := th.records.PutLabel(t.Context(), record.Labelling{
		Label: nospim.Label{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: "eve@chat.example"}, Name: detect.OwnerConfirmed, Until: now.Add(time.Hour)},
		At:    now, By: "ada", Reason: "she called",
	})
	if err != nil {
		t.Fatal(err)
	}
	again := newRig(t, th.file, func(c *engine.Config) { c.Clock = func() time.Time { return *th.now.Load() } })
	th.rig = again
	if v := th.thief(tenDays+25*time.Minute, nospim.KindMessage, "c99@chat.example", secret+"?? http://clips.example/w?v=99"); strings.Contains(symbols(v), "BURST") || strings.Contains(symbols(v), "UNLIKE") {
		t.Errorf("after the owner confirmed: %v for %s", v.Action, symbols(v))
	}
}

// TestHonestMoves: a new telephone at home, a journey, an album for some friends, and a party for all contacts hold up nothing.
func TestHonestMoves(t *testing.T) {
	th := newTheft(t)
	allow := func(what string, v *nospim.Verdict) {
		t.Helper()
		if v.Action.Stops() {
			t.Errorf("%s: %v for %v", what, v.Action, v.Signals)
		}
	}
	allow("a log-in on a journey", th.do(tenDays, nospim.KindLogin, "", "", "192.0.2.9", "Gajim/1.8"))
	for i := range 4 {
		allow("an album for friends on a journey", th.do(tenDays+time.Duration(i)*50*time.Second+time.Minute, nospim.KindMessage, fmt.Sprintf("f%d@chat.example", i), "the album of our trip is up: https://album.example/a/7", "192.0.2.9", "Gajim/1.8"))
	}
	const later = tenDays + 48*time.Hour
	allow("a log-in with a new telephone", th.do(later, nospim.KindLogin, "", "", "198.51.100.7", "Conversations/2.12"))
	for i := range 3 {
		allow("a picture with a new telephone", th.do(later+time.Duration(i)*30*time.Second+time.Minute, nospim.KindMessage, fmt.Sprintf("f%d@chat.example", i), "look https://pics.example/1", "198.51.100.7", "Conversations/2.12"))
	}
	for i := range 20 {
		allow("a party for everybody, from home", th.home(later+24*time.Hour+time.Duration(i)*12*time.Second, nospim.KindMessage, fmt.Sprintf("c%d@chat.example", i), "party on friday! http://map.example/here"))
	}
	if orders, err := th.records.Orders(t.Context(), "chat.example", ""); err != nil || len(orders) != 0 {
		t.Errorf("orders %+v, %v; want none", orders, err)
	}
}
