package terminal

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// Profanity runs the XMPP client of that name (Debian's package, profanity(1)) as a person with an account, without TLS, on loopback.
// Home is an empty directory.
func Profanity(ctx context.Context, home, server, account, password string) (*Terminal, error) {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		return nil, fmt.Errorf("where the server is: %w", err)
	}
	files := map[string]string{
		"share/profanity/accounts": fmt.Sprintf("[me]\nenabled=true\njid=%s\nserver=%s\nport=%s\npassword=%s\nresource=profanity\ntls.policy=disable\n",
			account, host, port, password),
		"config/profanity/profrc": "[ui]\nsplash=false\nroster=false\ntime.console=off\ntime.chat=off\ntime.private=off\n[connection]\n[notifications]\nmessage=off\n",
	}
	for name, text := range files {
		name = filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, fmt.Errorf("making the client's directory: %w", err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("writing the client's configuration: %w", err)
		}
	}
	env := []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "XDG_DATA_HOME=" + filepath.Join(home, "share"), "TERM=screen-256color", "LC_ALL=C.UTF-8",
	}
	return Start(ctx, home, env, "profanity", "-a", "me")
}
