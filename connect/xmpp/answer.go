package xmpp

import (
	"encoding/xml"
	"strings"

	"github.com/nospim/nospim"
)

// Result is the result of the iq that an event was made of, from whom it was sent to.
func Result(e *nospim.Event) string { return reply(e, "result", "") }

// Failure is the error that an iq ends in, of a type and a condition (RFC 6120 §8.3).
func Failure(e *nospim.Event, kind, condition string) string {
	return reply(e, "error", `<error type="`+kind+`"><`+condition+` xmlns="`+stanzas+`"/></error>`)
}

// reply is empty for what is no iq.
func reply(e *nospim.Event, kind, inner string) string {
	root, err := (&reader{event: e, in: xml.NewDecoder(strings.NewReader(e.Raw))}).root()
	if err != nil || root.Name.Local != "iq" {
		return ""
	}
	var b strings.Builder
	tag(&b, "iq", "type", kind, "from", attr(root.Attr, "to"), "to", attr(root.Attr, "from"), "id", attr(root.Attr, "id"))
	b.WriteString(inner + "</iq>")
	return b.String()
}
