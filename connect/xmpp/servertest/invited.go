package servertest

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/nospim/nospim"
)

// invited: who comes by an invitation that the server issued is told so, by request (XEP-0379) and by registration (XEP-0401); who made
// one up, or took another's, is not.
func invited(t *testing.T, k *Kind) {
	j := &judge{}
	w := startWorld(t, k, Options{Port: startNospim(t, freeAddr(t), j, nil).port, Timeout: patient, Invites: true})
	w.answers(t, 1)
	s := &scene{world: w, judge: j}
	t.Run("request", func(t *testing.T) { invitedRequest(t, s) })
	t.Run("registration", func(t *testing.T) { invitedRegistration(t, s) })
}

func invitedRequest(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	c, _ := s.strangers(t)
	for _, r := range []struct {
		who   *client
		token string
		by    string
	}{{a, "made-up", ""}, {a, invitation(t, s, c.jid), ""}, {a, "", ""}, {c, invitation(t, s, b.jid), b.jid}} {
		before := len(s.judge.about(r.who.jid))
		r.who.send(`<presence type="subscribe" to="` + b.jid + `"><preauth xmlns="urn:xmpp:pars:0" token="` + r.token + `"/></presence>`)
		var e nospim.Event
		eventually(t, "the request", func() bool {
			all := s.judge.about(r.who.jid)
			for i := before; i < len(all); i++ {
				if all[i].Kind == nospim.KindContactRequest && all[i].Sender.ID == r.who.jid {
					e = all[i]
				}
			}
			return e.ID != ""
		})
		if e.InvitedBy != r.by {
			t.Errorf("a request with the token %q is told as invited by %q, want %q", r.token, e.InvitedBy, r.by)
		}
	}
}

func invitedRegistration(t *testing.T, s *scene) {
	b := s.user(t)
	for _, r := range []struct{ name, token, by string }{
		{"invited", invitation(t, s, b.jid), b.jid}, {"made-up", "made-up", ""}, {"alone", "", ""},
	} {
		conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		c := &client{t: t, conn: conn}
		t.Cleanup(c.close)
		in := c.open(s.host)
		if r.token != "" { // XEP-0445 §2
			c.send(`<iq type="set" id="token" to="` + s.host + `"><preauth xmlns="urn:xmpp:pars:0" token="` + r.token + `"/></iq>`)
			if got := c.expect(in, "iq"); (got.Type == "result") != (r.by != "") {
				t.Fatalf("the token %q is answered by %+v", r.token, got)
			}
		}
		c.send(`<iq type="set" id="r"><query xmlns="jabber:iq:register"><username>` + r.name + `</username><password>` + password + `</password></query></iq>`)
		if got := c.expect(in, "iq"); got.Type != "result" {
			t.Errorf("registering %s: %+v", r.name, got)
		}
		if e := s.judge.wait(t, r.name+"@"+s.host, ofKind(nospim.KindRegistration)); e.InvitedBy != r.by {
			t.Errorf("the registration of %s is told as invited by %q, want %q", r.name, e.InvitedBy, r.by)
		}
	}
}

// strangeInvitations: where the server issues none, a token is no evidence, and what comes with it is judged like everything else.
func strangeInvitations(t *testing.T, s *scene) {
	for _, token := range []string{"", "made-up", "for-" + accountName(0), "../accounts", strings.Repeat("x", 10_000)} {
		a, b := s.strangers(t)
		a.send(`<presence type="subscribe" to="` + b.jid + `"><preauth xmlns="urn:xmpp:pars:0" token="` + token + `"/><status>reject-me</status></presence>`)
		a.wait("a denial", func(m stanza) bool { return m.Type == "unsubscribed" && m.From == b.jid })
		if e := s.judge.wait(t, a.jid, ofKind(nospim.KindContactRequest)); e.InvitedBy != "" {
			t.Errorf("a request with the token %.20q is told as invited by %q", token, e.InvitedBy)
		}
	}
}

// invitation has the server issue an invitation by somebody, also to register.
func invitation(t *testing.T, s *scene, by string) string {
	t.Helper()
	name, _, _ := strings.Cut(by, "@")
	link, err := s.Invite(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`preauth=([^;\s]+)`).FindStringSubmatch(link)
	if found == nil {
		t.Fatalf("the invitation %q has no token", link)
	}
	return found[1]
}
