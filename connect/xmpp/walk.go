package xmpp

import (
	"encoding/xml"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nospim/nospim"
)

// children has each child of the current element read, to its end.
func (r *reader) children(read func(xml.StartElement) error) error {
	for {
		t, err := r.in.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := read(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// inside reads the current element to its end. It visits each element in it with its attributes and no text, and each text
// with no attributes; path has the names from below the current element down to there.
func (r *reader) inside(visit func(path []string, attrs []xml.Attr, text string)) error {
	var path []string
	for {
		t, err := r.in.Token()
		if err != nil {
			return err
		}
		if text, ok := t.(xml.CharData); ok {
			r.chars = append(r.chars, text...)
			continue
		}
		if len(r.chars) > 0 {
			visit(path, nil, string(r.chars))
			r.chars = r.chars[:0]
		}
		switch t := t.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			visit(path, t.Attr, "")
		case xml.EndElement:
			if len(path) == 0 {
				return nil
			}
			path = path[:len(path)-1]
		}
	}
}

// text reads the current element to its end and returns all text in it.
func (r *reader) text() (string, error) {
	var all strings.Builder
	err := r.inside(func(_ []string, _ []xml.Attr, text string) { all.WriteString(text) })
	return all.String(), err
}

// say adds a text to what the recipient sees, unless it is blank or says the last one again.
func (r *reader) say(text string) {
	if strings.TrimSpace(text) == "" || len(r.texts) > 0 && r.texts[len(r.texts)-1] == text {
		return
	}
	r.texts = append(r.texts, text)
}

// link adds a link that stands outside the text.
func (r *reader) link(url string) {
	if e := r.event; url != "" && len(e.Links) < nospim.MaxLinks {
		e.Links = append(e.Links, cut(url, nospim.MaxLink))
	}
}

// at reports whether a path is that of the names.
func at(path []string, names ...string) bool { return slices.Equal(path, names) }

// attr returns an attribute that has no namespace; empty when there is none.
func attr(attrs []xml.Attr, name string) string {
	for _, a := range attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// first sets a text that is not set yet.
func first(s *string, text string) {
	if *s == "" {
		*s = text
	}
}

// cut returns at most so many bytes of s, and no part of a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// split returns an address without its resource, and the resource (RFC 7622 §3.1).
func split(jid string) (bare, resource string) {
	bare, resource, _ = strings.Cut(jid, "/")
	return bare, resource
}

// domain returns the domain of an address without resource.
func domain(bare string) string {
	if _, d, ok := strings.Cut(bare, "@"); ok {
		return d
	}
	return bare
}

// account is the account of an address that its server has normalised.
func account(e *nospim.Event, jid string) nospim.Account {
	bare, _ := split(jid)
	return nospim.Account{ID: cut(bare, nospim.MaxAccountID), Local: domain(bare) == e.Service}
}

// occupant is somebody in a chat room, of whom only the nick is known.
func occupant(jid string) nospim.Account {
	_, nick := split(jid)
	return nospim.Account{ID: cut(jid, nospim.MaxAccountID), Name: cut(nick, nospim.MaxName)}
}
