package xmpp

import (
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// MostDelay is for how many seconds an adapter delays a stanza at most: for that long it stands in the server's memory.
const MostDelay = 30

// Instead returns the stanza that is to be delivered in the place of the one in e.Raw, by the action of v: the same with a
// mark (XEP-0287 §3), or what tells the sender: for reject an error with policy-violation (RFC 6120 §8.3.3.12), or the denial of a
// subscription request (RFC 6121 §3.1.3). It names the event, so that the sender can object. What would have waited, but for how
// much waits already, and what is throttled for longer than an adapter delays, is refused with resource-constraint (§8.3.3.18): the
// sender may try again. Empty means nothing: the stanza itself is delivered, at once or later, or not, as the action says.
func Instead(e *nospim.Event, v *nospim.Verdict) string { return Marks{}.Instead(e, v) }

// Marks are what Instead writes on a message, with what lets its recipient complain about it.
type Marks struct {
	// Key returns the key of an event for its recipient (XEP-0287 §4), empty for none; nil means that there are none.
	Key func(e *nospim.Event) string
}

// Instead is [Instead] with the key.
func (m Marks) Instead(e *nospim.Event, v *nospim.Verdict) string {
	full := func(s nospim.Signal) bool { return s.Symbol == nospim.SymbolFull }
	switch {
	case v.Action == nospim.Mark:
		return m.marked(e, v)
	case v.Action == nospim.Reject && slices.ContainsFunc(v.Signals, full):
		return refusal(e, "wait", "resource-constraint", "Too much waits here already for a decision. Please try again later. The operator knows this as "+e.ID)
	case v.Action == nospim.Reject:
		return refusal(e, "cancel", "policy-violation", "Refused as unwanted. To object, tell the operator this: "+e.ID)
	case v.Action == nospim.Throttle && v.RetryAfter > MostDelay:
		wait := (time.Duration(v.RetryAfter) * time.Second).String()
		return refusal(e, "wait", "resource-constraint", "Too much at once. Please try again in "+wait+". To object, tell the operator this: "+e.ID)
	}
	return ""
}

// marked returns the stanza with a mark as its last child, and nothing else changed.
func (m Marks) marked(e *nospim.Event, v *nospim.Verdict) string {
	end := strings.LastIndex(e.Raw, "</")
	if end < 0 {
		return ""
	}
	why := "suspicious"
	if len(v.Signals) > 0 && v.Signals[0].Why != "" {
		why = v.Signals[0].Why
	}
	var b strings.Builder
	b.WriteString(e.Raw[:end] + `<mark xmlns="urn:xmpp:spim-marker:0" filter="`)
	escape(&b, e.Service)
	b.WriteString(`">`)
	escape(&b, why)
	b.WriteString(`</mark>`)
	if m.Key != nil {
		m.complaint(&b, e)
	}
	b.WriteString(e.Raw[end:])
	return b.String()
}

// complaint writes how the recipient can complain.
func (m Marks) complaint(b *strings.Builder, e *nospim.Event) {
	key := m.Key(e)
	if key == "" {
		return
	}
	b.WriteString(`<report xmlns="urn:xmpp:spim-report:0" key="`)
	escape(b, key)
	b.WriteString(`" filter="`)
	escape(b, e.Service)
	b.WriteString(`"/>`)
}

// refusal returns what the sender is told.
func refusal(e *nospim.Event, kind, condition, text string) string {
	root, err := (&reader{event: e, in: xml.NewDecoder(strings.NewReader(e.Raw))}).root()
	if err != nil {
		return ""
	}
	from, to, id := attr(root.Attr, "to"), attr(root.Attr, "from"), attr(root.Attr, "id")
	var b strings.Builder
	switch root.Name.Local {
	case "message":
		tag(&b, "message", "type", "error", "from", from, "to", to, "id", id)
		b.WriteString(`<error type="` + kind + `"><` + condition + ` xmlns="` + stanzas + `"/><text xmlns="` + stanzas + `">`)
		escape(&b, text)
		b.WriteString(`</text></error></message>`)
	case "presence":
		from, _ = split(from)
		to, _ = split(to)
		tag(&b, "presence", "type", "unsubscribed", "from", from, "to", to)
		b.WriteString(`<status>`)
		escape(&b, text)
		b.WriteString(`</status></presence>`)
	}
	return b.String()
}

// stanzas is the namespace of the conditions of stanza errors.
const stanzas = "urn:ietf:params:xml:ns:xmpp-stanzas"

// tag writes a start tag with those of its attributes that have a value.
func tag(b *strings.Builder, name string, attrs ...string) {
	b.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			b.WriteString(" " + attrs[i] + `="`)
			escape(b, attrs[i+1])
			b.WriteByte('"')
		}
	}
	b.WriteByte('>')
}

// escape writes a text or the value of an attribute; a builder gives no errors.
func escape(b *strings.Builder, text string) { _ = xml.EscapeText(b, []byte(text)) }
