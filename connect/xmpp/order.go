package xmpp

import (
	"strings"

	"github.com/nospim/nospim"
)

// Order gives an order to notify or to retract its stanzas, one for each recipient, which an adapter only has to deliver. Whom it
// cannot be carried out for is left out: somebody of another service, and a copy that nothing names because its sender gave it no
// id. Of other orders nothing is changed.
func Order(o nospim.Order) nospim.Order {
	switch {
	case o.Do == nospim.OrderNotify:
		o.Raw = toEach(&o, notice)
	case o.Do == nospim.OrderRetract && o.WireID != "":
		o.Raw = toEach(&o, retraction)
	}
	return o
}

// toEach writes one stanza for each recipient of the order's service.
func toEach(o *nospim.Order, write func(b *strings.Builder, o *nospim.Order, to string)) string {
	var b strings.Builder
	for _, to := range o.Recipients {
		if domain(to) == o.Service {
			write(&b, o, to)
		}
	}
	return b.String()
}

// notice is a message from the service itself.
func notice(b *strings.Builder, o *nospim.Order, to string) {
	tag(b, "message", "type", "chat", "from", o.Service, "to", to, "id", o.ID)
	body(b, o.Text)
	b.WriteString(`</message>`)
}

// retraction takes a delivered message back (XEP-0424 §5.1): it says so in the name of the service (XEP-0425 §4), and in words to
// clients that know neither. A client heeds it only if it comes from the message's own sender.
func retraction(b *strings.Builder, o *nospim.Order, to string) {
	reason := o.Text
	if reason == "" {
		reason = "spam"
	}
	tag(b, "message", "type", "chat", "from", o.Sender, "to", to, "id", o.ID)
	tag(b, "retract", "xmlns", "urn:xmpp:message-retract:1", "id", o.WireID)
	tag(b, "moderated", "xmlns", "urn:xmpp:message-moderate:1", "by", o.Service)
	b.WriteString(`</moderated><reason>`)
	escape(b, reason)
	b.WriteString(`</reason></retract><fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:message-retract:1"/>`)
	body(b, o.Service+" has taken back a message that came from this address: "+reason+". Do not follow links in it.")
	b.WriteString(`<store xmlns="urn:xmpp:hints"/></message>`)
}

func body(b *strings.Builder, text string) {
	b.WriteString(`<body>`)
	escape(b, text)
	b.WriteString(`</body>`)
}
