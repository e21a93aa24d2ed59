package servers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

func TestProsodyTakesClients(t *testing.T) {
	Need(t, "prosody")
	p, err := StartProsody(t.Context(), ProsodyOptions{
		Dir: t.TempDir(), Host: "chat.example", TLS: true, MUC: "rooms.chat.example",
		Accounts: map[string]string{"ada": "a"}, Components: map[string]string{"gate.example": "s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if listens(context.Background(), p.Addr) {
			t.Error("Prosody still listens after Close")
		}
	})
	wantFeatures(t, p.Addr)
}

// wantFeatures asks a server for what it offers before anybody has logged in.
func wantFeatures(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = fmt.Fprint(conn, `<stream:stream to="chat.example" xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" version="1.0">`)
	var features strings.Builder
	in := bufio.NewReader(conn)
	for err == nil && !strings.HasSuffix(features.String(), "</stream:features>") {
		var part string
		part, err = in.ReadString('>')
		features.WriteString(part)
	}
	for _, want := range []string{"urn:ietf:params:xml:ns:xmpp-tls", "PLAIN"} {
		if !strings.Contains(features.String(), want) {
			t.Errorf("the features do not offer %s: %s (%v)", want, &features, err)
		}
	}
}

func TestProsodySaysWhyItDoesNotStart(t *testing.T) {
	Need(t, "prosody")
	_, err := StartProsody(t.Context(), ProsodyOptions{Dir: t.TempDir(), Host: "chat.example", Settings: "this is no Lua"})
	if err == nil || !strings.Contains(err.Error(), "ended") {
		t.Fatalf("StartProsody with a broken configuration: %v, want that it ended", err)
	}
}

// refusal records how Need ends a test.
type refusal struct{ skipped, failed string }

func (r *refusal) Helper() {}
func (r *refusal) Skipf(f string, a ...any) {
	r.skipped = fmt.Sprintf(f, a...)
}

func (r *refusal) Fatalf(f string, a ...any) {
	r.failed = fmt.Sprintf(f, a...)
}

func TestNeed(t *testing.T) {
	if _, err := Find("no-such-server"); !errors.Is(err, ErrMissing) {
		t.Errorf("Find of a server that does not exist: %v, want ErrMissing", err)
	}
	var r refusal
	Need(&r, "no-such-server")
	if !strings.Contains(r.failed, SkipVariable) {
		t.Errorf("Need says %q, want a failure that names %s", r.failed, SkipVariable)
	}
	t.Setenv(SkipVariable, "other,no-such-server")
	r = refusal{}
	Need(&r, "no-such-server")
	if r.skipped == "" || r.failed != "" {
		t.Errorf("with %s set, Need gives %+v, want a skip", SkipVariable, r)
	}
}
