package detect

import (
	"strconv"
	"time"

	"github.com/nospim/nospim"
)

// burst is what an account sent of late to one person after the other, this event's own included.
type burst struct {
	// people is how many got the same within the hour, day how many within the day: something of the same domain, or the same
	// words. once is how many got something of any domain, or any words, within the hour, and nothing more: whom one talks with
	// gets more than one line.
	people, once, day float64
	// habit is to how many people the account sent such things within an hour before, at most. crowded says that what was before is
	// forgotten over what came since.
	habit   float64
	crowded bool
	// since is when the first of the hour got it, gap the mean time between two of them; both in milliseconds.
	since, gap int64
	// words says that it is in the words alone, linked that it is a link.
	words, linked bool
}

// measure reads the larger burst out of what was recalled: that of things to act upon, or that of words.
func measure(l *nospim.Look) burst {
	var b burst
	if carries(l) {
		b = tally(l, &l.Facts[outbox])
		b.linked = len(l.Features.Links) > 0
	}
	if own := l.Facts[sayings].Own; tells(l) && own.With != 0 {
		w := tally(l, &l.Facts[sayings])
		w.habit, w.crowded, w.words = 0, false, true // people chat with many, which is no habit of this kind
		if max(w.people, w.once) > max(b.people, b.once) {
			return w
		}
	}
	return b
}

// Of the newest items that are remembered, so many at the old end have to be of another time for there to be a habit; and whoever
// has sent to so many within an hour before is a program that people want, or somebody who serves many.
const (
	remembered = 32
	habitual   = 12
)

// tally counts the people that items went to.
func tally(l *nospim.Look, f *nospim.Fact) burst {
	items, own, now := f.Recent, f.Own, l.Now.UnixMilli()
	const hour, day = 3_600_000, 24 * 3_600_000
	b, began := burst{since: now}, now
	own.At = now
	if (l.Facts[bursting].N == 0 || !carries(l)) && lines(items, &own, now-hour, false) > 0 {
		return b // the next line to somebody
	}
	for i := len(items) - 1; i >= 0; i-- {
		it := &items[i]
		age, same := now-it.At, it.With == own.With
		if age < 0 || age >= day || it.Of == own.Of {
			continue
		}
		if age < hour && lines(items, it, now-hour, false) == 1 {
			b.once++
			began = it.At
		}
		if !same || lines(items[i+1:], it, 0, true) > 0 {
			continue // one person counts once
		}
		b.day++
		if age < hour {
			b.people++
			b.since = it.At
		}
	}
	here := float64(max(1, len(l.Event.Recipients))) // a message to several people counts for each
	if b.once > b.people {
		b.since = began
	}
	b.gap = (now - b.since) / int64(max(1, b.people, b.once))
	b.people, b.once, b.day = b.people+here, b.once+here, b.day+here
	b.habit = busiest(items, b.since-hour)
	b.crowded = len(items) >= remembered && items[remembered-habitual].At >= b.since
	return b
}

// lines counts the items since a time that went to the same person as one of them, or only those that are the same.
func lines(items []nospim.Item, it *nospim.Item, since int64, same bool) (n int) {
	for i := range items {
		if items[i].Of == it.Of && items[i].At > since && (!same || items[i].With == it.With) {
			n++
		}
	}
	return n
}

// busiest returns to how many people at most items went within an hour, of those before a time. It may count one person twice.
func busiest(items []nospim.Item, before int64) (most float64) {
	hour, from := time.Hour.Milliseconds(), 0
	for to := range items {
		if items[to].At >= before {
			break
		}
		for items[to].At-items[from].At >= hour {
			from++
		}
		most = max(most, float64(to-from+1))
	}
	return most
}

// factor says how much of a burst it is. Whoever acts unlike itself is asked sooner than who does not, and what an account
// has done before is no burst, unless several things are unlike it. caught says that it was found unlike itself within the hour: it stays so.
func (b *burst) factor(d *departures, caught bool) float64 {
	odd, people := d.sum(), max(b.people, b.once)
	if !caught && odd < 1 && (b.crowded || b.habit >= min(people, habitual)) {
		return 0
	}
	usual := climb(max(people, b.day-4), []step{{8, 0.5}})
	strange := max(
		climb(people, []step{{3, 0.7}, {5, 1}, {7, 1.25}, {8, 1.5}, {9, 1.65}, {16, 1.75}}),
		climb(b.day, []step{{5, 0.75}, {6, 1}, {8, 1.25}, {12, 1.5}, {16, 1.65}}))
	if d.tame {
		strange = min(strange, 1)
	}
	return usual + max(0, strange-usual)*min(1, odd/0.7)
}

// hurry says how much the pace is that of a machine. Nobody types, or picks somebody else and pastes, in 3 seconds time and again,
// and in less than two nobody can.
func (b *burst) hurry() float64 {
	switch {
	case max(b.people, b.once) < 5:
		return 0
	case b.gap < 2000:
		return 0.75
	case b.gap < 3000:
		return 0.5
	case b.gap < 5000:
		return 0.2
	}
	return 0
}

func (b *burst) sentence() string {
	s := ""
	switch {
	case b.people >= 3:
		what := "the same kind of thing"
		switch {
		case b.words:
			what = "the same words"
		case b.linked:
			what = "links to one place"
		}
		s = "sent " + what + " to " + number(b.people) + " people within " + span(b.gap*int64(max(1, b.people-1)))
	case int(b.once) < len(turnedTo):
		s = turnedTo[int(b.once)]
	default:
		s = turned(b.once)
	}
	if b.habit > 0 {
		return s + ", and never to more than " + number(b.habit) + " in an hour before"
	}
	return s
}

// turnedTo are the sentences of the bursts that are told most often: of people who chat.
var turnedTo = func() (all [64]string) {
	for n := range all {
		all[n] = turned(float64(n))
	}
	return all
}()

func turned(people float64) string { return "turned to " + number(people) + " people within the hour" }

// ago writes how long before an event something was, for a sentence.
func ago(l *nospim.Look, at int64) string { return span(l.Now.UnixMilli()-at) + " before" }

// span writes a duration in milliseconds in the largest unit that is not zero.
func span(ms int64) string {
	d := time.Duration(max(0, ms)) * time.Millisecond
	n, unit := max(1, int64(d/time.Second)), "second"
	switch {
	case d >= 48*time.Hour:
		n, unit = int64(d/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		n, unit = int64(d/time.Hour), "hour"
	case d >= 2*time.Minute:
		n, unit = int64(d/time.Minute), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.FormatInt(n, 10) + " " + unit
}
