package wire

import (
	"errors"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/nospim/nospim"
)

// AppendVerdict appends v as encoding/json would write it, with scores of at most three decimals and empty lists of signals as [].
func AppendVerdict(dst []byte, v *nospim.Verdict) []byte {
	return appendRest(appendEventID(dst, v), v)
}

func appendEventID(dst []byte, v *nospim.Verdict) []byte {
	return AppendString(append(dst, `{"event_id":`...), v.EventID)
}

// appendRest appends what follows the event's id.
func appendRest(dst []byte, v *nospim.Verdict) []byte {
	dst = append(dst, `,"action":`...)
	dst = AppendString(dst, v.Action.String())
	dst = append(dst, `,"wanted":`...)
	dst = AppendString(dst, v.Wanted.String())
	dst = append(dst, `,"score":`...)
	dst = appendScore(dst, v.Score)
	dst = append(dst, `,"required":`...)
	dst = appendScore(dst, v.Required)
	dst = append(dst, `,"signals":[`...)
	for i := range v.Signals {
		dst = appendSignal(comma(dst, i), &v.Signals[i])
	}
	dst = append(dst, ']')
	if len(v.Labels) > 0 {
		dst = append(dst, `,"labels":[`...)
		for i := range v.Labels {
			dst = appendLabel(comma(dst, i), &v.Labels[i])
		}
		dst = append(dst, ']')
	}
	dst = appendField(dst, `,"campaign":`, v.Campaign)
	dst = appendField(dst, `,"harm":`, v.Harm)
	dst = appendField(dst, `,"tip":`, v.Tip)
	if v.RetryAfter != 0 {
		dst = append(dst, `,"retry_after":`...)
		dst = strconv.AppendInt(dst, int64(v.RetryAfter), 10)
	}
	dst = append(dst, `,"policy":`...)
	dst = AppendString(dst, v.Policy)
	dst = appendTexts(dst, `,"degraded":`, v.Degraded)
	dst = append(dst, `,"shadow":`...)
	dst = strconv.AppendBool(dst, v.Shadow)
	return append(dst, '}')
}

func appendSignal(dst []byte, s *nospim.Signal) []byte {
	dst = append(dst, `{"symbol":`...)
	dst = AppendString(dst, s.Symbol)
	dst = append(dst, `,"score":`...)
	dst = appendScore(dst, s.Score)
	dst = append(dst, `,"why":`...)
	dst = AppendString(dst, s.Why)
	if len(s.Entities) > 0 {
		dst = append(dst, `,"entities":[`...)
		for i := range s.Entities {
			dst = appendEntity(comma(dst, i), s.Entities[i])
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendLabel(dst []byte, l *nospim.Label) []byte {
	dst = append(dst, `{"entity":`...)
	dst = appendEntity(dst, l.Entity)
	dst = append(dst, `,"name":`...)
	dst = AppendString(dst, l.Name)
	dst = appendTime(dst, `,"until":`, l.Until)
	return append(dst, '}')
}

// appendEntity writes kind:id.
func appendEntity(dst []byte, e nospim.Entity) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, string(e.Kind))
	dst = append(dst, ':')
	dst = appendEscaped(dst, e.ID)
	return append(dst, '"')
}

// AppendEvent appends e as encoding/json would write it, with times in UTC.
func AppendEvent(dst []byte, e *nospim.Event) []byte {
	dst = append(dst, `{"id":`...)
	dst = AppendString(dst, e.ID)
	dst = append(dst, `,"kind":`...)
	dst = AppendString(dst, string(e.Kind))
	dst = appendTime(dst, `,"time":`, e.Time)
	dst = appendField(dst, `,"protocol":`, e.Protocol)
	dst = append(dst, `,"service":`...)
	dst = AppendString(dst, e.Service)
	dst = appendField(dst, `,"direction":`, string(e.Direction))
	dst = append(dst, `,"sender":`...)
	dst = appendAccount(dst, &e.Sender)
	if len(e.Recipients) > 0 {
		dst = append(dst, `,"recipients":[`...)
		for i := range e.Recipients {
			dst = appendAccount(comma(dst, i), &e.Recipients[i])
		}
		dst = append(dst, ']')
	}
	dst = appendField(dst, `,"room":`, e.Room)
	dst = appendField(dst, `,"relation":`, string(e.Relation))
	dst = appendField(dst, `,"addr":`, e.Addr)
	dst = appendField(dst, `,"client":`, e.Client)
	dst = appendField(dst, `,"body":`, e.Body)
	dst = appendTexts(dst, `,"links":`, e.Links)
	if len(e.Files) > 0 {
		dst = append(dst, `,"files":[`...)
		for i := range e.Files {
			dst = appendFile(comma(dst, i), &e.Files[i])
		}
		dst = append(dst, ']')
	}
	dst = appendFlag(dst, `,"encrypted":true`, e.Encrypted)
	dst = appendField(dst, `,"refers":`, e.Refers)
	dst = appendField(dst, `,"wire_id":`, e.WireID)
	dst = appendField(dst, `,"invited_by":`, e.InvitedBy)
	if e.Count != 0 {
		dst = append(dst, `,"count":`...)
		dst = strconv.AppendInt(dst, int64(e.Count), 10)
	}
	if len(e.Can) > 0 {
		dst = append(dst, `,"can":[`...)
		for i, a := range e.Can {
			dst = AppendString(comma(dst, i), a.String())
		}
		dst = append(dst, ']')
	}
	dst = appendFlag(dst, `,"observe":true`, e.Observe)
	dst = appendField(dst, `,"raw":`, e.Raw)
	return append(dst, '}')
}

func appendAccount(dst []byte, a *nospim.Account) []byte {
	dst = append(dst, `{"id":`...)
	dst = AppendString(dst, a.ID)
	dst = appendField(dst, `,"name":`, a.Name)
	dst = appendFlag(dst, `,"local":true`, a.Local)
	if !a.Created.IsZero() {
		dst = appendTime(dst, `,"created":`, a.Created)
	}
	dst = appendFlag(dst, `,"minor":true`, a.Minor)
	dst = appendField(dst, `,"affiliation":`, a.Affiliation)
	return append(dst, '}')
}

func appendFile(dst []byte, f *nospim.File) []byte {
	start := len(dst)
	dst = appendField(dst, `,"name":`, f.Name)
	dst = appendField(dst, `,"type":`, f.Type)
	if f.Size != 0 {
		dst = append(dst, `,"size":`...)
		dst = strconv.AppendInt(dst, f.Size, 10)
	}
	dst = appendField(dst, `,"url":`, f.URL)
	if len(dst) == start {
		return append(dst, '{', '}')
	}
	dst[start] = '{'
	return append(dst, '}')
}

// AppendOrder appends o as encoding/json would write it.
func AppendOrder(dst []byte, o *nospim.Order) []byte {
	dst = append(dst, `{"id":`...)
	dst = AppendString(dst, o.ID)
	dst = append(dst, `,"do":`...)
	dst = AppendString(dst, string(o.Do))
	dst = append(dst, `,"service":`...)
	dst = AppendString(dst, o.Service)
	dst = appendField(dst, `,"event_id":`, o.EventID)
	dst = appendField(dst, `,"raw":`, o.Raw)
	dst = appendField(dst, `,"wire_id":`, o.WireID)
	dst = appendField(dst, `,"sender":`, o.Sender)
	dst = appendTexts(dst, `,"recipients":`, o.Recipients)
	dst = appendField(dst, `,"text":`, o.Text)
	return append(dst, '}')
}

// AppendError appends {"code":…,"field":…,"limit":…,"message":…}; field and limit where there are any. What an input error says
// is for the peer; of every other error it learns the code and a text that is always the same.
func AppendError(dst []byte, err error) []byte {
	code := CodeOf(err)
	dst = append(dst, `{"code":`...)
	dst = AppendString(dst, code.String())
	message := codeTexts[code]
	var input *nospim.InputError
	if errors.As(err, &input) {
		message = input.Error()
		dst = appendField(dst, `,"field":`, input.Field)
		if input.Limit != 0 {
			dst = append(dst, `,"limit":`...)
			dst = strconv.AppendInt(dst, int64(input.Limit), 10)
		}
	}
	dst = append(dst, `,"message":`...)
	dst = AppendString(dst, message)
	return append(dst, '}')
}

// appendField writes a field unless it is empty; name stands with its comma and colon.
func appendField(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return AppendString(append(dst, name...), value)
}

func appendFlag(dst []byte, field string, set bool) []byte {
	if !set {
		return dst
	}
	return append(dst, field...)
}

func appendTexts(dst []byte, name string, values []string) []byte {
	if len(values) == 0 {
		return dst
	}
	dst = append(append(dst, name...), '[')
	for i, v := range values {
		dst = AppendString(comma(dst, i), v)
	}
	return append(dst, ']')
}

func appendTime(dst []byte, name string, t time.Time) []byte {
	dst = append(append(dst, name...), '"')
	dst = t.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"')
}

// comma separates the elements of an array.
func comma(dst []byte, i int) []byte {
	if i == 0 {
		return dst
	}
	return append(dst, ',')
}

// appendScore writes at most three decimals by whole numbers, which is ten times as fast as writing a float. JSON has no
// words for what is not a number: such a score is written as 0.
func appendScore(dst []byte, f float64) []byte {
	const most = 1e12
	switch {
	case math.IsNaN(f):
		return append(dst, '0')
	case f >= most || f <= -most:
		return strconv.AppendInt(dst, int64(max(-1e18, min(1e18, f))), 10)
	}
	n := int64(math.Round(f * 1000))
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	dst = strconv.AppendInt(dst, n/1000, 10)
	n %= 1000
	if n == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+n/100))
	if n %= 100; n > 0 {
		dst = append(dst, byte('0'+n/10))
	}
	if n %= 10; n > 0 {
		dst = append(dst, byte('0'+n))
	}
	return dst
}

// AppendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD; U+2028 and U+2029, which end lines in
// JavaScript, are escaped, as encoding/json does.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

func appendEscaped(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		if len(s)-i >= 8 && plain(s[i:i+8]) {
			i += 8
			continue
		}
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = appendControl(dst, c)
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError && r != '\u2028' && r != '\u2029' || r == utf8.RuneError && n > 1 {
			i += n
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = append(dst, `\u`...)
		for shift := 12; shift >= 0; shift -= 4 {
			dst = append(dst, hexDigits[r>>shift&15])
		}
		i += n
		start = i
	}
	return append(dst, s[start:]...)
}

// plain reports whether eight bytes are ASCII and stand for themselves in a string.
func plain(s string) bool {
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	return (special(x) | x&highs) == 0
}

const hexDigits = "0123456789abcdef"

func appendControl(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
