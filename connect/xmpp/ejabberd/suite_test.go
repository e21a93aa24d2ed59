package ejabberd_test

import (
	"testing"

	"github.com/nospim/nospim/connect/xmpp/servertest"
)

func TestEjabberd(t *testing.T) { servertest.Run(t, servertest.Ejabberd(t)) }

// TestBesideProsody: the two servers speak with each other.
func TestBesideProsody(t *testing.T) {
	t.Parallel()
	servertest.Federate(t, servertest.Ejabberd(t), servertest.Prosody())
}

// TestBetween: reports and lists go between servers.
func TestBetween(t *testing.T) {
	t.Parallel()
	t.Run("beside Prosody", func(t *testing.T) { servertest.Between(t, servertest.Prosody(), servertest.Ejabberd(t)) })
	t.Run("beside ejabberd", func(t *testing.T) { servertest.Between(t, servertest.Ejabberd(t), servertest.Prosody()) })
}

func TestModuleInstall(t *testing.T) {
	t.Parallel()
	servertest.ModuleInstall(t)
}

func BenchmarkLatency(b *testing.B) { servertest.Latency(b, servertest.Ejabberd(b)) }
