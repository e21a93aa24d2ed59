package door

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim"
)

// TestAddresses reads what services say about where they take reports (XEP-0157): their own XMPP addresses only.
func TestAddresses(t *testing.T) {
	form := func(kind, field string, values ...string) string {
		return `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>` + kind + `</value></field><field var='` + field +
			`'><value>` + strings.Join(values, "</value><value>") + `</value></field></x>`
	}
	for _, c := range []struct{ name, forms, want, problem string }{
		{"nothing", "", "", "names no address"},
		{"one", form(serverInfo, abuseAddresses, "mailto:a@far.example", "xmpp:abuse@far.example?message"), "abuse@far.example", ""},
		{"mail only", form(serverInfo, abuseAddresses, "mailto:a@far.example"), "", "no XMPP address"},
		{"reports before abuse", form(serverInfo, abuseAddresses, "xmpp:abuse@far.example") + form(serverInfo, reportAddresses, "xmpp:far.example"), "far.example", ""},
		{"below and above", form(serverInfo, abuseAddresses, "xmpp:a@reports.far.example"), "a@reports.far.example", ""},
		{"elsewhere", form(serverInfo, abuseAddresses, "xmpp:victim@else.example"), "", "addresses of others"},
		{"a top level", form(serverInfo, abuseAddresses, "xmpp:example"), "", "addresses of others"},
		{"a domain that ends alike", form(serverInfo, abuseAddresses, "xmpp:a@notfar.example"), "", "addresses of others"},
		{"no address", form(serverInfo, abuseAddresses, "xmpp:@@"), "", "what is no address"},
		{"another form", form("urn:example:x", abuseAddresses, "xmpp:abuse@far.example"), "", "names no address"},
		{"many", form(serverInfo, abuseAddresses, "xmpp:a@far.example", "xmpp:b@far.example", "xmpp:a@far.example", "xmpp:c@far.example", "xmpp:d@far.example"), "a@far.example b@far.example c@far.example", ""},
	} {
		var i info
		if err := xml.Unmarshal([]byte(`<query xmlns='http://jabber.org/protocol/disco#info'>`+c.forms+`</query>`), &i); err != nil {
			t.Fatal(err)
		}
		got, problem := i.addresses("far.example")
		if strings.Join(got, " ") != c.want || !strings.Contains(problem, c.problem) || (problem == "") != (c.problem == "") {
			t.Errorf("%s: %v, %q; want %q, %q", c.name, got, problem, c.want, c.problem)
		}
	}
}

// taking is a desk that notes what it is given.
type taking struct {
	ReportDesk
	got []string
	err error
}

func (d *taking) Take(_, from, _, raw string) (func(context.Context) error, error) {
	d.got = append(d.got, from+" "+fmt.Sprint(len(raw) > 200<<10))
	return func(context.Context) error { return nil }, d.err
}

// TestHandle is whose a stanza is, and how it is answered.
func TestHandle(t *testing.T) {
	const receipt = `<received xmlns='urn:xmpp:receipts' id='nospim-report-o-1-0'/>`
	report := `<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><jid xmlns='urn:xmpp:jid:0'>a@b.example</jid></report>`
	for _, c := range []struct {
		name, raw string
		err       error
		mine      bool
		taken     int
		answer    string
	}{
		{"a report", `<message from='far.example'>` + report + `</message>`, nil, true, 1, ""},
		{"one of 256 KiB", `<message from='far.example'>` + report + `<body>` + strings.Repeat("x", 256<<10) + `</body></message>`, nil, true, 1, ""},
		{"one that is none", `<message from='far.example'>` + report + `</message>`, nospim.ErrInvalid, true, 1, ""},
		{"one over the limit", `<message from='far.example'>` + report + `<body>` + strings.Repeat("x", MaxStanza) + `</body></message>`, nil, false, 0, ""},
		{"an incident", `<iq type='set' from='far.example'><report xmlns='urn:xmpp:incident:2'/></iq>`, nil, true, 1, "result"},
		{"a bad incident", `<iq type='set' from='far.example'><report xmlns='urn:xmpp:incident:2'/></iq>`, nospim.ErrInvalid, true, 1, "bad-request"},
		{"a question about incidents", `<iq type='get' from='far.example'><report xmlns='urn:xmpp:incident:2'/></iq>`, nil, false, 0, ""},
		{"a complaint", `<iq type='set' from='ada@chat.example/desk'><query xmlns='urn:xmpp:spim-report:0' key='k'/></iq>`, nil, true, 1, "result"},
		{"with a forged key", `<iq type='set' from='ada@chat.example/desk'><query xmlns='urn:xmpp:spim-report:0' key='k'/></iq>`, nospim.ErrNotFound, true, 1, "item-not-found"},
		{"a word", `<message from='ada@chat.example'><body>show</body></message>`, nil, false, 0, ""},
		{"a presence", `<presence from='ada@chat.example'/>`, nil, false, 0, ""},
		{"an error for somebody else", `<message type='error' from='far.example' id='x'><error type='cancel'/></message>`, nil, false, 0, ""},
		{"an error for us", `<message type='error' from='far.example' id='nospim-report-o-1-0'><error type='cancel'/></message>`, nil, true, 0, ""},
		{"a report that bounces", `<message type='error' from='far.example' id='nospim-report-o-9-0'>` + report + `<error type='cancel'/></message>`, nil, true, 0, ""},
		{"a receipt", `<message from='abuse@far.example'>` + receipt + `</message>`, nil, true, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			desk := &taking{err: c.err}
			r := &Reports{Name: "nospim.chat.example", Service: "chat.example", Desk: desk, Log: slog.New(slog.DiscardHandler)}
			reply, mine := r.Handle(t.Context(), parsed(t, c.raw))
			if mine != c.mine || len(desk.got) != c.taken {
				t.Errorf("mine %v, taken %v", mine, desk.got)
			}
			if got := written(t, reply); c.answer == "" && got != "" || !strings.Contains(got, c.answer) {
				t.Errorf("answered %q, want %q", got, c.answer)
			}
		})
	}
}

// TestTooManyReports: what cannot be kept at once is refused for now.
func TestTooManyReports(t *testing.T) {
	r := &Reports{Name: "nospim.chat.example", Service: "chat.example", Desk: &taking{}, Log: slog.New(slog.DiscardHandler)}
	in := parsed(t, `<iq type='set' from='far.example'><report xmlns='urn:xmpp:incident:2'/></iq>`)
	for range mostJobs {
		if reply, _ := r.Handle(t.Context(), in); !strings.Contains(written(t, reply), "result") {
			t.Fatal("refused too early")
		}
	}
	if reply, _ := r.Handle(t.Context(), in); !strings.Contains(written(t, reply), "resource-constraint") {
		t.Error("not refused")
	}
}

// TestRefusals: what ails the way is tried again, what ails the address is not; only whom it was sent to is heard.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		inner string
		later bool
	}{
		{`<error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`, true},
		{`<error type='wait'><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>x</text></error>`, true},
		{`<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`, false},
		{`<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`, false},
	} {
		r := &Reports{Name: "nospim.chat.example", Service: "chat.example", Desk: &taking{}, Log: slog.New(slog.DiscardHandler)}
		r.begin()
		heard := r.refused.expect("nospim-report-o-1-0", "abuse@far.example")
		for _, from := range []string{"eve@far.example", "far.example", "abuse@far.example/desk"} {
			r.Handle(t.Context(), parsed(t, `<message type='error' from='`+from+`' id='nospim-report-o-1-0'>`+c.inner+`</message>`))
		}
		if len(heard) != 1 {
			t.Fatalf("%s: heard %d times", c.inner, len(heard))
		}
		if err := (<-heard).err(); errors.Is(err, errLater) != c.later {
			t.Errorf("%s: %v", c.inner, err)
		}
	}
}

// TestAddressed: what is forwarded is what was composed, with addresses and the wish for a receipt.
func TestAddressed(t *testing.T) {
	from, to := jid.MustParse("nospim.chat.example"), jid.MustParse("abuse@far.example")
	m, err := addressed(`<message><body>x</body><report xmlns="urn:xmpp:reporting:1" reason="r"><jid xmlns="urn:xmpp:jid:0">a</jid></report></message>`, from, to, "i")
	if err != nil {
		t.Fatal(err)
	}
	const want = `<message type="normal" to="abuse@far.example" from="nospim.chat.example" id="i"><body>x</body><report xmlns="urn:xmpp:reporting:1" reason="r"><jid xmlns="urn:xmpp:jid:0">a</jid></report><request xmlns="urn:xmpp:receipts"></request></message>`
	if got := written(t, m); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := addressed("<", from, to, "i"); err == nil {
		t.Error("what is no XML was addressed")
	}
}

// parsed is a stanza as the component reads it.
func parsed(t *testing.T, raw string) *Stanza {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(raw))
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	start := token.(xml.StartElement)
	in, err := readStanza(&start, d)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// written is a stanza as text; empty for none.
func written(t *testing.T, r xml.TokenReader) string {
	t.Helper()
	if r == nil {
		return ""
	}
	var b strings.Builder
	e := xml.NewEncoder(&b)
	for {
		token, err := r.Token()
		if token != nil {
			if err := e.EncodeToken(token); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil || token == nil {
			break
		}
	}
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
