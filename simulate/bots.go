package simulate

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/nospim/nospim"
)

// typing is how long somebody takes until the next line: lognormal, mu 2.93 and sigma 0.74 of seconds (STAR, 10,461 typed turns;
// median 18.6 s), cut to 3 to 75 s.
func (b *builder) typing() time.Duration {
	s := math.Exp(2.93 + 0.74*b.rng.NormFloat64())
	return time.Duration(min(max(s, 3), 75) * float64(time.Second)).Round(time.Millisecond)
}

// beat is the pause of a bot: normal, with next to no deviation.
func (b *builder) beat(seconds, deviation float64) time.Duration {
	s := seconds + deviation*b.rng.NormFloat64()
	return time.Duration(max(s, 0.1) * float64(time.Second)).Round(time.Millisecond)
}

// bot makes an account that registers and logs in during the script, and returns it with the registration's draft.
func (b *builder) bot(at time.Duration, name string, label Label) (*Account, int) {
	b.bots = append(b.bots, Account{
		ID: name + "@" + b.o.Service, Name: name, Label: label,
		Addr: fmt.Sprintf("203.0.113.%d", 10+7*len(b.bots)), Client: "libspim/0.1",
	})
	a := &b.bots[len(b.bots)-1]
	registered := b.add(draft{Step: Step{At: at, Kind: nospim.KindRegistration, From: a.ID, Label: label, Addr: a.Addr, Client: a.Client}, needs: -1})
	b.add(draft{Step: Step{At: at + time.Second, Kind: nospim.KindLogin, From: a.ID, Label: label, Addr: a.Addr, Client: a.Client}, needs: registered})
	return a, registered
}

// buddyBot works under one name after the other, with the same script.
func (b *builder) buddyBot() {
	host := buddyHosts[b.rng.IntN(len(buddyHosts))]
	first := b.rng.IntN(len(buddyNames))
	next := b.rng.IntN(len(b.people))
	span := 0.8 / float64(b.o.Names)
	for n := range b.o.Names {
		name := fmt.Sprintf(buddyDecorations[n], buddyNames[(first+n)%len(buddyNames)], 10+b.rng.IntN(90))
		at := b.between(0.03+span*float64(n), 0.04+span*float64(n))
		a, registered := b.bot(at, name, BuddyBot)
		people := make([]*Account, targets)
		for i := range people {
			people[i] = &b.people[next%len(b.people)]
			next++
		}
		b.lure(at+3*time.Second, a, registered, people, host)
	}
}

// lure asks everybody to be added, then sends the turns to everybody, whatever they answer.
func (b *builder) lure(at time.Duration, a *Account, registered int, people []*Account, host string) {
	for i, p := range people {
		asked := b.bait(at, a, registered, p, nospim.KindContactRequest, buddyRequest)
		if i < accepters {
			b.accept(asked, at+b.beat(14, 3), a, p, BuddyBot)
		}
		at += b.beat(2, 0.2)
	}
	at += 25 * time.Second
	for turn, text := range buddyTurns {
		for i, p := range people {
			if i >= accepters && !slices.Contains(pendingTurns, turn) {
				continue
			}
			body := text
			if text == buddyLink {
				body = fmt.Sprintf(text, host, b.code())
			}
			sent := b.bait(at, a, registered, p, nospim.KindMessage, body)
			if i < accepters && turn < len(buddyTurns)-1 {
				b.reply(sent, at+b.beat(8, 1.5), p, a, take(b.replies, &b.replied))
			}
			at += b.beat(0.8, 0.1)
		}
		at += b.beat(14, 0.3)
	}
}

// bait adds what a bot does to somebody, provided that it could register.
func (b *builder) bait(at time.Duration, a *Account, registered int, to *Account, kind nospim.Kind, body string) int {
	return b.add(draft{Step: Step{At: at, Kind: kind, From: a.ID, To: to.ID, Body: body, Label: a.Label, Addr: a.Addr, Client: a.Client}, needs: registered})
}

// bulkSender registers, then sends one advert to 24 people.
func (b *builder) bulkSender() {
	at := b.between(0.3, 0.4)
	n := b.rng.IntN(len(bulkAdverts))
	a, registered := b.bot(at, fmt.Sprintf("%s%d", "best-deals", 100+b.rng.IntN(900)), Bulk)
	body := fmt.Sprintf(bulkAdverts[n], bulkHosts[n])
	at += 5 * time.Second
	for _, i := range b.rng.Perm(len(b.people))[:24] {
		b.bait(at, a, registered, &b.people[i], nospim.KindMessage, body)
		at += 100*time.Millisecond + time.Duration(b.rng.ExpFloat64()*float64(1500*time.Millisecond)).Round(time.Millisecond)
	}
}

// stolenFriend is somebody else in a person's account: another address, another client, one link to the whole contact list.
func (b *builder) stolenFriend() {
	friend := &b.people[0]
	at := b.between(0.6, 0.7)
	n := b.rng.IntN(len(stolenTexts))
	body := fmt.Sprintf(stolenTexts[n], stolenHosts[n], b.code())
	thief := Step{From: friend.ID, Label: StolenFriend, Addr: "192.0.2.66", Client: "webim/0.2"}
	step := thief
	step.At, step.Kind = at, nospim.KindLogin
	in := b.add(draft{Step: step, needs: -1})
	at += 4 * time.Second
	for _, i := range b.rng.Perm(len(friend.Contacts)) {
		step := thief
		step.At, step.Kind, step.To, step.Body = at, nospim.KindMessage, friend.Contacts[i], body
		b.add(draft{Step: step, needs: in})
		at += b.beat(1.6, 0.4)
	}
}

// code is what a link carries to tell one recipient from another.
func (b *builder) code() string { return fmt.Sprintf("%06x", b.rng.IntN(1<<24)) }
