package servertest

import (
	"testing"

	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// counts: what the adapter counts reaches nospim, too.
func counts(t *testing.T, s *scene) {
	a, b := s.strangers(t)
	a.say(b.jid, "counted")
	b.waitBody("counted")
	a.say(b.jid, "reject-me, counted")
	a.wait("a refusal", func(m stanza) bool { return m.Type == "error" })
	eventually(t, "the adapter's counters", func() bool {
		all := s.nospim.stats().Adapters
		return len(all) == 1 && all[0].Service == host && all[0].Connector != "" && all[0].Counters[wire.Checked] >= 2 && all[0].Counters[wire.Blocked] >= 1
	})
}

// passedWithout waits until nospim knows of so many messages that passed without an answer.
func passedWithout(t *testing.T, stats func() line.Stats, atLeast int64) {
	t.Helper()
	eventually(t, "the adapter to tell what passed", func() bool {
		all := stats().Adapters
		return len(all) == 1 && all[0].Counters[wire.FailedOpen] >= atLeast
	})
}
