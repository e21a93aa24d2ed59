package policy

import (
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// sentence is the why of a rule: text with numbers of the event between.
type sentence []piece

// piece is a text, or a number or duration to be put there.
type piece struct {
	text string
	typ  typ
	num  func(*nospim.Look) float64
}

// say makes the sentence for an event. It never quotes the message: only numbers and durations are put in.
func (s sentence) say(l *nospim.Look) string {
	if len(s) == 1 && s[0].num == nil {
		return s[0].text
	}
	var b strings.Builder
	for _, p := range s {
		switch {
		case p.num == nil:
			b.WriteString(p.text)
		case p.typ == span:
			b.WriteString(formatSpan(p.num(l)))
		default:
			b.WriteString(format(p.num(l)))
		}
	}
	return b.String()
}

// compileSentence compiles a text with {expressions} that are numbers or durations.
func (c *compiler) compileSentence(text string) sentence {
	var s sentence
	at := 0 // in characters
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			s = append(s, piece{text: before})
		}
		if !found {
			break
		}
		at += len([]rune(before)) + 1
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			c.src.problemAt(at-1, "{ is not closed")
			break
		}
		c.offset = at
		switch t := c.compile(inside); t.typ {
		case number, span:
			s = append(s, piece{typ: t.typ, num: t.num})
		case boolean, word:
			c.src.problemAt(at, "only numbers and durations can be put into a sentence; this is %s", t.typ)
		case invalid:
		}
		at += len([]rune(inside)) + 1
		text = after
	}
	c.offset = 0
	return s
}

// format writes a number for people: whole when it is whole.
func format(f float64) string {
	return strconv.FormatFloat(round(f), 'f', -1, 64)
}

// formatSpan writes a duration, in seconds, for people.
func formatSpan(seconds float64) string {
	if !(seconds < unknownAge) {
		return "a time not known"
	}
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d >= 48*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	case d >= time.Hour:
		return spell(d.Round(time.Minute))
	}
	return spell(d.Round(time.Second))
}
