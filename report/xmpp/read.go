package xmpp

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nospim/nospim"
)

// Limits of what is read. Entities other than XML's own five are errors of encoding/xml, so that nothing can grow.
const (
	maxSize     = 512 << 10 // bytes
	maxDepth    = 32        // elements in each other
	maxElements = 5000
	maxAccounts = 10   // reported accounts of one stanza
	maxText     = 1000 // bytes of what a reporter wrote
)

// reader reads tokens within the limits.
type reader struct {
	in       *xml.Decoder
	size     int
	depth    int
	elements int
}

func newReader(raw string) *reader {
	return &reader{in: xml.NewDecoder(strings.NewReader(raw)), size: len(raw)}
}

// token returns the next start, end or text; io.EOF at the end.
func (r *reader) token() (xml.Token, error) {
	if r.size > maxSize {
		return nil, tooMuch("bytes", r.size, maxSize)
	}
	for {
		t, err := r.in.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, io.EOF
			}
			return nil, &nospim.InputError{Field: "report", Problem: "is no XML", Place: fmt.Sprintf("byte %d", r.in.InputOffset())}
		}
		switch t := t.(type) {
		case xml.StartElement:
			r.depth++
			r.elements++
			switch {
			case r.depth > maxDepth:
				return nil, tooMuch("elements in each other", r.depth, maxDepth)
			case r.elements > maxElements:
				return nil, tooMuch("elements", r.elements, maxElements)
			}
			return t.Copy(), nil
		case xml.EndElement:
			r.depth--
			return t, nil
		case xml.CharData:
			return t.Copy(), nil
		case xml.Directive:
			return nil, &nospim.InputError{Field: "report", Problem: "has a document type, which XMPP has not"}
		}
	}
}

func tooMuch(what string, n, limit int) error {
	return &nospim.InputError{Field: "report", Problem: fmt.Sprintf("has %d %s, more than the limit of %d", n, what, limit), Limit: limit, TooLarge: true}
}

// skip reads to the end of the element that was opened last.
func (r *reader) skip() error {
	for depth := 1; depth > 0; {
		t, err := r.token()
		if err != nil {
			return unfinished(err)
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

func unfinished(err error) error {
	if errors.Is(err, io.EOF) {
		return &nospim.InputError{Field: "report", Problem: "ends in the middle"}
	}
	return err
}

// walk visits every element and every text of a stanza; path has the elements down to there, the stanza first.
func walk(raw string, visit func(path []xml.StartElement, text string)) error {
	in := newReader(raw)
	var path []xml.StartElement
	for {
		t, err := in.token()
		switch {
		case errors.Is(err, io.EOF) && len(path) == 0:
			return nil
		case err != nil:
			return unfinished(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			path = append(path, t)
			visit(path, "")
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) > 0 {
				visit(path, string(t))
			}
		}
	}
}

// inside returns what is below the first element of a name on a path; ok is false when there is none.
func inside(path []xml.StartElement, ns, name string) (below []xml.StartElement, ok bool) {
	i := slices.IndexFunc(path, func(e xml.StartElement) bool { return e.Name == xml.Name{Space: ns, Local: name} })
	if i < 0 {
		return nil, false
	}
	return path[i:], true
}

// is reports whether a path ends in an element of a name.
func is(path []xml.StartElement, ns, name string) bool {
	return len(path) > 0 && path[len(path)-1].Name == xml.Name{Space: ns, Local: name}
}

func attr(e xml.StartElement, space, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == space && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
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

// Read reads the report in a block, or in an item of one (XEP-0377 §3): why, which message, what the reporter wrote, and to whom it may
// be told. What cannot be read says nothing: then it is spam, and told to nobody.
func Read(raw string) nospim.Complaint {
	c := nospim.Complaint{Reason: nospim.ReasonSpam}
	err := walk(raw, func(path []xml.StartElement, text string) {
		if below, ok := inside(path, nsReport, "report"); ok {
			c = said(c, below, text)
		}
	})
	if err != nil {
		return nospim.Complaint{Reason: nospim.ReasonSpam}
	}
	return c
}

// said adds what stands at a place of a report.
func said(c nospim.Complaint, path []xml.StartElement, text string) nospim.Complaint {
	if len(path) > 2 {
		return c // belongs to somebody else's element
	}
	end := path[len(path)-1]
	switch {
	case len(path) == 1:
		if attr(end, "", "reason") == nsAbuseReason {
			c.Reason = nospim.ReasonAbuse
		}
	case end.Name == xml.Name{Space: nsReport, Local: "text"}:
		c.Text = cut(c.Text+text, maxText)
		if c.Lang == "" {
			c.Lang = cut(attr(end, nsXML, "lang"), 35) // RFC 5646 §4.4.1
		}
	case end.Name == xml.Name{Space: nsReport, Local: "report-origin"}:
		c.Origin = true
	case end.Name == xml.Name{Space: nsReport, Local: "third-party"}:
		c.ThirdParty = true
	case end.Name == xml.Name{Space: nsSID, Local: "stanza-id"} && c.Refers == "":
		c.Refers = cut(attr(end, "", "id"), nospim.MaxID)
	case end.Name == xml.Name{Space: nsJID, Local: "jid"}:
		c.About = cut(c.About+strings.TrimSpace(text), nospim.MaxAccountID)
	}
	return c
}

// ReadForwarded reads a message that forwards a report, in the form that [Compose] writes. The error is an ErrInvalid when it forwards
// none. The reported address is the one that the report names.
func ReadForwarded(raw string) (nospim.Complaint, error) {
	c := nospim.Complaint{Reason: nospim.ReasonSpam}
	reports := 0
	err := walk(raw, func(path []xml.StartElement, text string) {
		switch {
		case len(path) > 1 && path[1].Name == xml.Name{Space: nsReport, Local: "report"}:
			if len(path) == 2 && text == "" {
				reports++
			}
			c = said(c, path[1:], text)
		case len(path) == 3 && path[1].Name == xml.Name{Space: nsForward, Local: "forwarded"} && is(path, nsDelay, "delay"):
			c.At = stamp(attr(path[2], "", "stamp"))
		}
	})
	switch {
	case err != nil:
		return nospim.Complaint{}, err
	case reports != 1 || c.About == "":
		return nospim.Complaint{}, &nospim.InputError{Field: "report", Problem: "names nobody, or is none"}
	}
	return c, nil
}

// ReadIncident reads the report of an incident (XEP-0268 §3, around IODEF 1.0, RFC 5070): the addresses that stand in its event data, each
// once. Whatever else it says is not believed, and not kept.
func ReadIncident(raw string) ([]nospim.Complaint, error) {
	var all []nospim.Complaint
	address := ""
	incidents := 0
	err := walk(raw, func(path []xml.StartElement, text string) {
		below, ok := inside(path, nsIncident, "report")
		if !ok {
			return
		}
		if len(below) == 2 && below[1].Name.Local == "Incident" && text == "" {
			incidents++
		}
		data := slices.ContainsFunc(below, func(e xml.StartElement) bool { return e.Name.Local == "EventData" })
		if !data || !is(path, nsJID, "jid") {
			return
		}
		if text == "" {
			address = ""
			return
		}
		if address += strings.TrimSpace(text); address == "" || len(address) > nospim.MaxAccountID || len(all) == maxAccounts {
			return
		}
		if !slices.ContainsFunc(all, func(c nospim.Complaint) bool { return c.About == address }) {
			all = append(all, nospim.Complaint{About: address, Reason: nospim.ReasonAbuse})
		}
	})
	switch {
	case err != nil:
		return nil, err
	case incidents != 1:
		return nil, &nospim.InputError{Field: "report", Problem: "has no incident, or several"}
	}
	return all, nil
}

// ReadKey reads the complaint about a mark (XEP-0287 §4): its key. The error is an ErrInvalid when there is none.
func ReadKey(raw string) (string, error) {
	key := ""
	err := walk(raw, func(path []xml.StartElement, _ string) {
		if len(path) == 2 && is(path, nsSpim, "query") && key == "" {
			key = attr(path[1], "", "key")
		}
	})
	switch {
	case err != nil:
		return "", err
	case key == "" || len(key) > maxKey:
		return "", &nospim.InputError{Field: "key", Problem: fmt.Sprintf("is missing, or has more than %d bytes", maxKey), Limit: maxKey}
	}
	return key, nil
}
