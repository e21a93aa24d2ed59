package detect

import (
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// How long something new stays a departure: wholly for a day, then less and less. Whoever steals an account and waits with the
// burst until it is usual gives the owner days to notice.
const (
	newFor     = 24 * time.Hour
	usualAt    = 4 * 24 * time.Hour
	settled    = 7 * 24 * time.Hour // how long an account is known before its ways are trusted wholly
	acquainted = time.Hour          // and before they are trusted at all
	daily      = 3 * 24 * time.Hour // and before its hours are
	fewActs    = 6                  // and how often it acted without the new thing
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
	trust *= share(without, acquainted)
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

// elsewhere says how much network and client of an event are new to the account, 0 to 1. Where the connector says only the network,
// that counts for 0.7, and the client alone for 0.4: people have a telephone and a computer.
func elsewhere(l *nospim.Look) float64 {
	network := departure(l, sameNetwork) * surprise(l.Facts[networks].N, l.Facts[logins].N)
	client := departure(l, sameClient) * surprise(l.Facts[clients].N, l.Facts[logins].N)
	switch hasNetwork, hasClient := l.Event.Addr != "", l.Event.Client != ""; {
	case hasNetwork && hasClient:
		return (network + client) / 2
	case hasNetwork:
		return 0.7 * network
	case hasClient:
		return 0.4 * client
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

// departures are what an account that turns to many does unlike itself.
type departures struct {
	// away is how much network and client are new to it, odd how much else is, doubt how much those doubt it who got something.
	away, odd, doubt float64
	what             []string
	// tame says that it links to where others here link, too, at the pace of a person, the same for all, and nobody doubts it: what
	// somebody on a journey tells everybody. It takes more than the number of people to be sure then.
	tame bool
}

// strange is from which sum of departures an account acts unlike itself.
const strange = 0.35

func (d *departures) sum() float64 { return d.away + d.odd + d.doubt/2 }

// add notes something odd, and says it if it is enough to be said.
func (d *departures) add(much, weight float64, what string) {
	const enough = 0.3
	d.odd += much * weight
	if much >= enough {
		d.what = append(d.what, what)
	}
}

// depart looks for departures. The pace of a machine counts only for who has come from elsewhere, has just logged in, or links
// to where nobody else does: programs that people want are fast, too.
func depart(l *nospim.Look, b *burst) departures {
	d := departures{away: elsewhere(l)}
	if talkedHere(l, b) {
		d.away /= 2
	}
	if max(b.people, b.once, b.day) < 3 {
		return d
	}
	d.doubt = climb(float64(doubters(l, b.since)), []step{{1, 0.5}, {2, 1.5}, {3, 2}})
	d.domain(l)
	if l.Now.UnixMilli()-l.Facts[anything].First >= daily.Milliseconds() {
		d.add(departure(l, sameHour), 0.2, "is not usually there at this time of the day")
	}
	if l.Features.Language != "" {
		d.add(departure(l, sameLanguage), 0.4, "never wrote in this language or script")
	}
	issue := everyIssue(l, b)
	if !issue && personal(l) {
		d.add(spoken(l, b), 0.5, "gives each of them a link of their own")
	}
	if disguised(l) {
		d.add(1, 0.35, "writes words in disguise")
	}
	if weight := packed(l); weight > 0 {
		d.add(1, weight, "sends programs or archives")
	}
	if !issue && (d.away >= 0.1 || lately(l, l.Facts[logins].Last) || b.linked && l.Facts[domainSenders].N <= 1) {
		d.add(b.hurry(), 1, "writes faster than people do")
	}
	d.tame = b.linked && known(l) && b.hurry() < 0.5 && d.doubt == 0 && !personal(l) && !disguised(l)
	return d
}

// everyIssue reports whether an account does what it has done since half a day and more: it tells many of one place. To such a program a
// link of each reader's own, and its pace, are no departure. A thief's link is to where the owner never led.
func everyIssue(l *nospim.Look, b *burst) bool {
	return (b.crowded || b.habit >= habitual) && noNews(&l.Facts[sameDomain], b.since)
}

// spoken says how much an account was known to say something before it turned to many, 0 to 1. Of one that never did, there is
// nothing that a link of each reader's own is unlike: newsletters begin so.
func spoken(l *nospim.Look, b *burst) float64 {
	all := &l.Facts[anything]
	if said := all.N - 2*l.Facts[logins].N - max(b.people, b.once); all.First == 0 || said < 1 { // whoever logs in reads the contact list, too
		return 0
	}
	return share(time.Duration(b.since-all.First)*time.Millisecond, acquainted)
}

// talkedHere reports whether the account had talked from this place before it began to turn to many. Thieves seldom take the time, and
// friends would notice; somebody on a journey has, or in a new telephone.
func talkedHere(l *nospim.Look, b *burst) bool {
	const fewest = 3
	n := 0
	for _, it := range l.Facts[sayings].Recent {
		if it.At < b.since {
			n++
		}
	}
	return n >= fewest
}

// domain adds what is new about the links' domain, unless everybody here links to it. That nobody else here ever did says more.
func (d *departures) domain(l *nospim.Look) {
	if len(l.Features.Links) == 0 || wellKnown(l) {
		return
	}
	if l.Facts[domainSenders].N <= 1 {
		d.add(departure(l, sameDomain), 0.5, "links to where nobody here ever linked")
		return
	}
	d.add(departure(l, sameDomain), 0.25, "never linked there before")
}

func (d *departures) sentence() string {
	if len(d.what) == 0 {
		return "this account does several things that it seldom did"
	}
	return "this account " + strings.Join(d.what, ", ")
}

// personal reports whether each of several people got a link of their own. Whoever tells friends something tells them all where the
// same thing is; a code for each is a program's. That it is short does not matter here, as it does for [Tracking]: friends are few.
func personal(l *nospim.Look) bool {
	const several = 3
	for i := range l.Links {
		for j := range l.Links[i].Slots {
			s := &l.Links[i].Slots[j]
			if s.Recipients >= several && s.Distinct == s.Recipients && !s.Timely {
				return true
			}
		}
	}
	return false
}

// disguised reports whether words are spelled so that filters do not read them.
func disguised(l *nospim.Look) bool {
	if l.Event.Encrypted {
		return false
	}
	for i := range disguises {
		if disguises[i].count(&l.Features.Disguise) > 0 {
			return true
		}
	}
	return false
}

// packed says how much it is unlike people to tell many of a file, by its name: an archive, a program, and most of all a program that
// poses as something else.
func packed(l *nospim.Look) (weight float64) {
	for i := range l.Event.Files {
		name := strings.ToLower(l.Event.Files[i].Name)
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			continue
		}
		stem, ending := name[:dot], name[dot+1:]
		switch {
		case slices.Contains(programs, ending) && slices.Contains(harmless, stem[strings.LastIndexByte(stem, '.')+1:]):
			weight = max(weight, 1)
		case slices.Contains(programs, ending):
			weight = max(weight, 0.7)
		case slices.Contains(archives, ending):
			weight = max(weight, 0.35)
		}
	}
	return weight
}

// The endings of archives and programs, as worms of instant messengers sent them, and those that programs pose under: photo.jpg.exe.
var (
	archives = []string{"zip", "rar", "7z", "iso", "dmg", "jar"}
	programs = []string{"exe", "scr", "pif", "com", "bat", "cmd", "msi", "js", "vbs", "lnk", "apk"}
	harmless = []string{"jpg", "jpeg", "png", "gif", "mp4", "avi", "mp3", "pdf", "doc", "docx", "txt"}
)

// known reports whether several accounts have linked to the domain for half a day: longer than a theft takes to spread from one friend to
// the next.
func known(l *nospim.Look) bool {
	d := &l.Facts[domainSenders]
	return d.N >= 3 && noNews(d, l.Now.UnixMilli())
}

// noNews reports whether something was first seen half a day and more before a time, in Unix milliseconds.
func noNews(f *nospim.Fact, at int64) bool {
	const halfDay = 12 * time.Hour
	return f.First != 0 && at-f.First >= halfDay.Milliseconds()
}

// wellKnown reports whether several accounts have linked to the domain for days.
func wellKnown(l *nospim.Look) bool {
	d := &l.Facts[domainSenders]
	return d.N >= 5 && d.First != 0 && l.Now.UnixMilli()-d.First >= usualAt.Milliseconds()
}
