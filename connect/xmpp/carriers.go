package xmpp

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/nospim/nospim"
)

// carriers are the elements of a message that can carry a first contact, by namespace and name; what stands in the stanza's
// own namespace has none. Each reads its element to the end.
var carriers = map[xml.Name]func(*reader, xml.StartElement) error{
	{Local: "body"}:    (*reader).words,
	{Local: "subject"}: (*reader).words,
	{Space: "http://jabber.org/protocol/xhtml-im", Local: "html"}: (*reader).html,
	{Space: "jabber:x:oob", Local: "x"}:                           (*reader).outOfBand,
	{Space: "urn:xmpp:reference:0", Local: "reference"}:           (*reader).reference,
	{Space: "urn:xmpp:sfs:0", Local: "file-sharing"}:              (*reader).fileSharing,
	{Space: "urn:xmpp:jingle-message:0", Local: "propose"}:        (*reader).call,
	{Space: "jabber:x:conference", Local: "x"}:                    (*reader).directInvite,
	{Space: "http://jabber.org/protocol/muc#user", Local: "x"}:    (*reader).mediatedInvite,
	{Space: "eu.siacs.conversations.axolotl", Local: "encrypted"}: (*reader).omemo,
	{Space: "urn:xmpp:omemo:2", Local: "encrypted"}:               (*reader).omemo,
	{Space: "urn:xmpp:openpgp:0", Local: "openpgp"}:               (*reader).ciphertext,
	{Space: "jabber:x:encrypted", Local: "x"}:                     (*reader).ciphertext,
	{Space: CaptchaNamespace, Local: "captcha"}:                   (*reader).captcha,
	standing: (*reader).standing,
}

// name returns an element's name, without the namespaces in which a stanza itself may stand.
func name(n xml.Name) xml.Name {
	switch n.Space {
	case "jabber:client", "jabber:server", "jabber:component:accept":
		n.Space = ""
	}
	return n
}

// words reads a body or a subject, one of those in each language.
func (r *reader) words(xml.StartElement) error {
	text, err := r.text()
	r.say(text)
	return err
}

// html reads rich text (XEP-0071): its words and the targets of its links.
func (r *reader) html(xml.StartElement) error {
	var all strings.Builder
	err := r.inside(func(_ []string, attrs []xml.Attr, text string) {
		r.link(attr(attrs, "href"))
		all.WriteString(text)
	})
	r.say(all.String())
	return err
}

// outOfBand reads a link beside the text (XEP-0066).
func (r *reader) outOfBand(xml.StartElement) error {
	return r.inside(func(path []string, _ []xml.Attr, text string) {
		if at(path, "url") {
			r.link(text)
		}
	})
}

// reference reads a file that a text refers to (XEP-0385). Other references (mentions) have none.
func (r *reader) reference(xml.StartElement) error { return r.file("media-sharing") }

// fileSharing reads a file (XEP-0447).
func (r *reader) fileSharing(xml.StartElement) error { return r.file() }

// file reads what XEP-0385 and XEP-0447 say of a file; they differ in namespaces and in where a source has its address.
func (r *reader) file(share ...string) error {
	var f nospim.File
	var others []string // addresses of the same, besides the first
	found := false
	err := r.inside(func(path []string, attrs []xml.Attr, text string) {
		if len(path) <= len(share) || !at(path[:len(share)], share...) {
			return
		}
		switch path = path[len(share):]; {
		case at(path, "file"):
			found = true
		case at(path, "file", "name"):
			first(&f.Name, cut(text, nospim.MaxLink))
		case at(path, "file", "media-type"):
			first(&f.Type, cut(text, nospim.MaxShort))
		case at(path, "file", "size") && f.Size == 0:
			f.Size = size(text)
		case at(path, "sources", "reference"):
			others = append(others, attr(attrs, "uri"))
		case at(path, "sources", "url-data"):
			others = append(others, attr(attrs, "target"))
		}
	})
	for _, url := range others {
		if f.URL != "" {
			r.link(url)
		}
		first(&f.URL, cut(url, nospim.MaxLink))
	}
	if e := r.event; found && len(e.Files) < nospim.MaxFiles {
		e.Files = append(e.Files, f)
	}
	return err
}

// size reads a number of bytes; what is too large to be one is the largest that JSON has.
func size(text string) int64 {
	const most = 1 << 53
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil && strings.Trim(text, "0123456789") != "" {
		return 0
	}
	return int64(min(n, most))
}

// call reads the offer of a call (XEP-0353).
func (r *reader) call(xml.StartElement) error {
	r.event.Kind = nospim.KindCallOffer
	return r.in.Skip()
}

// directInvite reads an invitation by a person (XEP-0249).
func (r *reader) directInvite(start xml.StartElement) error {
	r.event.Kind, r.event.Room = nospim.KindInvite, cut(attr(start.Attr, "jid"), nospim.MaxAccountID)
	r.say(attr(start.Attr, "reason"))
	return r.in.Skip()
}

// mediatedInvite reads an invitation by a room (XEP-0045 §7.8.2).
func (r *reader) mediatedInvite(xml.StartElement) error {
	return r.inside(func(path []string, attrs []xml.Attr, text string) {
		switch {
		case at(path, "invite") && text == "":
			r.invited(attr(attrs, "from"))
		case at(path, "invite", "reason"):
			r.say(text)
		}
	})
}

// invited says who invites: whom a room of the protected service names. A room elsewhere may name anybody, so it answers itself,
// and the person is its name.
func (r *reader) invited(by string) {
	e := r.event
	room, _ := split(r.from)
	e.Kind, e.Room = nospim.KindInvite, cut(room, nospim.MaxAccountID)
	person, _ := split(by)
	switch {
	case person == room && person != "":
		e.Sender = occupant(by)
	case person == "":
	case strings.HasSuffix(domain(room), "."+e.Service):
		e.Sender, e.Relation = account(e, person), nospim.RelationUnknown
		e.Sender.Name = cut(person, nospim.MaxName)
	default:
		e.Sender.Name = cut(person, nospim.MaxName)
	}
}

// omemo reads OMEMO (XEP-0384): without a payload it is a key exchange.
func (r *reader) omemo(xml.StartElement) error {
	return r.inside(func(path []string, _ []xml.Attr, _ string) { r.cipher = r.cipher || at(path, "payload") })
}

// ciphertext reads OpenPGP, the new (XEP-0373) and the old one (XEP-0027).
func (r *reader) ciphertext(xml.StartElement) error {
	r.cipher = true
	return r.in.Skip()
}

// captcha reads which message of the recipient gave rise to a challenge (XEP-0158 §3.1.2): its id, or if it had none, the challenge's.
func (r *reader) captcha(xml.StartElement) error {
	field, values := "", map[string]string{}
	err := r.inside(func(path []string, attrs []xml.Attr, text string) {
		switch {
		case at(path, "x", "field") && text == "":
			field = attr(attrs, "var")
		case at(path, "x", "field", "value") && values[field] == "":
			values[field] = text
		}
	})
	first(&r.event.Refers, cut(values["sid"], nospim.MaxID))
	first(&r.event.Refers, cut(values["challenge"], nospim.MaxID))
	return err
}
