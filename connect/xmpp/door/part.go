package door

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// Part is something else that lives at the door's address, beside the conversation with people: lists that are followed and published,
// for instance. Unlike the conversation it may have to do with anybody, so it decides itself whom it believes.
type Part interface {
	// Disco returns the identities and features that the part adds to those of the component (XEP-0030 §3).
	Disco() (identities []Identity, features []string)
	// Attend is called with each connection to the server and works until ctx ends. Whatever is sent bears the component's address in
	// From, or the server hangs up.
	Attend(ctx context.Context, s *xmpp.Session)
	// Handle is offered each stanza but answers to what was asked over the session. Mine says that it is the part's: then nobody else
	// gets it. The reply may be nil; a request without one is refused. Handle is called by what reads the stream: it must neither wait
	// nor ask anything over the session, and keeps in only if it is its own.
	Handle(ctx context.Context, in *Stanza) (reply xml.TokenReader, mine bool)
}

// Identity says what lives at an address (XEP-0030 §3.1): "pubsub", "service".
type Identity struct{ Category, Type string }

// MaxStanza is how much of a stanza is read, in bytes of names, attributes and text.
const MaxStanza = 512 << 10

// Stanza is one that came, whole.
type Stanza struct {
	// Name is iq, message or presence; the others are its attributes, as they came.
	Name, ID, From, To, Type, Lang string
	// TooLarge says that it was longer than [MaxStanza]: its content was passed over.
	TooLarge bool

	tokens []xml.Token
}

// readStanza reads a stanza. What is left of one that is too large stays in t.
func readStanza(start *xml.StartElement, t xml.TokenReader) (*Stanza, error) {
	in := &Stanza{Name: start.Name.Local}
	for _, a := range start.Attr {
		switch a.Name.Local {
		case "id":
			in.ID = a.Value
		case "from":
			in.From = a.Value
		case "to":
			in.To = a.Value
		case "type":
			in.Type = a.Value
		case "lang":
			in.Lang = a.Value
		}
	}
	in.tokens = append(in.tokens, start.Copy())
	size := 0
	for {
		token, err := t.Token()
		if token != nil {
			if size += sizeOf(token); size > MaxStanza {
				in.TooLarge, in.tokens = true, nil
				return in, nil
			}
			in.tokens = append(in.tokens, xml.CopyToken(token))
		}
		switch {
		case errors.Is(err, io.EOF):
			return in, nil
		case err != nil:
			return nil, fmt.Errorf("reading a stanza: %w", err)
		}
	}
}

// ParseStanza reads a stanza from XML, as the door does from its stream.
func ParseStanza(r io.Reader) (*Stanza, error) {
	d := xml.NewDecoder(r)
	token, err := d.Token()
	start, ok := token.(xml.StartElement)
	if err != nil || !ok {
		return nil, fmt.Errorf("reading a stanza: %w", errors.Join(err, errors.New("it begins with no element")))
	}
	return readStanza(&start, xmlstream.InnerElement(d))
}

// sizeOf is about what a token takes on the wire, and at least one so that empty ones count.
func sizeOf(token xml.Token) int {
	const tag = 3 // its brackets and slash
	switch t := token.(type) {
	case xml.StartElement:
		n := tag + len(t.Name.Local) + len(t.Name.Space)
		for _, a := range t.Attr {
			n += tag + len(a.Name.Local) + len(a.Name.Space) + len(a.Value)
		}
		return n
	case xml.EndElement:
		return tag + len(t.Name.Local)
	case xml.CharData:
		return 1 + len(t)
	case xml.Comment:
		return tag + len(t)
	default:
		return tag
	}
}

// Decode reads the stanza into a struct, as encoding/xml does.
func (in *Stanza) Decode(v any) error {
	left := in.tokens
	tokens := xmlstream.ReaderFunc(func() (xml.Token, error) {
		if len(left) == 0 {
			return nil, io.EOF
		}
		next := left[0]
		left = left[1:]
		return xml.CopyToken(next), nil
	})
	if err := xml.NewTokenDecoder(tokens).Decode(v); err != nil {
		return fmt.Errorf("reading a stanza: %w", err)
	}
	return nil
}

// XML writes the stanza as text.
func (in *Stanza) XML() string {
	var b strings.Builder
	e := xml.NewEncoder(&b)
	for _, t := range in.tokens {
		if start, ok := t.(xml.StartElement); ok {
			start = start.Copy()
			// The encoder declares the namespaces of names itself.
			start.Attr = slices.DeleteFunc(start.Attr, func(a xml.Attr) bool { return a.Name.Local == "xmlns" || a.Name.Space == "xmlns" })
			t = start
		}
		_ = e.EncodeToken(t) // what was read can be written
	}
	_ = e.Flush() // a builder gives no errors
	return b.String()
}

// Result answers a request with payload, which may be nil.
func (in *Stanza) Result(payload xml.TokenReader) xml.TokenReader {
	return in.answer(stanza.ResultIQ).Wrap(payload)
}

// Refuse answers a request with an error of a type and a condition (RFC 6120 §8.3), and what else the error has in it.
func (in *Stanza) Refuse(kind, condition string, more ...xml.TokenReader) xml.TokenReader {
	inner := append([]xml.TokenReader{Element(nsErrors, condition, nil)}, more...)
	return in.answer(stanza.ErrorIQ).Wrap(Element("", "error", Attrs{"type": kind}, inner...))
}

// answer is the head of an answer. A sender that is no address cannot be answered: the server has seen to it that there is none.
func (in *Stanza) answer(kind stanza.IQType) stanza.IQ {
	to, _ := jid.Parse(in.From)
	from, _ := jid.Parse(in.To)
	return stanza.IQ{ID: in.ID, To: to, From: from, Type: kind}
}
