package detect

import (
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// How long something new stays a departure: wholly for a day, then less and less. Whoever steals an account and waits with the
// burst until it is usual gives the owner days to notice.
const (
	newFor  = 24 * time.Hour
	usualAt = 4 * 24 * time.Hour
	settled = 7 * 24 * time.Hour // how long an account is known before its ways are trusted wholly
	fewActs = 6                  // and how often it acted without the new thing
)

// departure says how much something (a network, a client, a domain) is new to an account, 0 to 1: only as far as the account
// lived without it before, and only until it has been used for days.
func departure(l *nospim.Look, place int) float64 {
	all, it := &l.Facts[anything], &l.Facts[place]
	now := l.Now.UnixMilli()
	since := it.First
	if since == 0 {
		since = now
	}
	if all.First == 0 || since <= all.First || young(l) {
		return 0
	}
	with, without := time.Duration(now-since)*time.Millisecond, time.Duration(since-all.First)*time.Millisecond
	fades := share(usualAt-with, usualAt-newFor) * share(without, with+without)
	trust := 0.6 + 0.4*share(without, settled)
	return fades * trust * min(1, max(0, all.N-it.N)/fewActs)
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

// surprise is how little a new network or client was to be expected of somebody who logged in n times from as many different ones
// as ways says, this time included: of the log-ins between the first and this one, that share brought something new. Of
// somebody who has just come, three in ten do.
func surprise(ways, n float64) float64 {
	return 1 - min(1, (max(0, ways-2)+0.3)/(max(0, max(n, ways)-2)+1))
}

// elsewhere says how much network and client of an event are new to the account, 0 to 1. Where the connector says only one of
// them, that one counts for 0.7.
func elsewhere(l *nospim.Look) float64 {
	network := departure(l, sameNetwork) * surprise(l.Facts[networks].N, l.Facts[logins].N)
	client := departure(l, sameClient) * surprise(l.Facts[clients].N, l.Facts[logins].N)
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

// unlike says how much else is unlike the account: what it links to, its language, the time of the day. The pace of a machine
// counts only for who is elsewhere, or has just logged in and links to where nobody else does: programs that people want are fast, too.
func unlike(l *nospim.Look, b *burst, away float64) float64 {
	domain := oddDomain(l)
	sum := 0.35*domain + 0.2*departure(l, sameHour)
	if l.Features.Language != "" {
		sum += 0.4 * departure(l, sameLanguage)
	}
	if away >= 0.1 || (domain > 0 && l.Facts[domainSenders].N <= 1 && lately(l, l.Facts[logins].Last)) {
		sum += b.hurry()
	}
	return sum
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

// likeItself says how much an account that is known for long enough is where and what it always was, 0 to 1. Haste with a link
// that only it sends, just after a log-in, is nobody's way.
func likeItself(l *nospim.Look, away, odd float64) float64 {
	const still = 0.3
	if !known(l) || odd >= 0.5 || (l.Event.Addr == "" && l.Event.Client == "") {
		return 0
	}
	return 1 - min(1, away/still)
}

// known reports whether an account has been seen for long and often enough for its ways to be told.
func known(l *nospim.Look) bool {
	const long, often = 6 * time.Hour, 12
	all := &l.Facts[anything]
	return !young(l) && all.First != 0 && l.Now.UnixMilli()-all.First >= long.Milliseconds() && all.N >= often
}
