package xmpp

import (
	"context"
	"encoding/xml"
	"strings"

	"github.com/nospim/nospim"
)

// Ears understand what is said to nospim itself, by the namespace of the one child of an iq of type set: an answer to a challenge
// (urn:xmpp:captcha, XEP-0158), a complaint (urn:xmpp:spim-report:0, XEP-0287), a report by another server (urn:xmpp:incident:2,
// XEP-0268). Adapters hand over such iqs to the bare address of an account or to the host.
//
// An ear gets the event with ID, Time, Service, Sender (with the address that the server vouches for), Recipients and Raw, and no
// more. What it returns is sent in the place of the iq: its result or an error, a whole stanza. An ear that has not heard lets the
// iq go its way, on which the server refuses it.
type Ears map[string]func(ctx context.Context, e *nospim.Event) (answer string, heard bool)

// Hear is the Hear of a line.Wire: nil for everything but such an iq with an ear for it.
func (ears Ears) Hear(e *nospim.Event) func(context.Context) string {
	ear := ears[asks(e)]
	if ear == nil {
		return nil
	}
	return func(ctx context.Context) string {
		if answer, heard := ear(ctx, e); heard {
			return answer
		}
		return ""
	}
}

// asks returns the namespace of the first child of an iq of type set; empty for everything else.
func asks(e *nospim.Event) string {
	r := reader{event: e, in: xml.NewDecoder(strings.NewReader(e.Raw))}
	if !r.is("iq") {
		return ""
	}
	root, err := r.root()
	if err != nil || attr(root.Attr, "type") != "set" {
		return ""
	}
	for {
		t, err := r.in.Token()
		if err != nil {
			return ""
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t.Name.Space
		case xml.EndElement:
			return ""
		}
	}
}
