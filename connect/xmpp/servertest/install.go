package servertest

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/ejabberd"
	"github.com/nospim/nospim/internal/servers"
)

// ModuleInstall installs the adapter in a running ejabberd as its operator does, with ejabberdctl module_install, and finds nospim
// at a Unix socket. It judges without a restart, and is taken out again.
func ModuleInstall(t *testing.T) {
	servers.Need(t, "ejabberd")
	dir := t.TempDir()
	source := filepath.Join(dir, "modules", "sources", "mod_nospim")
	if err := ejabberd.Install(source); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "nospim.sock")
	conf := "modules:\n  mod_nospim: {address: \"unix:" + socket + "\", secret: " + secret + ", timeout: 5 s}\n"
	if err := os.WriteFile(filepath.Join(source, "conf", "mod_nospim.yml"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	j := &judge{}
	startNospim(t, socket, j, nil)
	e, err := servers.StartEjabberd(t.Context(), servers.EjabberdOptions{
		Dir: dir, Host: host, Register: true, TLS: true, Accounts: map[string]string{accountName(0): password, accountName(2): password},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	w := &world{Instance: &ejabberdInstance{Ejabberd: e, host: host}, host: host}
	a, b := w.strangers(t)
	a.say(b.jid, "reject-me not yet")
	b.waitBody("reject-me not yet")
	ctl(t, e, "module_install", "mod_nospim")
	w.answers(t, 1)
	a.say(b.jid, "reject-me")
	a.wait("a refusal", func(m stanza) bool { return m.Type == "error" && strings.Contains(m.Inner, "policy-violation") })
	byForm(t, w, j)
	ctl(t, e, "module_uninstall", "mod_nospim")
	a.say(b.jid, "reject-me no more")
	b.waitBody("reject-me no more")
}

func ctl(t *testing.T, e *servers.Ejabberd, args ...string) {
	t.Helper()
	if _, err := e.Ctl(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

// byForm registers with a form (XEP-0077 §4), as clients do where there is a captcha.
func byForm(t *testing.T, w *world, j *judge) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", w.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn}
	t.Cleanup(c.close)
	in := c.open(host)
	c.send(`<iq type="set" id="f"><query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>jabber:iq:register</value></field>` +
		`<field var="username"><value>Reject-Me</value></field><field var="password"><value>p</value></field></x></query></iq>`)
	if answer := c.expect(in, "iq"); answer.Type != "error" || !strings.Contains(answer.Inner, "policy-violation") {
		t.Errorf("registering Reject-Me by form: %+v, want a refusal", answer)
	}
	j.wait(t, "reject-me@"+host, ofKind(nospim.KindRegistration))
}
