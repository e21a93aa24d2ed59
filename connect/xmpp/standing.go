package xmpp

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// What speaks for a stranger: an invitation in a subscription request (XEP-0379 §4.1), and what the stranger's own service says of the
// account (XEP-0489 §3).
var (
	preauth  = xml.Name{Space: "urn:xmpp:pars:0", Local: "preauth"}
	standing = xml.Name{Space: "urn:xmpp:raa:0", Local: "info"}
)

// preauth reads an invitation. Anybody can write one: it counts when it was issued for the one who is asked.
func (r *reader) preauth(start xml.StartElement) error {
	e := r.event
	if token := attr(start.Attr, "token"); token != "" && r.Invited != nil && len(e.Recipients) == 1 && r.Invited(token, e.Recipients[0].ID) {
		e.InvitedBy = e.Recipients[0].ID
	}
	return r.in.Skip()
}

// standings are the affiliations of XEP-0489 §3.
var standings = map[string]bool{"anonymous": true, "registered": true, "member": true, "admin": true}

// standing reads what a service says of an account of its own: as what it stands, and since when. Anybody can write that into a stanza,
// so it counts only of services that take out what their people write there, and that are believed. What this server knows of its own
// accounts, the adapter says.
func (r *reader) standing(start xml.StartElement) error {
	e := r.event
	bare, _ := split(r.from)
	if e.Sender.Local || r.joined || e.Sender.ID != bare || r.Vouches == nil || !r.Vouches(domain(bare)) {
		return r.in.Skip()
	}
	if trust, err := strconv.Atoi(attr(start.Attr, "trust")); err == nil && trust < halfTrusted {
		return r.in.Skip()
	}
	if is := attr(start.Attr, "affiliation"); standings[is] {
		e.Sender.Affiliation = is
	}
	day, _, _ := strings.Cut(attr(start.Attr, "since"), "T") // a date, or a time of day with it (XEP-0082)
	if since, err := time.Parse(time.DateOnly, day); err == nil && since.Before(e.Time) {
		e.Sender.Created = since
	}
	return r.in.Skip()
}

// halfTrusted is the trust, of 100, below which a service does not vouch for an account.
const halfTrusted = 50
