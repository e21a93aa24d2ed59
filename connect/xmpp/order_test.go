package xmpp_test

import (
	"context"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp"
)

// TestOrder has the stanzas of each order.
func TestOrder(t *testing.T) {
	t.Parallel()
	people := []string{"ada@chat.example", "bob@far.example", "<i'@chat.example"}
	for name, test := range map[string]struct {
		order nospim.Order
		want  string
	}{
		"notify": {
			nospim.Order{Do: nospim.OrderNotify, Recipients: people, Text: "was it <you>?"},
			`<message type="chat" from="chat.example" to="ada@chat.example" id="o-1"><body>was it &lt;you&gt;?</body></message>` +
				`<message type="chat" from="chat.example" to="&lt;i&#39;@chat.example" id="o-1"><body>was it &lt;you&gt;?</body></message>`,
		},
		"retract": {
			nospim.Order{Do: nospim.OrderRetract, Recipients: people[:1], Sender: "nina@far.example", WireID: `"1`, Text: "a lure & a link"},
			`<message type="chat" from="nina@far.example" to="ada@chat.example" id="o-1">` +
				`<retract xmlns="urn:xmpp:message-retract:1" id="&#34;1"><moderated xmlns="urn:xmpp:message-moderate:1" by="chat.example"></moderated>` +
				`<reason>a lure &amp; a link</reason></retract><fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:message-retract:1"/>` +
				`<body>chat.example has taken back a message that came from this address: a lure &amp; a link. Do not follow links in it.</body>` +
				`<store xmlns="urn:xmpp:hints"/></message>`,
		},
		"retract what has no name":  {nospim.Order{Do: nospim.OrderRetract, Recipients: people[:1], Sender: "nina@far.example"}, ""},
		"notify somebody elsewhere": {nospim.Order{Do: nospim.OrderNotify, Recipients: people[1:2], Text: "hello"}, ""},
		"deliver":                   {nospim.Order{Do: nospim.OrderDeliver, Raw: "<message/>", Recipients: people}, "<message/>"},
		"restrict":                  {nospim.Order{Do: nospim.OrderRestrict, Recipients: people}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.order.ID, test.order.Service = "o-1", "chat.example"
			got := xmpp.Order(test.order)
			if got.Raw != test.want {
				t.Errorf("got  %s\nwant %s", got.Raw, test.want)
			}
			if got.Raw != "" && !wellFormed("<all>"+got.Raw+"</all>") {
				t.Error("it is no XML")
			}
		})
	}
}

// TestEars: an iq of type set is heard by the namespace of what it asks for, and nothing else is.
func TestEars(t *testing.T) {
	t.Parallel()
	ears := xmpp.Ears{
		"urn:xmpp:captcha": func(_ context.Context, e *nospim.Event) (string, bool) { return "heard " + e.Sender.ID, true },
		"urn:deaf":         func(context.Context, *nospim.Event) (string, bool) { return "not heard", false },
	}
	const elsewhere = "not for an ear"
	for raw, want := range map[string]string{
		`<iq type="set" id="1"> <captcha xmlns="urn:xmpp:captcha"><x xmlns="jabber:x:data"/></captcha></iq>`: "heard nina@far.example",
		`<iq xmlns="jabber:client" type='set'><c:captcha xmlns:c="urn:xmpp:captcha"/></iq>`:                  "heard nina@far.example",
		`<iq type="set"><x xmlns="urn:deaf"/></iq>`:                                                          "",
		`<iq type="get"><captcha xmlns="urn:xmpp:captcha"/></iq>`:                                            elsewhere,
		`<iq type="result"><captcha xmlns="urn:xmpp:captcha"/></iq>`:                                         elsewhere,
		`<iq type="set"><other><captcha xmlns="urn:xmpp:captcha"/></other></iq>`:                             elsewhere,
		`<iq type="set"/>`: elsewhere,
		`<iq type="set"`:   elsewhere,
		`<message type="set"><captcha xmlns="urn:xmpp:captcha"/></message>`: elsewhere,
		"": elsewhere,
	} {
		e := given(raw)
		e.Sender.ID = "nina@far.example"
		got := elsewhere
		if answer := ears.Hear(e); answer != nil {
			got = answer(t.Context())
		}
		if got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}
