package town

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// attack is a kind of attack: its name, and what happens in one incident of it.
type attack struct {
	name string
	play func(*incident)
}

// attacks are all of them, in the order of DESIGN §2.
func attacks() []attack {
	return []attack{
		{"buddy_bot", buddyBot},
		{"bulk", bulk},
		{"phishing", phishing},
		{"stolen_friend", stolenFriend},
		{"harvest", harvest},
		{"tracking", tracking},
		{"registration_flood", registrationFlood},
		{"request_flood", requestFlood},
		{"invite_flood", inviteFlood},
		{"timer_periodic", timerPeriodic},
		{"timer_random", timerRandom},
		{"timer_responder", timerResponder},
		{"timer_replay", timerReplay},
		{"report_gang", reportGang},
		{"child_approach", childApproach},
	}
}

// Attacks returns the names of all attacks, in the order of the design.
func Attacks() []string {
	var names []string
	for _, a := range attacks() {
		names = append(names, a.name)
	}
	return names
}

// Roles returns the parts that honest people and programs play, and those of attackers.
func Roles() (honest, attackers []string) {
	return []string{
			"person", "minor", "newcomer", "class", "traveller", "searcher", "announcer", "greeter", "forwarder", "organiser", "room_member",
			"support", "bridge", "news_bot", "reminder_bot", "help_bot", "recipient", "owner", "accused",
		}, []string{
			"bot", "sender", "lure", "thief", "reader", "account", "requester", "inviter", "reporter", "stranger",
		}
}

// incident is one happening of an attack.
type incident struct {
	w *world
	r *rand.Rand
	// name is the attack's name with the number; variant how it goes about it.
	name    string
	variant []string
	hosts   []string
}

// attack plans the incidents of all attacks that are wanted, spread over the time so that each may end.
func (w *world) attack() {
	for _, a := range attacks() {
		if !slices.Contains(w.o.Attacks, a.name) {
			continue
		}
		for n := range w.o.Incidents {
			i := &incident{w: w, r: w.dice(a.name, n), name: fmt.Sprintf("%s/%d", a.name, n+1)}
			from := 0.02 + 0.7*(float64(n)+i.r.Float64())/float64(w.o.Incidents)
			w.at(seconds(from*w.o.Length.Seconds()), func() { a.play(i) })
		}
	}
}

// vary chooses one of several ways to go about it, and says so in the variant.
func (i *incident) vary(ways ...string) string {
	way := pick(i.r, ways)
	if way != "" {
		i.variant = append(i.variant, way)
	}
	return way
}

// truth is the truth of what the attackers do in a part. All ways must have been chosen before.
func (i *incident) truth(role string) Truth {
	return Truth{Label: Spam, Role: role, Attack: i.name, Variant: strings.Join(i.variant, ",")}
}

// host is a domain that the attackers control.
func (i *incident) host() string {
	if len(i.hosts) == 0 {
		for range 1 + i.r.IntN(3) {
			i.hosts = append(i.hosts, pick(i.r, hostWords)+pick(i.r, []string{"-", "", "-", "4"})+pick(i.r, hostWords)+
				pick(i.r, []string{"", "", code(i.r, alphabet10, 2)})+pick(i.r, []string{".example", ".example", ".test", ".invalid"}))
		}
	}
	return pick(i.r, i.hosts)
}

// network says where the attackers' accounts come from.
type network struct {
	kind string
	a, b int
}

// network chooses: one address, one network (an IPv6 /48), many networks, or an address that honest phones share.
func (i *incident) network() network {
	return network{kind: i.vary("one_address", "one_network", "many_networks", "shared_address"), a: i.r.IntN(256), b: i.r.IntN(1 << 16)}
}

func (i *incident) addr(n network) string {
	switch n.kind {
	case "one_address":
		return fmt.Sprintf("203.0.113.%d", n.a)
	case "one_network":
		return fmt.Sprintf("2001:db8:f%03x:%x::%x", n.b&0xfff, i.r.IntN(4), 1+i.r.IntN(0xffff))
	case "shared_address":
		return pick(i.r, i.w.carrier)
	default:
		return fmt.Sprintf("198.%d.%d.%d", 18+i.r.IntN(2), i.r.IntN(256), 1+i.r.IntN(254))
	}
}

// origin is how an attacker came to its account: made now, made long ago, on another service, or on one that has few others (farm).
func (i *incident) origin() string { return i.vary("new", "new", "aged", "remote", "farm") }

// account makes an attacker's account and returns it; a new one registers and logs in now, an old one logs in.
func (i *incident) account(role, name, origin string, n network) *actor {
	a := &actor{role: role, addr: i.addr(n), client: pick(i.r, botKits), seen: i.w.now, apart: true}
	a.Account = nospim.Account{ID: name + "@" + i.w.o.Service, Name: name, Local: true}
	switch origin {
	case "remote":
		a.ID, a.Local = name+"@"+pick(i.r, elsewhere), false
		return a
	case "farm":
		a.ID, a.Local = name+"@xmpp."+i.host(), false
		return a
	case "aged":
		a.Created = i.w.o.Start.AddDate(0, 0, -3-i.r.IntN(200))
	default:
		i.w.emit(act{kind: nospim.KindRegistration, from: a, truth: i.truth(role)})
		a.Created = i.w.o.Start.Add(i.w.now.Truncate(time.Second))
	}
	i.w.emit(act{kind: nospim.KindLogin, from: a, truth: i.truth(role)})
	return a
}

// alias is a name that is never the same.
func (i *incident) alias() string {
	name := pick(i.r, luringNames)
	if chance(i.r, 0.4) {
		name = pick(i.r, firstNames)
	}
	tail := code(i.r, alphabet10, 2+i.r.IntN(3))
	return fmt.Sprintf(pick(i.r, []string{"%s_%s", "sweet%s%s", "%s.%s", "its%s%s", "%sx%s", "hey_%s%s", "just%s%s", "%s-chat%s", "miss.%s%s", "%s_here%s", "%s%s"}), name, tail)
}

// victims are some people, each once: half of the time neighbours in the directory, else anybody.
func (i *incident) victims(n int) []*actor {
	all := i.w.people
	n = min(n, len(all)*3/4)
	from := i.r.IntN(len(all))
	if chance(i.r, 0.3) {
		some := make([]*actor, n)
		for k := range some {
			some[k] = all[(from+k)%len(all)]
		}
		return some
	}
	some := make([]*actor, 0, n)
	for _, k := range i.r.Perm(len(all))[:n] {
		some = append(some, all[k])
	}
	return some
}

// send sends a message of the attack now.
func (i *incident) send(from, to *actor, body string, truth Truth) string {
	return i.w.emit(act{kind: nospim.KindMessage, from: from, to: to, body: body, truth: truth})
}

// recipient is the truth of somebody who answers an attacker.
func recipient() Truth { return Truth{Label: Ham, Role: "recipient"} }

// reaction lets somebody do what people do about a message from an attacker: mostly nothing, sometimes answer, seldom block or
// report it. A contact is answered more.
func (i *incident) reaction(from, to *actor, id string) {
	answers := 0.08
	if i.w.relation(from, to) == nospim.RelationContact {
		answers = 0.3
	}
	switch p := i.r.Float64(); {
	case p < answers:
		text := pick(i.r, doubts)
		if chance(i.r, 0.3) {
			text = i.w.speech.line(i.r, smallTalk, "")
		}
		i.w.after(reply(i.r, len(text)), func() {
			i.w.emit(act{kind: nospim.KindMessage, from: to, to: from, body: text, truth: recipient()})
		})
	case p < answers+0.03:
		i.w.after(pause(i.r, 3.5, 1.2, 2, 7200), func() {
			i.w.emit(act{kind: nospim.KindReport, from: to, to: from, refers: id, truth: recipient()})
		})
	case p < answers+0.05:
		i.w.after(pause(i.r, 3, 1.2, 2, 7200), func() {
			i.w.emit(act{kind: nospim.KindBlock, from: to, to: from, truth: recipient()})
		})
	}
}

// tempo says how fast an attack goes: the pause between two approaches.
func (i *incident) tempo() func() time.Duration {
	switch i.vary("fast", "medium", "slow", "human") {
	case "fast":
		mean := 0.05 + i.r.Float64()
		return func() time.Duration { return rarely(i.r, seconds(mean)) + 20*time.Millisecond }
	case "medium":
		mean := 3 + 12*i.r.Float64()
		return func() time.Duration { return around(i.r, mean, mean/6) }
	case "slow":
		mean := 60 + 240*i.r.Float64()
		return func() time.Duration { return within(i.r, mean/2, 2*mean) }
	default:
		return func() time.Duration { return pause(i.r, 3.2, 0.9, 4, 600) }
	}
}
