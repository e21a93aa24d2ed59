package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/nospim/nospim/connect/xmpp/ejabberd"
	"github.com/nospim/nospim/internal/servers"
)

func measureEjabberd(ctx context.Context, b *bench) ([]row, error) {
	return b.measureChat(ctx, &chatKind{name: "ejabberd", program: "ejabberd", start: startEjabberd, rate: ejabberdRate})
}

func startEjabberd(ctx context.Context, dir, port string, pairs int) (chatServer, error) {
	source := filepath.Join(dir, "source")
	if err := ejabberd.Install(source); err != nil {
		return chatServer{}, err
	}
	o := servers.EjabberdOptions{Dir: dir, Host: chatHost, Accounts: chatPeople(pairs), Contacts: chatContacts(pairs), CodePaths: []string{dir}}
	if port != "" {
		o.Modules = map[string]string{"mod_nospim": "{port: " + port + ", report_interval: 100 ms}"}
		compile := exec.CommandContext(ctx, "erlc", "-o", dir, filepath.Join(source, "src", ejabberd.FileName)) //nolint:gosec // our own file
		if out, err := compile.CombinedOutput(); err != nil {
			return chatServer{}, fmt.Errorf("compiling the adapter: %w: %s", err, out)
		}
	}
	e, err := servers.StartEjabberd(ctx, o)
	if err != nil {
		return chatServer{}, err
	}
	return chatServer{e.Addr, e.Log, e.Close}, nil
}
