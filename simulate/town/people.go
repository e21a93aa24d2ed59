package town

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nospim/nospim"
)

// actor is somebody with an account: a resident, staff, a program or an attacker.
type actor struct {
	nospim.Account

	// role is the part it plays when it does nothing special.
	role string
	// zone is the hours that its clock is ahead of UTC.
	zone int
	// addr and client are where it is just now and what it uses; home, phone, laptop and mobile are what it may change to.
	addr, client                string
	home, mobile, phone, laptop string
	contacts                    []*actor
	rooms                       []*room
	// daily is how many things it does a day.
	daily float64
	// seen is when it last did something, for logging in again after a while; -1 before the first time.
	seen time.Duration
	// topic is what it talks about.
	topic topic
	// sites are the domains that it shares links of.
	sites []string
	// apart says that nobody turns to it by itself, as people turn to their friends: a desk, or an attacker.
	apart bool
	// fate is the role that an attack gives to somebody honest, whatever it does from then on: owner or accused.
	fate string
	// busy says that an attack is about this person's account; each account has one at most.
	busy bool
}

func (a *actor) direction(to *actor) nospim.Direction {
	switch {
	case !a.Local:
		return nospim.In
	case to != nil && !to.Local:
		return nospim.Out
	default:
		return nospim.Local
	}
}

// settle makes everybody who lives here, their circles, the rooms and those who serve.
func (w *world) settle() {
	r := w.dice("settle", 0)
	for i := range w.o.People/40 + 2 {
		w.carrier = append(w.carrier, fmt.Sprintf("100.%d.%d.%d", 64+r.IntN(64), r.IntN(256), 10+i%200))
	}
	w.people = make([]*actor, w.o.People)
	for i := range w.people {
		w.people[i] = w.resident(r, i)
	}
	w.circles(r)
	w.openRooms(r)
	w.openDesks(r)
}

// resident makes the n-th person. One in eight lives on another service; of each hundred, six neighbours are a school class.
func (w *world) resident(r *rand.Rand, n int) *actor {
	id := fullName(n)
	a := &actor{role: "person", zone: pick(r, zones), seen: -1, topic: topic(r.IntN(int(topics)))}
	a.Account = nospim.Account{ID: id + "@" + w.o.Service, Name: id, Local: true, Created: w.o.Start.AddDate(0, 0, -20-r.IntN(900)), Minor: n%100 >= 40 && n%100 < 46}
	if r.IntN(5) > 0 {
		a.zone = zones[n/60%len(zones)] // most know people where they live
	}
	a.home, a.mobile = address(r, n/3), pick(r, w.carrier)
	a.phone, a.laptop = pick(r, phones), pick(r, laptops)
	a.addr, a.client = a.home, a.phone
	a.daily = 3 + pareto(r, 1.6, 25*time.Second).Seconds() // a few talk much more than most
	if !a.Minor && r.IntN(8) == 0 {
		a.Local, a.Created, a.ID = false, time.Time{}, id+"@"+pick(r, elsewhere)
	}
	for range 3 {
		a.sites = append(a.sites, sites[min(int(r.ExpFloat64()*8), len(sites)-1)])
	}
	return a
}

// address is a place on the net: households share one. Half are IPv4 of the block for benchmarks (RFC 2544), the others IPv6
// of the block for documentation (RFC 3849).
func address(r *rand.Rand, n int) string {
	if n%2 == 0 {
		return fmt.Sprintf("198.%d.%d.%d", 18+n>>1>>14&1, n>>1>>6&255, 4*(n>>1&63)+1)
	}
	return fmt.Sprintf("2001:db8:%x:%x::%x", n>>1&0xffff, r.IntN(16), 1+r.IntN(0xfff0))
}

// circles makes friends: a small world (Watts and Strogatz 1998, 8 neighbours, one tie in six to somebody far off), in which
// one in twenty knows many.
func (w *world) circles(r *rand.Rand) {
	n := len(w.people)
	for i, a := range w.people {
		for step := 1; step <= 4; step++ {
			b := w.people[(i+step)%n]
			if r.IntN(6) == 0 {
				b = pick(r, w.people)
			}
			if a.Minor == b.Minor || step == 1 {
				w.befriend(a, b)
			}
		}
		if r.IntN(20) == 0 && !a.Minor {
			for range 15 + r.IntN(35) {
				if b := pick(r, w.people); !b.Minor {
					w.befriend(a, b)
				}
			}
		}
	}
}

// room is a group: its members, and what they talk about.
type room struct {
	id      string
	topic   topic
	members []*actor
	// said are the last lines, for those who repeat what others say.
	said []string
}

func (w *world) openRooms(r *rand.Rand) {
	for i := range w.o.People/60 + 2 {
		m := &room{id: fmt.Sprintf("%s-%d@rooms.%s", pick(r, roomNames), i+1, w.o.Service), topic: topic(r.IntN(int(topics)))}
		for range 8 + int(pareto(r, 6, 60*time.Second).Seconds()) {
			a := pick(r, w.people)
			m.members = append(m.members, a)
			a.rooms = append(a.rooms, m)
		}
		w.rooms = append(w.rooms, m)
	}
}

// openDesks makes those who serve many: support staff, and programs that people want.
func (w *world) openDesks(r *rand.Rand) {
	many := 1 + w.o.People/1500
	for _, d := range []struct {
		role   string
		n      int
		client string
	}{
		{"support", 2 * many, "Helpdesk/3.1"},
		{"news_bot", many, "newsd/1.4"},
		{"reminder_bot", many, "remindd/0.9"},
		{"help_bot", many, "helpbot/2.0"},
		{"bridge", many, "matterbridge/1.26"},
	} {
		for i := range d.n {
			a := &actor{role: d.role, topic: service, apart: true}
			a.Account = nospim.Account{
				ID: fmt.Sprintf("%s%d@%s", roleNames[d.role], i+1, w.o.Service), Name: roleNames[d.role], Local: true,
				Created: w.o.Start.AddDate(0, -4-r.IntN(30), 0), Affiliation: "member",
			}
			a.addr, a.client = fmt.Sprintf("198.19.255.%d", 10+len(w.desks)%240), d.client
			w.desks = append(w.desks, a)
		}
	}
}
