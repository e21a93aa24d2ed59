package xmpp

import (
	"encoding/xml"
	"strings"

	"github.com/nospim/nospim"
)

// iq reads the blocks in an iq, if there are any.
func (r *reader) iq() error {
	return r.children(func(start xml.StartElement) error {
		if start.Name != (xml.Name{Space: "urn:xmpp:blocking", Local: "block"}) {
			return r.in.Skip()
		}
		return r.children(func(start xml.StartElement) error {
			if start.Name.Local != "item" {
				return r.in.Skip()
			}
			return r.item(start.Attr)
		})
	})
}

// item reads what is blocked (XEP-0191) and the report that may be in it (XEP-0377), whose reason stays in Raw. A report is a
// block, too.
func (r *reader) item(attrs []xml.Attr) error {
	e := r.event
	e.Observe = true
	if e.Kind == "" {
		e.Kind = nospim.KindBlock
	}
	if !r.named {
		r.blocked(attr(attrs, "jid"))
	}
	err := r.inside(func(path []string, attrs []xml.Attr, text string) {
		switch {
		case at(path, "report"):
			e.Kind = nospim.KindReport
		case at(path, "report", "text"):
			r.say(text)
		case at(path, "report", "stanza-id"):
			first(&e.Refers, cut(attr(attrs, "id"), nospim.MaxID))
		}
	})
	e.Body = cut(strings.Join(r.texts, "\n"), nospim.MaxBody)
	return err
}

// blocked adds a recipient. The client wrote its address, so it is put in lower case here.
func (r *reader) blocked(jid string) {
	if e := r.event; jid != "" && len(e.Recipients) < nospim.MaxRecipients {
		e.Recipients = append(e.Recipients, account(e, strings.ToLower(jid)))
	}
}
