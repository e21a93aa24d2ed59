package detect

import (
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// How long something new stays a departure: wholly for a day, then less and less. Whoever steals an account and waits with the
// burst until it is usual gives the owner days to notice.
const (
	newFor   = 24 * time.Hour
	usualAt  = 4 * 24 * time.Hour
	settled  = 7 * 24 * time.Hour // how long an account is known before its ways are trusted wholly
	fewActs  = 8                  // and how often it acted without the new thing
	manyWays = 3                  // networks or clients within 30 days that are nothing special
)

// departure says how much something (a network, a client, a domain) is new to an account, 0 to 1: only as far as the account
// lived without it before, and only until it has been used for days.
func departure(l *nospim.Look, place int) float64 {
	all, it := &l.Facts[anything], &l.Facts[place]
	if all.First == 0 || young(l) {
		return 0
	}
	now := l.Now.UnixMilli()
	since := it.First
	if since == 0 {
		since = now
	}
	fades := share(usualAt-time.Duration(now-since)*time.Millisecond, usualAt-newFor)
	without := max(0, all.N-it.N) / fewActs
	known := 0.5 + 0.5*share(time.Duration(since-all.First)*time.Millisecond, settled)
	if since <= all.First {
		return 0
	}
	return fades * min(1, without) * known
}

// share is part as a share of whole, 0 to 1.
func share(part, whole time.Duration) float64 {
	return min(1, max(0, float64(part)/float64(whole)))
}

// young reports whether an account was made so lately that everything is new to it.
func young(l *nospim.Look) bool {
	age, ok := l.Age()
	return ok && age < newFor
}

// restless is how much less a new network or client says of somebody who has many, 0 to 1.
func restless(n float64) float64 {
	if n <= manyWays {
		return 1
	}
	return manyWays / n
}

// elsewhere says how much network and client of an event are new to the account, 0 to 1. Where the connector says only one of
// them, that one counts for 0.7.
func elsewhere(l *nospim.Look) float64 {
	network := departure(l, sameNetwork) * restless(l.Facts[networks].N)
	client := departure(l, sameClient) * restless(l.Facts[clients].N)
	switch hasNetwork, hasClient := l.Event.Addr != "", l.Event.Client != ""; {
	case hasNetwork && hasClient:
		return (network + client) / 2
	case hasNetwork:
		return 0.7 * network
	case hasClient:
		return 0.7 * client
	}
	return 0
}

// whatIsNew names what elsewhere found.
func whatIsNew(l *nospim.Look) string {
	const enough = 0.3
	network := l.Event.Addr != "" && departure(l, sameNetwork) >= enough
	client := l.Event.Client != "" && departure(l, sameClient) >= enough
	switch {
	case network && client:
		return "a network and with a client that are new to this account"
	case client:
		return "a client that is new to this account"
	default:
		return "a network that is new to this account"
	}
}

// unlike says how much else is unlike the account: what it links to, its language, the time of the day, its pace.
func unlike(l *nospim.Look, b *burst) float64 {
	sum := 0.35 * oddDomain(l)
	if l.Features.Language != "" {
		sum += 0.4 * departure(l, sameLanguage)
	}
	sum += 0.2 * departure(l, sameHour)
	return sum + b.hurry()
}

// oddDomain is the departure of the links' domain, unless everybody here links to it.
func oddDomain(l *nospim.Look) float64 {
	if len(l.Features.Links) == 0 || wellKnown(l) {
		return 0
	}
	return departure(l, sameDomain)
}

// wellKnown reports whether several accounts have linked to the domain for days.
func wellKnown(l *nospim.Look) bool {
	d := &l.Facts[domainSenders]
	return d.N >= 5 && d.First != 0 && l.Now.UnixMilli()-d.First >= usualAt.Milliseconds()
}

// whatIsOdd names what unlike found.
func whatIsOdd(l *nospim.Look, b *burst) string {
	const enough = 0.3
	var odd []string
	if oddDomain(l) >= enough {
		odd = append(odd, "never linked there before")
	}
	if l.Features.Language != "" && departure(l, sameLanguage) >= enough {
		odd = append(odd, "never wrote in this language or script")
	}
	if departure(l, sameHour) >= enough {
		odd = append(odd, "is not usually there at this time of the day")
	}
	if b.hurry() > 0 {
		odd = append(odd, "writes faster than people do")
	}
	if len(odd) == 0 {
		return "this account does several things that it seldom did"
	}
	return "this account " + strings.Join(odd, ", ")
}

// likeItself reports whether an account that has been known for long enough is where and what it always was, and does nothing
// that only a program would.
func likeItself(l *nospim.Look, b *burst) bool {
	all := &l.Facts[anything]
	known := !young(l) && all.First != 0 && l.Now.UnixMilli()-all.First >= settled.Milliseconds() && all.N >= 3*fewActs
	places := l.Event.Addr != "" || l.Event.Client != ""
	return known && places && elsewhere(l) == 0 && (b.hurry() == 0 || oddDomain(l) == 0)
}
