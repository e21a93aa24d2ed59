package wire

import (
	"sync"

	"github.com/nospim/nospim"
)

// scanners are shared by the Decode functions: a scanner keeps only its buffers.
var scanners = sync.Pool{New: func() any { return new(scanner) }}

// DecodeEvent decodes one event into e and checks its limits. Everything that e held is gone; the memory of its lists is used
// again. It returns how many unknown fields were passed over.
//
// The strings of e are parts of one copy of text: whoever keeps one beyond the event keeps a clone, or keeps them all.
//
// The error is a [*nospim.InputError] that names the field, or the byte where the text stops being JSON; e is then of no use.
func DecodeEvent(text []byte, e *nospim.Event) (unknown int, err error) {
	return decodeEvent(text, e, false)
}

// SkimEvent is DecodeEvent without the copy, for an event that is answered and forgotten: the strings of e are parts of text itself, and
// valid until that changes.
func SkimEvent(text []byte, e *nospim.Event) (unknown int, err error) {
	return decodeEvent(text, e, true)
}

func decodeEvent(text []byte, e *nospim.Event, lent bool) (unknown int, err error) {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	s.reset(text, lent)
	ResetEvent(e)
	object(s, e, eventFields)
	if err := s.end(); err != nil {
		return s.unknown, err
	}
	return s.unknown, e.Validate()
}

// ResetEvent makes e empty and keeps the memory of its lists.
func ResetEvent(e *nospim.Event) {
	clear(e.Recipients)
	clear(e.Links)
	clear(e.Files)
	*e = nospim.Event{Recipients: e.Recipients[:0], Links: e.Links[:0], Files: e.Files[:0], Can: e.Can[:0]}
}

// eventFields are the fields of an event in the order in which AppendEvent writes them.
var eventFields = []field[nospim.Event]{
	{"id", func(s *scanner, e *nospim.Event) { e.ID = s.text() }},
	{"kind", func(s *scanner, e *nospim.Event) { e.Kind = nospim.Kind(s.text()) }},
	{"time", func(s *scanner, e *nospim.Event) { e.Time = s.time() }},
	{"protocol", func(s *scanner, e *nospim.Event) { e.Protocol = s.text() }},
	{"service", func(s *scanner, e *nospim.Event) { e.Service = s.text() }},
	{"direction", func(s *scanner, e *nospim.Event) { e.Direction = nospim.Direction(s.text()) }},
	{"sender", func(s *scanner, e *nospim.Event) { readAccount(s, &e.Sender) }},
	{"recipients", func(s *scanner, e *nospim.Event) {
		e.Recipients = list(s, e.Recipients, nospim.MaxRecipients, readAccount)
	}},
	{"room", func(s *scanner, e *nospim.Event) { e.Room = s.text() }},
	{"relation", func(s *scanner, e *nospim.Event) { e.Relation = nospim.Relation(s.text()) }},
	{"addr", func(s *scanner, e *nospim.Event) { e.Addr = s.text() }},
	{"client", func(s *scanner, e *nospim.Event) { e.Client = s.text() }},
	{"body", func(s *scanner, e *nospim.Event) { e.Body = s.text() }},
	{"links", func(s *scanner, e *nospim.Event) { e.Links = list(s, e.Links, nospim.MaxLinks, readText) }},
	{"files", func(s *scanner, e *nospim.Event) { e.Files = list(s, e.Files, nospim.MaxFiles, readFile) }},
	{"encrypted", func(s *scanner, e *nospim.Event) { e.Encrypted = s.flag() }},
	{"refers", func(s *scanner, e *nospim.Event) { e.Refers = s.text() }},
	{"wire_id", func(s *scanner, e *nospim.Event) { e.WireID = s.text() }},
	{"invited_by", func(s *scanner, e *nospim.Event) { e.InvitedBy = s.text() }},
	{"count", func(s *scanner, e *nospim.Event) { e.Count = int(s.whole()) }},
	{"can", func(s *scanner, e *nospim.Event) { e.Can = list(s, e.Can, maxCan, readAction) }},
	{"observe", func(s *scanner, e *nospim.Event) { e.Observe = s.flag() }},
	{"raw", func(s *scanner, e *nospim.Event) { e.Raw = s.text() }},
}

// maxCan is how many actions there are.
const maxCan = int(nospim.Drop) + 1

var accountFields = []field[nospim.Account]{
	{"id", func(s *scanner, a *nospim.Account) { a.ID = s.text() }},
	{"name", func(s *scanner, a *nospim.Account) { a.Name = s.text() }},
	{"local", func(s *scanner, a *nospim.Account) { a.Local = s.flag() }},
	{"created", func(s *scanner, a *nospim.Account) { a.Created = s.time() }},
	{"minor", func(s *scanner, a *nospim.Account) { a.Minor = s.flag() }},
	{"affiliation", func(s *scanner, a *nospim.Account) { a.Affiliation = s.text() }},
}

var fileFields = []field[nospim.File]{
	{"name", func(s *scanner, f *nospim.File) { f.Name = s.text() }},
	{"type", func(s *scanner, f *nospim.File) { f.Type = s.text() }},
	{"size", func(s *scanner, f *nospim.File) { f.Size = s.whole() }},
	{"url", func(s *scanner, f *nospim.File) { f.URL = s.text() }},
}

func readAccount(s *scanner, a *nospim.Account) { object(s, a, accountFields) }
func readFile(s *scanner, f *nospim.File)       { object(s, f, fileFields) }
func readText(s *scanner, t *string)            { *t = s.text() }

func readAction(s *scanner, a *nospim.Action) {
	word := s.text()
	v, err := nospim.ParseAction(word)
	if err != nil && s.err == nil {
		s.refuse("", "is no action")
	}
	*a = v
}
