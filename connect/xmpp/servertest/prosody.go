package servertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/nospim/nospim/connect/xmpp/prosody"
	"github.com/nospim/nospim/internal/servers"
)

// Prosody is the server with mod_nospim.lua.
func Prosody() *Kind {
	return &Kind{
		Name:    "prosody",
		Start:   startProsody,
		Created: func(t time.Time) time.Time { return t },
		Defect:  regexp.MustCompile(`(?i)traceback`),
	}
}

// luaCopier is a module in front of ours that puts a copy in the place of each message.
const luaCopier = `module:hook("message/bare", function (event) event.stanza = require "util.stanza".clone(event.stanza); end, 60);`

// prosodyInstance is a running Prosody.
type prosodyInstance struct {
	*servers.Prosody
	host, data string
}

func startProsody(ctx context.Context, o Options) (Instance, error) {
	plugins := filepath.Join(o.Dir, "plugins")
	if err := prosody.Install(plugins); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(plugins, "mod_copier.lua"), []byte(luaCopier), 0o600); err != nil {
		return nil, err
	}
	modules := []string{"admin_shell"}
	settings := fmt.Sprintf("nospim_port = %d\nnospim_secret = %q\nnospim_report_interval = 0.1\n", o.Port, o.Secret)
	for name, wanted := range map[string]bool{"nospim": o.Port != 0, "mam": o.Archive, "copier": o.Copier, "invites": o.Invites, "invites_register": o.Invites} {
		if wanted {
			modules = append(modules, name)
		}
	}
	if o.Invites {
		settings += "registration_invite_only = false\n"
	}
	if o.Abuse != "" {
		modules = append(modules, "server_contact_info")
		settings += fmt.Sprintf("contact_info = { abuse = { %q } }\n", "xmpp:"+o.Abuse)
	}
	pubsub := ""
	if o.PubSub {
		pubsub = "pubsub." + o.Host
	}
	if o.Timeout != 0 {
		settings += fmt.Sprintf("nospim_timeout = %v\n", o.Timeout.Seconds())
	}
	p, err := servers.StartProsody(ctx, servers.ProsodyOptions{
		Dir: o.Dir, Host: o.Host, MUC: o.MUC, TLS: true, Register: true, PluginPaths: []string{plugins}, Modules: modules,
		Accounts: o.Accounts, Created: o.Created, Contacts: o.Contacts, Components: o.Components, Settings: settings,
		Federation: o.Federation, PubSub: pubsub, Admins: []string{accountName(0) + "@" + o.Host},
	})
	if err != nil {
		return nil, err
	}
	data := filepath.Join(o.Dir, "data", strings.ReplaceAll(o.Host, ".", "%2e"))
	return &prosodyInstance{Prosody: p, host: o.Host, data: data}, nil
}

func (i *prosodyInstance) Addr() string          { return i.Prosody.Addr }
func (i *prosodyInstance) ComponentAddr() string { return i.Prosody.ComponentAddr }
func (i *prosodyInstance) Certificate() string   { return i.Prosody.Certificate }
func (i *prosodyInstance) Log() string           { return i.Prosody.Log }

func (i *prosodyInstance) Exists(_ context.Context, name string) (bool, error) {
	_, err := os.Stat(filepath.Join(i.data, "accounts", name+".dat"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (i *prosodyInstance) Invite(ctx context.Context, name string) (string, error) {
	return i.shell(ctx, "invite:create_contact('"+name+"@"+i.host+"', true)")
}

func (i *prosodyInstance) Reload(ctx context.Context) error {
	_, err := i.shell(ctx, "module:reload('nospim', '"+i.host+"')")
	return err
}

func (i *prosodyInstance) Unload(ctx context.Context) error {
	_, err := i.shell(ctx, "module:unload('nospim', '"+i.host+"')")
	return err
}

// shell runs a command in Prosody's own console.
func (i *prosodyInstance) shell(ctx context.Context, command string) (string, error) {
	out, err := exec.CommandContext(ctx, "prosodyctl", "--config", i.Config, "shell", command).CombinedOutput()
	if err == nil && !strings.Contains(string(out), "OK: ") {
		err = errors.New("it does not say OK")
	}
	if err != nil {
		return "", fmt.Errorf("prosodyctl shell %s: %w\n%s", command, err, out)
	}
	return string(out), nil
}
