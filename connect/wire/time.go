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

// instant reads a time as programs mostly write it, in UTC with at most nine digits after the second, which takes a third of the time.
// ok is false for any other form, right or wrong.
func instant(word string) (t time.Time, ok bool) {
	const form = "2006-01-02T15:04:05Z"
	last := len(word) - 1
	if len(word) < len(form) || word[last] != 'Z' || word[4] != '-' || word[7] != '-' || word[10] != 'T' || word[13] != ':' || word[16] != ':' {
		return t, false
	}
	year, month, day := digits(word[:4]), digits(word[5:7]), digits(word[8:10])
	hour, minute, second := digits(word[11:13]), digits(word[14:16]), digits(word[17:19])
	nanos, ok := fraction(word[19:last])
	if !ok || min(year, month-1, day-1, hour, minute, second) < 0 || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t, day <= 28 || t.Day() == day // 30 February is none
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
