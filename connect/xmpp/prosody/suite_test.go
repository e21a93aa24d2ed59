package prosody_test

import (
	"testing"

	"github.com/nospim/nospim/connect/xmpp/servertest"
)

func TestProsody(t *testing.T) { servertest.Run(t, servertest.Prosody()) }

func BenchmarkLatency(b *testing.B) { servertest.Latency(b, servertest.Prosody()) }
