package xmpp_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp"
)

// TestInvitations: a token counts when it was issued for the one who is asked. Whatever else is written into a request is no evidence.
func TestInvitations(t *testing.T) {
	t.Parallel()
	reader := xmpp.Reader{Invited: func(token, account string) bool { return token == "issued" && account == ada }}
	for _, c := range []struct{ name, raw, by string }{
		{"issued", `<presence type="subscribe" from="nina@far.example" to="` + ada + `"><preauth xmlns="urn:xmpp:pars:0" token="issued"/></presence>`, ada},
		{"issued to another", `<presence type="subscribe" from="nina@far.example" to="bob@chat.example"><preauth xmlns="urn:xmpp:pars:0" token="issued"/></presence>`, ""},
		{"made up", `<presence type="subscribe" from="nina@far.example" to="` + ada + `"><preauth xmlns="urn:xmpp:pars:0" token="sesame"/></presence>`, ""},
		{"of another namespace", `<presence type="subscribe" from="nina@far.example" to="` + ada + `"><preauth xmlns="urn:xmpp:pars:1" token="issued"/></presence>`, ""},
		{"without a token", `<presence type="subscribe" from="nina@far.example" to="` + ada + `"><preauth xmlns="urn:xmpp:pars:0"/></presence>`, ""},
		{"deeper inside", `<presence type="subscribe" from="nina@far.example" to="` + ada + `"><x><preauth xmlns="urn:xmpp:pars:0" token="issued"/></x></presence>`, ""},
		{"in a message", `<message from="nina@far.example" to="` + ada + `"><body>hi</body><preauth xmlns="urn:xmpp:pars:0" token="issued"/></message>`, ""},
	} {
		e := &nospim.Event{Service: "chat.example", Raw: c.raw}
		if approach, err := reader.Read(e); !approach || err != nil || e.InvitedBy != c.by {
			t.Errorf("%s: %v, %v, invited by %q, want %q", c.name, approach, err, e.InvitedBy, c.by)
		}
		e = &nospim.Event{Service: "chat.example", Raw: c.raw}
		if _, err := xmpp.Read(e); err != nil || e.InvitedBy != "" {
			t.Errorf("%s, where nospim issues none: %v, invited by %q", c.name, err, e.InvitedBy)
		}
		e = &nospim.Event{Service: "chat.example", Raw: c.raw, InvitedBy: ada} // which the adapter says of what the server issued
		if _, err := xmpp.Read(e); err != nil || e.InvitedBy != ada {
			t.Errorf("%s, issued by the server: %v, invited by %q", c.name, err, e.InvitedBy)
		}
	}
}

// TestStandings: what a service says of its own accounts counts when the operator believes it, and of no others.
func TestStandings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	reader := xmpp.Reader{Vouches: func(service string) bool { return service == "far.example" }}
	info := func(attrs string) string { return `<info xmlns="urn:xmpp:raa:0" ` + attrs + `/>` }
	day := time.Date(2020, 5, 6, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, from, info, room string
		want                   nospim.Account
	}{
		{"a member since a day", "nina@far.example", info(`affiliation="member" since="2020-05-06"`), "", nospim.Account{Affiliation: "member", Created: day}},
		{"to the second", "nina@far.example", info(`affiliation="registered" since="2020-05-06T07:08:09Z" trust="50"`), "", nospim.Account{Affiliation: "registered", Created: day}},
		{"hardly trusted", "nina@far.example", info(`affiliation="member" since="2020-05-06" trust="49"`), "", nospim.Account{}},
		{"to come", "nina@far.example", info(`affiliation="admin" since="2036-05-06"`), "", nospim.Account{Affiliation: "admin"}},
		{"nonsense", "nina@far.example", info(`affiliation="king" since="yore" trust="much"`), "", nospim.Account{}},
		{"by a service that nobody believes", "nina@spim.example", info(`affiliation="admin" since="2001-01-01"`), "", nospim.Account{}},
		{"by one below a service that is believed", "nina@x.far.example", info(`affiliation="admin" since="2001-01-01"`), "", nospim.Account{}},
		{"by one of our own", "bob@chat.example", info(`affiliation="admin" since="2001-01-01"`), "", nospim.Account{}},
		{"by an occupant of a room", "tea@far.example", info(`affiliation="admin" since="2001-01-01"`), "tea@far.example", nospim.Account{}},
	} {
		for kind, raw := range map[string]string{
			"request": `<presence type="subscribe" from="` + c.from + `" to="` + ada + `">` + c.info + `</presence>`,
			"message": `<message from="` + c.from + `/x" to="` + ada + `"><body>hi</body>` + c.info + `</message>`,
		} {
			e := &nospim.Event{Service: "chat.example", Raw: raw, Time: now, Room: c.room}
			approach, err := reader.Read(e)
			if !approach || err != nil || e.Sender.Affiliation != c.want.Affiliation || !e.Sender.Created.Equal(c.want.Created) {
				t.Errorf("%s, %s: %v, %v, %+v", c.name, kind, approach, err, e.Sender)
			}
			e = &nospim.Event{Service: "chat.example", Raw: raw, Time: now, Room: c.room}
			if _, err := xmpp.Read(e); err != nil || e.Sender.Affiliation != "" || !e.Sender.Created.IsZero() {
				t.Errorf("%s, %s, where nobody is believed: %v, %+v", c.name, kind, err, e.Sender)
			}
		}
	}
}
