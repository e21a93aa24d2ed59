package detect

import (
	"strconv"
	"time"

	"github.com/nospim/nospim"
)

// burst is what an account sent of late that people are to act upon: the newest items of its outbox, this event's own included.
type burst struct {
	// people is how many got something of this domain within the hour, all how many got something of any, day how many got
	// something of this domain within the day.
	people, all, day float64
	// habit is to how many people the account sent such things within an hour before, at most.
	habit float64
	// since is when the first of the hour got it, gap the mean time between two of them; both in milliseconds.
	since, gap int64
}

// measure reads a burst out of what was recalled.
func measure(l *nospim.Look) burst {
	items, now := l.Facts[outbox].Recent, l.Now.UnixMilli()
	own := l.Facts[outbox].Own
	own.At = now
	here := float64(max(1, len(l.Event.Recipients))) // a message to several people counts for each
	b := burst{since: now}
	hour, day := time.Hour.Milliseconds(), 24*time.Hour.Milliseconds()
	for i := len(items) - 1; i >= 0; i-- {
		it := &items[i]
		if it.At > now || it.Of == own.Of || later(items[i+1:], it.Of) {
			continue // one person counts once, when it was last written to
		}
		same := it.With == own.With
		switch age := now - it.At; {
		case age < hour:
			b.all++
			if same {
				b.people++
				b.day++
			}
			b.since = it.At
		case age < day && same:
			b.day++
		}
	}
	if b.all > 0 {
		b.gap = (now - b.since) / int64(b.all)
	}
	b.people, b.all, b.day = b.people+here, b.all+here, b.day+here
	b.habit = busiest(items, b.since-hour)
	return b
}

// later reports whether a person stands among items.
func later(items []nospim.Item, of uint32) bool {
	for i := range items {
		if items[i].Of == of {
			return true
		}
	}
	return false
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

// factor says how much of a burst it is. Whoever acts unlike itself (odd) is asked sooner than who does not, and what an account
// has done before is no burst.
func (b *burst) factor(odd float64) float64 {
	if b.habit >= b.people {
		return 0
	}
	if odd >= 0.85 {
		return max(
			climb(b.people, []step{{3, 0.75}, {4, 1}, {6, 1.5}, {8, 2}}),
			climb(b.all, []step{{5, 0.75}, {7, 1}, {9, 1.5}}),
			climb(b.day, []step{{5, 0.75}, {6, 1}, {8, 1.5}}))
	}
	return max(
		climb(b.people, []step{{4, 0.5}, {8, 0.75}, {12, 1}}),
		climb(b.day, []step{{12, 0.5}, {20, 0.75}}))
}

// hurry says how much the pace is that of a machine. Nobody types, or picks somebody else and pastes, in 3 seconds time and again.
func (b *burst) hurry() float64 {
	switch {
	case b.all < 4:
		return 0
	case b.gap < 3000:
		return 0.5
	case b.gap < 6000:
		return 0.25
	}
	return 0
}

func (b *burst) sentence() string {
	people, took := max(b.people, b.all), b.gap*int64(max(1, b.all-1))
	s := "sent something to act upon to " + number(people) + " people within " + span(took)
	if b.people == b.all {
		s = "sent the same kind of thing to " + number(people) + " people within " + span(took)
	}
	if b.habit > 0 {
		return s + ", and never to more than " + number(b.habit) + " in an hour before"
	}
	return s + ", which it never did before"
}

// ago writes how long before an event something was, for a sentence.
func ago(l *nospim.Look, at int64) string { return span(l.Now.UnixMilli()-at) + " before" }

// span writes a duration in milliseconds in the largest unit that is not zero.
func span(ms int64) string {
	d := time.Duration(max(0, ms)) * time.Millisecond
	n, unit := int64(d/time.Second), "second"
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
