package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// EjabberdOptions says what a private ejabberd is like. Only Dir and Host are required.
type EjabberdOptions struct {
	// Dir is a directory of the caller's, for configuration, data, certificate and log. It is not removed.
	Dir string
	// Host is the one virtual host, such as "chat.example".
	Host string
	// Accounts are passwords by local name. They exist before anybody can log in; ejabberd keeps no time of registration.
	Accounts map[string]string
	// Contacts are pairs of local names that are in each other's rosters, subscribed both ways.
	Contacts [][2]string
	// Components are secrets by domain, for external components (XEP-0114).
	Components map[string]string
	// MUC is the domain of a service of chat rooms; empty means none.
	MUC string
	// Register allows in-band registration (XEP-0077).
	Register bool
	// TLS makes a certificate for Host and offers STARTTLS; [Ejabberd.Certificate] is its PEM file.
	TLS bool
	// Federation lets it speak with other servers; it needs TLS.
	Federation *Federation
	// Modules are enabled besides the usual ones, with their options as YAML: {port: 7746}.
	Modules map[string]string
	// CodePaths are directories with compiled modules.
	CodePaths []string
	// Settings are lines of the configuration's top level.
	Settings string
}

// Ejabberd is a running server. It does without epmd, the daemon that Erlang usually starts and leaves behind.
type Ejabberd struct {
	// Addr is where clients connect, ComponentAddr where components do.
	Addr, ComponentAddr string
	// Config, Log and Certificate are paths of files.
	Config, Log, Certificate string

	child   *child
	names   net.PacketConn // answers its questions about other servers; may be nil
	program string
	dir     string
	cookie  string
	libs    string // where Debian has ejabberd's code
	dist    int    // the port of Erlang's distribution, for commands
}

// StartEjabberd starts a private ejabberd and returns when it takes clients. The caller must call [Ejabberd.Close]; when ctx
// ends, the server is killed.
func StartEjabberd(ctx context.Context, o EjabberdOptions) (*Ejabberd, error) {
	return started(ctx, "ejabberd", func() (*Ejabberd, error) { return startEjabberd(ctx, &o) })
}

func startEjabberd(ctx context.Context, o *EjabberdOptions) (_ *Ejabberd, err error) {
	libs, err := ejabberdLibs()
	if err != nil {
		return nil, err
	}
	program, err := Find("erl")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	e := &Ejabberd{
		Addr:          net.JoinHostPort(loopback, strconv.Itoa(ports[0])),
		ComponentAddr: net.JoinHostPort(loopback, strconv.Itoa(ports[1])),
		Config:        filepath.Join(o.Dir, "ejabberd.yml"),
		Log:           filepath.Join(o.Dir, "ejabberd.log"),
		program:       program, dir: o.Dir, libs: libs, dist: ports[2],
		cookie: strconv.FormatInt(time.Now().UnixNano(), 36),
	}
	if o.Federation != nil {
		if e.names, err = o.Federation.nameServer(ctx); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				_ = e.names.Close()
			}
		}()
	}
	if err := e.prepare(o, ports); err != nil {
		return nil, err
	}
	if e.child, err = startChild(ctx, e.command(o.CodePaths), o.Dir); err != nil {
		return nil, err
	}
	if err := e.ready(ctx); err != nil {
		return nil, errors.Join(err, e.Close(), tail(e.Log), tail(filepath.Join(o.Dir, "output.log")))
	}
	return e, nil
}

// ready returns when the accounts are there and the server takes connections.
func (e *Ejabberd) ready(ctx context.Context) error {
	err := e.child.wait(ctx, "make its accounts", func() bool {
		_, err := os.Stat(filepath.Join(e.dir, "ready"))
		return err == nil
	})
	if err != nil {
		return err
	}
	return e.child.waitFor(ctx, e.Addr, e.ComponentAddr)
}

// Close ends the server at once: it is private, so nothing is lost that somebody needs.
func (e *Ejabberd) Close() error {
	if e.names != nil {
		_ = e.names.Close()
	}
	_ = e.child.cmd.Process.Kill()
	return e.child.close()
}

// Ctl runs a command of ejabberdctl in the running server and returns what it prints.
func (e *Ejabberd) Ctl(ctx context.Context, args ...string) (string, error) {
	erl := append(e.distribution("ctl@localhost"), "-dist_listen", "false", "-hidden", "-noinput", "-s", "ejabberd_ctl", "-extra", node)
	cmd := exec.CommandContext(ctx, e.program, append(erl, args...)...) //nolint:gosec // the program is Erlang
	cmd.Dir, cmd.Env = e.dir, e.environment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("ejabberdctl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// node is the server's name among its own kind. Nobody else can find it, so all have the same.
const node = "ejabberd@localhost"

// distribution makes an Erlang that is called name reachable, or able to reach the server, without epmd.
func (e *Ejabberd) distribution(name string) []string {
	return []string{
		"-sname", name, "-setcookie", e.cookie, "-start_epmd", "false", "-erl_epmd_port", strconv.Itoa(e.dist),
		"-kernel", "inet_dist_use_interface", "{127,0,0,1}",
	}
}

// seed puts accounts and contacts where ejabberd has them, and says when it has. Registering them one by one takes longer.
const seed = `{ok, Terms} = file:consult("seed.terms"),
lists:foreach(fun({account, U, S, P}) -> ok = mnesia:dirty_write({passwd, {U, S}, P});
	({contact, U, S, C}) -> ok = mnesia:dirty_write({roster, {U, S, {C, S, <<>>}}, {U, S}, {C, S, <<>>}, <<>>, both, none, [], <<>>, []}) end, Terms),
ok = file:write_file("ready", <<>>)`

// command is the server as a process. Schedulers that have nothing to do leave the processor to others. It connects to no node by itself: it
// would take its own port for that of a command that has ended, connect to itself and complain.
func (e *Ejabberd) command(codePaths []string) *exec.Cmd {
	args := append([]string{"-noinput", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "-kernel", "dist_auto_connect", "never"}, e.distribution(node)...)
	for _, dir := range codePaths {
		args = append(args, "-pa", dir)
	}
	args = append(args, "-mnesia", "dir", strconv.Quote(filepath.Join(e.dir, "data")), "-s", "ejabberd", "-eval", seed+".")
	cmd := exec.Command(e.program, args...) //nolint:gosec,noctx // the program is Erlang; child ends it with ctx
	cmd.Env = e.environment()
	return cmd
}

// environment is what ejabberdctl sets; names are looked up nowhere.
func (e *Ejabberd) environment() []string {
	return append(os.Environ(),
		"EJABBERD_CONFIG_PATH="+e.Config, "EJABBERD_LOG_PATH="+e.Log, "ERL_LIBS="+e.libs,
		"ERL_INETRC="+filepath.Join(e.dir, "inetrc"), "ERL_CRASH_DUMP="+filepath.Join(e.dir, "erl_crash.dump"), "HOME="+e.dir,
		"CONTRIB_MODULES_PATH="+filepath.Join(e.dir, "modules"), "CONTRIB_MODULES_CONF_DIR="+filepath.Join(e.dir, "modules.d"))
}

// ejabberdLibs returns where ejabberd's own script looks for code, which depends on the machine's architecture.
func ejabberdLibs() (string, error) {
	script, err := Find("ejabberd")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(script)
	if err != nil {
		return "", fmt.Errorf("reading ejabberdctl: %w", err)
	}
	_, libs, _ := strings.Cut(string(text), "\nERL_LIBS='")
	libs, _, ok := strings.Cut(libs, "'")
	if !ok {
		return "", fmt.Errorf("%s names no ERL_LIBS: it is not Debian's", script)
	}
	return libs, nil
}
