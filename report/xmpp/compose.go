// Package xmpp says in XMPP what is reported, and reads what others say: the report inside a block (XEP-0377), the standalone form in which
// servers forward reports to each other (mod_report_forward of Prosody, xmppbl.org), incident reports (XEP-0268) and complaints about a
// mark (XEP-0287). It is pure: report to stanza, stanza to report. What it sends, and to whom, is others' business.
//
// Everything it reads was written by strangers: see the limits in read.go.
package xmpp

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Namespaces of the standards spoken here.
const (
	nsReport   = "urn:xmpp:reporting:1"   // XEP-0377
	nsJID      = "urn:xmpp:jid:0"         // XEP-0268 §4
	nsForward  = "urn:xmpp:forward:0"     // XEP-0297
	nsDelay    = "urn:xmpp:delay"         // XEP-0203
	nsSID      = "urn:xmpp:sid:0"         // XEP-0359
	nsMark     = "urn:xmpp:spim-marker:0" // XEP-0287
	nsSpim     = "urn:xmpp:spim-report:0" // XEP-0287
	nsIncident = "urn:xmpp:incident:2"    // XEP-0268
	nsClient   = "jabber:client"          // RFC 6120
	nsXML      = "http://www.w3.org/XML/1998/namespace"
)

// reasons are those of the registry (XEP-0377 §6), by ours.
var reasons = map[string]string{nospim.ReasonSpam: nsSpamReason, nospim.ReasonAbuse: nsAbuseReason}

const (
	nsSpamReason  = "urn:xmpp:reporting:spam"
	nsAbuseReason = "urn:xmpp:reporting:abuse"
)

// Compose makes the message with which a report is forwarded, without addresses and id: a text for people, the report with the reported
// address, and the message itself as far as it is known. Of that, only to whom it was sent is left out, and what servers have added on its
// way to them (XEP-0377 §4: nothing else may be). Who reports is not named.
func Compose(c *nospim.Complaint) string {
	var b strings.Builder
	w := writer{xml.NewEncoder(&b)}
	w.open("", "message")
	w.text("", "body", nil, fmt.Sprintf("%s was reported for %s by somebody who received a message from there.", c.About, c.Reason))
	w.open(nsReport, "report", attribute("reason", reasonOf(c)))
	w.text(nsJID, "jid", nil, c.About)
	if c.Text != "" {
		var lang []xml.Attr
		if c.Lang != "" {
			lang = append(lang, xml.Attr{Name: xml.Name{Space: nsXML, Local: "lang"}, Value: c.Lang})
		}
		w.text(nsReport, "text", lang, c.Text)
	}
	w.close(nsReport, "report")
	w.open(nsForward, "forwarded")
	if !c.At.IsZero() {
		w.open(nsDelay, "delay", attribute("stamp", c.At.UTC().Format("2006-01-02T15:04:05Z")))
		w.close(nsDelay, "delay")
	}
	if !w.message(c.Message) {
		w.open(nsClient, "message", attribute("from", c.About))
		w.close(nsClient, "message")
	}
	w.close(nsForward, "forwarded")
	w.close("", "message")
	_ = w.Flush() // a builder gives no errors
	return b.String()
}

func reasonOf(c *nospim.Complaint) string {
	if r, ok := reasons[c.Reason]; ok {
		return r
	}
	return nsSpamReason
}

func attribute(name, value string) xml.Attr {
	return xml.Attr{Name: xml.Name{Local: name}, Value: value}
}

// writer writes elements to a builder, which gives no errors; that they are closed in order is this package's own doing.
type writer struct{ *xml.Encoder }

func (w writer) open(ns, name string, attrs ...xml.Attr) {
	_ = w.EncodeToken(xml.StartElement{Name: xml.Name{Space: ns, Local: name}, Attr: attrs})
}

func (w writer) close(ns, name string) {
	_ = w.EncodeToken(xml.EndElement{Name: xml.Name{Space: ns, Local: name}})
}

func (w writer) text(ns, name string, attrs []xml.Attr, text string) {
	w.open(ns, name, attrs...)
	_ = w.EncodeToken(xml.CharData(text))
	w.close(ns, name)
}

// message writes a message as it may leave the house, and reports whether it could be read; otherwise it writes nothing.
func (w writer) message(raw string) bool {
	tokens, err := outgoing(raw)
	if err != nil {
		return false
	}
	for _, t := range tokens {
		_ = w.EncodeToken(t)
	}
	return true
}

// added are the namespaces of what servers add to a message for its recipient: their children are left out. A mark's key is a secret
// between nospim and the recipient.
var added = map[string]bool{nsDelay: true, nsSID: true, nsMark: true, nsSpim: true}

// outgoing reads a message that was judged and leaves out what must not leave the house.
func outgoing(raw string) ([]xml.Token, error) {
	if raw == "" {
		return nil, errNoMessage
	}
	in := newReader(raw)
	var all []xml.Token
	for depth := 0; ; {
		t, err := in.token()
		if errors.Is(err, io.EOF) && depth == 0 && len(all) > 0 {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth == 0 && (t.Name.Local != "message" || len(all) > 0) {
				return nil, errNoMessage
			}
			if depth == 1 && added[t.Name.Space] {
				if err := in.skip(); err != nil {
					return nil, err
				}
				continue
			}
			all = append(all, bare(t, depth == 0))
			depth++
		case xml.EndElement:
			depth--
			t.Name.Space = own(t.Name.Space)
			all = append(all, t)
		case xml.CharData:
			if depth > 0 {
				all = append(all, t)
			}
		}
	}
}

var errNoMessage = &nospim.InputError{Field: "message", Problem: "is no message of XMPP"}

// own is the namespace of a stanza's own elements in what is forwarded (XEP-0297 §4).
func own(space string) string {
	switch space {
	case "", "jabber:server", "jabber:component:accept":
		return nsClient
	default:
		return space
	}
}

// bare is a start tag without declarations of namespaces, which are written anew; that of the message also without its recipient.
func bare(t xml.StartElement, root bool) xml.StartElement {
	kept := xml.StartElement{Name: xml.Name{Space: own(t.Name.Space), Local: t.Name.Local}}
	for _, a := range t.Attr {
		if a.Name.Local == "xmlns" || a.Name.Space == "xmlns" || root && a.Name.Space == "" && a.Name.Local == "to" {
			continue
		}
		kept.Attr = append(kept.Attr, a)
	}
	return kept
}

// stamp reads a time as XEP-0082 writes it; zero when it is none.
func stamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
