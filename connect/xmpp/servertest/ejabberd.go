package servertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim/connect/xmpp/ejabberd"
	"github.com/nospim/nospim/internal/servers"
)

// Ejabberd is the server with mod_nospim.erl, which it compiles with erlc, once for all instances.
func Ejabberd(t testing.TB) *Kind {
	t.Helper()
	servers.Need(t, "ejabberd")
	ebin := t.TempDir()
	source := t.TempDir()
	if err := ejabberd.Install(source); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"mod_copier.erl": erlangCopier, "mod_invites.erl": erlangInvites} {
		if err := os.WriteFile(filepath.Join(source, "src", file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{ejabberd.FileName, "mod_copier.erl", "mod_invites.erl"} {
		out, err := exec.CommandContext(t.Context(), "erlc", "-Wall", "-o", ebin, filepath.Join(source, "src", file)).CombinedOutput()
		if err != nil || strings.Contains(strings.ReplaceAll(string(out), "behaviour gen_mod undefined", ""), "arning: function") {
			t.Fatalf("erlc %s: %v\n%s", file, err, out)
		}
	}
	return &Kind{
		Name: "ejabberd",
		Start: func(ctx context.Context, o Options) (Instance, error) {
			return startEjabberd(ctx, ebin, o)
		},
		Created: func(time.Time) time.Time { return time.Time{} },
		Defect:  regexp.MustCompile(`\[error\]|\[critical\]|CRASH REPORT`),
	}
}

// erlangCopier is a module in front of ours that puts a copy in the place of each message, with nothing that other modules noted.
const erlangCopier = `-module(mod_copier).
-export([start/2, stop/1, depends/2, mod_options/1, mod_doc/0, copy/1]).
start(Host, _) -> ejabberd_hooks:add(sm_receive_packet, Host, ?MODULE, copy, 10).
stop(Host) -> ejabberd_hooks:delete(sm_receive_packet, Host, ?MODULE, copy, 10).
depends(_, _) -> [].
mod_options(_) -> [].
mod_doc() -> #{}.
copy(Pkt) -> xmpp:decode(xmpp:encode(Pkt)).
`

// erlangInvites answers what our module asks of the mod_invites that ejabberd has from 26.01 on, and leaves in the state of a stream
// what that one leaves there: Debian 12 has none. The token of a person is "for-" and their name.
const erlangInvites = `-module(mod_invites).
-export([start/2, stop/1, depends/2, mod_options/1, mod_doc/0, is_token_valid/2, get_invite/2, token/2]).
start(Host, _) -> ejabberd_hooks:add(c2s_unauthenticated_packet, Host, ?MODULE, token, 10).
stop(Host) -> ejabberd_hooks:delete(c2s_unauthenticated_packet, Host, ?MODULE, token, 10).
depends(_, _) -> [].
mod_options(_) -> [].
mod_doc() -> #{}.
is_token_valid(_, <<"for-", _/binary>>) -> true;
is_token_valid(_, _) -> throw(not_found).
get_invite(Host, <<"for-", User/binary>> = T) -> {invite_token, T, {User, Host}, <<>>};
get_invite(_, _) -> {error, not_found}.
token(#{lserver := Host} = State, Iq) ->
    case [fxml:get_attr_s(<<"token">>, As) || {xmlel, <<"preauth">>, As, _} <- xmpp:get_els(Iq)] of
        [] -> State;
        [<<"for-", _/binary>> = T] -> {stop, ejabberd_c2s:send(State#{invite => get_invite(Host, T)}, xmpp:make_iq_result(Iq))};
        _ -> {stop, ejabberd_c2s:send(State, xmpp:make_error(Iq, xmpp:err_item_not_found()))}
    end.
`

// ejabberdInstance is a running ejabberd.
type ejabberdInstance struct {
	*servers.Ejabberd
	host string
}

func startEjabberd(ctx context.Context, ebin string, o Options) (Instance, error) {
	modules := map[string]string{}
	if o.Port != 0 {
		modules["mod_nospim"] = fmt.Sprintf("{port: %d, secret: %q, report_interval: 100 ms}", o.Port, o.Secret)
	}
	if o.Timeout != 0 {
		modules["mod_nospim"] = strings.Replace(modules["mod_nospim"], "}", fmt.Sprintf(", timeout: %d}", o.Timeout.Milliseconds()), 1)
	}
	if o.Archive {
		modules["mod_mam"] = "{default: always}"
	}
	if o.Abuse != "" {
		modules["mod_disco"] = fmt.Sprintf("{server_info: [{modules: all, name: abuse-addresses, urls: [%q]}]}", "xmpp:"+o.Abuse)
	}
	if o.Invites {
		modules["mod_invites"] = "{}"
	}
	if o.Copier {
		modules["mod_copier"] = "{}"
	}
	e, err := servers.StartEjabberd(ctx, servers.EjabberdOptions{
		Dir: o.Dir, Host: o.Host, MUC: o.MUC, TLS: true, Register: true, CodePaths: []string{ebin}, Modules: modules,
		Accounts: o.Accounts, Contacts: o.Contacts, Components: o.Components, Federation: o.Federation,
	})
	if err != nil {
		return nil, err
	}
	return &ejabberdInstance{Ejabberd: e, host: o.Host}, nil
}

func (i *ejabberdInstance) Addr() string          { return i.Ejabberd.Addr }
func (i *ejabberdInstance) ComponentAddr() string { return i.Ejabberd.ComponentAddr }
func (i *ejabberdInstance) Certificate() string   { return i.Ejabberd.Certificate }
func (i *ejabberdInstance) Log() string           { return i.Ejabberd.Log }

func (i *ejabberdInstance) Exists(ctx context.Context, name string) (bool, error) {
	out, err := i.Ctl(ctx, "registered_users", i.host)
	return strings.Contains("\n"+out, "\n"+name+"\n"), err
}

func (i *ejabberdInstance) Invite(_ context.Context, name string) (string, error) {
	return "xmpp:" + name + "@" + i.host + "?roster;preauth=for-" + name, nil
}

func (i *ejabberdInstance) Reload(ctx context.Context) error {
	_, err := i.Ctl(ctx, "restart_module", i.host, "mod_nospim")
	return err
}

// Unload takes the module's line out of the configuration.
func (i *ejabberdInstance) Unload(ctx context.Context) error {
	text, err := os.ReadFile(i.Config)
	if err != nil {
		return err
	}
	text = regexp.MustCompile(`(?m)^  mod_nospim: .*\n`).ReplaceAll(text, nil)
	if err := os.WriteFile(i.Config, text, 0o600); err != nil {
		return err
	}
	_, err = i.Ctl(ctx, "reload_config")
	return err
}
