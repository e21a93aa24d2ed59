package servers

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// prepare writes the configuration, the certificate, and the accounts and contacts as Erlang terms.
func (e *Ejabberd) prepare(o *EjabberdOptions, ports []int) error {
	if o.TLS {
		e.Certificate = filepath.Join(o.Dir, "cert.pem")
		if err := o.Federation.authority().issue(e.Certificate, filepath.Join(o.Dir, "key.pem"), o.Host); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"ejabberd.yml": e.configuration(o, ports),
		"seed.terms":   seedTerms(o),
		"inetrc":       e.lookups(),
	} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing ejabberd's %s: %w", name, err)
		}
	}
	return nil
}

// lookups says where names are looked up: nowhere, but for other servers.
func (e *Ejabberd) lookups() string {
	text := "{resolv_conf, \"\"}.\n{lookup, [file]}.\n"
	if e.names != nil {
		addr, _ := e.names.LocalAddr().(*net.UDPAddr)
		text += fmt.Sprintf("{nameserver, {127,0,0,1}, %d}.\n", addr.Port)
	}
	return text
}

// seedTerms are the accounts and contacts. Erlang and Go quote strings alike as far as names and passwords go.
func seedTerms(o *EjabberdOptions) string {
	var b strings.Builder
	term := func(kind string, texts ...string) {
		for i, t := range texts {
			texts[i] = "<<" + strconv.Quote(t) + ">>"
		}
		fmt.Fprintf(&b, "{%s, %s}.\n", kind, strings.Join(texts, ", "))
	}
	for name, password := range o.Accounts {
		term("account", name, o.Host, password)
	}
	for _, p := range o.Contacts {
		term("contact", p[0], o.Host, p[1])
		term("contact", p[1], o.Host, p[0])
	}
	return b.String()
}

// usualEjabberdModules are what Debian 12 enables, without what speaks with other machines.
var usualEjabberdModules = []string{
	"mod_adhoc", "mod_admin_extra", "mod_blocking", "mod_caps", "mod_carboncopy", "mod_client_state", "mod_disco", "mod_last",
	"mod_offline", "mod_ping", "mod_privacy", "mod_private", "mod_pubsub", "mod_roster", "mod_stream_mgmt", "mod_vcard", "mod_version",
}

// configuration is ejabberd's configuration file.
func (e *Ejabberd) configuration(o *EjabberdOptions, ports []int) string {
	var b strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	line("hosts: [%q]\nloglevel: info\nauth_method: internal\nregistration_timeout: infinity\ndisable_sasl_mechanisms: [X-OAUTH2]", o.Host)
	line("listen:\n  -\n    port: %d\n    ip: %q\n    module: ejabberd_c2s\n    max_stanza_size: 1048576", ports[0], loopback)
	if o.TLS {
		line("    starttls: true")
	}
	line("  -\n    port: %d\n    ip: %q\n    module: ejabberd_service\n    access: all\n    global_routes: false", ports[1], loopback)
	if len(o.Components) > 0 {
		line("    hosts:")
	}
	for domain, secret := range o.Components {
		line("      %q:\n        password: %q", domain, secret)
	}
	if f := o.Federation; f != nil {
		host, port, _ := net.SplitHostPort(f.Addr)
		line("  -\n    port: %s\n    ip: %q\n    module: ejabberd_s2s_in", port, host)
		b.WriteString("s2s_use_starttls: required\noutgoing_s2s_families: [ipv4]\n")
		line("ca_file: %q", f.Authority.File)
	}
	if o.TLS {
		line("certfiles: [%q, %q]", e.Certificate, filepath.Join(o.Dir, "key.pem"))
	}
	b.WriteString(o.Settings)
	line("modules:")
	for _, m := range usualEjabberdModules {
		if o.Modules[m] == "" { // it is not set apart
			line("  %s: {}", m)
		}
	}
	if o.Register {
		line("  mod_register: {ip_access: all}")
	}
	if o.MUC != "" {
		line("  mod_muc: {hosts: [%q]}", o.MUC)
	}
	for _, m := range slices.Sorted(maps.Keys(o.Modules)) {
		line("  %s: %s", m, o.Modules[m])
	}
	return b.String()
}
