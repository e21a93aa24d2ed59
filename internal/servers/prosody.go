package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ProsodyOptions says what a private Prosody is like. Only Dir and Host are required.
type ProsodyOptions struct {
	// Dir is a directory of the caller's, for configuration, data, certificate and log. It is not removed.
	Dir string
	// Host is the one VirtualHost, such as "chat.example".
	Host string
	// Accounts are passwords by local name. They exist when Prosody starts, registered at Created (zero: not known).
	Accounts map[string]string
	Created  time.Time
	// Contacts are pairs of local names that are in each other's rosters, subscribed both ways.
	Contacts [][2]string
	// Components are secrets by domain, for external components (XEP-0114).
	Components map[string]string
	// MUC is the domain of a service of chat rooms; empty means none.
	MUC string
	// PubSub is the domain of a publish-subscribe service (XEP-0060), where Admins may make nodes; empty means none.
	PubSub string
	Admins []string
	// Register allows in-band registration (XEP-0077).
	Register bool
	// TLS makes a certificate for Host and offers STARTTLS; [Prosody.Certificate] is its PEM file.
	TLS bool
	// Modules are enabled besides the usual ones; PluginPaths are where Prosody looks for them first.
	Modules     []string
	PluginPaths []string
	// Settings are lines of the configuration that go to the VirtualHost, as Prosody writes them.
	Settings string
	// Federation lets it speak with other servers; it needs TLS.
	Federation *Federation
	// Debug writes a log with every stanza's first tag.
	Debug bool
}

// Prosody is a running server.
type Prosody struct {
	// Addr is where clients connect, ComponentAddr where components do.
	Addr, ComponentAddr string
	// Config, Log and Certificate are paths of files.
	Config, Log, Certificate string

	child *child
}

// usualModules are what Debian 12 enables, without its rate limits, its console, and what speaks with other machines.
var usualModules = []string{
	"roster", "saslauth", "tls", "disco", "blocklist", "private", "vcard4", "vcard_legacy", "pep", "carbons",
	"ping", "register", "offline", "time", "uptime", "version",
}

// StartProsody starts a private Prosody and returns when it takes clients. The caller must call [Prosody.Close]; when ctx
// ends, the server is killed.
func StartProsody(ctx context.Context, o ProsodyOptions) (*Prosody, error) {
	return started(ctx, "Prosody", func() (*Prosody, error) { return startProsody(ctx, &o) })
}

func startProsody(ctx context.Context, o *ProsodyOptions) (*Prosody, error) {
	program, err := Find("prosody")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 2)
	if err != nil {
		return nil, err
	}
	p := &Prosody{
		Addr:          net.JoinHostPort(loopback, strconv.Itoa(ports[0])),
		ComponentAddr: net.JoinHostPort(loopback, strconv.Itoa(ports[1])),
		Config:        filepath.Join(o.Dir, "prosody.cfg.lua"),
		Log:           filepath.Join(o.Dir, "prosody.log"),
	}
	if err := p.prepare(o, ports); err != nil {
		return nil, err
	}
	p.child, err = startChild(ctx, exec.Command(program, "-F", "--config", p.Config), o.Dir) //nolint:gosec,noctx // the program is Prosody; child ends it with ctx
	if err != nil {
		return nil, err
	}
	addrs := []string{p.Addr}
	if len(o.Components) > 0 {
		addrs = append(addrs, p.ComponentAddr)
	}
	if err := p.child.waitFor(ctx, addrs...); err != nil {
		return nil, errors.Join(err, p.Close(), tail(p.Log))
	}
	return p, nil
}

// Close ends the server, kindly and then by force.
func (p *Prosody) Close() error { return p.child.close() }

// prepare writes the configuration, the certificate, the accounts and the rosters.
func (p *Prosody) prepare(o *ProsodyOptions, ports []int) error {
	if o.TLS {
		p.Certificate = filepath.Join(o.Dir, "cert.pem")
		if err := o.Federation.authority().issue(p.Certificate, filepath.Join(o.Dir, "key.pem"), o.Host); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "mod_peers.lua"), []byte(peersModule), 0o600); err != nil {
		return fmt.Errorf("writing Prosody's names: %w", err)
	}
	if err := os.WriteFile(p.Config, []byte(p.configuration(o, ports)), 0o600); err != nil {
		return fmt.Errorf("writing Prosody's configuration: %w", err)
	}
	store := prosodyStore{dir: filepath.Join(o.Dir, "data"), host: o.Host}
	for name, password := range o.Accounts {
		if err := store.account(name, password, o.Created); err != nil {
			return err
		}
	}
	return store.rosters(o.Contacts)
}

// configuration is Prosody's configuration file. Lua and Go quote strings alike as far as paths, names and secrets go.
func (p *Prosody) configuration(o *ProsodyOptions, ports []int) string {
	var b strings.Builder
	set := func(name string, value any) { fmt.Fprintf(&b, "%s = %v\n", name, value) }
	level := "info"
	if o.Debug {
		level = "debug"
	}
	set("run_as_root", os.Getuid() == 0)
	set("data_path", luaString(filepath.Join(o.Dir, "data")))
	set("pidfile", luaString(filepath.Join(o.Dir, "prosody.pid")))
	set("log", fmt.Sprintf("{ { levels = { min = %s }, to = \"file\", filename = %s } }", luaString(level), luaString(p.Log)))
	set("plugin_paths", luaList(append([]string{o.Dir}, o.PluginPaths...)))
	set("modules_enabled", luaList(slices.Concat(usualModules, o.Modules, p.federation(o, set))))
	set("interfaces", luaList([]string{loopback}))
	set("c2s_ports", fmt.Sprintf("{ %d }", ports[0]))
	set("component_ports", fmt.Sprintf("{ %d }", ports[1]))
	set("component_interface", luaString(loopback))
	set("authentication", luaString("internal_plain"))
	set("allow_registration", o.Register)
	set("c2s_require_encryption", false)
	set("allow_unencrypted_plain_auth", true)
	if o.TLS {
		ssl := fmt.Sprintf("certificate = %s, key = %s", luaString(p.Certificate), luaString(filepath.Join(o.Dir, "key.pem")))
		if a := o.Federation.authority(); a != nil {
			ssl += ", cafile = " + luaString(a.File)
		}
		set("ssl", "{ "+ssl+" }")
	}
	fmt.Fprintf(&b, "VirtualHost %s\n%s\n", luaString(o.Host), o.Settings)
	if o.MUC != "" {
		fmt.Fprintf(&b, "Component %s \"muc\"\n", luaString(o.MUC))
	}
	if o.PubSub != "" {
		fmt.Fprintf(&b, "Component %s \"pubsub\"\nadmins = %s\n", luaString(o.PubSub), luaList(o.Admins))
	}
	for domain, secret := range o.Components {
		fmt.Fprintf(&b, "Component %s\ncomponent_secret = %s\n", luaString(domain), luaString(secret))
	}
	return b.String()
}

// federation writes how other servers are found, and returns the modules for that.
func (p *Prosody) federation(o *ProsodyOptions, set func(name string, value any)) []string {
	f := o.Federation
	if f == nil {
		set("modules_disabled", luaList([]string{"s2s"}))
		return nil
	}
	host, port, _ := net.SplitHostPort(f.Addr)
	set("s2s_interfaces", luaList([]string{host}))
	set("s2s_ports", "{ "+port+" }")
	set("s2s_secure_auth", true)
	var peers strings.Builder
	for domain, addr := range f.Peers {
		host, port, _ := net.SplitHostPort(addr)
		fmt.Fprintf(&peers, "[%s] = { { srv = { target = %s, port = %s, priority = 0, weight = 0 } } };", luaString("_xmpp-server._tcp."+domain), luaString(host), port)
	}
	set("peers", "{ "+peers.String()+" }")
	return []string{"dialback", "s2s", "peers"}
}

// peersModule answers Prosody's questions about names from its configuration.
const peersModule = `module:set_global();
local peers = module:get_option("peers");
require "net.adns".resolver = function ()
	return { lookup = function (_, handler, name) handler(peers[name:gsub("%.$", "")] or {}); end };
end
`

func luaString(s string) string { return strconv.Quote(s) }

func luaList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = luaString(s)
	}
	return "{ " + strings.Join(quoted, ", ") + " }"
}
