package servers

import (
	"context"
	"strings"
	"testing"
)

func TestEjabberdTakesClients(t *testing.T) {
	Need(t, "ejabberd")
	e, err := StartEjabberd(t.Context(), EjabberdOptions{
		Dir: t.TempDir(), Host: "chat.example", TLS: true, MUC: "rooms.chat.example", Register: true,
		Accounts: map[string]string{"ada": "a", "bob": "b"}, Contacts: [][2]string{{"ada", "bob"}},
		Components: map[string]string{"gate.example": "s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if listens(context.Background(), e.Addr) {
			t.Error("ejabberd still listens after Close")
		}
	})
	wantFeatures(t, e.Addr)
	for want, args := range map[string][]string{
		"ada\nbob\n": {"registered_users", "chat.example"},
		"both":       {"get_roster", "ada", "chat.example"},
	} {
		if out, err := e.Ctl(t.Context(), args...); err != nil || !strings.Contains(out, want) {
			t.Errorf("ejabberdctl %v: %q, %v; want %q", args, out, err, want)
		}
	}
}

func TestEjabberdSaysWhyItDoesNotStart(t *testing.T) {
	Need(t, "ejabberd")
	_, err := StartEjabberd(t.Context(), EjabberdOptions{Dir: t.TempDir(), Host: "chat.example", Settings: "this: is no option\n"})
	if err == nil || !strings.Contains(err.Error(), "ended") {
		t.Fatalf("StartEjabberd with a broken configuration: %v, want that it ended", err)
	}
}
