package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// life is somebody who has lived here for a while: whom it knows, where it is, and with what.
type life struct {
	t       *testing.T
	lab     *lab
	r       *rand.Rand
	now     time.Time
	me      nospim.Account
	addr    string
	client  string
	serial  int
	stopped []string
}

// live makes somebody who has talked with six contacts on each of five days, from home and by telephone.
func live(t *testing.T, seed uint64) *life {
	t.Helper()
	l := defaultLab(t)
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	who := &life{t: t, lab: l, r: rand.New(rand.NewPCG(seed, 31)), now: now, addr: "198.18.4.9", client: "Conversations/2.15"}
	who.me = nospim.Account{ID: "ada@chat.example", Name: "ada", Local: true, Created: now.AddDate(-1, 0, 0)}
	for day := range 5 {
		who.now = now.AddDate(0, 0, day)
		who.do(nospim.KindLogin, "", "", "")
		for n := range 6 {
			for line := range 4 {
				who.pass(10, 60)
				who.do(nospim.KindMessage, friend(n), nospim.RelationContact, fmt.Sprintf("shall we take the %d o'clock train, or is %d too late for you?", line+n, line+day))
				who.pass(10, 60)
				who.hear(friend(n), nospim.RelationContact, "the later one, I have to work until four")
			}
		}
	}
	who.pass(4*3600, 5*3600)
	return who
}

func friend(n int) string { return fmt.Sprintf("friend%d@chat.example", n) }

// pass lets so many seconds go by.
func (l *life) pass(least, most float64) {
	l.now = l.now.Add(time.Duration((least + (most-least)*l.r.Float64()) * float64(time.Second)))
}

func (l *life) event(kind nospim.Kind, from nospim.Account, to string, how nospim.Relation, body string) *nospim.Event {
	l.serial++
	e := &nospim.Event{ID: fmt.Sprint("l-", l.serial), Kind: kind, Time: l.now, Protocol: "xmpp", Service: "chat.example", Direction: nospim.Local, Sender: from, Relation: how, Body: body}
	if to != "" {
		e.Recipients = []nospim.Account{{ID: to, Local: true, Created: l.now.AddDate(-1, 0, 0)}}
	}
	return e
}

func (l *life) judge(e *nospim.Event) *nospim.Verdict {
	l.t.Helper()
	v, err := l.lab.engine.Judge(l.t.Context(), e)
	if err != nil {
		l.t.Fatal(err)
	}
	return v
}

// do lets the one whose life it is do something, and notes whether it is stopped.
func (l *life) do(kind nospim.Kind, to string, how nospim.Relation, body string) {
	l.t.Helper()
	e := l.event(kind, l.me, to, how, body)
	e.Addr, e.Client = l.addr, l.client
	if v := l.judge(e); v.Action >= nospim.Hold {
		l.stopped = append(l.stopped, fmt.Sprintf("%v to %q: %v for %v", kind, to, v.Action, v.Signals))
	}
}

// hear lets somebody write to the one whose life it is.
func (l *life) hear(from string, how nospim.Relation, body string) {
	l.t.Helper()
	l.judge(l.event(nospim.KindMessage, nospim.Account{ID: from, Local: true, Created: l.now.AddDate(-1, 0, 0)}, l.me.ID, how, body))
}

// tell lets the one whose life it is tell the same to so many friends, one after the other.
func (l *life) tell(people int, least, most float64, body string) {
	l.t.Helper()
	for n := range people {
		l.pass(least, most)
		l.do(nospim.KindMessage, friend(n), nospim.RelationContact, body)
	}
}

// TestLives plays what people do now and then and what looks like an attack from afar. None of it is stopped.
func TestLives(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(*life)
	}{
		{"a wedding abroad, told to everybody from a new telephone in a hotel", func(l *life) {
			l.addr, l.client = "2001:db8:77:1::5", "Monal/6.3"
			l.do(nospim.KindLogin, "", "", "")
			l.do(nospim.KindRosterRead, "", "", "")
			l.tell(20, 4, 15, "We are getting married! On Friday at four in the town hall, please tell me whether you can come. ada")
		}},
		{"a courier, to a dozen strangers of whom half answer", func(l *life) {
			for n := range 12 {
				l.pass(60, 400)
				l.do(nospim.KindMessage, fmt.Sprintf("customer%d@chat.example", n), nospim.RelationStranger, "Good morning, this is your courier, I will be at your door with the parcel in half an hour")
				if n%2 == 0 {
					l.pass(20, 50)
					l.hear(fmt.Sprintf("customer%d@chat.example", n), nospim.RelationStranger, "thank you, I am at home")
				}
			}
		}},
		{"somebody who looks for a bicycle, to eight who offer one", func(l *life) {
			for n := range 8 {
				l.pass(30, 200)
				l.do(nospim.KindMessage, fmt.Sprintf("seller%d@chat.example", n), nospim.RelationStranger, "Hello, is the blue bicycle still there, and could I look at it on Saturday afternoon?")
			}
		}},
		{"a teacher, to all parents", func(l *life) {
			l.tell(25, 5, 20, "Dear parents, the class comes back from the museum an hour later today, at three at the school gate")
		}},
		{"a club that collects its fee", func(l *life) {
			l.tell(15, 8, 40, "Hi, the club fee for this year is 30 euros, please bring it to the training on Thursday")
		}},
		{"a lost telephone: the new number, from the new one", func(l *life) {
			l.client = "Monal/6.3"
			l.do(nospim.KindLogin, "", "", "")
			l.tell(10, 6, 25, "I have lost my phone, this is my new number: 555-0147. ada")
		}},
		{"wishes of a holiday to family and friends", func(l *life) {
			l.tell(30, 2, 9, "Happy holidays to you and your family, and see you all in January!")
		}},
		{"a shift worker at four in the morning", func(l *life) {
			l.now = l.now.Truncate(24 * time.Hour).Add(28 * time.Hour)
			l.do(nospim.KindLogin, "", "", "")
			for n := range 5 {
				l.pass(20, 90)
				l.do(nospim.KindMessage, friend(n), nospim.RelationContact, "off work at last, see https://radio.example/night what they play "+fmt.Sprint(n))
			}
		}},
		{"somebody who answers within a second", func(l *life) {
			for n := range 40 {
				l.pass(4, 40)
				l.hear(friend(1), nospim.RelationContact, fmt.Sprintf("and what about number %d of the list, do we need that?", n))
				l.pass(0.4, 1.3)
				l.do(nospim.KindMessage, friend(1), nospim.RelationContact, []string{"yes", "no", "both", "not that one", "take two"}[n%5])
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := live(t, 1)
			c.play(l)
			for _, what := range l.stopped {
				t.Error(what)
			}
		})
	}
}

// TestStolenLife: what looks like such a life and is a thief's is stopped before a fifth friend has it.
func TestStolenLife(t *testing.T) {
	l := live(t, 1)
	l.addr, l.client = "2001:db8:77:1::5", "Monal/6.3"
	l.do(nospim.KindLogin, "", "", "")
	l.do(nospim.KindRosterRead, "", "", "")
	l.tell(20, 4, 15, "We are getting married! See the pictures and tell me what you think: http://our-day.example/photos ada")
	if n := len(l.stopped); n < 16 {
		t.Errorf("%d of 20 were stopped: %q", n, l.stopped)
	}
}
