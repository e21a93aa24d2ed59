package xmpp_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp"
)

// TestInstead has for each action what is delivered in the place of a message and of a request.
func TestInstead(t *testing.T) {
	t.Parallel()
	const (
		message  = `<message to='ada@chat.example/home' from='nina@far.example/"bot' id='&lt;1' type='chat'><body>buy</body><x xmlns='jabber:x:data'></x></message>`
		request  = `<presence from='nina@far.example/bot' to='ada@chat.example/home' type='subscribe'><status>hi</status></presence>`
		errorEnd = `<error type="cancel"><policy-violation xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">Refused as unwanted. To object, tell the operator this: m-&lt;1&gt;</text></error></message>`
	)
	for name, test := range map[string]struct {
		raw    string
		action nospim.Action
		why    string
		want   string
	}{
		"reject what cannot wait": {
			message, nospim.Reject, nospim.SymbolFull, `<message type="error" from="ada@chat.example/home" to="nina@far.example/&#34;bot" id="&lt;1">` +
				`<error type="wait"><resource-constraint xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">` +
				`Too much waits here already for a decision. Please try again later. The operator knows this as m-&lt;1&gt;</text></error></message>`,
		},
		"reject": {message, nospim.Reject, "", `<message type="error" from="ada@chat.example/home" to="nina@far.example/&#34;bot" id="&lt;1">` + errorEnd},
		"reject a request": {
			request, nospim.Reject, "",
			`<presence type="unsubscribed" from="ada@chat.example" to="nina@far.example"><status>Refused as unwanted. To object, tell the operator this: m-&lt;1&gt;</status></presence>`,
		},
		"reject without addresses": {`<message/>`, nospim.Reject, "", `<message type="error">` + errorEnd},
		"mark": {
			message, nospim.Mark, "a link & a lure",
			strings.TrimSuffix(message, "</message>") + `<mark xmlns="urn:xmpp:spim-marker:0" filter="chat.example">a link &amp; a lure</mark></message>`,
		},
		"mark without why":     {`<message><body/></message>`, nospim.Mark, "", `<message><body/><mark xmlns="urn:xmpp:spim-marker:0" filter="chat.example">suspicious</mark></message>`},
		"mark what is nothing": {`<message/>`, nospim.Mark, "", ``},
		"reject a block":       {`<item jid='a'/>`, nospim.Reject, "", ``},
		"reject garbage":       {`<message <`, nospim.Reject, "", ``},
		"allow":                {message, nospim.Allow, "", ``},
		"hold":                 {message, nospim.Hold, "", ``},
		"throttle":             {message, nospim.Throttle, "", ``},
		"drop":                 {message, nospim.Drop, "", ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := given(test.raw)
			e.ID = "m-<1>"
			v := &nospim.Verdict{EventID: e.ID, Action: test.action}
			if test.why != "" {
				v.Signals = []nospim.Signal{{Symbol: "LINK", Why: test.why}, {Symbol: test.why}}
			}
			if got := xmpp.Instead(e, v); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestMarksHaveKeys: with a key, the recipient of a mark can complain (XEP-0287 §4); without, the mark is as ever.
func TestMarksHaveKeys(t *testing.T) {
	e, v := given(`<message><body/></message>`), &nospim.Verdict{Action: nospim.Mark}
	key := "k<1>"
	got := xmpp.Marks{Key: func(*nospim.Event) string { return key }}.Instead(e, v)
	want := `<message><body/><mark xmlns="urn:xmpp:spim-marker:0" filter="chat.example">suspicious</mark>` +
		`<report xmlns="urn:xmpp:spim-report:0" key="k&lt;1&gt;" filter="chat.example"/></message>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	key = ""
	if got := (xmpp.Marks{Key: func(*nospim.Event) string { return key }}).Instead(e, v); got != xmpp.Instead(e, v) {
		t.Errorf("without a key: %s", got)
	}
}

// TestResultAndFailure: what somebody is told who says something to nospim.
func TestResultAndFailure(t *testing.T) {
	e := given(`<iq type='set' from='ada@chat.example/desk' to='chat.example' id='i&quot;1'><query xmlns='urn:xmpp:spim-report:0'/></iq>`)
	if got, want := xmpp.Result(e), `<iq type="result" from="chat.example" to="ada@chat.example/desk" id="i&#34;1"></iq>`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := xmpp.Failure(e, "cancel", "item-not-found"); !wellFormed(got) || !strings.Contains(got, `<error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`) {
		t.Errorf("got %s", got)
	}
	if got := xmpp.Result(given(`<message/>`)); got != "" {
		t.Errorf("a message is answered by %s", got)
	}
}

// TestInsteadOfALongDelay: an adapter delays for MostDelay at most; who is to wait longer is told so.
func TestInsteadOfALongDelay(t *testing.T) {
	t.Parallel()
	e := given(`<message to='ada@chat.example' from='nina@far.example/bot' id='1'><body>buy</body></message>`)
	e.ID = "m-1"
	v := &nospim.Verdict{EventID: e.ID, Action: nospim.Throttle, RetryAfter: xmpp.MostDelay}
	if got := xmpp.Instead(e, v); got != "" {
		t.Errorf("for a delay: %s", got)
	}
	v.RetryAfter++
	want := `<message type="error" from="ada@chat.example" to="nina@far.example/bot" id="1"><error type="wait">` +
		`<resource-constraint xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">` +
		`Too much at once. Please try again in 31s. To object, tell the operator this: m-1</text></error></message>`
	if got := xmpp.Instead(e, v); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// wellFormed reports whether a text is one element of XML.
func wellFormed(text string) bool {
	in := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := in.Token(); err != nil {
			return err == io.EOF //nolint:errorlint // the decoder gives it bare
		}
	}
}
