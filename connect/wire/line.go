package wire

import (
	"strconv"
	"strings"

	"github.com/nospim/nospim"
)

// What says which line it is.
type What uint8

// The lines of the line protocol.
const (
	// Nothing: the line is not JSON, or has none of the words.
	Nothing What = iota
	IsHello
	IsEvent
	IsAck
	IsPing
	IsVerdict
	IsError
	IsOrder
	IsPong
)

// None is the number of a line that has none.
const None = -1

// Hello is who speaks: of a connector Connector, Service, Protocol (that of the raw forms it wants of orders) and Secret, of nospim
// Version, Policy and Shadow.
type Hello struct {
	Connector, Service, Protocol, Secret string

	Version, Policy string
	Shadow          bool
}

// Line is one line of the line protocol (docs/protocols/line.md), either way. What says which of the fields are set.
type Line struct {
	What    What
	N       int64 // None when the line has none
	Hello   Hello
	Event   *nospim.Event // where DecodeLine puts an event; the caller's
	Ack     string
	Failure string
	Ping    int64 // of a pong, too
	// Counters are beside a ping, nil for none.
	Counters *Counters
	Verdict  *nospim.Verdict
	Instead  string // beside a verdict: what is to be delivered in the place of the event's raw form
	Error    *Error
	Order    nospim.Order
	// Unknown counts fields that were passed over.
	Unknown int
	many    bool
}

// DecodeLine decodes a line into l, and its event into l.Event. After an error, What is Nothing if the line as such was wrong;
// otherwise it and N are right: the event was refused. An event that is still to be read is not checked (Unread).
func DecodeLine(text []byte, l *Line) error { return decodeLine(text, l, false) }

// SkimLine is DecodeLine without the copy, for a line that is answered and forgotten: the strings of l and its event are parts of text
// itself, and valid until that changes.
func SkimLine(text []byte, l *Line) error { return decodeLine(text, l, true) }

func decodeLine(text []byte, l *Line, lent bool) error {
	e := l.Event
	*l = Line{N: None, Event: e}
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	s.reset(text, lent)
	object(s, l, lineFields)
	err := s.end()
	l.Unknown = s.unknown
	switch {
	case s.broken:
		l.What = Nothing
		return err
	case l.many:
		l.What = Nothing
		return &nospim.InputError{Field: "line", Problem: "has more than one of hello, event, ack and ping"}
	case err != nil:
		return err
	case l.What == Nothing:
		return &nospim.InputError{Field: "line", Problem: "has none of hello, event, ack and ping"}
	case l.What == IsEvent && !l.Unread():
		return l.Event.Validate()
	}
	return nil
}

// Unread reports whether the line has an event in its raw form, of which the connector does not say what kind it is.
func (l *Line) Unread() bool { return l.What == IsEvent && l.Event.Kind == "" && l.Event.Raw != "" }

// is notes which line it is; a line is only one.
func (l *Line) is(w What) {
	l.many = l.many || l.What != Nothing
	l.What = w
}

var lineFields = []field[Line]{
	{"n", func(s *scanner, l *Line) { l.N = s.numbered() }},
	{"event", func(s *scanner, l *Line) {
		l.is(IsEvent)
		if l.Event == nil {
			l.Event = new(nospim.Event)
		}
		ResetEvent(l.Event)
		before := s.err
		object(s, l.Event, eventFields)
		s.placed = s.placed || s.err != before // a field of an event is named the same in a line and alone
	}},
	{"hello", func(s *scanner, l *Line) { l.is(IsHello); object(s, &l.Hello, helloFields) }},
	{"ack", func(s *scanner, l *Line) { l.is(IsAck); l.Ack = s.text() }},
	{"failure", func(s *scanner, l *Line) { l.Failure = s.text() }},
	{"ping", func(s *scanner, l *Line) { l.is(IsPing); l.Ping = s.whole() }},
	{"counters", func(s *scanner, l *Line) { l.Counters = new(Counters); object(s, l.Counters, counterFields) }},
	{"verdict", func(s *scanner, l *Line) {
		l.is(IsVerdict)
		l.Verdict = new(nospim.Verdict)
		object(s, l.Verdict, verdictFields)
	}},
	{"instead", func(s *scanner, l *Line) { l.Instead = s.text() }},
	{"error", func(s *scanner, l *Line) { l.is(IsError); l.Error = new(Error); object(s, l.Error, errorFields) }},
	{"order", func(s *scanner, l *Line) { l.is(IsOrder); object(s, &l.Order, orderFields) }},
	{"pong", func(s *scanner, l *Line) { l.is(IsPong); l.Ping = s.whole() }},
}

// numbered reads the number of a line, None when it is no number.
func (s *scanner) numbered() int64 {
	before := s.err
	n := s.whole()
	if before == nil && s.err != nil {
		return None
	}
	return n
}

var helloFields = []field[Hello]{
	{"connector", func(s *scanner, h *Hello) { h.Connector = s.text() }},
	{"service", func(s *scanner, h *Hello) { h.Service = s.text() }},
	{"protocol", func(s *scanner, h *Hello) { h.Protocol = s.text() }},
	{"secret", func(s *scanner, h *Hello) { h.Secret = s.text() }},
	{"version", func(s *scanner, h *Hello) { h.Version = s.text() }},
	{"policy", func(s *scanner, h *Hello) { h.Policy = s.text() }},
	{"shadow", func(s *scanner, h *Hello) { h.Shadow = s.flag() }},
}

var errorFields = []field[Error]{
	{"code", func(s *scanner, e *Error) { e.Code = parseCode(s.text()) }},
	{"field", func(s *scanner, e *Error) { e.Field = s.text() }},
	{"limit", func(s *scanner, e *Error) { e.Limit = s.whole() }},
	{"message", func(s *scanner, e *Error) { e.Message = s.text() }},
}

// parseCode reads a code's word; one that is not known is as good as unavailable.
func parseCode(word string) Code {
	for i, name := range codeNames {
		if name == word {
			return Code(i)
		}
	}
	return Unavailable
}

var orderFields = []field[nospim.Order]{
	{"id", func(s *scanner, o *nospim.Order) { o.ID = s.text() }},
	{"do", func(s *scanner, o *nospim.Order) { o.Do = nospim.OrderDo(s.text()) }},
	{"service", func(s *scanner, o *nospim.Order) { o.Service = s.text() }},
	{"event_id", func(s *scanner, o *nospim.Order) { o.EventID = s.text() }},
	{"raw", func(s *scanner, o *nospim.Order) { o.Raw = s.text() }},
	{"wire_id", func(s *scanner, o *nospim.Order) { o.WireID = s.text() }},
	{"sender", func(s *scanner, o *nospim.Order) { o.Sender = s.text() }},
	{"recipients", func(s *scanner, o *nospim.Order) {
		o.Recipients = list(s, o.Recipients, nospim.MaxRecipients, readText)
	}},
	{"text", func(s *scanner, o *nospim.Order) { o.Text = s.text() }},
}

// DecodeVerdict decodes a verdict. Its lists are limited to 1000 elements each.
func DecodeVerdict(text []byte) (*nospim.Verdict, error) {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	s.reset(text, false)
	v := new(nospim.Verdict)
	object(s, v, verdictFields)
	if err := s.end(); err != nil {
		return nil, err
	}
	return v, nil
}

// maxList bounds the lists of a verdict.
const maxList = 1000

var verdictFields = []field[nospim.Verdict]{
	{"event_id", func(s *scanner, v *nospim.Verdict) { v.EventID = s.text() }},
	{"action", func(s *scanner, v *nospim.Verdict) { readAction(s, &v.Action) }},
	{"wanted", func(s *scanner, v *nospim.Verdict) { readAction(s, &v.Wanted) }},
	{"score", func(s *scanner, v *nospim.Verdict) { v.Score = s.float() }},
	{"required", func(s *scanner, v *nospim.Verdict) { v.Required = s.float() }},
	{"signals", func(s *scanner, v *nospim.Verdict) { v.Signals = list(s, v.Signals, maxList, readSignal) }},
	{"labels", func(s *scanner, v *nospim.Verdict) { v.Labels = list(s, v.Labels, maxList, readLabel) }},
	{"campaign", func(s *scanner, v *nospim.Verdict) { v.Campaign = s.text() }},
	{"harm", func(s *scanner, v *nospim.Verdict) { v.Harm = s.text() }},
	{"tip", func(s *scanner, v *nospim.Verdict) { v.Tip = s.text() }},
	{"retry_after", func(s *scanner, v *nospim.Verdict) { v.RetryAfter = int(s.whole()) }},
	{"policy", func(s *scanner, v *nospim.Verdict) { v.Policy = s.text() }},
	{"degraded", func(s *scanner, v *nospim.Verdict) { v.Degraded = list(s, v.Degraded, maxList, readText) }},
	{"shadow", func(s *scanner, v *nospim.Verdict) { v.Shadow = s.flag() }},
}

var signalFields = []field[nospim.Signal]{
	{"symbol", func(s *scanner, g *nospim.Signal) { g.Symbol = s.text() }},
	{"score", func(s *scanner, g *nospim.Signal) { g.Score = s.float() }},
	{"why", func(s *scanner, g *nospim.Signal) { g.Why = s.text() }},
	{"entities", func(s *scanner, g *nospim.Signal) { g.Entities = list(s, g.Entities, maxList, readEntity) }},
}

var labelFields = []field[nospim.Label]{
	{"entity", func(s *scanner, l *nospim.Label) { readEntity(s, &l.Entity) }},
	{"name", func(s *scanner, l *nospim.Label) { l.Name = s.text() }},
	{"until", func(s *scanner, l *nospim.Label) { l.Until = s.time() }},
}

func readSignal(s *scanner, g *nospim.Signal) { object(s, g, signalFields) }
func readLabel(s *scanner, l *nospim.Label)   { object(s, l, labelFields) }

func readEntity(s *scanner, e *nospim.Entity) {
	kind, id, ok := strings.Cut(s.text(), ":")
	if !ok {
		s.refuse("", "has no kind: it is written kind:id")
		return
	}
	e.Kind, e.ID = nospim.EntityKind(kind), id
}

// AppendVerdictLine appends {"n":…,"verdict":…,"instead":…} and a newline, without instead when it is empty.
func AppendVerdictLine(dst []byte, n int64, v *nospim.Verdict, instead string) []byte {
	dst = append(appendNumber(dst, n), `"verdict":`...)
	dst = appendField(AppendVerdict(dst, v), `,"instead":`, instead)
	return append(dst, '}', '\n')
}

// AppendVerdictLine is AppendVerdictLine; see [Usual.AppendVerdict].
func (u *Usual) AppendVerdictLine(dst []byte, n int64, v *nospim.Verdict, instead string) []byte {
	dst = append(appendNumber(dst, n), `"verdict":`...)
	dst = appendField(u.AppendVerdict(dst, v), `,"instead":`, instead)
	return append(dst, '}', '\n')
}

// AppendErrorLine appends {"n":…,"error":…} and a newline, without n when it is None.
func AppendErrorLine(dst []byte, n int64, err error) []byte {
	dst = append(appendNumber(dst, n), `"error":`...)
	return append(AppendError(dst, err), '}', '\n')
}

// AppendEventLine appends {"n":…,"event":…} and a newline, without n when it is None.
func AppendEventLine(dst []byte, n int64, e *nospim.Event) []byte {
	dst = append(appendNumber(dst, n), `"event":`...)
	return append(AppendEvent(dst, e), '}', '\n')
}

// AppendOrderLine appends {"order":…} and a newline.
func AppendOrderLine(dst []byte, o *nospim.Order) []byte {
	return append(AppendOrder(append(dst, `{"order":`...), o), '}', '\n')
}

// AppendAckLine appends {"ack":…,"failure":…} and a newline, without failure when it is empty.
func AppendAckLine(dst []byte, id, failure string) []byte {
	dst = AppendString(append(dst, `{"ack":`...), id)
	return append(appendField(dst, `,"failure":`, failure), '}', '\n')
}

// AppendHello appends a connector's {"hello":…} and a newline.
func AppendHello(dst []byte, h *Hello) []byte {
	dst = AppendString(append(dst, `{"hello":{"connector":`...), h.Connector)
	dst = appendField(dst, `,"service":`, h.Service)
	dst = appendField(dst, `,"protocol":`, h.Protocol)
	dst = appendField(dst, `,"secret":`, h.Secret)
	return append(dst, '}', '}', '\n')
}

// AppendWelcome appends nospim's answer to hello and a newline.
func AppendWelcome(dst []byte, h *Hello) []byte {
	dst = AppendString(append(dst, `{"hello":{"version":`...), h.Version)
	dst = AppendString(append(dst, `,"policy":`...), h.Policy)
	dst = strconv.AppendBool(append(dst, `,"shadow":`...), h.Shadow)
	return append(dst, '}', '}', '\n')
}

// appendNumber opens a line with its number.
func appendNumber(dst []byte, n int64) []byte {
	if n == None {
		return append(dst, '{')
	}
	dst = strconv.AppendInt(append(dst, `{"n":`...), n, 10)
	return append(dst, ',')
}

// AppendPingLine appends {"ping":…} and a newline.
func AppendPingLine(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, `{"ping":`...), n, 10), '}', '\n')
}

// AppendPongLine appends {"pong":…} and a newline.
func AppendPongLine(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, `{"pong":`...), n, 10), '}', '\n')
}
