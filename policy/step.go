package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/nospim/nospim"
)

// step is an event of a test file, which may be repeated.
type step struct {
	n      node
	at     time.Duration
	repeat int
	every  time.Duration
	what   nospim.Event
	age    time.Duration // of the sender; 0 when not said
}

// read fills the step from its mapping.
func (s *step) read() {
	e := &s.what
	e.Kind, e.Service, e.Protocol = nospim.KindMessage, "chat.example", "xmpp"
	e.Sender.ID = "somebody@chat.example"
	read := s.readers()
	for _, f := range s.n.entries() {
		r, ok := read[f.key]
		if !ok {
			f.at.problem("%q is no field of an event", clip(f.key))
			continue
		}
		r(f.value)
	}
	probe := s.event(1, 1, testStart)
	if err := probe.Validate(); err != nil {
		s.n.problem("%v", err)
	}
}

// readers says how each field of the mapping is read.
func (s *step) readers() map[string]func(node) {
	e := &s.what
	return map[string]func(node){
		"at":         intoSpan(&s.at, 0),
		"every":      intoSpan(&s.every, 0),
		"repeat":     intoWhole(&s.repeat, 1),
		"id":         intoText(&e.ID),
		"kind":       intoText(&e.Kind),
		"protocol":   intoText(&e.Protocol),
		"service":    intoText(&e.Service),
		"direction":  intoText(&e.Direction),
		"sender":     func(n node) { e.Sender = s.account(n, true) },
		"to":         func(n node) { e.Recipients = s.accounts(n) },
		"recipients": func(n node) { e.Recipients = s.accounts(n) },
		"room":       intoText(&e.Room),
		"relation":   intoText(&e.Relation),
		"addr":       intoText(&e.Addr),
		"client":     intoText(&e.Client),
		"body":       intoText(&e.Body),
		"links":      func(n node) { e.Links = texts(n) },
		"files":      func(n node) { e.Files = files(n) },
		"encrypted":  intoBool(&e.Encrypted),
		"refers":     intoText(&e.Refers),
		"invited_by": intoText(&e.InvitedBy),
		"count":      intoWhole(&e.Count, 0),
		"can":        func(n node) { e.Can = actions(n) },
		"observe":    intoBool(&e.Observe),
	}
}

// account reads an account, or its id alone. Only the sender has an age.
func (s *step) account(n node, sender bool) nospim.Account {
	var a nospim.Account
	if id, ok := word0(n); ok {
		a.ID = id
		return a
	}
	read := map[string]func(node){
		"id": intoText(&a.ID), "name": intoText(&a.Name), "local": intoBool(&a.Local), "minor": intoBool(&a.Minor), "affiliation": intoText(&a.Affiliation),
	}
	if sender {
		read["age"] = intoSpan(&s.age, time.Second)
	}
	for _, f := range n.entries() {
		if r, ok := read[f.key]; ok {
			r(f.value)
			continue
		}
		f.at.problem("%q is no field of this account", clip(f.key))
	}
	return a
}

// accounts reads a list of accounts, or one.
func (s *step) accounts(n node) []nospim.Account {
	if _, ok := n.Node.(*ast.SequenceNode); !ok {
		return []nospim.Account{s.account(n, false)}
	}
	var list []nospim.Account
	for _, item := range n.items() {
		list = append(list, s.account(item, false))
	}
	return list
}

// event makes the i-th repetition, which is the n-th event of the test.
func (s *step) event(i, n int, at time.Time) nospim.Event {
	e := s.what
	number := func(t string) string { return strings.ReplaceAll(t, "%d", strconv.Itoa(i)) }
	if e.ID == "" {
		e.ID = "event-" + strconv.Itoa(n)
	}
	e.Time = at
	e.ID, e.Room, e.Addr, e.Client, e.Body, e.Refers = number(e.ID), number(e.Room), number(e.Addr), number(e.Client), number(e.Body), number(e.Refers)
	e.Sender.ID, e.Sender.Name = number(e.Sender.ID), number(e.Sender.Name)
	if s.age > 0 {
		e.Sender.Created = at.Add(-s.age)
	}
	e.Recipients, e.Links, e.Files = slices.Clone(e.Recipients), slices.Clone(e.Links), slices.Clone(e.Files)
	for j := range e.Recipients {
		e.Recipients[j].ID, e.Recipients[j].Name = number(e.Recipients[j].ID), number(e.Recipients[j].Name)
	}
	for j := range e.Links {
		e.Links[j] = number(e.Links[j])
	}
	for j := range e.Files {
		e.Files[j].Name, e.Files[j].URL = number(e.Files[j].Name), number(e.Files[j].URL)
	}
	return e
}

// intoText returns what reads a text into a field.
func intoText[T ~string](to *T) func(node) {
	return func(n node) {
		s, _ := n.str()
		*to = T(s)
	}
}

func intoBool(to *bool) func(node) {
	return func(n node) { *to, _ = n.boolean() }
}

func intoWhole(to *int, least float64) func(node) {
	return func(n node) {
		f, ok := n.numberIn(least, 1<<30)
		if ok && f != float64(int(f)) {
			n.problem("is %v; a whole number is expected", f)
		}
		*to = int(f)
	}
}

func intoSpan(to *time.Duration, least time.Duration) func(node) {
	return func(n node) {
		s, ok := n.str()
		if !ok {
			return
		}
		d, err := parseDuration(s)
		switch {
		case err != nil:
			n.problem("%v", err)
		case d < least:
			n.problem("is less than %s", spell(least))
		case d > 100*maxTestSpan:
			n.problem("is too long")
		default:
			*to = d
		}
	}
}

func texts(n node) []string {
	var list []string
	for _, item := range n.items() {
		s, _ := item.str()
		list = append(list, s)
	}
	return list
}

func files(n node) []nospim.File {
	var list []nospim.File
	for _, item := range n.items() {
		var f nospim.File
		size := 0
		read := map[string]func(node){"name": intoText(&f.Name), "type": intoText(&f.Type), "size": intoWhole(&size, 0), "url": intoText(&f.URL)}
		for _, e := range item.entries() {
			if r, ok := read[e.key]; ok {
				r(e.value)
				continue
			}
			e.at.problem("%q is no field of a file", clip(e.key))
		}
		f.Size = int64(size)
		list = append(list, f)
	}
	return list
}

func actions(n node) []nospim.Action {
	var list []nospim.Action
	for _, item := range n.items() {
		if a, ok := action(item); ok {
			list = append(list, a)
		}
	}
	return list
}
