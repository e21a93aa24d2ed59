package wire

import "time"

// time reads an RFC 3339 time, by the rules of [time.Time.UnmarshalText].
func (s *scanner) time() time.Time {
	word := s.text()
	if s.err != nil {
		return time.Time{}
	}
	t, ok := instant(word)
	if ok {
		return t
	}
	var room [40]byte // RFC 3339 with nanoseconds and an offset has 35 bytes
	if err := t.UnmarshalText(append(room[:0], word...)); err != nil {
		s.refuse("", "must be a time as RFC 3339")
		return time.Time{}
	}
	return t
}

// instant reads a time as programs mostly write it, in UTC with at most nine digits after the second, which takes a sixth of the time.
// ok is false for any other form, right or wrong.
func instant(word string) (t time.Time, ok bool) {
	const form = "2006-01-02T15:04:05Z"
	last := len(word) - 1
	if len(word) < len(form) || word[last] != 'Z' || word[4] != '-' || word[7] != '-' || word[10] != 'T' || word[13] != ':' || word[16] != ':' {
		return t, false
	}
	year, month, day := 100*two(word)+two(word[2:]), two(word[5:]), two(word[8:])
	hour, minute, second := two(word[11:]), two(word[14:]), two(word[17:])
	nanos, ok := fraction(word[19:last])
	if !ok || min(year, month-1, day-1, hour, minute, second) < 0 || month > 12 || day > daysOf(year, month) || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	seconds := int64(days(year, month, day))*86400 + int64(3600*hour+60*minute+second)
	return time.Unix(seconds, int64(nanos)).UTC(), true
}

// daysOf is how many days a month has, in the calendar of RFC 3339.
func daysOf(year, month int) int {
	switch {
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	case month != 2:
		return 31
	case year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	}
	return 28
}

// days are those from 1 January 1970 to a date from the year 0 on. The year is taken to begin in March, so that its months before a day
// have (153 m + 2) / 5 days, and the leap day comes last.
func days(year, month, day int) int {
	m := month - 3
	if m < 0 {
		m, year = m+12, year-1
	}
	year += 400                  // of 146,097 days: no year is negative then
	const from = 719468 + 146097 // 1 March of the year -400 to 1 January 1970
	return 365*year + year/4 - year/100 + year/400 + (153*m+2)/5 + day - 1 - from
}

// two reads a number of two digits; it is far below zero when something else is among them.
func two(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -10000
	}
	return 10*int(a) + int(b)
}

// fraction reads what follows the second, in nanoseconds: nothing, or a point and one to nine digits.
func fraction(s string) (nanos int, ok bool) {
	if s == "" {
		return 0, true
	}
	if len(s) < 2 || len(s) > 10 || s[0] != '.' {
		return 0, false
	}
	if nanos = digits(s[1:]); nanos < 0 {
		return 0, false
	}
	for range 10 - len(s) {
		nanos *= 10
	}
	return nanos, true
}

// digits reads a number of a few digits; it is negative when something else is among them.
func digits(s string) (n int) {
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return -1
		}
		n = 10*n + int(d)
	}
	return n
}
