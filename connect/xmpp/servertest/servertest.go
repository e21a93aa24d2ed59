// Package servertest holds what every XMPP server with an adapter of nospim has to do, as tests: one suite for all servers.
// They drive the real server with clients on bare sockets, which decide what goes into one write, over plain TCP and TLS, and
// with components (XEP-0114).
//
// An adapter's package says how its server is started ([Kind]) and calls [Run].
package servertest

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/nospim/nospim/internal/servers"
)

// Kind is an XMPP server that has an adapter.
type Kind struct {
	// Name is what has to be installed, as package servers calls it.
	Name string
	// Start starts a private server.
	Start func(ctx context.Context, o Options) (Instance, error)
	// Created returns what the adapter knows of an account that was made at a time before the adapter came: that, or nothing.
	Created func(time.Time) time.Time
	// Defect finds in the log that something went wrong inside the server or the adapter.
	Defect *regexp.Regexp
}

// Options say what a server is like. It registers accounts in band, offers TLS, and its adapter writes counters to the log ten
// times a second.
type Options struct {
	// Dir is a directory for the server alone.
	Dir string
	// Host is the virtual host, MUC the domain of its chat rooms.
	Host, MUC string
	// Accounts are passwords by local name, made at Created; Contacts are pairs of them.
	Accounts map[string]string
	Created  time.Time
	Contacts [][2]string
	// Components are secrets by domain.
	Components map[string]string
	// Port is where the adapter finds nospim on loopback, with Secret; 0 means a server without the adapter.
	Port   int
	Secret string
	// Timeout is how long the adapter waits for a verdict; 0 means its default.
	Timeout time.Duration
	// Federation lets it speak with other servers; nil means none.
	Federation *servers.Federation
	// Archive keeps messages on the server (XEP-0313).
	Archive bool
	// Copier puts a module in front of the adapter that replaces each message by a copy.
	Copier bool
	// Invites lets people invite others (XEP-0401), though nobody has to be.
	Invites bool
	// PubSub has a publish-subscribe service at "pubsub." and the host, where the first account may make nodes.
	PubSub bool
	// Abuse is the address that the server names for reports of abuse (XEP-0157); empty for none.
	Abuse string
}

// Instance is a running server.
type Instance interface {
	// Addr is where clients connect, ComponentAddr where components do.
	Addr() string
	ComponentAddr() string
	// Certificate and Log are paths of files.
	Certificate() string
	Log() string
	// Exists reports whether there is an account of that local name.
	Exists(ctx context.Context, name string) (bool, error)
	// Invite issues an invitation by an account of that local name, as a link, where people can invite others.
	Invite(ctx context.Context, name string) (link string, err error)
	// Reload loads the adapter anew, Unload takes it out.
	Reload(ctx context.Context) error
	Unload(ctx context.Context) error
	Close() error
}

// Run runs every test on a kind of server.
func Run(t *testing.T, k *Kind) {
	t.Helper()
	t.Run("speed", func(t *testing.T) { speed(t, k) }) // alone
	for name, test := range map[string]func(*testing.T, *Kind){
		"by words":             byWords,
		"nospim fails":         failing,
		"wrong secret":         wrongSecret,
		"odd answers":          oddAnswers,
		"nospim dies in burst": diesInABurst,
		"sender leaves":        senderLeaves,
		"beside a copier":      besideACopier,
		"reload":               reloaded,
		"invited":              invited,
		"throttled and alone":  throttledAndAlone,
		"daemon":               besideTheDaemon,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}
